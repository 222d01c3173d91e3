"""Several systems on the same samples: worked out by hand, and never on unequal ones."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ccrs.core.errors import CcrsError
from ccrs.evaluation.comparison import Compared, compare
from ccrs.evaluation.comparison_tables import (
    as_csv,
    as_json,
    as_latex,
    as_markdown,
    as_text,
    by_block,
    draw_differences,
    figures,
)
from ccrs.evaluation.report import SampleOutcomes


def outcomes(ranks: list[int], *, ids: list[str] | None = None) -> SampleOutcomes:
    """Four samples of two users; the last one is no novel target."""
    count = len(ranks)
    return SampleOutcomes(
        ranks=np.array(ranks, np.int64),
        users=np.array([0, 0, 1, 1][:count], np.int64),
        novel=np.array([True, True, True, False][:count]),
        new_to_user=np.ones(count, np.bool_),
        num_support=np.zeros(count, np.int64),
        num_mentions=np.ones(count, np.int64),
        sample_ids=tuple(ids or [f"d:{number}:0" for number in range(count)]),
        fold=np.zeros(count, np.int64),
    )


A = Compared("A", (outcomes([1, 20, 3, 60]),), {"commit": "abc"}, {"hr@10": 0.4})
B = Compared("B & _co", (outcomes([5, 70, 11, 60]), outcomes([11, 30, 11, 2])))


def test_figures_and_differences_by_hand() -> None:
    found = compare([A, B], baseline="A", resamples=200)
    a, b = found.row("A"), found.row("B & _co")
    assert (found.num_samples, found.num_users) == ({"all": 4, "novel": 3}, 2)
    assert a.figures["all"]["hr@10"].mean == 2 / 4
    assert a.figures["novel"]["hr@10"].mean == pytest.approx(2 / 3)
    assert a.figures["all"]["mrr@10"].mean == pytest.approx((1 + 1 / 3) / 4)
    # Over two seeds: hits at 10 are (1 + 0) / 2, 0, 0, (0 + 1) / 2.
    assert b.figures["all"]["hr@10"].mean == pytest.approx(1 / 4)
    assert b.figures["all"]["hr@50"].mean == pytest.approx((1 + 0.5 + 1 + 0.5) / 4)
    assert b.differences["all"]["hr@10"].mean == pytest.approx(1 / 4)
    assert b.differences["novel"]["hr@10"].mean == pytest.approx((0.5 + 0 + 1) / 3)
    # User 0 gives (.5 + 0) / 2, user 1 (1 - .5) / 2: resampling two equal users has no spread.
    spread = b.differences["all"]["hr@10"].interval
    assert (spread.low, spread.high) == pytest.approx((0.25, 0.25))
    assert not a.differences


def test_the_tables_say_the_same_in_every_form(tmp_path: Path) -> None:
    found = compare([A, B], baseline="A", resamples=50)
    header, rows = figures(found)
    assert header[-1] == "HR@10 printed"
    assert [row[0] for row in rows] == ["A", "B & _co (2 seeds)"]
    assert rows[0][-1] == "0.4000"
    text, page = as_text(found, "A title"), as_markdown(found, "A title")
    for form in (text, page):
        assert "+0.2500" in form
        assert "commit abc" in form
        assert "4 samples (3 novel) of 2 users" in form
    lines = list(csv.DictReader(io.StringIO(as_csv(found))))
    (line,) = (x for x in lines if (x["model"], x["targets"], x["metric"]) == ("B & _co", "all", "hr@10"))
    assert (float(line["mean"]), float(line["difference"]), float(line["relative"])) == (0.25, 0.25, 1)
    latex = as_latex(found, "100% & more")
    assert r"B \& \_co" in latex
    assert r"\caption{100\% \& more}" in latex
    assert latex.count(r"\\") == 3
    whole = json.loads(json.dumps(as_json(found), allow_nan=False))
    assert whole["rows"][1]["baseline_minus_this"]["all"]["hr@10"]["mean"] == pytest.approx(0.25)
    for name in ("one.png", "two.png"):
        draw_differences(found, tmp_path / name, "A title")
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
    assert (tmp_path / "one.png").read_bytes().startswith(b"\x89PNG")


def test_a_name_that_a_spreadsheet_would_compute() -> None:
    found = compare([A, Compared("=1+1", (outcomes([1, 1, 1, 1]),))], baseline="A", resamples=20)
    assert "\n'=1+1,all" in as_csv(found)


def test_every_two_systems_by_hand() -> None:
    c = Compared("C", (outcomes([60, 2, 60, 60]),))
    found = compare([A, B, c], baseline="B & _co", all_pairs=True, resamples=200)
    assert [(pair.first, pair.second) for pair in found.pairs] == [("A", B.name), ("A", "C"), (B.name, "C")]
    means = [[pair.differences[b]["hr@10"].mean for b in ("all", "novel")] for pair in found.pairs]
    # Means of A, B and C: 2/4, 1/4, 1/4 on all targets; 2/3, 1/6, 1/3 on novel ones.
    np.testing.assert_allclose(means, [[1 / 4, 1 / 2], [1 / 4, 1 / 3], [0, -1 / 6]], atol=1e-12)
    for other, pair in (("A", found.pairs[0]), ("C", found.pairs[2])):
        sign = -1 if other == "A" else 1
        row = found.row(other).differences["novel"]["hr@10"]
        same = pair.differences["novel"]["hr@10"]
        assert (row.mean, row.p_value) == pytest.approx((sign * same.mean, same.p_value))
        ends = sorted((sign * same.interval.low, sign * same.interval.high))
        assert (row.interval.low, row.interval.high) == pytest.approx(ends)
    whole = as_json(found)["pairs"]
    assert [pair["first_minus_second"]["novel"]["hr@10"]["relative"] for pair in whole] == pytest.approx(
        [3, 1, -1 / 2]
    )
    assert "pairs" not in as_json(compare([A, B], baseline="A", resamples=20))


def test_a_share_of_nothing_is_none() -> None:
    never = Compared("Never", (outcomes([60, 60, 60, 60]),))
    found = compare([A, never], baseline="A", resamples=20)
    (row,) = [row for row in as_json(found)["rows"] if row["model"] == "Never"]
    assert row["baseline_minus_this"]["all"]["hr@10"]["relative"] is None
    (line,) = [x for x in as_csv(found).splitlines() if x.startswith("Never,all,hr@10,")]
    assert line.endswith(",")


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (
            ["d:0:0", "d:1:0", "d:2:0", "x"],
            r"A has 4 samples and C 4, of which 3 are the same \(only A has 'd:3:0'",
        ),
        (["d:1:0", "d:0:0", "d:2:0", "d:3:0"], r"A and C hold the same samples in another order"),
    ],
)
def test_unequal_samples_are_never_compared(ids: list[str], message: str) -> None:
    with pytest.raises(CcrsError, match=message):
        compare([A, Compared("C", (outcomes([1, 1, 1, 1], ids=ids),))], baseline="A")


def test_what_cannot_be_compared_is_named() -> None:
    with pytest.raises(CcrsError, match="'A' names two systems"):
        compare([A, A], baseline="A")
    with pytest.raises(CcrsError, match="baseline 'Z' is none of A, B"):
        compare([A, B], baseline="Z")
    with pytest.raises(CcrsError, match="N: has no outcomes"):
        Compared("N", ())
    with pytest.raises(CcrsError, match=r"Two has 4 samples and Two \(another seed\) 2"):
        Compared("Two", (outcomes([1, 1, 1, 1]), outcomes([1, 1])))


def test_one_user_has_no_interval() -> None:
    one = outcomes([1, 20])
    found = compare([Compared("A", (one,)), Compared("B", (outcomes([2, 3]),))], baseline="A")
    assert as_json(found)["rows"][0]["figures"]["all"]["hr@10"] == {"mean": 0.5, "ci95": None}
    assert "±" not in as_text(found, "t").splitlines()[4]
    assert "nan" not in as_csv(found)
    json.dumps(as_json(found), allow_nan=False)


def test_blocks_by_what_is_known_of_the_user() -> None:
    few = outcomes([1, 20, 3, 60])
    known = replace(few, num_mentions=np.array([0, 1, 1, 4]), num_support=np.array([1, 1, 5, 5]))
    found = compare(
        [Compared("A", (known,)), Compared("B", (replace(known, ranks=np.array([99, 99, 99, 99])),))],
        baseline="A",
        mentions=[0, 1, 2],
        supports=[1, 2, 5],
        resamples=20,
    )
    assert found.num_samples == {
        "all": 4,
        "novel": 3,
        "0 mentioned": 1,
        "1 mentioned": 2,
        "2 mentioned": 0,
        "1 support": 2,
        "2-4 support": 0,
        "5+ support": 2,
    }
    assert found.row("A").figures["1 mentioned"]["hr@10"].mean == 1 / 2
    assert found.row("B").differences["5+ support"]["hr@10"].mean == 1 / 2
    assert "2 mentioned" not in found.row("A").figures
    header, rows = by_block(found, "hr@10")
    assert header[1:3] == ["0 mentioned (n=1)", "1 mentioned (n=2)"]
    assert rows[0][:2] == ["A", "1.0000"]
    assert rows[0][3] == ""
    assert "5+ support" in as_text(found, "t")


def test_what_only_the_literature_has_stands_below_our_rows() -> None:
    found = replace(compare([B], baseline=B.name, resamples=20), printed={"Theirs": {"hr@50": 0.5}})
    header, rows = figures(found)
    assert header[-1] == "HR@50 printed"
    assert rows[-1] == ["Theirs", *[""] * (len(header) - 2), "0.5000"]
    assert as_json(found)["printed"] == {"Theirs": {"hr@50": 0.5}}
    assert "Theirs" in as_markdown(found, "t")
    assert "Theirs" in as_latex(found, "t")
    assert "printed" not in as_json(compare([B], baseline=B.name, resamples=20))
