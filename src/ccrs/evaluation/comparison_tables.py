"""A comparison as text, Markdown, CSV, LaTeX and JSON, and as a figure of its differences."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from ccrs.evaluation.canvas import png_figure, shortened
from ccrs.evaluation.comparison import COMPARED_METRICS, METRICS, Comparison, Row, relative
from ccrs.evaluation.difference_figures import HEIGHT, ROW_HEIGHT, Marks, Point, draw_marks
from ccrs.evaluation.significance import Difference, Interval
from ccrs.evaluation.tables import aligned, markdown

Table = tuple[list[str], list[list[str]]]
_NAMES: Final[Mapping[str, str]] = {
    "hr@1": "HR@1",
    "hr@10": "HR@10",
    "hr@50": "HR@50",
    "mrr@10": "MRR@10",
    "ndcg@10": "NDCG@10",
}
_NOVEL: Final = ("hr@10", "hr@50")
_CSV_HEADER: Final = (
    *("model", "targets", "metric", "mean", "low", "high"),
    *("difference", "difference_low", "difference_high", "p", "relative"),
)
NOTE: Final = (
    "± is half the 95% interval. Users are resampled, differences paired by sample; p by flipping the signs of whole "
    "users, not corrected for the number of rows. Novel: not yet named in the dialogue."
)


_DRAWN: Final = (
    "95% intervals: users are resampled, differences paired by sample. Right of the line the baseline is ahead. "
    "Novel: not yet named in the dialogue."
)


def figures(comparison: Comparison) -> Table:
    """Header and rows of the figures; printed ones stand in columns of their own, where there are any."""
    elsewhere = [*(row.published for row in comparison.rows), *comparison.printed.values()]
    printed = [metric for metric in METRICS if any(metric in row for row in elsewhere)]
    header = [
        "model",
        *(_NAMES[metric] for metric in METRICS),
        *(f"{_NAMES[metric]} novel" for metric in _NOVEL),
        *(f"{_NAMES[metric]} printed" for metric in printed),
    ]
    rows = [
        [
            row.name + (f" ({row.seeds} seeds)" if row.seeds > 1 else ""),
            *(_figure(row.figures.get("all", {}).get(metric)) for metric in METRICS),
            *(_figure(row.figures.get("novel", {}).get(metric)) for metric in _NOVEL),
            *(f"{row.published[metric]:.4f}" if metric in row.published else "" for metric in printed),
        ]
        for row in comparison.rows
    ]
    blank = [""] * (len(header) - 1 - len(printed))
    for name, row in comparison.printed.items():
        rows.append([name, *blank, *(f"{row[metric]:.4f}" if metric in row else "" for metric in printed)])
    return header, rows


def differences(comparison: Comparison) -> Table:
    """Header and rows of the baseline minus every other row: absolute, relative, interval, p."""
    measured = ("targets", "metric", "difference", "95% interval", "relative", "p")
    header = [f"{comparison.baseline} minus", *measured]
    rows = [
        [row.name, block, _NAMES[metric], *_difference(row.differences[block][metric], row, block, metric)]
        for row in comparison.rows
        for block in comparison.num_samples
        if block in row.differences
        for metric in COMPARED_METRICS
    ]
    return header, rows


def by_block(comparison: Comparison, metric: str) -> Table:
    """Header and rows of one metric by how much is known of the user; the header alone where nobody asked."""
    blocks = comparison.more_blocks
    header = [_NAMES[metric], *(f"{block} (n={comparison.num_samples[block]:,})" for block in blocks)]
    rows = [
        [row.name, *(_figure(row.figures.get(block, {}).get(metric)) for block in blocks)]
        for row in comparison.rows
    ]
    return header, rows if blocks else []


def signatures(comparison: Comparison) -> list[str]:
    """What each row rests on, one line a row."""
    return [
        f"{row.name}: "
        + ", ".join(f"{key} {value}" for key, value in row.signature.items() if key != "model")
        for row in comparison.rows
        if row.signature
    ]


def as_text(comparison: Comparison, title: str) -> str:
    """Both tables for a terminal."""
    parts = [_headline(comparison, title), aligned(*figures(comparison))]
    parts += [aligned(*by_block(comparison, metric)) for metric in _NOVEL if comparison.more_blocks]
    if len(comparison.rows) > 1:
        parts.append(aligned(*differences(comparison)))
    return "\n\n".join([*parts, NOTE, *signatures(comparison)])


def as_markdown(comparison: Comparison, title: str) -> str:
    """Both tables and all signatures as a page."""
    lines = "\n".join(f"- `{line}`" for line in signatures(comparison))
    return (
        "\n\n".join(
            [
                f"# {title}",
                _headline(comparison, ""),
                markdown(*figures(comparison)),
                *(markdown(*by_block(comparison, metric)) for metric in _NOVEL if comparison.more_blocks),
                *([markdown(*differences(comparison))] if len(comparison.rows) > 1 else []),
                NOTE,
                lines,
            ]
        ).rstrip()
        + "\n"
    )


def as_csv(comparison: Comparison) -> str:
    """One line a row, block and metric: mean, interval, and the baseline's difference (also as a share)."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(_CSV_HEADER)
    for row in comparison.rows:
        for block, found in row.figures.items():
            for metric, one in found.items():
                beside = row.differences.get(block, {}).get(metric)
                cells = [""] * 5
                if beside is not None:
                    spread = beside.interval
                    numbers = (spread.mean, spread.low, spread.high, beside.p_value, relative(beside, one))
                    cells = [csv_number(value) for value in numbers]
                means = [csv_number(value) for value in (one.mean, one.low, one.high)]
                writer.writerow([harmless(row.name), block, metric, *means, *cells])
    return stream.getvalue()


