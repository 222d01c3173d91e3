"""Ranks and metrics: hand-computed cases, properties, and an independent library as oracle."""

from __future__ import annotations

import itertools
import math

import ir_measures
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from ir_measures import RR, R, Success, nDCG

from ccrs.core.errors import CcrsError
from ccrs.evaluation.ranking import CUTOFFS, METRICS, MISS, per_sample, target_ranks


def test_ranks_by_hand() -> None:
    scores = torch.tensor([[0.1, 0.9, 0.5], [0.1, 0.9, 0.5], [0.1, 0.9, 0.5]])
    assert target_ranks(scores, torch.tensor([1, 2, 0])).tolist() == [1, 2, 3]


def test_ties_count_against_the_model() -> None:
    scores = torch.tensor([[2.0, 1.0, 1.0, 1.0, 0.0], [0.0, 0.0, 0.0, 0.0, 0.0]])
    assert target_ranks(scores, torch.tensor([1, 3])).tolist() == [4, 5]


def test_infinite_scores_have_ranks() -> None:
    scores = torch.tensor([[-math.inf, 0.0, -math.inf], [math.inf, 0.0, 1.0]])
    assert target_ranks(scores, torch.tensor([0, 0])).tolist() == [3, 1]


def test_ranks_of_no_samples() -> None:
    ranks = target_ranks(torch.zeros(0, 5), torch.zeros(0, dtype=torch.int64))
    assert ranks.shape == (0,)
    assert ranks.dtype == torch.int64


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_ranks_in_every_precision(dtype: torch.dtype) -> None:
    scores = torch.arange(12, dtype=dtype).reshape(3, 4)
    assert target_ranks(scores, torch.tensor([0, 1, 3], dtype=torch.int32)).tolist() == [4, 3, 1]


def test_nan_is_an_error_that_names_the_sample() -> None:
    scores = torch.zeros(4, 3)
    scores[2, 0] = math.nan
    with pytest.raises(CcrsError, match=r"1 sample\(s\) hold NaN, first of sample 2"):
        target_ranks(scores, torch.tensor([1, 1, 1, 1]))


@pytest.mark.parametrize("target", [-1, 3])
def test_target_outside_the_items(target: int) -> None:
    with pytest.raises(CcrsError, match=f"Target {target} of sample 1 is not among the 3 items"):
        target_ranks(torch.zeros(2, 3), torch.tensor([0, target]))


@pytest.mark.parametrize(
    ("scores", "targets"),
    [
        (torch.zeros(3), torch.zeros(3, dtype=torch.int64)),
        (torch.zeros(3, 2), torch.zeros(2, dtype=torch.int64)),
        (torch.zeros(3, 2), torch.zeros(3, 1, dtype=torch.int64)),
        (torch.zeros(3, 2), torch.zeros(3)),
    ],
)
def test_shapes_and_types_that_do_not_fit(scores: torch.Tensor, targets: torch.Tensor) -> None:
    with pytest.raises(CcrsError):
        target_ranks(scores, targets)


def test_metrics_by_hand() -> None:
    found = per_sample(np.array([1, 3, 10, 11, 51]))
    log2 = math.log2
    expected = {
        "hr@1": [1, 0, 0, 0, 0],
        "mrr@1": [1, 0, 0, 0, 0],
        "ndcg@1": [1, 0, 0, 0, 0],
        "hr@10": [1, 1, 1, 0, 0],
        "mrr@10": [1, 1 / 3, 1 / 10, 0, 0],
        "ndcg@10": [1, 1 / 2, 1 / log2(11), 0, 0],
        "hr@50": [1, 1, 1, 1, 0],
        "mrr@50": [1, 1 / 3, 1 / 10, 1 / 11, 0],
        "ndcg@50": [1, 1 / 2, 1 / log2(11), 1 / log2(12), 0],
    }
    assert tuple(found) == METRICS
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, atol=1e-12, err_msg=name)


def test_a_target_outside_the_catalogue_is_a_miss() -> None:
    found = per_sample(np.array([MISS, 1]))
    for name in METRICS:
        assert found[name].tolist() == [0.0, 1.0], name


