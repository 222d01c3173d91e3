"""What the HTTP rooms expect of the service, so that they are tested against a fake one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from ccrs.serving import schemas


@dataclass(frozen=True)
class Sampling:
    """How a reply is decoded; None leaves the run's own setting. ``stop`` ends the reply before any of its strings."""

    temperature: float | None = None
    top_p: float | None = None
    seed: int | None = None
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()


@dataclass(frozen=True)
class Said:
    """One message of a history that a client resends."""

    role: Literal["user", "assistant"]
    text: str


@dataclass(frozen=True)
class Spoken:
    """A finished reply with what a protocol wants to know of it."""

    turn: schemas.Turn
    finish_reason: Literal["stop", "length"]
    prompt_tokens: int
    completion_tokens: int


class ChatService(Protocol):
    """All that can be asked for; ``tenant`` is whose users are meant.

    Raises ``NotFound``, ``Conflict`` and ``Busy`` (``ccrs.serving.errors``), and ``DataError`` for bad input.
    """

    async def begin_dialogue(
        self, tenant: str, user: str, *, once: tuple[str, str] | None = None
    ) -> schemas.Dialogue:
        """A new dialogue; the user is made when new."""
        ...

    async def dialogue(self, tenant: str, dialogue: str) -> schemas.Dialogue:
        """A dialogue with its turns."""
        ...

    async def forget_dialogue(self, tenant: str, dialogue: str) -> None:
        """Delete a dialogue and the opinions said in it."""
        ...

    def turn(
        self, tenant: str, dialogue: str, request: schemas.TurnRequest, *, once: tuple[str, str] | None = None
    ) -> AsyncIterator[schemas.StreamEvent]:
        """Answer and store; the ``done`` event comes only after the turn is safely stored.

        ``once`` is (idempotency key, hash of the request): a repeated one yields the stored turn again.
        """
        ...

    async def recommend(self, tenant: str, request: schemas.RecommendationRequest) -> schemas.Recommendations:
        """Rank items for a user or a stranger."""
        ...

    async def feedback(
        self, tenant: str, request: schemas.FeedbackRequest, *, once: tuple[str, str] | None = None
    ) -> schemas.FeedbackResponse:
        """Like, dislike or seen of an item, or one taken back."""
        ...

    async def search_items(self, text: str, limit: int, offset: int) -> schemas.ItemPage:
        """Items whose title holds ``text``."""
        ...

    async def item(self, item: str) -> schemas.Card:
        """One item by id."""
        ...

    async def put_item(self, item: str, content: schemas.ItemIn) -> schemas.Card:
        """Put an item in, or change it."""
        ...

    async def delete_item(self, item: str) -> None:
        """Take an item out."""
        ...

    async def profile(self, tenant: str, user: str) -> schemas.Profile:
        """What is known of a person, for himself to see."""
        ...

    async def export_user(self, tenant: str, user: str) -> dict[str, Any]:
        """All that is stored of a person, as JSON."""
        ...

    async def delete_user(self, tenant: str, user: str) -> None:
        """Delete all that is stored of a person."""
        ...

    def answer_history(
        self,
        tenant: str,
        user: str | None,
        history: Sequence[Said],
        sampling: Sampling,
        *,
        number: int = 0,
    ) -> AsyncIterator[schemas.StreamEvent | Spoken]:
        """Answer a resent history whose last message is the user's; the last thing yielded is a ``Spoken``.

        With ``user`` the history is reconciled with what is stored (longest known prefix; what is not known of it is
        heard now); only ``number`` 0 of several choices is stored. Without, nothing persists.
        """
        ...

    async def reload(self) -> str:
        """Load the run anew where its folder changed; the version now served."""
        ...

    def version(self) -> str:
        """The version of the run that answers."""
        ...

    def readiness(self) -> dict[str, Any]:
        """``{"ready": bool, ...}`` with version, number of items, store."""
        ...
