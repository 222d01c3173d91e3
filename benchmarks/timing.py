"""Interleaved timing: on a shared machine only ratios of neighbours in time mean something."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

WARM_UPS = 2


@dataclass(frozen=True)
class Seconds:
    """How long something took: on the clock, and in processor time of all threads of this process."""

    wall: float
    cpu: float


@dataclass(frozen=True)
class Spread:
    """Median and quartiles of repeated measurements."""

    median: float
    low: float
    high: float
    count: int

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """The spread of ``values`` (at least one)."""
        low, median, high = np.quantile(np.asarray(values, np.float64), [0.25, 0.5, 0.75]).tolist()
        return cls(median, low, high, len(values))

    def scaled(self, factor: float) -> Spread:
        """The same in another unit."""
        return Spread(self.median * factor, self.low * factor, self.high * factor, self.count)


class Stopwatch:
    """Measures the time since it was made or last read."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def read(self) -> Seconds:
        """The time since the last reading; starts anew."""
        wall, cpu = time.perf_counter(), time.process_time()
        passed = Seconds(wall - self._wall, cpu - self._cpu)
        self._wall, self._cpu = wall, cpu
        return passed


def alternate(
    actions: Mapping[str, Callable[[int], object]], repeats: int, advance: Callable[[], None]
) -> dict[str, list[Seconds]]:
    """Run every action once a repetition and time each; ``advance`` is called after each repetition.

    An action gets the number of the repetition. The order rotates, so that none is always the
    first; the first ``WARM_UPS`` repetitions are not counted. Garbage is collected between
    repetitions, never within.
    """
    times: dict[str, list[Seconds]] = {name: [] for name in actions}
    names = list(actions)
    enabled = gc.isenabled()
    gc.disable()
    try:
        for repetition in range(repeats + WARM_UPS):
            gc.collect()
            first = repetition % len(names)
            for name in names[first:] + names[:first]:
                watch = Stopwatch()
                actions[name](repetition)
                if repetition >= WARM_UPS:
                    times[name].append(watch.read())
            advance()
    finally:
        if enabled:
            gc.enable()
    return times


def ratios(times: Mapping[str, Sequence[Seconds]], above: str, below: str) -> tuple[Spread, Spread]:
    """The spread of the ratio ``above`` / ``below`` of each repetition, by the clock and by processor time."""
    pairs = list(zip(times[above], times[below], strict=True))
    return Spread.of([a.wall / b.wall for a, b in pairs]), Spread.of([a.cpu / b.cpu for a, b in pairs])
