"""Tables of a report as aligned plain text or Markdown, each with the report's signature at its foot."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from ccrs.core.errors import CcrsError
from ccrs.evaluation.published import Published

Cell = str | int | float | None

HEADLINE: Final[tuple[str, ...]] = ("hr@1", "hr@10", "hr@50", "mrr@10", "ndcg@10")
"""The metrics of the metrics table, in order."""

ROWS: Final[Mapping[str, str]] = {
    "popularity": "popularity",
    "plain": "plain",
    "unadapted": "unadapted",
    "metrics": "adapted",
}
"""Key in the report to name in a table, in the order of the table."""

_ABSENT: Final = "–"
_NUMBER = re.compile(r"[+\-−±<≤≥~\[]?\s*[+\-−]?\.?\d[\d\s.,+\-−±%–()\[\]]*")
_INTERVALS_NOTE: Final = "± half the width of the 95% interval, resampled by user"


def aligned(header: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    """A plain-text table: columns two spaces apart, a rule under the header, no trailing spaces.

    A column whose cells are all numbers (with sign, ``±``, ``%`` or brackets) is right-aligned.
    Widths are those of a terminal: wide East Asian characters count two, combining marks none.
    None prints as ``–``, a float with four decimals.

    Raises:
        CcrsError: a row has another number of cells than the header.
    """
    cells = _cells(header, rows)
    right = _right_aligned(cells, len(header))
    widths = [max(display_width(row[column]) for row in cells) for column in range(len(header))]

    def line(row: Sequence[str]) -> str:
        parts = []
        for cell, width, to_right in zip(row, widths, right, strict=True):
            padding = " " * (width - display_width(cell))
            parts.append(padding + cell if to_right else cell + padding)
        return "  ".join(parts).rstrip()

    return "\n".join([line(cells[0]), "  ".join("-" * width for width in widths), *map(line, cells[1:])])


def markdown(header: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    """The same table in Markdown; pipes in cells are escaped. Raises as ``aligned`` does."""
    cells = [[cell.replace("|", r"\|") for cell in row] for row in _cells(header, rows)]
    rule = ["---:" if to_right else "---" for to_right in _right_aligned(cells, len(header))]
    return "\n".join("| " + " | ".join(row) + " |" for row in [cells[0], rule, *cells[1:]])


def display_width(text: str) -> int:
    """How many terminal columns ``text`` takes."""
    return sum(_character_width(character) for character in text)


def metrics_table(
    report: Mapping[str, Any], *, published: Published | None = None, as_markdown: bool = False
) -> str:
    """HR, MRR and NDCG of every row, on all and on novel targets, with ± half the 95% interval.

    ``published`` adds rows of figures from papers (see ``ccrs.evaluation.published``), on all targets.
    """
    rows: list[list[Cell]] = [
        [f"{name} (published)", "all", None, *(_fraction(printed.get(metric)) for metric in HEADLINE)]
        for name, printed in (published or {}).items()
    ]
    for targets in ("all", "novel"):
        for name, row in _present_rows(report):
            block = _entry(row, targets)
            figures = [_with_half_width(block, metric) for metric in HEADLINE]
            rows.append([name, targets, block["n"], *figures])
    header = ["model", "targets", "n", *(metric.upper() for metric in HEADLINE)]
    return _finish(report, header, rows, as_markdown, _INTERVALS_NOTE)


def curve_table(
    report: Mapping[str, Any],
    *,
    by: Literal["support", "mentions"] = "support",
    metric: str = "hr@10",
    as_markdown: bool = False,
) -> str:
    """One metric of every row over the number of support dialogues or of entities mentioned so far."""
    present = _present_rows(report)
    curves = [_entry(row, f"by_{by}") for _, row in present]
    rows: list[list[Cell]] = []
    for points in zip(*curves, strict=True):  # the same bin of every row
        first = points[0]
        figures = [_with_half_width(point, metric) for point in points]
        rows.append([first[by], first["n"], first["num_users"], *figures])
    label = {"support": "support dialogues", "mentions": "entities mentioned"}[by]
    header = [label, "n", "users", *(name for name, _ in present)]
    return _finish(report, header, rows, as_markdown, f"{metric.upper()}; {_INTERVALS_NOTE}")


def difference_table(
    report: Mapping[str, Any], *, metrics: Sequence[str] = ("hr@10",), as_markdown: bool = False
) -> str:
    """Adapted minus every other row, paired by sample: difference, 95% interval and p-value."""
    rows: list[list[Cell]] = []
    for other in ("plain", "unadapted", "popularity"):
        found = _entry(_entry(report, "differences"), other)
        for targets, measured in (found or {}).items():
            for metric in metrics:
                one = _entry(measured, metric)
                numbers = [_signed(one["difference"]), _bracketed(one["ci95"]), _p(one["p"])]
                rows.append([f"adapted - {other}", targets, metric.upper(), *numbers])
    header = ["difference", "targets", "metric", "mean", "95% interval", "p"]
    note = "interval and p-value by user (bootstrap, sign flips); p is not corrected for the number of rows"
    return _finish(report, header, rows, as_markdown, note)


def signature_line(report: Mapping[str, Any]) -> str:
    """What the figures rest on, in one line: data set, split, order, folds, protocol and signature."""
    parts = {key: _entry(report, key) for key in ("dataset", "split", "folds", "protocol")}
    parts["order"] = _entry(_entry(report, "metrics"), "order")
    signature = _entry(report, "signature")
    if isinstance(signature, Mapping):
        parts.update({key: value for key, value in signature.items() if key not in parts})
    else:
        parts["signature"] = signature
    return " | ".join(f"{key}={value}" for key, value in parts.items())


def _finish(
    report: Mapping[str, Any],
    header: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    as_markdown: bool,
    note: str,
) -> str:
    """The table with note and signature at its foot."""
    table = markdown(header, rows) if as_markdown else aligned(header, rows)
    foot = [note, signature_line(report)]
    lines = "  \n".join(f"<sub>{line}</sub>" for line in foot) if as_markdown else "\n".join(foot)
    return f"{table}\n\n{lines}"


def _present_rows(report: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Name and content of the report's rows that are not null, in the order of a table."""
    return [(name, row) for key, name in ROWS.items() if (row := _entry(report, key)) is not None]


