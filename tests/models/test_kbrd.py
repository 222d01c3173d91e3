"""KBRD's recommender: needed rows, pooling, the vector of silence, and the kept table of entities."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from ccrs.core.batch import Batch
from ccrs.core.errors import CheckpointError
from ccrs.core.samples import UserTask
from ccrs.data.batching import BatchBuilder
from ccrs.inference.new_catalogue import NewItem
from ccrs.inference.new_items import extended_run
from ccrs.inference.recommend import Recommender
from ccrs.models.baselines.kbrd import KBRD, KBRDConfig
from ccrs.models.inputs import ModelInputs
from ccrs.models.registry import all_models
from ccrs.models.sizes import Sizes
from tests.training.small_runs import small_config, train_quietly, write_corpus
from tests.worlds import World, random_world


@pytest.fixture(scope="module")
def world() -> World:
    return random_world()


@pytest.fixture
def model(world: World) -> KBRD:
    torch.manual_seed(0)
    built = all_models()["kbrd"].build(
        KBRDConfig(embedding_size=4, num_bases=2),
        ModelInputs(
            Sizes(
                num_items=world.catalogue.num_items,
                num_entities=world.catalogue.num_entities,
                num_relations=len(world.graph.relations),
            ),
            torch.zeros(world.catalogue.num_items),
            world.graph,
        ),
    )
    assert isinstance(built, KBRD)
    with torch.no_grad():
        for parameter in built.parameters():  # away from zeros
            parameter.add_(0.3 * torch.randn_like(parameter))
    return built.double()


def builder(world: World, num_layers: int = 0) -> BatchBuilder:
    return BatchBuilder(world.table, world.graph, num_items=world.catalogue.num_items, num_layers=num_layers)


def everything(world: World) -> Batch:
    return builder(world).plain(np.arange(len(world.table.context_dialogues)))


def by_hand(model: KBRD, world: World) -> tuple[Tensor, Tensor]:
    """(vectors, logits) of every context by the formula, one context after the other."""
    rows = model.encoder(torch.arange(world.catalogue.num_entities))
    hidden, score = model.importance.hidden.weight, model.importance.score.weight[0]
    vectors = []
    for context in range(len(world.table.context_dialogues)):
        mentioned = rows[torch.from_numpy(world.table.mentions[context])]
        weights = ((mentioned @ hidden.T).tanh() @ score).softmax(0)
        vectors.append(weights @ mentioned if len(mentioned) else model.silence)
    stacked = torch.stack(vectors)
    return stacked, stacked @ rows[: world.catalogue.num_items].T + model.item_bias


def gradients(model: KBRD, logits: Tensor) -> dict[str, Tensor]:
    model.zero_grad()
    logits.square().sum().backward()
    return {name: value.grad.clone() for name, value in model.named_parameters() if value.grad is not None}


def test_scores_and_gradients_are_those_of_the_formula_on_the_whole_graph(model: KBRD, world: World) -> None:
    assert (world.table.mentions.lengths == 0).any()
    vectors, logits = by_hand(model, world)
    found = model(everything(world))
    torch.testing.assert_close(found, logits, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(model.context_vectors(everything(world)), vectors, rtol=1e-12, atol=1e-12)
    mine, theirs = gradients(model, found), gradients(model, logits)
    assert (
        set(mine) == set(theirs) == {name for name, value in model.named_parameters() if value.requires_grad}
    )
    for name, value in theirs.items():
        torch.testing.assert_close(mine[name], value, rtol=1e-10, atol=1e-12, msg=name)


@pytest.mark.parametrize("evaluate", [True, False])
def test_without_gradient_the_scores_are_the_same(model: KBRD, world: World, evaluate: bool) -> None:
    batch = everything(world)
    expected, vectors = model(batch), model.context_vectors(batch)
    model.train(not evaluate)
    with torch.no_grad():
        torch.testing.assert_close(model(batch), expected, rtol=1e-12, atol=1e-12)
        torch.testing.assert_close(model.context_vectors(batch), vectors, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("num_layers", [0, 1, 2])
def test_the_batch_tells_the_mentioned_entities_however_many_hops_it_holds(
    world: World, num_layers: int
) -> None:
    built = builder(world, num_layers)
    plain = built.plain(np.arange(len(world.table.context_dialogues)))
    assert plain.mention_entities(plain.query).tolist() == world.table.mentions.values.tolist()
    tasks = [UserTask(0, np.array([1, 2]), np.array([3])), UserTask(1, np.array([4]), np.array([5, 6]))]
    adapting = built.adapting(tasks)
    assert adapting.support is not None
    for side, dialogues in ((adapting.query, [3, 5, 6]), (adapting.support, [1, 2, 4])):
        positions, _ = world.table.mentions.positions(built.contexts_of(np.array(dialogues)))
        assert adapting.mention_entities(side).tolist() == world.table.mentions.values[positions].tolist()


def scores(model: KBRD, batch: Batch) -> Tensor:
    with torch.no_grad():
        result: Tensor = model(batch)
    return result


def count_encodings(model: KBRD) -> Callable[[], int]:
    calls: list[None] = []
    model.encoder.register_forward_hook(lambda *_: calls.append(None))
    return lambda: len(calls)


def test_the_table_is_encoded_once_while_nothing_changes(model: KBRD, world: World) -> None:
    count = count_encodings(model.eval())
    batch = everything(world)
    first = scores(model, batch)
    with torch.no_grad():
        model.context_vectors(batch)
    assert torch.equal(scores(model, batch), first)
    assert count() == 1


def test_a_frozen_recommender_encodes_once_even_where_others_learn(model: KBRD, world: World) -> None:
    model.requires_grad_(False)
    count = count_encodings(model)
    vectors = [model.context_vectors(everything(world)) for _ in range(3)]
    assert count() == 1
    assert not any(vector.requires_grad for vector in vectors)


def step_of(optimiser: type[torch.optim.Optimizer], **options: bool) -> Callable[[KBRD, Batch], None]:
    def step(model: KBRD, batch: Batch) -> None:
        optimiser_of_model = optimiser(model.parameters(), lr=0.1, **options)  # type: ignore[call-arg]
        model(batch).square().sum().backward()
        scores(model, batch)  # a look between backward and step must not be kept
        optimiser_of_model.step()
        optimiser_of_model.zero_grad()

    return step


def load_other(model: KBRD, _: Batch) -> None:
    other = copy.deepcopy(model)
    with torch.no_grad():
        other.encoder.root.add_(1)
    model.load_state_dict(other.state_dict())


def assign_other(model: KBRD, _: Batch) -> None:
    state = {name: value + 1 for name, value in model.state_dict().items()}
    model.load_state_dict(state, assign=True)


def change_data_in_training(model: KBRD, _: Batch) -> None:
    model.train()
    model.encoder.root.data += 1
    model.eval()


@pytest.mark.parametrize(
    "change",
    [
        step_of(torch.optim.SGD),
        step_of(torch.optim.Adam),
        step_of(torch.optim.Adam, fused=True),  # which does not count up the version of a parameter
        load_other,
        assign_other,
        change_data_in_training,
        lambda model, _: model.float(),
    ],
    ids=["sgd", "adam", "fused adam", "load", "assign", "data", "precision"],
)
def test_whatever_changes_a_parameter_is_seen(
    model: KBRD, world: World, change: Callable[[KBRD, Batch], None]
) -> None:
    batch = everything(world)
    before = scores(model.eval(), batch)
    change(model, batch)
    after = scores(model, batch)
    assert not torch.equal(after.double(), before) or after.dtype != before.dtype
    torch.testing.assert_close(after, by_hand(model, world)[1].detach(), rtol=1e-5, atol=1e-5)


def test_a_copy_does_not_answer_from_the_table_of_the_original(model: KBRD, world: World) -> None:
    batch = everything(world)
    before = scores(model.eval(), batch)
    other = copy.deepcopy(model)
    with torch.no_grad():
        other.encoder.bias.add_(1)
    assert not torch.equal(scores(other, batch), before)
    assert torch.equal(scores(model, batch), before)


def test_its_recommendations_have_shared_facts_as_reasons_and_no_weights(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus")
    config = small_config(name="kbrd", model={"embedding_size": 4}, objective="plain", epochs=0)
    run = train_quietly(config, corpus, tmp_path / "run")
    people = {triple.head: triple.tail for triple in corpus.triples if triple.relation == "director"}
    named = corpus.catalogue.items[0]
    found = Recommender(run).recommend(items=[named.id], k=corpus.catalogue.num_items - 1)
    assert not found.attentive
    assert found.num_mentioned == 1
    assert found.mentions == found.relations == found.neighbours == ()
    for item in found.items:
        by_the_same = people[item.id] == people[named.id]
        assert any(reason.startswith("director ") for reason in item.reasons) == by_the_same
        assert item.rank == item.unadapted_rank


def test_no_item_can_be_put_into_a_run_without_rows(tmp_path: Path) -> None:
    config = small_config(name="kbrd", model={"embedding_size": 4}, objective="plain", epochs=0)
    run = train_quietly(config, write_corpus(tmp_path / "corpus"), tmp_path / "run")
    with pytest.raises(CheckpointError, match=r"'kbrd' has no rows .* nothing can be put in"):
        extended_run(run, [NewItem("new", "New", 2020)])
