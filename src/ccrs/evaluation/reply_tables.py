"""Tables of reply reports: models in rows, measures in columns, each with ± half its 95% interval."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ccrs.core.errors import CcrsError
from ccrs.evaluation.published import Published
from ccrs.evaluation.tables import Cell, aligned, markdown

HUMAN: Final = "human replies"
CONSTANT: Final = "best constant reply"
RETRIEVED: Final = "nearest retrieved reply"
"""Names of the rows that stand beside every model."""


@dataclass(frozen=True, slots=True)
class Column:
    """One measure of a table: its key in the report, its title, its decimals and its key in printed figures."""

    key: str
    title: str
    decimals: int
    printed: str | None = None


OVERLAP: Final[tuple[Column, ...]] = (
    *(Column(f"bleu_{n}", f"BLEU-{n}", 2) for n in range(1, 5)),
    Column("sacrebleu", "sacreBLEU", 2),
    Column("f1", "F1", 3, "f1"),
    Column("f1_over_swapped", "F1 over swapped", 3),
    Column("perplexity_per_word", "PPL/word", 2),
)
"""How close replies come to the references."""

VARIETY: Final[tuple[Column, ...]] = (
    *(Column(f"distinct_{n}", f"Dist-{n}", 3) for n in (2, 3, 4)),
    *(Column(f"distinct_per_reply_{n}", f"D{n}/reply", 3) for n in (2, 3, 4)),
    *(Column(f"distinct_chars_per_reply_{n}", f"chars{n}/reply", 3, f"dist_{n}") for n in (2, 3, 4)),
    Column("self_bleu", "self-BLEU", 2),
    Column("mean_words", "words", 1),
)
"""How varied they are."""

CONDUCT: Final[tuple[Column, ...]] = (
    Column("item_reply_precision", "item: replies P", 3),
    Column("item_reply_recall", "item: replies R", 3),
    Column("item_slot_precision", "item: slots P", 3),
    Column("copied", "copied", 3),
    Column("copied_long", "copied (5+ words)", 3),
)
"""Whether items come where people name them, and how much is copied from training."""

_PRINTED_BLEU: Final = "BLEU (printed)"
_PRINTED_NOTE: Final = (
    "(published): the paper does not say which BLEU it prints; its Dist-n are, by their size, "
    "unique n-grams of characters per reply"
)
_INTERVALS_NOTE: Final = (
    "± half the width of the 95% interval, resampled by user; figures without ± have none"
)


def reply_table(
    reports: Mapping[str, Mapping[str, Any]],
    *,
    signature: str,
    columns: Sequence[Column] = OVERLAP,
    published: Published | None = None,
    as_markdown: bool = False,
) -> str:
    """One row per report in the order given, one column per measure, the signatures at the foot.

    Args:
        reports: name of the row (a model, or ``HUMAN``, ``CONSTANT``, ``RETRIEVED``) to its ``reply_report``.
        signature: what all rows rest on: data set, checksum, split, folds, seeds, commit.
        columns: ``OVERLAP``, ``VARIETY``, ``CONDUCT`` or others.
        published: rows of figures from papers (``published.PAPER_REDIAL_REPLIES``), put first; left out
            where no column has one. Their BLEU gets a column of its own where F1 is shown too.

    Raises:
        CcrsError: there is no report, one lacks a measure, or they differ in replies or signature.
    """
    first = _checked(reports)
    if not any(column.printed for column in columns):
        published = None
    with_bleu = published is not None and any(column.printed == "f1" for column in columns)
    rows: list[list[Cell]] = []
    for name, printed in (published or {}).items():
        cells = [number(printed.get(column.printed or ""), column.decimals) for column in columns]
        rows.append([f"{name} (published)", *([number(printed.get("bleu"), 3)] if with_bleu else []), *cells])
    for name, report in reports.items():
        cells = [with_half_width(name, report, column) for column in columns]
        rows.append([name, *([None] if with_bleu else []), *cells])
    header = ["model", *([_PRINTED_BLEU] if with_bleu else []), *(column.title for column in columns)]
    notes = [_INTERVALS_NOTE, *([_PRINTED_NOTE] if published else [])]
    told = f"{first['num_replies']} replies of {first['num_users']} users | {signature}"
    parts = " | ".join(f"{key}={value}" for key, value in first["signature"].items())
    return _finish(header, rows, [*notes, told, parts], as_markdown)


def reply_difference_table(
    differences: Mapping[str, Mapping[str, Any]], *, signature: str, as_markdown: bool = False
) -> str:
    """Rows "model a - model b" with difference, 95% interval and p-value of each compared measure.

    ``differences`` maps the name of a row to its ``reply_differences``.
    """
    rows: list[list[Cell]] = []
    for name, found in differences.items():
        for measure, one in found.items():
            decimals = 4 if measure == "f1" else 2
            ends = one["ci95"] and ", ".join(signed(bound, decimals) for bound in one["ci95"])
            p = "<.001" if one["p"] < 0.001 else number(one["p"], 3)
            interval = f"[{ends}]" if ends else None
            rows.append([name, measure, signed(one["difference"], decimals), interval, p])
    note = "interval and p-value by user (bootstrap, exchange of replies); p is not corrected for the number of rows"
    return _finish(
        ["difference", "measure", "mean", "95% interval", "p"], rows, [note, signature], as_markdown
    )


def _checked(reports: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    """The first report; raises ``CcrsError`` unless all were made alike on equally many replies."""
    if not reports:
        raise CcrsError("There is no report to show. Pass at least one.")
    name, first = next(iter(reports.items()))
    for other, report in reports.items():
        for key in ("num_replies", "num_users", "signature"):
            if key not in report:
                raise CcrsError(f"The report of {other!r} has no {key!r}. Make it anew.")
            if report[key] != first[key]:
                raise CcrsError(
                    f"{key} of {other!r} is {report[key]}, of {name!r} {first[key]}. "
                    "Judge all rows on the same replies with the same settings."
                )
    return first


def with_half_width(name: str, report: Mapping[str, Any], column: Column) -> str | None:
    """``12.34 ±0.56``; without the second part where there is no interval."""
    if column.key not in report:
        raise CcrsError(f"The report of {name!r} has no {column.key!r}. Make it anew.")
    text, bounds = number(report[column.key], column.decimals), report.get(f"{column.key}_ci95")
    if text is None or bounds is None:
        return text
    return f"{text} ±{number((bounds[1] - bounds[0]) / 2, column.decimals)}"


def number(value: float | None, decimals: int) -> str | None:
    """With fixed decimals, without a zero before the point: ``.267``; what rounds to nothing has no sign."""
    return None if value is None else re.sub(r"^(-?)0\.", r"\1.", f"{value:z.{decimals}f}")


def signed(value: float, decimals: int) -> str:
    """``+1.23``; what rounds to nothing has no sign."""
    text = number(abs(value), decimals) or ""
    return text if not text.strip(".0") else ("+" if value > 0 else "-") + text


def _finish(
    header: Sequence[str], rows: Sequence[Sequence[Cell]], foot: Sequence[str], as_markdown: bool
) -> str:
    """The table with ``foot`` under it."""
    if not as_markdown:
        return f"{aligned(header, rows)}\n\n" + "\n".join(foot)
    return f"{markdown(header, rows)}\n\n" + "  \n".join(f"<sub>{line}</sub>" for line in foot)
