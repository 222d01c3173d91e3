"""Intervals and tests that know that the samples of one user are not independent.

Samples come in clusters: one user gives many, and they resemble each other. So whole users are
resampled (cluster bootstrap) and whole users are flipped (paired permutation), never samples. The
mean is over samples, a ratio of two sums over users, and both sums are resampled together.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ccrs.core.errors import CcrsError
from ccrs.core.samples import IntArray

FloatArray = npt.NDArray[np.float64]

RESAMPLES: Final[int] = 2000
_CHUNK_CELLS: Final[int] = 2_000_000  # resamples x users held at once: bounds memory at some 50 MB


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over samples with its percentile interval and bootstrap standard error.

    ``low``, ``high`` and ``standard_error`` are NaN where there is only one user: one cluster says
    nothing about how users differ.
    """

    mean: float
    low: float
    high: float
    standard_error: float

    @property
    def is_known(self) -> bool:
        """Whether there were enough users (two) for an interval."""
        return not math.isnan(self.standard_error)


@dataclass(frozen=True, slots=True)
class Difference:
    """The mean of ``a - b`` with its interval, and the two-sided p-value of the permutation test."""

    interval: Interval
    p_value: float

    @property
    def mean(self) -> float:
        """Mean of ``a - b`` over the samples."""
        return self.interval.mean


def interval(
    values: FloatArray, users: IntArray, *, resamples: int = RESAMPLES, seed: int = 0, level: float = 0.95
) -> Interval:
    """Mean of ``values`` (samples,) with an interval from resampling ``users`` (samples,).

    Raises ``CcrsError`` on no samples, values that are not finite or arguments that do not fit.
    """
    return intervals({"values": values}, users, resamples=resamples, seed=seed, level=level)["values"]


def intervals(
    values: Mapping[str, FloatArray],
    users: IntArray,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
    level: float = 0.95,
) -> dict[str, Interval]:
    """``interval`` of many metrics of the same samples at once; all share the same resamples."""
    _check_arguments(resamples, level)
    sums, counts = _user_totals(_matrix(values, users), users)
    means = sums.sum(axis=0) / counts.sum()  # (metrics)
    if len(counts) == 1:
        return {
            name: Interval(float(mean), math.nan, math.nan, math.nan)
            for name, mean in zip(values, means, strict=True)
        }
    resampled = _resampled_means(sums, counts, resamples, seed)  # (resamples, metrics)
    tail = (1.0 - level) / 2.0
    lows, highs = np.quantile(resampled, [tail, 1.0 - tail], axis=0)
    errors = resampled.std(axis=0, ddof=1)
    columns = zip(values, means, lows, highs, errors, strict=True)
    return {name: Interval(*(float(number) for number in numbers)) for name, *numbers in columns}


def paired_difference(
    a: FloatArray,
    b: FloatArray,
    users: IntArray,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
    level: float = 0.95,
) -> Difference:
    """Mean of ``a - b`` over the same samples (samples,), resampled and flipped by user.

    Raises ``CcrsError`` as ``interval`` does.
    """
    return paired_differences(
        {"values": a}, {"values": b}, users, resamples=resamples, seed=seed, level=level
    )["values"]


def paired_differences(
    a: Mapping[str, FloatArray],
    b: Mapping[str, FloatArray],
    users: IntArray,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
    level: float = 0.95,
) -> dict[str, Difference]:
    """``paired_difference`` of many metrics at once; ``a`` and ``b`` have the same keys."""
    if a.keys() != b.keys():
        raise CcrsError(f"Metrics {sorted(a)} and {sorted(b)} are not the same. Compute both sides alike.")
    for side in (a, b):  # each on its own: broadcasting would hide a wrong shape
        _matrix(side, users)
    differences = {name: np.asarray(a[name], np.float64) - np.asarray(b[name], np.float64) for name in a}
    found = intervals(differences, users, resamples=resamples, seed=seed, level=level)
    p_values = _flip_p_values(_user_totals(_matrix(differences, users), users)[0], resamples, seed)
    return {name: Difference(found[name], float(p)) for name, p in zip(differences, p_values, strict=True)}


