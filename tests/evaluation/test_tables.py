"""Tables: alignment on the terminal, Markdown, and that the right figure stands in the right place."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ccrs.core.errors import CcrsError
from ccrs.evaluation.published import OFFICIAL_REDIAL, PAPER_REDIAL
from ccrs.evaluation.ranking import METRICS
from ccrs.evaluation.report import SampleOutcomes, build_report
from ccrs.evaluation.tables import (
    aligned,
    curve_table,
    difference_table,
    display_width,
    markdown,
    metrics_table,
    signature_line,
)


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    """Forty samples of ten users; the adapted model puts every target first, popularity none."""
    number = np.arange(40)

    def row(ranks: np.ndarray) -> SampleOutcomes:
        return SampleOutcomes(
            ranks=ranks,
            users=number // 4,
            novel=number % 4 != 0,
            new_to_user=number % 4 != 1,
            num_support=(number // 4) % 3,
            num_mentions=number % 4,
            sample_ids=tuple(f"d{i}:1:0" for i in number),
            fold=(number // 4) % 5,
        )

    # The unadapted model hits within 10 for users with an even number only.
    halves = np.where((number // 4) % 2 == 0, 5, 20)
    rows = {"metrics": row(np.ones(40, int)), "unadapted": row(halves), "popularity": row(np.full(40, 99))}
    return build_report(
        dataset="redial",
        split="user",
        folds=5,
        protocol="adapted",
        signature={"data": "1f3a", "commit": "abc"},
        order="chronological",
        rows=rows,
        resamples=200,
    )


def cells(table: str, *first: str) -> list[str]:
    """The cells of the only line whose first cells are ``first``; columns are two spaces apart."""
    lines = [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in table.splitlines()]
    (found,) = [line for line in lines if tuple(line[: len(first)]) == first]
    return found


def test_aligned_by_hand() -> None:
    table = aligned(
        ["model", "HR@10", "note"], [["plain", 0.25, "a"], ["x", None, ""], ["long name", 12, "b c"]]
    )
    assert table.splitlines() == [
        "model       HR@10  note",
        "---------  ------  ----",
        "plain      0.2500  a",
        "x               –",
        "long name      12  b c",
    ]


def test_wide_and_combining_characters_keep_columns_straight() -> None:
    table = aligned(["film", "n"], [["千と千尋", 1], ["Ame\u0301lie", 22], ["plain", 333]])
    assert table.splitlines() == [
        "film        n",
        "--------  ---",
        "千と千尋    1",
        "Ame\u0301lie     22",
        "plain     333",
    ]
    assert {display_width(line) for line in table.splitlines()} == {13}


@pytest.mark.parametrize(
    ("text", "width"), [("", 0), ("abc", 3), ("映画", 4), ("e\u0301", 1), ("ＡＢ", 4), ("\u200b", 0)]
)
def test_display_width(text: str, width: int) -> None:
    assert display_width(text) == width


@pytest.mark.parametrize(
    "cell", ["1", ".19", "-.02", "+.0123", ".1909 ±.0071", "<.001", "12%", "[-.01, +.02]", "3-4", "5+"]
)
def test_numbers_stand_right(cell: str) -> None:
    assert aligned(["wide header"], [[cell]]).splitlines()[2] == cell.rjust(len("wide header"))


@pytest.mark.parametrize("cell", ["1 film", "a1", "HR@10", "7B", "2001: A Space Odyssey", "-", "千"])
def test_words_stand_left(cell: str) -> None:
    assert aligned(["wide header"], [[cell], ["1"]]).splitlines()[2] == cell


def test_table_without_rows() -> None:
    assert aligned(["a", "bc"], []) == "a  bc\n-  --"


def test_line_breaks_in_a_cell_do_not_break_the_table() -> None:
    assert len(aligned(["a"], [["one\ntwo"]]).splitlines()) == 3
    assert len(markdown(["a"], [["one\ntwo"]]).splitlines()) == 3


def test_row_of_another_length() -> None:
    with pytest.raises(CcrsError, match="Row 1 has 1 cells, the header 2"):
        aligned(["a", "b"], [["1", "2"], ["1"]])


def test_markdown_by_hand() -> None:
    assert markdown(["a|b", "n"], [["x | y", 1], ["z", 0.5]]).splitlines() == [
        r"| a\|b | n |",
        "| --- | ---: |",
        r"| x \| y | 1 |",
        "| z | 0.5000 |",
    ]


def test_metrics_table_holds_the_figures_of_the_report(report: dict[str, Any]) -> None:
    table = metrics_table(report)
    assert cells(table, "model") == ["model", "targets", "n", "HR@1", "HR@10", "HR@50", "MRR@10", "NDCG@10"]
    assert cells(table, "adapted", "all")[2:] == ["40"] + ["1.0000 ±.0000"] * 5
    assert cells(table, "popularity", "novel")[2:] == ["30"] + [".0000 ±.0000"] * 5
    block = report["unadapted"]["all"]
    low, high = block["hr@10_ci95"]
    half = f"{(high - low) / 2:.4f}".removeprefix("0")
    assert cells(table, "unadapted", "all")[3:6] == [".0000 ±.0000", f".5000 ±{half}", "1.0000 ±.0000"]
    assert half != ".0000"


def test_rows_stand_in_order_and_absent_ones_are_left_out(report: dict[str, Any]) -> None:
    names = [line.split()[0] for line in metrics_table(report).splitlines()[2:8]]
    assert names == ["popularity", "unadapted", "adapted"] * 2
    with_plain = {**report, "plain": report["unadapted"]}
    names = [line.split()[0] for line in metrics_table(with_plain).splitlines()[2:6]]
    assert names == ["popularity", "plain", "unadapted", "adapted"]


def test_published_figures_as_rows(report: dict[str, Any]) -> None:
    table = metrics_table(report, published={"CCRS": PAPER_REDIAL["CCRS"]})
    assert cells(table, "CCRS (published)")[1:] == ["all", "–", "–", ".1909", ".3841", "–", "–"]
    assert "published" not in metrics_table(report)


@pytest.mark.parametrize("figures", [PAPER_REDIAL, OFFICIAL_REDIAL])
def test_published_figures_can_be(figures: dict[str, dict[str, float]]) -> None:
    for name, row in figures.items():
        assert set(row) <= set(METRICS), name
        values = [row[metric] for metric in ("hr@1", "hr@10", "hr@50") if metric in row]
        assert values == sorted(values), name
        assert 0 < values[0] < values[-1] < 1, name


def test_every_table_ends_with_the_signature(report: dict[str, Any]) -> None:
    line = signature_line(report)
    assert line == (
        "dataset=redial | split=user | folds=5 | protocol=adapted | order=chronological"
        " | data=1f3a | commit=abc"
    )
    for table in (metrics_table, curve_table, difference_table):
        assert table(report).splitlines()[-1] == line
        assert line in table(report, as_markdown=True).splitlines()[-1]


def test_a_text_signature_in_the_line(report: dict[str, Any]) -> None:
    assert signature_line({**report, "signature": "abc 7"}).endswith("order=chronological | signature=abc 7")


def test_curve_by_support(report: dict[str, Any]) -> None:
    table = curve_table(report, by="support")
    assert cells(table, "support dialogues") == [
        "support dialogues",
        "n",
        "users",
        "popularity",
        "unadapted",
        "adapted",
    ]
    assert cells(table, "0")[:3] == ["0", "16", "4"]
    assert cells(table, "2")[1:] == ["12", "3", ".0000 ±.0000", *cells(table, "2")[4:]]
    assert cells(table, "5+") == ["5+", "0", "0", "–", "–", "–"]


def test_curve_by_mentions_of_another_metric(report: dict[str, Any]) -> None:
    table = curve_table(report, by="mentions", metric="mrr@10")
    assert cells(table, "3")[1:3] == ["10", "10"]
    assert cells(table, "3")[4].startswith(".1000 ±")  # half of the targets on rank 5, half a miss
    assert "MRR@10; ±" in table


def test_difference_table(report: dict[str, Any]) -> None:
    table = difference_table(report, metrics=("hr@1", "hr@10"))
    row = cells(table, "adapted - unadapted", "all", "HR@1")
    assert row[3:5] == ["+1.0000", "[+1.0000, +1.0000]"]
    one = report["differences"]["unadapted"]["all"]["hr@10"]
    row = cells(table, "adapted - unadapted", "all", "HR@10")
    assert row[3] == "+.5000"
    assert float(row[4].strip("[]").split(",")[0]) == pytest.approx(one["ci95"][0], abs=5e-5)
    assert row[5] == f"{one['p']:.3f}".removeprefix("0")
    assert "adapted - plain" not in table


def test_signs_and_small_p(report: dict[str, Any]) -> None:
    changed = {"difference": -0.01234, "ci95": [-0.02, 0.00001], "p": 0.0005}
    same = {"difference": None, "ci95": None, "p": None}
    table = difference_table(
        {
            **report,
            "differences": {
                "plain": {"all": {"hr@10": changed}, "novel": {"hr@10": same}},
                "unadapted": None,
                "popularity": None,
            },
        }
    )
    assert cells(table, "adapted - plain", "all")[3:] == ["-.0123", "[-.0200, .0000]", "<.001"]
    assert cells(table, "adapted - plain", "novel")[3:] == ["–", "–", "–"]


def test_a_report_of_another_make(report: dict[str, Any]) -> None:
    with pytest.raises(CcrsError, match="no 'differences'"):
        difference_table({key: value for key, value in report.items() if key != "differences"})
    with pytest.raises(CcrsError, match="no 'hr@7'"):
        curve_table(report, metric="hr@7")
    with pytest.raises(CcrsError, match="no 'metrics'"):
        metrics_table({"dataset": "x"} | dict.fromkeys(("popularity", "plain", "unadapted")))
