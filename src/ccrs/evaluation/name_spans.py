"""Films and people named in a text, found by their names alone.

This finder shares nothing with the linker of the training data nor with the slots of a responder: it is given
names and a text, and tells where which name stands.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from ccrs.core.graph import Catalogue

Words = tuple[str, ...]

_WORD = re.compile(r"[^\W_]+")
_YEAR = re.compile(r"[!?.'’\"”%]{0,4}\s*\(\s*(\d{4})\s*\)")
_MAX_WORDS: Final[int] = 14
_FUNCTION_WORDS = """
    a an the of in on and to for at by or is are was were be it its i you he she we they me my your his
    her our their us them this that these those what who whom which when where why how all any some no not
    yes ok so if but as with from up out off over down about into after before one two three do does did
    have has had can could will would should may might must there here now then just only very too also
    more most less than s t m re ve ll d go get got good great bad nice new old big day night time man men
    woman life love like way home back right last first next best
"""
_FUNCTION = frozenset(_FUNCTION_WORDS.split())
# Bare, these are hardly ever meant as titles; with a year behind they are always found.
_ORDINARY_WORDS = """
    movie movies film films comedy drama horror action thriller western romance mystery adventure fantasy
    war crime scary funny family kids classic actor director star stars date school job game house friends
    girls boys brothers sisters father mother parents baby child children teacher doctor police hollywood
    american english french german japanese christmas halloween summer winter spring sunday monday friday
    saturday january may june july august world earth moon sun sky water fire ice rain snow black white
    red blue green gold dead death alive help hero heroes king queen prince princess ghost monster devil
    angel angels god hell heaven music song dance party wedding vacation holiday hotel island city street
    road truth lie lies secret memory dream dreams money work play run fly fight hit kill killer hunt
    hunter gun trust hope faith fear joy anger crazy mad happy sad serious lucky perfect beautiful pretty
    sweet cute cool awesome amazing wonderful fun big huge little small strange weird different similar
    true real wild free safe ready sorry thanks thank hello hi hey bye goodbye welcome super loved liked
    haven mars santa chronicle sure maybe yeah wow haha lol oh well great glad enjoy watch watched see saw
    seen know think say said tell want need try take make made give come left still even ever never always
    again once twice alone together tonight today tomorrow yesterday morning minute hour week month year
    years past future history story chef speed gravity drive taken signs click elf ted paul frank her him
    cars up it bad rush heat warrior people person guy girl boy lady husband wife brother sister son
    daughter friend lover lovers stranger contact identity brave inside outside room space home spy salt
    wanted unknown limitless shooter sleepers knowing hitch swing swingers clue clueless next push jumper
    senseless heroine yes no top recommend suggestion cast scene scenes original sequel remake series part
    parts episode volume chapter version plot character characters acting effects twist ending theater
    theaters netflix hulu disney marvel dc pixar
