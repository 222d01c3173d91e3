"""What one room expects of another without knowing it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol, Self, runtime_checkable

import torch
from torch import Tensor, nn

from ccrs.core.batch import Batch, Contexts, History
from ccrs.core.config import StrictConfig
from ccrs.core.dialogue import Mention
from ccrs.core.replies import ReplyBatch


class EntityLinker(Protocol):
    """Finds the entities named in a text."""

    def link(self, text: str) -> tuple[Mention, ...]:
        """Mentions in the order of the text, not overlapping."""
        ...


@runtime_checkable
class OwnLoss(Protocol):
    """A model that learns from more than the cross-entropy of its scores."""

    def begin_epoch(self, epoch: int) -> None:
        """Told before each epoch, counted from 0."""
        ...

    def loss(self, batch: Batch) -> Tensor:
        """What training minimises on the query samples of ``batch``, summed over them."""
        ...


@runtime_checkable
class Settling(Protocol):
    """A model that is used in another form than it is trained in."""

    config: StrictConfig

    def settled(self) -> nn.Module:
        """The same function in the form for use, with a ``config`` that builds that form."""
        ...


@runtime_checkable
class AdaptableRecommender(Protocol):
    """A recommender that scores items by ``vectors · item_table`` plus logits that do not adapt.

    That form is what makes the adaptation exact and cheap (``meta.adaptation``).
    """

    def __call__(self, batch: Batch) -> Tensor:
        """Logits of all items for the query contexts, nobody adapted: (contexts, items)."""
        ...

    def parameters(self) -> Iterator[nn.Parameter]:
        """All parameters, as ``torch.nn.Module`` gives them."""
        ...

    def gather(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """The inner parameters: entity rows (rows, d) and user embeddings (users, d_u)."""
        ...

    def item_table(self) -> Tensor:
        """The output rows, tied to the entity rows of the items: (items, d)."""
        ...

    def user_vectors(
        self, rows: Tensor, users: Tensor, contexts: Contexts, batch: Batch, *, with_history: bool = True
    ) -> Tensor:
        """One vector for each context: (contexts, d)."""
        ...

    def static_logits(self, logits: Tensor, contexts: Contexts, history: History | None) -> Tensor:
        """``logits`` (contexts, items) with everything added that does not depend on the inner parameters.

        ``history`` is what the users' support dialogues held; None where it must not be looked at.
        """
        ...


@runtime_checkable
class EntityRows(Protocol):
    """A recommender that gives each entity a row, encoded from its graph."""

    def entity_rows(self, entities: Tensor) -> Tensor:
        """The encoded rows of ``entities`` (n,): (n, d)."""
        ...


@runtime_checkable
class WordRows(Protocol):
    """A recommender that gives each word a row, encoded from its word graph."""

    def word_rows(self, words: Tensor) -> Tensor:
        """The encoded rows of ``words`` (n,), ids of the run's vocabulary: (n, d)."""
        ...


class ReplyModel(Protocol):
    """What training, judging and decoding need of a responder. Its state is its own affair."""

    config: StrictConfig
    training: bool

    def __call__(self, batch: ReplyBatch, inner: Mapping[str, Tensor] | None = None) -> Tensor:
        """Negative log-likelihood of every real target token: (tokens,). ``inner``: see ``AdaptableReplyModel``."""
        ...

    def start(self, batch: ReplyBatch, inner: Mapping[str, Tensor] | None = None) -> Any:
        """The state before the first token, one row a reply."""
        ...

    def step(self, token_ids: Tensor, state: Any) -> tuple[Tensor, Any]:
        """Logits (rows, vocabulary) of the token after ``token_ids`` (rows,), and the next state."""
        ...

    def select(self, state: Any, rows: Tensor) -> Any:
        """The state of chosen (or repeated) rows."""
        ...

    def likelihoods(self, state: Any, input_ids: Tensor, target_ids: Tensor, target_mask: Tensor) -> Tensor:
        """Negative log-likelihood of every real target token after a start state: (tokens,)."""
        ...

    @property
    def device(self) -> torch.device:
        """Where the parameters are."""
        ...

    def parameters(self) -> Iterator[nn.Parameter]:
        """All parameters, as ``torch.nn.Module`` gives them."""
        ...

    def state_dict(self) -> Mapping[str, Tensor]:
        """All weights, as ``torch.nn.Module`` gives them."""
        ...

    def eval(self) -> Self:
        """Without dropout."""
        ...


@runtime_checkable
class AdaptableReplyModel(ReplyModel, Protocol):
    """A responder with inner parameters, of which each user of a batch may have his own."""

    def inner_parameters(self) -> dict[str, Tensor]:
        """The common ones, by name."""
        ...


@runtime_checkable
class OwnReplyLoss(Protocol):
    """A responder that learns from more than the cross-entropy of its tokens."""

    def loss(self, batch: ReplyBatch) -> Tensor:
        """What training minimises, summed over the real target tokens of ``batch``."""
        ...
