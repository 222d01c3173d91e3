"""The situations of human replies: what a responder would have had before it, at each of them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ccrs.artifacts.run import Run
from ccrs.core.dialogue import Dialogue, Speaker
from ccrs.core.replies import ReplyTable
from ccrs.core.samples import IntArray, Ragged, SampleTable, UserTask
from ccrs.data.batching import BatchBuilder
from ccrs.data.replies import slotted_turns
from ccrs.data.reply_batching import ReplyBatchBuilder
from ccrs.data.slots import Slotter
from ccrs.data.splits import task_groups
from ccrs.data.tokeniser import ReplyTokeniser
from ccrs.inference.builders import run_builder
from ccrs.inference.intention import intentions
from ccrs.inference.reply_vectors import reply_of_context
from ccrs.inference.writing import NUM_OFFERED, Situation
from ccrs.meta.adaptation import adapt, scores
from ccrs.models.registry import as_adaptable


def situations_of(
    run: Run,
    table: SampleTable,
    replies: ReplyTable,
    builder: ReplyBatchBuilder,
    tasks: Sequence[UserTask],
    said: Mapping[int, Said],
    *,
    seed: int,
) -> dict[int, Situation]:
    """The situation of every reply in ``said`` of the tasks' query dialogues, by the reply's number.

    ``said`` is what was said before each of them (``said_before``). Items are ranked by the recommender adapted to
    the user's support; those named before are not offered.
    """
    recommender = run_builder(run, table)
    reply_of = reply_of_context(table, replies)
    found: dict[int, Situation] = {}
    for group in task_groups(table, tasks):
        contexts = recommender.contexts_of(np.concatenate([task.query for task in group]))
        owners = np.repeat(
            np.arange(len(group)), [len(recommender.contexts_of(task.query)) for task in group]
        )
        logits, users = _ranked(run, recommender, group, contexts)
        rows = np.flatnonzero(np.isin(reply_of[contexts], list(said)))
        if not len(rows):
            continue
        offered = [_offered(logits[row], table, int(contexts[row]), run.catalogue.num_items) for row in rows]
        firsts = [items[0] if items else 0 for items in offered]
        given = None if users is None else users[torch.from_numpy(owners[rows])]
        for row, items, intention in zip(rows, offered, intentions(run, given, firsts), strict=True):
            reply = int(reply_of[contexts[row]])
            found[reply] = Situation(
                context=replies.contexts[reply].tolist(),
                vector=torch.from_numpy(builder.vectors.adapted[reply]),
                offered=items,
                named=_named(table, int(contexts[row]), run.catalogue.num_items),
                intention=intention,
                seed=seed + reply,
                entities=_row(builder.mentions.entities, reply),
                words=_row(builder.mentions.words, reply),
                turns=said[reply].turns,
                own=said[reply].own,
            )
    return found


def _row(rows: Ragged | None, reply: int) -> tuple[int, ...]:
    return () if rows is None else tuple(rows[reply].tolist())


@dataclass(frozen=True)
class Said:
    """The turns before a reply, films as ``[item]``, and the tokens of the recommender's own among them."""

    turns: tuple[tuple[Speaker, str], ...]
    own: tuple[tuple[int, ...], ...]


def said_before(
    dialogues: Sequence[Dialogue],
    replies: ReplyTable,
    wanted: IntArray,
    slotter: Slotter,
    tokeniser: ReplyTokeniser,
) -> dict[int, Said]:
    """What was said before each of the ``wanted`` replies, by the reply's number."""
    found: dict[int, Said] = {}
    order = wanted[np.argsort(replies.reply_dialogues[wanted], kind="stable")]
    for number, group in itertools.groupby(order.tolist(), key=lambda r: int(replies.reply_dialogues[r])):
        turns = list(slotted_turns(dialogues[number], slotter))
        own = [
            tuple(tokeniser.encode(t.reply.text)) if t.turn.speaker == "recommender" else () for t in turns
        ]
        for reply in group:
            count = sum(t.turn.first_message < replies.reply_messages[reply] for t in turns)
            before = tuple((t.turn.speaker, t.context) for t in turns[:count])
            found[reply] = Said(before, tuple(ids for ids in own[:count] if ids))
    return found


def _ranked(
    run: Run, builder: BatchBuilder, group: Sequence[UserTask], contexts: IntArray
) -> tuple[Tensor, Tensor | None]:
    """Logits of all items at every context, and the users' adapted embeddings."""
    if not run.adapts:
        with torch.no_grad():
            return run.model(builder.plain(contexts)), None
    model, batch = as_adaptable(run.model), builder.adapting(group)
    with torch.enable_grad():
        adapted = adapt(model, run.rates, batch, run.catalogue.num_items).adapted
    with torch.no_grad():
        vectors = model.user_vectors(adapted.rows, adapted.users, batch.query, batch)
        return scores(model, vectors, batch.query, batch, adapted), adapted.users.detach()


def _offered(logits: Tensor, table: SampleTable, context: int, num_items: int) -> tuple[int, ...]:
    """The best items that were not named before."""
    named = [entity for entity in table.mentions[context].tolist() if entity < num_items]
    scores = logits.clone()
    scores[named] = float("-inf")
    best = scores.topk(min(NUM_OFFERED, len(scores))).indices.tolist()
    return tuple(item for item in best if item not in named)


def _named(table: SampleTable, context: int, num_items: int) -> tuple[int, ...]:
    """The items named before, the latest first."""
    return tuple(entity for entity in table.mentions[context].tolist()[::-1] if entity < num_items)