"""
_ORDINARY = frozenset(_ORDINARY_WORDS.split())


@dataclass(frozen=True, slots=True)
class FilmSpan:
    """A film named at ``text[start:end]``, its year included; ``film`` is None where it is not known which."""

    film: str | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class PersonSpan:
    """A person named in full at ``text[start:end]``; ``name`` as the lexicon writes it."""

    name: str
    start: int
    end: int


@dataclass(frozen=True)
class Names:
    """The names that can be found: titles with year and film id, and people.

    Both are keyed by the name's words without case, accents and punctuation.
    """

    titles: Mapping[Words, tuple[tuple[int | None, str], ...]]
    people: Mapping[Words, str]

    @classmethod
    def build(cls, films: Iterable[tuple[str, str, int | None]], people: Iterable[str]) -> Names:
        """From ``films`` (id, title without year, year) and ``people``.

        People of one word are left out: such names (*Common*, *Prince*) are words more often than names.
        """
        titles: dict[Words, list[tuple[int | None, str]]] = {}
        for film, title, year in films:
            row = titles.setdefault(words_of(title), [])
            if (year, film) not in row:
                row.append((year, film))
        named = {words: name for name in people if 2 <= len(words := words_of(name)) <= _MAX_WORDS}
        known = {words: tuple(row) for words, row in titles.items() if 0 < len(words) <= _MAX_WORDS}
        return cls(known, named)

    @classmethod
    def of_catalogue(cls, catalogue: Catalogue, more_people: Iterable[str] = ()) -> Names:
        """The titles of all items (aliases too), the names of all people, and ``more_people``."""
        films = [
            (item.id, name, item.year) for item in catalogue.items for name in (item.name, *item.aliases)
        ]
        people = [entity.name for entity in catalogue.entities if entity.type == "person"]
        return cls.build(films, (*more_people, *people))


def words_of(name: str) -> Words:
    """The words of a name without case, accents and punctuation: what names are compared by."""
    return tuple(_fold(match[0]) for match in _WORD.finditer(name))


def find_names(
    text: str, names: Names, discussed: str | None = None
) -> tuple[list[FilmSpan], list[PersonSpan]]:
    """Films and people named in ``text``, each in order; no two spans share a character.

    A title with its year is always found, and one that is not in ``names`` is found as an unknown film. A
    title without a year must look like one: not of ordinary words alone, and with capitals where it is short.
    Of namesakes without a year, the one named with a year in the text or ``discussed`` is meant.
    """
    tokens = [(_fold(match[0]), match.start(), match.end()) for match in _WORD.finditer(text)]
    taken = [False] * len(tokens)
    films = _dated_films(text, tokens, taken, names)
    near = ({span.film for span in films}, {discussed})
    people: list[PersonSpan] = []
    position = 0
    while position < len(tokens):
        length = 1
        for count in range(min(_MAX_WORDS, len(tokens) - position), 0, -1):
            if any(taken[position : position + count]):
                continue
            words = tuple(word for word, _, _ in tokens[position : position + count])
            start, end = tokens[position][1], tokens[position + count - 1][2]
            if words in names.titles and _looks_like_title(text, words, start, end):
                films.append(FilmSpan(_which(names.titles[words], near), start, end))
            elif words in names.people and _looks_like_name(text, words, start, end):
                people.append(PersonSpan(names.people[words], start, end))
            else:
                continue
            length = count
            break
        position += length
    return sorted(films, key=lambda span: span.start), people


def _dated_films(
    text: str, tokens: list[tuple[str, int, int]], taken: list[bool], names: Names
) -> list[FilmSpan]:
    """Titles with their year in parentheses; marks their words as taken."""
    films = []
    for position, (_, _, end) in enumerate(tokens[:-1]):
        year = _YEAR.match(text, end)
        if year is None:
            continue
        first, film = _longest_title(tokens, taken, position, names, int(year[1]))
        films.append(FilmSpan(film, tokens[first][1], year.end()))
        taken[first : position + 2] = [True] * (position + 2 - first)
    return films


def _longest_title(
    tokens: list[tuple[str, int, int]], taken: list[bool], last: int, names: Names, year: int
) -> tuple[int, str | None]:
    """First word and film of the longest title of that year which ends at word ``last``."""
    for first in range(max(0, last + 1 - _MAX_WORDS), last + 1):
        if any(taken[first : last + 1]):
            continue
        words = tuple(word for word, _, _ in tokens[first : last + 1])
        for known, film in names.titles.get(words, ()):
            if known == year:
                return first, film
    return last, None


def _which(known: tuple[tuple[int | None, str], ...], near: tuple[set[str | None], ...]) -> str | None:
    """The film meant by a title without a year, or None where several could be; ``near`` ones by precedence."""
    if len(known) == 1:
        return known[0][1]
    without_year = [film for year, film in known if year is None]
    for wanted in (*([film for _, film in known if film in group] for group in near), without_year):
        if len(wanted) == 1:
            return wanted[0]
    return None


def _looks_like_title(text: str, words: Words, start: int, end: int) -> bool:
    """Whether words that are a title may be meant as one though no year follows."""
    telling = [
        word for word in words if word not in _FUNCTION and word not in _ORDINARY and not word.isdigit()
    ]
    capitals = _capitals(text, start, end)
    if len(words) == 1:
        return bool(telling) and len(words[0]) > 3 and capitals and not _in_capitalised_run(text, start, end)
    if not telling:  # "Scary Movie", "The Day After": not without capitals, in a text of more than capitals
        last_is_capital = text[start:end].rsplit(maxsplit=1)[-1][0].isupper()
        return capitals and last_is_capital and not text.isupper() and _fold(words[-1]) not in _FUNCTION
    return capitals or (len(words) > 2 and len(telling) > 1)


def _looks_like_name(text: str, words: Words, start: int, end: int) -> bool:
    """Whether words that are a person's name may be meant as one: with capitals, or of no ordinary word."""
    if _capitals(text, start, end):
        return True
    if any(word in _FUNCTION or word in _ORDINARY for word in words):
        return False
    return sum(len(word) > 2 or word.isdigit() for word in words) > 1


def _capitals(text: str, start: int, end: int) -> bool:
    """Whether all words but particles begin with a capital or a figure."""
    own = [match[0] for match in _WORD.finditer(text, start, end)]
    telling = [word for word in own if _fold(word) not in _FUNCTION] or own
    return all(not word[0].islower() for word in telling) and not own[0][0].islower()


def _in_capitalised_run(text: str, start: int, end: int) -> bool:
    """Whether a capitalised word stands right beside: then it is likely a part of another name."""
    before = re.search(r"([^\W_]+)[ -]$", text[:start])
    after = re.match(r"[ -]([^\W_]+)", text[end:])
    return any(
        other is not None and other[1][0].isupper() and _fold(other[1]) not in _FUNCTION
        for other in (before, after)
    )


@lru_cache(maxsize=65536)
def _fold(word: str) -> str:
    """A word without case and accents."""
    if word.isascii():
        return word.lower()
    letters = unicodedata.normalize("NFKD", word).casefold()
    return "".join(letter for letter in letters if not unicodedata.combining(letter)) or word
