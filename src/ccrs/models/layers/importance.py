"""Importance of the mentions of a context: a softmax over scores of each (Eq. 7 and 8)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ccrs.models.layers.segments import segment_softmax


class Importance(nn.Module):
    """``Softmax(w₂ᵀ tanh(W₁ X))`` within each context; the same form serves turns and entities."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(size, size, bias=False)  # W₁
        self.score = nn.Linear(size, 1, bias=False)  # w₂

    def forward(self, values: Tensor, contexts: Tensor, num_contexts: int) -> Tensor:
        """The weight of each of ``values`` (mentions, size) in its context: (mentions,)."""
        return segment_softmax(self.scores(values), contexts, num_contexts)[:, 0]

    def scores(self, values: Tensor) -> Tensor:
        """The score of each of ``values`` before the softmax: (values, 1)."""
        scores: Tensor = self.score(torch.tanh(self.hidden(values)))
        return scores
