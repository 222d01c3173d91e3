"""An empty figure that becomes a PNG file: the same bytes on every run, whatever names and settings there are.

Drawing goes through matplotlib's object interface with its defaults, so neither a window system nor somebody's
``matplotlibrc`` matters, and names are never read as formulas.
"""

from __future__ import annotations

import contextlib
import textwrap
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import matplotlib as mpl
import matplotlib.style
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ccrs.core.files import replacing
from ccrs.evaluation.tables import display_width

DPI: Final = 150
INK: Final = "#222222"
GREY: Final = "#666666"
_OTHER_FONTS: Final = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "WenQuanYi Micro Hei",
    "Microsoft YaHei",
    "PingFang SC",
    "Noto Sans",
    "Arial Unicode MS",
)
"""Asked in turn, where they are installed, for signs that DejaVu Sans lacks."""


@contextlib.contextmanager
def png_figure(path: Path, *, width: float, height: float, title: str, note: str = "") -> Iterator[Figure]:
    """An empty figure of ``width`` by ``height`` inches, written to ``path`` when the block ends well.

    ``note`` stands small at its foot. Raises ``DataError`` when the disk refuses; an older file then still stands.
    """
    with warnings.catch_warnings(), mpl.style.context("default"):
        # A sign that no font has is drawn as a box; that is no reason to fail.
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        installed = set(font_manager.fontManager.get_font_names())
        mpl.rcParams.update(
            {
                "text.parse_math": False,  # a name may hold $ and _
                "font.family": ["DejaVu Sans", *(font for font in _OTHER_FONTS if font in installed)],
                "font.size": 9,
            }
        )
        figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
        FigureCanvasAgg(figure)
        figure.suptitle(shortened(title, int(9 * width)), fontsize=12)
        if note:
            lines = textwrap.fill(shortened(note, int(40 * width)), int(14 * width))
            figure.supxlabel(lines, x=0.01, ha="left", fontsize=7, color=GREY)
        yield figure
        with replacing(path) as temporary:
            # Without the library's version in the file the same figure is the same bytes.
            figure.savefig(temporary, format="png", metadata={"Software": None})


def shortened(name: str, width: int = 30) -> str:
    """``name`` on one line, at most ``width`` columns wide (wide signs count two), with an ellipsis where it is cut."""
    visible = "".join(sign if sign.isprintable() else " " for sign in name)  # no controls, no lone surrogates
    line = " ".join(visible.split())
    if display_width(line) <= width:
        return line
    kept = line[:width]
    while display_width(kept) > width - 1:
        kept = kept[:-1]
    return kept.rstrip() + "…"


def plain_axes(axes: Axes) -> None:
    """Faint horizontal lines behind the data, and no box around it."""
    axes.set_axisbelow(True)
    axes.grid(axis="y", color="#DDDDDD", linewidth=0.7)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)


def short_count(count: int) -> str:
    """A count in few signs: ``812``, ``1.2k``, ``34k``, ``2.0M``."""
    if count < 1000:
        return str(count)
    scaled, sign = (count / 1e3, "k") if count < 999_500 else (count / 1e6, "M")
    return f"{scaled:.1f}{sign}" if scaled < 9.95 else f"{scaled:.0f}{sign}"
