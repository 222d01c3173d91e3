"""The index tensors of one relation-attention layer over chosen entities (see ``Hop``)."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ccrs.core.batch import BLOCK, Hop
from ccrs.core.graph import KnowledgeGraph
from ccrs.core.samples import IntArray, Ragged


def relation_slots(cell_relations: IntArray, num_relations: int) -> tuple[IntArray, IntArray]:
    """The slot of each cell (cells come sorted by relation) and the relation of each block."""
    counts = np.bincount(cell_relations, minlength=num_relations)
    blocks = -(-counts // BLOCK)
    first_block = np.cumsum(blocks) - blocks
    first_cell = np.cumsum(counts) - counts
    within = np.arange(len(cell_relations)) - first_cell[cell_relations]
    return first_block[cell_relations] * BLOCK + within, np.repeat(np.arange(num_relations), blocks)


def entity_hop(
    graph: KnowledgeGraph, entities: IntArray, *, users: IntArray | None = None, shared: bool = True
) -> tuple[Hop, Tensor]:
    """The hop whose targets are ``entities`` (targets,), and the entity of each of its sources (sources,).

    ``users`` (targets,) tells whose target each is; all of user 0 when not given. With ``shared`` an entity is one
    source; without, every target and every edge has a source of its own: the targets first, then the neighbours in
    the order of the edges.
    """
    edges, owners = Ragged(graph.offsets, graph.neighbours).positions(entities)
    neighbours, relations = graph.neighbours[edges], graph.relation_ids[edges]
    count = max(len(entities), 1)
    cells, edge_cells = np.unique(relations * count + owners, return_inverse=True)
    cell_relations, cell_targets = np.divmod(cells, count)
    slots, block_relations = relation_slots(cell_relations, len(graph.relations))
    slot_targets = np.zeros(len(block_relations) * BLOCK, np.int64)
    slot_targets[slots] = cell_targets
    sources = np.concatenate([entities, neighbours]).astype(np.int64)
    places = np.arange(len(sources))
    if shared:
        sources, places = np.unique(sources, return_inverse=True)
    own = np.zeros(len(entities), np.int64) if users is None else users
    hop = Hop(
        target_sources=torch.from_numpy(places[: len(entities)]),
        target_users=torch.from_numpy(own),
        edge_targets=torch.from_numpy(owners),
        edge_sources=torch.from_numpy(places[len(entities) :]),
        edge_relations=torch.from_numpy(relations.astype(np.int64)),
        edge_slots=torch.from_numpy(slots[edge_cells]),
        slot_targets=torch.from_numpy(slot_targets),
        block_relations=torch.from_numpy(block_relations),
        num_sources=len(sources),
    )
    return hop, torch.from_numpy(sources)
