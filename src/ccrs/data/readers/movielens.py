"""MovieLens: who rated which film how and when, the films, and for the atomic form facts about them.

Read are the official ``ml-100k`` (``u.data``, ``u.item``, ``u.genre``) and ``ml-1m`` (``ratings.dat``, ``movies.dat``)
in latin-1, and the atomic form (``.inter``, ``.item``, and where they are there ``.kg`` and ``.link``) in UTF-8, which
has named columns and a Freebase graph.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ccrs.core.errors import DataError
from ccrs.data.atomic_files import AtomicTable
from ccrs.data.readers.movielens_files import Form, MovieLensFile, MovieLensFiles, find_movielens

LOWEST, HIGHEST = 0.5, 5.0
LICENCE = "MovieLens data of GroupLens (research use with acknowledgement; see the release's README)"

_YEAR = re.compile(r"\s*\((\d{4})\)\s*$")
_ARTICLE = re.compile(r"^(.*), (The|A|An|La|Le|Les|L'|Il|El|Los|Las|Lo|Das|Der|Die|De|Het)$")
_MEND = "Get the release anew, or mend the line."


class Rating(NamedTuple):
    """One rating: ``time`` in seconds."""

    film: str
    value: float
    time: int


@dataclass(frozen=True, slots=True)
class Film:
    """One film; ``aliases`` are the other ways in which its title is written."""

    id: str
    name: str
    year: int | None
    genres: tuple[str, ...]
    aliases: tuple[str, ...] = ()


class Fact(NamedTuple):
    """``head`` – ``relation`` – ``tail`` by the names of the graph file."""

    head: str
    relation: str
    tail: str


@dataclass(frozen=True)
class MovieLensRelease:
    """A release: the ratings of each user in time order (ties as they stand in the file)."""

    form: Form
    films: tuple[Film, ...]
    ratings: Mapping[str, tuple[Rating, ...]]
    facts: tuple[Fact, ...]
    film_of: Mapping[str, str]  # id in the graph file to film id
    sources: Mapping[str, str]


def read_movielens(source: Path) -> MovieLensRelease:
    """The release in the zip, folder or wheel ``source``.

    Raises ``DataError`` naming file and line for rows that are broken, films that are unknown or listed twice, ratings
    out of range or given twice, text in another encoding, and for files that are missing or damaged.
    """
    found = find_movielens(source)
    films = {"ml-100k": _films_100k, "ml-1m": _films_1m, "atomic": _films_atomic}[found.form](found)
    ratings = _ratings(found, {film.id for film in films})
    film_of = _links(found, {film.id for film in films})
    return MovieLensRelease(found.form, tuple(films), ratings, _facts(found), film_of, found.sources)


def split_title(text: str) -> tuple[str, int | None, tuple[str, ...]]:
    """Name, year and aliases of a title: ``Lion King, The (1994)`` is *The Lion King* of 1994."""
    year = _YEAR.search(text)
    bare = _YEAR.sub("", text).strip() or text.strip()
    moved = _ARTICLE.match(bare)
    if moved is None:
        return bare, int(year[1]) if year else None, ()
    gap = "" if moved[2].endswith("'") else " "
    return f"{moved[2]}{gap}{moved[1]}", int(year[1]) if year else None, (bare,)


def _films_100k(found: MovieLensFiles) -> list[Film]:
    genre_file = found.files["u.genre"]
    genres = {
        _whole(genre_file, number, values[1], "genre number"): values[0]
        for number, values in _rows(genre_file, "|", 2)
    }
    names = [genres[index] for index in sorted(genres)]
    film_file, films = found.files["u.item"], _Films()
    for number, values in _rows(film_file, "|", 5 + len(names)):
        if set(values[5:]) - {"0", "1"}:
            raise DataError.at(film_file.place, number, "has a genre flag that is not 0 or 1", _MEND)
        named = [name for name, flag in zip(names, values[5:], strict=True) if flag == "1"]
        films.add(film_file, number, values[0], values[1], None, named)
    return films.listed(film_file)


def _films_1m(found: MovieLensFiles) -> list[Film]:
    file, films = found.files["movies.dat"], _Films()
    for number, values in _rows(file, "::", 3):
        films.add(file, number, values[0], values[1], None, values[2].split("|"))
    return films.listed(file)


def _films_atomic(found: MovieLensFiles) -> list[Film]:
    file, films = found.files[".item"], _Films()
    for number, values in _columns(file, ("item_id", "movie_title", "release_year", "class")):
        films.add(file, number, values[0], values[1], values[2], values[3].split())
    return films.listed(file)


class _Films:
    """Films while they are read."""

    def __init__(self) -> None:
        self.films: dict[str, Film] = {}

    def add(
        self,
        file: MovieLensFile,
        number: int,
        identity: str,
        title: str,
        year: str | None,
        genres: Sequence[str],
    ) -> None:
        """One more; ``year`` where it does not stand in the title."""
        if not identity or not title.strip():
            raise DataError.at(file.place, number, "has no film id or no title", _MEND)
        if identity in self.films:
            raise DataError.at(file.place, number, f"lists film {identity!r} again", _MEND)
        name, own_year, aliases = split_title(title)
        if year is not None and re.fullmatch(r"\d{4}", year):
            own_year = int(year)
        kinds = tuple(g for g in genres if g and g not in ("unknown", "(no genres listed)"))
        self.films[identity] = Film(identity, name, own_year, kinds, aliases)

    def listed(self, file: MovieLensFile) -> list[Film]:
        """All of them; at least one."""
        if not self.films:
            raise DataError.at(file.place, None, "lists no film", _MEND)
        return list(self.films.values())


def _ratings(found: MovieLensFiles, films: set[str]) -> dict[str, tuple[Rating, ...]]:
    """The ratings of each user, in the order of users and then of time."""
    names = {"ml-100k": "u.data", "ml-1m": "ratings.dat", "atomic": ".inter"}
    file = found.files[names[found.form]]
    if found.form == "atomic":
        rows = _columns(file, ("user_id", "item_id", "rating", "timestamp"))
    else:
        rows = _rows(file, "\t" if found.form == "ml-100k" else "::", 4)
    by_user: dict[str, dict[str, Rating]] = {}
    for number, (user, film, value, time) in rows:
        if film not in films:
            raise DataError.at(file.place, number, f"rates film {film!r}, which is not listed", _MEND)
        if not user:
            raise DataError.at(file.place, number, "has no user", _MEND)
        mine = by_user.setdefault(user, {})
        if film in mine:
            raise DataError.at(file.place, number, f"user {user!r} rates film {film!r} again", _MEND)
        mine[film] = Rating(film, _rating(file, number, value), _whole(file, number, time, "time"))
    if not by_user:
        raise DataError.at(file.place, None, "holds no rating", _MEND)
    return {
        user: tuple(sorted(mine.values(), key=lambda rating: rating.time))  # stable: ties as in the file
        for user, mine in sorted(by_user.items(), key=lambda pair: (len(pair[0]), pair[0]))
    }


def _rating(file: MovieLensFile, number: int, text: str) -> float:
    value = _number(file, number, text, "rating")
    if not LOWEST <= value <= HIGHEST:
        raise DataError.at(
            file.place, number, f"rating {text} is not between {LOWEST} and {HIGHEST:.0f}", _MEND
        )
    return value


def _whole(file: MovieLensFile, number: int, text: str, what: str) -> int:
    value = _number(file, number, text, what)
    if value != int(value) or value < 0:
        raise DataError.at(file.place, number, f"{what} {text!r} is no whole number of 0 or more", _MEND)
    return int(value)


def _number(file: MovieLensFile, number: int, text: str, what: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise DataError.at(file.place, number, f"{what} {text!r} is no number", _MEND)
    return value


def _links(found: MovieLensFiles, films: set[str]) -> dict[str, str]:
    """Id in the graph file to film id."""
    file = found.files.get(".link")
    links: dict[str, str] = {}
    if file is None:
        return links
    for number, (film, entity) in _columns(file, ("item_id", "entity_id")):
        if film not in films:
            raise DataError.at(file.place, number, f"links film {film!r}, which is not listed", _MEND)
        if entity in links:
            raise DataError.at(file.place, number, f"links {entity!r} to a second film", _MEND)
        links[entity] = film
    return links


def _facts(found: MovieLensFiles) -> tuple[Fact, ...]:
    if (file := found.files.get(".kg")) is None or ".link" not in found.files:
        return ()
    return tuple(Fact(*values) for _, values in _columns(file, ("head_id", "relation_id", "tail_id")))


def _rows(file: MovieLensFile, separator: str, count: int) -> Iterator[tuple[int, list[str]]]:
    """Line number and values of each line that is not blank; each has ``count`` values."""
    for number, line in enumerate(file.lines("latin-1"), start=1):
        if line.strip():
            yield number, _split(file, number, line, separator, count)


def _split(file: MovieLensFile, number: int, line: str, separator: str, count: int) -> list[str]:
    values = [value.strip() for value in line.split(separator)]
    if len(values) != count:
        problem = f"has {len(values)} values separated by {separator!r}, not {count}"
        raise DataError.at(file.place, number, problem, _MEND)
    return values


def _columns(file: MovieLensFile, wanted: tuple[str, ...]) -> Iterator[tuple[int, list[str]]]:
    """Line number and the ``wanted`` columns of each row of an atomic file."""
    table = AtomicTable(file.place, file.lines("utf-8"), quotes=False)
    for name in wanted:
        if name not in table.columns:
            problem = f"has no column {name!r} (it has: {', '.join(table.columns)})"
            raise DataError.at(file.place, 1, problem, _MEND)
    for number, values in table.rows(wanted):
        yield number, [value.strip() for value in values]
