"""Graph rows: what shared facts say is a part of the items' rows, in training, in adaptation and summed up for use."""

from __future__ import annotations

import copy
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch

from ccrs.core.batch import Batch
from ccrs.core.config import parse_config
from ccrs.core.errors import ConfigError
from ccrs.core.graph import KnowledgeGraph
from ccrs.data.batching import BatchBuilder
from ccrs.data.splits import user_tasks
from ccrs.experiments.judging import adapted_scores
from ccrs.meta.adaptation import InnerConfig, InnerRates
from ccrs.models.ccrs import CCRS, CCRSConfig
from ccrs.models.inputs import ModelInputs
from ccrs.models.layers.shared_facts import SharedFacts
from ccrs.models.registry import model_row
from ccrs.models.sizes import Sizes
from ccrs.training.objectives import MetaObjective
from tests.training.small_runs import small_config, train_quietly, write_corpus
from tests.worlds import World, random_world


@pytest.fixture(scope="module")
def world() -> World:
    return random_world()


def make(world: World, **additions: bool) -> CCRS:
    torch.manual_seed(0)
    sizes = Sizes(
        num_items=world.catalogue.num_items,
        num_entities=world.catalogue.num_entities,
        num_relations=len(world.graph.relations),
    )
    values = {"embedding_size": 4, "num_heads": 2, "user_size": 3, "additions": additions}
    config = parse_config(CCRSConfig, values, "test")
    inputs = ModelInputs(sizes, torch.zeros(sizes.num_items), world.graph)
    model = model_row("ccrs").build(config, inputs)
    assert isinstance(model, CCRS)
    return model.double()


def batch_of(world: World) -> Batch:
    builder = BatchBuilder(world.table, world.graph, num_items=world.catalogue.num_items)
    users = np.arange(len(world.table.users))
    return builder.adapting(user_tasks(world.table, users, "chronological", 0))


def test_an_item_is_the_mean_per_relation_of_the_facts_it_shares(world: World) -> None:
    graph, count = world.graph, world.catalogue.num_items
    layer = SharedFacts(graph, count, 4).double()
    facts_of = [
        set(zip(*(part.tolist() for part in graph.edges_of(item)), strict=True)) for item in range(count)
    ]
    owners = Counter(entity for facts in facts_of for entity in {entity for entity, _ in facts})
    order = sorted({fact for facts in facts_of for fact in facts if owners[fact[0]] > 1})
    place = {fact: number for number, fact in enumerate(order)}
    assert len(layer.rows) == len(order)
    found = layer()
    for item, facts in enumerate(facts_of):
        expected = torch.zeros(4, dtype=torch.float64)
        for relation in range(len(graph.relations)):
            mine = [place[fact] for fact in facts if fact[1] == relation and fact in place]
            if mine:
                expected += layer.rows[mine].mean(dim=0)
        torch.testing.assert_close(found[item], expected, rtol=1e-6, atol=1e-7)


def test_a_fact_of_one_item_alone_is_left_out() -> None:
    offsets = np.array([0, 3, 4, 4, 4])  # item 0: twice with 2, once with 3; item 1 with 2
    graph = KnowledgeGraph(4, ("r", "s"), offsets, np.array([2, 2, 3, 2]), np.array([0, 1, 0, 0]))
    layer = SharedFacts(graph, 2, 3).double()
    by_r, by_s = layer.rows  # entity 3 has no row
    torch.testing.assert_close(layer(), torch.stack([by_r + by_s, by_r]))


def test_a_graph_without_shared_facts_says_nothing() -> None:
    offsets = np.array([0, 1, 2, 2, 2])
    graph = KnowledgeGraph(4, ("r",), offsets, np.array([2, 3]), np.array([0, 0]))
    layer = SharedFacts(graph, 2, 3)
    assert len(layer.rows) == 0
    assert torch.equal(layer(), torch.zeros(2, 3))


def test_settled_it_scores_and_adapts_as_before(world: World) -> None:
    model = make(world, graph_rows=True, history=True).eval()
    settled = model.settled()
    assert settled.graph_rows is None
    assert not settled.training
    rates = InnerRates(InnerConfig(steps=2))
    batch = batch_of(world)
    with torch.no_grad():
        torch.testing.assert_close(settled(batch), model(batch), rtol=1e-12, atol=1e-12)
    count = world.catalogue.num_items
    torch.testing.assert_close(
        adapted_scores(settled, rates, batch, count),
        adapted_scores(model, rates, batch, count),
        rtol=1e-10,
        atol=1e-10,
    )
    assert settled.settled() is settled


@pytest.mark.parametrize("order", [1, 2])
def test_the_meta_gradient_of_the_rows_is_that_of_a_table_made_of_them(world: World, order: int) -> None:
    """The chain rule by hand: what reaches the facts is what reaches a plain table, through the sum."""
    model = make(world, graph_rows=True)
    plain = copy.deepcopy(model.settled())
    rates = InnerRates(InnerConfig(order=order))
    batch = batch_of(world)
    count = world.catalogue.num_items
    for one in (model, plain):
        one.sparse_gradients = False
        objective = MetaObjective(one, rates, num_items=count, support_weight=1.0)
        objective(batch).total.backward()  # type: ignore[no-untyped-call]
    assert model.graph_rows is not None
    torch.testing.assert_close(model.items.grad, plain.items.grad, rtol=1e-10, atol=1e-12)
    facts = model.graph_rows.rows
    (expected,) = torch.autograd.grad(model.graph_rows(), facts, plain.items.grad)
    torch.testing.assert_close(facts.grad, expected, rtol=1e-10, atol=1e-12)


def test_a_run_is_saved_in_the_settled_form(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "data")
    run = train_quietly(
        small_config(model={"additions": {"graph_rows": True}}, epochs=2), corpus, tmp_path / "run"
    )
    assert isinstance(run.model, CCRS)
    assert run.model.config.graph_rows_summed
    assert not any(name.startswith("graph_rows.") for name, _ in run.model.named_parameters())


def test_without_a_graph_it_is_refused() -> None:
    sizes = Sizes(num_items=2, num_entities=3, num_relations=1)
    config = parse_config(CCRSConfig, {"additions": {"graph_rows": True}}, "test")
    with pytest.raises(ConfigError, match="needs the graph"):
        CCRS(config, sizes, torch.from_numpy(np.zeros(2)))
