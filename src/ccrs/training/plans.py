"""Which samples a step sees: shuffled contexts, or whole tasks of users."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from ccrs.core.batch import Batch
from ccrs.core.samples import IntArray, SampleTable, UserTask
from ccrs.data.batching import BatchBuilder

Step = Callable[[], Batch | None]


class PlainPlan:
    """All contexts in a new order every epoch."""

    def __init__(self, builder: BatchBuilder, contexts: IntArray, *, batch_size: int, seed: int) -> None:
        self.builder, self.contexts = builder, contexts
        self.batch_size, self.seed = batch_size, seed

    def steps(self, epoch: int, share: tuple[int, int]) -> Sequence[Step]:
        """The steps of an epoch (see ``EpochPlan``)."""
        order = np.random.default_rng([self.seed, epoch]).permutation(len(self.contexts))
        batches = [order[start : start + self.batch_size] for start in range(0, len(order), self.batch_size)]
        return [partial(self._build, batch[share[0] :: share[1]]) for batch in batches]

    def _build(self, chosen: IntArray) -> Batch | None:
        if len(chosen) == 0:
            return None
        return self.builder.plain(self.contexts[chosen], leave_out=True)


class MetaPlan:
    """Tasks of users, cut anew every epoch, gathered into steps of about ``batch_size`` contexts.

    Each epoch draws random halves of a user's dialogues (or cuts a random stretch chronologically), so that
    every sample is support or query once an epoch. Long histories are cut into tasks of at most
    ``max_dialogues``.
    """

    def __init__(
        self,
        builder: BatchBuilder,
        table: SampleTable,
        dialogues_of: Sequence[tuple[int, IntArray]],
        *,
        batch_size: int,
        max_dialogues: int,
        chronological: bool,
        seed: int,
    ) -> None:
        self.builder, self.table = builder, table
        self.dialogues_of = dialogues_of
        self.batch_size, self.max_dialogues = batch_size, max_dialogues
        self.chronological, self.seed = chronological, seed
        self._sizes = np.bincount(table.context_dialogues, minlength=len(table.dialogue_ids))

    def steps(self, epoch: int, share: tuple[int, int]) -> Sequence[Step]:
        """The steps of an epoch (see ``EpochPlan``)."""
        rng = np.random.default_rng([self.seed, epoch])
        tasks = [task for user, dialogues in self.dialogues_of for task in self._cut(user, dialogues, rng)]
        steps: list[list[UserTask]] = [[]]
        size = 0
        for number in rng.permutation(len(tasks)):
            task = tasks[number]
            contexts = int(self._sizes[task.support].sum() + self._sizes[task.query].sum())
            if steps[-1] and size + contexts > self.batch_size:
                steps.append([])
                size = 0
            steps[-1].append(task)
            size += contexts
        return [partial(self._build, step[share[0] :: share[1]]) for step in steps if step]

    def _cut(self, user: int, dialogues: IntArray, rng: np.random.Generator) -> list[UserTask]:
        """One user's tasks of an epoch; ``dialogues`` come oldest first."""
        if self.chronological:
            # A random start makes the pieces differ between epochs; the order within stays.
            start = int(rng.integers(self.max_dialogues)) if len(dialogues) > self.max_dialogues else 0
            bounds = [
                0,
                *range(start or self.max_dialogues, len(dialogues), self.max_dialogues),
                len(dialogues),
            ]
            pieces = [dialogues[a:b] for a, b in itertools.pairwise(bounds) if b > a]
        else:
            shuffled = rng.permutation(dialogues)
            pieces = [
                shuffled[a : a + self.max_dialogues] for a in range(0, len(shuffled), self.max_dialogues)
            ]
        tasks = []
        for piece in pieces:
            half = len(piece) // 2
            support, query = piece[:half], piece[half:]
            if not self.chronological:
                support = support[np.argsort(self.table.dialogue_times[support], kind="stable")]
            tasks.append(UserTask(user, support, query))
        return tasks

    def _build(self, tasks: list[UserTask]) -> Batch | None:
        return self.builder.adapting(tasks, leave_out=True) if tasks else None


class MixedPlan:
    """The steps of two plans in one random order: the second holds auxiliary samples."""

    def __init__(self, main: PlainPlan | MetaPlan, auxiliary: PlainPlan, *, seed: int) -> None:
        self.main, self.auxiliary, self.seed = main, auxiliary, seed

    def steps(self, epoch: int, share: tuple[int, int]) -> Sequence[Step]:
        """The steps of an epoch (see ``EpochPlan``)."""
        steps = [*self.main.steps(epoch, share), *self.auxiliary.steps(epoch, share)]
        order = np.random.default_rng([self.seed, epoch, 1]).permutation(len(steps))
        return [steps[number] for number in order]


def dialogues_by_user(
    table: SampleTable, users: IntArray, dialogues: IntArray | None = None
) -> list[tuple[int, IntArray]]:
    """(user, his dialogues, oldest first) for each of ``users``; of ``dialogues`` only, where they are given."""
    order = np.lexsort((table.dialogue_times, table.dialogue_users))
    if dialogues is not None:
        order = order[np.isin(order, dialogues)]
    bounds = np.searchsorted(table.dialogue_users[order], np.arange(len(table.users) + 1))
    return [(user, order[bounds[user] : bounds[user + 1]]) for user in users.tolist()]
