"""What the service expects of a store. All methods may be called from any thread."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
    def user(self, tenant: str, name: str) -> UserRecord | None: ...

    def ensure_user(self, tenant: str, name: str) -> UserRecord: ...

    def delete_user(self, tenant: str, name: str) -> None:
        """Everything of the user, idempotency answers that hold his words included; ``NotFound``."""
        ...

    def export_user(self, tenant: str, name: str) -> UserExport: ...

    def expire(self, before: float) -> int:
        """Delete dialogues (and what was said in them) whose last turn is older; how many."""
        ...

    # Dialogues and turns
    def begin_dialogue(self, tenant: str, user: str, *, once: Once | None = None) -> DialogueRecord:
        """A new dialogue; the user is made when new."""
        ...

    def dialogue(self, tenant: str, dialogue: str) -> DialogueRecord: ...

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
    ) -> TurnRecord:
        """Store a turn after ``parent`` (None: the first) and make it the head; one transaction with the opinions
        it holds and those it takes back.

        ``Conflict`` when ``parent`` is neither the head nor an ancestor of it, or when another turn was added to the
        head meanwhile. When ``parent`` is an ancestor of the head, the turns after it become a branch and the opinions
        said in them are taken back.
        """
        ...

    def turn_of(self, tenant: str, user: str, fingerprint: str) -> TurnRecord | None:
        """The latest turn with a fingerprint, branches included."""
        ...

    # Opinions
    def opinions(self, tenant: str, user: str) -> tuple[OpinionRecord, ...]: ...

    def set_opinion(
        self, tenant: str, user: str, opinion: OpinionRecord, *, once: Once | None = None
    ) -> tuple[OpinionRecord, ...]:
        """Store one (the opposite one goes); all of the user on that entity now."""
        ...

    def remove_opinion(
        self, tenant: str, user: str, entity: str, opinion: Opinion, *, once: Once | None = None
    ) -> tuple[OpinionRecord, ...]: ...

    # Writes that happen once
    def done(self, tenant: str, key: str) -> Once | None:
        """What was answered to an idempotency key."""
        ...

    # Keys
    def create_key(self, tenant: str, name: str, *, admin: bool = False) -> tuple[KeyRecord, str]:
        """A new key and its secret, which is never told again."""
        ...

    def key_of(self, secret: str) -> KeyRecord | None:
        """The key that is not revoked, or None."""
        ...

    def revoke_key(self, key: str) -> None: ...

    def keys(self) -> tuple[KeyRecord, ...]: ...

    # Items
    def put_item(self, item: ItemRecord) -> None: ...

    def items(self) -> tuple[ItemRecord, ...]:
        """All, deleted ones (tombstones of the run's own items) included."""
        ...

    def catalogue_version(self) -> int:
        """Grows with every ``put_item``."""
        ...

    def note_items(self, items: Iterable[KnownItem]) -> None:
        """Remember title and year of item ids that are about to be stored."""
        ...

    def known_items(self, ids: Iterable[str]) -> dict[str, KnownItem]: ...

    # The store itself
    def ping(self) -> None:
        """Raises ``StoreError`` when the database does not answer."""
        ...

    def close(self) -> None: ...
