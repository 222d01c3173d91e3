"""The baselines without a file of their own, against their formulas written out."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

from ccrs.core.batch import Batch
from ccrs.core.resources import Resources
from ccrs.core.samples import Ragged
from ccrs.data.batching import BatchBuilder
from ccrs.data.splits import user_tasks
from ccrs.data.vocabulary import Vocabulary
from ccrs.models.baselines.ease import EASE, EASEConfig
from ccrs.models.baselines.item_knn import ItemKNN, ItemKNNConfig
from ccrs.models.baselines.kgsf import KGSF, KGSFConfig
from ccrs.models.baselines.revcore import RevCore
from ccrs.models.inputs import ModelInputs
from ccrs.models.layers.graph_convolution import GraphConvolution
from ccrs.models.sizes import Sizes
from tests.worlds import World, random_world


@pytest.fixture(scope="module")
def world() -> World:
    return random_world()


def inputs(world: World, **others: Any) -> ModelInputs:
    sizes = Sizes(
        num_items=world.catalogue.num_items,
        num_entities=world.catalogue.num_entities,
        num_relations=len(world.graph.relations),
        num_words=len(vocabulary(world)),
    )
    return ModelInputs(sizes, torch.zeros(sizes.num_items), world.graph, **others)


def vocabulary(world: World) -> Vocabulary:
    return Vocabulary.count(world.table.words, min_count=1)


def everything(world: World) -> Batch:
    builder = BatchBuilder(
        world.table,
        world.graph,
        num_items=world.catalogue.num_items,
        num_layers=0,
        vocabulary=vocabulary(world),
    )
    return builder.plain(np.arange(len(world.table.context_dialogues)))


def test_a_graph_convolution_is_the_normalised_adjacency_times_the_rows() -> None:
    edges = torch.tensor([[0, 0, 2], [1, 3, 3]])
    layer = GraphConvolution(edges, num_nodes=5, size=3).double()
    adjacency = torch.eye(5, dtype=torch.float64)
    adjacency[edges[0], edges[1]] = adjacency[edges[1], edges[0]] = 1
    scale = adjacency.sum(1).rsqrt()
    whole = (scale[:, None] * adjacency * scale[None, :]) @ layer.rows @ layer.transform.weight.T
    whole = whole + layer.transform.bias
    nodes = torch.tensor([3, 0, 4])
    torch.testing.assert_close(layer(nodes), whole[nodes], rtol=1e-6, atol=1e-7)
    assert layer.has_neighbours().tolist() == [True, True, True, True, False]


def word_graph(world: World) -> np.ndarray:
    """A ring over every second word."""
    words = np.arange(1, len(vocabulary(world)), 2)
    return np.sort(np.stack([words, np.roll(words, 1)]), axis=0)


@pytest.mark.parametrize("with_reviews", [False, True])
def test_kgsf_and_revcore_by_their_formulas(world: World, with_reviews: bool) -> None:
    count = world.catalogue.num_items
    rng = np.random.default_rng(0)
    words = len(vocabulary(world))
    reviews = Ragged.from_rows([rng.integers(1, words, rng.integers(0, 4)).tolist() for _ in range(count)])
    given = inputs(world, resources=Resources(word_graph(world), reviews))
    config = KGSFConfig(embedding_size=4, num_bases=2, agreement_weight=0.5)
    torch.manual_seed(0)
    model: KGSF = (RevCore if with_reviews else KGSF)(config, given).double().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    batch = everything(world)
    contexts = batch.query
    table = model.entities.entity_table().double()
    known = set(word_graph(world).flatten().tolist())
    mentioned = batch.mention_entities(contexts)
    users, said_rows, agreement = [], [], torch.zeros((), dtype=torch.float64)
    for context in range(contexts.num_contexts):
        entities = mentioned[contexts.mention_contexts == context]
        said = contexts.words[contexts.word_contexts == context].tolist()
        if with_reviews:
            said += [word for e in entities.tolist() if e < count for word in reviews[e].tolist()]
        said = [word for word in said if word in known]
        by_entities = model.entities.silence
        if len(entities):
            rows = table[entities]
            weights = model.entities.importance.scores(rows).softmax(0)
            by_entities = (weights * rows).sum(0)
        by_words = torch.zeros(4, dtype=torch.float64)
        if said:
            rows = model.words(torch.tensor(said))
            by_words = (model.word_importance.scores(rows).softmax(0) * rows).sum(0)
        gate = torch.sigmoid(model.gate(torch.cat([by_entities, by_words])))
        users.append(gate * by_entities + (1 - gate) * by_words)
        said_rows.append(by_words)
        foretold = model.foretell(by_words) @ table[:count].T + model.foretell_bias
        named = torch.zeros(count, dtype=torch.float64)
        named[[e for e in entities.tolist() if e < count]] = 1
        agreement = agreement + (foretold - named).square().sum()
    scores = torch.stack(users) @ table[:count].T + model.entities.item_bias
    torch.testing.assert_close(model(batch), scores, rtol=1e-6, atol=1e-7)
    chosen = scores[contexts.sample_contexts].log_softmax(1)
    wrong = -chosen[torch.arange(contexts.num_samples), contexts.targets].sum()
    torch.testing.assert_close(model.loss(batch), wrong + 0.5 * agreement, rtol=1e-6, atol=1e-6)
    model.begin_epoch(0)
    torch.testing.assert_close(model.loss(batch), agreement, rtol=1e-6, atol=1e-6)
    model.begin_epoch(3)
    assert not model.pretrains


INTERACTIONS = Ragged.from_rows([[0, 1], [0, 1, 2], [2, 3], []])


def item_inputs(world: World) -> ModelInputs:
    return inputs(world, interactions=INTERACTIONS, interaction_users=np.array([0, 0, 1, 1]))


def test_ease_solves_its_least_squares(world: World) -> None:
    """Of all matrices with a zero diagonal it has the least squared error plus penalty."""
    model = EASE(EASEConfig(penalty=0.5), item_inputs(world))
    rows = torch.zeros(4, world.catalogue.num_items)
    for unit in range(4):
        rows[unit, INTERACTIONS[unit].tolist()] = 1

    def cost(weights: torch.Tensor) -> float:
        return float((rows - rows @ weights).square().sum() + 0.5 * weights.square().sum())

    assert not model.weights.diagonal().any()
    best = cost(model.weights)
    torch.manual_seed(0)
    for _ in range(20):
        change = 0.01 * torch.randn_like(model.weights)
        assert cost(model.weights + change.fill_diagonal_(0)) > best


def test_item_knn_is_the_shrunk_cosine_of_the_nearest(world: World) -> None:
    model = ItemKNN(ItemKNNConfig(neighbours=1, shrinkage=1.0), item_inputs(world))
    # Items 0 and 1 stand together twice (of two each), 2 with each of them once and with 3 once.
    assert float(model.weights[0, 1]) == pytest.approx(2 / (2 + 1))
    assert float(model.weights[1, 0]) == pytest.approx(2 / (2 + 1))
    assert float(model.weights[2, 3]) == pytest.approx(1 / (math.sqrt(2) + 1))
    assert [int((column != 0).sum()) for column in model.weights.T[:4]] == [1, 1, 1, 1]
    by_user = ItemKNN(ItemKNNConfig(neighbours=1, shrinkage=1.0, unit="user"), item_inputs(world))
    assert float(by_user.weights[0, 1]) == pytest.approx(1 / (1 + 1))  # one user had both


def test_the_history_counts_where_it_is_weighed(world: World) -> None:
    builder = BatchBuilder(world.table, world.graph, num_items=world.catalogue.num_items, num_layers=0)
    tasks = user_tasks(world.table, np.arange(len(world.table.users)), "chronological", 0)
    batch = builder.remembering(tasks)
    model = EASE(EASEConfig(history_weight=0.25), item_inputs(world))
    with torch.no_grad():
        model.weights.copy_(torch.eye(len(model.weights)))  # so that scores are what is put in
    scores = model(batch)
    history, contexts = batch.history, batch.query
    mentioned = batch.mention_entities(contexts)
    assert len(history.items)
    for context in range(contexts.num_contexts):
        here = set(mentioned[contexts.mention_contexts == context].tolist())
        mine = history.users == contexts.users[context]
        earlier = set(history.items[mine & (history.signs != 2)].tolist())
        for item in range(world.catalogue.num_items):
            expected = 1.0 if item in here else 0.25 if item in earlier else 0.0
            assert float(scores[context, item]) == expected
