"""ReDial's recommender (Li et al. 2018): an autoencoder of the films mentioned, each as liked as it sounds."""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor, nn

from ccrs.core.batch import Batch
from ccrs.core.config import StrictConfig
from ccrs.core.errors import CcrsError
from ccrs.models.sizes import Sizes


class ReDialConfig(StrictConfig):
    """Size of the hidden layer, as published."""

    hidden_size: int = Field(1000, ge=1)
    dropout: float = Field(0.0, ge=0, lt=1)
    """On the hidden layer; none in the original."""
    initial_scale: float = Field(0.016, gt=0)
    """Standard deviation of the first layer's rows before training; by default about the original's."""


class ReDialRecommender(nn.Module):
    """AutoRec: ``W₂ σ(W₁ x + b₁) + b₂`` with x the probability that the user likes each film mentioned, else 0.

    A film mentioned with dislike stands between one that is liked and one that nobody spoke of. Entities that are no
    items are not read.

    The original is first trained to reconstruct ratings of MovieLens, which none of the other systems sees, and of the
    dialogues; that is left out, and it learns what recommenders name next from the start. The original gives its
    cross-entropy what a sigmoid has squashed; here that gets logits. x is never written out: only the rows of the
    mentioned films are read and moved.
    """

    def __init__(self, config: ReDialConfig, sizes: Sizes) -> None:
        super().__init__()
        self.config, self.num_items = config, sizes.num_items
        rows = torch.randn(sizes.num_items, config.hidden_size) * config.initial_scale
        self.encoder = nn.Parameter(rows)
        self.hidden_bias = nn.Parameter(torch.zeros(config.hidden_size))
        self.decoder = nn.Linear(config.hidden_size, sizes.num_items)

    def sparse_parameters(self) -> list[nn.Parameter]:
        """The first layer: a step touches the rows of the films mentioned in it."""
        return [self.encoder]

    def forward(self, batch: Batch) -> Tensor:
        """Logits of all items for the query contexts: (contexts, items)."""
        contexts = batch.query
        if contexts.mention_liked is None:
            raise CcrsError(
                "The batch does not say how liked a mention sounds. Build it with Reads(sentiment=True)."
            )
        entities = batch.mention_entities(contexts)
        items = entities < self.num_items
        owners = contexts.mention_contexts[items]
        counts = torch.bincount(owners, minlength=contexts.num_contexts)
        summed = nn.functional.embedding_bag(
            entities[items],
            self.encoder,
            counts.cumsum(0) - counts,
            mode="sum",
            sparse=True,
            per_sample_weights=contexts.mention_liked[items].to(self.encoder.dtype),
        )
        hidden = torch.sigmoid(summed + self.hidden_bias)
        hidden = nn.functional.dropout(hidden, self.config.dropout, self.training)
        scores: Tensor = self.decoder(hidden)
        return scores
