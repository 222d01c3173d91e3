"""The kept state of a user gives the scores of the dense adaptation, to the last digits of float64."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from ccrs.core.samples import UserTask
from ccrs.data.batching import BatchBuilder
from ccrs.data.cooccurrence import NUM_FEATURES, Cooccurrence
from ccrs.data.splits import user_tasks
from ccrs.data.user_items import items_of_users
from ccrs.inference.user_state import (
    UserState,
    adapted_parameters,
    joined_history,
    output_change,
    residual_columns,
    state_of,
)
from ccrs.meta.adaptation import InnerConfig, InnerRates, adapt, scores
from ccrs.models.ccrs import CCRS, CCRSConfig
from ccrs.models.sizes import Sizes
from tests.worlds import World, random_world

WORLD = random_world(num_users=6, max_dialogues=6, seed=3)
ADDITIONS = {
    "item_prior": True,
    "cooccurrence": True,
    "history_prior": True,
    "history_neighbours": True,
    "user_in_score": True,
    "speaker": True,
}


def make_model(**changes: object) -> CCRS:
    torch.manual_seed(2)
    config = CCRSConfig.model_validate(
        {"embedding_size": 8, "num_heads": 2, "user_size": 3, "initial_scale": 1.0, **changes}
    )
    sizes = Sizes(
        num_items=WORLD.catalogue.num_items,
        num_entities=WORLD.catalogue.num_entities,
        num_relations=len(WORLD.graph.relations),
        num_features=NUM_FEATURES,
    )
    model = CCRS(config, sizes, torch.arange(float(WORLD.catalogue.num_items))).double().eval()
    with torch.no_grad():
        model.item_bias.normal_()
        model.history_prior.weights.normal_()
        model.history_neighbours.weights.normal_()
    return model.requires_grad_(requires_grad=False)


def make_builder(world: World, num_layers: int = 1) -> BatchBuilder:
    everything = np.arange(len(world.table.dialogue_ids))
    counts = Cooccurrence.count(world.table.dialogue_mentions, everything, world.catalogue.num_items)
    return BatchBuilder(
        world.table,
        world.graph,
        num_items=world.catalogue.num_items,
        num_layers=num_layers,
        cooccurrence=counts,
        by_users=Cooccurrence.count(
            items_of_users(world.table), np.arange(len(world.table.users)), world.catalogue.num_items
        ),
    )


def doubled(batch: object) -> object:
    """Co-occurrence features in float64."""
    changed = {}
    for name in ("query", "support"):
        side = getattr(batch, name)
        if side is not None:
            changed[name] = replace(side, together_weights=side.together_weights.double())
    history = batch.history  # type: ignore[attr-defined]
    changed["history"] = replace(history, beside_weights=history.beside_weights.double())
    return replace(batch, **changed)  # type: ignore[type-var]


def states_of(
    model: CCRS, rates: InnerRates, builder: BatchBuilder, tasks: list[UserTask]
) -> list[UserState]:
    nobody = np.zeros(0, np.int64)
    batches = [doubled(builder.adapting([UserTask(0, task.support, nobody)])) for task in tasks]
    return [
        state_of(model, rates, batch, len(task.support))  # type: ignore[arg-type]
        for batch, task in zip(batches, tasks, strict=True)
    ]


def kept_logits(model: CCRS, builder: BatchBuilder, states: list[UserState], tasks: list[UserTask]) -> Tensor:
    contexts = builder.contexts_of(np.concatenate([task.query for task in tasks]))
    owners = np.repeat(np.arange(len(tasks)), [len(builder.contexts_of(task.query)) for task in tasks])
    batch = doubled(builder.own_rows(contexts, owners, len(tasks)))
    batch = replace(batch, history=joined_history(states))  # type: ignore[type-var]
    rows, users = adapted_parameters(model, batch, states)
    vectors = model.user_vectors(rows, users, batch.query, batch)
    logits = vectors @ model.item_table().T
    for number, state in enumerate(states):
        mine = (batch.query.users == number).nonzero()[:, 0]
        logits[mine] += output_change(model, state, vectors[mine])
    return model.static_logits(logits, batch.query, batch.history)


@pytest.mark.parametrize("additions", [{}, ADDITIONS], ids=["paper", "plus"])
@pytest.mark.parametrize(
    "inner",
    [
        {"steps": 1, "order": 1},
        {"steps": 1, "order": 1, "loss": "mean"},
        {"steps": 2, "order": 2, "loss": "sum"},
        {"steps": 3, "order": 1, "user_lr": 0.5},
        {"steps": 1, "order": 1, "entity_lr": 0.0},
        {"steps": 0},
    ],
    ids=str,
)
def test_scores_equal_the_adaptation_of_many_users_at_once(
    inner: dict[str, object], additions: dict[str, bool]
) -> None:
    model, builder = make_model(additions=additions), make_builder(WORLD)
    rates = InnerRates(InnerConfig.model_validate({"entity_lr": 0.7, **inner})).double()
    tasks = user_tasks(WORLD.table, np.arange(6), "chronological", 0)
    batch = doubled(builder.adapting(tasks))
    with torch.enable_grad():
        adapted = adapt(model, rates, batch, model.sizes.num_items).adapted  # type: ignore[arg-type]
    with torch.no_grad():
        vectors = model.user_vectors(adapted.rows, adapted.users, batch.query, batch)  # type: ignore[attr-defined]
        wanted = scores(model, vectors, batch.query, batch, adapted)  # type: ignore[attr-defined, arg-type]
        found = kept_logits(model, builder, states_of(model, rates, builder, tasks), tasks)
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-10)


def test_two_layers_of_attention() -> None:
    model, builder = make_model(num_layers=2), make_builder(WORLD, num_layers=2)
    rates = InnerRates(InnerConfig(entity_lr=0.7)).double()
    tasks = user_tasks(WORLD.table, np.arange(6), "random", 1)
    with torch.no_grad():
        batch = builder.adapting(tasks)
        with torch.enable_grad():
            adapted = adapt(model, rates, batch, model.sizes.num_items).adapted
        vectors = model.user_vectors(adapted.rows, adapted.users, batch.query, batch)
        wanted = scores(model, vectors, batch.query, batch, adapted)
        found = kept_logits(model, builder, states_of(model, rates, builder, tasks), tasks)
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-10)


def test_columns_of_some_items_are_those_of_all() -> None:
    model, builder = make_model(additions=ADDITIONS), make_builder(WORLD)
    rates = InnerRates(InnerConfig(entity_lr=0.7, steps=2)).double()
    tasks = user_tasks(WORLD.table, np.arange(6), "chronological", 0)
    some = torch.tensor([7, 0, 3])
    with torch.no_grad():
        for state in states_of(model, rates, builder, tasks):
            vectors = torch.randn(4, 8, dtype=torch.float64)
            for whole, part in zip(
                residual_columns(model, state), residual_columns(model, state, some), strict=True
            ):
                torch.testing.assert_close(part, whole[:, some], rtol=0, atol=1e-12)
            torch.testing.assert_close(
                output_change(model, state, vectors, some),
                output_change(model, state, vectors)[:, some],
                rtol=0,
                atol=1e-12,
            )


def test_a_state_grows_with_the_support_not_with_the_catalogue() -> None:
    small = random_world(num_items=12, seed=3)
    large = random_world(num_items=400, num_others=8, seed=3)
    sizes = []
    for world in (small, large):
        torch.manual_seed(0)
        config = CCRSConfig(embedding_size=8, num_heads=2, user_size=3)
        counts = Sizes(
            num_items=world.catalogue.num_items,
            num_entities=world.catalogue.num_entities,
            num_relations=len(world.graph.relations),
        )
        model = (
            CCRS(config, counts, torch.zeros(world.catalogue.num_items))
            .eval()
            .requires_grad_(requires_grad=False)
        )
        builder = BatchBuilder(world.table, world.graph, num_items=world.catalogue.num_items)
        tasks = user_tasks(world.table, np.arange(6), "chronological", 0)
        batches = [builder.adapting([UserTask(0, t.support, np.zeros(0, np.int64))]) for t in tasks]
        rates = InnerRates(InnerConfig())
        sizes.append(max(state_of(model, rates, batch, 1).num_bytes for batch in batches))
    assert sizes[1] < 5 * sizes[0]  # the catalogue is 33 times larger; an N x items matrix would show
