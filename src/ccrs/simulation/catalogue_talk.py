"""How people of a simulated shop put what they say: messages with the items and values named in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ccrs.core.dialogue import Message
from ccrs.core.graph import Entity
from ccrs.core.item_words import ItemWords
from ccrs.simulation import catalogue_templates as say
from ccrs.simulation.catalogue_facts import CatalogueFacts, Fact, Wish
from ccrs.simulation.catalogue_words import VALUE, article, fits_before_noun, spoken, with_article
from ccrs.simulation.phrases import MessageWriter
from ccrs.simulation.templates import STYLES, Style

_LOWER_SHARE = 0.4  # seekers write the name of a value without capitals
_SHORT_SHARE = 0.5  # items are named without their year, unless others have their name
_BEFORE_SHARE, _BARE_SHARE = 0.4, 0.15  # ways to wish: "a red sofa"; "red, please"
_HELLO_SHARE = 0.3  # openings that begin with a greeting in the same message

Opinion = Literal["likes", "owns", "dislikes"]
_OPINIONS: Mapping[Opinion, say.Templates] = {
    "likes": say.LIKES,
    "owns": say.OWNS,
    "dislikes": say.DISLIKES,
}


@dataclass(frozen=True)
class Offer:
    """A suggested item (index), the relation followed, and the facts that led to it."""

    item: int
    relation: str | None = None
    facts: Wish = ()


class CatalogueSpeaker:
    """Writes the messages of both sides. ``noise`` is the chance that any style is used for an item."""

    def __init__(self, facts: CatalogueFacts, rng: np.random.Generator, noise: float) -> None:
        self._facts, self._rng, self._noise = facts, rng, noise
        self._entities, self._index = facts.catalogue.entities, facts.catalogue.index
        nouns = ItemWords.of(facts.catalogue)
        self._noun = nouns.singular
        self._words = {"item": nouns.singular, "items": nouns.plural, "an_item": with_article(nouns.singular)}
        self._styles = facts.styles()
        names = Counter(spoken(entity.name).lower() for entity in self._entities)
        self._namesakes = {item.id for item in facts.catalogue.items if names[spoken(item.name).lower()] > 1}

    def plain(self, templates: say.Templates, relation: str | None = None) -> str:
        """One of the templates without entities; with the name of ``relation`` where it speaks of one."""
        writer = MessageWriter()
        writer.say(self._pick(templates), words=self._with_relation(relation))
        return writer.message("seeker").text

    def names(
        self, items: Sequence[int], wish: Wish, *, hello: bool, preference: str | None = None
    ) -> Message:
        """A seeker names up to two items that he likes, and a wish, where there is one."""
        writer = self._greeted(hello)
        named = [self._item(item) for item in items]
        if wish and named:
            words, values = self._wish(wish, first=1)
            template = self._pick(say.NAMES_AND_WISHES).replace("{wish}", words)
            writer.say(template, [named[0], *values], self._words)
        elif wish:
            self._say_wish(writer, wish)
        else:
            templates = (say.NAMES_NONE, say.NAMES_ONE, say.NAMES_TWO)[len(named)]
            writer.say(self._pick(templates), named, self._words)
        if preference is not None:
            writer.say(self._pick(say.PREFERENCE), words=self._with_relation(preference))
        return writer.message("seeker")

    def suggests(self, item: int, fact: Fact | None) -> Message:
        """The recommender names an item, and states ``fact`` of it."""
        style = self._style(item)
        writer = MessageWriter()
        entity = self._entities[item]
        writer.say(self._pick(say.SUGGEST[style]), [(entity, spoken(entity.title))])
        if fact is not None:
            clause = self._pick(self._facts.words[fact[0]].clauses).replace(VALUE, "{0}")
            frame = self._pick(say.FRAMES[style])
            writer.say(frame.replace("{clause}", clause), [self._value(fact, exact=True)])
        return writer.message("recommender")

    def reacts(self, opinion: Opinion, *, another: int | None, wish: Wish, last: bool) -> Message:
        """The seeker says what he thinks of the item, and either how to go on or goodbye."""
        writer = MessageWriter()
        writer.say(self._pick(_OPINIONS[opinion]), words=self._words)
        if last:
            writer.say(self._pick(say.TAKES if opinion == "likes" else say.LEAVES), words=self._words)
        elif another is not None:
            writer.say(self._pick(say.ANOTHER), [self._item(another)], self._words)
        elif wish:
            self._say_wish(writer, wish)
        else:
            writer.say(self._pick(say.MORE), words=self._words)
        return writer.message("seeker")

    def asks(self, item: int, relation: str) -> Message:
        """The seeker asks for a fact about the suggested item."""
        writer = MessageWriter()
        templates = say.ASKS_WHO if self._facts.words[relation].of_people else say.ASKS_WHAT
        writer.say(self._pick(templates), [self._item(item)], self._with_relation(relation))
        return writer.message("seeker")

    def answers(self, facts: Sequence[Fact]) -> Message:
        """The recommender tells one or two values of a relation."""
        writer = MessageWriter()
        templates = say.ANSWERS_ONE if len(facts) == 1 else say.ANSWERS_TWO
        values = [self._value(fact, exact=True) for fact in facts]
        writer.say(self._pick(templates), values, self._with_relation(facts[0][0]))
        return writer.message("recommender")

    def _say_wish(self, writer: MessageWriter, wish: Wish) -> None:
        """A wish: the value before the noun, alone, or behind the noun with the words of its relation."""
        way = self._rng.random()
        relation, value = wish[0]
        entity = self._entities[self._index[value]]
        if (
            self._facts.words[relation].before_noun
            and way < _BEFORE_SHARE
            and fits_before_noun(entity, self._noun)
        ):
            words, values = self._wish(wish[1:], first=1) if wish[1:] else ("", [])
            named = self._value(wish[0])
            template = self._pick(say.WISHES_BEFORE).replace("{wish}", f" {words}" if words else "")
            writer.say(template, [named, *values], {**self._words, "a": article(named[1])})
            return
        if len(wish) == 1 and way > 1 - _BARE_SHARE:
            writer.say(self._pick(say.WISHES_BARE), [self._value(wish[0])], self._words)
            return
        words, values = self._wish(wish, first=0)
        writer.say(self._pick(say.WISHES).replace("{wish}", words), values, self._words)

    def _wish(self, wish: Wish, *, first: int) -> tuple[str, list[tuple[Entity, str]]]:
        """The phrase for the facts, its slots numbered from ``first``, and what fills them."""
        phrases = [
            self._pick(self._facts.words[relation].wishes).replace(VALUE, f"{{{first + number}}}")
            for number, (relation, _) in enumerate(wish)
        ]
        return " and ".join(phrases), [self._value(fact) for fact in wish]

    def _greeted(self, hello: bool) -> MessageWriter:
        """A seeker's message, perhaps with a greeting in it already."""
        writer = MessageWriter()
        if hello and self._rng.random() < _HELLO_SHARE:
            writer.say(self._pick(say.SEEKER_HELLO[:-1]))
        return writer

    def _item(self, item: int) -> tuple[Entity, str]:
        """An item and how a seeker names it."""
        entity = self._entities[item]
        short = self._rng.random() < _SHORT_SHARE and entity.id not in self._namesakes
        return entity, spoken(entity.name if short else entity.title)

    def _value(self, fact: Fact, *, exact: bool = False) -> tuple[Entity, str]:
        """A value and how it is written."""
        entity = self._entities[self._index[fact[1]]]
        name = spoken(entity.name)
        return entity, name if exact or self._rng.random() >= _LOWER_SHARE else name.lower()

    def _style(self, item: int) -> Style:
        """The style of the item's first value that has one, or by chance any."""
        facts = [fact for fact in self._facts.values.get(item, ()) if fact in self._styles]
        if not facts or self._rng.random() < self._noise:
            return STYLES[int(self._rng.integers(len(STYLES)))]
        return self._styles[facts[0]]

    def _with_relation(self, relation: str | None) -> dict[str, str]:
        return (
            self._words if relation is None else {**self._words, "relation": self._facts.words[relation].name}
        )

    def _pick(self, templates: Sequence[str]) -> str:
        return templates[int(self._rng.integers(len(templates)))]
