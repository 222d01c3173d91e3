"""What people did as the models read it: opinions that replace one another, and ended dialogues as support."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from ccrs.core.dialogue import Dialogue, Feedback, Message
from ccrs.core.graph import Catalogue
from ccrs.core.hearing import Opinion
from ccrs.inference.answers import Exchange

Opinions = Mapping[str, frozenset[Opinion]]
_OPPOSITE: Mapping[Opinion, Opinion] = {"like": "dislike", "dislike": "like"}


def merged_opinions(
    before: Opinions, said: Opinions, undone: Iterable[str] = ()
) -> dict[str, frozenset[Opinion]]:
    """Opinions with new ones in the place of what they contradict, and without what was taken back."""
    gone = set(undone)
    merged = {entity: opinions for entity, opinions in before.items() if entity not in gone}
    for entity, opinions in said.items():
        out = {_OPPOSITE[opinion] for opinion in opinions if opinion in _OPPOSITE}
        merged[entity] = (merged.get(entity, frozenset()) - out) | opinions
    return {entity: opinions for entity, opinions in merged.items() if opinions}


def disliked_of(opinions: Opinions) -> set[str]:
    """What is disliked."""
    return {entity for entity, said in opinions.items() if "dislike" in said}


def without_mentions(message: Message, entities: Collection[str]) -> Message:
    """The message without the mentions of ``entities``."""
    if not any(mention.entity in entities for mention in message.mentions):
        return message
    return replace(message, mentions=tuple(m for m in message.mentions if m.entity not in entities))


def support_dialogue(
    name: str,
    user: str,
    exchanges: Sequence[Exchange],
    opinions: Opinions,
    catalogue: Catalogue,
    *,
    time: int,
    liked: Sequence[Message] = (),
) -> Dialogue:
    """An ended dialogue as support.

    What was disliked, rejected or taken back by its end is no sign of a taste: neither a mention of it nor its
    recommendation counts. ``liked`` are messages that stand for items liked on cards.
    """
    rejected = {item for exchange in exchanges for item in (*exchange.heard.rejected, *exchange.heard.undone)}
    liked_anyway = {entity for entity, said in opinions.items() if "like" in said}
    out = disliked_of(opinions) | (rejected - liked_anyway)
    messages: list[Message] = []
    for exchange in exchanges:
        messages.append(without_mentions(exchange.heard.message, out))
        messages += [without_mentions(message, out) for message in exchange.spoken]
    feedback = {
        entity: Feedback(seen="seen" in said or None, liked=_liked(said))
        for entity, said in opinions.items()
        if catalogue.index.get(entity, catalogue.num_items) < catalogue.num_items
    }
    return Dialogue(name, user, (*messages, *liked), time=time, feedback=feedback)


def _liked(opinions: frozenset[Opinion]) -> bool | None:
    return True if "like" in opinions else False if "dislike" in opinions else None
