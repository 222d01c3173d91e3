"""Short ways to say things to a store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import EllipsisType
from typing import Any

from ccrs.core.hearing import Opinion
from ccrs.serving.store.protocol import Store
from ccrs.serving.store.records import DialogueRecord, NewTurn, Once, TurnRecord


def begin(store: Store, user: str = "anna", *, tenant: str = "shop") -> DialogueRecord:
    """A new dialogue."""
    return store.begin_dialogue(tenant, user)


def turn(
    store: Store,
    dialogue: str,
    text: str,
    *,
    tenant: str = "shop",
    parent: str | None = None,
    content: Mapping[str, Any] | None = None,
    shown: tuple[str, ...] = (),
    fingerprint: str = "",
    opinions: Sequence[tuple[str, Opinion]] = (),
    undone: Sequence[str] = (),
    once: Once | None = None,
    expected_head: str | EllipsisType | None = ...,
) -> TurnRecord:
    """Add a turn with some reply."""
    new = NewTurn(text, f"reply to {text}", "model 1", content or {}, shown, fingerprint)
    return store.add_turn(
        tenant,
        dialogue,
        new,
        parent=parent,
        opinions=opinions,
        undone=undone,
        once=once,
        expected_head=expected_head,
    )


def speak(store: Store, dialogue: str, *texts: str, tenant: str = "shop") -> list[TurnRecord]:
    """Add a turn for each text, one after the other, to a dialogue without turns."""
    turns: list[TurnRecord] = []
    for text in texts:
        parent = turns[-1].id if turns else None
        turns.append(turn(store, dialogue, text, tenant=tenant, parent=parent))
    return turns


def said(dialogue: DialogueRecord) -> list[str]:
    """The words on the way to the head."""
    return [turn.said for turn in dialogue.turns]


def ids(dialogues: Iterable[DialogueRecord]) -> list[str]:
    """The ids of dialogues."""
    return [dialogue.id for dialogue in dialogues]
