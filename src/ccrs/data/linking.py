"""Finding the entities of a catalogue in what people type, by their names."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import ahocorasick

from ccrs.core.dialogue import Mention
from ccrs.core.graph import Catalogue, Entity
from ccrs.data.linking_candidates import Candidate, Name, Spellings, Way, is_title
from ccrs.data.linking_cues import Cues
from ccrs.data.linking_evidence import Line, Span
from ccrs.data.linking_names import tokenise
from ccrs.data.linking_typos import Reading, Typos
from ccrs.data.linking_values import CatalogueWords, used_as_verb

# Bounded repetitions, so that no text makes them slow.
_YEAR = r"(?:\(\s?(\d{4})\s?\)|\[\s?(\d{4})\s?\]|(?<!\w)(\d{4})(?!\w))"
_YEAR_BEHIND = re.compile(rf"[!?.*\u2026]{{0,3}}\s{{0,3}},?\s{{0,3}}{_YEAR}")
_TITLE_WITH_YEAR = re.compile(rf"(.+?) ?,? ?{_YEAR}")


@dataclass(frozen=True, slots=True)
class Link:
    """An entity found in a text, and why: how the words match its name, and whether a year tells which it is."""

    entity: Entity
    start: int
    end: int
    way: Way
    by_year: bool = False


class Linker:
    """Finds the entities of a catalogue in a text by their names.

    Names are compared without case, accents and punctuation, whole words only, and the longest name
    wins. A year behind a title selects among namesakes and belongs to the mention; without one the
    most popular item (``item_popularity``: entity id to count) is meant, or else the newest. Titles
    made of ordinary words (*It*, *Up*, *The Help*) need evidence: a year, quotes, or capitals where a
    sentence would not have them. The linker depends on nothing but its arguments.

    With ``cues`` more words count as ordinary, and more as evidence (*the movie up*, *have you seen up?*,
    a title beside it in a list); on by itself with ``typos`` and where the items are no films. With
    ``typos`` names with a mistake in them are found as well, where no exact name stands.

    Where the items are films, titles, people with their full names and genres are found; of any other
    catalogue the entities of every type (``ccrs.data.linking_values`` says with which evidence).

    Searching is linear in the text (A. V. Aho and M. J. Corasick, "Efficient string matching: an aid
    to bibliographic search", CACM 18(6), 1975).
    """

    def __init__(
        self,
        catalogue: Catalogue,
        *,
        item_popularity: Mapping[str, int] | None = None,
        cues: bool | None = None,
        typos: bool = False,
    ) -> None:
        self._catalogue = catalogue
        people = (entity.name for entity in catalogue.entities if entity.type == "person")
        self._name_words = {word for name in people for word in tokenise(name)[0]}
        self._words = CatalogueWords(catalogue)
        reads_cues = (typos or not self._words.of_films) if cues is None else cues
        self._weighing = Cues(self._words.nouns)
        self._cues = self._weighing if reads_cues else None
        spellings = Spellings(catalogue, item_popularity or {}, self._words, cues=reads_cues)
        self._exact = spellings.exact
        self._automaton = ahocorasick.Automaton()
        for tokens, name in spellings.names():
            self._automaton.add_word(f" {' '.join(tokens)} ", name)
        if len(self._automaton):
            self._automaton.make_automaton()
        self._typos = Typos(spellings.names(), self._automaton) if typos else None

    def link(self, text: str) -> tuple[Mention, ...]:
        """The entities named in ``text``, in order, not overlapping, by the characters of ``text``."""
        return tuple(Mention(link.entity.id, link.start, link.end) for link in self.explain(text))

    def explain(self, text: str) -> tuple[Link, ...]:
        """As ``link``, with what speaks for each entity."""
        line = Line(text, *tokenise(text))
        if not line.tokens or not len(self._automaton):
            return ()
        taken = bytearray(len(text))  # 1 for titles, 2 for all else
        links: list[Link] = []
        for first, name in self._named(line.tokens):
            span = Span(line, first, first + name.num_tokens)
            if not any(taken[span.start : span.end]):
                _take(self._resolve(span, name, taken), links, taken)
        if self._typos is not None:
            for reading in self._typos.readings(line, taken):
                span = Span(line, reading.first, reading.last)
                if not any(taken[span.start : span.end]):
                    _take(self._mistyped(span, reading, taken), links, taken)
        return tuple(sorted(links, key=lambda link: link.start))

    def _named(self, tokens: Sequence[str]) -> Iterator[tuple[int, Name]]:
        """The names in a line, each with its first token; those that say most first."""
        hits = [(end - name.length + 1, name) for end, name in self._automaton.iter(f" {' '.join(tokens)} ")]
        if not hits:
            return
        token_at = {}
        place = 0
        for number, token in enumerate(tokens):
            token_at[place] = number
            place += len(token) + 1
        for place, name in sorted(hits, key=lambda hit: (-hit[1].weight, hit[0])):
            yield token_at[place], name

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

    def _resolve(self, span: Span, name: Name, taken: bytearray) -> Link | None:
        """What the name means here, or ``None`` if most likely no entity is meant."""
        if name.titles:
            title, end = _of_year(name.titles, span)
            if title is not None and (end > span.end or self._is_title(span, name, taken)):
                return self._link(title, span.start, end, by_year=end > span.end)
        other = next((other for other in name.others if self._is_meant(other, span)), None)
        return None if other is None else self._link(other, span.start, span.end)

    def _is_title(self, span: Span, name: Name, taken: bytearray) -> bool:
        """Whether words that no year follows are meant as a title."""
        if span.quoted:
            return True
        if not name.guarded:
            if self._cues is not None and self._cues.speak_against(span, name):
                return False
            return not self._inside_longer_name(span)
        if self._words.of_films and any(other.kind == "value" for other in name.others):
            return False
        return span.capitalised if self._cues is None else self._cues.speak_for(span, taken)

    def _mistyped(self, span: Span, reading: Reading, taken: bytearray) -> Link | None:
        """What a name with mistakes means here; it needs more than one without."""
        name, title, end = reading.name, None, span.end
        if name.titles:
            title, end = _of_year(name.titles, span)
        by_year = title is not None and end > span.end
        if not by_year and not (span.quoted or self._weighing.speak_for_typo(span, reading, taken)):
            return None
        found = title or next(iter(name.others), None)
        return (
            None
            if found is None
            else replace(self._link(found, span.start, end, by_year=by_year), way="typo")
        )

    def _is_meant(self, other: Candidate, span: Span) -> bool:
        """Whether there is what a person or a value needs to be meant."""
        if other.guard == "free":
            return True
        if other.guard == "ordinary":
            return span.quoted or not used_as_verb(span.tokens, span.first)
        return span.quoted or span.capitalised or (other.kind == "person" and span.names_person)

    def _inside_longer_name(self, span: Span) -> bool:
        """Whether a single word is part of a person's name: the *Morgan* of *Morgan Unknown*."""
        if span.last - span.first > 1 or span.tokens[span.first] not in self._name_words:
            return False
        return span.proper_name_goes_on

    def _link(self, candidate: Candidate, start: int, end: int, *, by_year: bool = False) -> Link:
        return Link(self._catalogue.entities[candidate.entity], start, end, candidate.way, by_year)


def _take(link: Link | None, links: list[Link], taken: bytearray) -> None:
    """Keep a link, unless with its year behind it it reaches into another one."""
    if link is not None and not any(taken[link.start : link.end]):
        links.append(link)
        kind = b"\1" if is_title(link.entity) else b"\2"
        taken[link.start : link.end] = kind * (link.end - link.start)


def _of_year(titles: Sequence[Candidate], span: Span) -> tuple[Candidate | None, int]:
    """The item meant by the year behind the span, and where the mention ends.

    A year in brackets that no candidate has names an item that is not in the catalogue.
    """
    match = _YEAR_BEHIND.match(span.text, span.end)
    if match is None:
        return titles[0], span.end
    in_brackets = match[1] or match[2]
    year = int(in_brackets or match[3])
    same = next((title for title in titles if title.year == year), None)
    if same is not None:
        return same, match.end()
    if in_brackets is None:
        return titles[0], span.end
    if all(title.year is None for title in titles):
        return titles[0], match.end()
    # People are often off by one, as a film's first showing and its release may lie in two years.
    beside = next((title for title in titles if title.year in (year - 1, year + 1)), None)
    return beside, match.end()
