"""Intervals and p-values by user: exact cases, known errors, coverage, and that clusters matter."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccrs.core.errors import CcrsError
from ccrs.evaluation import significance
from ccrs.evaluation.significance import interval, intervals, paired_difference, paired_differences


def clustered(generator: np.random.Generator, num_users: int, per_user: int) -> tuple[np.ndarray, np.ndarray]:
    """Values with mean 0 that share most of their variance within a user, and their users."""
    users = np.repeat(np.arange(num_users), per_user)
    taste = generator.normal(size=num_users)
    return taste[users] + 0.3 * generator.normal(size=len(users)), users


def test_mean_is_over_samples_not_over_users() -> None:
    found = interval(np.array([1.0, 1.0, 1.0, 0.0]), np.array([7, 7, 7, 2]))
    assert found.mean == 0.75


def test_two_users_by_hand() -> None:
    # Of two users drawn twice: both the first (1/4), both the second (1/4), one each (1/2). With
    # 3 samples of 1 and 1 of 0 the means are 1, 0 and 3/4.
    values, users = np.array([1.0, 1.0, 1.0, 0.0]), np.array([0, 0, 0, 1])
    found = interval(values, users, resamples=20_000)
    mean = (1 + 0 + 2 * 0.75) / 4
    error = math.sqrt((1 + 0 + 2 * 0.75**2) / 4 - mean**2)
    assert (found.low, found.high) == (0.0, 1.0)
    assert found.standard_error == pytest.approx(error, rel=0.02)


def test_standard_error_of_equal_clusters_is_that_of_the_user_means() -> None:
    values, users = clustered(np.random.default_rng(0), num_users=200, per_user=5)
    means = values.reshape(200, 5).mean(axis=1)
    found = interval(values, users, resamples=5000)
    error = means.std() / math.sqrt(200)
    assert found.mean == pytest.approx(means.mean())
    assert found.standard_error == pytest.approx(error, rel=0.05)
    assert found.low == pytest.approx(means.mean() - 1.96 * error, abs=0.2 * error)
    assert found.high == pytest.approx(means.mean() + 1.96 * error, abs=0.2 * error)


def test_unequal_clusters_have_the_error_of_a_ratio() -> None:
    generator = np.random.default_rng(1)
    counts = generator.integers(1, 40, size=300)
    users = np.repeat(np.arange(300), counts)
    values = (generator.random(len(users)) < generator.beta(1, 4, size=300)[users]).astype(float)
    residuals = np.bincount(users, weights=values - values.mean())
    linearised = math.sqrt((residuals**2).sum()) / len(users)  # Taylor series of a ratio estimator
    assert interval(values, users, resamples=4000).standard_error == pytest.approx(linearised, rel=0.06)


def test_doubled_samples_do_not_shrink_the_interval() -> None:
    values, users = clustered(np.random.default_rng(2), num_users=30, per_user=4)
    once = interval(values, users)
    often = interval(np.tile(values, 10), np.tile(users, 10))
    assert often.standard_error == pytest.approx(once.standard_error, rel=1e-9)
    assert (often.low, often.high) == pytest.approx((once.low, once.high), rel=1e-9)
    # Taken for independent samples they would: that is the fault the clusters keep out.
    naive = interval(np.tile(values, 10), np.arange(1200))
    assert naive.standard_error < 0.5 * once.standard_error


def test_coverage_and_that_ignoring_users_loses_it() -> None:
    generator = np.random.default_rng(3)
    covered = naive = 0
    trials = 200
    for trial in range(trials):
        values, users = clustered(generator, num_users=40, per_user=6)
        by_user = interval(values, users, resamples=400, seed=trial)
        by_sample = interval(values, np.arange(len(values)), resamples=400, seed=trial)
        covered += by_user.low <= 0.0 <= by_user.high
        naive += by_sample.low <= 0.0 <= by_sample.high
    assert 0.89 <= covered / trials <= 0.99
    assert naive / trials < 0.75


def test_level_widens_the_interval() -> None:
    values, users = clustered(np.random.default_rng(4), num_users=50, per_user=3)
    narrow, wide = interval(values, users, level=0.8), interval(values, users, level=0.99)
    assert wide.low < narrow.low < narrow.mean < narrow.high < wide.high
    assert wide.standard_error == narrow.standard_error


def test_metrics_together_equal_metrics_alone() -> None:
    generator = np.random.default_rng(5)
    users = generator.integers(20, size=100)
    columns = {"a": generator.random(100), "b": generator.random(100)}
    together = intervals(columns, users, seed=9)
    for name, column in columns.items():
        alone = interval(column, users, seed=9)
        assert together[name].mean == pytest.approx(alone.mean, rel=1e-12)
        assert together[name].low == pytest.approx(alone.low, rel=1e-12)
        assert together[name].standard_error == pytest.approx(alone.standard_error, rel=1e-9)


def test_chunks_cover_all_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    values, users = clustered(np.random.default_rng(6), num_users=25, per_user=4)
    whole = paired_difference(values, np.zeros_like(values), users, resamples=3000)
    monkeypatch.setattr(significance, "_CHUNK_CELLS", 25 * 7)  # 7 resamples at once, the last chunk smaller
    parts = paired_difference(values, np.zeros_like(values), users, resamples=3000)
    assert parts.interval.standard_error == pytest.approx(whole.interval.standard_error, rel=0.1)
    assert parts.p_value == pytest.approx(whole.p_value, abs=0.03)


def test_the_same_seed_gives_the_same_interval_and_another_another() -> None:
    values, users = clustered(np.random.default_rng(7), num_users=30, per_user=2)
    assert interval(values, users, seed=1) == interval(values, users, seed=1)
    assert interval(values, users, seed=1).low != interval(values, users, seed=2).low


@settings(max_examples=30, deadline=None)
@given(st.permutations(range(12)), st.integers(1, 10**6))
def test_order_of_samples_and_user_numbers_do_not_matter(order: list[int], shift: int) -> None:
    values = np.array([0, 1, 1, 0, 0, 1, 0, 0, 1, 1, 0, 1.0])
    users = np.array([0, 0, 1, 1, 1, 2, 3, 3, 3, 3, 4, 5])
    # Hits are 0 or 1, so sums are exact in any order.
    before = interval(values, users, resamples=100)
    assert interval(values[order], users[order] * 3 + shift, resamples=100) == before


def test_one_user_has_a_mean_but_no_interval() -> None:
    found = interval(np.array([1.0, 0.0]), np.array([3, 3]))
    assert found.mean == 0.5
    assert not found.is_known
    assert all(math.isnan(value) for value in (found.low, found.high, found.standard_error))
    assert paired_difference(np.array([1.0, 1.0]), np.array([0.0, 0.0]), np.array([3, 3])).p_value == 1.0


def test_empty_input_is_an_error() -> None:
    empty = np.array([])
    with pytest.raises(CcrsError, match="at least one sample"):
        interval(empty, np.array([], dtype=np.int64))
    with pytest.raises(CcrsError, match="at least one sample"):
        paired_difference(empty, empty, np.array([], dtype=np.int64))
    with pytest.raises(CcrsError, match="No metric"):
        intervals({}, np.array([1]))


def test_values_that_cannot_be_averaged() -> None:
    users = np.array([0, 1])
    with pytest.raises(CcrsError, match="not finite"):
        interval(np.array([1.0, math.nan]), users)
    with pytest.raises(CcrsError, match="shape"):
        interval(np.array([1.0]), users)
    with pytest.raises(CcrsError, match="shape"):
        paired_difference(np.array([1.0, 2.0]), np.array([1.0]), users)
    with pytest.raises(CcrsError, match="not the same"):
        paired_differences({"a": np.ones(2)}, {"b": np.ones(2)}, users)


@pytest.mark.parametrize("arguments", [{"resamples": 1}, {"level": 0.0}, {"level": 1.0}, {"level": 95}])
def test_arguments_that_make_no_interval(arguments: dict[str, float]) -> None:
    with pytest.raises(CcrsError):
        interval(np.ones(2), np.arange(2), **arguments)  # type: ignore[arg-type]


def test_difference_is_paired() -> None:
    # The two vary widely over users but b is always a little lower: only pairing can see it.
    generator = np.random.default_rng(8)
    a, users = clustered(generator, num_users=60, per_user=4)
    b = a - 0.05 + 0.02 * generator.normal(size=len(a))
    found = paired_difference(a, b, users)
    assert found.mean == pytest.approx(float((a - b).mean()))
    assert found.interval == interval(a - b, users)
    assert found.interval.low > 0
    assert interval(a, users).low < float(b.mean())
    assert found.p_value == pytest.approx(1 / 2001)


def test_p_value_by_hand() -> None:
    # User sums 3, 2, 1: of the 8 sign patterns only +++ and --- reach |6|, so p = 2/8. With 20000
    # draws the deviation of the estimate is .003.
    differences, users = np.array([1.0, 2.0, 2.0, 1.0]), np.array([0, 0, 1, 2])
    found = paired_difference(differences, np.zeros(4), users, resamples=20_000)
    assert found.p_value == pytest.approx(0.25, abs=0.012)


def test_p_value_flips_users_not_samples() -> None:
    # A thousand equal samples of three users are three observations: p is 1/4, not 0.
    users = np.repeat(np.arange(3), 1000)
    found = paired_difference(np.ones(3000), np.zeros(3000), users, resamples=4000)
    assert found.p_value == pytest.approx(0.25, abs=0.03)


def test_p_value_is_symmetric_and_never_zero() -> None:
    generator = np.random.default_rng(9)
    a, users = clustered(generator, num_users=20, per_user=3)
    b = a + generator.normal(size=len(a))
    assert paired_difference(a, b, users).p_value == paired_difference(b, a, users).p_value
    assert paired_difference(a + 100, a, users).p_value > 0


def test_equal_systems_are_not_significant() -> None:
    a = np.array([0.1, 0.7, 0.3])
    found = paired_difference(a, a, np.arange(3))
    assert (found.mean, found.interval.low, found.interval.high, found.p_value) == (0.0, 0.0, 0.0, 1.0)


def test_p_values_of_systems_without_difference_are_uniform() -> None:
    generator = np.random.default_rng(10)
    p_values = []
    for trial in range(200):
        values, users = clustered(generator, num_users=25, per_user=4)
        p_values.append(
            paired_difference(values, np.zeros_like(values), users, resamples=200, seed=trial).p_value
        )
    assert np.mean(np.array(p_values) <= 0.05) == pytest.approx(0.05, abs=0.04)
    assert np.mean(np.array(p_values) <= 0.5) == pytest.approx(0.5, abs=0.11)
