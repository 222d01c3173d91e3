"""The recommendation loss (Eq. 11): cross-entropy over all items."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ccrs.core.batch import Contexts


class _SummedCrossEntropy(torch.autograd.Function):
    """Σ over samples of weight · −log softmax(logits[context])[target], samples of a context sharing its row.

    The backward writes softmax − onehot once per context instead of once per sample.
    """

    @staticmethod
    def forward(ctx: Any, logits: Tensor, contexts: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
        log_shares = logits.log_softmax(dim=1)
        ctx.save_for_backward(log_shares, contexts, targets, weights)
        return -(log_shares[contexts, targets] * weights).sum()

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        log_shares, contexts, targets, weights = ctx.saved_tensors
        weights = weights * gradients[0]
        totals = log_shares.new_zeros(len(log_shares)).index_add(0, contexts, weights)
        residuals = log_shares.exp().mul_(totals[:, None])
        residuals.view(-1).index_add_(0, contexts * log_shares.shape[1] + targets, -weights)
        return residuals, None, None, None


def summed_cross_entropy(logits: Tensor, contexts: Contexts, weights: Tensor | None = None) -> Tensor:
    """The loss of all samples of ``contexts`` over their candidates, summed (with ``weights`` (samples,), weighted)."""
    if weights is None:
        weights = torch.ones(contexts.num_samples, dtype=logits.dtype, device=logits.device)
    loss = _SummedCrossEntropy.apply(  # type: ignore[no-untyped-call] # torch: apply()
        contexts.candidates(logits), contexts.sample_contexts, contexts.targets, weights
    )
    assert isinstance(loss, Tensor)  # noqa: S101 - apply() is untyped
    return loss


def user_mean_weights(contexts: Contexts, num_users: int) -> Tensor:
    """Sample weights that turn a sum into the sum over users of each user's mean: (samples,)."""
    owners = contexts.users[contexts.sample_contexts]
    counts = torch.bincount(owners, minlength=num_users)
    return 1.0 / counts[owners]
