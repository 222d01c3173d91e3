"""Graphs as judges of what replies say: published graphs keyed by ReDial's films, or the triples of any corpus."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from ccrs.core.graph import Catalogue, Entity, Triple
from ccrs.data.redial_graph_forms import GraphEntity, read_graph_files
from ccrs.evaluation.name_spans import words_of
from ccrs.evaluation.statements import StatementKind
from ccrs.evaluation.truth import Fact, FactTable

JUDGING_GRAPHS: Final = ("kecrs-tmdkg", "kerl-wiki")
"""Folders of the graphs that judge where the ``imdb`` graph fills the slots: made from TMDb and from Wikidata."""

_KINDS: Final[Mapping[str, StatementKind]] = {
    "genre": "genre",
    "director": "director",
    "directing crew": "director",
    "actor": "actor",
    "cast": "actor",
    "star": "actor",
    "starring": "actor",
    "writer": "writer",
    "writing crew": "writer",
    "author": "writer",
    "screenwriter": "writer",
}
_ARTICLES = frozenset(["the", "a", "an"])


def load_graph_facts(folders: Sequence[Path], catalogue: Catalogue) -> FactTable:
    """The facts of published graphs about the items of ``catalogue``, whose ids are ReDial's movie ids.

    A film of a graph that has several movie ids, or a wrong one, lends its facts only to items whose title and year
    agree with its own. Raises ``DataError`` as ``read_graph_files`` does.
    """
    return FactTable.build(fact for folder in folders for fact in _folder_facts(folder, catalogue))


def facts_of_triples(catalogue: Catalogue, triples: Iterable[Triple]) -> FactTable:
    """The facts that ``triples`` tell of the items of ``catalogue``, of a prepared corpus or a run.

    Relations by their usual names (director, actor or star or cast, writer, genre); any other one to a person is
    somebody of the film. Items may stand at either end.
    """
    entities = {entity.id: entity for entity in catalogue.entities}
    items = {item.id: item for item in catalogue.items}
    return FactTable.build(_triple_facts(entities, items, triples))


def _triple_facts(
    entities: Mapping[str, Entity], items: Mapping[str, Entity], triples: Iterable[Triple]
) -> Iterator[Fact]:
    for item in items.values():
        if item.year is not None:
            yield Fact(item.id, "year", str(item.year))
    for triple in triples:
        for film, other in ((triple.head, triple.tail), (triple.tail, triple.head)):
            if film in items and other not in items:
                yield from _fact(film, triple.relation, entities[other].type, entities[other].name)


def _folder_facts(folder: Path, catalogue: Catalogue) -> Iterator[Fact]:
    graph = read_graph_files(folder)
    items = {item.id: item for item in catalogue.items}
    films: dict[str, list[str]] = {}
    for entity in graph.entities.values():
        found = [movie for movie in entity.movie_ids if movie in items and is_same_film(items[movie], entity)]
        if found:
            films[entity.id] = found
        if entity.year is not None:
            yield from (Fact(movie, "year", str(entity.year)) for movie in found)
    for head, relation, tail in graph.triples:
        for film, other in ((head, tail), (tail, head)):
            if film in films and other not in films:
                kind, name = graph.entities[other].type, graph.entities[other].name
                for movie in films[film]:
                    yield from _fact(movie, relation, kind, name)


def _fact(film: str, relation: str, entity_type: str, name: str) -> Iterator[Fact]:
    """The fact that an edge between a film and another entity tells, if any."""
    kind = _KINDS.get(relation.removesuffix(" of"))
    if kind is not None:
        yield Fact(film, kind, name)
    elif entity_type == "person":
        yield Fact(film, "person", name)


def is_same_film(item: Entity, entity: GraphEntity) -> bool:
    """Whether titles and years agree: years at most one apart, and one title's words within the other's.

    Where a year is missing the titles must have the same words, but for articles.
    """
    own = {frozenset(_title_words(name)) for name in (item.name, *item.aliases)}
    other = frozenset(_title_words(entity.name))
    if item.year is None or entity.year is None:
        return other in own
    return abs(item.year - entity.year) <= 1 and any(title <= other or other <= title for title in own)


def _title_words(title: str) -> tuple[str, ...]:
    words = words_of(unquote(title))  # "What About Bob%3F" stands so in the release
    return tuple(word for word in words if word not in _ARTICLES) or words
