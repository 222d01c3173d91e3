"""Which reply comes next: a small dual encoder that scores replies against a context.

A context becomes three weighted means of its token embeddings: of what the seeker said, of what the
recommender said, and of the last turn. A token's weight is a softmax over a learned importance of the token and
a learned importance of its distance from the end, per speaker. A reply is one such mean, without distances. Each goes
through two layers, and the score is the cosine of the two vectors times a learned scale, as in a dual
encoder trained on random negatives. There is no recurrence, so replies can be encoded once and kept.
"""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from ccrs.core.config import StrictConfig

NUM_VIEWS = 3  # the seeker's words, the recommender's, the last turn


class SelectorConfig(StrictConfig):
    """Sizes of the selector."""

    embedding_size: int = Field(128, ge=1)
    hidden_size: int = Field(256, ge=1)
    vector_size: int = Field(128, ge=1)
    """Size of the vectors whose cosine is the score."""
    max_distance: int = Field(128, ge=1)
    """Tokens farther from the end than this share one learned importance."""
    dropout: float = Field(0.2, ge=0, lt=1)
    initial_scale: float = Field(10.0, gt=0)
    """The cosine is multiplied by this before training; it is learned."""
    recommender_size: int = Field(0, ge=0)
    """Size d of the recommender's vectors that are added to the context; 0: none are given."""


class ReplySelector(nn.Module):
    """Scores replies against contexts.

    ``seeker_id`` and ``recommender_id`` are the special tokens that begin a turn; words before the first of
    them count as the seeker's.
    """

    def __init__(
        self, config: SelectorConfig, *, num_tokens: int, seeker_id: int, recommender_id: int
    ) -> None:
        super().__init__()
        self.config, self.seeker_id, self.recommender_id = config, seeker_id, recommender_id
        size = config.embedding_size
        self.embeddings = nn.Embedding(num_tokens, size)
        nn.init.normal_(self.embeddings.weight, std=size**-0.5)
        self.context_importance = nn.Parameter(torch.zeros(num_tokens, 1))
        self.reply_importance = nn.Parameter(torch.zeros(num_tokens, 1))
        ages = torch.arange(config.max_distance)[:, None] / config.max_distance
        self.distance_importance = nn.Parameter((-2.0 * ages).repeat(1, NUM_VIEWS))  # recent words first
        self.context_layers = _layers(NUM_VIEWS * size, config)
        self.reply_layers = _layers(size, config)
        self.from_recommender = (
            nn.Linear(config.recommender_size, config.vector_size, bias=False)
            if config.recommender_size
            else None
        )
        self.log_scale = nn.Parameter(torch.tensor(config.initial_scale).log())

    def encode_contexts(self, ids: Tensor, mask: Tensor, vectors: Tensor | None = None) -> Tensor:
        """Unit vectors of contexts, (contexts, vector size).

        ``ids`` and ``mask`` (contexts, length), padded on either side; ``vectors`` (contexts, d) are the
        recommender's, needed if and only if ``recommender_size`` is set. Raises ``ValueError`` otherwise.
        """
        if (vectors is None) != (self.from_recommender is None):
            raise ValueError(
                "recommender_size and the recommender's vectors go together; give both or neither."
            )
        views = self._views(ids, mask)
        distances = mask.flip(1).cumsum(1).flip(1) - mask.long()  # tokens after this one
        distances = distances.clamp(max=self.config.max_distance - 1)
        # Looked up as embeddings: the gradient of plain indexing is far slower.
        importance = functional.embedding(ids, self.context_importance)  # (contexts, length, 1)
        importance = importance + functional.embedding(distances, self.distance_importance)
        means = _weights(importance.transpose(1, 2), views) @ self.embeddings(
            ids
        )  # (contexts, views, embedding)
        encoded: Tensor = self.context_layers(means.flatten(1))
        if self.from_recommender is not None:
            encoded = encoded + self.from_recommender(vectors)
        return functional.normalize(encoded, dim=-1)

    def encode_replies(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Unit vectors of replies, (replies, vector size), from ``ids`` and ``mask`` (replies, length)."""
        importance = functional.embedding(ids, self.reply_importance).transpose(1, 2)  # (replies, 1, length)
        means = (_weights(importance, mask[:, None]) @ self.embeddings(ids)).squeeze(1)
        return functional.normalize(self.reply_layers(means), dim=-1)

    def score(self, contexts: Tensor, replies: Tensor) -> Tensor:
        """Scores of all replies for all contexts, (contexts, replies), from their unit vectors."""
        return self.log_scale.exp() * contexts @ replies.T

    def forward(
        self,
        context_ids: Tensor,
        context_mask: Tensor,
        reply_ids: Tensor,
        reply_mask: Tensor,
        vectors: Tensor | None = None,
    ) -> Tensor:
        """Scores of every reply for every context: (contexts, replies)."""
        contexts = self.encode_contexts(context_ids, context_mask, vectors)
        return self.score(contexts, self.encode_replies(reply_ids, reply_mask))

    def score_pairs(
        self,
        context_ids: Tensor,
        context_mask: Tensor,
        reply_ids: Tensor,
        reply_mask: Tensor,
        vectors: Tensor | None = None,
    ) -> Tensor:
        """The score of reply i for context i: (pairs,)."""
        contexts = self.encode_contexts(context_ids, context_mask, vectors)
        return self.log_scale.exp() * (contexts * self.encode_replies(reply_ids, reply_mask)).sum(-1)

    def _views(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Which tokens each view holds: (contexts, views, length)."""
        position = torch.arange(ids.shape[1], device=ids.device).expand_as(ids)
        starts = ((ids == self.seeker_id) | (ids == self.recommender_id)) & mask
        latest = torch.where(starts, position, -1).cummax(1).values  # where the token's turn began
        speaker = ids.gather(1, latest.clamp(min=0))
        by_recommender = (latest >= 0) & (speaker == self.recommender_id)
        last_turn = latest == latest[:, -1:]
        return torch.stack([mask & ~by_recommender, mask & by_recommender, mask & last_turn], dim=1)


def _layers(size: int, config: SelectorConfig) -> nn.Sequential:
    return nn.Sequential(
        nn.Dropout(config.dropout),
        nn.Linear(size, config.hidden_size),
        nn.GELU(),
        nn.Dropout(config.dropout),
        nn.Linear(config.hidden_size, config.vector_size),
    )


def _weights(importance: Tensor, mask: Tensor) -> Tensor:
    """Softmax of ``importance`` over the last axis where ``mask`` holds; zeros where it never does."""
    masked = importance.masked_fill(~mask, torch.finfo(importance.dtype).min)
    return masked.softmax(-1) * mask
