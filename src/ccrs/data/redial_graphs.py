"""The knowledge graphs published for ReDial, as a catalogue with ReDial's films as its items."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ccrs.core.errors import DataError
from ccrs.core.files import sha256
from ccrs.core.graph import Catalogue, Entity, Triple
from ccrs.data.redial_graph_forms import GraphEntity, GraphFiles, read_graph_files, split_title

# One relation has different names in different graphs; joined, it needs one.
_JOINED_RELATIONS = {"starring": "star", "cast": "star"}


@dataclass(frozen=True)
class RedialGraph:
    """A graph whose items are the films of ReDial.

    ``item_ids`` maps every movie id to its entity id (several movie ids may be one item).
    ``dropped`` counts what the files hold and the graph does not, by reason. ``sources`` maps the
    names of the files read to their SHA-256.
    """

    name: str
    catalogue: Catalogue
    triples: tuple[Triple, ...]
    item_ids: dict[str, str]
    dropped: dict[str, int]
    sources: dict[str, str]
    sides: dict[str, tuple[Triple, ...]] = field(default_factory=dict)
    """Triples of graphs that are kept apart, by name; their entities stand behind all others."""
    num_linked: int = 0
    """How many entities come before those that only the side graphs have."""


def load_joined_graph(
    folders: Sequence[Path], titles: Mapping[str, str], *, sides: Sequence[Path] = ()
) -> RedialGraph:
    """One graph, or several joined on the items, over the films in ``titles`` (movie id to title with year).

    Every listed film is an item, linked in the graph or not, named by its title in ``titles``; movie ids of one
    entity of the first graph are one item with the smallest of them as its id. Films of a graph that are not listed
    are entities of type ``movie`` but no items. Other entities are called ``<graph>:<graph id>``. Each triple stands
    once, with the film as head where it stood in both directions.

    An entity of a later graph that stands for several items gives its triples to each of them.
    People, genres and other typed entities that are not films are one entity when their type and
    their name (without case and accents) agree and only one of each graph has that name. Relations
    that mean the same get one name. The graphs in ``sides`` are joined in the same way, but their triples are
    kept apart. Raises ``DataError`` as ``read_graph_files`` does.
    """
    if not folders:
        raise DataError("No graph to load. Give at least one folder.")
    graphs = [read_graph_files(folder) for folder in (*folders, *sides)]
    doubled = [name for name, count in Counter(graph.name for graph in graphs).items() if count > 1]
    if doubled:
        raise DataError(f"Graph {doubled[0]!r} is given twice. Name each graph once.")
    return join_graphs(graphs[: len(folders)], titles, graphs[len(folders) :])


def join_graphs(
    graphs: Sequence[GraphFiles], titles: Mapping[str, str], sides: Sequence[GraphFiles] = ()
) -> RedialGraph:
    """As ``load_joined_graph``, of graphs that are read already: one or several over the items, and ``sides`` apart."""
    dropped: Counter[str] = Counter()
    item_ids = _item_ids(graphs[0], titles)
    dropped["movie ids merged"] = len(item_ids) - len(set(item_ids.values()))
    others: dict[str, Entity] = {}
    rows: list[tuple[str, str, str]] = []
    for graph in graphs:
        dropped.update(graph.dropped)
        names = _entity_ids(graph, item_ids, others, dropped)
        renamed = _JOINED_RELATIONS if len(graphs) > 1 else {}
        for head, relation, tail in graph.triples:
            rows.extend((h, renamed.get(relation, relation), t) for h in names[head] for t in names[tail])
    items = tuple(_items(item_ids, titles))
    num_linked = len(items) + len(others)
    apart: dict[str, list[tuple[str, str, str]]] = {}
    for graph in sides:
        names = _entity_ids(graph, item_ids, others, Counter())
        apart[graph.name] = [
            (h, r, t) for head, r, tail in graph.triples for h in names[head] for t in names[tail]
        ]
    catalogue = Catalogue((*items, *others.values()))
    triples = _each_once(rows, catalogue, dropped)
    alone = graphs[0] if len(graphs) == 1 else None
    sources = {
        path.name if graph is alone else f"{graph.name}/{path.name}": sha256(path)
        for graph in (*graphs, *sides)
        for path in graph.paths
    }
    name = "+".join(graph.name for graph in graphs)
    return RedialGraph(
        name,
        catalogue,
        triples,
        item_ids,
        {k: v for k, v in dropped.items() if v},
        sources,
        {side: _each_once(found, catalogue, Counter()) for side, found in apart.items()},
        num_linked,
    )


def _item_ids(graph: GraphFiles, titles: Mapping[str, str]) -> dict[str, str]:
    """Movie id to the smallest movie id of the same graph entity, in the order of the numbers."""
    for movie in titles:
        if not (movie.isascii() and movie.isdigit()):
            raise DataError(f"Movie id {movie!r} is not a whole number. Give ReDial's movie ids.")
    item_ids: dict[str, str] = {}
    for entity in graph.entities.values():
        listed = [movie for movie in entity.movie_ids if movie in titles and movie not in item_ids]
        item_ids.update(dict.fromkeys(listed, min(listed, key=int, default="")))
    return {movie: item_ids.get(movie, movie) for movie in sorted(titles, key=int)}


def _items(item_ids: Mapping[str, str], titles: Mapping[str, str]) -> Iterator[Entity]:
    """The items in the order of their numbers; further titles of merged films become aliases."""
    members: dict[str, list[str]] = {}
    for movie, item in item_ids.items():
        members.setdefault(item, []).append(movie)
    for item, movies in members.items():
        parts = [split_title(titles[movie]) for movie in movies]
        # A title with a year and more words says more exactly which film it is.
        name, year = max(parts, key=lambda part: (part[1] is not None, len(part[0])))
        aliases = tuple(dict.fromkeys(other for other, _ in parts if other and other != name))
        yield Entity(item, "movie", name or f"movie {item}", is_item=True, year=year, aliases=aliases)


def _entity_ids(
    graph: GraphFiles, item_ids: Mapping[str, str], others: dict[str, Entity], dropped: Counter[str]
) -> dict[str, list[str]]:
    """Graph id to the ids of its entities in the catalogue; ``others`` takes the new ones."""
    known = _unique_names(others)
    own = Counter(_name_key(entity) for entity in graph.entities.values())
    result: dict[str, list[str]] = {}
    for entity in graph.entities.values():
        items = list(dict.fromkeys(item_ids[movie] for movie in entity.movie_ids if movie in item_ids))
        if items:
            result[entity.id] = items
            continue
        key = _name_key(entity)
        same = known.get(key) if own[key] == 1 else None
        if same is None:
            same = f"{graph.name}:{entity.id}"
            others[same] = Entity(same, entity.type, entity.name, year=entity.year)
        else:
            dropped["entities merged"] += 1
        result[entity.id] = [same]
    return result


def _unique_names(entities: Mapping[str, Entity]) -> dict[tuple[str, str], str]:
    """Type and name to entity id, of typed entities that are no films and share it with no other."""
    counts = Counter(_name_key(entity) for entity in entities.values())
    return {
        key: entity.id
        for entity in entities.values()
        if counts[key := _name_key(entity)] == 1 and entity.type not in ("movie", "entity")
    }


def _name_key(entity: Entity | GraphEntity) -> tuple[str, str]:
    """Type and name without case, accents and punctuation."""
    folded = unicodedata.normalize("NFKD", entity.name).casefold()
    letters = "".join(letter for letter in folded if not unicodedata.combining(letter))
    return entity.type, " ".join(re.findall(r"\w+", letters)) or folded


def _each_once(
    rows: Sequence[tuple[str, str, str]], catalogue: Catalogue, dropped: Counter[str]
) -> tuple[Triple, ...]:
    """Distinct triples without self-loops; of two mirrored ones the one whose head is a film."""
    movies = {entity.id for entity in catalogue.entities if entity.type == "movie"}
    distinct = dict.fromkeys(rows)
    dropped["doubled triples"] += len(rows) - len(distinct)
    kept: dict[tuple[str, str, str], None] = {}
    for head, relation, tail in distinct:
        mirrored = (tail, relation, head)
        # Of two mirror images the one with the film as head stays, else the first one.
        if head == tail:
            dropped["self-loops"] += 1
        elif mirrored in kept or (mirrored in distinct and head not in movies and tail in movies):
            dropped["inverse copies"] += 1
        else:
            kept[head, relation, tail] = None
    return tuple(Triple(*row) for row in kept)
