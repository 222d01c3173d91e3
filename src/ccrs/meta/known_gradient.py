"""A loss whose gradient has been computed already, handed on to a later backward."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor


def with_known_gradient(
    value: Tensor, gradients: Sequence[Tensor | None], parameters: Sequence[Tensor]
) -> Tensor:
    """``value``, whose backward gives ``gradients`` to ``parameters`` (scaled by what comes from above)."""
    # torch leaves ``apply`` untyped.
    found: Tensor = _Known.apply(value, list(gradients), *parameters)  # type: ignore[no-untyped-call]
    return found


class _Known(torch.autograd.Function):
    """A number whose gradient by ``parameters`` has been computed already."""

    @staticmethod
    def forward(ctx: Any, value: Tensor, gradients: list[Tensor | None], *parameters: Tensor) -> Tensor:
        ctx.gradients = gradients
        return value.clone()

    @staticmethod
    def backward(ctx: Any, *outer: Tensor) -> tuple[Tensor | None, ...]:
        scaled = [None if gradient is None else gradient.mul_(outer[0]) for gradient in ctx.gradients]
        return (None, None, *scaled)
