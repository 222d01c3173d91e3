"""Rows of items from the facts they share with other items."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from ccrs.core.graph import KnowledgeGraph


class SharedFacts(nn.Module):
    """What an item's neighbours in the graph say of it: the mean per relation, summed over relations.

    ``h(e) = Σ_r 1/|N_r(e)| Σ_{j ∈ N_r(e)} W[r, j]``, an R-GCN without input features (Schlichtkrull et al. 2018, Eq. 2)
    with a free row for each fact (r, j). Bases would be more numbers than the rows that they make: few entities stand
    in more than two relations. Facts of one item alone are left out, since they can tell nothing of another.
    """

    facts: Tensor  # (edges) fact of the edge
    firsts: Tensor  # (items) where the edges of each item begin
    weights: Tensor  # (edges) 1/|N_r(e)|

    def __init__(
        self, graph: KnowledgeGraph, num_items: int, size: int, *, initial_scale: float = 0.1
    ) -> None:
        super().__init__()
        end, num_relations = int(graph.offsets[num_items]), len(graph.relations)
        items = np.repeat(np.arange(num_items), np.diff(graph.offsets[: num_items + 1]))
        facts = graph.neighbours[:end] * num_relations + graph.relation_ids[:end]
        neighbours = np.unique(items * graph.num_entities + graph.neighbours[:end]) % graph.num_entities
        shared = np.bincount(neighbours, minlength=graph.num_entities) > 1
        kept = shared[graph.neighbours[:end]]
        items, facts = items[kept], facts[kept]
        _, facts = np.unique(facts, return_inverse=True)
        _, cells, counts = np.unique(
            items * num_relations + graph.relation_ids[:end][kept], return_inverse=True, return_counts=True
        )
        self.rows = nn.Parameter(torch.randn(int(facts.max(initial=-1)) + 1, size) * initial_scale)  # W
        # Not saved: made again from the graph.
        self.register_buffer("facts", torch.from_numpy(facts.astype(np.int64)), persistent=False)
        firsts = np.searchsorted(items, np.arange(num_items))
        self.register_buffer("firsts", torch.from_numpy(firsts.astype(np.int64)), persistent=False)
        shares = (1 / counts[cells]).astype(np.float32)
        self.register_buffer("weights", torch.from_numpy(shares), persistent=False)

    def forward(self) -> Tensor:
        """Give the row h of every item, zeros for one without shared facts: (items, d)."""
        if not len(self.rows):
            return self.rows.new_zeros(len(self.firsts), self.rows.shape[1])
        return nn.functional.embedding_bag(
            self.facts,
            self.rows,
            self.firsts,
            mode="sum",
            per_sample_weights=self.weights.to(self.rows.dtype),
        )
