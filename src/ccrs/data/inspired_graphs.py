"""The knowledge graphs published for INSPIRED, as a catalogue with its films as the items."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ccrs.core.errors import DataError
from ccrs.data.inspired_graph_forms import FilmGraph, read_film_graph
from ccrs.data.readers.inspired import InspiredRelease
from ccrs.data.redial_graph_forms import GraphEntity, GraphFiles
from ccrs.data.redial_graphs import RedialGraph, join_graphs


@dataclass(frozen=True)
class InspiredGraph:
    """A graph over the films of INSPIRED; ``films`` maps titles of the release to entities, where they have one."""

    graph: RedialGraph
    films: dict[str, str]


def load_inspired_graph(folders: Sequence[Path], release: InspiredRelease) -> InspiredGraph:
    """One graph, or several joined on the films; without folders the films alone.

    The items are the films that the first graph lists as items; without a graph, or with the authors' table of films,
    all films that the release lists. Raises ``DataError`` for a folder whose form is not known, for faulty files and
    where no film of the dialogues is in the first graph.
    """
    numbers = {title: str(number) for number, title in enumerate(release.titles)}
    graphs = [read_film_graph(folder, release.titles, release.pages) for folder in folders]
    first = graphs[0] if graphs else FilmGraph.of_films(release.titles)
    items = {title: number for title, number in numbers.items() if first.films.get(title) in first.items}
    if not items:
        mend = "Give the graph that belongs to this form of the release."
        place = folders[0] if folders else "the release"
        raise DataError.at(place, None, "no film of the dialogues is an item of this graph", mend)
    first, unnamed = _with_unnamed(first, items)
    graphs[:1] = [first]
    items |= {title: str(len(numbers) + number) for number, title in enumerate(unnamed)}
    doubled = [name for name, n in Counter(one.files.name for one in graphs).items() if n > 1]
    if doubled:
        raise DataError(f"Graph {doubled[0]!r} is given twice. Name each graph once.")
    graph = join_graphs(
        [_with_numbers(one, items) for one in graphs],
        {number: title for title, number in items.items()},
    )
    films = {title: f"{first.files.name}:{entity}" for title, entity in first.films.items()}
    return InspiredGraph(graph, films | {title: graph.item_ids[number] for title, number in items.items()})


def _with_unnamed(graph: FilmGraph, items: Mapping[str, str]) -> tuple[FilmGraph, list[str]]:
    """The graph with titles of its own for items that the release does not list, and these titles."""
    listed = {graph.films[title] for title in items}
    own: dict[str, str] = {}
    for number in sorted(graph.items - listed, key=int):
        entity = graph.files.entities[number]
        title = entity.name if entity.year is None else f"{entity.name} ({entity.year})"
        if title in graph.films or title in own:
            title = f"{title} [{number}]"
        own[title] = number
    return replace(graph, films=graph.films | own), list(own)


def _with_numbers(graph: FilmGraph, items: Mapping[str, str]) -> GraphFiles:
    """The files of a graph whose film entities carry the numbers of the items they stand for."""
    numbers: dict[str, tuple[str, ...]] = {}
    for title, number in items.items():
        if (entity := graph.films.get(title)) is not None:
            numbers[entity] = (*numbers.get(entity, ()), number)
    entities: dict[str, GraphEntity] = {
        identity: replace(entity, movie_ids=numbers.get(identity, ()))
        for identity, entity in graph.files.entities.items()
    }
    return replace(graph.files, entities=entities)
