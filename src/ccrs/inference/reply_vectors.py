"""The frozen recommender's vector p_u of every reply's context, computed once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from ccrs.artifacts.run import Run
from ccrs.core.batch import Batch
from ccrs.core.replies import ReplyTable
from ccrs.core.samples import IntArray, SampleTable, UserTask
from ccrs.data.batching import BatchBuilder
from ccrs.data.reply_batching import FloatArray, Vectors
from ccrs.data.splits import task_groups
from ccrs.inference.builders import run_builder
from ccrs.meta.adaptation import adapt
from ccrs.models.registry import as_adaptable

_CONTEXTS_A_BATCH = 512


def reply_vectors(
    run: Run,
    table: SampleTable,
    replies: ReplyTable,
    tasks: Sequence[UserTask],
    *,
    apart: IntArray | None = None,
) -> Vectors:
    """Vectors of all replies; those of the tasks' query dialogues are adapted to the tasks' support.

    ``table`` holds a context for every message of the recommenders (``build_samples(every_message=True)``) of the
    same dialogues. The dialogues ``apart`` (those trained on) share no batch with others, whose content would else
    show in the last digits.
    """
    apart = np.zeros(0, np.int64) if apart is None else apart
    builder = run_builder(run, table)
    reply_of = reply_of_context(table, replies)
    wanted = np.flatnonzero(reply_of >= 0)
    unadapted: FloatArray | None = None
    is_apart = np.isin(table.context_dialogues[wanted], apart)
    for chosen in [*_batches(wanted[is_apart]), *_batches(wanted[~is_apart])]:
        with torch.no_grad():
            found = plain_vectors(run, builder.plain(chosen)).numpy()
        if unadapted is None:
            unadapted = np.zeros((replies.num_replies, found.shape[1]), np.float32)
        unadapted[reply_of[chosen]] = found
    if unadapted is None:
        unadapted = np.zeros((0, 1), np.float32)
    adapted = unadapted.copy()
    if run.adapts:
        supported = [task for task in tasks if len(task.support)]
        first, others = (
            [task for task in supported if np.isin(task.query, apart).all() == which]
            for which in (True, False)
        )
        for group in [*task_groups(table, first), *task_groups(table, others)]:
            contexts = builder.contexts_of(np.concatenate([task.query for task in group]))
            kept = reply_of[contexts] >= 0
            adapted[reply_of[contexts[kept]]] = adapted_vectors(run, builder, group).numpy()[kept]
    return Vectors(adapted, unadapted)


def _batches(contexts: IntArray) -> list[IntArray]:
    return [contexts[at : at + _CONTEXTS_A_BATCH] for at in range(0, len(contexts), _CONTEXTS_A_BATCH)]


def plain_vectors(run: Run, batch: Batch) -> Tensor:
    """p_u of the query contexts at the common parameters: (contexts, d)."""
    compute: Callable[[Batch], Tensor] | None = getattr(run.model, "context_vectors", None)
    if compute is None:  # a recommender without vectors, such as Popularity, says nothing about the user
        return torch.zeros(batch.query.num_contexts, 1)
    return compute(batch)


def adapted_vectors(run: Run, builder: BatchBuilder, tasks: Sequence[UserTask]) -> Tensor:
    """p_u of the tasks' query contexts, each user adapted on his support: (contexts, d)."""
    model, batch = as_adaptable(run.model), builder.adapting(tasks)
    with torch.enable_grad():
        adapted = adapt(model, run.rates, batch, run.catalogue.num_items).adapted
    with torch.no_grad():
        return model.user_vectors(adapted.rows, adapted.users, batch.query, batch, with_history=False)


def crossed_tasks(table: SampleTable, users: IntArray, seed: int) -> list[UserTask]:
    """Two tasks a user: each random half of his dialogues is query once, with the other half as support."""
    tasks = []
    for user in users.tolist():
        dialogues = np.flatnonzero(table.dialogue_users == user)
        shuffled = np.random.default_rng([seed, user]).permutation(dialogues)
        first, second = _by_time(table, shuffled[::2]), _by_time(table, shuffled[1::2])
        tasks += [UserTask(user, second, first), UserTask(user, first, second)]
    return [task for task in tasks if len(task.query)]


def _by_time(table: SampleTable, dialogues: IntArray) -> IntArray:
    return dialogues[np.argsort(table.dialogue_times[dialogues], kind="stable")]


def reply_of_context(table: SampleTable, replies: ReplyTable) -> IntArray:
    """The reply that each context is answered by, or -1: (contexts,)."""
    span = 1 + max(int(table.context_messages.max(initial=0)), int(replies.reply_messages.max(initial=0)))
    keys = table.context_dialogues * span + table.context_messages
    wanted = replies.reply_dialogues * span + replies.reply_messages
    order = np.argsort(wanted, kind="stable")
    places = np.searchsorted(wanted[order], keys).clip(max=max(len(order) - 1, 0))
    if len(order) == 0:
        return np.full(len(keys), -1, np.int64)
    return np.where(wanted[order][places] == keys, order[places], -1)
