"""Figures: what is drawn is what was given, no name breaks or covers anything, equal input gives equal bytes."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.container import BarContainer
from matplotlib.figure import Figure
from matplotlib.text import Text

from ccrs.core.errors import CcrsError, DataError
from ccrs.evaluation import canvas, figures
from ccrs.evaluation.canvas import png_figure, short_count, shortened
from ccrs.evaluation.figures import (
    Block,
    Heatmap,
    TurnImportance,
    curve_panels,
    draw_curves,
    draw_heatmap,
    draw_turn_importance,
)
from ccrs.evaluation.report import SampleOutcomes, build_report
from ccrs.evaluation.tables import display_width

ODD_NAMES = (
    "$x_1$ and \\frac{",
    "10$ & _under_ ^up^ %d {}",
    "one $ alone",
    "映画の題名はとても長いので切らなければならない",
    "\x00\x1b[31m\nline two",
    "\ud800 lone",
    "Amélie – Ж ☃",
    "long " * 100,
    "w" * 500,
)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """The figures that were drawn, the latest last."""
    found: list[Figure] = []

    @contextlib.contextmanager
    def keeping(*arguments: Any, **named: Any) -> Iterator[Figure]:
        with png_figure(*arguments, **named) as figure:
            found.append(figure)
            yield figure

    monkeypatch.setattr(figures, "png_figure", keeping)
    return found


@pytest.fixture
def coarse(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few pixels, where they do not matter, are quick."""
    monkeypatch.setattr(canvas, "DPI", 50)


def heatmap(names: tuple[str, ...] = ("One", "Two")) -> Heatmap:
    """Two blocks of the rows ``names``; the first has no change."""
    size = len(names)
    weights = np.arange(1, 4 * size + 1).reshape(2 * size, 2) / (4 * size)
    change = np.where(np.arange(2 * size)[:, None] < size, np.nan, [[0.25, -0.0625]])
    return Heatmap(
        title=names[0],
        blocks=(Block(names[0], names), Block(names[-1], names)),
        columns=(names[0], names[-1]),
        weights=weights,
        change=change,
        column_label=names[0],
        weight_label="Weights",
        change_label="Change",
        note=names[-2],
    )


