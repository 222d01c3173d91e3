"""What a step minimises: the plain loss, or the loss after adaptation (Algorithm 1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from ccrs.core.batch import Batch
from ccrs.core.protocols import AdaptableRecommender, OwnLoss
from ccrs.meta.adaptation import InnerRates, adapt, scores
from ccrs.training.losses import summed_cross_entropy, user_mean_weights


@dataclass(frozen=True)
class Loss:
    """A sum over samples (or users) and how many there were; their ratio is the mean that is minimised."""

    total: Tensor
    count: int


class Objective(Protocol):
    """Computes the loss of a batch."""

    def __call__(self, batch: Batch) -> Loss:
        """The loss of ``batch``."""
        ...


class PlainObjective:
    """Every sample alike."""

    def __init__(self, model: Callable[[Batch], Tensor]) -> None:
        self.model = model

    def __call__(self, batch: Batch) -> Loss:
        """Cross-entropy of the query samples, nobody adapted; or what the model defines as its loss."""
        if isinstance(self.model, OwnLoss):
            return Loss(self.model.loss(batch), batch.query.num_samples)
        return Loss(summed_cross_entropy(self.model(batch), batch.query), batch.query.num_samples)


class MetaObjective:
    """Query loss at the adapted parameters plus λ times the support loss at the common ones."""

    def __init__(
        self,
        model: AdaptableRecommender,
        rates: InnerRates,
        *,
        num_items: int,
        support_weight: float,
        average_users: bool = False,
    ) -> None:
        self.model, self.rates = model, rates
        self.num_items = num_items
        self.support_weight = support_weight
        self.average_users = average_users
        self.plain = PlainObjective(model)

    def __call__(self, batch: Batch) -> Loss:
        """Both losses of a batch of tasks; gradients reach all parameters and the inner rates.

        A batch without support is auxiliary: its loss is the plain one.
        """
        support = batch.support
        if support is None:  # auxiliary samples, for which nobody adapts
            return self.plain(batch)
        user_weights = self.model.item_table().new_full((batch.num_users,), self.support_weight)
        weights, count = None, batch.query.num_samples + support.num_samples
        if self.average_users:
            weights, count = user_mean_weights(batch.query, batch.num_users), batch.num_users
            samples = torch.bincount(support.users[support.sample_contexts], minlength=batch.num_users)
            user_weights = user_weights / samples.clamp(min=1)
        result = adapt(
            self.model,
            self.rates,
            batch,
            self.num_items,
            user_weights=user_weights if self.support_weight else None,
        )
        adapted = result.adapted
        vectors = self.model.user_vectors(adapted.rows, adapted.users, batch.query, batch)
        logits = scores(self.model, vectors, batch.query, batch, adapted)
        return Loss(summed_cross_entropy(logits, batch.query, weights) + result.loss, count)
