"""The table of replies of a reproduction, from the outcomes that are there."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ccrs.evaluation.published import PAPER_REDIAL_REPLIES
from ccrs.evaluation.reply_comparison import RepliesRow, compare_replies
from ccrs.evaluation.reply_comparison_tables import (
    as_csv,
    as_json,
    as_latex,
    as_markdown,
    as_text,
    draw_differences,
)
from ccrs.experiments.corpus import load_corpus
from ccrs.experiments.reproduction.plan import Plan
from ccrs.experiments.reproduction.reply_outcomes import JudgedTalk, load_talk
from ccrs.experiments.reproduction.reply_units import ReplyUnit, talk_file
from ccrs.experiments.reproduction.tables import Written, write_forms


def write_reply_table(
    plan: Plan, units: Sequence[ReplyUnit], data: Path, out: Path, *, quick: bool
) -> Written | None:
    """Write the table of replies in all its forms; None where its baseline is not complete.

    A row that is not complete is left out and named. One that chooses among candidates has a second row. People and
    the cheap rivals stand last, as they were judged along with the baseline.
    """
    asked = plan.reply_table
    if asked is None:
        return None
    corpus = load_corpus(data)
    rows: list[RepliesRow] = []
    missing: list[str] = []
    beside: list[RepliesRow] = []
    baseline = None
    for unit in units:
        if unit.finished(corpus, out) is None:
            missing.append(unit.row.title)
            continue
        found = load_talk(talk_file(out, unit))
        rows += _rows(plan, unit, found)
        if unit.row.key == asked.baseline:
            baseline = unit.row.title
            beside = [RepliesRow(name, row.replies, row.report) for name, row in found.beside.items()]
    if baseline is None:
        return None
    if not beside:
        missing.append("what people and the cheap rivals say (it was judged along with another baseline)")
    comparison = compare_replies([*rows, *beside], baseline=baseline)
    title = asked.title
    if quick:
        title = f"{title} (REHEARSAL: two epochs, few users; these figures mean nothing)"
    forms = {
        ".md": as_markdown(comparison, title),
        ".csv": as_csv(comparison),
        ".tex": as_latex(comparison, title),
        ".json": json.dumps(as_json(comparison), ensure_ascii=False, indent=1, allow_nan=False) + "\n",
    }
    files = write_forms(forms, out / asked.key, lambda path: draw_differences(comparison, path, title))
    return Written(as_text(comparison, title), files, tuple(missing))


def _rows(plan: Plan, unit: ReplyUnit, found: JudgedTalk) -> list[RepliesRow]:
    """Replies that are decoded plainly answer to the paper's row, and those that are chosen to none."""
    printed = PAPER_REDIAL_REPLIES if plan.dataset == "redial" else {}
    published: Mapping[str, float] = printed.get(unit.row.published or "", {})
    signature: dict[str, Any] = {
        **found.signature,
        "best epoch": found.best_epoch,
        "minutes": round(found.seconds / 60, 1),
    }
    return [
        RepliesRow(unit.row.title + chosen, row.replies, row.report, signature, {} if chosen else published)
        for chosen, row in found.rows.items()
    ]