def test_metrics_of_no_samples() -> None:
    assert all(column.shape == (0,) for column in per_sample(np.array([], dtype=np.int64)).values())


@pytest.mark.parametrize("ranks", [np.array([1, 0]), np.array([1.5]), np.array([[1]]), np.array([True])])
def test_ranks_that_are_none(ranks: np.ndarray) -> None:
    with pytest.raises(CcrsError):
        per_sample(ranks)


def test_cutoff_below_one() -> None:
    with pytest.raises(CcrsError, match="Cutoffs"):
        per_sample(np.array([1]), cutoffs=(0, 10))


@pytest.mark.parametrize("seed", range(3))
def test_equal_to_an_independent_library(seed: int) -> None:
    generator = np.random.default_rng(seed)
    num_samples, num_items = 40, 80
    # Scores are permutations: without ties, where the library's own rule would decide.
    scores = np.stack([generator.permutation(num_items) for _ in range(num_samples)])
    targets = generator.integers(num_items, size=num_samples)
    qrels = [ir_measures.Qrel(str(sample), str(item), 1) for sample, item in enumerate(targets)]
    run = [
        ir_measures.ScoredDoc(str(sample), str(item), float(score))
        for sample, row in enumerate(scores)
        for item, score in enumerate(row)
    ]
    names = {}
    for k in CUTOFFS:
        names |= {Success @ k: f"hr@{k}", R @ k: f"hr@{k}", RR @ k: f"mrr@{k}", nDCG @ k: f"ndcg@{k}"}
    found = per_sample(target_ranks(torch.from_numpy(scores), torch.from_numpy(targets)).numpy())
    compared = 0
    for result in ir_measures.iter_calc(list(names), qrels, run):
        own = found[names[result.measure]][int(result.query_id)]
        assert own == pytest.approx(result.value, abs=1e-9), (result.measure, result.query_id)
        compared += 1
    assert compared == num_samples * len(names)


# Few distinct scores, so that ties are common.
score_rows = st.lists(st.lists(st.integers(0, 4), min_size=6, max_size=6), min_size=1, max_size=8)


@settings(max_examples=60, deadline=None)
@given(rows=score_rows, data=st.data())
def test_rank_is_the_worst_place_a_sort_could_give(rows: list[list[int]], data: st.DataObject) -> None:
    targets = data.draw(st.lists(st.integers(0, 5), min_size=len(rows), max_size=len(rows)))
    ranks = target_ranks(torch.tensor(rows, dtype=torch.float32), torch.tensor(targets)).tolist()
    for row, target, rank in zip(rows, targets, ranks, strict=True):
        # Sorted by falling score, and the target last among its equals.
        order = sorted(range(6), key=lambda item: (-row[item], item == target))
        assert rank == order.index(target) + 1


@settings(max_examples=60, deadline=None)
@given(rows=score_rows, data=st.data())
def test_rank_does_not_depend_on_the_order_of_items(rows: list[list[int]], data: st.DataObject) -> None:
    scores = torch.tensor(rows, dtype=torch.float32)
    targets = torch.tensor(data.draw(st.lists(st.integers(0, 5), min_size=len(rows), max_size=len(rows))))
    order = torch.tensor(data.draw(st.permutations(range(6))))
    moved = torch.argsort(order)[targets]  # where each target stands after the shuffle
    assert torch.equal(target_ranks(scores, targets), target_ranks(scores[:, order], moved))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 120), min_size=1, max_size=20))
def test_bounds_and_growth_in_k(ranks: list[int]) -> None:
    found = per_sample(np.array(ranks))
    for k in CUTOFFS:
        hits, reciprocal, gain = found[f"hr@{k}"], found[f"mrr@{k}"], found[f"ndcg@{k}"]
        assert (reciprocal >= 0).all()
        assert (reciprocal <= gain).all()  # 1/r <= 1/log2(r + 1) <= 1
        assert (gain <= hits).all()
        assert (hits <= 1).all()
    for name in ("hr", "mrr", "ndcg"):
        for small, large in itertools.pairwise(CUTOFFS):
            assert (found[f"{name}@{small}"] <= found[f"{name}@{large}"]).all()
