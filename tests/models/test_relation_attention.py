"""The relation attention equals Eq. 1-6 written out edge by edge and head by head in float64."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import Tensor

from ccrs.core.batch import BLOCK, Batch, Hop
from ccrs.core.graph import KnowledgeGraph
from ccrs.data.batching import BatchBuilder
from ccrs.data.graph import build_graph
from ccrs.data.splits import user_tasks
from ccrs.models.layers.relation_attention import Gamma, RelationAttention
from tests.worlds import random_world

SIZE, HEADS, USER_SIZE = 6, 3, 4
HEAD = SIZE // HEADS
Vectors = dict[tuple[int, int], Tensor]  # (user, entity) -> h
WORLD = random_world(num_users=16)
TASKS = user_tasks(WORLD.table, np.arange(16), "chronological", 0)


@dataclass(frozen=True)
class Reference:
    """One layer as the equations read; ``rows`` are h of the layer below."""

    layer: RelationAttention
    graph: KnowledgeGraph
    users: Tensor

    def head(self, matrix: Tensor, vector: Tensor, head: int) -> Tensor:
        """Wᵀ h of one head, (head size)."""
        return matrix.T[head * HEAD : (head + 1) * HEAD] @ vector

    def gamma(self, user: int, relation: int, head: int) -> Tensor:
        """γ = Vec(A) W_u Emb_u, Vec row by row."""
        vec = torch.cat([self.layer.attention[relation, head][row] for row in range(HEAD)])
        return vec @ self.layer.user @ self.users[user]

    def edges(self, entity: int) -> list[tuple[int, int]]:
        neighbours, relations = self.graph.edges_of(entity)
        return list(zip(neighbours.tolist(), relations.tolist(), strict=True))

    def attention(
        self, user: int, entity: int, below: Mapping[tuple[int, int], Tensor]
    ) -> list[list[Tensor]]:
        """G of every edge of an entity: [edge][head] (Eq. 1-3)."""
        edges = self.edges(entity)
        logits = []
        for neighbour, relation in edges:
            of_edge = []
            for head in range(HEADS):
                asked = self.head(self.layer.target, below[user, entity], head)  # T_i
                offered = self.head(self.layer.source, below[user, neighbour], head)  # S_i
                gamma = self.gamma(user, relation, head)
                scale = 1 + gamma if self.layer.gamma_form == "one_plus" else gamma
                logit = offered @ self.layer.attention[relation, head] @ asked * scale / math.sqrt(SIZE)
                of_edge.append(logit * 0 if self.layer.uniform else logit)
            logits.append(of_edge)
        totals = [sum((edge[head].exp() for edge in logits), torch.zeros(())) for head in range(HEADS)]
        return [[edge[head].exp() / totals[head] for head in range(HEADS)] for edge in logits]

    def encode(self, user: int, entity: int, below: Mapping[tuple[int, int], Tensor]) -> Tensor:
        """h^l (Eq. 4-6)."""
        gathered = torch.zeros(SIZE, dtype=torch.float64)
        attention = self.attention(user, entity, below)
        for (neighbour, relation), weights in zip(self.edges(entity), attention, strict=True):
            sent = []
            for head in range(HEADS):
                message = self.layer.transform[relation, head] @ self.head(
                    self.layer.message, below[user, neighbour], head
                )
                sent.append(weights[head] * message)
            gathered = gathered + torch.cat(sent)
        return torch.nn.functional.gelu(self.layer.output.T @ gathered) + below[user, entity]


def make_layer(
    graph: KnowledgeGraph, gamma: Gamma = "one_plus", *, uniform: bool = False
) -> RelationAttention:
    layer = RelationAttention(
        embedding_size=SIZE,
        num_heads=HEADS,
        num_relations=len(graph.relations),
        user_size=USER_SIZE,
        gamma=gamma,
        uniform=uniform,
    ).double()
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.normal_(std=0.6)
    return layer


def batch_of(graph: KnowledgeGraph, num_layers: int) -> Batch:
    builder = BatchBuilder(WORLD.table, graph, num_items=WORLD.catalogue.num_items, num_layers=num_layers)
    return builder.adapting(TASKS)


def keys_of(graph: KnowledgeGraph, num_layers: int) -> list[list[tuple[int, int]]]:
    """The (user, entity) pairs of each layer of the query, the mentions' first, in ascending order."""
    needed = {
        (number, int(entity))
        for number, task in enumerate(TASKS)
        for context in np.flatnonzero(np.isin(WORLD.table.context_dialogues, task.query)).tolist()
        for entity in WORLD.table.mentions[context]
    }
    layers = [sorted(needed)]
    for _ in range(num_layers):
        needed = needed | {(user, int(n)) for user, entity in needed for n in graph.edges_of(entity)[0]}
        layers.append(sorted(needed))
    return layers


