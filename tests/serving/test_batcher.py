"""Requests together: batches form when others are announced, nobody alone waits, too many are refused."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress

import pytest

from ccrs.serving.batcher import Batcher, BatcherSettings
from ccrs.serving.errors import Busy


class Gate:
    """Work that waits for ``open`` and remembers the sizes of its batches."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.begun = threading.Event()
        self.sizes: list[int] = []

    def __call__(self, batch: Sequence[int]) -> list[int]:
        self.sizes.append(len(batch))
        self.begun.set()
        assert self.open.wait(10)
        if -1 in batch:
            raise ValueError("broken")
        return [2 * number for number in batch]


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def batcher(gate: Gate) -> Iterator[Batcher[int, int]]:
    made = Batcher("test", gate, BatcherSettings(max_batch=4, max_waiting=6, max_wait=5.0, delay=0.0))
    yield made
    gate.open.set()
    made.close()


def test_what_waits_is_worked_on_together_and_in_order(gate: Gate, batcher: Batcher[int, int]) -> None:
    first = batcher.enqueue(1)
    assert gate.begun.wait(5)
    others = [batcher.enqueue(number) for number in range(2, 8)]
    gate.open.set()
    assert [future.result(5) for future in (first, *others)] == [2, 4, 6, 8, 10, 12, 14]
    assert gate.sizes == [1, 4, 2]  # all that waited, at most four at once
    assert (batcher.num_done, batcher.num_batches, batcher.num_refused) == (7, 3, 0)


def test_too_many_are_refused_with_a_time_to_come_back(gate: Gate, batcher: Batcher[int, int]) -> None:
    first = batcher.enqueue(1)
    assert gate.begun.wait(5)
    waiting = [batcher.enqueue(number) for number in range(6)]
    with pytest.raises(Busy) as refused:
        batcher.enqueue(99)
    assert refused.value.retry_after >= 1
    gate.open.set()
    assert [future.result(5) for future in (first, *waiting)] == [2, 0, 2, 4, 6, 8, 10]
    assert batcher.enqueue(5).result(5) == 10  # and goes on


def test_what_is_wrong_reaches_everybody_of_the_batch_and_nobody_else(
    gate: Gate, batcher: Batcher[int, int]
) -> None:
    gate.open.set()
    with pytest.raises(ValueError, match="broken"):
        batcher.enqueue(-1).result(5)
    assert batcher.enqueue(1).result(5) == 2


def test_who_gave_up_is_not_worked_for(gate: Gate, batcher: Batcher[int, int]) -> None:
    first = batcher.enqueue(1)
    assert gate.begun.wait(5)
    given_up, kept = batcher.enqueue(2), batcher.enqueue(3)
    assert given_up.cancel()
    gate.open.set()
    assert (first.result(5), kept.result(5)) == (2, 6)
    assert gate.sizes == [1, 1]


def test_who_waited_too_long_is_told(gate: Gate) -> None:
    made = Batcher("late", gate, BatcherSettings(max_batch=1, max_waiting=6, max_wait=0.01, delay=0.0))
    first = made.enqueue(1)
    assert gate.begun.wait(5)
    late = made.enqueue(2)
    time.sleep(0.05)
    gate.open.set()
    assert first.result(5) == 2
    with pytest.raises(Busy, match="in time"):
        late.result(5)
    made.close()


def test_a_batch_waits_for_those_announced_and_for_nobody_else() -> None:
    sizes: list[int] = []

    def work(batch: Sequence[int]) -> Sequence[int]:
        sizes.append(len(batch))
        return batch

    made = Batcher("patient", work, BatcherSettings(delay=10.0))
    start = time.monotonic()
    assert made.enqueue(1).result(5) == 1  # alone and not announced: at once

    async def announced(number: int, pause: float) -> int:
        with made.coming():
            await asyncio.sleep(pause)
            waiting = asyncio.wrap_future(made.enqueue(number))
        return await waiting

    async def both() -> list[int]:
        return list(await asyncio.gather(announced(2, 0.05), announced(3, 0.15)))

    assert asyncio.run(both()) == [2, 3]
    assert sizes[0] == 1
    assert sum(sizes) == 3
    assert 2 in sizes  # the first waited for the second
    assert time.monotonic() - start < 5  # and not for the whole delay
    made.close()


def test_after_the_end_nothing_is_taken(gate: Gate) -> None:
    gate.open.set()
    made = Batcher("closed", gate, BatcherSettings())
    last = made.enqueue(4)
    made.close()
    assert last.result(0) == 8
    with pytest.raises(Busy, match="stopping"):
        made.enqueue(1)


def test_nobody_joins_a_line_that_takes_too_long() -> None:
    def slow(batch: Sequence[int]) -> Sequence[int]:
        time.sleep(0.05 * len(batch))
        return batch

    made = Batcher("slow", slow, BatcherSettings(max_batch=1, max_waiting=1000, max_line=0.2, delay=0.0))
    made.enqueue(0).result(5)  # now its pace is known
    taken = []
    with suppress(Busy):
        for number in range(100):
            taken.append(made.enqueue(number))  # noqa: PERF401 - counts how many are taken before one is refused
    assert made.num_refused == 1
    assert 3 <= len(taken) <= 10
    assert [future.result(5) for future in taken] == list(range(len(taken)))
    assert made.enqueue(7).result(5) == 7
    made.close()
