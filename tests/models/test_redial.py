"""ReDial's recommender: the formula by hand, what a mention is worth, and that nothing judged reaches its sentiment."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import Tensor

from ccrs.artifacts.run import load_run
from ccrs.core.batch import Batch
from ccrs.core.dialogue import Dialogue
from ccrs.core.errors import CcrsError, DataError
from ccrs.data.batching import BatchBuilder
from ccrs.data.samples import build_samples
from ccrs.experiments.corpus import Division
from ccrs.inference.builders import run_builder
from ccrs.models.baselines.redial import ReDialConfig, ReDialRecommender
from ccrs.models.sizes import Sizes
from tests.training.small_runs import message, small_catalogue, small_config, train_quietly, write_corpus
from tests.training.test_leaks import (
    Experiment,
    one_of_training,
    query_of_test,
    query_of_validation,
)
from tests.worlds import World, random_world

Liking = npt.NDArray[np.float32]
CATALOGUE, _ = small_catalogue()


@pytest.fixture(scope="module")
def world() -> World:
    return random_world()


@pytest.fixture
def model(world: World) -> ReDialRecommender:
    torch.manual_seed(0)
    count, entities = world.catalogue.num_items, world.catalogue.num_entities
    sizes = Sizes(num_items=count, num_entities=entities, num_relations=3)
    built = ReDialRecommender(ReDialConfig(hidden_size=7, initial_scale=1.0), sizes).double().eval()
    with torch.no_grad():
        built.hidden_bias.add_(torch.randn(7))
    return built


def batch_of(world: World, liked: Liking | None) -> Batch:
    builder = BatchBuilder(world.table, world.graph, num_items=world.catalogue.num_items, liked=liked)
    return builder.plain(np.arange(len(world.table.context_dialogues)))


def some_liking(world: World) -> Liking:
    return np.random.default_rng(1).random(len(world.table.mention_turns), dtype=np.float32)


def by_hand(model: ReDialRecommender, world: World, liked: Liking) -> Tensor:
    """The logits of every context, with the whole input written out."""
    rows, first = [], 0
    for context in range(len(world.table.context_dialogues)):
        mentioned = world.table.mentions[context]
        values = torch.zeros(world.catalogue.num_items, dtype=torch.float64)
        for number, entity in enumerate(mentioned.tolist()):
            if entity < world.catalogue.num_items:
                values[entity] = float(liked[first + number])
        first += len(mentioned)
        hidden = 1 / (1 + torch.exp(-(model.encoder.T @ values + model.hidden_bias)))
        rows.append(model.decoder.weight @ hidden + model.decoder.bias)
    return torch.stack(rows)


def gradients(model: ReDialRecommender, logits: Tensor) -> dict[str, Tensor]:
    model.zero_grad()
    logits.square().sum().backward()  # type: ignore[no-untyped-call]
    return {name: value.grad.to_dense() for name, value in model.named_parameters() if value.grad is not None}


def test_scores_and_gradients_are_those_of_the_formula(model: ReDialRecommender, world: World) -> None:
    """Among the contexts are some without a mention, and some whose mentions are no items."""
    assert (world.table.mentions.lengths == 0).any()
    assert (world.table.mentions.values >= world.catalogue.num_items).any()
    liked = some_liking(world)
    found, expected = model(batch_of(world, liked)), by_hand(model, world, liked)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)
    mine, theirs = gradients(model, found), gradients(model, expected)
    assert mine.keys() == theirs.keys() == dict(model.named_parameters()).keys()
    for name, value in theirs.items():
        torch.testing.assert_close(mine[name], value, rtol=1e-11, atol=1e-11, msg=name)


def test_the_first_layer_moves_where_a_film_was_mentioned(model: ReDialRecommender, world: World) -> None:
    model(batch_of(world, some_liking(world))).sum().backward()
    (table,) = model.sparse_parameters()
    assert table is model.encoder
    assert table.grad is not None
    assert table.grad.is_sparse
    entities = world.table.mentions.values
    named = set(entities[entities < world.catalogue.num_items].tolist())
    assert set(table.grad.coalesce().indices()[0].tolist()) == named


def test_liked_disliked_and_unmentioned_are_three_things(model: ReDialRecommender, world: World) -> None:
    liking = some_liking(world)
    loved, hated, nothing = (
        model(batch_of(world, np.full_like(liking, value))).detach() for value in (0.95, 0.2, 0.0)
    )
    firsts = world.table.mentions.offsets[:-1]
    items = np.add.reduceat(
        np.append(world.table.mentions.values < world.catalogue.num_items, False).astype(np.int64), firsts
    )
    spoken = torch.from_numpy((items > 0) & (world.table.mentions.lengths > 0))
    assert spoken.any()
    for first, second in ((loved, hated), (loved, nothing), (hated, nothing)):
        assert ((first != second).any(1) == spoken).all()


def test_a_batch_without_sentiment_is_refused(model: ReDialRecommender, world: World) -> None:
    with pytest.raises(CcrsError, match="sentiment=True"):
        model(batch_of(world, None))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained run."""
    place = tmp_path_factory.mktemp("redial")
    train_quietly(
        small_config(name="redial", model={"hidden_size": 8}, objective="plain", epochs=2),
        write_corpus(place / "data"),
        place / "run",
    )
    return place / "run"


def test_a_run_reads_the_sentiment_of_dialogues_it_never_saw(folder: Path) -> None:
    """What a live system hands over: one open-ended dialogue, and the same without its last words."""
    run, again = load_run(folder), load_run(folder)
    assert run.statistics.sentiment is not None
    said = [message("seeker", "I love", ["f3"], CATALOGUE), message("seeker", "I know", ["f4"], CATALOGUE)]
    dialogue = Dialogue("new", "somebody", tuple(said))
    table = build_samples(run.catalogue, [dialogue], open_ended=True)
    batch = run_builder(run, table).plain(np.array([0]))
    assert batch.query.mention_liked is not None
    assert batch.query.mention_liked.shape == (2,)
    with torch.no_grad():
        assert torch.equal(run.model(batch), again.model(run_builder(again, table).plain(np.array([0]))))


def test_a_run_without_its_sentiment_says_so(folder: Path) -> None:
    run = load_run(folder)
    bare = dataclasses.replace(run, statistics=dataclasses.replace(run.statistics, sentiment=None))
    with pytest.raises(DataError, match="none was learned"):
        run_builder(bare, build_samples(run.catalogue, [Dialogue("d", "u", ())]))


@pytest.mark.parametrize("choose", [query_of_test, query_of_validation])
def test_what_is_judged_leaves_no_trace_in_what_was_learned(
    tmp_path: Path, choose: Callable[[Division], set[int]]
) -> None:
    config = small_config(name="redial", model={"hidden_size": 8}, objective="plain", epochs=2)
    found = Experiment(tmp_path, config, choose)
    judged = {"statistics.safetensors", "vocabulary.json"}
    assert found.changed.isdisjoint(judged | ({"model.safetensors"} if choose is query_of_test else set()))


def test_training_dialogues_do_leave_a_trace(tmp_path: Path) -> None:
    config = small_config(name="redial", model={"hidden_size": 8}, objective="plain", epochs=2)
    found = Experiment(tmp_path, config, one_of_training)
    assert {"statistics.safetensors", "model.safetensors"} <= found.changed
