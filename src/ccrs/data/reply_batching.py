"""From the table of replies to padded batches, with the recommender's cached vectors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ccrs.core.replies import IdGrid, ReplyBatch, ReplyMentions, ReplyTable
from ccrs.core.samples import BoolArray, IntArray, Ragged
from ccrs.data.tokeniser import ReplyTokeniser

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Vectors:
    """p_u of every reply's context: (replies, d) each.

    ``adapted`` to the user's support where he has any that may be looked at; ``unadapted`` at the common
    parameters, which is what a reply of the support itself is read with.
    """

    adapted: FloatArray
    unadapted: FloatArray


class ReplyBatchBuilder:
    """Builds batches over one table of replies; ``fact_weight`` counts replies with facts more than once.

    ``mentions`` are what the contexts name, for responders that look at it.
    """

    def __init__(
        self,
        table: ReplyTable,
        vectors: Vectors,
        *,
        fact_weight: float = 1.0,
        mentions: ReplyMentions | None = None,
    ) -> None:
        self.table, self.vectors, self.mentions = table, vectors, mentions or ReplyMentions()
        self.weights = np.where(table.has_fact, fact_weight, 1.0).astype(np.float32)
        # What a reply costs: every token is computed once.
        self.sizes = table.contexts.lengths + table.targets.lengths

    def plain(self, replies: IntArray) -> ReplyBatch:
        """A batch in which nobody adapts."""
        return self._batch(replies, np.zeros(len(replies), np.int64), 1, self.vectors.adapted)

    def adapting(self, support: list[IntArray], query: list[IntArray]) -> ReplyBatch:
        """A batch of users, each with the replies of his support and of his query."""
        sides = []
        for halves, vectors in ((support, self.vectors.unadapted), (query, self.vectors.adapted)):
            owners = np.repeat(np.arange(len(halves)), [len(half) for half in halves])
            chosen = np.concatenate([np.zeros(0, np.int64), *halves])
            sides.append(self._batch(chosen, owners, len(halves), vectors))
        return ReplyBatch(**{**sides[1].__dict__, "support": sides[0]})

    def _batch(self, replies: IntArray, owners: IntArray, users: int, vectors: FloatArray) -> ReplyBatch:
        contexts, context_mask = padded(self.table.contexts, replies)
        targets, target_mask = padded(self.table.targets, replies)
        inputs = np.full_like(targets, ReplyTokeniser.pad_id)
        if targets.shape[1]:
            inputs[:, 0] = ReplyTokeniser.start_id
            inputs[:, 1:] = targets[:, :-1]
        return ReplyBatch(
            context_ids=torch.from_numpy(contexts),
            context_mask=torch.from_numpy(context_mask),
            input_ids=torch.from_numpy(inputs),
            target_ids=torch.from_numpy(targets),
            target_mask=torch.from_numpy(target_mask),
            vectors=torch.from_numpy(vectors[replies]),
            owners=torch.from_numpy(owners.astype(np.int64)),
            weights=torch.from_numpy(self.weights[replies]),
            num_users=users,
            entities=_grid(self.mentions.entities, replies),
            words=_grid(self.mentions.words, replies),
            goals=_grid(self.mentions.goals, replies),
        )


def padded(rows: Ragged, chosen: IntArray) -> tuple[IntArray, BoolArray]:
    """The chosen rows as a grid (rows, longest) filled up with padding, and the mask of real tokens."""
    lengths = rows.lengths[chosen]
    mask = np.arange(int(lengths.max(initial=0)))[None] < lengths[:, None]
    grid = np.full(mask.shape, ReplyTokeniser.pad_id, np.int64)
    positions, _ = rows.positions(chosen)
    grid[mask] = rows.values[positions]
    return grid, mask


def _grid(rows: Ragged | None, replies: IntArray) -> IdGrid | None:
    """The chosen rows of what contexts name, as a batch holds them."""
    if rows is None:
        return None
    ids, mask = padded(rows, replies)
    return IdGrid(torch.from_numpy(ids), torch.from_numpy(mask))


def live_batch(
    contexts: list[list[int]],
    vectors: Tensor,
    owners: Tensor,
    num_users: int,
    mentions: ReplyMentions | None = None,
) -> ReplyBatch:
    """Contexts to answer, without targets; ``mentions`` for responders that look at them."""
    named = mentions or ReplyMentions()
    everything = np.arange(len(contexts), dtype=np.int64)
    ids, mask = padded(Ragged.from_rows(contexts), everything)
    nothing = torch.zeros(len(contexts), 0, dtype=torch.long)
    return ReplyBatch(
        context_ids=torch.from_numpy(ids),
        context_mask=torch.from_numpy(mask),
        input_ids=nothing,
        target_ids=nothing,
        target_mask=nothing.bool(),
        vectors=vectors,
        owners=owners,
        weights=torch.ones(len(contexts)),
        num_users=num_users,
        entities=_grid(named.entities, everything),
        words=_grid(named.words, everything),
        goals=_grid(named.goals, everything),
    )