def turns() -> TurnImportance:
    """Three turns, the last of which no context has a mention in."""
    total, even = np.array([0.5, 0.25, np.nan]), np.array([0.4, 0.35, np.nan])
    return TurnImportance(("1", "2", "3"), np.array([0.1, 0.3, 0.6]), total, even, np.array([1500, 2, 0]))


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    """Thirty samples of ten users with 0 to 2 support dialogues; the adapted model hits all of the latter's."""
    number = np.arange(30)
    support = (number // 3) % 3

    def row(ranks: np.ndarray) -> SampleOutcomes:
        return SampleOutcomes(
            ranks=ranks,
            users=number // 3,
            novel=number >= 0,
            new_to_user=number >= 0,
            num_support=support,
            num_mentions=number % 3,
            sample_ids=tuple(f"d{i}:1:0" for i in number),
            fold=number * 0,
        )

    rows = {
        "metrics": row(np.where(support == 2, 1, 20)),
        "unadapted": row(np.where(number % 3 == 0, 1, 20)),
        "popularity": row(np.full(30, 99)),
    }
    return build_report(
        dataset="small",
        split="test",
        folds=1,
        protocol="user",
        signature={"model": "CCRS"},
        order="random",
        rows=rows,
        resamples=100,
    )


def size_of(path: Path) -> tuple[int, int]:
    """Width and height in the header of a PNG file."""
    content = path.read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    assert content[12:16] == b"IHDR"
    width, height = struct.unpack(">II", content[16:24])
    return width, height


def texts_in(figure: Figure) -> list[str]:
    return [text.get_text() for axes in figure.axes[:2] for text in axes.texts]


def test_cells_hold_the_values_given(tmp_path: Path, drawn: list[Figure]) -> None:
    draw_heatmap(heatmap(), tmp_path / "out.png")
    left, right = drawn[0].axes[:2]
    # Lines: heading, One, Two, heading, One, Two; eighths of 1 to 8.
    at = {text.get_position(): text.get_text() for text in left.texts}
    assert [at[0, line] for line in (1, 2, 4, 5)] == ["0.12", "0.38", "0.62", "0.88"]
    assert [at[1, line] for line in (1, 2, 4, 5)] == ["0.25", "0.50", "0.75", "1.00"]
    assert [text.get_text() for text in left.texts if text.get_fontweight() == "bold"] == ["One", "Two"]
    changes = {text.get_position(): text.get_text() for text in right.texts}
    assert changes == {(0, 4): "+0.25", (1, 4): "−0.06", (0, 5): "+0.25", (1, 5): "−0.06"}
    assert np.isnan(right.images[0].get_array()[1].astype(float).filled(np.nan)).all()
    assert [label.get_text() for label in left.get_yticklabels()] == ["One", "Two", "One", "Two"]
    assert size_of(tmp_path / "out.png") == tuple(round(150 * side) for side in drawn[0].get_size_inches())


@pytest.mark.usefixtures("coarse")
@pytest.mark.parametrize(
    ("largest", "expected"),
    [(0.5, "+0.50"), (0.049, "+0.049"), (0.00037, "+0.00037"), (1e-9, "0"), (0.0, "0")],
)
def test_small_changes_are_printed_with_two_figures(
    largest: float, expected: str, tmp_path: Path, drawn: list[Figure]
) -> None:
    one = Heatmap(
        "t", (Block("b", ("r",)),), ("c",), np.ones((1, 1)), np.full((1, 1), largest), "c", "w", "ch"
    )
    draw_heatmap(one, tmp_path / "out.png")
    assert [text.get_text() for text in drawn[0].axes[1].texts] == [expected]


def test_bars_are_the_weights_given(tmp_path: Path, drawn: list[Figure]) -> None:
    draw_turn_importance(turns(), tmp_path / "out.png")
    left, right = drawn[0].axes
    (learned,), (used,) = (
        [c for c in axes.containers if isinstance(c, BarContainer)] for axes in (left, right)
    )
    assert [bar.get_height() for bar in learned] == [0.1, 0.3, 0.6]
    assert [bar.get_height() for bar in used][:2] == [0.5, 0.25]
    assert [line[0][1] for line in right.collections[0].get_segments() if len(line)] == [0.4, 0.35]
    assert [label.get_text() for label in right.get_xticklabels()] == ["1\n1.5k", "2\n2", "3\n0"]
    assert size_of(tmp_path / "out.png") == tuple(round(150 * side) for side in drawn[0].get_size_inches())


def test_curves_are_those_of_the_report(report: dict[str, Any], tmp_path: Path, drawn: list[Figure]) -> None:
    support, mentions = curve_panels(report)
    adapted = next(curve for curve in support.curves if curve.key == "metrics")
    assert support.bins[:3] == ("0", "1", "2")
    assert adapted.values[:3].tolist() == [0, 0, 1]
    assert np.isnan(adapted.values[3:]).all()  # nobody has more support
    assert support.num_users[:4].tolist() == [4, 3, 3, 0]
    unadapted = next(curve for curve in mentions.curves if curve.key == "unadapted")
    assert unadapted.values[:3].tolist() == [1, 0, 0]
    found = report["popularity"]["by_mentions"][1]["hr@10_ci95"]
    popularity = next(curve for curve in mentions.curves if curve.key == "popularity")
    assert [popularity.low[1], popularity.high[1]] == found
    draw_curves(report, tmp_path / "out.png")
    for axes, panel in zip(drawn[0].axes, (support, mentions), strict=True):
        lines = {container.get_label(): container[0].get_ydata() for container in axes.containers}
        assert list(lines) == ["popularity", "unadapted", "adapted"]
        for curve in panel.curves:
            np.testing.assert_array_equal(lines[curve.label], curve.values)
    assert size_of(tmp_path / "out.png") == (1560, 675)


def test_a_model_that_does_not_adapt_has_one_line(report: dict[str, Any]) -> None:
    panels = curve_panels({**report, "unadapted": report["metrics"]})
    assert [curve.label for curve in panels[0].curves] == ["popularity", "this model"]


@pytest.mark.parametrize("key", ["metrics", "popularity"])
def test_a_report_without_curves_is_refused(report: dict[str, Any], key: str, tmp_path: Path) -> None:
    broken = {**report, key: {**report[key]}}
    del broken[key]["by_support"]
    for bad in (
        broken,
        {},
        {**report, key: 3},
        {**report, "metrics": {**report["metrics"], "by_mentions": [7]}},
    ):
        with pytest.raises(CcrsError, match="has no curves of 'hr@10'"):
            draw_curves(bad, tmp_path / "out.png")
    assert not (tmp_path / "out.png").exists()


@pytest.mark.usefixtures("coarse")
@pytest.mark.parametrize("kind", ["heatmap", "turns", "curves"])
def test_the_same_figure_is_the_same_bytes_whatever_the_settings(
    kind: str, report: dict[str, Any], tmp_path: Path
) -> None:
    draw: dict[str, Callable[[Path], None]] = {
        "heatmap": lambda path: draw_heatmap(heatmap(), path),
        "turns": lambda path: draw_turn_importance(turns(), path),
        "curves": lambda path: draw_curves(report, path),
    }
    draw[kind](tmp_path / "a.png")
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "red", "text.usetex": True, "savefig.dpi": 20}):
        before = dict(mpl.rcParams)
        draw[kind](tmp_path / "b.png")
        assert dict(mpl.rcParams) == before
    content = (tmp_path / "a.png").read_bytes()
    assert (tmp_path / "b.png").read_bytes() == content
    assert b"Matplotlib" not in content
    assert b"tIME" not in content
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "b.png"]


