"""An epoch sees every context once, in an order that the seed decides, however many processes share it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ccrs.core.batch import Batch
from ccrs.core.samples import IntArray, UserTask
from ccrs.data.batching import BatchBuilder
from ccrs.training.plans import MetaPlan, MixedPlan, PlainPlan, dialogues_by_user
from tests.worlds import random_world

WORLD = random_world(num_users=10, max_dialogues=9)
TABLE = WORLD.table
NUM_CONTEXTS = len(TABLE.context_dialogues)


class Recorder(BatchBuilder):
    """Keeps what it is asked for instead of building it."""

    def __init__(self) -> None:
        super().__init__(TABLE, WORLD.graph, num_items=12)
        self.asked: list[Any] = []

    def plain(self, contexts: IntArray, *, leave_out: bool = False) -> Batch:
        assert leave_out, "training must leave the context's own dialogue out of the counts"
        self.asked.append(contexts.tolist())
        return super().plain(contexts)

    def adapting(self, tasks: Any, *, leave_out: bool = False) -> Batch:
        assert leave_out
        self.asked.append(list(tasks))
        return super().adapting(tasks)


def plain_steps(epoch: int, share: tuple[int, int] = (0, 1), seed: int = 0) -> list[list[int]]:
    builder = Recorder()
    contexts = np.arange(NUM_CONTEXTS)
    plan = PlainPlan(builder, contexts, batch_size=7, seed=seed)
    for step in plan.steps(epoch, share):
        if step() is None:
            builder.asked.append([])
    return builder.asked


def meta_steps(
    epoch: int, share: tuple[int, int] = (0, 1), *, chronological: bool = False, max_dialogues: int = 4
) -> list[list[UserTask]]:
    builder = Recorder()
    plan = MetaPlan(
        builder,
        TABLE,
        dialogues_by_user(TABLE, np.arange(10)),
        batch_size=12,
        max_dialogues=max_dialogues,
        chronological=chronological,
        seed=0,
    )
    for step in plan.steps(epoch, share):
        if step() is None:
            builder.asked.append([])
    return builder.asked


def as_tuples(steps: list[list[UserTask]]) -> list[list[tuple[int, tuple[int, ...], tuple[int, ...]]]]:
    return [[(t.user, tuple(t.support.tolist()), tuple(t.query.tolist())) for t in step] for step in steps]


def test_plain_epoch_sees_every_context_once() -> None:
    steps = plain_steps(0)
    assert sorted(c for step in steps for c in step) == list(range(NUM_CONTEXTS))
    assert {len(step) for step in steps[:-1]} == {7}


def test_plain_order_depends_on_seed_and_epoch() -> None:
    assert plain_steps(3) == plain_steps(3)
    assert plain_steps(3) != plain_steps(4)
    assert plain_steps(3) != plain_steps(3, seed=1)


@pytest.mark.parametrize("count", [2, 9])
def test_processes_share_each_step(count: int) -> None:
    shares = [plain_steps(1, (number, count)) for number in range(count)]
    for step, *parts in zip(plain_steps(1), *shares, strict=True):
        assert sorted(c for part in parts for c in part) == sorted(step)
    meta = [as_tuples(meta_steps(1, (number, count))) for number in range(count)]
    for tasks, *parts in zip(as_tuples(meta_steps(1)), *meta, strict=True):
        assert sorted(t for part in parts for t in part) == sorted(tasks)


@pytest.mark.parametrize("chronological", [False, True])
def test_meta_epoch_sees_every_dialogue_once(chronological: bool) -> None:
    steps = meta_steps(2, chronological=chronological)
    tasks = [task for step in steps for task in step]
    seen = [d for task in tasks for d in (*task.support.tolist(), *task.query.tolist())]
    assert sorted(seen) == list(range(len(TABLE.dialogue_ids)))
    sizes = np.bincount(TABLE.context_dialogues, minlength=len(TABLE.dialogue_ids))
    for step in steps:
        total = sum(int(sizes[task.support].sum() + sizes[task.query].sum()) for task in step)
        assert total <= 12 or len(step) == 1
    for task in tasks:
        halves = len(task.support), len(task.query)
        assert sum(halves) <= 4
        assert halves[0] == sum(halves) // 2
        assert (TABLE.dialogue_users[[*task.support, *task.query]] == task.user).all()
        assert (np.diff(TABLE.dialogue_times[task.support]) > 0).all()


def test_chronological_support_is_older_than_the_query() -> None:
    for epoch in range(3):
        for step in meta_steps(epoch, chronological=True):
            for task in step:
                times = TABLE.dialogue_times
                if len(task.support):
                    assert times[task.support].max() < times[task.query].min()


@pytest.mark.parametrize("chronological", [False, True])
def test_meta_tasks_differ_between_epochs_and_not_between_runs(chronological: bool) -> None:
    first, again, second = (as_tuples(meta_steps(epoch, chronological=chronological)) for epoch in (0, 0, 1))
    assert first == again
    assert {t for step in first for t in step} != {t for step in second for t in step}


def test_dialogues_by_user_come_oldest_first() -> None:
    for user, dialogues in dialogues_by_user(TABLE, np.arange(10)):
        assert sorted(dialogues.tolist()) == np.flatnonzero(TABLE.dialogue_users == user).tolist()
        assert (np.diff(TABLE.dialogue_times[dialogues]) > 0).all()


def mixed_steps(epoch: int, share: tuple[int, int] = (0, 1)) -> list[Any]:
    """What is asked of both plans, in the order of the steps."""
    builder = Recorder()
    contexts = np.arange(NUM_CONTEXTS)
    meta = MetaPlan(
        builder,
        TABLE,
        dialogues_by_user(TABLE, np.arange(10)),
        batch_size=12,
        max_dialogues=4,
        chronological=True,
        seed=0,
    )
    plain = PlainPlan(builder, contexts, batch_size=7, seed=0)
    for step in MixedPlan(meta, plain, seed=0).steps(epoch, share):
        if step() is None:
            builder.asked.append([])
    return builder.asked


def is_auxiliary(step: list[Any]) -> bool:
    return not isinstance(step[0], UserTask)


def test_auxiliary_steps_are_mixed_in() -> None:
    steps = mixed_steps(0)
    kinds = [is_auxiliary(step) for step in steps]
    auxiliary = [step for step in steps if is_auxiliary(step)]
    assert sorted(c for step in auxiliary for c in step) == list(range(NUM_CONTEXTS))
    main = as_tuples([step for step in steps if not is_auxiliary(step)])
    assert sorted(main) == sorted(as_tuples(meta_steps(0, chronological=True)))
    assert kinds != sorted(kinds)
    assert kinds != sorted(kinds, reverse=True)
    assert kinds != [is_auxiliary(step) for step in mixed_steps(1)]


def test_processes_share_the_mixed_steps() -> None:
    """Each step is the same one in all processes, or their gradients would not belong together."""
    first, second = (mixed_steps(0, (number, 2)) for number in range(2))
    for whole, *parts in zip(mixed_steps(0), first, second, strict=True):
        if is_auxiliary(whole):
            assert sorted(parts[0] + parts[1]) == sorted(whole)
        else:
            assert sorted(as_tuples(parts)[0] + as_tuples(parts)[1]) == sorted(as_tuples([whole])[0])
