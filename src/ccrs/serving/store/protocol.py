"""What the service expects of a store. All methods may be called from any thread."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import EllipsisType
from typing import Protocol

from ccrs.core.hearing import Opinion
from ccrs.serving.store.records import (
    DialogueHead,
    DialogueRecord,
    ItemRecord,
    KeyRecord,
    KnownItem,
    NewTurn,
    Once,
    OpinionRecord,
    TurnRecord,
    UserExport,
    UserRecord,
)


class Store(Protocol):
    """Raises ``StoreError`` when the database refuses, ``NotFound`` and ``Conflict`` as told.

    Whoever has another tenant's id gets ``NotFound``. A write that returned is on disk.
    """

    # People
    def user(self, tenant: str, name: str) -> UserRecord | None:
        """The user of a tenant by name, or None."""
        ...

    def ensure_user(self, tenant: str, name: str) -> UserRecord:
        """The same, made when new; ``DataError`` for a name that cannot be stored."""
        ...

    def delete_user(self, tenant: str, name: str) -> None:
        """Everything of the user, idempotency answers that hold his words included; ``NotFound``."""
        ...

    def export_user(self, tenant: str, name: str) -> UserExport:
        """All that is stored of a user; ``NotFound``."""
        ...

    def expire(self, before: float) -> int:
        """Delete dialogues (and what was said in them) whose last turn is older; how many."""
        ...

    # Dialogues and turns
    def begin_dialogue(self, tenant: str, user: str, *, once: Once | None = None) -> DialogueRecord:
        """A new dialogue; the user is made when new."""
        ...

    def dialogue(self, tenant: str, dialogue: str) -> DialogueRecord:
        """A dialogue with its turns on the way to the head; ``NotFound``."""
        ...

    def dialogues(self, tenant: str, user: str) -> tuple[DialogueHead, ...]:
        """Of a user, oldest first; () for an unknown one."""
        ...

    def history(self, tenant: str, user: str) -> tuple[DialogueRecord, ...]:
        """All dialogues of a user with their turns on the way to the head, oldest first."""
        ...

    def forget_dialogue(self, tenant: str, dialogue: str) -> None:
        """The dialogue, its turns and the opinions said in it."""
        ...

    def add_turn(
        self,
        tenant: str,
        dialogue: str,
        turn: NewTurn,
        *,
        parent: str | None,
        opinions: Sequence[tuple[str, Opinion]] = (),
        undone: Sequence[str] = (),
        once: Once | None = None,
        expected_head: str | EllipsisType | None = ...,
    ) -> TurnRecord:
        """Store a turn after ``parent`` (None: the first) and make it the head.

        One transaction with the opinions it holds and those it takes back (``undone``: all of an entity).
        ``Conflict`` when ``parent`` is neither the head nor an ancestor of it, or when another turn was added to the
        head meanwhile. When ``parent`` is an ancestor of the head, the turns after it become a branch and the opinions
        said in them are taken back, so that what was said before them holds again.

        ``expected_head`` is the head that the caller went by. Give it always: of two that go on from the same turn the
        second else looks like one who replaces the turn of the first.
        """
        ...

    def turn_of(self, tenant: str, user: str, fingerprint: str) -> TurnRecord | None:
        """The latest turn with a fingerprint, branches included."""
        ...

    # Opinions
    def opinions(self, tenant: str, user: str) -> tuple[OpinionRecord, ...]:
        """What holds now, in the order it was said; () for an unknown user."""
        ...

    def set_opinion(
        self, tenant: str, user: str, opinion: OpinionRecord, *, once: Once | None = None
    ) -> tuple[OpinionRecord, ...]:
        """Store one (the opposite one goes); all of the user on that entity now. The user is made when new.

        ``NotFound`` when the opinion's dialogue or turn is none of the user's.
        """
        ...

    def remove_opinion(
        self, tenant: str, user: str, entity: str, opinion: Opinion, *, once: Once | None = None
    ) -> tuple[OpinionRecord, ...]:
        """Take one back, if it holds; all of the user on that entity now."""
        ...

    # Writes that happen once
    def done(self, tenant: str, key: str) -> Once | None:
        """What was answered to an idempotency key; a write with a key that has an answer is a ``Conflict``."""
        ...

    # Keys
    def create_key(self, tenant: str, name: str, *, admin: bool = False) -> tuple[KeyRecord, str]:
        """A new key and its secret, which is never told again."""
        ...

    def key_of(self, secret: str) -> KeyRecord | None:
        """The key that is not revoked, or None."""
        ...

    def revoke_key(self, key: str) -> None:
        """The key of an id opens nothing any more; ``NotFound``."""
        ...

    def keys(self) -> tuple[KeyRecord, ...]:
        """All, revoked ones included, oldest first."""
        ...

    # Items
    def put_item(self, item: ItemRecord) -> None:
        """Store an item, in the place of an earlier one of the same id."""
        ...

    def items(self) -> tuple[ItemRecord, ...]:
        """All, deleted ones (tombstones of the run's own items) included."""
        ...

    def catalogue_version(self) -> int:
        """Grows with every ``put_item``."""
        ...

    def note_items(self, items: Iterable[KnownItem]) -> None:
        """Remember title and year of item ids that are about to be stored."""
        ...

    def known_items(self, ids: Iterable[str]) -> dict[str, KnownItem]:
        """Title and year of those of the ids that are known."""
        ...

    # The store itself
    def ping(self) -> None:
        """Raises ``StoreError`` when the database does not answer."""
        ...

    def close(self) -> None:
        """Close all connections."""
        ...
