"""Positive numbers learned as logarithms: inner rates range over orders of magnitude."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class PositiveNumbers(nn.Module):
    """A vector of numbers that stay positive; one that starts at exactly 0 stays 0."""

    active: Tensor

    def __init__(self, start: Sequence[float], *, learned: bool) -> None:
        super().__init__()
        numbers = torch.tensor(start, dtype=torch.float64)
        # A rate of exactly 0 has no logarithm, so it is masked.
        self.register_buffer("active", (numbers > 0).float())
        logarithms = torch.where(numbers > 0, numbers, torch.ones_like(numbers)).log().float()
        self.logarithms = nn.Parameter(logarithms, requires_grad=learned)

    def values(self) -> Tensor:
        """The numbers, in the order they were given."""
        return self.logarithms.exp() * self.active
