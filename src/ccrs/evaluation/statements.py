"""Statements about films in a reply's final text: *this film - this person, genre or year*.

What is read is the text a person sees, free text included. Nothing is known of slots, templates or the graph that
filled them: names come from a lexicon, genres from a word list, and rules tell what a sentence says of which film.
Questions, negations and talk about taste (*I love comedies*) state nothing of a film.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final, Literal

from ccrs.evaluation.genre_words import find_genres
from ccrs.evaluation.name_spans import FilmSpan, Names, PersonSpan, find_names
from ccrs.evaluation.statement_rules import (
    Clause,
    Value,
    accepts,
    names_what_follows,
    person_kind,
    points_back,
    points_to_several,
    wants_right_film,
)

StatementKind = Literal["director", "actor", "writer", "person", "genre", "year"]
PERSON_KINDS: Final[tuple[StatementKind, ...]] = ("director", "actor", "writer", "person")

_BOUNDARY = re.compile(
    r"[.!?]+(?=[\s\"')]|$)|\n+|[.!?]{2,}|\?"
    r"|\s+(?=(?:have you|have u|did you|do you|what about|how about|would you)\b)",
    re.IGNORECASE,
)
_TIED = re.compile(
    r"\b(?:if|since|because|so|then|and|but|or|why|when|what|how|where)\b|[,:]$", re.IGNORECASE
)
_BETWEEN_EQUALS = re.compile(
    r"[\s,]*(?:(?:and|or|&|/|also|maybe|even|then|plus|is (?:good|great|nice|awesome|ok))[\s,]*)*",
    re.IGNORECASE,
)
_YEAR = re.compile(
    r"(?:(?<=\bfrom )|(?<=\bin )|(?<=\bof )|(?<=\bthe )|(?<=\ba )|(?<=\bback in ))((?:19|20)\d\d)(?![\w'’-])"
    r"|\b((?:19|20)\d\d)(?= (?:\w+ )?(?:movie|film|version|classic|remake|release|one|comedy|drama|thriller|horror)\b)",
    re.IGNORECASE,
)
_DECADE = re.compile(
    r"(?<!my )(?<!his )(?<!her )(?<!their )(?<!your )(?<![\w.$])(?:((?:19|20)\d0)['’]?s"
    r"|['’]?([2-9]0)['’]?s|(twenties|thirties|fort(?:y|ies)|fifties|sixties|seventies|eighties|nineties))(?!\w)",
    re.IGNORECASE,
)
_DECADE_WORDS = {
    "twenties": 20,
    "thirties": 30,
    "forties": 40,
    "fifties": 50,
    "sixties": 60,
    "seventies": 70,
    "eighties": 80,
    "nineties": 90,
}


@dataclass(frozen=True, slots=True)
class Statement:
    """A film and what is said of it; the value stands at ``text[start:end]``.

    ``film`` is the lexicon's id, ``value`` a person's name, one of ``GENRES``, a year (``1997``) or a decade
    (``1990s``). ``person`` says that no role was named.
    """

    film: str
    kind: StatementKind
    value: str
    start: int
    end: int


def extract_statements(text: str, names: Names, discussed: str | None = None) -> list[Statement]:
    """The statements in ``text``, in its order, each (film, kind, value) once.

    A value belongs to the nearest film named in its sentence, else to the one named before it, else to the next
    one, else to ``discussed``, the film last named before the reply. A list of films shares a genre or a year.
    What is said of a film that is not in ``names`` is left out.
    """
    films, people = find_names(text, names, discussed)
    statements: dict[tuple[str, str, str], Statement] = {}
    previous: Value | None = None
    values = _values(text, films, people)
    sentences = _sentences(text, films, people) if values else []
    for found in values:
        start, end, asks = next(row for row in reversed(sentences) if row[0] <= found.start)
        clause = Clause(start, end, tuple(span for span in films if start <= span.start < end), asks)
        kind = person_kind(text, clause, found, previous) if found.kind == "person" else found.kind
        value = replace(found, kind=kind)
        previous = value
        if not accepts(text, clause, value):
            continue
        for film in _attached(text, clause, films, value, discussed):
            key = (film, value.kind, value.value)
            statements.setdefault(key, Statement(film, kind, value.value, value.start, value.end))
    return list(statements.values())


def _values(text: str, films: list[FilmSpan], people: list[PersonSpan]) -> list[Value]:
    """People, genres and years outside the names of films and people, in the order of the text."""
    taken = _spans(films, people)
    found = [Value("person", span.name, span.start, span.end) for span in people]
    others = [Value("genre", genre, start, end) for genre, start, end in find_genres(text)]
    others += [Value("year", m[1] or m[2], m.start(), m.end()) for m in _YEAR.finditer(text)]
    others += [Value("year", _decade(m), m.start(), m.end()) for m in _DECADE.finditer(text)]
    free = [v for v in others if not any(v.start < end and start < v.end for start, end in taken)]
    return sorted((*found, *free), key=lambda v: (v.start, v.end, v.value))


def _spans(films: list[FilmSpan], people: list[PersonSpan]) -> list[tuple[int, int]]:
    """Start and end of all names."""
    return [(film.start, film.end) for film in films] + [(person.start, person.end) for person in people]


def _decade(match: re.Match[str]) -> str:
    """``1990s`` for ``90s``, ``the 90's``, ``1990s`` and ``nineties``."""
    if match[1]:
        return f"{int(match[1])}s"
    number = int(match[2]) if match[2] else _DECADE_WORDS.get(match[3].lower(), 40)
    return f"{1900 + number}s"


