"""Dialogues of the project's own format into a store: people known from elsewhere, remembered from the start."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from ccrs.core.dialogue import Dialogue, Message
from ccrs.core.hearing import Heard, Opinion
from ccrs.inference.answers import Exchange
from ccrs.serving.store.protocol import Store
from ccrs.serving.store.records import NewTurn
from ccrs.serving.turn_content import entities_of, to_content
from ccrs.serving.world import World


def import_dialogues(
    store: Store, world: World, tenant: str, user: str, dialogues: Iterable[Dialogue]
) -> int:
    """Store ``dialogues`` as earlier ones of ``user``, oldest first; how many had anything to store.

    Entities are those of the world's catalogue; others are left out. Answers to questionnaires become opinions.
    """
    count = 0
    for dialogue in sorted(dialogues, key=lambda one: one.time):
        exchanges = list(exchanges_in(dialogue, world))
        if not exchanges:
            continue
        record = store.begin_dialogue(tenant, user)
        parent: str | None = None
        said = _opinions(dialogue, world)
        for number, exchange in enumerate(exchanges):
            store.note_items(world.ids.to_note([*entities_of(exchange), *(entity for entity, _ in said)]))
            names = world.ids.to_store([*exchange.shown, *(entity for entity, _ in said)])
            last = number == len(exchanges) - 1
            turn = NewTurn(
                said=exchange.heard.message.text,
                reply="\n".join(message.text for message in exchange.spoken),
                model="",  # nobody here answered
                content=to_content(exchange, {}, world.ids),
                shown=tuple(names[item] for item in exchange.shown),
            )
            opinions = [(names[entity], opinion) for entity, opinion in said] if last else []
            parent = store.add_turn(tenant, record.id, turn, parent=parent, opinions=opinions).id
        count += 1
    return count


def exchanges_in(dialogue: Dialogue, world: World) -> Iterator[Exchange]:
    """The turns of a dialogue: what the seeker says, and what is answered to it (either may be empty)."""
    known = world.run.catalogue.index
    messages = [
        replace(message, mentions=tuple(m for m in message.mentions if m.entity in known))
        for message in dialogue.messages
    ]
    said: list[Message] = []
    for speaker, group in itertools.groupby(messages, key=lambda message: message.speaker):
        if speaker == "seeker":
            said = list(group)
            continue
        yield _exchange(said, tuple(group), world)
        said = []
    if said:
        yield _exchange(said, (), world)


def _exchange(said: Sequence[Message], spoken: tuple[Message, ...], world: World) -> Exchange:
    shown = (m.entity for message in spoken for m in message.mentions if world.is_item(m.entity))
    return Exchange(Heard(_joined(said)), spoken, tuple(dict.fromkeys(shown)))


def _joined(messages: Sequence[Message]) -> Message:
    """Messages of a seeker as one, a line each."""
    text, mentions = "", []
    for message in messages:
        start = len(text) + 1 if text else 0
        text = f"{text}\n{message.text}" if text else message.text
        mentions += [replace(m, start=m.start + start, end=m.end + start) for m in message.mentions]
    return Message("seeker", text, tuple(mentions))


def _opinions(dialogue: Dialogue, world: World) -> list[tuple[str, Opinion]]:
    found: list[tuple[str, Opinion]] = []
    for item, answer in dialogue.feedback.items():
        if item not in world.run.catalogue.index:
            continue
        if answer.liked is not None:
            found.append((item, "like" if answer.liked else "dislike"))
        if answer.seen:
            found.append((item, "seen"))
    return found
