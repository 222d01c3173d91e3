"""One inner step of the responder out of gradients that were computed dialogue by dialogue.

The gradient of a summed support loss at the common parameters is the sum of its dialogues' gradients. A live system
computes that of a dialogue once, when it ends; to adapt is then to add up (the same numbers as ``adapt_replies``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ccrs.core.replies import ReplyBatch
from ccrs.meta.reply_adaptation import STYLES, AdaptableResponder, Inner, ReplyRates


@dataclass(frozen=True)
class ReplyGradient:
    """The gradient of the summed loss of some replies by the inner parameters, and how many tokens they have."""

    values: dict[str, Tensor]
    num_tokens: int


def reply_gradient(model: AdaptableResponder, replies: ReplyBatch) -> ReplyGradient:
    """The gradient of one user's ``replies`` at the common parameters."""
    start = {
        name: value.detach().clone()[None].requires_grad_()
        for name, value in model.inner_parameters().items()
    }
    with torch.enable_grad():
        loss = (model(replies, start) * replies.token_weights).sum()
        found = torch.autograd.grad(loss, list(start.values()), allow_unused=True)
    values = {
        name: torch.zeros_like(own[0]) if gradient is None else gradient[0]
        for (name, own), gradient in zip(start.items(), found, strict=True)
    }
    return ReplyGradient(values, int(replies.target_mask.sum()))


def stepped(model: AdaptableResponder, rates: ReplyRates, gradients: Sequence[ReplyGradient]) -> Inner:
    """The inner parameters of one user, (1, ...) each, after one step along the sum of ``gradients``."""
    with torch.no_grad():
        layer_rate, style_rate, half = rates.values().unbind()
        damping = half / (sum(gradient.num_tokens for gradient in gradients) + half)
        return {
            name: (
                own - (style_rate if name == STYLES else layer_rate) * damping * _sum(own, name, gradients)
            ).detach()[None]
            for name, own in model.inner_parameters().items()
        }


def _sum(own: Tensor, name: str, gradients: Sequence[ReplyGradient]) -> Tensor:
    total = torch.zeros_like(own)
    for gradient in gradients:
        total += gradient.values[name]
    return total
