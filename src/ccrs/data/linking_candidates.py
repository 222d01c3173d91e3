"""What names may mean: the entities behind each spelling, and which of them is meant first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from ccrs.core.graph import Catalogue, Entity
from ccrs.data.linking_names import (
    Tokens,
    full_name_spellings,
    genre_spellings,
    needs_evidence,
    title_spellings,
    tokenise,
)
from ccrs.data.linking_ordinary import is_ordinary
from ccrs.data.linking_values import CatalogueWords, Guard, guard_of
from ccrs.data.linking_words import SMALL_WORDS

Kind = Literal["title", "person", "value"]
"""A title is the name of an item, or of a film that is none; a value is what is neither that nor a person."""

Way = Literal["exact", "alias", "spelling", "shortened", "typo"]
"""How words came from a name: as it stands, from an alias, written another way, without a part, by mistake."""

_ORDER: tuple[Kind, ...] = ("title", "person", "value")
_MUCH = 1e-3
_WAYS: tuple[Way, ...] = ("exact", "spelling", "shortened")


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entity that a name may mean; smaller ranks are meant first."""

    entity: int
    kind: Kind
    year: int | None
    rank: tuple[float, ...]
    way: Way
    guard: Guard
    popularity: int


@dataclass(frozen=True, slots=True)
class Name:
    """A spelling in the automaton: its length in characters and tokens, and what it may mean.

    ``weight`` orders overlapping names: more words that say something, then more words. Its ``titles`` need evidence
    where they are ``guarded``; the ``others`` as their own guard says. ``joined`` are its tokens without spaces,
    ``popular`` says that the first title is talked of much.
    """

    length: int
    num_tokens: int
    weight: int
    titles: tuple[Candidate, ...]
    others: tuple[Candidate, ...]
    guarded: bool
    popular: bool
    joined: str

    @classmethod
    def of(
        cls, tokens: Tokens, candidates: tuple[Candidate, ...], *, guarded: bool, popular: bool = False
    ) -> Name:
        """The name of these words, ``candidates`` the likeliest first."""
        weight = 100 * sum(token not in SMALL_WORDS for token in tokens) + len(tokens)
        titles = tuple(candidate for candidate in candidates if candidate.kind == "title")
        length = sum(map(len, tokens)) + len(tokens) + 1
        return cls(
            length, len(tokens), weight, titles, candidates[len(titles) :], guarded, popular, "".join(tokens)
        )


