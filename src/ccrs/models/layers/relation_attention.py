"""Relation-aware intention encoder: one layer of attention over a user's relations (Eq. 1-6)."""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor, nn

from ccrs.core.batch import BLOCK, Hop
from ccrs.models.layers.segments import rows_at, segment_softmax, segment_sum

Gamma = Literal["one_plus", "printed", "one"]


class RelationAttention(nn.Module):
    """Encodes (user, entity) pairs from the neighbours of the entity.

    ``gamma``: ``one_plus`` scales the attention logit by 1 + γ, as the Heterogeneous Graph
    Transformer's prior starts at 1; ``printed`` by γ, the paper's form; ``one`` by 1 for everybody, a negative
    control. With ``uniform`` all
    neighbours weigh the same (the ablation without relation encoder). ``residual_dropout`` is how often
    training leaves out an entity's own row in Eq. 6, so that its neighbours must speak for it.
    """

    def __init__(
        self,
        *,
        embedding_size: int,
        num_heads: int,
        num_relations: int,
        user_size: int,
        gamma: Gamma = "one_plus",
        uniform: bool = False,
        residual_dropout: float = 0.0,
    ) -> None:
        super().__init__()
        size, head_size = embedding_size, embedding_size // num_heads
        self.num_heads, self.head_size = num_heads, head_size
        self.gamma_form: Gamma = gamma
        self.uniform = uniform
        self.residual_dropout = residual_dropout
        self.target = nn.Parameter(torch.empty(size, size))  # W^T of all heads, Eq. 1
        self.source = nn.Parameter(torch.empty(size, size))  # W^S
        self.message = nn.Parameter(torch.empty(size, size))  # W^M, Eq. 4
        self.attention = nn.Parameter(torch.empty(num_relations, num_heads, head_size, head_size))  # A_r
        self.transform = nn.Parameter(torch.empty(num_relations, num_heads, head_size, head_size))  # M_r
        self.user = nn.Parameter(torch.empty(head_size * head_size, user_size))  # W_u, Eq. 2
        self.output = nn.Parameter(torch.empty(size, size))  # W^A, Eq. 6
        self.reset()

    def reset(self) -> None:
        """Glorot initialisation; relation matrices as if each head were a layer of its own."""
        for weight in (self.target, self.source, self.message, self.user, self.output):
            nn.init.xavier_uniform_(weight)
        bound = math.sqrt(3.0 / self.head_size)
        nn.init.uniform_(self.attention, -bound, bound)
        nn.init.uniform_(self.transform, -bound, bound)

    def forward(self, rows: Tensor, users: Tensor, hop: Hop) -> Tensor:
        """Rows of the layer below (sources, d) and user embeddings (users, d_u) to targets (targets, d)."""
        return self.explained(rows, users, hop)[0]

    def explained(self, rows: Tensor, users: Tensor, hop: Hop) -> tuple[Tensor, Tensor]:
        """As ``forward``, with the attention of every edge (edges, heads) that it was made with."""
        own = rows.index_select(0, hop.target_sources)  # (targets, d)
        messages = self._at_edges(rows @ self.message, hop.edge_sources)  # (edges, heads, head)
        weights = self._weights(own, rows, users, hop)  # (edges, heads)
        weighted = (messages * weights[:, :, None]).flatten(1)  # (edges, d)
        cells = segment_sum(weighted, hop.edge_slots, len(hop.slot_targets))  # (slots, d)
        # By linearity M_r is applied once per cell, not per edge (Eq. 4-5).
        sent = self._per_relation(self._heads(cells), self.transform, hop).flatten(1)  # (slots, d)
        gathered = segment_sum(sent, hop.slot_targets, hop.num_targets)  # h*, (targets, d)
        if self.training and self.residual_dropout:
            own = own * (torch.rand(len(own), 1, device=own.device) >= self.residual_dropout)
        return nn.functional.gelu(gathered @ self.output) + own, weights  # Eq. 6

    def weights(self, rows: Tensor, users: Tensor, hop: Hop) -> Tensor:
        """G(r, u): the attention of every edge (Eq. 2-3), (edges, heads)."""
        return self._weights(rows.index_select(0, hop.target_sources), rows, users, hop)

    def _weights(self, own: Tensor, rows: Tensor, users: Tensor, hop: Hop) -> Tensor:
        """``weights`` from the targets' own rows (targets, d) and all rows."""
        if self.uniform:
            logits = rows.new_zeros(len(hop.edge_targets), self.num_heads)
            return segment_softmax(logits, hop.edge_targets, hop.num_targets)
        asked = self._at_edges(own @ self.target, hop.slot_targets)  # (slots, heads, head)
        asked = self._per_relation(asked, self.attention, hop)  # A_r T
        keys = self._at_edges(rows @ self.source, hop.edge_sources)  # (edges, heads, head)
        logits = (keys * self._at_edges(asked.flatten(1), hop.edge_slots)).sum(-1)  # (edges, heads)
        logits = logits / math.sqrt(self.num_heads * self.head_size)
        if self.gamma_form == "one":
            return segment_softmax(logits, hop.edge_targets, hop.num_targets)
        gamma = self.gamma(users)  # (users, relations, heads)
        cells = hop.target_users.index_select(0, hop.edge_targets) * gamma.shape[1] + hop.edge_relations
        scale = gamma.flatten(0, 1).index_select(0, cells)
        if self.gamma_form == "one_plus":
            scale = 1 + scale
        return segment_softmax(logits * scale, hop.edge_targets, hop.num_targets)

    def gamma(self, users: Tensor) -> Tensor:
        """γ of every user, relation and head (Eq. 2): (users, relations, heads)."""
        prior = self.attention.flatten(2) @ self.user  # Vec(A) W_u once a step: (relations, heads, d_u)
        return torch.einsum("rhu,nu->nrh", prior, users)

    def _at_edges(self, values: Tensor, index: Tensor) -> Tensor:
        return self._heads(rows_at(values, index))

    def _heads(self, values: Tensor) -> Tensor:
        return values.view(len(values), self.num_heads, self.head_size)

    def _per_relation(self, slots: Tensor, matrices: Tensor, hop: Hop) -> Tensor:
        """Each slot's vector (slots, heads, head) times its relation's matrices: the same shape."""
        blocks = slots.view(-1, BLOCK, self.num_heads, self.head_size).transpose(
            1, 2
        )  # (blocks, heads, BLOCK, head)
        chosen = matrices.index_select(0, hop.block_relations)  # (blocks, heads, head, head)
        return (blocks @ chosen.transpose(2, 3)).transpose(1, 2).reshape(-1, self.num_heads, self.head_size)
