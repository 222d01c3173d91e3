"""What a step of the responder minimises: token cross-entropy (Eq. 12), plain or after adaptation (Algorithm 1)."""

from __future__ import annotations

import torch
from torch import Tensor

from ccrs.core.protocols import OwnReplyLoss, ReplyModel
from ccrs.core.replies import ReplyBatch
from ccrs.meta.reply_adaptation import AdaptableResponder, ReplyRates, adapt_replies
from ccrs.training.objectives import Loss


class PlainReplyObjective:
    """Every reply alike. ``low_precision`` computes in bfloat16 where that is safe."""

    def __init__(self, model: ReplyModel, *, low_precision: bool) -> None:
        self.model, self.low_precision = model, low_precision

    def __call__(self, batch: ReplyBatch) -> Loss:
        """Cross-entropy of all real tokens; or what the model defines as its loss."""
        with torch.autocast(batch.vectors.device.type, torch.bfloat16, enabled=self.low_precision):
            if isinstance(self.model, OwnReplyLoss):
                return Loss(self.model.loss(batch), num_tokens(batch))
            losses = self.model(batch)
        return Loss((losses * batch.token_weights).sum(), num_tokens(batch))


class MetaReplyObjective:
    """Loss of the query at the adapted parameters plus λ times that of the support at the common ones."""

    def __init__(
        self, model: AdaptableResponder, rates: ReplyRates, *, support_weight: float, low_precision: bool
    ) -> None:
        self.model, self.rates = model, rates
        self.support_weight, self.low_precision = support_weight, low_precision

    def __call__(self, batch: ReplyBatch) -> Loss:
        """Both losses of a batch of tasks; gradients reach all parameters and the inner rates."""
        if batch.support is None:
            raise ValueError("The batch has no support; build it with ReplyBatchBuilder.adapting.")
        with torch.autocast(batch.vectors.device.type, torch.bfloat16, enabled=self.low_precision):
            adapted = adapt_replies(self.model, self.rates, batch, with_loss=self.support_weight > 0)
            total: Tensor = adapted.loss * self.support_weight
            if len(batch.target_ids):
                total = total + (self.model(batch, adapted.inner) * batch.token_weights).sum()
        return Loss(total, num_tokens(batch) + num_tokens(batch.support))


def num_tokens(batch: ReplyBatch) -> int:
    """How many real tokens a batch has to predict."""
    return int(batch.target_mask.sum())
