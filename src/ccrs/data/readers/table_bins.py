"""Numbers as a few readable values: as they are where there are few, else ranges with round edges."""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

MAX_PLAIN = 12
"""Distinct whole numbers up to which each stays a value of its own."""
NUM_BINS = 6


@dataclass(frozen=True)
class Bins:
    """Names for numbers; without ``edges`` every number is its own name.

    Between two edges the lower one belongs to the range, and the last edge to the range below it.
    """

    edges: tuple[float, ...] = ()
    before: str = ""
    after: str = ""

    def name(self, value: float) -> str:
        """The readable value that ``value`` falls into: ``under 30``, ``30 to 60``, ``over 120``."""
        if not self.edges:
            return self._unit(self._number(value))
        place = bisect.bisect_right(self.edges, value)
        if place == len(self.edges) and value == self.edges[-1] and len(self.edges) > 1:
            place -= 1
        if place == 0:
            return f"under {self._unit(self._number(self.edges[0]))}"
        if place == len(self.edges):
            word = "over" if len(self.edges) > 1 else "at least"
            return f"{word} {self._unit(self._number(self.edges[-1]))}"
        low, high = self._number(self.edges[place - 1]), self._number(self.edges[place])
        return f"{self.before}{low} to {self._unit(high)}"

    def _unit(self, number: str) -> str:
        return f"{self.before}{number}{' ' if self.after else ''}{self.after}"

    def _number(self, value: float) -> str:
        return shown_number(value)


def shown_number(value: float) -> str:
    """A number without superfluous digits: ``2``, ``0.5``, ``1200``."""
    if value.is_integer() and abs(value) < 1e15:  # beyond it digits are no longer exact
        return str(int(value))
    return f"{value:.6g}"


def bins_of(values: Sequence[float], *, before: str = "", after: str = "") -> Bins:
    """Bins for the numbers of a column: none for few whole numbers, else about ``NUM_BINS`` of equal counts."""
    distinct = sorted(set(values))
    whole = all(value.is_integer() for value in distinct)
    if len(distinct) <= (MAX_PLAIN if whole else NUM_BINS):
        return Bins(before=before, after=after)
    with np.errstate(over="ignore"):
        cuts = np.quantile(np.array(values), np.linspace(0, 1, NUM_BINS + 1)[1:-1], method="nearest")
    # Where one value is a large part of all, it is the lowest range by itself.
    starts = [distinct[1] if cut == distinct[0] else float(cut) for cut in cuts]
    return Bins(_rounded(starts, distinct[0], distinct[-1]), before, after)


def _rounded(cuts: list[float], lowest: float, highest: float) -> tuple[float, ...]:
    """The cuts on round numbers, each once, with something below the first and above the last."""
    cuts = sorted(set(cuts))
    edges = set()
    for place, cut in enumerate(cuts):
        below = cuts[place - 1] if place else lowest
        above = cuts[place + 1] if place + 1 < len(cuts) else highest
        gaps = [gap for gap in (cut - below, above - cut) if gap > 0 and math.isfinite(gap)]
        edge = _round_to(cut, min(gaps)) if gaps else cut
        if lowest < edge < highest:
            edges.add(edge)
    return tuple(sorted(edges)) or (_middle(lowest, highest),)


def _round_to(value: float, gap: float) -> float:
    """``value`` on a multiple of the roundest step (1, 2 or 5 times a power of ten) of at most half the gap."""
    power = 10.0 ** math.floor(math.log10(gap / 2)) if gap > 0 else 0.0
    if not power or not math.isfinite(power):
        return value
    step = next(power * factor for factor in (5, 2, 1) if power * factor <= gap / 2 * (1 + 1e-9))
    edge = round(value / step) * step if math.isfinite(value / step) else value
    return float(f"{edge:.12g}")


def _middle(lowest: float, highest: float) -> float:
    """A number above the lowest and not above the highest."""
    middle = lowest / 2 + highest / 2
    return middle if lowest < middle else highest
