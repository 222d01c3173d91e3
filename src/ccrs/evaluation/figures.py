"""Figures of an evaluation: named arrays in, PNG files out. Nothing here knows a model or a run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from matplotlib import colors
from matplotlib.axes import Axes

from ccrs.core.errors import CcrsError
from ccrs.core.samples import IntArray
from ccrs.evaluation.canvas import INK, plain_axes, png_figure, short_count, shortened
from ccrs.evaluation.ranking import FloatArray
from ccrs.evaluation.report import ADAPTED
from ccrs.evaluation.tables import ROWS, display_width, signature_line

# Okabe and Ito's colours, told apart with any kind of colour vision; markers repeat the distinction.
_LINES: Final[Mapping[str, tuple[str, str]]] = {
    "metrics": ("#0072B2", "o"),
    "unadapted": ("#E69F00", "s"),
    "plain": ("#009E73", "^"),
    "popularity": ("#666666", "D"),
}
_EVEN: Final = "#D55E00"
_CELL_WIDTH, _ROW_HEIGHT, _PANEL_WIDTH = 0.75, 0.27, 3.3  # inches; a panel is never narrower than the last


@dataclass(frozen=True)
class Block:
    """Rows of a heatmap under one heading."""

    heading: str
    rows: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Heatmap:
    """Weights in blocks of rows, and beside them how they differ from a reference; NaN cells stay empty.

    Raises ``CcrsError`` when the arrays do not fit the labels, or there is nothing to draw.
    """

    title: str
    blocks: tuple[Block, ...]
    columns: tuple[str, ...]
    weights: FloatArray  # (rows of all blocks, columns)
    change: FloatArray  # (rows of all blocks, columns)
    column_label: str
    weight_label: str
    change_label: str
    note: str = ""

    def __post_init__(self) -> None:
        shape = (sum(len(block.rows) for block in self.blocks), len(self.columns))
        _check_shapes(self, ("weights", "change"), shape)


@dataclass(frozen=True, eq=False)
class TurnImportance:
    """How much the turn of a mention counts, over turns from the earliest to the latest; all (turns,).

    Raises ``CcrsError`` when the arrays do not fit the labels, or there is nothing to draw.
    """

    labels: tuple[str, ...]
    by_turn: FloatArray  # μ^o when every turn has one mention
    total: FloatArray  # mean weight of a turn's mentions over the contexts that have one; NaN without any
    even: FloatArray  # the same if all mentions of a context weighed the same
    num_contexts: IntArray  # contexts with a mention in the turn
    turn_label: str = "turn of the dialogue"
    note: str = ""

    def __post_init__(self) -> None:
        _check_shapes(self, ("by_turn", "total", "even", "num_contexts"), (len(self.labels),))


@dataclass(frozen=True, eq=False)
class Curve:
    """A metric of one row of the report over bins, (bins,) each; NaN without samples or without an interval."""

    key: str  # one of ``ROWS``
    label: str
    values: FloatArray
    low: FloatArray  # ends of the 95% interval
    high: FloatArray


@dataclass(frozen=True, eq=False)
class CurvePanel:
    """The curves of all rows of a report over the same bins."""

    label: str
    bins: tuple[str, ...]
    num_samples: IntArray  # (bins,)
    num_users: IntArray  # (bins,)
    curves: tuple[Curve, ...]


def curve_panels(report: Mapping[str, Any], *, metric: str = "hr@10") -> tuple[CurvePanel, CurvePanel]:
    """``metric`` over the number of support dialogues, and over the number of mentions.

    *Unadapted* is left out where it equals the adapted row, as for a model that does not adapt. Raises
    ``CcrsError`` when the report lacks the curves.
    """
    try:
        rows = {key: report[key] for key in ROWS if report.get(key) is not None}
        labels = dict(ROWS)
        if "unadapted" in rows and rows["unadapted"] == rows[ADAPTED]:
            del rows["unadapted"]
            labels[ADAPTED] = "this model"
        return (
            _curve_panel(rows, labels, "support", "support dialogues of the user", metric),
            _curve_panel(rows, labels, "mentions", "entities mentioned so far", metric),
        )
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise CcrsError(
            f"The report has no curves of {metric!r} ({type(error).__name__}: {error}). Make the report anew."
        ) from error


def draw_heatmap(heatmap: Heatmap, path: Path) -> None:
    """Two panels: the weights, and their difference from the reference. Raises ``DataError`` of the disk."""
    num_lines = len(heatmap.weights) + len(heatmap.blocks)
    panel = max(_PANEL_WIDTH, len(heatmap.columns) * _CELL_WIDTH)
    with png_figure(
        path,
        width=2.3 + 2 * (panel + 0.8),
        height=1.6 + num_lines * _ROW_HEIGHT,
        title=heatmap.title,
        note=heatmap.note,
    ) as figure:
        left, right = figure.subplots(1, 2, sharey=True)
        top, most = _largest(heatmap.weights), _largest(np.abs(heatmap.change))
        _cells(left, heatmap, heatmap.weights, (colors.Normalize(0, top), "Blues", "{:.2f}"))
        digits = min(max(2, 1 - math.floor(math.log10(most))), 6)  # two figures of the largest change
        _cells(right, heatmap, heatmap.change, (colors.Normalize(-most, most), "PuOr_r", f"{{:+.{digits}f}}"))
        left.set_title(heatmap.weight_label, fontsize=10)
        right.set_title(heatmap.change_label, fontsize=10)
        right.tick_params(labelleft=False)
        line = 0
        for block in heatmap.blocks:
            heading = shortened(block.heading, int(12 * panel))
            text = left.text(-0.48, line, heading, fontweight="bold", va="center", color=INK, clip_on=True)
            text.set_in_layout(False)  # a heading makes no room for itself at the cost of the cells
            line += 1 + len(block.rows)


def draw_turn_importance(turns: TurnImportance, path: Path) -> None:
    """Two panels of bars: μ^o, and the weight used beside an even share. Raises ``DataError`` of the disk."""
    places = np.arange(len(turns.labels))
    width = 2 * max(4.4, 0.42 * len(places) + 1.2)
    title = "Importance of the turn in which an entity is mentioned"
    with png_figure(path, width=width, height=4.2, title=title, note=turns.note) as figure:
        left, right = figure.subplots(1, 2)
        bars = left.bar(places, turns.by_turn, color="#0072B2", width=0.75, label="learned weight μᵒ")
        left.bar_label(bars, fmt="%.2f", fontsize=7, padding=1)
        left.axhline(1 / len(places), color=_EVEN, linestyle="--", linewidth=1.4, label="even weights")
        left.set_title("Learned: one mention in every turn", fontsize=10)
        left.set_ylabel("share of the weight")
        left.set_xlabel(turns.turn_label)
        left.set_xticks(places, turns.labels)
        right.bar(places, turns.total, color="#56B4E9", width=0.75, label="weight used, ½(μʳ + μᵒ)")
        right.hlines(turns.even, places - 0.4, places + 0.4, color=_EVEN, linewidth=2, label="even weights")
        right.set_title("Used: mean over contexts with a mention there", fontsize=10)
        right.set_ylabel("weight of the turn's mentions")
        right.set_xlabel(f"{turns.turn_label} (below: contexts)")
        counts = map(short_count, turns.num_contexts.tolist())
        right.set_xticks(places, [f"{a}\n{b}" for a, b in zip(turns.labels, counts, strict=True)])
        for axes in (left, right):
            plain_axes(axes)
            axes.set_ylim(0, 1.25 * axes.get_ylim()[1])  # room for the legend
            axes.legend(loc="upper left", frameon=False, fontsize=8, ncols=2)


def draw_curves(report: Mapping[str, Any], path: Path, *, metric: str = "hr@10") -> None:
    """A metric over support dialogues and over mentions, with 95% intervals.

    Raises ``CcrsError`` when the report lacks the curves, ``DataError`` when the disk refuses.
    """
    panels = curve_panels(report, metric=metric)
    name = metric.upper()
    with png_figure(
        path,
        width=10.4,
        height=4.5,
        title=f"{name} by how much is known of the user",
        note=f"Bars are 95% intervals, resampled by user. {signature_line(report)}",
    ) as figure:
        left, right = figure.subplots(1, 2, sharey=True)
        for axes, panel in ((left, panels[0]), (right, panels[1])):
            _curves(axes, panel)
        left.set_ylabel(
            f"{name} (share of targets among the first {name[3:]})" if name[:3] == "HR@" else name
        )
        left.set_ylim(0, 1.15 * max(left.get_ylim()[1], 1e-3))  # room for the legend
        right.tick_params(labelleft=True)
        left.legend(loc="upper left", frameon=False, fontsize=8, ncols=4)


def _cells(axes: Axes, heatmap: Heatmap, values: FloatArray, look: tuple[colors.Normalize, str, str]) -> None:
    """Coloured cells with their values; a line above each block is left for its heading."""
    norm, colour_map, form = look
    sizes = [len(block.rows) for block in heatmap.blocks]
    lines = np.arange(len(values)) + 1 + np.repeat(np.arange(len(sizes)), sizes)
    grid = np.full((len(values) + len(sizes), len(heatmap.columns)), np.nan)
    grid[lines] = values
    image = axes.imshow(grid, cmap=colour_map, norm=norm, aspect="auto", interpolation="nearest")
    for (line, column), value in np.ndenumerate(grid):
        if np.isfinite(value):
            red, green, blue, _ = image.cmap(norm(value))
            on_dark = 0.299 * red + 0.587 * green + 0.114 * blue < 0.5
            text = form.format(value).replace("-", "−")
            if not set(text) & set("123456789"):
                text = "0"  # without the sign of something too small to print
            colour = "white" if on_dark else INK
            axes.text(column, line, text, ha="center", va="center", fontsize=8, color=colour)
    axes.set_yticks(lines, [shortened(row, 34) for block in heatmap.blocks for row in block.rows])
    axes.set_xticks(np.arange(len(heatmap.columns)), [shortened(name, 18) for name in heatmap.columns])
    if max(display_width(name) for name in heatmap.columns) > 10:
        for label in axes.get_xticklabels():
            label.set(rotation=30, ha="right", rotation_mode="anchor")
    axes.set_xlabel(heatmap.column_label)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.figure.colorbar(image, ax=axes, shrink=0.8, pad=0.02).outline.set_visible(False)


def _curves(axes: Axes, panel: CurvePanel) -> None:
    """All rows over the bins of one panel, side by side so that intervals do not hide each other."""
    places = np.arange(len(panel.bins))
    for number, curve in enumerate(panel.curves):
        colour, marker = _LINES[curve.key]
        reach = np.nan_to_num(np.stack([curve.values - curve.low, curve.high - curve.values]))  # (2, bins)
        axes.errorbar(
            places + 0.09 * (number - (len(panel.curves) - 1) / 2),
            curve.values,
            yerr=np.clip(reach, 0, None),
            color=colour,
            marker=marker,
            markersize=5,
            linewidth=1.3,
            elinewidth=1,
            capsize=2.5,
            label=curve.label,
        )
    counts = zip(panel.bins, panel.num_samples.tolist(), panel.num_users.tolist(), strict=True)
    axes.set_xticks(places, [f"{one}\n{short_count(n)} / {short_count(users)}" for one, n, users in counts])
    axes.set_xlim(-0.5, len(places) - 0.5)
    axes.set_xlabel(f"{panel.label} (below: samples / users)")
    plain_axes(axes)


def _curve_panel(
    rows: Mapping[str, Any], labels: Mapping[str, str], by: str, label: str, metric: str
) -> CurvePanel:
    """The curves named ``by`` of every row; the bins of all rows are those of the adapted one."""
    bins = rows[ADAPTED][f"by_{by}"]
    curves = []
    for key, row in rows.items():
        points = row[f"by_{by}"]
        bounds = [point[f"{metric}_ci95"] or (None, None) for point in points]
        columns = ([point[metric] for point in points], *zip(*bounds, strict=True))
        values, low, high = (np.array(column, dtype=np.float64) for column in columns)  # None becomes NaN
        if len(values) != len(bins):
            raise ValueError(f"{key} has {len(values)} bins, not {len(bins)}")
        curves.append(Curve(key, labels[key], values, low, high))
    return CurvePanel(
        label,
        tuple(str(point[by]) for point in bins),
        np.array([point["n"] for point in bins], np.int64),
        np.array([point["num_users"] for point in bins], np.int64),
        tuple(curves),
    )


def _largest(values: FloatArray) -> float:
    """The largest finite value, as the end of a colour scale; so large that rounding errors have no colour."""
    finite = values[np.isfinite(values)]
    return max(float(finite.max(initial=0)), 1e-5)


def _check_shapes(owner: object, names: tuple[str, ...], shape: tuple[int, ...]) -> None:
    """Raise ``CcrsError`` unless the arrays ``names`` of ``owner`` have ``shape``, which holds no 0."""
    for name in names:
        found = np.shape(getattr(owner, name))
        if found != shape:
            raise CcrsError(f"{name}: shape {found}, but the labels are {shape}. Pass one value per label.")
    if 0 in shape:
        raise CcrsError(
            f"{type(owner).__name__}: there is nothing to draw (shape {shape}). Leave the figure out."
        )