def _sentences(text: str, films: list[FilmSpan], people: list[PersonSpan]) -> list[tuple[int, int, bool]]:
    """Start, end and whether it ends with ``?`` of each sentence; dots inside names end none.

    People run on without a dot: *it was funny have you seen FILM*. A question begins there, unless a comma or an
    *if* ties it to what stands before.
    """
    spans = _spans(films, people)
    sentences, start = [], 0
    for match in _BOUNDARY.finditer(text):
        if any(a < match.end() and match.start() < b for a, b in spans):
            continue
        if match[0].isspace() and "\n" not in match[0] and _TIED.search(text, start, match.start()):
            continue
        sentences.append((start, match.start(), "?" in match[0]))
        start = match.end()
    return [*sentences, (start, len(text), False)]


def _attached(
    text: str, clause: Clause, films: list[FilmSpan], value: Value, discussed: str | None
) -> list[str]:
    """The films that ``value`` is said of."""
    anchor = _anchor(text, clause, films, value)
    if anchor is None:
        return [discussed] if discussed is not None else []
    group = _equals(text, films, anchor)
    if anchor not in clause.films:
        spread = points_to_several(text, clause, value)
    elif value.kind in ("genre", "year"):
        spread = value.end <= group[0].start or value.start >= group[-1].end
    else:  # "FILM with PERSON or FILM": a person is one film's, unless the list follows from him
        spread = value.end <= group[0].start and names_what_follows(text, value, group[0].start)
    return [span.film for span in (group if spread else [anchor]) if span.film is not None]


def _anchor(text: str, clause: Clause, films: list[FilmSpan], value: Value) -> FilmSpan | None:
    """The one film next to ``value``; None for the film under discussion."""
    if clause.films:
        left = [span for span in clause.films if span.end <= value.start]
        right = [span for span in clause.films if span.start >= value.end]
        if not left or not right:
            return left[-1] if left else right[0]
        return right[0] if wants_right_film(text, left[-1].end, value, right[0].start) else left[-1]
    before = [span for span in films if span.end <= value.start]
    if before:
        return before[-1]
    return None if not films or points_back(text, clause, value) else films[0]


def _equals(text: str, films: list[FilmSpan], anchor: FilmSpan) -> list[FilmSpan]:
    """The list of films, joined by commas and conjunctions only, in which ``anchor`` stands."""
    first = last = films.index(anchor)
    while first > 0 and _BETWEEN_EQUALS.fullmatch(text, films[first - 1].end, films[first].start):
        first -= 1
    while last + 1 < len(films) and _BETWEEN_EQUALS.fullmatch(text, films[last].end, films[last + 1].start):
        last += 1
    return films[first : last + 1]
