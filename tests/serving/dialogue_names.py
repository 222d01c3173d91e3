"""Names and placeholders of scripted dialogues, filled in from the catalogue and from what was offered so far."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ccrs.core.errors import DataError
from ccrs.core.graph import Catalogue, Triple
from ccrs.core.hearing import Constraints, Opinion
from ccrs.simulation.films import RELATIONS
from tests.serving.dialogue_steps import Expect, Filters

PHRASES: Mapping[str, tuple[str, ...]] = {
    "@nothing-fits": (
        "nothing", "none", "no film", "no films", "no movie", "no movies", "no other", "no match", "no such",
        "not find", "couldn't find", "can't find", "cannot find", "not have", "don't have", "not know of",
        "don't know of", "not aware of", "there is no", "there isn't", "there are no", "there aren't",
    ),
    "@not-known": (
        "not know", "don't know", "not have", "don't have", "not in", "isn't in", "no information", "unknown",
        "not familiar", "unfamiliar", "never heard", "haven't heard", "have not heard", "not find", "couldn't find",
        "can't find", "cannot find", "not recognise", "not recognize", "don't recognise", "don't recognize",
        "not sure which", "no film called", "no movie called",
    ),
    "@yes": ("yes", "yep", "yeah", "indeed", "he is", "she is", "it is", "he does", "she does", "it does", "he did"),
    "@no": ("no", "nope", "not", "isn't", "doesn't", "wasn't", "didn't", "aren't"),
    "@unsure": ("not know", "don't know", "not sure", "unsure", "no idea", "can't say", "cannot say"),
}  # fmt: skip
"""What honest people say in several ways, for ``reply_any``, ``reply_all`` (one of them) and ``reply_none``."""

_PLACEHOLDER = re.compile(r"\{(?:(\w+) of )?([^{}]+)\}")
_SHOWN = re.compile(r"(\w+)(?:\[(-?\d+)\])?")


class ScriptError(DataError):
    """A script that cannot be used."""


class NotShownError(ScriptError):
    """A script speaks of an item that was not offered; raised while it runs."""


class Facts:
    """The catalogue and its triples, by names."""

    def __init__(self, catalogue: Catalogue, triples: Sequence[Triple]) -> None:
        self.entities = {entity.id: entity for entity in catalogue.entities}
        self.items = tuple(entity.id for entity in catalogue.items)
        self._ids: dict[str, list[str]] = {}
        for entity in catalogue.entities:
            for name in {entity.id, entity.title}:
                self._ids.setdefault(name, []).append(entity.id)
        self._facts: dict[str, dict[str, tuple[str, ...]]] = {}
        for triple in triples:
            of_head = self._facts.setdefault(triple.head, {})
            of_head[triple.relation] = (*of_head.get(triple.relation, ()), triple.tail)
        names = [self.entities[item].name for item in self.items]
        self._namesakes = {name for name in names if names.count(name) > 1}

    def id_of(self, name: str) -> str:
        """The entity with this title, name or id; raises ``ScriptError`` unless there is exactly one."""
        ids = self._ids.get(name, [])
        if len(ids) != 1:
            mend = "Give one of these ids" if ids else "Write items as Title (year), all else by its name"
            raise ScriptError(f"{name!r} is {' or '.join(ids) or 'not in the catalogue'}. {mend}.")
        return ids[0]

    def related(self, item: str, relation: str) -> tuple[str, ...]:
        """The entities that one relation of an item leads to."""
        return self._facts.get(item, {}).get(relation, ())

    def linked(self, item: str) -> frozenset[str]:
        """The entities that any relation of an item leads to."""
        return frozenset(tail for tails in self._facts.get(item, {}).values() for tail in tails)

    def spoken(self, id_: str) -> str:
        """How a person would name it: the title with its year where it has namesakes."""
        entity = self.entities[id_]
        return entity.title if entity.is_item and entity.name in self._namesakes else entity.name


@dataclass(frozen=True)
class Expected:
    """``Expect`` with ids for names and placeholders filled in; each group of words holds alternatives."""

    all_linked: frozenset[str]
    any_linked: frozenset[str]
    none_linked: frozenset[str]
    year_from: int | None
    year_to: int | None
    exclude: frozenset[str]
    reply_any: tuple[str, ...]
    reply_all: tuple[tuple[str, ...], ...]
    reply_none: tuple[str, ...]
    never_again: frozenset[str]
    opinions: Mapping[str, frozenset[Opinion]]
    not_opinions: Mapping[str, frozenset[Opinion]]

    def faults_of(self, item: str, facts: Facts) -> Iterator[str]:
        """Why an offered item breaks the expectation."""
        linked, year = facts.linked(item), facts.entities[item].year
        for entity in sorted(self.all_linked - linked):
            yield f"is not linked to {entity}"
        if self.any_linked and not self.any_linked & linked:
            yield f"is linked to none of {', '.join(sorted(self.any_linked))}"
        for entity in sorted(self.none_linked & linked):
            yield f"is linked to {entity}"
        if self.year_from is not None and (year is None or year < self.year_from):
            yield f"is older than {self.year_from}"
        if self.year_to is not None and (year is None or year > self.year_to):
            yield f"is newer than {self.year_to}"
        if item in self.exclude:
            yield "may not be offered here"

    def faults_of_reply(self, reply: str) -> Iterator[str]:
        """What is missing from the reply, or should not be in it."""
        if self.reply_any and not any(_holds(reply, word) for word in self.reply_any):
            yield f"holds none of {', '.join(self.reply_any)}"
        for group in self.reply_all:
            if not any(_holds(reply, word) for word in group):
                yield f"does not hold {' or '.join(group)}"
        for word in self.reply_none:
            if _holds(reply, word):
                yield f"holds {word}"


@dataclass(frozen=True)
class Names:
    """Fills in names and placeholders, given the items offered so far by name of step."""

    facts: Facts
    offered: Mapping[str, tuple[str, ...]]

    def ids(self, text: str) -> tuple[str, ...]:
        """The entities that a name or placeholder stands for."""
        found = _PLACEHOLDER.fullmatch(text)
        if found is None:
            return (self.facts.id_of(text),)
        relation, source = found.groups()
        items = self._items(source)
        if relation is None:
            return items
        if relation not in RELATIONS:
            raise ScriptError(f"{text}: no relation {relation!r}. Allowed are year, {', '.join(RELATIONS)}.")
        return tuple(dict.fromkeys(tail for item in items for tail in self.facts.related(item, relation)))

    def words(self, text: str) -> tuple[tuple[str, ...], ...]:
        """The words that an entry of a reply check stands for: a group of alternatives for each value."""
        if text.startswith("@"):
            if text not in PHRASES:
                raise ScriptError(f"{text} is no set of phrases. Allowed are {', '.join(PHRASES)}.")
            return (PHRASES[text],)
        found = _PLACEHOLDER.fullmatch(text)
        if found is None:
            return ((text,),)
        if found[1] == "year":
            return tuple((str(self.facts.entities[item].year),) for item in self._items(found[2]))
        entities = [self.facts.entities[id_] for id_ in self.ids(text)]
        return tuple((entity.name, *entity.aliases) for entity in entities)

    def sentence(self, text: str) -> str:
        """What is said, with the first value in place of each placeholder."""

        def first(found: re.Match[str]) -> str:
            if found[1] == "year":
                return self.words(found[0])[0][0]
            return next((self.facts.spoken(id_) for id_ in self.ids(found[0])), "")

        return _PLACEHOLDER.sub(first, text)

    def year(self, value: int | str | None) -> int | None:
        """A year as a number."""
        return int(self.words(value)[0][0]) if isinstance(value, str) else value

    def constraints(self, filters: Filters | None) -> Constraints | None:
        """Filters by ids."""
        if filters is None:
            return None
        wanted, unwanted = self._all(filters.wanted), self._all(filters.unwanted)
        return Constraints(wanted, unwanted, filters.year_from, filters.year_to)

    def expected(self, expect: Expect) -> Expected:
        """All of an expectation by ids."""
        groups = [group for text in expect.reply_all for group in self.words(text)]
        return Expected(
            self.set_of(expect.items_all_linked, items=False),
            self.set_of(expect.items_any_linked, items=False),
            self.set_of(expect.items_none_linked, items=False),
            self.year(expect.items_year_from),
            self.year(expect.items_year_to),
            self.set_of(expect.items_exclude, items=True),
            self._flat(expect.reply_any),
            tuple(groups),
            self._flat(expect.reply_none),
            self.set_of(expect.never_again, items=True),
            {id_: said for text, said in expect.opinions.items() for id_ in self.ids(text)},
            {id_: said for text, said in expect.not_opinions.items() for id_ in self.ids(text)},
        )

    def _all(self, texts: Sequence[str]) -> tuple[str, ...]:
        return tuple(id_ for text in texts for id_ in self.ids(text))

    def set_of(self, texts: Sequence[str], *, items: bool) -> frozenset[str]:
        """The entities meant, all of which are items, or none."""
        ids = self._all(texts)
        for id_ in ids:
            if self.facts.entities[id_].is_item != items:
                mend = "Write a title with its year here" if items else "Nothing links to an item"
                raise ScriptError(f"{id_} is {'not an' if items else 'an'} item. {mend}.")
        return frozenset(ids)

    def _flat(self, texts: Sequence[str]) -> tuple[str, ...]:
        return tuple(word for text in texts for group in self.words(text) for word in group)

    def _items(self, source: str) -> tuple[str, ...]:
        """The items that the source of a placeholder stands for."""
        found = _SHOWN.fullmatch(source)
        if found is None:
            return (self.facts.id_of(source),)
        name, place = found.groups()
        items = self.offered.get(name, ())
        if not items or (place is not None and not -len(items) <= int(place) < len(items)):
            raise NotShownError(
                f"{{{source}}} was not offered ({len(items)} items were). Check what is offered."
            )
        return items if place is None else (items[int(place)],)


def _plain(text: str) -> str:
    """Without case, accents and typographic apostrophes."""
    letters = unicodedata.normalize("NFKD", text.casefold().replace("’", "'"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _holds(reply: str, word: str) -> bool:
    """Whether a text holds others as whole words."""
    return re.search(rf"(?<!\w){re.escape(_plain(word))}(?!\w)", _plain(reply)) is not None
