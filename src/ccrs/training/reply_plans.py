"""Which replies a step sees: buckets of like length, or whole tasks of users."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from ccrs.core.replies import ReplyBatch
from ccrs.core.samples import IntArray
from ccrs.data.reply_batching import ReplyBatchBuilder

Step = Callable[[], ReplyBatch | None]
_POOL, _BANDS = 400, 24
"""Batches that are sorted together, and bands of like contexts that are sorted by their replies."""


class PlainReplyPlan:
    """All replies in a new order every epoch; those of one step have like lengths, so little is padded."""

    def __init__(self, builder: ReplyBatchBuilder, replies: IntArray, *, batch_size: int, seed: int) -> None:
        self.builder, self.replies = builder, replies
        self.batch_size, self.seed = batch_size, seed

    def steps(self, epoch: int, share: tuple[int, int]) -> Sequence[Step]:
        """The steps of an epoch (see ``EpochPlan``)."""
        rng = np.random.default_rng([self.seed, epoch])
        shuffled = self.replies[rng.permutation(len(self.replies))]
        batches: list[IntArray] = []
        for start in range(0, len(shuffled), self.batch_size * _POOL):
            pool = shuffled[start : start + self.batch_size * _POOL]
            batches += self._batches(pool)
        order = rng.permutation(len(batches))
        return [partial(self._build, batches[number][share[0] :: share[1]]) for number in order]

    def _batches(self, pool: IntArray) -> list[IntArray]:
        """A pool cut into batches of like contexts and, within bands of those, like replies."""
        contexts, targets = self.builder.table.contexts.lengths, self.builder.table.targets.lengths
        pool = pool[np.argsort(contexts[pool], kind="stable")]
        # Whole batches a band, so that there are as few batches as can be.
        band = self.batch_size * max(1, round(len(pool) / self.batch_size / _BANDS))
        bands = [pool[at : at + band] for at in range(0, len(pool), band)]
        ordered = np.concatenate([one[np.argsort(targets[one], kind="stable")] for one in bands])
        return [ordered[at : at + self.batch_size] for at in range(0, len(ordered), self.batch_size)]

    def _build(self, chosen: IntArray) -> ReplyBatch | None:
        return self.builder.plain(chosen) if len(chosen) else None


class MetaReplyPlan:
    """Tasks of users: of the two halves of a user's dialogues one is support, the other query, by turns.

    The halves are those that the recommender's vectors were adapted across, so no vector has seen its own
    dialogue. Halves are cut into pieces of at most ``max_dialogues`` dialogues, drawn anew every epoch; a step
    holds about ``batch_size`` replies.
    """

    def __init__(
        self,
        builder: ReplyBatchBuilder,
        halves: Sequence[tuple[IntArray, IntArray]],
        *,
        batch_size: int,
        max_dialogues: int,
        seed: int,
    ) -> None:
        self.builder, self.halves = builder, halves
        self.batch_size, self.max_dialogues, self.seed = batch_size, max_dialogues, seed
        order = np.argsort(builder.table.reply_dialogues, kind="stable")
        counts = np.bincount(builder.table.reply_dialogues, minlength=len(builder.table.dialogue_ids))
        bounds = np.concatenate([[0], np.cumsum(counts)])
        self._replies_of = [order[a:b] for a, b in itertools.pairwise(bounds)]

    def steps(self, epoch: int, share: tuple[int, int]) -> Sequence[Step]:
        """The steps of an epoch (see ``EpochPlan``)."""
        rng = np.random.default_rng([self.seed, epoch])
        tasks = [task for first, second in self.halves for task in self._tasks(first, second, epoch, rng)]
        steps: list[list[tuple[IntArray, IntArray]]] = [[]]
        size = 0
        for number in rng.permutation(len(tasks)):
            task = tasks[number]
            count = len(task[0]) + len(task[1])
            if steps[-1] and size + count > self.batch_size:
                steps.append([])
                size = 0
            steps[-1].append(task)
            size += count
        return [partial(self._build, step[share[0] :: share[1]]) for step in steps if step]

    def _tasks(
        self, first: IntArray, second: IntArray, epoch: int, rng: np.random.Generator
    ) -> list[tuple[IntArray, IntArray]]:
        """The tasks of one user; the halves change their parts every epoch."""
        support, query = (first, second) if epoch % 2 else (second, first)
        support, query = rng.permutation(support), rng.permutation(query)
        pieces = max(1, -(-max(len(support), len(query)) // (self.max_dialogues // 2)))
        tasks = zip(np.array_split(support, pieces), np.array_split(query, pieces), strict=True)
        return [
            (self._replies(s), self._replies(q))
            for s, q in tasks
            if len(self._replies(q)) or len(self._replies(s))
        ]

    def _replies(self, dialogues: IntArray) -> IntArray:
        return np.concatenate([np.zeros(0, np.int64), *(self._replies_of[d] for d in dialogues)])

    def _build(self, tasks: list[tuple[IntArray, IntArray]]) -> ReplyBatch | None:
        if not tasks:
            return None
        return self.builder.adapting([support for support, _ in tasks], [query for _, query in tasks])
