"""Finding the entities of a catalogue in what people type, by their names."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import ahocorasick

from ccrs.core.dialogue import Mention
from ccrs.core.graph import Catalogue, Entity
from ccrs.data.linking_evidence import Span
from ccrs.data.linking_names import (
    Tokens,
    full_name_spellings,
    genre_spellings,
    needs_evidence,
    title_spellings,
    tokenise,
)
from ccrs.data.linking_words import SMALL_WORDS

# Bounded repetitions, so that no text makes them slow.
_YEAR = r"(?:\(\s?(\d{4})\s?\)|\[\s?(\d{4})\s?\]|(?<!\w)(\d{4})(?!\w))"
_YEAR_BEHIND = re.compile(rf"[!?.*\u2026]{{0,3}}\s{{0,3}},?\s{{0,3}}{_YEAR}")
_TITLE_WITH_YEAR = re.compile(rf"(.+?) ?,? ?{_YEAR}")


@dataclass(frozen=True, slots=True)
class _Candidate:
    """An entity that a name may mean; smaller ranks are meant first."""

    entity: int
    kind: str  # "film", "person" or "genre"
    year: int | None
    rank: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Name:
    """A spelling in the automaton: its length in characters and tokens, and what it may mean.

    ``weight`` orders overlapping names: more words that say something, then more words.
    """

    length: int
    num_tokens: int
    weight: int
    candidates: tuple[_Candidate, ...]
    guarded: bool


class Linker:
    """Finds titles, people with their full names and genres of a catalogue in a text.

    Names are compared without case, accents and punctuation, whole words only, and the longest name
    wins. A year behind a title selects among namesakes and belongs to the mention; without one the
    most popular film (``item_popularity``: entity id to count) is meant, or else the newest. Names
    made of ordinary words (*It*, *Up*, *The Help*) need evidence: a year, quotes, or capitals where a
    sentence would not have them. The linker depends on nothing but its arguments.

    Searching is linear in the text (A. V. Aho and M. J. Corasick, "Efficient string matching: an aid
    to bibliographic search", CACM 18(6), 1975).
    """

    def __init__(self, catalogue: Catalogue, *, item_popularity: Mapping[str, int] | None = None) -> None:
        self._catalogue = catalogue
        self._exact: dict[Tokens, list[_Candidate]] = {}
        found: dict[Tokens, dict[int, _Candidate]] = {}
        popularity = item_popularity or {}
        people = (entity.name for entity in catalogue.entities if entity.type == "person")
        self._name_words = {word for name in people for word in tokenise(name)[0]}
        for position, entity in enumerate(catalogue.entities):
            for tokens, looseness in _spellings_of(entity):
                candidate = _candidate(position, entity, looseness, popularity.get(entity.id, 0))
                if looseness < 2 and entity.is_item:
                    self._exact.setdefault(tokens, []).append(candidate)
                found.setdefault(tokens, {}).setdefault(position, candidate)
        self._automaton = ahocorasick.Automaton()
        for tokens, candidates in found.items():
            pattern = f" {' '.join(tokens)} "
            ranked = tuple(sorted(candidates.values(), key=lambda candidate: candidate.rank))
            weight = 100 * sum(token not in SMALL_WORDS for token in tokens) + len(tokens)
            name = _Name(len(pattern), len(tokens), weight, ranked, needs_evidence(tokens))
            self._automaton.add_word(pattern, name)
        if found:
            self._automaton.make_automaton()

    def link(self, text: str) -> tuple[Mention, ...]:
        """The entities named in ``text``, in order, not overlapping, by the characters of ``text``."""
        tokens, starts, ends = tokenise(text)
        if not tokens or not len(self._automaton):
            return ()
        line = f" {' '.join(tokens)} "
        hits = [(end - name.length + 1, name) for end, name in self._automaton.iter(line)]
        if not hits:
            return ()
        token_at = {}
        place = 0
        for number, token in enumerate(tokens):
            token_at[place] = number
            place += len(token) + 1
        mentions: list[Mention] = []
        for place, name in sorted(hits, key=lambda hit: (-hit[1].weight, hit[0])):
            first = token_at[place]
            span = Span(text, tokens, starts, ends, first, first + name.num_tokens)
            if _is_free(span, mentions):
                mention = self._resolve(span, name)
                # With its year behind it, a mention may reach into another one.
                if mention is not None and _is_free(mention, mentions):
                    mentions.append(mention)
        return tuple(sorted(mentions, key=lambda mention: mention.start))

    def find_item(self, title: str) -> int | None:
        """The item index of a title typed with or without its year, or ``None``.

        Of namesakes typed without a year, the most popular one or else the newest is meant.
        """
        whole = self._exact.get(tuple(tokenise(title)[0]))
        if whole:
            return min(whole, key=lambda candidate: candidate.rank).entity
        match = _TITLE_WITH_YEAR.fullmatch(" ".join(title.split()))
        if match is None:
            return None
        year = int(match[2] or match[3] or match[4])
        named = self._exact.get(tuple(tokenise(match[1])[0]), [])
        same = [candidate for candidate in named if candidate.year == year]
        return min(same, key=lambda candidate: candidate.rank).entity if same else None

    def nearest(self, name: str, n: int = 3) -> list[Entity]:
        """At most ``n`` entities whose names look most like ``name``, to suggest in a message."""
        titled = _TITLE_WITH_YEAR.fullmatch(" ".join(name.split()))
        wanted = " ".join(tokenise(titled[1] if titled else name)[0])
        near = difflib.get_close_matches(wanted, self._names, n=n, cutoff=0.7) if wanted else []
        return [self._catalogue.entities[self._names[key]] for key in near]

    @cached_property
    def _names(self) -> dict[str, int]:
        """Folded name to the first entity of that name; made when first needed."""
        names: dict[str, int] = {}
        for position, entity in enumerate(self._catalogue.entities):
            names.setdefault(" ".join(tokenise(entity.name)[0]), position)
        return names

    def _resolve(self, span: Span, name: _Name) -> Mention | None:
        """What the name means here, or ``None`` if most likely no entity is meant."""
        films = [candidate for candidate in name.candidates if candidate.kind == "film"]
        others = [candidate for candidate in name.candidates if candidate.kind != "film"]
        if films:
            film, end = _film_of_year(films, span)
            genre_too = any(candidate.kind == "genre" for candidate in others)
            if end > span.end or span.quoted:
                sure = True
            elif name.guarded:
                sure = span.capitalised and not genre_too
            else:
                sure = not self._inside_longer_name(span)
            if film is not None and sure:
                return self._mention(film, span.start, end)
        return self._mention(others[0], span.start, span.end) if others else None

    def _inside_longer_name(self, span: Span) -> bool:
        """Whether a single word is part of a person's name: the *Morgan* of *Morgan Unknown*."""
        if span.last - span.first > 1 or span.tokens[span.first] not in self._name_words:
            return False
        return span.proper_name_goes_on

    def _mention(self, candidate: _Candidate, start: int, end: int) -> Mention:
        return Mention(self._catalogue.entities[candidate.entity].id, start, end)


def _is_free(span: Span | Mention, mentions: Iterable[Mention]) -> bool:
    """Whether no mention overlaps the span."""
    return not any(span.start < other.end and other.start < span.end for other in mentions)


def _film_of_year(films: Sequence[_Candidate], span: Span) -> tuple[_Candidate | None, int]:
    """The film meant by the year behind the span, and where the mention ends.

    A year in brackets that no candidate has names a film that is not in the catalogue.
    """
    match = _YEAR_BEHIND.match(span.text, span.end)
    if match is None:
        return films[0], span.end
    in_brackets = match[1] or match[2]
    year = int(in_brackets or match[3])
    same = next((film for film in films if film.year == year), None)
    if same is not None:
        return same, match.end()
    if in_brackets is None:
        return films[0], span.end
    if all(film.year is None for film in films):
        return films[0], match.end()
    # People are often off by one, as a film's first showing and its release may lie in two years.
    beside = next((film for film in films if film.year in (year - 1, year + 1)), None)
    return beside, match.end()


def _candidate(position: int, entity: Entity, looseness: int, popularity: int) -> _Candidate:
    """The entity as a candidate; films before people before genres, items before other films."""
    kind = "film" if _is_film(entity) else "person" if entity.type == "person" else "genre"
    order = ("film", "person", "genre").index(kind)
    year = entity.year if kind == "film" else None
    newest = -year if year is not None else 1
    rank = (order, not entity.is_item, -popularity, looseness, newest, position)
    return _Candidate(position, kind, year, rank)


def _is_film(entity: Entity) -> bool:
    return entity.is_item or entity.type == "movie"


def _spellings_of(entity: Entity) -> Iterator[tuple[Tokens, int]]:
    """Spellings of an entity's names; 0 is exact, 1 another spelling, 2 without a part."""
    ways = title_spellings if _is_film(entity) else _SPELLINGS.get(entity.type)
    if ways is not None:
        for name in (entity.name, *entity.aliases):
            yield from ways(name)


_SPELLINGS: dict[str, Callable[[str], Iterable[tuple[Tokens, int]]]] = {
    "person": full_name_spellings,
    "genre": genre_spellings,
}
