"""The files of the knowledge graphs for INSPIRED, each in its own form, read into one plain form.

A folder is of one of three forms, told by the files in it (plain or gzip):

- DBpedia: ``dbpedia_subkg.json`` (head: pairs of relation and tail), ``entity2id.json`` (pages), ``relation2id.json``
  and ``item_ids.json``, the films that are items.
- names: ``kg.json`` in the same way, ``entity2id.json`` (names), ``entity2type.json``, ``relation2id.json``.
- the authors' own table of films: ``movie_database.tsv``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from ccrs.core.errors import DataError
from ccrs.data.readers.json_lines import shown
from ccrs.data.readers.packed_files import PackedFile, find_packed, read_packed
from ccrs.data.redial_graph_forms import (
    GraphEntity,
    GraphFiles,
    clean_page_title,
    spaced_words,
    split_title,
)
from ccrs.data.redial_graph_types import UNTYPED, infer_types

DATABASE_FILE: Final = "movie_database.tsv"
_DBPEDIA_FILE: Final = "dbpedia_subkg.json"
_NAMES_FILE: Final = "entity2type.json"
_COLUMNS: Final = (
    ("actors", "star", "person"),
    ("director", "director", "person"),
    ("genre", "genre", "genre"),
)
_AGAIN: Final = "Fetch the file again."


@dataclass(frozen=True)
class FilmGraph:
    """A graph as its files say: which entity a title of the dialogues is, and which entities are items."""

    files: GraphFiles
    films: dict[str, str]
    items: frozenset[str]

    @classmethod
    def of_films(cls, titles: Sequence[str]) -> FilmGraph:
        """Films without any fact."""
        films = {title: str(number) for number, title in enumerate(titles)}
        entities = {n: GraphEntity(n, "movie", *split_title(title)) for title, n in films.items()}
        return cls(GraphFiles("films", entities, [], Counter()), films, frozenset(entities))


def read_film_graph(folder: Path, titles: Sequence[str], pages: Mapping[str, str]) -> FilmGraph:
    """The graph in ``folder`` for films of these titles; ``pages`` are the DBpedia pages that the source links.

    Raises ``DataError`` where the form is not known, a file is missing or faulty, or a triple names what is not listed.
    """
    if find_packed(folder, _DBPEDIA_FILE):
        return _read_dbpedia(folder, titles, pages)
    if find_packed(folder, _NAMES_FILE):
        return _read_names(folder, titles)
    if find_packed(folder, DATABASE_FILE):
        return _read_database(folder, titles)
    wanted = ", ".join((_DBPEDIA_FILE, _NAMES_FILE, DATABASE_FILE))
    raise DataError.at(folder, None, "the form of this graph is not known", f"It must hold one of {wanted}.")


def read_ids(file: PackedFile) -> dict[str, int]:
    """A JSON object of names and whole numbers, each number once."""
    value = file.json()
    if type(value) is not dict:
        raise DataError.at(file.path, None, "is not a JSON object", _AGAIN)
    for name, number in value.items():
        if type(number) is not int:
            problem = f"{shown(name)} is {shown(number)}, not a whole number"
            raise DataError.at(file.path, None, problem, _AGAIN)
    if len(set(value.values())) != len(value):
        number, _ = Counter(value.values()).most_common(1)[0]
        raise DataError.at(file.path, None, f"number {number} is given twice", _AGAIN)
    return value


def read_item_ids(file: PackedFile, known: set[int]) -> list[int]:
    """A JSON list of numbers of entities, each once."""
    value = file.json()
    if type(value) is not list:
        raise DataError.at(file.path, None, "is not a JSON list", _AGAIN)
    for number in value:
        if type(number) is not int or number not in known:
            raise DataError.at(file.path, None, f"item {shown(number)} is not a listed entity", _AGAIN)
    return list(dict.fromkeys(value))


def read_edges(
    file: PackedFile, known: set[int], relations: Mapping[int, str]
) -> Iterator[tuple[int, str, int]]:
    """Head, name of the relation and tail of each pair of a JSON object ``{head: [[relation, tail], ...]}``."""
    value: Any = file.json()
    if type(value) is not dict:
        raise DataError.at(file.path, None, "is not a JSON object", _AGAIN)
    for key, pairs in value.items():
        if not (key.isascii() and key.isdigit() and int(key) in known):
            raise DataError.at(file.path, None, f"head {shown(key)} is not a listed entity", _AGAIN)
        for pair in pairs if type(pairs) is list else [pairs]:
            sound = type(pair) is list and len(pair) == 2 and all(type(part) is int for part in pair)
            if not sound or pair[0] not in relations or pair[1] not in known:
                problem = f"head {key} has {shown(pair)}, not a listed relation and entity"
                raise DataError.at(file.path, None, problem, _AGAIN)
            yield int(key), relations[pair[0]], pair[1]


def _read_dbpedia(folder: Path, titles: Sequence[str], pages: Mapping[str, str]) -> FilmGraph:
    names = (_DBPEDIA_FILE, "entity2id.json", "relation2id.json", "item_ids.json")
    files = [read_packed(folder, name) for name in names]
    ids = read_ids(files[1])
    relations = {number: spaced_words(_page_name(uri)) for uri, number in read_ids(files[2]).items()}
    known = set(ids.values())
    items = frozenset(map(str, read_item_ids(files[3], known)))
    edges = [
        (str(head), relation, str(tail)) for head, relation, tail in read_edges(files[0], known, relations)
    ]
    triples = [edge for edge in edges if edge[0] != edge[2]]
    entities = {}
    for uri, number in ids.items():
        name, year = clean_page_title(re.sub(r"__\w+__\d+$", "", _page_name(uri)))
        entities[str(number)] = GraphEntity(str(number), UNTYPED, name, year)
    if pages:
        films = {title: str(ids[page]) for title, page in pages.items() if page in ids}
    else:
        films = _by_name(titles, {number: entities[number] for number in items})
    types = infer_types(triples) | dict.fromkeys([*items, *films.values()], "movie")
    typed = {n: replace(entity, type=types.get(n, UNTYPED)) for n, entity in entities.items()}
    dropped = Counter({"self-loops": len(edges) - len(triples)})
    return FilmGraph(GraphFiles("dbpedia", typed, triples, dropped, [f.path for f in files]), films, items)


def _page_name(uri: str) -> str:
    """``Hoffa_(film)`` of ``<http://dbpedia.org/resource/Hoffa_(film)>``."""
    return unquote(re.sub(r"^.*/(?:resource|ontology|property)/", "", uri.strip("<>")))


