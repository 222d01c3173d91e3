"""One graph convolution (GCN) over an undirected graph, on the rows that are needed."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ccrs.models.layers.segments import ragged_places


class GraphConvolution(nn.Module):
    """``h(v) = W Σ_{w ∈ N(v) ∪ {v}} x(w) / sqrt(d(v) d(w)) + b`` (Kipf and Welling 2017), d counting the loop.

    ``edges`` (2, edges) names each pair once; ``x`` are learned rows. The sum comes before the product: by linearity
    W is applied once a needed row.
    """

    offsets: Tensor
    neighbours: Tensor
    weights: Tensor

    def __init__(self, edges: Tensor, *, num_nodes: int, size: int, initial_scale: float = 0.1) -> None:
        super().__init__()
        self.rows = nn.Parameter(torch.randn(num_nodes, size) * initial_scale)
        self.transform = nn.Linear(size, size)
        loops = torch.arange(num_nodes)
        targets = torch.cat([edges[0], edges[1], loops])
        sources = torch.cat([edges[1], edges[0], loops])
        degrees = torch.bincount(targets, minlength=num_nodes)
        order = torch.argsort(targets, stable=True)
        targets, sources = targets[order], sources[order]
        self.register_buffer(
            "offsets", torch.cat([degrees.new_zeros(1), degrees.cumsum(0)]), persistent=False
        )
        self.register_buffer("neighbours", sources, persistent=False)
        self.register_buffer(
            "weights", (degrees[targets] * degrees[sources]).to(self.rows.dtype).rsqrt(), persistent=False
        )

    def forward(self, nodes: Tensor) -> Tensor:
        """The rows h of ``nodes`` (rows,), each of which costs its own edges only: (rows, size)."""
        edges, firsts, _ = ragged_places(self.offsets, nodes)
        gathered = nn.functional.embedding_bag(
            self.neighbours.index_select(0, edges),
            self.rows,
            firsts,
            mode="sum",
            per_sample_weights=self.weights.index_select(0, edges).to(self.rows.dtype),
        )
        encoded: Tensor = self.transform(gathered)
        return encoded

    def has_neighbours(self) -> Tensor:
        """Which nodes have an edge beside their loop: (nodes,)."""
        return self.offsets.diff() > 1
