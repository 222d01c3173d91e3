"""Slots: films and facts in a reply, taken out for training and put back when it is spoken.

Every statement about a film then comes from the graph. A fact belongs to the film named last before it in the
reply, else to the first one named after it, else to the film under discussion.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from ccrs.core.dialogue import Mention
from ccrs.core.graph import Catalogue, Triple
from ccrs.core.item_words import ItemWords
from ccrs.core.replies import ITEM_SLOT
from ccrs.data.turns import Turn, cut

NAMED_SLOT = "[named]"
"""A film that was named before in the dialogue."""
YEAR_SLOT, ERA_SLOT = "[year]", "[era]"
_YEARS = re.compile(r"(?<![\w(])(?:(?P<era>(?:19|20)?[0-9]0['’]?s)|(?P<year>(?:19|20)\d\d))(?!\w)")
_TAKEN = {"item", "named", "year", "era", "pad", "start", "end", "seeker", "recommender", "break"}
_FILM_WORDS = {"film", "films", "movie", "movies", "flick", "flicks"}
_BACK = re.compile(r"\b(?:it|its|it['’]s|that|this)\b", re.IGNORECASE)
SENTENCE_END = re.compile(r"[.!?]+(?=\s|$)|\[break\]")


@dataclass(frozen=True)
class Slotted:
    """A reply with slots. ``items`` are the indices of the films named in it, in order, old ones included."""

    text: str
    items: tuple[int, ...]
    num_facts: int


class Slotter:
    """Takes films and facts out of replies, by the relations of a graph.

    ``facts`` off leaves people, genres and years as they were written.
    """

    def __init__(self, catalogue: Catalogue, triples: Sequence[Triple], *, facts: bool = True) -> None:
        self.catalogue = catalogue
        self.facts = facts
        relations: dict[tuple[int, int], str] = {}
        usual: dict[int, Counter[str]] = defaultdict(Counter)
        for triple in triples:
            head, tail = catalogue.index[triple.head], catalogue.index[triple.tail]
            if head < catalogue.num_items <= tail:
                relations.setdefault((head, tail), triple.relation)
                usual[tail][triple.relation] += 1
        self._relations = relations
        self._usual = {entity: counts.most_common(1)[0][0] for entity, counts in usual.items()}
        self.relations = tuple(sorted({triple.relation for triple in triples}))
        words = ItemWords.of(catalogue)
        self.plural = words.plural
        """What several items are called."""
        self._item_words = _FILM_WORDS if words.are_films else {*words.head}

    @property
    def tokens(self) -> tuple[str, ...]:
        """Every slot there may be."""
        return (ITEM_SLOT, NAMED_SLOT, YEAR_SLOT, ERA_SLOT, *map(fact_slot, self.relations))

    def reply(
        self, turn: Turn, named: set[int], focus: int | None, *, marked_only: bool, as_context: bool = False
    ) -> Slotted:
        """Slots for the films (``named`` before, or new) and facts of a turn; ``focus`` is under discussion.

        A film named twice in the turn is the same slot twice.

        ``as_context`` leaves facts as they are and calls every film ``[item]``: that is how contexts are read.
        """
        pieces = cut(turn.text, turn.mentions)
        places = [self._item(mention, marked_only) for _, mention in pieces]
        items = [item for item in places if item is not None]
        parts: list[str] = []
        facts = 0
        before: int | None = None
        for number, (words, mention) in enumerate(pieces):
            item = places[number]
            if item is not None:
                parts.append(NAMED_SLOT if item in named and not as_context else ITEM_SLOT)
                before = item
                continue
            if as_context or not self.facts:
                parts.append(words)
                continue
            replaced, count = words, 0
            if mention is not None:
                about = (
                    before if before is not None else _following(turn.text, mention, pieces, places, focus)
                )
                asks = not items and _is_question(turn.text, mention.end)
                replaced, count = self._fact(words, mention.entity, about, asks=asks)
            elif items:
                replaced, count = _YEARS.subn(_year_slot, words)
            parts.append(replaced)
            facts += count
        return Slotted("".join(parts), tuple(items), facts)

    def _item(self, mention: object, marked_only: bool) -> int | None:
        """The film a mention names, or None."""
        entity = self.catalogue.index.get(getattr(mention, "entity", ""), -1)
        if not 0 <= entity < self.catalogue.num_items or (marked_only and not getattr(mention, "marked", 0)):
            return None
        return entity

    def _fact(self, words: str, entity_id: str, about: int | None, *, asks: bool) -> tuple[str, int]:
        """The slot for a named person, genre, ...; a question about taste keeps its words."""
        entity = self.catalogue.index.get(entity_id, -1)
        relation = self._relations.get((about, entity)) if about is not None else None
        if relation is None and (about is None or asks):
            return words, 0
        relation = relation or self._usual.get(entity)
        if relation is None:
            return words, 0
        slot, last = fact_slot(relation), words.lower().split()[-1]
        if last in self._item_words and " " in words:  # "action movie" is a genre and a word
            return f"{slot} {words.rsplit(maxsplit=1)[-1]}", 1
        plural = last.endswith("s") and " " not in words and not self._names(entity, last)
        return (f"{slot} {self.plural}" if plural else slot), 1

    def _names(self, entity: int, word: str) -> bool:
        """Whether the word stands in the entity's name: no plural then."""
        return word in self.catalogue.entities[entity].name.lower().split()


def fact_slot(relation: str) -> str:
    """The slot of a relation: ``[director]``; a relation named like another token has ``[year fact]``."""
    name = relation.replace("[", "(").replace("]", ")")
    return f"[{name} fact]" if name in _TAKEN else f"[{name}]"


def _following(
    text: str,
    fact: Mention,
    pieces: Sequence[tuple[str, Mention | None]],
    places: Sequence[int | None],
    focus: int | None,
) -> int | None:
    """The film of a fact before any film of the turn.

    The film that follows, or ``focus`` where an earlier sentence points back to it.
    """
    for (_, mention), item in zip(pieces, places, strict=True):
        if item is not None and mention is not None:
            back = focus is not None and points_back(text, fact.end, mention.start)
            return focus if back else item
    return focus


def points_back(text: str, position: int, film: int) -> bool:
    """Whether the sentence around ``position`` ends before ``film`` and speaks of "it" or "that"."""
    if SENTENCE_END.search(text, position, film) is None:
        return False
    ends = [found.end() for found in SENTENCE_END.finditer(text, 0, position)]
    return _BACK.search(text, ends[-1] if ends else 0, position) is not None


def _year_slot(found: re.Match[str]) -> str:
    return ERA_SLOT if found["era"] else YEAR_SLOT


def _is_question(text: str, position: int) -> bool:
    """Whether the sentence around ``position`` ends with a question mark."""
    end = SENTENCE_END.search(text, position)
    return end is not None and "?" in end[0]
