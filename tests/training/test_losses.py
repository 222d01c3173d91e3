"""The summed cross-entropy is torch's, in value and gradients, and the objectives are what they say."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from torch import Tensor

from ccrs.core.batch import Contexts
from ccrs.data.batching import BatchBuilder
from ccrs.data.splits import user_tasks
from ccrs.meta.adaptation import InnerConfig, InnerRates
from ccrs.models.ccrs import CCRS, CCRSConfig
from ccrs.models.sizes import Sizes
from ccrs.training.losses import summed_cross_entropy, user_mean_weights
from ccrs.training.objectives import MetaObjective, PlainObjective
from tests.worlds import random_world

WORLD = random_world()
BUILDER = BatchBuilder(WORLD.table, WORLD.graph, num_items=WORLD.catalogue.num_items)
TASKS = user_tasks(WORLD.table, np.arange(6), "chronological", 0)


def all_contexts() -> Contexts:
    return BUILDER.plain(np.arange(len(WORLD.table.context_dialogues))).query


def per_sample(logits: Tensor, contexts: Contexts) -> Tensor:
    return torch.nn.functional.cross_entropy(
        logits[contexts.sample_contexts], contexts.targets, reduction="none"
    )


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("scale", [1.0, 300.0])
def test_equals_cross_entropy(weighted: bool, scale: float) -> None:
    torch.manual_seed(0)
    once = all_contexts()
    assert once.num_samples > once.num_contexts
    contexts = dataclasses.replace(  # the first samples twice
        once,
        targets=torch.cat([once.targets, once.targets[:3]]),
        sample_contexts=torch.cat([once.sample_contexts, once.sample_contexts[:3]]),
    )
    logits = (torch.randn(contexts.num_contexts, 12, dtype=torch.float64) * scale).requires_grad_()
    weights = torch.rand(contexts.num_samples, dtype=torch.float64) if weighted else None
    mine = summed_cross_entropy(logits, contexts, weights)
    theirs = (per_sample(logits, contexts) * (1 if weights is None else weights)).sum()
    torch.testing.assert_close(mine, theirs)
    (found,) = torch.autograd.grad(3 * mine, [logits])
    (expected,) = torch.autograd.grad(3 * theirs, [logits])
    torch.testing.assert_close(found, expected)


def test_what_is_known_is_no_candidate() -> None:
    contexts = all_contexts()
    logits = torch.randn(contexts.num_contexts, 12, dtype=torch.float64, requires_grad=True)
    targets = {int(target) for target in contexts.targets[contexts.sample_contexts == 0]}
    known = next(item for item in range(12) if item not in targets)
    mine = summed_cross_entropy(logits, dataclasses.replace(contexts, known=torch.tensor([known])))
    barred = torch.zeros_like(logits)
    barred[0, known] = -torch.inf
    theirs = per_sample(logits + barred, contexts).sum()
    torch.testing.assert_close(mine, theirs)
    (found,) = torch.autograd.grad(mine, [logits])
    (expected,) = torch.autograd.grad(theirs, [logits])
    torch.testing.assert_close(found, expected)
    assert found[0, known] == 0


def test_a_context_without_sample_has_no_gradient() -> None:
    contexts = all_contexts()
    kept = contexts.sample_contexts != 1
    fewer = dataclasses.replace(
        contexts, targets=contexts.targets[kept], sample_contexts=contexts.sample_contexts[kept]
    )
    logits = torch.randn(contexts.num_contexts, 12, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(summed_cross_entropy(logits, fewer), [logits])
    assert not gradient[1].any()
    assert gradient[0].any()


def test_user_means() -> None:
    contexts = BUILDER.adapting(TASKS).query
    weights = user_mean_weights(contexts, 6)
    owners = contexts.users[contexts.sample_contexts]
    values = torch.randn(contexts.num_samples)
    means = [values[owners == user].mean() for user in range(6) if (owners == user).any()]
    torch.testing.assert_close((values * weights).sum(), torch.stack(means).sum())


def make_model() -> CCRS:
    torch.manual_seed(0)
    config = CCRSConfig(embedding_size=4, num_heads=2, user_size=2, initial_scale=1.0)
    sizes = Sizes(num_items=12, num_entities=20, num_relations=len(WORLD.graph.relations))
    return CCRS(config, sizes, torch.zeros(12)).eval()


def test_plain_objective() -> None:
    model, batch = make_model(), BUILDER.plain(np.arange(9))
    loss = PlainObjective(model)(batch)
    assert loss.count == batch.query.num_samples
    torch.testing.assert_close(loss.total, per_sample(model(batch), batch.query).sum())


@pytest.mark.parametrize("support_weight", [0.0, 0.7])
@pytest.mark.parametrize("average_users", [False, True])
def test_meta_objective_without_a_step_is_query_and_support_loss(
    support_weight: float, average_users: bool
) -> None:
    model, rates, batch = make_model(), InnerRates(InnerConfig(steps=0)), BUILDER.adapting(TASKS)
    objective = MetaObjective(
        model, rates, num_items=12, support_weight=support_weight, average_users=average_users
    )
    loss = objective(batch)
    assert batch.support is not None
    expected = torch.zeros(())
    for side, weight in ((batch.query, 1.0), (batch.support, support_weight)):
        rows, users = model.gather(batch)
        logits = model.static_logits(
            model.user_vectors(rows, users, side, batch) @ model.item_table().T, side, None
        )
        losses = per_sample(logits, side)
        if average_users:
            losses = losses * user_mean_weights(side, 6)
        expected = expected + weight * losses.sum()
    torch.testing.assert_close(loss.total, expected)
    assert loss.count == (6 if average_users else batch.query.num_samples + batch.support.num_samples)


def test_meta_objective_of_a_batch_without_support_is_the_plain_one() -> None:
    model, batch = make_model(), BUILDER.plain(np.arange(3))
    meta = MetaObjective(model, InnerRates(InnerConfig()), num_items=12, support_weight=1.0)(batch)
    plain = PlainObjective(model)(batch)
    assert torch.equal(meta.total, plain.total)
    assert meta.count == plain.count


def test_second_order_runs_with_the_sparse_table_and_reaches_the_rates() -> None:
    """Training uses the sparse lookup; the exact second order must pass through it and give the same gradients."""
    gradients = []
    for sparse in (True, False):
        model, rates = make_model(), InnerRates(InnerConfig(steps=2, order=2))
        model.sparse_gradients = sparse
        objective = MetaObjective(model, rates, num_items=12, support_weight=1.0)
        objective(BUILDER.adapting(TASKS)).total.backward()  # type: ignore[no-untyped-call]
        assert model.others.grad is not None
        assert model.others.grad.is_sparse == sparse
        (learned,) = rates.parameters()
        assert learned.grad is not None
        assert learned.grad.all()
        gradients.append((model.others.grad.to_dense(), learned.grad, model.items.grad))
    for sparse_one, dense_one in zip(*gradients, strict=True):
        torch.testing.assert_close(sparse_one, dense_one)


@pytest.mark.parametrize("order", [1, 2])
def test_a_step_in_which_nobody_has_support_has_gradients(order: int) -> None:
    """Its support has no context, no mention and no edge: every index on that side is empty."""
    lonely = [dataclasses.replace(task, support=task.support[:0]) for task in TASKS]
    model, rates = make_model(), InnerRates(InnerConfig(order=order))
    objective = MetaObjective(model, rates, num_items=12, support_weight=1.0)
    objective(BUILDER.adapting(lonely)).total.backward()  # type: ignore[no-untyped-call]
    assert model.items.grad is not None
    assert model.items.grad.any()
