"""What was measured: rows with targets, an aligned table, a JSON file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.timing import Spread


@dataclass(frozen=True)
class Row:
    """One figure. ``target`` is a bound from above, or with ``at_least`` from below; None is no target."""

    part: str
    name: str
    value: Spread
    unit: str = ""
    target: float | None = None
    at_least: bool = False
    cpu: Spread | None = None
    """The same by processor time, which a busy machine disturbs less than the clock."""
    note: str = ""

    @property
    def passed(self) -> bool | None:
        """Whether the median reaches the target; None without target."""
        if self.target is None:
            return None
        return self.value.median >= self.target if self.at_least else self.value.median <= self.target


HEADINGS = ("", "measured", "median", "quartiles", "target", "", "by CPU time", "")


def table(rows: Sequence[Row]) -> str:
    """The rows, aligned."""
    cells = [HEADINGS, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEADINGS))]
    left = {0, 1, len(HEADINGS) - 1}
    lines = [
        "  ".join(
            cell.ljust(width) if column in left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in cells
    ]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])


def write(
    path: Path, rows: Sequence[Row], description: dict[str, object], options: dict[str, object]
) -> None:
    """Write everything as JSON."""
    values = [{**asdict(row), "passed": row.passed} for row in rows]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        json.dumps({"machine": description, "options": options, "rows": values}, indent=2) + "\n",
        encoding="utf-8",
    )


def _cells(row: Row) -> tuple[str, ...]:
    sign = "" if row.target is None else f"{'>=' if row.at_least else '<='} {row.target:g}"
    verdict = "" if row.passed is None else ("pass" if row.passed else "FAIL")
    quartiles = f"{_number(row.value.low)} - {_number(row.value.high)}" if row.value.count > 1 else ""
    cpu = _number(row.cpu.median) if row.cpu is not None else ""
    median = f"{_number(row.value.median)} {row.unit}".rstrip()
    return (row.part, row.name, median, quartiles, sign, verdict, cpu, row.note)


def _number(value: float) -> str:
    """Three significant digits, without an exponent."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value) >= 1 else f"{value:.3g}"
