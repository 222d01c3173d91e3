"""Slots back to words: every film is one of the catalogue, every fact one of the graph."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ccrs.core.graph import Catalogue, Triple
from ccrs.core.replies import ITEM_SLOT
from ccrs.data.confirmation import Facts
from ccrs.data.slots import ERA_SLOT, NAMED_SLOT, YEAR_SLOT, fact_slot, points_back
from ccrs.data.turns import BREAK

_SLOT = re.compile(r"\[[^\[\]]+\]")
_ARTICLE = re.compile(r"\b([Aa])n?( \x00)")
_SEVERAL = re.compile(r"\b(?:both|those|these|they|all)\b", re.IGNORECASE)
_SENTENCES = re.compile(r"[.!?]+(?=\s)|\[break\]")
_VOWELS = tuple("aeiouAEIOU")
Preference = Callable[[int, str], Sequence[int]]
"""(film, relation) to the entities it may be filled with, the one to be talked about first."""


@dataclass(frozen=True)
class Statement:
    """A fact that a reply states: a relation of a film and its value."""

    item: int
    relation: str
    value: str


@dataclass(frozen=True)
class Filled:
    """A spoken reply: as read, as compared (films as ``[item]``), its films, and what it states."""

    text: str
    words: str
    items: tuple[int, ...]
    statements: tuple[Statement, ...]


@dataclass(frozen=True)
class Films:
    """What the slots of a reply may be filled with: indices of items.

    ``offered`` come from the recommender, best first; ``named`` were said before, the latest first.
    """

    offered: Sequence[int]
    named: Sequence[int]


class Filler:
    """Fills slots from the catalogue and the triples of a run; with ``confirmed``, from these of its facts only."""

    def __init__(
        self, catalogue: Catalogue, triples: Sequence[Triple], confirmed: Facts | None = None
    ) -> None:
        self.catalogue = catalogue
        facts: dict[int, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        for triple in triples:
            head, tail = catalogue.index[triple.head], catalogue.index[triple.tail]
            if head < catalogue.num_items <= tail and (confirmed is None or (head, tail) in confirmed):
                facts[head][triple.relation].append(tail)
        self._facts: Mapping[int, Mapping[str, list[int]]] = facts
        self._relation_of = {fact_slot(t.relation): t.relation for t in triples}

    def values(self, item: int, relation: str) -> Sequence[int]:
        """The entities a film has in a relation, in the order of the graph."""
        return self._facts.get(item, {}).get(relation, [])

    def fillable(self, item: int) -> set[str]:
        """The fact slots that hold for a film."""
        slots = {fact_slot(relation) for relation in self._facts.get(item, {})}
        if self.catalogue.entities[item].year is not None:
            slots |= {YEAR_SLOT, ERA_SLOT}
        return slots

    def fill(self, slotted: str, films: Films, preference: Preference | None = None) -> Filled | None:
        """The reply with its slots filled, or None when one of them cannot be.

        A fact belongs to the film last before it (to all before it where the sentence says "both" or "those"), else
        to the first one after it, else to the latest film named, which an earlier sentence with "it" is about too;
        the same slot twice gets different values. ``preference`` orders the values of a relation.
        """
        order = preference or self.values
        places = self._places(slotted, films)
        if places is None:
            return None
        pieces: list[tuple[str, str]] = []
        statements: list[Statement] = []
        used: set[tuple[int, str, str]] = set()
        end, before = 0, list[int]()
        for slot, item in places:
            pieces.append((slotted[end : slot.start()], slotted[end : slot.start()]))
            end = slot.end()
            name = slot[0]
            if name == BREAK:
                pieces.append((name, ""))
                continue
            if item is not None:
                before.append(item)
                pieces.append((self.catalogue.entities[item].title, ITEM_SLOT))
                continue
            first = None if before else self._about(slotted, slot.end(), places, films)
            about = (
                self._sharing(slotted, slot.start(), before)
                if before
                else [first]
                if first is not None
                else []
            )
            value = self._value(name, about, order, used)
            if value is None:
                return None
            used.update((item, name, value) for item in about)
            relation = self._relation_of.get(name, name.strip("[]"))
            statements += [Statement(film, relation, value) for film in about]
            pieces.append((f"\x00{value}", f"\x00{value}"))
        pieces.append((slotted[end:], slotted[end:]))
        items = tuple(item for _, item in places if item is not None)
        text = _spoken("".join(read for read, _ in pieces)).replace(f" {BREAK} ", "\n")
        return Filled(
            text.replace(BREAK, "").strip(),
            _spoken("".join(compared for _, compared in pieces)),
            items,
            tuple(statements),
        )

    def _places(self, slotted: str, films: Films) -> list[tuple[re.Match[str], int | None]] | None:
        """Every slot with the film it is filled with, if it is a film's; None when there are too few films."""
        offered = iter(films.offered)
        named = iter(films.named)
        places: list[tuple[re.Match[str], int | None]] = []
        for slot in _SLOT.finditer(slotted):
            item = None
            if slot[0] in (ITEM_SLOT, NAMED_SLOT):
                item = next(offered if slot[0] == ITEM_SLOT else named, None)
                if item is None:
                    return None
            places.append((slot, item))
        return places

    def _about(
        self, slotted: str, end: int, places: Sequence[tuple[re.Match[str], int | None]], films: Films
    ) -> int | None:
        """The film of a fact, ending at ``end``, that comes before any film of the reply.

        The film that follows ("a good comedy is ...", "I like Tom Hanks. Have you seen ...?"); the film under
        discussion where an earlier sentence points back to it ("It is a great comedy. Have you seen ...?").
        """
        following = next(((slot.start(), item) for slot, item in places if item is not None), None)
        discussed = next(iter(films.named), None)
        if following is None or (discussed is not None and points_back(slotted, end, following[0])):
            return discussed
        return following[1]

    def _sharing(self, slotted: str, start: int, before: Sequence[int]) -> Sequence[int]:
        """The films that a fact at ``start`` is about: all so far where its sentence speaks of several."""
        sentence = _SENTENCES.split(slotted[:start])[-1]
        return before if _SEVERAL.search(sentence) else before[-1:]

    def _value(
        self, slot: str, items: Sequence[int], order: Preference, used: set[tuple[int, str, str]]
    ) -> str | None:
        """What a fact slot of some films is filled with: the first value not yet said that holds for all."""
        if not items:
            return None
        choices = [self._choices(slot, item, order) for item in items]
        return next(
            (
                value
                for value in choices[-1]
                if all(value in others for others in choices) and (items[-1], slot, value) not in used
            ),
            None,
        )

    def _choices(self, slot: str, item: int, order: Preference) -> list[str]:
        """All that a fact slot of a film may be filled with, in order."""
        year = self.catalogue.entities[item].year
        if slot in (YEAR_SLOT, ERA_SLOT):
            return [] if year is None else [str(year) if slot == YEAR_SLOT else f"{year // 10 * 10}s"]
        relation = self._relation_of.get(slot)
        entities = [] if relation is None else [self.catalogue.entities[n] for n in order(item, relation)]
        return [one.name.lower() if one.type == "genre" else one.name for one in entities]


def _spoken(text: str) -> str:
    """Articles that fit the filled values (marked by a zero byte), single spaces."""

    def article(found: re.Match[str]) -> str:
        follows = text[found.end() : found.end() + 1]
        return f"{found[1]}{'n' if follows.startswith(_VOWELS) else ''}{found[2]}"

    return re.sub(r" +", " ", _ARTICLE.sub(article, text).replace("\x00", "")).strip()
