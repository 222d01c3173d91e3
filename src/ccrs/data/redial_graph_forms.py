"""The files of the knowledge graphs for ReDial, each in its own form, read into one plain form.

A folder holds ``entities.tsv`` and ``triples.tsv`` (head, relation, tail), without headers, plain
or gzip. What else it holds and what the columns mean differs:

- ``imdb``: entities id, type, name; ``movies.jsonl`` maps movie ids to entities.
- ``dbpedia``: entities id, item or entity, movie ids, page title.
- ``kgsf``: entities id, page title; ``movie2entity.tsv`` maps movie ids; ``relations.tsv`` names.
- ``kecrs-tmdkg``: entities id, movie or entity, movie ids, name; ``relations.tsv`` names; triples
  stand in both directions.
- ``kerl-wiki``: entities id, movie id or name, name; triples with inverse relations and self-loops.
- ``own``: the project's own format, with headers; items whose ids are numbers are ReDial's films.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from ccrs.core.errors import DataError
from ccrs.data.graph_format import ENTITY_COLUMNS, nearest_hint, read_entities, read_rows, read_triples
from ccrs.data.redial_graph_types import UNTYPED, infer_types


@dataclass(frozen=True, slots=True)
class GraphEntity:
    """One entity of a graph: its id there, type, clean name, and the movie ids that map to it."""

    id: str
    type: str
    name: str
    year: int | None = None
    movie_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class GraphFiles:
    """A graph as its files say, relations named: ``triples`` are (head id, relation, tail id)."""

    name: str
    entities: dict[str, GraphEntity]
    triples: list[tuple[str, str, str]]
    dropped: Counter[str]
    paths: list[Path] = field(default_factory=list)


def read_graph_files(folder: Path) -> GraphFiles:
    """Read the graph in ``folder``; its form is told by the folder's name or by the files in it.

    Raises ``DataError`` for a form that is not known, a missing file, a bad number, or a triple
    with an entity or a relation that the other files do not list.
    """
    name = _detect(folder)
    graph = _FORMS[name](folder)
    types = infer_types(graph.triples)
    entities = {
        identity: replace(entity, type=types.get(identity, entity.type)) if entity.type == UNTYPED else entity
        for identity, entity in graph.entities.items()
    }
    return replace(graph, entities=entities)


def split_title(title: str) -> tuple[str, int | None]:
    """Name and year of a film's title: ``"Titanic  (1997)"`` gives ``("Titanic", 1997)``."""
    text = " ".join(title.split())
    match = re.fullmatch(r"(.+?) ?\((\d{4})\)", text)
    return (match[1], int(match[2])) if match else (text, None)


def clean_page_title(title: str) -> tuple[str, int | None]:
    """Readable name and year of an encyclopedia's page title: ``"Water_(1985_film)"``."""
    if "://" in title:
        return title, None
    text = " ".join(re.sub(r"__\d+$", "", title).replace("_", " ").split())
    match = re.fullmatch(r"(.+?) \(([^()]*)\)", text)
    if match is None:
        return text or title, None
    year = re.match(r"(\d{4}) ", match[2])
    return match[1], int(year[1]) if year else None


def _detect(folder: Path) -> str:
    """The name of the form of the files in ``folder``."""
    if not folder.is_dir():
        raise DataError(f"{folder}: there is no such folder. Give the folder of one graph.")
    _, header = next(read_rows(_need(folder, "entities.tsv")), (0, []))
    if tuple(header) == ENTITY_COLUMNS:
        return "own"
    if folder.name in _FORMS:
        return folder.name
    marks = {"movie2entity.tsv": "kgsf", "movies.jsonl": "imdb", "relations.tsv": "kecrs-tmdkg"}
    found = next((form for file, form in marks.items() if _find(folder, file)), None)
    if found is not None:
        return found
    if len(header) == 4:
        return "dbpedia"
    if len(header) == 3 and header[1] not in ("movie", "person", "genre"):
        return "kerl-wiki"
    names = ", ".join(_FORMS)
    raise DataError(f"{folder}: the form of this graph is not known. Name the folder one of {names}.")


def _find(folder: Path, name: str) -> Path | None:
    """The plain or compressed file of that name, if there is one."""
    return next((path for path in (folder / f"{name}.gz", folder / name) if path.is_file()), None)