@pytest.mark.usefixtures("coarse")
def test_odd_names_are_drawn_as_they_are_and_cover_nothing(tmp_path: Path, drawn: list[Figure]) -> None:
    draw_heatmap(heatmap(ODD_NAMES), tmp_path / "out.png")
    figure = drawn[0]
    left = figure.axes[0]
    labels = left.get_yticklabels()
    assert labels[0].get_text() == "$x_1$ and \\frac{"
    assert labels[1].get_text() == "10$ & _under_ ^up^ %d {}"
    assert all(not label.get_parse_math() for label in labels)
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]

    def boxes(texts: list[Text]) -> list[Any]:
        return [text.get_window_extent(renderer) for text in texts if text.get_text()]

    rows = boxes(labels)
    assert not any(a.overlaps(b) for n, a in enumerate(rows) for b in rows[:n])
    panel = left.get_window_extent(renderer)
    assert all(box.x1 <= panel.x0 for box in boxes(labels))
    whole = figure.bbox
    assert all(whole.x0 <= box.x0 and box.x1 <= whole.x1 for box in boxes([*labels, *left.get_xticklabels()]))
    assert panel.width > 0.2 * whole.width  # long names take no room from the cells
    titles = [text for text in [*figure.texts, left.title, left.xaxis.label] if text.get_text()]
    assert all(whole.x0 <= box.x0 and box.x1 <= whole.x1 for box in boxes(titles))


def test_arrays_that_do_not_fit_are_refused() -> None:
    good = heatmap()
    with pytest.raises(CcrsError, match=r"change: shape \(1, 2\), but the labels are \(4, 2\)"):
        Heatmap(good.title, good.blocks, good.columns, good.weights, good.change[:1], "c", "w", "ch")
    with pytest.raises(CcrsError, match="nothing to draw"):
        Heatmap("t", (), ("c",), np.zeros((0, 1)), np.zeros((0, 1)), "c", "w", "ch")
    with pytest.raises(CcrsError, match=r"even: shape \(1,\)"):
        TurnImportance(("1", "2"), np.zeros(2), np.zeros(2), np.zeros(1), np.zeros(2, int))


def test_a_place_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    with pytest.raises(DataError, match="could not be written"):
        draw_turn_importance(turns(), tmp_path / "file" / "out.png")
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"


@given(st.text(), st.integers(1, 40))
def test_a_shortened_name_is_one_line_that_fits(name: str, width: int) -> None:
    short = shortened(name, width)
    assert display_width(short) <= width
    assert short.isprintable()
    assert short == " ".join(short.split())
    short.encode()


def test_names_are_cut_with_an_ellipsis() -> None:
    assert shortened("Titanic (1997)", 14) == "Titanic (1997)"
    assert shortened("Titanic (1997)", 9) == "Titanic…"
    assert shortened("映画の題名", 6) == "映画…"


def test_counts_are_short() -> None:
    counts = (0, 999, 1000, 9949, 9950, 34_400, 999_499, 999_500, 12_000_000)
    assert list(map(short_count, counts)) == ["0", "999", "1.0k", "9.9k", "10k", "34k", "999k", "1.0M", "12M"]
