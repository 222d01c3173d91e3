"""Replies of several systems beside what people said: by hand."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from ccrs.evaluation.compared_replies import replies_csv, replies_json, replies_table, reply_figures
from ccrs.evaluation.published import printed_for, unclaimed

USERS = np.array([0, 1], np.int64)
SAID = ["a b c d e", "x y"]


def test_figures_by_hand() -> None:
    found = reply_figures("Two", ["a b c d e", "x z"], SAID, USERS, resamples=200)
    assert found.count == 2
    assert found.f1.mean == pytest.approx((1 + 1 / 2) / 2)
    # Words 6 of 7, pairs 4 of 5, triples 3 of 3, fours 2 of 2; the lengths are equal.
    assert found.bleu4 == pytest.approx(100 * (6 / 7 * 4 / 5) ** (1 / 4))
    assert found.distinct2 == 1
    assert reply_figures("Same", ["a b", "a b"], SAID, USERS, resamples=20).distinct2 == 1 / 2


def test_every_form_says_the_same() -> None:
    found = reply_figures('=Two, "or" three', ["a b c d e", "x z"], SAID, USERS, resamples=200)
    header, rows = replies_table([found])
    assert header[2:] == ["word F1", "BLEU-4", "Dist-2"]
    assert rows[0][1] == "2"
    assert rows[0][2].startswith("0.750 ±")
    lines = list(csv.reader(io.StringIO(replies_csv([found]))))
    assert [line[:3] for line in lines] == [
        ['\'=Two, "or" three', "replies", metric] for metric in ("word_f1", "bleu_4", "dist_2")
    ]
    assert float(lines[0][3]) == 0.75
    assert replies_json([found])[0]["word_f1"]["ci95"] == [found.f1.low, found.f1.high]


def test_one_user_has_no_interval() -> None:
    found = reply_figures("One", SAID, SAID, np.zeros(2, np.int64))
    assert replies_table([found])[1][0][2] == "1.000"
    assert replies_json([found])[0]["word_f1"] == {"mean": 1.0, "ci95": None}
    assert next(csv.reader(io.StringIO(replies_csv([found]))))[4:6] == ["", ""]


def test_what_the_paper_prints_for_a_row() -> None:
    assert printed_for("redial", "KBRD") == {"hr@10": 0.1520, "hr@50": 0.3326}
    assert (
        printed_for("redial", "CCRS (paper)")
        == printed_for("redial", "CCRS")
        == {"hr@10": 0.1909, "hr@50": 0.3841}
    )
    assert printed_for("inspired", "Popularity") == {"hr@10": 0.155, "hr@50": 0.323}
    assert list(unclaimed("inspired", {"Popularity", None})) == ["KGSF", "best in the literature"]
    assert unclaimed("redial", set()) == unclaimed("movielens", set()) == {}
    for dataset, title in (("redial", "CCRS+"), ("redial", "KBRD+"), ("movielens", "KBRD")):
        assert printed_for(dataset, title) == {}
