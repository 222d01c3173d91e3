"""Additional logits for some tokens only: the copy head of KGSF and RevCore."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class CopyHead(nn.Module):
    """``W₂ (W₁ [s_1; ...; s_n; state] + b₁) + b₂`` on the logits of ``tokens`` (tokens,), nothing on the others.

    Only the rows of W₂ that are used exist. What the sources s of a reply add does not depend on the step: it is
    computed once a reply (``told``).
    """

    tokens: Tensor

    def __init__(self, width: int, num_sources: int, tokens: Tensor) -> None:
        super().__init__()
        self.sources = nn.Linear(num_sources * width, width)  # the part of W₁ that sees the sources, and b₁
        self.state = nn.Linear(width, width, bias=False)  # the part that sees the state
        self.words = nn.Linear(width, len(tokens))
        self.register_buffer("tokens", tokens, persistent=False)

    def told(self, *sources: Tensor) -> Tensor:
        """What the sources (rows, width) of each reply add: (rows, width)."""
        told: Tensor = self.sources(torch.cat(sources, dim=1))
        return told

    def forward(self, logits: Tensor, states: Tensor, told: Tensor) -> Tensor:
        """``logits`` (n, vocabulary) with the copied ones added, of ``states`` (n, width) and ``told`` (n, width)."""
        copied = self.words(told.to(states.dtype) + self.state(states))
        return logits.index_add(1, self.tokens, copied.to(logits.dtype))
