"""A comparison of replies as text, Markdown, CSV, LaTeX and JSON, and as a figure of its differences."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from ccrs.evaluation.canvas import png_figure, shortened
from ccrs.evaluation.comparison_tables import Table, csv_number, harmless, latex_table
from ccrs.evaluation.difference_figures import HEIGHT, ROW_HEIGHT, Marks, Point, draw_marks
from ccrs.evaluation.reply_comparison import RepliesComparison, RepliesRow
from ccrs.evaluation.reply_tables import CONDUCT, OVERLAP, VARIETY, Column, number, signed, with_half_width
from ccrs.evaluation.tables import aligned, markdown

SAID: Final = (
    Column("bleu_2", "BLEU-2", 2),
    Column("bleu_4", "BLEU-4", 2),
    Column("sacrebleu", "sacreBLEU", 2),
    Column("f1", "F1", 3),
    Column("distinct_2", "Dist-2", 3),
    Column("distinct_3", "Dist-3", 3),
    *(Column(f"distinct_chars_per_reply_{n}", f"chars {n}/reply", 3) for n in (2, 3, 4)),
)
"""Overlap and variety."""
PRINTED: Final[Mapping[str, tuple[str, int]]] = {
    "bleu": ("BLEU printed", 3),
    "f1": ("F1 printed", 3),
    **{f"dist_{n}": (f"Dist-{n} printed", 3) for n in (2, 3, 4)},
}
"""What a paper prints: title and decimals."""
_CONDUCT: Final = (
    *CONDUCT,
    Column("mean_words", "words", 1),
    Column("perplexity_per_word", "PPL/word", 2),
)
_EVERYTHING: Final = tuple(dict.fromkeys(column.key for column in (*OVERLAP, *VARIETY, *CONDUCT)))
_SHOWN: Final = {"f1": ("F1", 4), "bleu_2": ("BLEU-2", 2), "bleu_4": ("BLEU-4", 2)}
"""The measures whose differences are printed; CSV and JSON hold all that are compared."""
_CSV_HEADER: Final = (
    *("model", "metric", "mean", "low", "high"),
    *("difference", "difference_low", "difference_high", "p", "printed"),
)
_PRINTED_KEYS: Final = {"f1": "f1", **{f"distinct_chars_per_reply_{n}": f"dist_{n}" for n in (2, 3, 4)}}
"""Our measure of a printed figure. That of the printed BLEU is not known."""
NOTE: Final = (
    "BLEU-n: of all replies together, 0-100, no smoothing, lower-cased words with films as one token; sacreBLEU is "
    "that library's. F1: on words. Dist-n: unique n-grams of all n-grams of words; chars n/reply: unique n-grams of "
    "characters per reply. Item: whether replies name a film where people do (P, R), and slots met (slots P). Copied: "
    "word for word a training reply. ± is half the 95% interval, by resampling users; figures without ± have none. "
    "p by exchanging the replies to whole users, not corrected for the number of rows."
)
NOTE_PRINTED: Final = (
    "Printed: the paper does not say which BLEU it prints, so it stands beside none of ours; its Dist-n are, by their "
    "size and ratios, unique n-grams of characters per reply: compare them with chars n/reply, not with Dist-n."
)
_DRAWN: Final = (
    "95% intervals: users are resampled, replies paired by turn. Right of the line {baseline} is ahead."
)


def said_table(comparison: RepliesComparison) -> Table:
    """Header and rows of overlap and variety; the paper's figures stand in columns of their own."""
    printed = [key for key in PRINTED if any(key in row.published for row in comparison.rows)]
    header = ["model", *(column.title for column in SAID), *(PRINTED[key][0] for key in printed)]
    rows = [
        [
            *_cells(row, SAID),
            *(number(row.published.get(key), PRINTED[key][1]) or "" for key in printed),
        ]
        for row in comparison.rows
    ]
    return header, rows


def conduct_table(comparison: RepliesComparison) -> Table:
    """Header and rows of films, copying, length and likelihood."""
    return ["model", *(column.title for column in _CONDUCT)], [
        _cells(row, _CONDUCT) for row in comparison.rows
    ]


def difference_table(comparison: RepliesComparison) -> Table:
    """Header and rows of the baseline minus every other row."""
    rows = [
        [name, title, *_difference(found[metric], decimals)]
        for name, found in comparison.differences.items()
        for metric, (title, decimals) in _SHOWN.items()
    ]
    return [f"{comparison.baseline} minus", "metric", "difference", "95% interval", "p"], rows


def signatures(comparison: RepliesComparison) -> list[str]:
    """What each row rests on, one line a row, and how all were measured."""
    lines = [
        f"{row.name}: "
        + ", ".join(f"{key} {value}" for key, value in row.signature.items() if key != "model")
        for row in comparison.rows
        if row.signature
    ]
    measured = comparison.rows[0].report["signature"]
    return [*lines, "measures: " + ", ".join(f"{key} {value}" for key, value in measured.items())]


