"""Compares the table of films with public knowledge graphs of the ReDial films, fact by fact.

The graphs are read where they lie and nothing of them is kept: they only judge the table. Their
folder holds ``imdb``, ``kerl-wiki``, ``kecrs-tmdkg`` and ``dbpedia``, keyed by ReDial's movie ids.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from ccrs.core.errors import DataError
from ccrs.simulation.films import Film, slug

# role of the table: relations of each graph that confirm it; a cast list confirms an actor
_RELATIONS: Mapping[str, Mapping[str, str]] = {
    "kerl-wiki": {"has_director": "directors", "has_cast": "actors"},
    "kecrs-tmdkg": {"7": "directors", "1": "actors", "8": "writers", "13": "composers"},
    "dbpedia": {
        "director": "directors",
        "starring": "actors",
        "writer": "writers",
        "author": "writers",
        "musicComposer": "composers",
        "composer": "composers",
    },
}
_IMDB = {"director": "directors", "star": "actors", "writer": "writers", "genre": "genres"}
_TITLE = re.compile(r"^(?P<title>.*\S)\s*\((?P<year>\d{4})\)\s*$")
# graph: movie id: role: names
Claims = dict[str, dict[str, dict[str, set[str]]]]


@dataclass(frozen=True, slots=True)
class Difference:
    """A value of the table that no graph confirms, and what the graphs say instead."""

    film: str
    role: str
    value: str
    graphs: Mapping[str, tuple[str, ...]]

    def __str__(self) -> str:
        said = "; ".join(f"{graph}: {', '.join(names)}" for graph, names in sorted(self.graphs.items()))
        return f"{self.film} | {self.role} | {self.value} | {said}"


@dataclass(frozen=True)
class FilmCheck:
    """The outcome: by role how many facts could be judged and how many agreed, and all differences.

    ``absent`` names the films whose title no listed film has.
    """

    judged: Mapping[str, int]
    agreed: Mapping[str, int]
    differences: tuple[Difference, ...]
    absent: tuple[str, ...]

    def agreement(self, role: str) -> float:
        """The share of the judged facts of a role that agree."""
        return self.agreed[role] / max(self.judged[role], 1)


def check_films(films: Sequence[Film], listed: Mapping[str, str], graphs: Path) -> FilmCheck:
    """Judge each fact that some graph covers; a fact agrees if any graph has it.

    ``listed`` gives the name, ``Title (year)``, of each movie id. Raises ``DataError`` when a graph
    is missing.
    """
    by_title: dict[str, list[tuple[str, int | None]]] = defaultdict(list)
    for movie, name in listed.items():
        title, year = _split(name)
        by_title[_title_key(title)].append((movie, year))
    claims = read_claims(graphs)
    judged: Counter[str] = Counter()
    agreed: Counter[str] = Counter()
    differences: list[Difference] = []
    absent: list[str] = []
    for film in films:
        name = f"{film.title} ({film.year})"
        known = by_title.get(_title_key(film.title), [])
        movies = [movie for movie, year in known if _years_fit(film.year, year)]
        if not known:
            absent.append(name)
        years = {year for _, year in known if year is not None}
        if years and all(year is not None for _, year in known):
            judged["year"] += 1
            agreed["year"] += film.year in years
            if film.year not in years:
                stated = tuple(str(year) for year in sorted(years))
                differences.append(Difference(name, "year", str(film.year), {"listed": stated}))
        for role in ("directors", "actors", "writers", "composers", "genres"):
            said = _claimed(claims, movies, role)
            names = {key for values in said.values() for value in values for key in _name_keys(value)}
            for value in getattr(film, role) if said else ():
                judged[role] += 1
                agreed[role] += not names.isdisjoint(_name_keys(value))
                if names.isdisjoint(_name_keys(value)):
                    differences.append(Difference(name, role, value, said))
    differences.sort(key=lambda difference: (difference.role, difference.film, difference.value))
    return FilmCheck(judged, agreed, tuple(differences), tuple(sorted(absent)))


def listed_films(archive: Path) -> dict[str, tuple[str, int]]:
    """Movie id to (name with year, number of mentions), of the ReDial archive."""
    try:
        with zipfile.ZipFile(archive) as files, files.open("movies_with_mentions.csv") as stream:
            rows = csv.DictReader(io.TextIOWrapper(stream, encoding="utf-8"))
            return {row["movieId"]: (row["movieName"], int(row["nbMentions"])) for row in rows}
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise DataError(f"{archive}: is not a readable ReDial archive ({error}). Check the path.") from error


def find_listed(films: Sequence[Film], listed: Mapping[str, str]) -> dict[str, Film]:
    """The listed films (by movie id) that the table has, by title and year.

    The list leaves out some years and is off by one in others; the nearest year counts then.
    """
    by_title: dict[str, list[Film]] = defaultdict(list)
    for film in films:
        by_title[_title_key(film.title)].append(film)
    found = {}
    for movie, name in listed.items():
        title, year = _split(name)
        fitting = [film for film in by_title.get(_title_key(title), []) if _years_fit(film.year, year)]
        if fitting:
            found[movie] = min(fitting, key=lambda film: abs(film.year - (year or film.year)))
    return found


def read_claims(folder: Path) -> Claims:
    """What each graph says of each movie id, by role; raises ``DataError`` when one cannot be read."""
    claims: Claims = {}
    try:
        claims["imdb"] = {}
        for line in _lines(folder / "imdb" / "movies.jsonl.gz"):
            movie = json.loads(line)
            claims["imdb"][str(movie["movieId"])] = {role: set(movie[key]) for key, role in _IMDB.items()}
        for graph, relations in _RELATIONS.items():
            claims[graph] = _read_graph(folder / graph, graph, relations)
    except OSError as error:
        raise DataError(f"{folder}: a graph cannot be read ({error}). Check the path.") from error
    return claims


def _read_graph(folder: Path, graph: str, relations: Mapping[str, str]) -> dict[str, dict[str, set[str]]]:
    """One graph of ``entities.tsv.gz`` and ``triples.tsv.gz``."""
    names: dict[str, str] = {}
    movies: dict[str, list[str]] = {}
    for line in _lines(folder / "entities.tsv.gz"):
        cells = line.split("\t")
        names[cells[0]] = cells[-1]
        ids = cells[1] if graph == "kerl-wiki" else cells[2]
        movies[cells[0]] = [movie for movie in re.split(r"[,|; ]", ids) if movie]
    result: dict[str, dict[str, set[str]]] = {}
    for line in _lines(folder / "triples.tsv.gz"):
        head, relation, tail = line.split("\t")
        if relation in relations:
            for movie in movies[head]:
                result.setdefault(movie, {}).setdefault(relations[relation], set()).add(_plain(names[tail]))
    return result


def _lines(path: Path) -> Iterator[str]:
    """The lines of a packed text file."""
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        for line in stream:
            yield line.rstrip("\n")


def _claimed(claims: Claims, movies: Sequence[str], role: str) -> dict[str, tuple[str, ...]]:
    """The names that each graph gives for a role of any of the movies; graphs without one left out."""
    found: dict[str, set[str]] = defaultdict(set)
    for graph, by_movie in claims.items():
        for movie in movies:
            if names := by_movie.get(movie, {}).get(role):
                found[graph] |= names
    return {graph: tuple(sorted(names)) for graph, names in found.items()}


def _split(name: str) -> tuple[str, int | None]:
    """Title and year of a listed name, in which some signs are escaped and some years missing."""
    match = _TITLE.match(unquote(name))
    return (match["title"], int(match["year"])) if match else (unquote(name), None)


def _years_fit(year: int, listed: int | None) -> bool:
    """Whether a film of ``year`` may be the listed one: first showings differ by country."""
    return listed is None or abs(year - listed) <= 1


def _title_key(title: str) -> str:
    """A title without its article, case and signs."""
    return re.sub(r"^(the|an|a)-(?=.)", "", slug(title)).replace("-", "")


def _plain(name: str) -> str:
    """A name as text: ``David_Fincher_(director)`` becomes ``David Fincher``."""
    return re.sub(r"\s*\([^)]*\)$", "", name.replace("_", " ")).strip()


def _name_keys(name: str) -> set[str]:
    """Forms by which two spellings of a person are one: all letters, and first with last name."""
    words = [word for word in slug(name).split("-") if word not in {"jr", "sr"}]
    return {"".join(words), f"{words[0]} {words[-1]}"} if words else set()
