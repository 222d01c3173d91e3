"""Dialogues of the project's own format into a store: people known from elsewhere, remembered from the start."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from ccrs.core.dialogue import Dialogue, Message
from ccrs.core.hearing import Heard, Opinion
from ccrs.inference.answers import Exchange
from ccrs.serving.store.protocol import Store
from ccrs.serving.turn_content import kept_turn
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
        for number, exchange in enumerate(exchanges):
            if number == len(exchanges) - 1:  # the questionnaire came at the end
                heard = replace(exchange.heard, opinions=_opinions(dialogue, world))
                exchange = replace(exchange, heard=heard)  # noqa: PLW2901
            reply = "\n".join(message.text for message in exchange.spoken)
            kept = kept_turn(exchange, world.ids, said=exchange.heard.message.text, reply=reply, model="")
            store.note_items(kept.titles)
            parent = store.add_turn(tenant, record.id, kept.turn, parent=parent, opinions=kept.opinions).id
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


def _opinions(dialogue: Dialogue, world: World) -> dict[str, frozenset[Opinion]]:
    found: dict[str, frozenset[Opinion]] = {}
    for item, answer in dialogue.feedback.items():
        said: set[Opinion] = {"seen"} if answer.seen else set()
        if answer.liked is not None:
            said.add("like" if answer.liked else "dislike")
        if said and item in world.run.catalogue.index:
            found[item] = frozenset(said)
    return found
