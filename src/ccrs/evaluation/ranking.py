"""Recommendation metrics from the rank of the target among **all** items.

Every sample has one target, so HR@k equals Recall@k, MRR@k is 1/rank inside k and NDCG@k is
1/log2(rank + 1) inside k.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ccrs.core.errors import CcrsError
from ccrs.core.samples import IntArray

FloatArray = npt.NDArray[np.float64]

CUTOFFS: Final[tuple[int, ...]] = (1, 10, 50)
"""The k of every metric@k."""

METRICS: Final[tuple[str, ...]] = tuple(f"{name}@{k}" for k in CUTOFFS for name in ("hr", "mrr", "ndcg"))
"""Names of the metrics, as keys of ``per_sample`` and of the report."""

MISS: Final[int] = 2**62
"""The rank to give a target that is not in the catalogue: a miss at every k."""


def target_ranks(scores: Tensor, targets: Tensor) -> Tensor:
    """The 1-based rank of each sample's target; ties count against the model.

    The rank is the number of items that score at least as high as the target, itself included, so
    a model that gives every item the same score ranks its target last.

    Args:
        scores: (samples, items), higher is better; infinities are allowed, NaN is not.
        targets: (samples,) integer item indices.

    Returns:
        (samples,) int64 on the device of ``scores``.

    Raises:
        CcrsError: shapes do not fit, a target is no item, or a score is NaN.
    """
    if scores.dim() != 2 or targets.shape != scores.shape[:1]:
        raise CcrsError(
            f"Scores of shape {tuple(scores.shape)} and targets of shape {tuple(targets.shape)} do not fit. "
            "Pass scores (samples, items) and targets (samples,)."
        )
    if targets.is_floating_point() or targets.is_complex() or targets.dtype == torch.bool:
        raise CcrsError(f"Targets are {targets.dtype}. Pass integer item indices.")
    targets = targets.to(device=scores.device, dtype=torch.int64)
    outside = (targets < 0) | (targets >= scores.shape[1])
    if bool(outside.any()):
        sample = int(outside.nonzero()[0])
        raise CcrsError(
            f"Target {int(targets[sample])} of sample {sample} is not among the {scores.shape[1]} items. "
            "Give samples whose target is outside the catalogue the rank MISS instead of scoring them."
        )
    broken = scores.isnan().any(dim=1)
    if bool(broken.any()):
        raise CcrsError(
            f"Scores of {int(broken.sum())} sample(s) hold NaN, first of sample {int(broken.nonzero()[0])}. "
            "A NaN has no rank: check the model's weights and inputs."
        )
    own = scores.gather(1, targets.unsqueeze(1))  # (samples, 1)
    return (scores >= own).sum(dim=1)


def per_sample(ranks: IntArray, cutoffs: Sequence[int] = CUTOFFS) -> dict[str, FloatArray]:
    """HR, MRR and NDCG of every sample at every cutoff, in [0, 1].

    Args:
        ranks: (samples,) 1-based integer ranks; any rank above a cutoff is a miss there.
        cutoffs: the k, each at least 1.

    Returns:
        ``{"hr@1": (samples,), "mrr@1": ..., "ndcg@1": ..., "hr@10": ...}``.

    Raises:
        CcrsError: ranks are not a vector of integers from 1, or a cutoff is below 1.
    """
    ranks = checked_ranks(ranks)
    if any(k < 1 for k in cutoffs):
        raise CcrsError(f"Cutoffs {list(cutoffs)} are not all 1 or more. Pass k >= 1.")
    reciprocal = 1.0 / ranks
    discount = 1.0 / np.log2(ranks + 1.0)
    result: dict[str, FloatArray] = {}
    for k in cutoffs:
        hits = (ranks <= k).astype(np.float64)
        result[f"hr@{k}"] = hits
        result[f"mrr@{k}"] = hits * reciprocal
        result[f"ndcg@{k}"] = hits * discount
    return result


def checked_ranks(ranks: IntArray) -> IntArray:
    """``ranks`` as int64 (samples,); raises ``CcrsError`` when they are not integers from 1."""
    ranks = np.asarray(ranks)
    if ranks.ndim != 1 or (ranks.size and not np.issubdtype(ranks.dtype, np.integer)):
        raise CcrsError(f"Ranks of type {ranks.dtype} and shape {ranks.shape}. Pass a vector of integers.")
    if ranks.size and ranks.min() < 1:
        raise CcrsError(f"Rank {ranks.min()} found at sample {ranks.argmin()}. Ranks start at 1.")
    return ranks.astype(np.int64)
