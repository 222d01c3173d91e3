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


class ReDialRecommender(nn.Module):
    """AutoRec: ``W₂ σ(W₁ x + b₁) + b₂`` with x the probability that the user likes each film mentioned, else 0.

    The original is first trained as an autoencoder of MovieLens ratings, which none of the other systems sees; here
    it learns from the dialogues alone. It gives its cross-entropy what a sigmoid has squashed; here that gets logits.
    Only the columns of the mentioned films are touched: x is never written out.
    """

    def __init__(self, config: ReDialConfig, sizes: Sizes) -> None:
        super().__init__()
        self.config, self.num_items = config, sizes.num_items
        scale = (6 / (sizes.num_items + config.hidden_size)) ** 0.5
        self.encoder = nn.Parameter(torch.empty(sizes.num_items, config.hidden_size).uniform_(-scale, scale))
        self.hidden_bias = nn.Parameter(torch.zeros(config.hidden_size))
        self.decoder = nn.Linear(config.hidden_size, sizes.num_items)

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
            per_sample_weights=contexts.mention_liked[items].to(self.encoder.dtype),
        )
        hidden = torch.sigmoid(summed + self.hidden_bias)
        hidden = nn.functional.dropout(hidden, self.config.dropout, self.training)
        scores: Tensor = self.decoder(hidden)
        return scores
