"""Tables of reply reports: order, figures with intervals, figures of papers beside them."""

from __future__ import annotations

from typing import Any

import pytest

from ccrs.core.errors import CcrsError
from ccrs.evaluation.judged import JudgedReply
from ccrs.evaluation.published import PAPER_REDIAL_REPLIES
from ccrs.evaluation.reply_report import WITH_INTERVAL, WITHOUT_INTERVAL, reply_differences, reply_report
from ccrs.evaluation.reply_tables import (
    CONDUCT,
    CONSTANT,
    HUMAN,
    OVERLAP,
    RETRIEVED,
    VARIETY,
    reply_difference_table,
    reply_table,
)

REFERENCES = ("see [item] if you can", "i like it a lot", "what do you like ?", "have a good night")
SIGNATURE = "dataset=redial | data=1f3a | commit=abc"


def replies(said: tuple[str, ...]) -> list[JudgedReply]:
    pairs = zip(said, REFERENCES, strict=True)
    return [JudgedReply(f"u{i}", "d", 0, a, b, a, b) for i, (a, b) in enumerate(pairs)]


@pytest.fixture(scope="module")
def reports() -> dict[str, dict[str, Any]]:
    said = {
        HUMAN: REFERENCES,
        CONSTANT: ("i like it",) * 4,
        RETRIEVED: REFERENCES[1:] + REFERENCES[:1],
        "ccrs": (REFERENCES[0], "i like it", "", "good night"),
    }
    return {name: reply_report(replies(texts), resamples=100) for name, texts in said.items()}


def cells(table: str, name: str) -> list[str]:
    line = next(line for line in table.splitlines() if line.startswith(name))
    return [part.strip() for part in line.split("  ") if part.strip()]


def test_rows_in_order_with_their_figures(reports: dict[str, dict[str, Any]]) -> None:
    table = reply_table(reports, signature=SIGNATURE)
    starts = [line[:12] for line in table.splitlines()[2:6]]
    assert starts == [HUMAN[:12], CONSTANT[:12], RETRIEVED[:12], "ccrs        "]
    assert cells(table, HUMAN)[1:6] == ["100.00 ±.00"] * 5
    report = reports["ccrs"]
    low, high = report["f1_ci95"]
    expected = f"{report['f1']:.3f} ±{(high - low) / 2:.3f}".replace("0.", ".")
    assert cells(table, "ccrs")[6] == expected
    assert cells(table, "ccrs")[-1] == "–"  # no likelihoods
    assert f"4 replies of 4 users | {SIGNATURE}" in table
    assert "tok:13a" in table.splitlines()[-1]


def test_columns_are_measures_of_the_report_and_unique_ngrams_have_no_interval(
    reports: dict[str, dict[str, Any]],
) -> None:
    for columns in (OVERLAP, VARIETY, CONDUCT):
        assert {column.key for column in columns} <= {*WITH_INTERVAL, *WITHOUT_INTERVAL}
        table = reply_table(reports, signature=SIGNATURE, columns=columns)
        assert cells(table, "model") == ["model", *(column.title for column in columns)]
    assert not any(
        "±" in cell for cell in cells(reply_table(reports, signature="", columns=VARIETY), "ccrs")[:-1]
    )


def test_figures_of_papers_stand_where_they_can_be_compared(reports: dict[str, dict[str, Any]]) -> None:
    table = reply_table(reports, signature="s", published=PAPER_REDIAL_REPLIES)
    assert cells(table, "model")[1] == "BLEU (printed)"
    assert cells(table, "CCRS (published)")[1:] == ["2.386", *"–" * 5, ".267", *"–" * 2]
    assert cells(table, "ccrs")[1] == "–"
    variety = reply_table(reports, signature="s", columns=VARIETY, published=PAPER_REDIAL_REPLIES)
    header, row = cells(variety, "model"), cells(variety, "CCRS (published)")
    figures = dict(zip(header, row, strict=True))
    assert [figures[f"chars{n}/reply"] for n in (2, 3, 4)] == [".146", ".776", "1.924"]
    assert figures["Dist-2"] == "–"
    assert "published" not in reply_table(
        reports, signature="s", columns=CONDUCT, published=PAPER_REDIAL_REPLIES
    )


def test_published_replies_have_all_figures() -> None:
    for row in PAPER_REDIAL_REPLIES.values():
        assert set(row) == {"bleu", "f1", "dist_2", "dist_3", "dist_4"}
        assert row["dist_2"] < row["dist_3"] < row["dist_4"]
    ccrs, kgsf = PAPER_REDIAL_REPLIES["CCRS"], PAPER_REDIAL_REPLIES["KGSF"]
    # The gains that the paper states.
    assert ccrs["bleu"] / kgsf["bleu"] == pytest.approx(1.46, abs=0.01)
    assert ccrs["f1"] / kgsf["f1"] == pytest.approx(1.18, abs=0.01)


def test_differences_as_rows() -> None:
    a, b = replies(REFERENCES), replies(("i like it",) * 4)
    table = reply_difference_table({"human - constant": reply_differences(a, b, resamples=50)}, signature="s")
    assert cells(table, "human - constant")[1] == "bleu_1"
    assert len([line for line in table.splitlines() if line.startswith("human")]) == 6
    same = reply_difference_table(
        {"a - a": reply_differences(a, a, resamples=50)}, signature="s", as_markdown=True
    )
    assert "| a - a | f1 | .0000 | [.0000, .0000] | 1.000 |" in same


def test_reports_that_do_not_belong_together(reports: dict[str, dict[str, Any]]) -> None:
    with pytest.raises(CcrsError, match="no report"):
        reply_table({}, signature="s")
    with pytest.raises(CcrsError, match="num_replies of 'b'"):
        reply_table({"a": reports[HUMAN], "b": {**reports[HUMAN], "num_replies": 3}}, signature="s")
    lacking = {key: value for key, value in reports[HUMAN].items() if key != "bleu_2"}
    with pytest.raises(CcrsError, match="has no 'bleu_2'"):
        reply_table({"a": lacking}, signature="s")