def _need(folder: Path, name: str) -> Path:
    """The plain or compressed file of that name; raises ``DataError`` when there is none."""
    path = _find(folder, name)
    if path is None:
        raise DataError(f"{folder}: holds neither {name}.gz nor {name}. Put the file there.")
    return path


def _columns(path: Path, count: int) -> Iterator[tuple[int, list[str]]]:
    """Lines of ``count`` values of which the first is a number."""
    for line, values in read_rows(path):
        if len(values) != count:
            mend = f"{count} are needed, separated by tabs"
            raise DataError.at(path, line, f"found {len(values)} values", mend)
        _number(path, line, values[0])
        yield line, values


def _number(path: Path, line: int, value: str) -> str:
    """``value`` when it is a whole number."""
    if not (value.isascii() and value.isdigit()):
        raise DataError.at(path, line, f"{value!r} is not a whole number", "Write an id of digits only")
    return value


def _movie_ids(path: Path, line: int, value: str) -> tuple[str, ...]:
    """The movie ids of a column that joins them by commas."""
    return tuple(_number(path, line, part) for part in value.split(",") if part)


def _triples(
    path: Path, entities: Mapping[str, GraphEntity], relation_name: Callable[[int, str], str]
) -> list[tuple[str, str, str]]:
    """All triples with named relations; heads and tails are checked."""
    triples = []
    for line, (head, relation, tail) in _columns(path, 3):
        for value in (head, tail):
            if value not in entities:
                mend = nearest_hint(value, entities, "ids")
                raise DataError.at(path, line, f"entity {value!r} is not listed", mend)
        triples.append((head, relation_name(line, relation), tail))
    return triples


