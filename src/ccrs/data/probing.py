"""The hop of films looked at by themselves, to ask what a user would follow from them."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ccrs.core.batch import BLOCK, Hop
from ccrs.core.graph import KnowledgeGraph
from ccrs.core.samples import IntArray, Ragged
from ccrs.data.batching import relation_slots


def probe_hop(graph: KnowledgeGraph, films: IntArray) -> tuple[Hop, Tensor]:
    """One target a film, each for a user of its own (user i looks at ``films[i]``), and the sources' entities.

    The rows of the sources are the films, then the neighbours of all edges in the order of the edges.
    """
    edges, owners = Ragged(graph.offsets, graph.neighbours).positions(films)
    neighbours, relations = graph.neighbours[edges], graph.relation_ids[edges]
    count = max(len(films), 1)
    cells, edge_cells = np.unique(relations * count + owners, return_inverse=True)
    cell_relations, cell_targets = np.divmod(cells, count)
    slots, block_relations = relation_slots(cell_relations, len(graph.relations))
    slot_targets = np.zeros(len(block_relations) * BLOCK, np.int64)
    slot_targets[slots] = cell_targets
    own = np.arange(len(films), dtype=np.int64)
    hop = Hop(
        target_sources=torch.from_numpy(own),
        target_users=torch.from_numpy(own),
        edge_targets=torch.from_numpy(owners),
        edge_sources=torch.from_numpy(len(films) + np.arange(len(edges), dtype=np.int64)),
        edge_relations=torch.from_numpy(relations.astype(np.int64)),
        edge_slots=torch.from_numpy(slots[edge_cells]),
        slot_targets=torch.from_numpy(slot_targets),
        block_relations=torch.from_numpy(block_relations),
        num_sources=len(films) + len(edges),
    )
    return hop, torch.from_numpy(np.concatenate([films, neighbours]).astype(np.int64))