def _entry(part: Mapping[str, Any], key: str) -> Any:
    """``part[key]``; raises ``CcrsError`` when it is missing, so the report is not one of ours."""
    if key not in part:
        raise CcrsError(f"The report has no {key!r} (only {', '.join(part)}). Make the report anew.")
    return part[key]


def _fraction(value: float | None) -> str | None:
    """``.1909``, as the field prints it: no zero before the point."""
    return None if value is None else re.sub(r"^(-?)0\.", r"\1.", f"{value:.4f}")


def _signed(value: float | None) -> str | None:
    """``+.0123``; what rounds to nothing has no sign."""
    if value is None:
        return None
    text = _fraction(abs(value)) or ""
    return text if text == ".0000" else ("+" if value > 0 else "-") + text


def _bracketed(bounds: Sequence[float] | None) -> str | None:
    """``[-.0012, +.0235]``."""
    return None if bounds is None else f"[{', '.join(_signed(bound) or '' for bound in bounds)}]"


def _with_half_width(block: Mapping[str, Any], metric: str) -> str | None:
    """``.1909 ±.0071``; without the second part where there is no interval."""
    mean, bounds = _entry(block, metric), _entry(block, f"{metric}_ci95")
    if mean is None or bounds is None:
        return _fraction(mean)
    return f"{_fraction(mean)} ±{_fraction((bounds[1] - bounds[0]) / 2)}"


def _p(value: float | None) -> str | None:
    """A p-value with three decimals, ``<.001`` below."""
    if value is None:
        return None
    return "<.001" if value < 0.001 else re.sub(r"^0\.", ".", f"{value:.3f}")


def _cells(header: Sequence[str], rows: Sequence[Sequence[Cell]]) -> list[list[str]]:
    """Header and rows as strings; raises ``CcrsError`` on a row of another length."""
    for number, row in enumerate(rows):
        if len(row) != len(header):
            raise CcrsError(
                f"Row {number} has {len(row)} cells, the header {len(header)}. Pass one cell per column."
            )
    return [[_text(cell) for cell in row] for row in [header, *rows]]


def _text(cell: Cell) -> str:
    """One cell as one line of text."""
    if cell is None:
        return _ABSENT
    return f"{cell:.4f}" if isinstance(cell, float) else " ".join(str(cell).split())


def _right_aligned(cells: Sequence[Sequence[str]], num_columns: int) -> list[bool]:
    """Whether each column holds numbers only (and at least one)."""
    flags = []
    for column in range(num_columns):
        filled = [row[column] for row in cells[1:] if row[column] not in ("", _ABSENT)]
        flags.append(bool(filled) and all(_is_number(cell) for cell in filled))
    return flags


def _is_number(cell: str) -> bool:
    """Whether a cell reads as a number, one with an interval, or an interval."""
    return _NUMBER.fullmatch(cell) is not None


def _character_width(character: str) -> int:
    """0 for combining and format characters, 2 for wide ones, else 1."""
    if unicodedata.category(character) in ("Mn", "Me", "Cf", "Cc"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1