def as_latex(comparison: Comparison, title: str) -> str:
    """The figures as a ``booktabs`` table; the best of each column is bold."""
    header, rows = figures(comparison)
    return latex_table(title, header, rows, best=range(1, len(header)))


def latex_table(
    title: str, header: Sequence[str], rows: Sequence[Sequence[str]], *, best: Iterable[int]
) -> str:
    """A ``booktabs`` table; the greatest figure of each of the columns ``best`` is bold."""
    greatest = {
        column: max((row[column] for row in rows if row[column]), key=_leading, default="") for column in best
    }
    lines = [
        "% needs \\usepackage{booktabs}",
        "\\begin{table}",
        f"\\caption{{{_tex(title)}}}",
        f"\\begin{{tabular}}{{l{'r' * (len(header) - 1)}}}",
        "\\toprule",
        " & ".join(map(_tex, header)) + " \\\\",
        "\\midrule",
        *(" & ".join(_latex_row(row, greatest)) + " \\\\" for row in rows),
        "\\bottomrule",
        "\\end{tabular}",
        "\\end{table}",
    ]
    return "\n".join(lines) + "\n"


def as_json(comparison: Comparison) -> dict[str, Any]:
    """Everything as a JSON object without NaN; ``pairs`` where every two systems were compared."""
    whole: dict[str, Any] = {
        "baseline": comparison.baseline,
        "num_users": comparison.num_users,
        "num_samples": dict(comparison.num_samples),
        "rows": [
            {
                "model": row.name,
                "seeds": row.seeds,
                "figures": {
                    block: {metric: _interval_json(one) for metric, one in found.items()}
                    for block, found in row.figures.items()
                },
                "baseline_minus_this": _differences_json(row.differences, row),
                "printed": dict(row.published),
                "signature": dict(row.signature),
            }
            for row in comparison.rows
        ],
    }
    if comparison.printed:
        whole["printed"] = {name: dict(row) for name, row in comparison.printed.items()}
    if comparison.pairs:
        whole["pairs"] = [
            {
                "first": pair.first,
                "second": pair.second,
                "first_minus_second": _differences_json(pair.differences, comparison.row(pair.second)),
            }
            for pair in comparison.pairs
        ]
    return whole


