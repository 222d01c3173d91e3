"""The swap test: are human replies likelier under their own context than under another user's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ccrs.core.protocols import ReplyModel
from ccrs.core.samples import IntArray, Ragged
from ccrs.data.reply_batching import ReplyBatchBuilder, Vectors
from ccrs.evaluation.significance import interval
from ccrs.evaluation.text_overlap import swap_partners
from ccrs.experiments.reply_judging import negative_log_likelihoods, plain_batches

FIGURES = ("own_is_likelier", "own_is_likelier_ci95", "gain_per_word", "gain_per_word_ci95")


def swap_test(
    model: ReplyModel, builder: ReplyBatchBuilder, replies: IntArray, *, seed: int
) -> dict[str, float | list[float] | None]:
    """Human replies under their own context and under that of another user, by the unadapted model.

    ``own_is_likelier`` is the share of replies that are likelier under their own, ``gain_per_word`` the mean gain in
    nats a word; both with intervals by user.
    """
    table = builder.table
    users = table.dialogue_users[table.reply_dialogues[replies]]
    other = swap_partners(users, seed=seed)
    kept = users[other] != users
    if not kept.any():  # a single user has nobody to swap with
        return dict.fromkeys(FIGURES)
    contexts, vectors = (
        [table.contexts[number].tolist() for number in range(len(table.contexts))],
        builder.vectors,
    )
    swapped, moved = list(contexts), vectors.adapted.copy()
    for here, there in zip(replies.tolist(), replies[other].tolist(), strict=True):
        swapped[here], moved[here] = contexts[there], vectors.adapted[there]
    other_builder = ReplyBatchBuilder(
        replace(table, contexts=Ragged.from_rows(swapped)),
        Vectors(moved, vectors.unadapted),
        mentions=builder.mentions.replaced(replies, replies[other]),
    )
    values = []
    for one in (builder, other_builder):
        order, sums = negative_log_likelihoods(model, plain_batches(model, one, replies))
        values.append(sums[np.argsort(order)] / np.maximum(table.num_words[replies], 1))
    gain = (values[1] - values[0])[kept].astype(np.float64)
    _, numbers = np.unique(users[kept], return_inverse=True)
    likelier = interval((gain > 0).astype(np.float64), numbers, seed=seed)
    mean = interval(gain, numbers, seed=seed)
    return {
        "own_is_likelier": likelier.mean,
        "own_is_likelier_ci95": [likelier.low, likelier.high],
        "gain_per_word": mean.mean,
        "gain_per_word_ci95": [mean.low, mean.high],
    }
