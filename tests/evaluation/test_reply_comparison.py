"""A comparison of replies in every form: people are not compared, unknown intervals are empty, names are harmless."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from ccrs.evaluation.judged import JudgedReply
from ccrs.evaluation.reply_comparison import RepliesComparison, RepliesRow, compare_replies
from ccrs.evaluation.reply_comparison_tables import (
    as_csv,
    as_json,
    as_latex,
    as_markdown,
    as_text,
    difference_table,
    draw_differences,
    said_table,
)
from ccrs.evaluation.reply_report import reply_report
from ccrs.evaluation.reply_tables import HUMAN

REFERENCES = ("see [item] if you can", "i like it a lot", "what do you like ?", "have a good night")


def row(
    name: str, said: Sequence[str], *, users: int = 4, printed: dict[str, float] | None = None
) -> RepliesRow:
    replies = [
        JudgedReply(f"u{number % users}", "d", number, a, b, a, b)
        for number, (a, b) in enumerate(zip(said, REFERENCES, strict=True))
    ]
    report = reply_report(replies, training_replies=["i like it"], resamples=50)
    return RepliesRow(name, replies, report, {"data": "small@1"}, printed or {})


def compared(*, users: int = 4, printed: dict[str, float] | None = None) -> RepliesComparison:
    rows = [
        row("=ours_1", (*REFERENCES[:2], "what", ""), users=users, printed=printed),
        row("theirs", ("i like it",) * 4, users=users),
        row(HUMAN, REFERENCES, users=users),
    ]
    return compare_replies(rows, baseline="=ours_1", resamples=50)


def test_the_baseline_is_paired_with_all_but_itself_and_people() -> None:
    found = compared()
    assert list(found.differences) == ["theirs"]
    # F1 is twice the words met over the words of both: "what" meets 1 of 1 + 4, "i like it" 3 of 3 + 5 and 1 of 3 + 4.
    ours, theirs = (1 + 1 + 2 / 5 + 0) / 4, (0 + 2 * 3 / 8 + 2 / 7 + 0) / 4
    assert found.differences["theirs"]["f1"]["difference"] == pytest.approx(ours - theirs)
    header, rows = difference_table(found)
    assert header[0] == "=ours_1 minus"
    assert [line[:2] for line in rows] == [["theirs", "F1"], ["theirs", "BLEU-2"], ["theirs", "BLEU-4"]]
    assert rows[0][2] == f"+{ours - theirs:.4f}".replace("+0.", "+.")


def test_printed_columns_are_there_where_a_row_has_them() -> None:
    header, rows = said_table(compared(printed={"f1": 0.267, "dist_3": 0.776}))
    assert header[-2:] == ["F1 printed", "Dist-3 printed"]
    assert [line[-2:] for line in rows] == [[".267", ".776"], ["", ""], ["", ""]]
    assert "Printed:" in as_text(compared(printed={"f1": 0.267}), "T")
    without = as_markdown(compared(), "T")
    assert "printed" not in without
    assert "Printed:" not in without
    assert "- `theirs: data small@1`" in without


def test_csv_and_json_hold_everything() -> None:
    found = compared(printed={"bleu": 2.386, "dist_2": 0.146})
    lines = {(line["model"], line["metric"]): line for line in csv.DictReader(io.StringIO(as_csv(found)))}
    assert float(lines["'=ours_1", "distinct_chars_per_reply_2"]["printed"]) == 0.146
    assert float(lines["'=ours_1", "bleu_printed"]["printed"]) == 2.386
    assert lines["'=ours_1", "f1"]["difference"] == ""
    assert float(lines["theirs", "copied"]["mean"]) == 1
    assert lines["theirs", "distinct_2"]["low"] == ""
    assert lines["theirs", "perplexity_per_word"]["mean"] == ""
    whole = json.loads(json.dumps(as_json(found), allow_nan=False))
    assert (whole["num_replies"], whole["num_users"]) == (4, 4)
    assert [one["model"] for one in whole["rows"]] == ["=ours_1", "theirs", HUMAN]
    assert "replies" not in whole["rows"][0]


def test_a_single_user_has_no_intervals(tmp_path: Path) -> None:
    found = compared(users=1)
    _, rows = difference_table(found)
    assert [line[3] for line in rows] == ["", "", ""]
    draw_differences(found, tmp_path / "a.png", "One user")
    alone = compare_replies([found.rows[0]], baseline="=ours_1", resamples=50)
    assert "minus" not in as_text(alone, "T")
    draw_differences(alone, tmp_path / "b.png", "One row")
    for name in ("a.png", "b.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")


def test_latex_escapes_and_has_a_line_a_row() -> None:
    text = as_latex(compared(), "50% of_it")
    assert "50\\% of\\_it" in text
    assert "=ours\\_1 &" in text
    assert text.count("\\\\\n") == 4
