"""The report's blocks, curves and differences on cases small enough to compute by hand."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any

import numpy as np
import pytest

from ccrs.core.errors import CcrsError
from ccrs.evaluation.ranking import METRICS
from ccrs.evaluation.report import (
    BLOCKS,
    DIFFERENCE_BLOCKS,
    SampleOutcomes,
    blocks,
    build_report,
    differences,
)
from ccrs.evaluation.significance import interval, paired_difference


def outcomes(**changes: Any) -> SampleOutcomes:
    """Six samples of three users; users 0 and 1 have support, user 2 has none."""
    fields: dict[str, Any] = {
        "ranks": np.array([1, 2, 11, 60, 5, 1]),
        "users": np.array([0, 0, 0, 1, 2, 2]),
        "novel": np.array([True, True, False, True, True, False]),
        "new_to_user": np.array([True, False, True, True, True, True]),
        "num_support": np.array([3, 3, 3, 1, 0, 0]),
        "num_mentions": np.array([0, 1, 4, 9, 0, 3]),
        "sample_ids": ("a:1:5", "a:3:6", "a:5:7", "b:1:5", "c:1:5", "c:3:8"),
        "fold": np.array([0, 0, 0, 0, 1, 1]),
    }
    return SampleOutcomes(**{**fields, **changes})


def no_samples() -> SampleOutcomes:
    """Outcomes without a sample."""
    none, flags = np.array([], dtype=np.int64), np.array([], dtype=np.bool_)
    return SampleOutcomes(none, none, flags, flags, none, none, (), none)


def report(rows: dict[str, SampleOutcomes], **changes: Any) -> dict[str, Any]:
    """A report over ``rows`` with few resamples."""
    arguments: dict[str, Any] = {
        "dataset": "toy",
        "split": "user",
        "folds": 2,
        "protocol": "adapted",
        "signature": {"commit": "abc", "seed": 0},
        "order": "chronological",
        "resamples": 200,
    }
    return build_report(**{**arguments, **changes}, rows=rows)


def all_rows() -> dict[str, SampleOutcomes]:
    """Rows of which the adapted one is best."""
    return {
        "metrics": outcomes(),
        "unadapted": outcomes(ranks=np.array([2, 12, 11, 60, 5, 1])),
        "popularity": outcomes(ranks=np.array([70, 70, 70, 70, 9, 70])),
        "plain": outcomes(ranks=np.array([1, 3, 12, 9, 5, 1])),
    }


def test_blocks_by_hand() -> None:
    found = blocks(outcomes(), order="random", resamples=200)
    sizes = {name: (found[name]["n"], found[name]["num_users"]) for name in BLOCKS}
    assert sizes == {
        "all": (6, 3),
        "novel": (4, 3),
        "new_to_user": (5, 3),
        "with_support": (4, 2),
        "without_support": (2, 1),
    }
    assert found["all"]["hr@1"] == pytest.approx(2 / 6)
    assert found["all"]["hr@10"] == pytest.approx(4 / 6)
    assert found["all"]["hr@50"] == pytest.approx(5 / 6)
    assert found["all"]["mrr@10"] == pytest.approx((1 + 1 / 2 + 1 / 5 + 1) / 6)
    assert found["novel"]["hr@10"] == pytest.approx(3 / 4)
    assert found["new_to_user"]["hr@10"] == pytest.approx(3 / 5)
    assert found["with_support"]["ndcg@10"] == pytest.approx((1 + 1 / math.log2(3)) / 4)
    assert found["without_support"]["hr@1"] == pytest.approx(1 / 2)
    assert found["order"] == "random"


def test_every_metric_stands_with_its_interval() -> None:
    found = blocks(outcomes(), order="random", resamples=200)
    expected = {"n", "num_users", *METRICS, *(f"{name}_ci95" for name in METRICS)}
    for name in BLOCKS:
        assert found[name].keys() == expected
    hits = np.array([1.0, 1.0, 0.0, 0.0, 1.0, 1.0])
    by_hand = interval(hits, outcomes().users, resamples=200)
    assert found["all"]["hr@10_ci95"] == pytest.approx([by_hand.low, by_hand.high])


def test_one_user_has_no_interval_in_the_report() -> None:
    block = blocks(outcomes(), order="random", resamples=200)["without_support"]
    assert block["num_users"] == 1
    assert block["hr@10"] == 1.0
    assert block["hr@10_ci95"] is None


def test_curves_hold_every_sample_once() -> None:
    found = blocks(outcomes(), order="random", resamples=200)
    support = [(point["support"], point["n"]) for point in found["by_support"]]
    mentions = [(point["mentions"], point["n"]) for point in found["by_mentions"]]
    assert support == [("0", 2), ("1", 1), ("2", 0), ("3-4", 3), ("5+", 0)]
    assert mentions == [("0", 2), ("1", 1), ("2", 0), ("3", 1), ("4+", 2)]
    assert found["by_support"][3]["hr@10"] == pytest.approx(2 / 3)
    assert found["by_mentions"][0]["hr@1"] == pytest.approx(1 / 2)


def test_every_count_has_one_bin() -> None:
    expected = {
        "support": ["0", "1", "2", "3-4", "3-4", "5+", "5+"],
        "mentions": ["0", "1", "2", "3", "4+", "4+", "4+"],
    }
    for name, labels in expected.items():
        for count, label in enumerate(labels):
            whole = outcomes(**{f"num_{name}": np.full(6, count)})
            curve = blocks(whole, order="random", resamples=2)[f"by_{name}"]
            assert [(point[name], point["n"]) for point in curve if point["n"]] == [(label, 6)]


def test_empty_blocks_are_null_not_nan() -> None:
    point = blocks(outcomes(), order="random", resamples=200)["by_support"][2]
    assert point["n"] == point["num_users"] == 0
    assert all(point[name] is None and point[f"{name}_ci95"] is None for name in METRICS)


def test_report_is_json_without_nan() -> None:
    made = report(all_rows())
    assert json.loads(json.dumps(made, allow_nan=False)) == made
    assert list(made) == [
        "dataset",
        "split",
        "folds",
        "protocol",
        "signature",
        "num_users",
        "num_samples",
        "metrics",
        "unadapted",
        "popularity",
        "plain",
        "differences",
    ]
    assert (made["num_users"], made["num_samples"], made["folds"]) == (3, 6, 2)
    for row in ("metrics", "unadapted", "popularity", "plain"):
        assert made[row]["order"] == "chronological"
        assert {*BLOCKS, "by_support", "by_mentions", "order"} == made[row].keys()


def test_report_of_no_samples_is_json_too() -> None:
    made = report({name: no_samples() for name in ("metrics", "unadapted", "popularity")})
    json.dumps(made, allow_nan=False)
    assert made["num_samples"] == made["metrics"]["all"]["n"] == 0
    assert made["differences"]["unadapted"]["all"]["hr@10"] == {"difference": None, "ci95": None, "p": None}


def test_rows_are_their_own() -> None:
    made = report(all_rows())
    assert made["metrics"]["all"]["hr@10"] == pytest.approx(4 / 6)
    assert made["unadapted"]["all"]["hr@10"] == pytest.approx(3 / 6)
    assert made["popularity"]["all"]["hr@10"] == pytest.approx(1 / 6)
    assert made["plain"]["all"]["hr@10"] == pytest.approx(5 / 6)


def test_differences_are_adapted_minus_the_other() -> None:
    found = report(all_rows())["differences"]
    assert found["unadapted"]["all"]["hr@10"]["difference"] == pytest.approx(1 / 6)
    assert found["plain"]["all"]["hr@10"]["difference"] == pytest.approx(-1 / 6)
    assert found["popularity"]["novel"]["hr@10"]["difference"] == pytest.approx(2 / 4)
    assert found["plain"]["with_support"]["hr@1"]["difference"] == pytest.approx(0.0)
    for other in found.values():
        assert tuple(other) == DIFFERENCE_BLOCKS
        assert all(tuple(block) == METRICS for block in other.values())


def test_differences_have_the_paired_interval_and_p() -> None:
    rows = all_rows()
    one = differences(rows["metrics"], rows["unadapted"], resamples=200)["all"]["hr@10"]
    a, b = np.array([1, 1, 0, 0, 1, 1.0]), np.array([1, 0, 0, 0, 1, 1.0])
    by_hand = paired_difference(a, b, outcomes().users, resamples=200)
    assert one["ci95"] == pytest.approx([by_hand.interval.low, by_hand.interval.high])
    assert one["p"] == by_hand.p_value


def test_plain_may_be_absent() -> None:
    rows = all_rows()
    del rows["plain"]
    made = report(rows)
    assert made["plain"] is None
    assert made["differences"]["plain"] is None


def test_a_text_signature_is_kept() -> None:
    assert report(all_rows(), signature="redial 1f3a seed 0")["signature"] == "redial 1f3a seed 0"


def test_the_report_is_the_same_twice() -> None:
    assert report(all_rows()) == report(all_rows())
    assert report(all_rows(), seed=1) != report(all_rows(), seed=2)


def test_rows_missing_or_unknown() -> None:
    rows = all_rows()
    with pytest.raises(CcrsError, match="'adapted' is unknown"):
        report({**rows, "adapted": rows["metrics"]})
    del rows["popularity"]
    with pytest.raises(CcrsError, match="'popularity' is missing"):
        report(rows)


def test_unknown_order() -> None:
    with pytest.raises(CcrsError, match="'newest' is unknown"):
        report(all_rows(), order="newest")


def test_rows_must_be_judged_on_the_same_samples() -> None:
    rows = all_rows()
    other = outcomes(sample_ids=("a:3:6", "a:1:5", "a:5:7", "b:1:5", "c:1:5", "c:3:8"))
    with pytest.raises(CcrsError, match="row 'plain': sample 0 is 'a:3:6'"):
        report({**rows, "plain": other})
    with pytest.raises(CcrsError, match="0 samples"):
        report({**rows, "plain": no_samples()})
    with pytest.raises(CcrsError, match="novel of sample 'a:5:7' differs"):
        report({**rows, "plain": outcomes(novel=np.ones(6, dtype=np.bool_))})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ranks": np.array([0, 1, 1, 1, 1, 1])}, "Ranks start at 1"),
        ({"ranks": np.array([1, 1])}, "ranks: shape"),
        ({"fold": np.array([1, 1])}, "fold: shape"),
        ({"novel": np.array([0, 1, 0, 1, 0, 1])}, "novel: type"),
        ({"num_support": np.array([0, 0, 0, 0, 0, -1])}, "num_support: holds -1"),
        ({"sample_ids": ("a", "b", "c", "d", "b", "e")}, "Sample 'b' occurs twice"),
    ],
)
def test_outcomes_that_cannot_be(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(CcrsError, match=message):
        outcomes(**changes)


def part(whole: SampleOutcomes, rows: slice) -> SampleOutcomes:
    """Some of the samples."""
    return SampleOutcomes(
        **{field.name: getattr(whole, field.name)[rows] for field in dataclasses.fields(whole)}
    )


def test_pooled_folds_are_the_whole() -> None:
    whole = outcomes()
    pooled = SampleOutcomes.concatenate([part(whole, slice(0, 4)), part(whole, slice(4, 6))])
    for field in dataclasses.fields(whole):
        np.testing.assert_array_equal(getattr(pooled, field.name), getattr(whole, field.name))
    assert pooled.novel.dtype == np.bool_
    assert (len(pooled), pooled.num_users) == (6, 3)


def test_an_empty_fold_pools_with_others() -> None:
    assert len(SampleOutcomes.concatenate([no_samples(), outcomes(), no_samples()])) == 6
    assert len(SampleOutcomes.concatenate([no_samples()])) == 0


def test_folds_that_cannot_be_pooled() -> None:
    whole = outcomes()
    with pytest.raises(CcrsError, match="at least one fold"):
        SampleOutcomes.concatenate([])
    with pytest.raises(CcrsError, match="occurs twice"):
        SampleOutcomes.concatenate([whole, whole])
    again = outcomes(fold=np.full(6, 4), sample_ids=tuple("uvwxyz"))
    with pytest.raises(CcrsError, match="User 0 is a test user in more than one fold"):
        SampleOutcomes.concatenate([whole, again])
