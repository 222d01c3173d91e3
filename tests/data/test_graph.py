"""Compressed rows of the graph: both directions, no doubles, few enough neighbours, fixed order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccrs.core.errors import DataError
from ccrs.core.graph import Catalogue, Entity, Triple
from ccrs.data.graph import build_graph


def catalogue(count: int) -> Catalogue:
    return Catalogue(tuple(Entity(f"e{number}", "thing", f"Thing {number}") for number in range(count)))


def edges(graph) -> list[tuple[int, str, int]]:  # type: ignore[no-untyped-def]
    return [
        (entity, graph.relations[relation], int(neighbour))
        for entity in range(graph.num_entities)
        for neighbour, relation in zip(*graph.edges_of(entity), strict=True)
    ]


def test_both_directions_sorted_without_doubles_and_loops() -> None:
    triples = [
        Triple("e0", "star", "e2"),
        Triple("e0", "director", "e1"),
        Triple("e0", "star", "e1"),
        Triple("e0", "star", "e1"),
        Triple("e3", "star", "e3"),
    ]
    graph = build_graph(catalogue(4), triples)
    assert graph.relations == ("director", "star", "director of", "star of")
    assert edges(graph) == [
        (0, "director", 1),
        (0, "star", 1),
        (0, "star", 2),
        (1, "director of", 0),
        (1, "star of", 0),
        (2, "star of", 0),
    ]
    assert graph.offsets.tolist() == [0, 3, 5, 6, 6]
    assert graph.neighbours.dtype == graph.relation_ids.dtype == graph.offsets.dtype == np.int64


def test_rare_relations_are_dropped_after_doubles() -> None:
    triples = [
        Triple("e0", "a", "e1"),
        Triple("e0", "a", "e1"),
        Triple("e0", "b", "e1"),
        Triple("e1", "b", "e2"),
    ]
    graph = build_graph(catalogue(3), triples, min_relation_count=2)
    assert graph.relations == ("b", "b of")
    assert graph.num_edges == 4


def test_only_the_relations_asked_for() -> None:
    triples = [Triple("e0", "star", "e1"), Triple("e0", "genre", "e2")]
    assert edges(build_graph(catalogue(3), triples, relations=["genre"])) == [
        (0, "genre", 2),
        (2, "genre of", 0),
    ]
    with pytest.raises(DataError, match=r"'genres' is in no triple\. Did you mean 'genre'\?"):
        build_graph(catalogue(3), triples, relations=["genres"])


def test_at_most_so_many_neighbours_chosen_by_the_seed() -> None:
    triples = [Triple("e0", "star", f"e{number}") for number in range(1, 51)]
    first = build_graph(catalogue(51), triples, max_neighbours=8, seed=1)
    again = build_graph(catalogue(51), reversed(triples), max_neighbours=8, seed=1)
    other = build_graph(catalogue(51), triples, max_neighbours=8, seed=2)
    chosen = first.edges_of(0)[0]
    assert len(chosen) == len(set(chosen.tolist())) == 8
    assert chosen.tolist() == again.edges_of(0)[0].tolist()
    assert chosen.tolist() != other.edges_of(0)[0].tolist()
    assert all(len(first.edges_of(number)[0]) == 1 for number in range(1, 51))


def test_each_neighbour_is_as_likely_to_stay() -> None:
    triples = [Triple("e0", "star", f"e{number}") for number in range(1, 11)]
    kept = np.zeros(11)
    for seed in range(400):
        kept[build_graph(catalogue(11), triples, max_neighbours=5, seed=seed).edges_of(0)[0]] += 1
    assert np.all(np.abs(kept[1:] / 400 - 0.5) < 0.12)  # over four standard deviations


def test_faults_are_data_errors() -> None:
    with pytest.raises(DataError, match="'e9' of a triple is not in the catalogue"):
        build_graph(catalogue(2), [Triple("e0", "star", "e9")])
    with pytest.raises(DataError, match="max_neighbours is 0"):
        build_graph(catalogue(2), [], max_neighbours=0)
    with pytest.raises(DataError, match="'a of' is the name of another one's reverse"):
        build_graph(catalogue(2), [Triple("e0", "a", "e1"), Triple("e0", "a of", "e1")])


def test_no_triples_make_an_empty_graph() -> None:
    graph = build_graph(catalogue(3), [])
    assert (graph.num_edges, graph.relations, graph.offsets.tolist()) == (0, (), [0, 0, 0, 0])


@given(
    st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["a", "b"]), st.integers(0, 5)), max_size=40),
    st.integers(1, 4),
)
def test_rows_agree_with_a_plain_construction(rows: list[tuple[int, str, int]], limit: int) -> None:
    graph = build_graph(catalogue(6), [Triple(f"e{h}", r, f"e{t}") for h, r, t in rows], max_neighbours=limit)
    distinct = {row for row in rows if row[0] != row[2]}
    expected = {(h, r, t) for h, r, t in distinct} | {(t, f"{r} of", h) for h, r, t in distinct}
    found = edges(graph)
    assert len(set(found)) == len(found)
    assert set(found) <= expected
    for entity in range(6):
        wanted = sum(edge[0] == entity for edge in expected)
        assert sum(edge[0] == entity for edge in found) == min(wanted, limit)