@pytest.mark.parametrize("max_neighbours", [64, 3])
@pytest.mark.parametrize(
    ("gamma", "uniform"),
    [("one_plus", False), ("printed", False), ("one_plus", True)],
    ids=["1+γ", "γ", "uniform"],
)
@pytest.mark.parametrize("num_layers", [1, 2])
def test_equals_the_equations(num_layers: int, gamma: Gamma, uniform: bool, max_neighbours: int) -> None:
    torch.manual_seed(0)
    graph = build_graph(WORLD.catalogue, WORLD.triples, max_neighbours=max_neighbours)
    assert max(np.diff(graph.offsets)) <= max_neighbours
    batch = batch_of(graph, num_layers)
    rows = torch.randn(len(batch.row_entities), SIZE, dtype=torch.float64)
    users = torch.randn(batch.num_users, USER_SIZE, dtype=torch.float64)
    layers = [make_layer(graph, gamma, uniform=uniform) for _ in range(num_layers)]

    found = rows if batch.query.rows is None else rows[batch.query.rows]
    with torch.no_grad():
        for layer, hop in zip(layers, batch.query.hops, strict=True):
            found = layer(found, users, hop)
    owners = zip(batch.row_users.tolist(), batch.row_entities.tolist(), strict=True)
    below: Vectors = dict(zip(owners, rows, strict=True))
    wanted = keys_of(graph, num_layers)
    with torch.no_grad():
        for depth, layer in enumerate(layers):
            reference = Reference(layer, graph, users)
            below = {key: reference.encode(*key, below) for key in wanted[num_layers - 1 - depth]}
    assert len(found) == len(wanted[0])
    torch.testing.assert_close(found, torch.stack([below[key] for key in wanted[0]]), rtol=1e-10, atol=1e-10)


def test_the_worlds_are_large_enough_for_more_than_one_block() -> None:
    """Else the test above would not see a mistake in how cells are laid out."""
    hop = batch_of(WORLD.graph, 1).query.hops[0]
    assert (torch.bincount(hop.block_relations) > 1).any()
    assert len(hop.slot_targets) == len(hop.block_relations) * BLOCK
    degrees = torch.bincount(hop.edge_targets, minlength=hop.num_targets)
    assert (degrees == 0).any(), "no target without neighbours"


@pytest.mark.parametrize("gamma", ["one_plus", "printed"])
def test_attention_sums_to_one_and_depends_on_the_user(gamma: Gamma) -> None:
    torch.manual_seed(0)
    batch = batch_of(WORLD.graph, 1)
    hop, layer = batch.query.hops[0], make_layer(WORLD.graph, gamma)
    rows = torch.randn(len(batch.row_entities), SIZE, dtype=torch.float64)
    users = torch.randn(batch.num_users, USER_SIZE, dtype=torch.float64)
    weights = layer.weights(rows, users, hop)
    sums = torch.zeros(hop.num_targets, HEADS, dtype=torch.float64).index_add(0, hop.edge_targets, weights)
    has_edges = torch.bincount(hop.edge_targets, minlength=hop.num_targets) > 0
    torch.testing.assert_close(sums[has_edges], torch.ones_like(sums[has_edges]))
    other = users.clone()
    other[3] += 1
    changed = (layer.weights(rows, other, hop) != weights).any(1)
    owner = hop.target_users[hop.edge_targets]
    assert changed[owner == 3].any()
    assert not changed[owner != 3].any()


def test_without_a_user_the_printed_form_is_uniform_and_one_plus_is_not() -> None:
    """Why ``1 + γ`` is the default: γ starts near 0, and then the printed logit is 0 for every edge."""
    torch.manual_seed(0)
    batch = batch_of(WORLD.graph, 1)
    hop = batch.query.hops[0]
    rows = torch.randn(len(batch.row_entities), SIZE, dtype=torch.float64)
    nobody = torch.zeros(batch.num_users, USER_SIZE, dtype=torch.float64)
    uniform = make_layer(WORLD.graph, uniform=True).weights(rows, nobody, hop)
    torch.testing.assert_close(make_layer(WORLD.graph, "printed").weights(rows, nobody, hop), uniform)
    assert (make_layer(WORLD.graph, "one_plus").weights(rows, nobody, hop) - uniform).abs().max() > 0.1


def test_an_entity_without_neighbours_keeps_its_row() -> None:
    torch.manual_seed(0)
    batch = batch_of(WORLD.graph, 1)
    hop: Hop = batch.query.hops[0]
    rows = torch.randn(len(batch.row_entities), SIZE, dtype=torch.float64)
    users = torch.randn(batch.num_users, USER_SIZE, dtype=torch.float64)
    out = make_layer(WORLD.graph)(rows, users, hop)
    alone = torch.bincount(hop.edge_targets, minlength=hop.num_targets) == 0
    torch.testing.assert_close(out[alone], rows[hop.target_sources][alone])


def test_a_graph_without_edges_leaves_all_rows_as_they_are() -> None:
    graph = build_graph(WORLD.catalogue, ())
    assert graph.num_edges == 0
    batch = batch_of(graph, 1)
    rows = torch.randn(len(batch.row_entities), SIZE, dtype=torch.float64)
    users = torch.randn(batch.num_users, USER_SIZE, dtype=torch.float64)
    hop = batch.query.hops[0]
    torch.testing.assert_close(make_layer(graph)(rows, users, hop), rows[hop.target_sources])
