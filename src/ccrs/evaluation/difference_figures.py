"""Differences with their intervals, drawn: one row a system, one mark a measure."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from ccrs.evaluation.canvas import GREY, INK, shortened

HEIGHT, ROW_HEIGHT = 1.6, 0.34
"""Inches of a figure without rows, and of each row."""


@dataclass(frozen=True)
class Point:
    """A difference and its interval at the row ``place``."""

    place: int
    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Marks:
    """One measure: how far it stands from the middle of a row, and how it is drawn."""

    points: Sequence[Point]
    label: str
    shift: float = 0.0
    colour: str = "#0072B2"
    marker: str = "o"


def draw_marks(axes: Axes, names: Sequence[str], series: Sequence[Marks], label: str) -> None:
    """Each of ``series`` with error bars over the rows ``names``, a line at 0, ``label`` below."""
    for one in series:
        axes.errorbar(
            [point.mean for point in one.points],
            [point.place + one.shift for point in one.points],
            xerr=[
                [point.mean - point.low for point in one.points],
                [point.high - point.mean for point in one.points],
            ],
            fmt=one.marker,
            color=one.colour,
            markersize=4,
            capsize=2,
            linewidth=1,
            label=one.label,
        )
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.set_yticks(range(len(names)), [textwrap.fill(shortened(name, 88), 46) for name in names])
    axes.invert_yaxis()
    axes.set_xlabel(label)
    axes.grid(axis="x", color="#DDDDDD", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8, labelcolor=GREY)
