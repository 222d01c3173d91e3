"""The low-rank adaptation equals gradient steps on dense copies of the tables, values and outer gradients."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.func import functional_call

from ccrs.data.batching import BatchBuilder
from ccrs.data.splits import user_tasks
from ccrs.meta.adaptation import InnerConfig, InnerRates, adapt, scores
from ccrs.models.ccrs import CCRS, Additions, CCRSConfig
from ccrs.models.sizes import Sizes
from tests.worlds import World, random_world

INNER = ("items", "others", "users")


def make_model(world: World, **changes: object) -> CCRS:
    torch.manual_seed(1)
    config = CCRSConfig.model_validate(
        {"embedding_size": 8, "num_heads": 2, "user_size": 3, "initial_scale": 1.0, **changes}
    )
    sizes = Sizes(
        num_items=world.catalogue.num_items,
        num_entities=world.catalogue.num_entities,
        num_relations=len(world.graph.relations),
    )
    model = CCRS(config, sizes, torch.zeros(world.catalogue.num_items)).double()
    model.sparse_gradients = False
    torch.nn.init.normal_(model.item_bias)
    torch.nn.init.normal_(model.silence)
    return model.eval()


def summed_loss(logits: Tensor, contexts: object) -> Tensor:
    chosen = logits[contexts.sample_contexts]  # type: ignore[attr-defined]
    return torch.nn.functional.cross_entropy(chosen, contexts.targets, reduction="sum")  # type: ignore[attr-defined]


def dense_scores(
    model: CCRS, rates: InnerRates, builder: BatchBuilder, task: object
) -> tuple[Tensor, Tensor]:
    """Query logits after gradient steps on this user's own copies of the whole tables, and the support loss."""
    parameters = dict(model.named_parameters())
    entity_rate, user_rate, _ = rates.values()
    support = builder.plain(builder.contexts_of(task.support))  # type: ignore[attr-defined]
    query = builder.plain(builder.contexts_of(task.query))  # type: ignore[attr-defined]
    count = torch.tensor([float(support.query.num_samples)], dtype=torch.float64)
    weight = rates.weights(count)[0]
    first_loss = parameters["items"].sum() * 0
    for step in range(rates.config.steps):
        if support.query.num_samples == 0:
            break
        loss = summed_loss(functional_call(model, parameters, (support,)), support.query)
        first_loss = loss if step == 0 else first_loss
        inner = [parameters[name] for name in INNER]
        gradients = torch.autograd.grad(loss, inner, create_graph=rates.config.order == 2, retain_graph=True)
        for name, gradient in zip(INNER, gradients, strict=True):
            rate = user_rate if name == "users" else entity_rate
            parameters[name] = parameters[name] - rate * weight * gradient
    return functional_call(model, parameters, (query,)), first_loss


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("steps", [1, 3])
@pytest.mark.parametrize("loss", ["damped", "mean", "sum"])
def test_equals_dense_copies(order: int, layers: int, steps: int, loss: str) -> None:
    world = random_world()
    model = make_model(world, num_layers=layers, additions=Additions(user_in_score=True))
    inner = InnerConfig(steps=steps, order=order, loss=loss, entity_lr=0.3, user_lr=0.7)  # type: ignore[arg-type]
    rates = InnerRates(inner).double()
    builder = BatchBuilder(world.table, world.graph, num_items=world.catalogue.num_items, num_layers=layers)
    tasks = user_tasks(world.table, torch.arange(len(world.table.users)).numpy(), "chronological", 0)
    assert any(len(task.support) == 0 for task in tasks)
    assert any(len(world.table.mentions[c]) == 0 for c in range(len(world.table.mentions)))

    batch = builder.adapting(tasks)
    everyone = torch.ones(batch.num_users, dtype=torch.float64)
    result = adapt(model, rates, batch, world.catalogue.num_items, user_weights=everyone)
    vectors = model.user_vectors(result.adapted.rows, result.adapted.users, batch.query, batch)
    ours = scores(model, vectors, batch.query, batch, result.adapted)
    assert batch.support is not None
    total = summed_loss(ours, batch.query) + result.loss

    dense = [dense_scores(model, rates, builder, task) for task in tasks]
    expected = torch.cat([logits for logits, _ in dense])
    torch.testing.assert_close(ours, expected, rtol=1e-10, atol=1e-11)

    reference = summed_loss(expected, batch.query) + torch.stack([loss for _, loss in dense]).sum()
    parameters = [p for p in [*model.parameters(), *rates.parameters()] if p.requires_grad]
    mine = torch.autograd.grad(total, parameters, allow_unused=True, materialize_grads=True)
    theirs = torch.autograd.grad(reference, parameters, allow_unused=True, materialize_grads=True)
    for left, right in zip(mine, theirs, strict=True):
        torch.testing.assert_close(left, right, rtol=1e-8, atol=1e-9)
