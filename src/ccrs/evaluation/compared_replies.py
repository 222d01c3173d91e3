"""How the replies of several systems fit what people said in the same place, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ccrs.core.samples import IntArray
from ccrs.evaluation.comparison_tables import Table, csv_number, harmless
from ccrs.evaluation.diversity import distinct
from ccrs.evaluation.significance import RESAMPLES, Interval, interval
from ccrs.evaluation.text_overlap import bleu, bleu_statistics, word_f1


@dataclass(frozen=True)
class ReplyFigures:
    """How the replies of one system fit what people said."""

    name: str
    count: int
    f1: Interval
    """In [0, 1], by user."""
    bleu4: float
    """Of all replies together, 0-100."""
    distinct2: float
    """Unique pairs of words of all pairs, in [0, 1]."""


def reply_figures(
    name: str, replies: Sequence[str], references: Sequence[str], users: IntArray, resamples: int = RESAMPLES
) -> ReplyFigures:
    """Overlap of ``replies`` with ``references``, one each, of ``users`` (replies,), and how varied they are."""
    total = bleu_statistics(replies, references).sum(axis=0, keepdims=True)
    return ReplyFigures(
        name,
        len(replies),
        interval(word_f1(replies, references), users, resamples=resamples),
        float(bleu(total)[0]),
        distinct(replies)["distinct_2"],
    )


def replies_table(figures: Sequence[ReplyFigures]) -> Table:
    """Header and rows."""
    rows = []
    for one in figures:
        spread = f" ±{(one.f1.high - one.f1.low) / 2:.3f}" if one.f1.is_known else ""
        measured = [f"{one.f1.mean:.3f}{spread}", f"{one.bleu4:.2f}", f"{one.distinct2:.3f}"]
        rows.append([one.name, f"{one.count:,}", *measured])
    return ["replies", "messages", "word F1", "BLEU-4", "Dist-2"], rows


def replies_csv(figures: Sequence[ReplyFigures]) -> str:
    """Further lines for the CSV of a comparison: model, ``replies``, metric, mean, interval, no differences."""
    lines = []
    for one in figures:
        name = harmless(one.name)
        cell = f'"{name.replace(chr(34), chr(34) * 2)}"' if set(name) & set(',"\r\n') else name
        spread = [csv_number(value) for value in (one.f1.mean, one.f1.low, one.f1.high)]
        for metric, numbers in (
            ("word_f1", spread),
            ("bleu_4", [csv_number(one.bleu4), "", ""]),
            ("dist_2", [csv_number(one.distinct2), "", ""]),
        ):
            lines.append(",".join([cell, "replies", metric, *numbers, *[""] * 5]) + "\n")
    return "".join(lines)


def replies_json(figures: Sequence[ReplyFigures]) -> list[dict[str, Any]]:
    """The same as JSON values without NaN."""
    return [
        {
            "model": one.name,
            "messages": one.count,
            "word_f1": {"mean": one.f1.mean, "ci95": [one.f1.low, one.f1.high] if one.f1.is_known else None},
            "bleu_4": one.bleu4,
            "dist_2": one.distinct2,
        }
        for one in figures
    ]