def _by_name(titles: Sequence[str], films: Mapping[str, GraphEntity]) -> dict[str, str]:
    """Title to film of the same name: that of the same year, or the only one if it has no year."""
    by_name: dict[str, list[GraphEntity]] = {}
    for film in films.values():
        by_name.setdefault(film.name.casefold(), []).append(film)
    found = {}
    for title in titles:
        name, year = split_title(title)
        namesakes = by_name.get(name.casefold(), [])
        same = [film for film in namesakes if film.year == year and year is not None]
        if not same and len(namesakes) == 1 and None in (namesakes[0].year, year):
            same = namesakes
        if same:
            found[title] = same[0].id
    return found


def _read_names(folder: Path, titles: Sequence[str]) -> FilmGraph:
    names = ("kg.json", "entity2id.json", _NAMES_FILE, "relation2id.json", "item_ids.json")
    files = [read_packed(folder, name) for name in names]
    ids, types = read_ids(files[1]), files[2].json()
    if type(types) is not dict or any(type(types.get(name)) is not str for name in ids):
        raise DataError.at(files[2].path, None, "does not give each entity a type", _AGAIN)
    relations = {number: spaced_words(name) for name, number in read_ids(files[3]).items()}
    known = set(ids.values())
    items = frozenset(map(str, read_item_ids(files[4], known)))
    triples = [
        (str(head), relation, str(tail)) for head, relation, tail in read_edges(files[0], known, relations)
    ]
    entities = {}
    nameless = {str(number) for text, number in ids.items() if not text.strip()}
    whole = [edge for edge in triples if edge[0] not in nameless and edge[2] not in nameless]
    dropped = Counter({"triples with a nameless entity": len(triples) - len(whole)})
    for text, number in ids.items():
        if str(number) in nameless:
            continue
        name, year = split_title(text) if types[text] == "movie" else (" ".join(text.split()), None)
        entities[str(number)] = GraphEntity(str(number), types[text], name, year)
    films = {title: str(ids[title]) for title in titles if title in ids}
    return FilmGraph(
        GraphFiles("imdb", entities, whole, dropped, [f.path for f in files]), films, items - nameless
    )


def _read_database(folder: Path, titles: Sequence[str]) -> FilmGraph:
    """All titles are films; those that the table lists have facts."""
    file = read_packed(folder, DATABASE_FILE)
    rows = iter([line.rstrip("\r").split("\t") for line in file.text().split("\n")])
    header = next(rows)
    if "title" not in header or not any(column in header for column, _, _ in _COLUMNS):
        mend = "The first line must name 'title' and some of " + ", ".join(
            column for column, _, _ in _COLUMNS
        )
        raise DataError.at(file.path, 1, f"the columns are {shown(header)}", mend)
    films = {title: str(number) for number, title in enumerate(titles)}
    entities = {n: GraphEntity(n, "movie", *split_title(title)) for title, n in films.items()}
    by_name = _by_name_of_rows(file, rows, header)
    triples: list[tuple[str, str, str]] = []
    ids: dict[tuple[str, str], str] = {}
    for title, number in films.items():
        name, year = split_title(title)
        row = by_name.get((name.casefold(), year)) or by_name.get((name.casefold(), None)) or {}
        for column, relation, kind in _COLUMNS:
            for value in filter(None, (" ".join(part.split()) for part in row.get(column, "").split(","))):
                other = ids.setdefault((kind, value), str(len(films) + len(ids)))
                entities.setdefault(other, GraphEntity(other, kind, value))
                triples.append((number, relation, other))
    files = GraphFiles("database", entities, triples, Counter(), [file.path])
    return FilmGraph(files, films, frozenset(films.values()))


def _by_name_of_rows(
    file: PackedFile, rows: Iterator[list[str]], header: Sequence[str]
) -> dict[tuple[str, int | None], dict[str, str]]:
    """The rows of the table by name and year; those of one year stand for the name alone as well."""
    found: dict[tuple[str, int | None], dict[str, str]] = {}
    for line, row in enumerate(rows, start=2):
        if row == [""]:
            continue
        if len(row) != len(header):
            problem = f"found {len(row)} values, the header names {len(header)}"
            raise DataError.at(file.path, line, problem, "Give each row all values, separated by tabs.")
        cells = dict(zip(header, row, strict=True))
        name, year = split_title(cells["title"])
        stated = cells.get("year", "").strip()
        year = int(stated) if year is None and re.fullmatch(r"\d{4}", stated) else year
        found[name.casefold(), year] = cells
        found.setdefault((name.casefold(), None), cells)
    return found
