"""How long a plan will still take, from what its parts have taken."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

from ccrs.experiments.reproduction.work import Work


class Forecast:
    """Knows the seconds of finished units and guesses those of the others.

    A unit of a row that has run takes the mean of that row; of a row that has not, the median of all of its kind
    (responders take longer than recommenders), or of all where none of its kind has run.
    """

    def __init__(self, units: Sequence[Work], done: Mapping[str, float]) -> None:
        self._units = units
        self._seconds = dict(done)

    def told(self, unit: Work, seconds: float, processes: int) -> str:
        """Take in a finished unit, and say where things stand."""
        self._seconds[unit.name] = seconds
        left = self.seconds_left() / processes
        return (
            f"{len(self._seconds):>4} of {len(self._units)}  {unit.name:<44} {_duration(seconds):>9}"
            f"   left: about {_duration(left)}"
        )

    def seconds_left(self) -> float:
        """The work that is left, in seconds of one process."""
        if not self._seconds:
            return 0.0
        by_row: dict[str, list[float]] = {}
        for unit in self._units:
            if unit.name in self._seconds:
                by_row.setdefault(unit.row_name, []).append(self._seconds[unit.name])
        waiting = [unit for unit in self._units if unit.name not in self._seconds]
        means = {row: statistics.fmean(times) for row, times in by_row.items()}
        return sum(means[unit.row_name] if unit.row_name in means else self._usual(unit) for unit in waiting)

    def _usual(self, waiting: Work) -> float:
        """The median of the units of its kind, else of all."""
        alike = [
            self._seconds[unit.name]
            for unit in self._units
            if unit.name in self._seconds and type(unit) is type(waiting)
        ]
        return statistics.median(alike or self._seconds.values())


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{int(seconds // 3600)} h {int(seconds % 3600 // 60):02} min"
