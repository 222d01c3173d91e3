"""From triples to the graph that models read: incoming edges of every entity in compressed rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from ccrs.core.errors import DataError
from ccrs.core.graph import Catalogue, KnowledgeGraph, Triple
from ccrs.data.graph_format import nearest_hint

IntArray = npt.NDArray[np.int64]


def build_graph(
    catalogue: Catalogue,
    triples: Iterable[Triple],
    *,
    relations: Sequence[str] | None = None,
    min_relation_count: int = 0,
    max_neighbours: int = 64,
    seed: int = 0,
) -> KnowledgeGraph:
    """The graph over all entities of ``catalogue``, both directions of every triple.

    *Titanic / director / James Cameron* gives Titanic the neighbour James Cameron by ``director``
    and James Cameron the neighbour Titanic by ``director of``. Self-loops and doubled triples are
    dropped, then relations with fewer than ``min_relation_count`` triples. Of an entity with more
    than ``max_neighbours`` edges, a seeded random choice is kept. Edges are sorted by entity,
    relation and neighbour. The relations are the named ones in order, then their reverses.

    Raises ``DataError`` when ``relations`` names a relation that no triple has, when a triple's
    entity is not in the catalogue, or when ``max_neighbours`` is not positive.
    """
    if max_neighbours < 1:
        raise DataError(f"max_neighbours is {max_neighbours}. Give a whole number of at least 1.")
    chosen = _choose(list(triples), relations, min_relation_count)
    names = tuple(sorted({triple.relation for triple in chosen}))
    clash = set(names) & {reverse_name(name) for name in names}
    if clash:
        raise DataError(f"Relation {min(clash)!r} is the name of another one's reverse. Rename or drop it.")
    numbers = {name: number for number, name in enumerate(names)}
    heads, tails = _indices(catalogue, chosen)
    forward = np.fromiter((numbers[triple.relation] for triple in chosen), np.int64, len(chosen))
    # The neighbour's message arrives at the entity, so an edge is stored with the one it enters.
    entities = np.concatenate([heads, tails])
    neighbours = np.concatenate([tails, heads])
    relation_ids = np.concatenate([forward, forward + len(names)])
    kept = _keep_at_most(entities, max_neighbours, np.random.default_rng(seed))
    entities, neighbours, relation_ids = entities[kept], neighbours[kept], relation_ids[kept]
    order = np.lexsort((neighbours, relation_ids, entities))
    offsets = np.zeros(catalogue.num_entities + 1, dtype=np.int64)
    np.cumsum(np.bincount(entities, minlength=catalogue.num_entities), out=offsets[1:])
    all_names = names + tuple(reverse_name(name) for name in names)
    return KnowledgeGraph(catalogue.num_entities, all_names, offsets, neighbours[order], relation_ids[order])


def reverse_name(relation: str) -> str:
    """The name of a relation read from tail to head: ``director of``."""
    return f"{relation} of"


def _choose(triples: list[Triple], relations: Sequence[str] | None, min_count: int) -> list[Triple]:
    """Distinct triples without self-loops, of the wanted and frequent relations, in a fixed order."""
    if relations is not None:
        known = sorted({triple.relation for triple in triples})
        for name in relations:
            if name not in known:
                mend = nearest_hint(name, known, "relations")
                raise DataError(f"Relation {name!r} is in no triple. {mend}")
    wanted = None if relations is None else set(relations)
    distinct = {
        (triple.head, triple.relation, triple.tail): triple
        for triple in triples
        if triple.head != triple.tail and (wanted is None or triple.relation in wanted)
    }
    counts = Counter(relation for _, relation, _ in distinct)
    # Sorted so that the seeded choice of neighbours does not hang on the order of the file.
    return [triple for key, triple in sorted(distinct.items()) if counts[key[1]] >= min_count]


def _indices(catalogue: Catalogue, triples: list[Triple]) -> tuple[IntArray, IntArray]:
    """Entity indices of heads and tails, both (triples,)."""
    index = catalogue.index
    try:
        heads = np.fromiter((index[triple.head] for triple in triples), np.int64, len(triples))
        tails = np.fromiter((index[triple.tail] for triple in triples), np.int64, len(triples))
    except KeyError as error:
        value = str(error.args[0])
        mend = nearest_hint(value, index, "ids")
        raise DataError(f"Entity {value!r} of a triple is not in the catalogue. {mend}") from error
    return heads, tails


def _keep_at_most(entities: IntArray, limit: int, generator: np.random.Generator) -> npt.NDArray[np.bool_]:
    """Which edges stay so that no entity has more than ``limit``, (edges,): a random choice each."""
    order = np.lexsort((generator.random(len(entities)), entities))
    sorted_entities = entities[order]
    starts = np.searchsorted(sorted_entities, sorted_entities, side="left")
    kept = np.zeros(len(entities), dtype=np.bool_)
    kept[order[np.arange(len(entities)) - starts < limit]] = True
    return kept
