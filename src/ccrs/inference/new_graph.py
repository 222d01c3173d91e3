"""A run's graph with triples put in and taken out; all other edges stay as they are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ccrs.core.graph import KnowledgeGraph, Triple
from ccrs.core.samples import IntArray
from ccrs.inference.new_catalogue import NewCatalogue


def extended_graph(old: KnowledgeGraph, merged: NewCatalogue, max_neighbours: int) -> KnowledgeGraph:
    """The graph over the new catalogue, with the relations of the old one.

    Where no entity has more than ``max_neighbours`` edges this is what ``build_graph`` makes of the new triples. Which
    edges the others keep is not drawn anew: that would change what the model says to people who name nothing new.
    So an entity that has no room left does not see the items put in; they see it.
    """
    size = merged.catalogue.num_entities
    owners = merged.places[np.repeat(np.arange(old.num_entities), np.diff(old.offsets))]
    neighbours = merged.places[old.neighbours]
    stay = (owners >= 0) & (neighbours >= 0)
    edges = _numbers(owners[stay], old.relation_ids[stay], neighbours[stay], old, size)
    edges = np.setdiff1d(edges, _edges(merged.gone, merged, old), assume_unique=True)
    span = max(size * len(old.relations), 1)
    room = max_neighbours - np.bincount(edges // span, minlength=size)
    added = np.setdiff1d(_edges(merged.added, merged, old), edges)
    entities = added // span
    nth = np.arange(len(added)) - np.searchsorted(entities, entities, side="left")
    edges = np.sort(np.concatenate([edges, added[nth < room[entities]]]))
    offsets = np.zeros(size + 1, np.int64)
    np.cumsum(np.bincount(edges // span, minlength=size), out=offsets[1:])
    return KnowledgeGraph(size, old.relations, offsets, edges % size, edges % span // size)


def _numbers(
    entities: IntArray, relations: IntArray, neighbours: IntArray, graph: KnowledgeGraph, size: int
) -> IntArray:
    """One number for each edge; ascending numbers are in the order of a graph's rows."""
    return (entities * len(graph.relations) + relations) * size + neighbours


def _edges(triples: Sequence[Triple], merged: NewCatalogue, graph: KnowledgeGraph) -> IntArray:
    """The numbers of both directions of the triples whose relation the graph has, ascending."""
    half, size, index = len(graph.relations) // 2, merged.catalogue.num_entities, merged.catalogue.index
    ids = {name: number for number, name in enumerate(graph.relations[:half])}
    found = [(index[t.head], ids[t.relation], index[t.tail]) for t in triples if t.relation in ids]
    heads, relations, tails = np.array(found, np.int64).reshape(-1, 3).T
    there = _numbers(heads, relations, tails, graph, size)
    return np.unique(np.concatenate([there, _numbers(tails, relations + half, heads, graph, size)]))