def draw_differences(comparison: Comparison, path: Path, title: str, metric: str = "hr@10") -> None:
    """The baseline minus every other row with its interval, on all and on novel targets, as a PNG file."""
    rows = [row for row in comparison.rows if row.differences]
    height = HEIGHT + ROW_HEIGHT * max(len(rows), 1)
    name = f"{shortened(comparison.baseline)} minus each, {_NAMES[metric]}"
    series = [
        Marks(_points(rows, block, metric), f"{block} targets", shift, colour, marker)
        for block, shift, colour, marker in (("all", -0.13, "#0072B2", "o"), ("novel", 0.13, "#D55E00", "s"))
    ]
    with png_figure(path, width=7.5, height=height, title=title, note=_DRAWN) as figure:
        axes = figure.subplots()
        draw_marks(axes, [row.name for row in rows], series, name)
        if rows:
            axes.legend(fontsize=8, frameon=False, ncols=2, loc="lower left", bbox_to_anchor=(0, 1))


def _points(rows: Sequence[Row], block: str, metric: str) -> list[Point]:
    """Where the interval is known."""
    found = [
        (place, row.differences[block][metric].interval)
        for place, row in enumerate(rows)
        if block in row.differences
    ]
    return [Point(place, one.mean, one.low, one.high) for place, one in found if one.is_known]


def _headline(comparison: Comparison, title: str) -> str:
    counts = comparison.num_samples
    text = f"{counts['all']:,} samples ({counts['novel']:,} novel) of {comparison.num_users} users"
    return f"{title}: {text}" if title else text


def _figure(one: Interval | None) -> str:
    if one is None:
        return ""
    return f"{one.mean:.4f}" + (f" ±{(one.high - one.low) / 2:.4f}" if one.is_known else "")


def _difference(one: Difference, row: Row, block: str, metric: str) -> list[str]:
    mean, spread = one.mean, one.interval
    share = relative(one, row.figures[block][metric])
    return [
        f"{mean:+.4f}",
        f"[{spread.low:+.4f}, {spread.high:+.4f}]" if spread.is_known else "",
        "" if share is None else f"{100 * share:+.0f}%",
        "<0.001" if one.p_value < 0.001 else f"{one.p_value:.3f}",
    ]


def _leading(cell: str) -> float:
    return float(cell.split(maxsplit=1)[0])


def _latex_row(row: Sequence[str], best: Mapping[int, str]) -> list[str]:
    cells = [_tex(row[0])]
    for column, cell in enumerate(row[1:], start=1):
        text = cell.replace("±", "$\\pm$")
        is_best = cell and column in best and _leading(cell) == _leading(best[column])
        cells.append(f"\\textbf{{{text}}}" if is_best else text)
    return cells


def _tex(text: str) -> str:
    signs = {
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "γ": r"$\gamma$",
        **{sign: "\\" + sign for sign in "&%$#_{}"},
    }
    return "".join(signs.get(sign, sign) for sign in text)


def harmless(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in "=+-@\t\r" else text


def csv_number(value: float | None) -> str:
    """A number as a cell; empty where there is none."""
    return "" if value is None or math.isnan(value) else f"{value:.6f}"


def _interval_json(one: Interval) -> dict[str, Any]:
    return {"mean": one.mean, "ci95": [one.low, one.high] if one.is_known else None}


def _differences_json(blocks: Mapping[str, Mapping[str, Difference]], subtracted: Row) -> dict[str, Any]:
    """Differences by block and metric, each also as a share of what was taken away."""
    return {
        block: {
            metric: {
                **_interval_json(one.interval),
                "relative": relative(one, subtracted.figures[block][metric]),
                "p": one.p_value,
            }
            for metric, one in found.items()
        }
        for block, found in blocks.items()
    }
