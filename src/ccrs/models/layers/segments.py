"""Sums and softmax over the segments of a flat tensor (a ragged batch's rows)."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def segment_sum(values: Tensor, segments: Tensor, num_segments: int) -> Tensor:
    """Sum of the ``values`` (n, ...) of each segment: (segments, ...)."""
    return values.new_zeros(num_segments, *values.shape[1:]).index_add(0, segments, values)


def rows_at(values: Tensor, index: Tensor) -> Tensor:
    """The rows ``index`` (n,) of ``values`` (rows, d): (n, d). Differentiable twice.

    The gradient of ``embedding`` is several times as fast as that of ``index_select``; without any index its own
    gradient fails.
    """
    return nn.functional.embedding(index, values) if len(index) else values.index_select(0, index)


def segment_softmax(logits: Tensor, segments: Tensor, num_segments: int) -> Tensor:
    """Softmax of ``logits`` (n, heads) within each segment, per head.

    Differentiable twice. The maximum is taken out first, so that no logit overflows.
    """
    with torch.no_grad():
        index = segments[:, None].expand_as(logits)
        peak = logits.new_full((num_segments, logits.shape[1]), -torch.inf)
        peak = peak.scatter_reduce(0, index, logits, "amax")
    weights = (logits - peak.index_select(0, segments)).exp()
    total = segment_sum(weights, segments, num_segments)
    return weights / total.index_select(0, segments)


def ragged_places(offsets: Tensor, rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Where the values of chosen ``rows`` lie in a ragged array, one row after the other.

    Row ``i`` has the places ``offsets[i]:offsets[i + 1]``. Returns the places (values,), where each row's begin among
    them (rows,), and how many each has (rows,).
    """
    starts = offsets.index_select(0, rows)
    lengths = offsets.index_select(0, rows + 1) - starts
    firsts = lengths.cumsum(0) - lengths
    places = torch.repeat_interleave(starts - firsts, lengths)
    return places + torch.arange(len(places), device=places.device), firsts, lengths


def dropout(values: Tensor, rate: float) -> Tensor:
    """Inverted dropout with the rate rounded to a 256th: eight entries share one draw of 64 bits."""
    cut = round(rate * 256)
    number = values.numel()
    bits = torch.empty(-(-number // 8), dtype=torch.int64, device=values.device).random_(-(2**63), None)
    kept = bits.view(torch.uint8)[:number].view_as(values) >= cut
    return values * (kept * (256 / (256 - cut)))
