"""The change of an adaptation at the best items alone gives the best items of the whole change, and their scores."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from ccrs.core.samples import UserTask
from ccrs.data.batching import BatchBuilder
from ccrs.data.splits import user_tasks
from ccrs.inference.best_first import NUM_BEST, add_output_change
from ccrs.inference.user_state import UserState, output_change, state_of
from ccrs.meta.adaptation import InnerConfig, InnerRates
from ccrs.models.ccrs import CCRS, CCRSConfig
from ccrs.models.sizes import Sizes
from tests.worlds import random_world

WORLD = random_world(num_items=1500, num_others=8, num_users=6, max_dialogues=6, seed=3)


def trained(entity_lr: float, steps: int) -> tuple[CCRS, list[UserState]]:
    torch.manual_seed(0)
    sizes = Sizes(
        num_items=WORLD.catalogue.num_items,
        num_entities=WORLD.catalogue.num_entities,
        num_relations=len(WORLD.graph.relations),
    )
    config = CCRSConfig(embedding_size=8, num_heads=2, user_size=3, initial_scale=1.0)
    model = (
        CCRS(config, sizes, torch.zeros(sizes.num_items)).double().eval().requires_grad_(requires_grad=False)
    )
    builder = BatchBuilder(WORLD.table, WORLD.graph, num_items=sizes.num_items)
    tasks = user_tasks(WORLD.table, np.arange(6), "chronological", 0)
    rates = InnerRates(InnerConfig(entity_lr=entity_lr, steps=steps)).double()
    batches = [builder.adapting([UserTask(0, task.support, np.zeros(0, np.int64))]) for task in tasks]
    return model, [state_of(model, rates, batch, 1) for batch in batches]


@pytest.mark.parametrize("steps", [1, 2])
@pytest.mark.parametrize("filtered", [False, True])
@pytest.mark.parametrize("entity_lr", [0.01, 0.3, 30.0])
def test_the_best_items_are_those_of_the_whole_change(entity_lr: float, filtered: bool, steps: int) -> None:
    model, states = trained(entity_lr, steps)
    generator = torch.Generator().manual_seed(1)
    ways = set()
    for state in states:
        vector = torch.randn(8, dtype=torch.float64, generator=generator)
        plain = model.item_table() @ vector + model.item_logits()
        allowed = torch.rand(len(plain), generator=generator) < 0.5 if filtered else None
        whole = plain + output_change(model, state, vector[None])[0]
        found = plain.clone()
        ways.add(add_output_change(model, state, vector, found, allowed))
        if allowed is not None:
            whole, found = whole.masked_fill(~allowed, -torch.inf), found.masked_fill(~allowed, -torch.inf)
        best = whole.topk(NUM_BEST)
        assert torch.equal(found.topk(NUM_BEST).indices, best.indices)
        torch.testing.assert_close(found[best.indices], best.values, rtol=0, atol=1e-10)
    if entity_lr < 0.1:
        assert ways == {False}  # where the rates are those of a trained run, most items are never looked at


def test_a_lift_that_could_change_the_best_is_computed_for_all() -> None:
    model, states = trained(0.3, 1)
    state = next(state for state in states if len(state.counts))
    step = state.steps[0]
    far = replace(step, reach=replace(step.reach, caps=torch.full_like(step.reach.caps, 1e3)))
    vector = torch.randn(8, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    plain = model.item_table() @ vector
    found = plain.clone()
    assert add_output_change(model, replace(state, steps=(far,)), vector, found)
    torch.testing.assert_close(
        found, plain + output_change(model, state, vector[None])[0], rtol=0, atol=1e-12
    )
