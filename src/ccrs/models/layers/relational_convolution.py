"""Relational graph convolution (R-GCN) without input features, its matrices made of a few bases."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ccrs.models.layers.segments import ragged_places


class RelationalConvolution(nn.Module):
    """Encodes an entity from its neighbours: the mean per relation, summed over relations.

    ``h(e) = Σ_r 1/|N_r(e)| Σ_{j ∈ N_r(e)} W_r[j] + W_root[e] + b`` with ``W_r = Σ_k a_rk V_k`` (Schlichtkrull et al.
    2018, Eq. 2 and 3). Without input features a matrix has one row for each entity, so ``W_r[j]`` is looked up.

    The graph comes in compressed rows: the incoming edges of entity ``e`` are ``offsets[e]:offsets[e + 1]``, with
    ``neighbours`` (edges,) and ``relation_ids`` (edges,). A neighbour that stands twice under one relation counts
    twice.

    A row ``W_r[j]`` is the same for every edge that leaves ``j`` by ``r``. Such a (neighbour, relation) pair is a
    *source*. Bases are mixed once per source, then one sparse product with the constant ``1/|N_r(e)|`` sums them:
    ``sources · bases · d + edges · d`` multiplications. Nothing is made per edge.
    """

    offsets: Tensor  # (entities + 1)
    edge_sources: Tensor  # (edges) source of the edge
    edge_counts: Tensor  # (edges) |N_r(e)|
    source_entities: Tensor  # (sources) j
    source_relations: Tensor  # (sources) r

    def __init__(
        self,
        *,
        offsets: Tensor,
        neighbours: Tensor,
        relation_ids: Tensor,
        num_relations: int,
        size: int,
        num_bases: int = 8,
        initial_scale: float = 0.1,
    ) -> None:
        super().__init__()
        num_entities = len(offsets) - 1
        # The bases of an entity lie side by side: mixing them reads one stretch of memory.
        self.bases = nn.Parameter(torch.randn(num_entities, num_bases, size) * initial_scale)  # V
        self.coefficients = nn.Parameter(torch.empty(num_relations, num_bases))  # a
        self.root = nn.Parameter(torch.randn(num_entities, size) * initial_scale)  # W_root
        self.bias = nn.Parameter(torch.zeros(size))
        nn.init.xavier_uniform_(self.coefficients)
        targets = torch.repeat_interleave(torch.arange(num_entities), offsets.diff())
        _, groups, counts = torch.unique(
            targets * num_relations + relation_ids, return_inverse=True, return_counts=True
        )
        pairs, edge_sources = torch.unique(neighbours * num_relations + relation_ids, return_inverse=True)
        # Not saved: the graph is made again from its triples.
        self.register_buffer("offsets", offsets, persistent=False)
        self.register_buffer("edge_sources", edge_sources, persistent=False)
        self.register_buffer("edge_counts", counts[groups], persistent=False)
        self.register_buffer("source_entities", pairs // num_relations, persistent=False)
        self.register_buffer("source_relations", pairs % num_relations, persistent=False)

    @property
    def num_entities(self) -> int:
        """How many entities the graph has."""
        return len(self.offsets) - 1

    def forward(self, entities: Tensor) -> Tensor:
        """The rows h of the needed ``entities`` (rows,), each of which costs its own edges only: (rows, d)."""
        edges, firsts, _ = ragged_places(self.offsets, entities)
        sources = self.edge_sources.index_select(0, edges)
        needed = torch.zeros(len(self.source_entities), dtype=torch.bool, device=edges.device)
        needed[sources] = True
        places = needed.cumsum(0) - 1
        mixed = self._mixed(needed.nonzero()[:, 0])  # (needed sources, d)
        gathered = nn.functional.embedding_bag(
            places.index_select(0, sources),
            mixed,
            firsts,
            mode="sum",
            per_sample_weights=self.edge_counts.index_select(0, edges).to(mixed.dtype).reciprocal(),
        )
        return gathered + nn.functional.embedding(entities, self.root) + self.bias

    def _mixed(self, sources: Tensor) -> Tensor:
        """W_r[j] of each of ``sources``: (sources, d)."""
        num_bases = self.bases.shape[1]
        numbers = torch.arange(num_bases, device=sources.device)
        rows = self.source_entities.index_select(0, sources)[:, None] * num_bases + numbers
        weights = self.coefficients.index_select(0, self.source_relations.index_select(0, sources))
        # A bag for each source: nothing of size (sources, bases, d) is written.
        return nn.functional.embedding_bag(
            rows, self.bases.flatten(0, 1), mode="sum", per_sample_weights=weights
        )