def spaced_words(name: str) -> str:
    """``productionCompany`` and ``production_company`` as ``production company``."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).replace("_", " ").lower()
    crew = re.fullmatch(r"crew:(.+)", words)
    return f"{crew[1]} crew" if crew else words


def _plain_relation(line: int, name: str) -> str:
    """The readable name of a relation that the triples name themselves."""
    return spaced_words(name)


def _listed_relations(folder: Path, triples_path: Path) -> tuple[Path, Callable[[int, str], str]]:
    """The file ``relations.tsv`` and a look-up of names in it; unnamed ones become ``relation 17``."""
    path = _need(folder, "relations.tsv")
    names: dict[str, str] = {}
    for line, values in read_rows(path):
        if line == 1 and values[0] == "relation_id":
            continue
        number = _number(path, line, values[0])
        names[number] = spaced_words(values[2].strip() if len(values) > 2 else "") or f"relation {number}"

    def look_up(line: int, relation: str) -> str:
        if relation not in names:
            problem = f"relation {relation!r} is not listed in {path.name}"
            raise DataError.at(triples_path, line, problem, nearest_hint(relation, names, "relation ids"))
        return names[relation]

    return path, look_up


def _read_imdb(folder: Path) -> GraphFiles:
    paths = [_need(folder, name) for name in ("entities.tsv", "triples.tsv", "movies.jsonl")]
    movies: dict[str, list[str]] = {}
    for line, (text, *_) in read_rows(paths[2]):
        try:
            record = json.loads(text)
            movie, entity = str(record["movieId"]), str(record["entity"])
        except (ValueError, KeyError, TypeError) as error:
            problem = "is not a record with movieId and entity"
            raise DataError.at(paths[2], line, problem, "Mend the line or fetch the file again") from error
        movies.setdefault(_number(paths[2], line, entity), []).append(_number(paths[2], line, movie))
    entities = {}
    for _, (identity, kind, text) in _columns(paths[0], 3):
        name, year = split_title(text) if kind == "movie" else (" ".join(text.split()), None)
        entities[identity] = GraphEntity(identity, kind, name, year, tuple(movies.pop(identity, ())))
    if movies:
        entity = next(iter(movies))
        mend = nearest_hint(entity, entities, "ids")
        raise DataError(f"{paths[2]}: entity {entity!r} of movie {movies[entity][0]!r} is not listed. {mend}")
    return GraphFiles("imdb", entities, _triples(paths[1], entities, _plain_relation), Counter(), paths)


def _read_dbpedia(folder: Path) -> GraphFiles:
    paths = [_need(folder, name) for name in ("entities.tsv", "triples.tsv")]
    entities = {}
    for line, (identity, kind, movies, title) in _columns(paths[0], 4):
        name, year = clean_page_title(title)
        movie_ids = _movie_ids(paths[0], line, movies)
        known_type = "movie" if kind == "item" or movie_ids else UNTYPED
        entities[identity] = GraphEntity(identity, known_type, name, year, movie_ids)
    triples = _triples(paths[1], entities, _plain_relation)
    return GraphFiles("dbpedia", entities, triples, Counter(), paths)


def _read_kgsf(folder: Path) -> GraphFiles:
    paths = [_need(folder, name) for name in ("entities.tsv", "triples.tsv", "movie2entity.tsv")]
    names = {identity: title for _, (identity, title) in _columns(paths[0], 2)}
    movies: dict[str, list[str]] = {}
    for line, (movie, entity, _) in _columns(paths[2], 3):
        if entity not in names:
            mend = nearest_hint(entity, names, "ids")
            raise DataError.at(paths[2], line, f"entity {entity!r} is not listed", mend)
        movies.setdefault(entity, []).append(movie)
    entities = {}
    for identity, title in names.items():
        name, year = clean_page_title(title)
        kind = "movie" if identity in movies else UNTYPED
        entities[identity] = GraphEntity(identity, kind, name, year, tuple(movies.get(identity, ())))
    relations, look_up = _listed_relations(folder, paths[1])
    triples = _triples(paths[1], entities, look_up)
    return GraphFiles("kgsf", entities, triples, Counter(), [*paths, relations])


def _read_kecrs(folder: Path) -> GraphFiles:
    paths = [_need(folder, name) for name in ("entities.tsv", "triples.tsv")]
    entities = {}
    for line, (identity, kind, movies, text) in _columns(paths[0], 4):
        name, year = split_title(text)
        movie_ids = _movie_ids(paths[0], line, movies)
        known_type = "movie" if kind == "movie" else UNTYPED
        entities[identity] = GraphEntity(identity, known_type, name, year, movie_ids)
    relations, look_up = _listed_relations(folder, paths[1])
    triples = _triples(paths[1], entities, look_up)
    return GraphFiles("kecrs-tmdkg", entities, triples, Counter(), [*paths, relations])


def _read_kerl(folder: Path) -> GraphFiles:
    paths = [_need(folder, name) for name in ("entities.tsv", "triples.tsv")]
    entities = {}
    for _, (identity, movie, text) in _columns(paths[0], 3):
        is_movie = movie.isascii() and movie.isdigit()
        name, year = split_title(text)
        kind, movies = ("movie", (movie,)) if is_movie else (UNTYPED, ())
        entities[identity] = GraphEntity(identity, kind, name, year, movies)
    dropped: Counter[str] = Counter()
    kept = []
    triples = _triples(paths[1], entities, lambda line, name: name)
    stated = {(head, name, tail) for head, name, tail in triples}
    for head, name, tail in triples:
        inverse = re.fullmatch(r"is_(.+)_of", name)
        if name == "self_loop":
            dropped["self-loops"] += 1
        elif inverse is None:
            kept.append((head, spaced_words(name.removeprefix("has_")), tail))
        elif (tail, f"has_{inverse[1]}", head) in stated:
            dropped["inverse copies"] += 1
        else:
            kept.append((tail, spaced_words(inverse[1]), head))
    return GraphFiles("kerl-wiki", entities, kept, dropped, paths)


def _read_own(folder: Path) -> GraphFiles:
    paths = [_need(folder, name) for name in ("entities.tsv", "triples.tsv")]
    catalogue = read_entities(paths[0])
    entities = {}
    for entity in catalogue.entities:
        is_film = entity.is_item and entity.id.isascii() and entity.id.isdigit()
        movies = (entity.id,) if is_film else ()
        entities[entity.id] = GraphEntity(entity.id, entity.type, entity.name, entity.year, movies)
    triples = [(each.head, each.relation, each.tail) for each in read_triples(paths[1], catalogue)]
    return GraphFiles("own", entities, triples, Counter(), paths)


_FORMS: dict[str, Callable[[Path], GraphFiles]] = {
    "imdb": _read_imdb,
    "dbpedia": _read_dbpedia,
    "kgsf": _read_kgsf,
    "kecrs-tmdkg": _read_kecrs,
    "kerl-wiki": _read_kerl,
    "own": _read_own,
}
