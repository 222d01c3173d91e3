"""What one room expects of another without knowing it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

from torch import Tensor, nn

from ccrs.core.batch import Batch, Contexts, History
from ccrs.core.config import StrictConfig
from ccrs.core.dialogue import Mention


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