def _check_arguments(resamples: int, level: float) -> None:
    """Raise ``CcrsError`` for a number of resamples or a level that makes no interval."""
    if resamples < 2:
        raise CcrsError(f"resamples is {resamples}. Pass 2 or more; 2000 is usual.")
    if not 0.0 < level < 1.0:
        raise CcrsError(f"level is {level}. Pass a number between 0 and 1, such as 0.95.")


def _matrix(values: Mapping[str, FloatArray], users: IntArray) -> FloatArray:
    """The metrics side by side, (samples, metrics), checked against ``users``."""
    users = np.asarray(users)
    if not values:
        raise CcrsError("No metric was passed. Pass at least one vector of values.")
    if users.ndim != 1 or users.size == 0:
        raise CcrsError(f"Users of shape {users.shape}. Pass a vector with at least one sample.")
    for name, column in values.items():
        if np.shape(column) != users.shape:
            raise CcrsError(
                f"{name}: shape {np.shape(column)}, users {users.shape}. Pass one user per value."
            )
        if not np.isfinite(column).all():
            raise CcrsError(f"{name}: holds values that are not finite. Leave out or mend those samples.")
    return np.stack([np.asarray(column, dtype=np.float64) for column in values.values()], axis=1)


def _user_totals(values: FloatArray, users: IntArray) -> tuple[FloatArray, FloatArray]:
    """Sums (users, metrics) and numbers of samples (users,) of each user that occurs."""
    _, owner = np.unique(users, return_inverse=True)
    counts = np.bincount(owner).astype(np.float64)
    return np.stack([np.bincount(owner, weights=column) for column in values.T], axis=1), counts


def _chunks(resamples: int, num_users: int) -> list[int]:
    """Sizes of the chunks in which resamples are drawn."""
    size = max(1, _CHUNK_CELLS // num_users)
    return [min(size, resamples - start) for start in range(0, resamples, size)]


def _resampled_means(sums: FloatArray, counts: FloatArray, resamples: int, seed: int) -> FloatArray:
    """Means over samples when as many users are drawn with replacement, (resamples, metrics)."""
    generator = np.random.default_rng(seed)
    num_users = len(counts)
    totals = np.concatenate([sums, counts[:, None]], axis=1)  # (users, metrics + 1)
    parts: list[FloatArray] = []
    for size in _chunks(resamples, num_users):
        draws = generator.integers(num_users, size=(size, num_users), dtype=np.int64)
        draws += np.arange(size, dtype=np.int64)[:, None] * num_users
        # How often each user was drawn: multinomial weights, (size, users).
        weights = np.bincount(draws.reshape(-1), minlength=size * num_users).reshape(size, num_users)
        drawn = weights.astype(np.float64) @ totals  # (size, metrics + 1)
        parts.append(drawn[:, :-1] / drawn[:, -1:])
    return np.concatenate(parts)


def _flip_p_values(sums: FloatArray, resamples: int, seed: int) -> FloatArray:
    """Two-sided p-values (metrics,) of summed differences ``sums`` (users, metrics).

    If a and b were exchangeable, each user's difference could as well have the other sign. The
    observed assignment counts as one of the draws, so p is never 0.
    """
    generator = np.random.default_rng([seed, 1])  # a stream apart from the bootstrap's
    # Sums that are equal but for rounding are as extreme as the observed one.
    threshold = np.abs(sums.sum(axis=0)) - 1e-9 * np.abs(sums).sum(axis=0)
    extreme = np.zeros(sums.shape[1], dtype=np.int64)
    for size in _chunks(resamples, len(sums)):
        signs = generator.integers(2, size=(size, len(sums)), dtype=np.int8) * 2.0 - 1.0
        extreme += (np.abs(signs @ sums) >= threshold).sum(axis=0)
    return np.asarray((extreme + 1.0) / (resamples + 1.0), dtype=np.float64)
