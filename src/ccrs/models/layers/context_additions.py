"""What CCRS+ and KBRD+ add to a context beside its entities: words, who spoke, item prior, co-occurrence."""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor, nn

from ccrs.core.batch import Contexts
from ccrs.core.config import StrictConfig
from ccrs.models.layers.segments import dropout, rows_at


class ContextAdditionsConfig(StrictConfig):
    """Additions that any model of entities in a context can have; all off is the model as published."""

    item_prior: bool = False
    """Add a learned multiple of the log popularity of items in training."""
    cooccurrence: bool = False
    """Add a learned weight of items named beside the context's items in training dialogues."""
    words: bool = False
    """Add the mean embedding of the context's words to the user vector."""
    seeker_targets: bool = False
    """Learn from what seekers name next as well, told apart by a vector of its own."""
    speaker: bool = False
    """Tell whether the user or the recommender named an entity."""
    row_dropout: float = Field(0.0, ge=0, lt=1)
    """Dropout on entity rows."""
    vector_dropout: float = Field(0.0, ge=0, lt=1)
    """Dropout on the user vector."""


class ContextAdditions(nn.Module):
    """The parameters of the additions; those of a switched-off one stay as they are (and cost nothing).

    ``popularity`` (items,) holds how often each item was recommended in training.
    """

    log_popularity: Tensor

    def __init__(
        self,
        config: ContextAdditionsConfig,
        popularity: Tensor,
        *,
        size: int,
        num_words: int,
        num_features: int,
        initial_scale: float,
    ) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("log_popularity", popularity.float().log1p())
        self.prior_weight = nn.Parameter(torch.full((), 0.5 if config.item_prior else 0.0))
        self.together_weight = nn.Parameter(torch.full((num_features,), 0.1))
        self.words = nn.Parameter(torch.randn(num_words if config.words else 1, size) * initial_scale)
        self.speaker = nn.Parameter(torch.zeros(2, size))
        self.seeker_role = nn.Parameter(torch.zeros(size))
        for used, parameter in (
            (config.item_prior, self.prior_weight),
            (config.cooccurrence, self.together_weight),
            (config.words, self.words),
            (config.speaker, self.speaker),
            (config.seeker_targets, self.seeker_role),
        ):
            parameter.requires_grad_(used)

    def to_mentions(self, encoded: Tensor, contexts: Contexts) -> Tensor:
        """The encoded mentions (mentions, d) with who named each."""
        if not self.config.speaker:
            return encoded
        return encoded + rows_at(self.speaker, contexts.mention_by_seeker.long())

    def to_vectors(self, vectors: Tensor, contexts: Contexts) -> Tensor:
        """The user vectors (contexts, d) with the words of the context and whose next item is asked for."""
        if self.config.words:
            vectors = vectors + self._mean_words(contexts)
        return vectors + self.seeker_role if contexts.for_seeker else vectors

    def to_bias(self, bias: Tensor) -> Tensor:
        """What is added to every context's logits: the model's own ``bias`` (items,) and the prior."""
        if not self.config.item_prior:
            return bias
        return bias + self.prior_weight * self.log_popularity

    def together_logits(self, contexts: Contexts) -> Tensor:
        """What co-occurrence adds to each (context, item) of ``contexts.together``: (pairs,), none without it."""
        if not self.config.cooccurrence:
            return self.together_weight.new_zeros(0)
        return contexts.together_weights @ self.together_weight

    def dropped(self, values: Tensor, rate: float) -> Tensor:
        """``values`` with dropout in training."""
        return dropout(values, rate) if rate and self.training else values

    def _mean_words(self, contexts: Contexts) -> Tensor:
        """Sum of word embeddings over the root of their number: (contexts, d)."""
        count = torch.bincount(contexts.word_contexts, minlength=contexts.num_contexts)
        weights = count.clamp(min=1).to(self.words.dtype).rsqrt().index_select(0, contexts.word_contexts)
        weights = self.dropped(weights, self.config.row_dropout)  # whole words
        return nn.functional.embedding_bag(
            contexts.words, self.words, count.cumsum(0) - count, mode="sum", per_sample_weights=weights
        )
