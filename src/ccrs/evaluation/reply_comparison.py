"""Several systems' replies to the same turns, side by side: measures, and the baseline's paired differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ccrs.core.errors import CcrsError
from ccrs.evaluation.judged import JudgedReply
from ccrs.evaluation.reply_report import reply_differences
from ccrs.evaluation.reply_tables import HUMAN
from ccrs.evaluation.significance import RESAMPLES


@dataclass(frozen=True)
class RepliesRow:
    """What one system says, and how it is measured."""

    name: str
    replies: Sequence[JudgedReply]
    report: Mapping[str, Any]
    """Of ``reply_report``."""
    signature: Mapping[str, Any] = field(default_factory=dict)
    published: Mapping[str, float] = field(default_factory=dict)
    """What a paper prints for it."""


@dataclass(frozen=True)
class RepliesComparison:
    """Rows on the same turns; ``differences`` are those of the baseline minus the row of that name."""

    baseline: str
    rows: tuple[RepliesRow, ...]
    differences: Mapping[str, Mapping[str, Any]]


def compare_replies(
    rows: Sequence[RepliesRow], *, baseline: str, resamples: int = RESAMPLES, seed: int = 0
) -> RepliesComparison:
    """Pair the baseline with every other row but people, who are the reference.

    Raises ``CcrsError`` when a name stands twice, the baseline is none of the rows, or rows answer other turns.
    """
    names = [row.name for row in rows]
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        raise CcrsError(f"Two rows of replies are called {doubled[0]!r}. Give each a title of its own.")
    if baseline not in names:
        raise CcrsError(f"The baseline {baseline!r} is none of {', '.join(names)}. Choose one of them.")
    mine = rows[names.index(baseline)]
    differences = {
        row.name: reply_differences(mine.replies, row.replies, resamples=resamples, seed=seed)
        for row in rows
        if row.name not in (baseline, HUMAN)
    }
    return RepliesComparison(baseline, tuple(rows), differences)