def as_text(comparison: RepliesComparison, title: str) -> str:
    """All tables for a terminal."""
    tables = [aligned(*table) for table in _tables(comparison)]
    return "\n\n".join(
        [f"{title}: {_headline(comparison)}", *tables, *_notes(comparison), *signatures(comparison)]
    )


def as_markdown(comparison: RepliesComparison, title: str) -> str:
    """All tables and signatures as a page."""
    tables = [markdown(*table) for table in _tables(comparison)]
    lines = "\n".join(f"- `{line}`" for line in signatures(comparison))
    return "\n\n".join([f"# {title}", _headline(comparison), *tables, *_notes(comparison), lines]) + "\n"


def as_csv(comparison: RepliesComparison) -> str:
    """One line a row and measure: figure, interval, the baseline's difference, and what the paper prints."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(_CSV_HEADER)
    for row in comparison.rows:
        for key in _EVERYTHING:
            beside = comparison.differences.get(row.name, {}).get(key)
            cells = [""] * 4
            if beside is not None:
                numbers = (beside["difference"], *(beside["ci95"] or (None, None)), beside["p"])
                cells = [csv_number(value) for value in numbers]
            bounds = row.report.get(f"{key}_ci95") or (None, None)
            figures = [csv_number(value) for value in (row.report[key], *bounds)]
            printed = row.published.get(_PRINTED_KEYS.get(key, ""))
            writer.writerow([harmless(row.name), key, *figures, *cells, csv_number(printed)])
        if "bleu" in row.published:
            bleu = csv_number(row.published["bleu"])
            writer.writerow([harmless(row.name), "bleu_printed", *[""] * 7, bleu])
    return stream.getvalue()


def as_latex(comparison: RepliesComparison, title: str) -> str:
    """Overlap and variety as a ``booktabs`` table; nothing is bold, since more variety is not always better."""
    return latex_table(title, *said_table(comparison), best=())


def as_json(comparison: RepliesComparison) -> dict[str, Any]:
    """Everything but the replies as a JSON object without NaN."""
    return {
        "baseline": comparison.baseline,
        "num_replies": comparison.rows[0].report["num_replies"],
        "num_users": comparison.rows[0].report["num_users"],
        "rows": [
            {
                "model": row.name,
                "report": dict(row.report),
                "baseline_minus_this": comparison.differences.get(row.name, {}),
                "printed": dict(row.published),
                "signature": dict(row.signature),
            }
            for row in comparison.rows
        ],
    }


def draw_differences(comparison: RepliesComparison, path: Path, title: str) -> None:
    """The baseline minus every other row, word F1 and BLEU-4 side by side, as a PNG file."""
    names = list(comparison.differences)
    height = HEIGHT + ROW_HEIGHT * max(len(names), 1)
    note = _DRAWN.format(baseline=shortened(comparison.baseline))
    with png_figure(path, width=9.0, height=height, title=title, note=note) as figure:
        for axes, metric in zip(figure.subplots(1, 2, sharey=True), ("f1", "bleu_4"), strict=True):
            found = [comparison.differences[name][metric] for name in names]
            points = [
                Point(place, one["difference"], *one["ci95"])
                for place, one in enumerate(found)
                if one["ci95"] is not None
            ]
            label = f"{shortened(comparison.baseline)} minus each, {_SHOWN[metric][0]}"
            draw_marks(axes, names, [Marks(points, metric)], label)
        axes.set_ylim(max(len(names), 1) - 0.5, -0.5)  # shared: turned once, with the first row on top


def _tables(comparison: RepliesComparison) -> list[Table]:
    tables = [said_table(comparison), conduct_table(comparison)]
    return [*tables, difference_table(comparison)] if comparison.differences else tables


def _notes(comparison: RepliesComparison) -> list[str]:
    return [NOTE, *([NOTE_PRINTED] if any(row.published for row in comparison.rows) else [])]


def _headline(comparison: RepliesComparison) -> str:
    first = comparison.rows[0].report
    return f"{first['num_replies']:,} replies to {first['num_users']} users"


def _cells(row: RepliesRow, columns: Sequence[Column]) -> list[str]:
    return [row.name, *(with_half_width(row.name, row.report, column) or "" for column in columns)]


def _difference(one: Mapping[str, Any], decimals: int) -> list[str]:
    bounds = one["ci95"]
    return [
        signed(one["difference"], decimals),
        "" if bounds is None else f"[{', '.join(signed(bound, decimals) for bound in bounds)}]",
        "<.001" if one["p"] < 0.001 else number(one["p"], 3) or "",
    ]
