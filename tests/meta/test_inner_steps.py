"""What the inner steps do and do not do: rates of zero, users without support, learned rates, the paper's rates."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from torch import Tensor, nn

from ccrs.core.batch import Batch
from ccrs.data.batching import BatchBuilder
from ccrs.data.splits import user_tasks
from ccrs.meta.adaptation import InnerConfig, InnerRates, adapt, scores
from ccrs.models.ccrs import CCRS, CCRSConfig
from ccrs.models.sizes import Sizes
from tests.worlds import World, random_world

USERS = 6


def make_model(world: World, scale: float = 1.0, size: int = 8, **changes: object) -> CCRS:
    torch.manual_seed(1)
    config = CCRSConfig.model_validate(
        {"embedding_size": size, "num_heads": 2, "user_size": 3, "initial_scale": scale, **changes}
    )
    sizes = Sizes(
        num_items=world.catalogue.num_items,
        num_entities=world.catalogue.num_entities,
        num_relations=len(world.graph.relations),
    )
    return CCRS(config, sizes, torch.zeros(world.catalogue.num_items)).double().eval()


def batch_of(world: World, **changes: bool) -> Batch:
    builder = BatchBuilder(world.table, world.graph, num_items=world.catalogue.num_items)
    return builder.adapting(user_tasks(world.table, np.arange(USERS), "chronological", 0), **changes)


def learned_of(rates: InnerRates) -> nn.Parameter:
    """The one parameter that holds all three rates, however it expresses them."""
    (parameter,) = rates.parameters()
    return parameter


def adapted_logits(model: CCRS, rates: InnerRates, batch: Batch) -> Tensor:
    adapted = adapt(model, rates, batch, model.sizes.num_items).adapted
    vectors = model.user_vectors(adapted.rows, adapted.users, batch.query, batch)
    return scores(model, vectors, batch.query, batch, adapted)


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize(
    "changes", [{"entity_lr": 0.0, "user_lr": 0.0, "steps": 3}, {"steps": 0}], ids=["rates 0", "no steps"]
)
def test_without_a_step_nothing_changes(changes: dict[str, float], order: int) -> None:
    world = random_world()
    model, batch = make_model(world), batch_of(random_world())
    rates = InnerRates(InnerConfig.model_validate({**changes, "order": order})).double()
    torch.testing.assert_close(adapted_logits(model, rates, batch), model(batch), rtol=0, atol=1e-13)


def test_a_rate_of_zero_stays_zero_and_the_other_is_learned() -> None:
    rates = InnerRates(InnerConfig(entity_lr=0.0, user_lr=0.3, half_count=2.0))
    torch.testing.assert_close(rates.values(), torch.tensor([0.0, 0.3, 2.0]))
    (rates.values() ** 2).sum().backward()  # type: ignore[no-untyped-call]
    gradient = learned_of(rates).grad
    assert gradient is not None
    assert gradient[0] == 0
    assert (gradient[1:] != 0).all()
    torch.optim.Adam([learned_of(rates)], lr=0.1).step()
    assert rates.values()[0] == 0
    assert rates.values()[1] < 0.3


@pytest.mark.parametrize("rate", [1e-4, 0.006, 1.0, 50.0])
def test_rates_start_where_they_are_set(rate: float) -> None:
    values = InnerRates(InnerConfig(entity_lr=rate, user_lr=rate)).values()
    torch.testing.assert_close(values[:2], torch.tensor([rate, rate]), rtol=1e-4, atol=0)


@pytest.mark.parametrize(
    "wrong", [{"steps": -1}, {"entity_lr": -0.1}, {"user_lr": -1}, {"half_count": 0}, {"order": 3}]
)
def test_rates_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        InnerConfig.model_validate(wrong)


@pytest.mark.parametrize("loss", ["damped", "mean", "sum"])
def test_a_user_without_support_stays_at_the_initialisation(loss: str) -> None:
    world = random_world()
    model, batch = make_model(world), batch_of(world)
    rates = InnerRates(InnerConfig.model_validate({"loss": loss, "entity_lr": 0.5, "user_lr": 0.5})).double()
    tasks = user_tasks(world.table, np.arange(USERS), "chronological", 0)
    alone = torch.tensor([len(task.support) == 0 for task in tasks])
    assert alone.any()
    assert not alone.all()
    found, before = adapted_logits(model, rates, batch), model(batch)
    stays = alone[batch.query.users]
    torch.testing.assert_close(found[stays], before[stays], rtol=0, atol=1e-13)
    assert (found[~stays] - before[~stays]).abs().max() > 0.01


def test_nobody_has_support() -> None:
    world = random_world()
    builder = BatchBuilder(world.table, world.graph, num_items=world.catalogue.num_items)
    task = user_tasks(world.table, np.arange(1), "chronological", 0)[0]
    assert len(task.support) == 0
    batch, model = builder.adapting([task]), make_model(world)
    torch.testing.assert_close(adapted_logits(model, InnerRates(InnerConfig()).double(), batch), model(batch))


def test_users_adapt_on_their_own_support_only() -> None:
    world = random_world()
    model, rates = make_model(world), InnerRates(InnerConfig(entity_lr=0.5, user_lr=0.5, steps=2)).double()
    builder = BatchBuilder(world.table, world.graph, num_items=world.catalogue.num_items)
    tasks = user_tasks(world.table, np.arange(USERS), "chronological", 0)
    together = adapted_logits(model, rates, builder.adapting(tasks))
    backwards = adapted_logits(model, rates, builder.adapting(tasks[::-1]))
    alone = [adapted_logits(model, rates, builder.adapting([task])) for task in tasks]
    torch.testing.assert_close(torch.cat(alone), together, rtol=1e-10, atol=1e-12)
    torch.testing.assert_close(torch.cat(alone[::-1]), backwards, rtol=1e-10, atol=1e-12)


def test_a_step_lowers_the_support_loss() -> None:
    world = random_world()
    model, batch = make_model(world), batch_of(world)
    support = batch.support
    assert support is not None
    rates = InnerRates(InnerConfig(loss="mean", entity_lr=0.05, user_lr=0.05)).double()
    result = adapt(model, rates, batch, model.sizes.num_items)
    vectors = model.user_vectors(result.adapted.rows, result.adapted.users, support, batch)
    after = scores(model, vectors, support, batch, result.adapted)
    losses = [
        torch.nn.functional.cross_entropy(logits[support.sample_contexts], support.targets)
        for logits in (result.logits, after)
    ]
    assert losses[1] < losses[0] - 0.01


def test_weights_of_the_support_loss() -> None:
    counts = torch.tensor([0.0, 1.0, 4.0, 12.0])
    damped = InnerRates(InnerConfig(loss="damped", half_count=4.0)).weights(counts)
    torch.testing.assert_close(damped, torch.tensor([1.0, 4 / 5, 1 / 2, 1 / 4]))
    assert InnerRates(InnerConfig(loss="mean")).weights(counts).tolist() == [
        1.0,
        1.0,
        0.25,
        pytest.approx(1 / 12),
    ]
    assert InnerRates(InnerConfig(loss="sum")).weights(counts).tolist() == [1.0] * 4


@pytest.mark.parametrize("steps", [1, 2])
def test_gradients_of_the_learned_rates_equal_finite_differences(steps: int) -> None:
    """Second order: the inner gradient of step two depends on the rates of step one, and that is differentiated."""
    world = random_world()
    model, batch = make_model(world), batch_of(world)
    config = InnerConfig(steps=steps, order=2, entity_lr=0.2, user_lr=0.4, half_count=3.0)
    rates = InnerRates(config).double()

    def loss_at(raw: Tensor) -> Tensor:
        with torch.no_grad():
            learned_of(rates).copy_(raw)
        logits = adapted_logits(model, rates, batch)
        return torch.nn.functional.cross_entropy(logits[batch.query.sample_contexts], batch.query.targets)

    start = learned_of(rates).detach().clone()
    (gradient,) = torch.autograd.grad(loss_at(start), [learned_of(rates)])
    step = 1e-5
    for number in range(3):
        away = torch.zeros(3, dtype=torch.float64)
        away[number] = step
        numeric = (loss_at(start + away) - loss_at(start - away)).detach() / (2 * step)
        torch.testing.assert_close(gradient[number], numeric, rtol=1e-5, atol=1e-8)
        assert abs(float(numeric)) > 1e-4


def test_rates_that_are_not_learned_have_no_gradient() -> None:
    rates = InnerRates(InnerConfig(learned=False))
    assert not any(parameter.requires_grad for parameter in rates.parameters())


def relative_change(inner: InnerConfig) -> float:
    """How far adaptation moves scores, as a share of their spread within a context, at the paper's sizes."""
    world = random_world(num_users=USERS, max_dialogues=8)
    model = make_model(world, scale=0.1, size=128, num_heads=4, user_size=64)
    torch.manual_seed(2)
    with torch.no_grad():  # scores as spread as those of a trained model: a standard deviation of about 1
        model.items.normal_(std=0.3)
        model.others.normal_(std=0.3)
        model.silence.normal_(std=0.3)
    batch = batch_of(world)
    before = model(batch).detach()
    moved = adapted_logits(model, InnerRates(inner).double(), batch).detach() - before
    supported = torch.tensor(
        [len(task.support) > 0 for task in user_tasks(world.table, np.arange(USERS), "chronological", 0)]
    )[batch.query.users]
    spread = (before - before.mean(1, keepdim=True)).std(1)
    return float((moved - moved.mean(1, keepdim=True)).std(1).div(spread)[supported].mean())


def test_the_rates_of_the_paper_move_almost_nothing() -> None:
    """One step on the mean loss at rate 0.006 moves scores by 0.1% of their spread; the default by 5%."""
    literal = InnerConfig(loss="mean", entity_lr=0.006, user_lr=0.006, learned=False)
    assert relative_change(literal) < 0.005
    assert relative_change(InnerConfig()) > 0.02