class Spellings:
    """All spellings of a catalogue's names and what each may mean, the likeliest first.

    ``popularity`` goes by entity id: how often an item is meant, or how many things have a value. Where the items are
    films, of other entities only people and genres have spellings.
    """

    def __init__(
        self, catalogue: Catalogue, popularity: Mapping[str, int], words: CatalogueWords, *, cues: bool
    ) -> None:
        self.exact: dict[Tokens, list[Candidate]] = {}
        self.words, self._cues = words, cues
        # A film that is talked of this much is meant by its name, ordinary or not.
        self._much = max(5.0, _MUCH * sum(popularity.values()))
        self._found: dict[Tokens, dict[int, Candidate]] = {}
        for position, entity in enumerate(catalogue.entities):
            for tokens, looseness, is_alias in self._spellings_of(entity):
                guard: Guard = "free" if words.of_films else guard_of(tokens, entity.type)
                count = popularity.get(entity.id, 0)
                way: Way = "alias" if is_alias and not looseness else _WAYS[looseness]
                candidate = _candidate(position, entity, looseness, count, way, guard)
                if looseness < 2 and entity.is_item:
                    self.exact.setdefault(tokens, []).append(candidate)
                self._found.setdefault(tokens, {}).setdefault(position, candidate)

        if not words.of_films:
            self._add_short_forms(catalogue, popularity)

    def _add_short_forms(self, catalogue: Catalogue, popularity: Mapping[str, int]) -> None:
        """*Solar* for *solar panel*: a word that only one value has, and that is no ordinary one."""
        owners: dict[str, set[int]] = {}
        for position, entity in enumerate(catalogue.entities):
            if not is_title(entity) and entity.type != "person":
                for token in tokenise(entity.name)[0]:
                    owners.setdefault(token, set()).add(position)
        of_items = {token for noun in self.words.nouns for token in noun.split()}
        for token, positions in owners.items():
            if len(positions) > 1 or (token,) in self._found or token in of_items or not _tells(token):
                continue
            (position,) = positions
            entity = catalogue.entities[position]
            if len(tokenise(entity.name)[0]) in (2, 3):
                count = popularity.get(entity.id, 0)
                found = _candidate(position, entity, 2, count, _WAYS[2], guard_of((token,), entity.type))
                self._found[token,] = {position: found}

    def names(self) -> Iterator[tuple[Tokens, Name]]:
        """Every spelling with what it may mean."""
        for tokens, found in self._found.items():
            ranked = tuple(sorted(found.values(), key=lambda candidate: candidate.rank))
            popular = ranked[0].popularity >= self._much
            guarded = self._is_guarded(tokens, popular=popular)
            yield tokens, Name.of(tokens, ranked, guarded=guarded, popular=popular)

    def _is_guarded(self, tokens: Tokens, *, popular: bool) -> bool:
        """Whether a title of these words needs evidence."""
        if needs_evidence(tokens) or self.words.describe(tokens):
            return True
        return self._cues and is_ordinary(tokens) and not popular

    def _spellings_of(self, entity: Entity) -> Iterator[tuple[Tokens, int, bool]]:
        """Spellings of an entity's names: 0 exact, 1 another spelling, 2 without a part; whether of an alias."""
        ways = self._ways(entity)
        if ways is not None:
            for number, name in enumerate((entity.name, *entity.aliases)):
                for tokens, looseness in ways(name):
                    yield tokens, looseness, number > 0

    def _ways(self, entity: Entity) -> Callable[[str], Iterable[tuple[Tokens, int]]] | None:
        if is_title(entity):
            return title_spellings
        if self.words.of_films:
            return _OF_FILMS.get(entity.type)
        if entity.type == "person":
            return _any_name_spellings
        return lambda name: self.words.value_spellings(name, entity.type)


def _tells(token: str) -> bool:
    """Whether one word of a value says enough to stand for it."""
    plain = len(token) > 3 and token.isalpha()
    return plain and not is_ordinary((token,)) and not needs_evidence((token,))


def is_title(entity: Entity) -> bool:
    """Whether an entity is known by a title: an item, or a film that cannot be recommended."""
    return entity.is_item or entity.type == "movie"


def _any_name_spellings(name: str) -> Iterator[tuple[Tokens, int]]:
    """As ``full_name_spellings``, and single names such as *Homer* as they stand."""
    tokens = tuple(tokenise(name)[0])
    if len(tokens) == 1:
        yield tokens, 0
    yield from full_name_spellings(name)


def _candidate(
    position: int, entity: Entity, looseness: int, popularity: int, way: Way, guard: Guard
) -> Candidate:
    """The entity as a candidate; titles before people before values, items before other titles."""
    kind: Kind = "title" if is_title(entity) else "person" if entity.type == "person" else "value"
    order = _ORDER.index(kind)
    year = entity.year if kind == "title" else None
    newest = -year if year is not None else 1
    # Of titles the popular one is meant even without its article; of values the one that is named exactly.
    weights = (-popularity, looseness) if kind == "title" else (looseness, -popularity)
    rank = (order, not entity.is_item, *weights, newest, position)
    return Candidate(position, kind, year, rank, way, guard, popularity)


_OF_FILMS: dict[str, Callable[[str], Iterable[tuple[Tokens, int]]]] = {
    "person": full_name_spellings,
    "genre": genre_spellings,
}
