"""All users at once equal one user after the other, each with copies of his own: values and outer gradients."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.func import functional_call

from ccrs.core.replies import ReplyBatch
from ccrs.meta.known_gradient import with_known_gradient
from ccrs.meta.reply_adaptation import ReplyInnerConfig, ReplyRates, adapt_replies
from ccrs.models.responder import FIRST_LAYER, STYLES, Responder
from ccrs.training.reply_objectives import MetaReplyObjective, PlainReplyObjective, num_tokens
from tests.fixtures.reply_batches import random_batch, rows_of_user, task_batch, tiny_model

NUM_USERS = 4
SUPPORT, QUERY = [2, 0, 2, 3, 0], [0, 1, 3, 2, 1, 0]  # user 1 has no support
Copies = list[dict[str, Tensor]]


def make_rates(**changes: Any) -> ReplyRates:
    config = {"layer_lr": 0.05, "style_lr": 0.2, "half_count": 9.0, **changes}
    return ReplyRates(ReplyInnerConfig.model_validate(config)).double()


def make_batch() -> ReplyBatch:
    return task_batch(SUPPORT, QUERY, num_users=NUM_USERS)


def outer_name(name: str) -> str:
    """How the model calls an inner parameter."""
    return name.replace(FIRST_LAYER, "encoder.0.") if name.startswith(FIRST_LAYER) else name


def weighted(model: Responder, parameters: dict[str, Tensor], batch: ReplyBatch) -> Tensor:
    """The summed loss of one user's replies, token by token weighted by the reply."""
    losses = functional_call(model, parameters, (batch,))
    return (losses * batch.weights[batch.target_mask.nonzero()[:, 0]]).sum()


def user_by_user(model: Responder, rates: ReplyRates, batch: ReplyBatch) -> tuple[Copies, Tensor, Tensor]:
    """The adapted parameters of each user, the support loss before, the query loss after."""
    support = batch.support
    assert support is not None
    layer_rate, style_rate, half = rates.values()
    common = dict(model.named_parameters())
    copies, before, after = [], common["embedding"].sum() * 0, common["embedding"].sum() * 0
    for user in range(batch.num_users):
        mine, own = rows_of_user(support, user), dict(common)
        damping = half / (int(mine.target_mask.sum()) + half)
        before = before + weighted(model, common, mine)
        for _ in range(rates.config.steps if len(mine.owners) else 0):
            names = [outer_name(name) for name in model.inner_parameters()]
            second = rates.config.order == 2
            loss = weighted(model, own, mine)
            found = torch.autograd.grad(loss, [own[n] for n in names], create_graph=second)
            for name, gradient in zip(names, found, strict=True):
                rate = style_rate if name == STYLES else layer_rate
                own[name] = own[name] - rate * damping * gradient
        copies.append(own)
        after = after + weighted(model, own, rows_of_user(batch, user))
    return copies, before, after


@pytest.mark.parametrize("customization", ["styles", "user"])
@pytest.mark.parametrize("steps", [1, 2])
@pytest.mark.parametrize("order", [1, 2])
def test_equals_a_loop_over_users(order: int, steps: int, customization: str) -> None:
    """λ = 0.7, so that neither part of the outer loss hides the other."""
    model, batch = tiny_model(customization=customization), make_batch()
    rates = make_rates(order=order, steps=steps)
    copies, before, after = user_by_user(model, rates, batch)
    for name, found in adapt_replies(model, rates, batch).inner.items():
        expected = torch.stack([own[outer_name(name)] for own in copies])
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-12, msg=name)
        common = model.inner_parameters()[name]
        assert (found[0] - common).abs().max() > 1e-5, "nobody moved"

    objective = MetaReplyObjective(model, rates, support_weight=0.7, low_precision=False)
    loss = objective(batch)
    reference = after + 0.7 * before
    torch.testing.assert_close(loss.total, reference, rtol=1e-13, atol=0)
    assert batch.support is not None
    assert loss.count == num_tokens(batch) + num_tokens(batch.support)

    parameters = {**dict(model.named_parameters()), "rates": rates.logarithms}
    loss.total.backward()
    theirs = torch.autograd.grad(
        reference, list(parameters.values()), materialize_grads=True, allow_unused=True
    )
    for (name, parameter), expected in zip(parameters.items(), theirs, strict=True):
        assert parameter.grad is not None, name
        torch.testing.assert_close(parameter.grad, expected, rtol=1e-12, atol=1e-12, msg=name)
        assert expected.any() or (name == "rates" and customization == "user"), name


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("steps", [0, 1, 2])
def test_the_support_loss_and_its_gradient(order: int, steps: int) -> None:
    """At the common parameters, whatever the number of steps."""
    model, rates, batch = tiny_model(), make_rates(order=order, steps=steps), make_batch()
    adapted = adapt_replies(model, rates, batch, with_loss=True)
    (3 * adapted.loss).backward()
    ours = {name: p.grad for name, p in model.named_parameters()}
    assert batch.support is not None
    plain = PlainReplyObjective(model, low_precision=False)(batch.support)
    names, parameters = zip(*model.named_parameters(), strict=True)
    torch.testing.assert_close(adapted.loss, plain.total, rtol=1e-13, atol=0)
    for name, expected in zip(names, torch.autograd.grad(3 * plain.total, parameters), strict=True):
        torch.testing.assert_close(ours[name], expected, rtol=1e-12, atol=1e-12, msg=name)


def test_without_being_asked_for_there_is_no_support_loss() -> None:
    found = adapt_replies(tiny_model(), make_rates(), make_batch())
    assert found.loss == 0
    assert not found.loss.requires_grad


@pytest.mark.parametrize("order", [1, 2])
def test_a_user_without_support_keeps_the_common_parameters(order: int) -> None:
    model, batch = tiny_model(), make_batch()
    inner = adapt_replies(model, make_rates(order=order, steps=2), batch).inner
    for name, common in model.inner_parameters().items():
        assert torch.equal(inner[name][1], common), name
        assert not torch.equal(inner[name][0], common), name
    with torch.no_grad():
        owner = batch.owners[batch.target_mask.nonzero()[:, 0]]
        torch.testing.assert_close(
            model(batch, inner)[owner == 1], model(batch)[owner == 1], rtol=0, atol=1e-12
        )


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize(("support", "query"), [([], QUERY), (SUPPORT, []), ([], [])])
def test_a_step_in_which_nobody_has_one_of_the_halves(
    order: int, support: list[int], query: list[int]
) -> None:
    model, rates = tiny_model(), make_rates(order=order)
    batch = task_batch(support, query, num_users=NUM_USERS)
    loss = MetaReplyObjective(model, rates, support_weight=1.0, low_precision=False)(batch)
    loss.total.backward()
    assert batch.support is not None
    expected = sum(
        PlainReplyObjective(model, low_precision=False)(half).total for half in (batch, batch.support)
    )
    if not (support and query):
        torch.testing.assert_close(loss.total, torch.as_tensor(expected), rtol=1e-12, atol=0)
    assert all(p.grad is None or p.grad.isfinite().all() for p in [*model.parameters(), *rates.parameters()])


def test_one_user_does_not_touch_another() -> None:
    """Other replies in the support of user 2 change his parameters only."""
    model, batch = tiny_model(), make_batch()
    assert batch.support is not None
    ids = batch.support.target_ids.clone()
    mine = batch.support.owners == 2
    ids[mine] = (ids[mine] + 1) % 17
    changed = replace(batch, support=replace(batch.support, target_ids=ids))
    first, second = (adapt_replies(model, make_rates(), b).inner for b in (batch, changed))
    for name in first:
        moved = (first[name] - second[name]).flatten(1).abs().amax(1)
        assert (moved[[0, 1, 3]] < 1e-13).all(), name
    assert not torch.equal(first[STYLES][2], second[STYLES][2])


def test_more_support_weighs_less_a_token() -> None:
    """Twice the same support moves by 2 n₀ / (2 N + n₀) instead of n₀ / (N + n₀) times its gradient."""
    model, rates = tiny_model(), make_rates(half_count=10.0)
    once = random_batch([0, 0], num_users=1)
    names = (
        "context_ids",
        "context_mask",
        "input_ids",
        "target_ids",
        "target_mask",
        "vectors",
        "weights",
        "owners",
    )
    twice = replace(once, **{name: torch.cat([getattr(once, name)] * 2) for name in names})
    moved = []
    for support in (once, twice):
        inner = adapt_replies(model, rates, replace(once, support=support)).inner
        moved.append(inner[STYLES][0] - model.styles)
    count = num_tokens(once)
    torch.testing.assert_close(moved[1], moved[0] * 2 * (count + 10) / (2 * count + 10), rtol=1e-6, atol=0)


def test_rates_of_zero_move_nothing_and_stay_zero() -> None:
    model, rates, batch = tiny_model(), make_rates(layer_lr=0.0), make_batch()
    inner = adapt_replies(model, rates, batch).inner
    for name, common in model.inner_parameters().items():
        assert torch.equal(inner[name], common.expand_as(inner[name])) == (name != STYLES), name
    model(batch, inner).sum().backward()
    assert rates.logarithms.grad is not None
    assert rates.logarithms.grad[0] == 0
    assert rates.values()[0] == 0


def test_fixed_rates_are_not_trained() -> None:
    rates = make_rates(learned=False)
    assert not rates.logarithms.requires_grad
    torch.testing.assert_close(rates.values(), torch.tensor([0.05, 0.2, 9.0]).double(), rtol=1e-6, atol=0)
    loss = MetaReplyObjective(tiny_model(), rates, support_weight=1.0, low_precision=False)(make_batch())
    loss.total.backward()
    assert rates.logarithms.grad is None


def test_the_gradient_of_adaptation_is_left_in_no_parameter() -> None:
    model, rates = tiny_model(), make_rates()
    adapt_replies(model, rates, make_batch(), with_loss=True)
    assert all(p.grad is None for p in [*model.parameters(), *rates.parameters()])


def test_a_batch_without_support_is_refused() -> None:
    batch = random_batch([0])
    with pytest.raises(ValueError, match="no support"):
        adapt_replies(tiny_model(), make_rates(), batch)
    with pytest.raises(ValueError, match="no support"):
        MetaReplyObjective(tiny_model(), make_rates(), support_weight=1.0, low_precision=False)(batch)


def test_a_known_gradient_is_scaled_by_what_comes_from_above() -> None:
    a, b = torch.zeros(2, requires_grad=True), torch.zeros(3, requires_grad=True)
    loss = with_known_gradient(torch.tensor(5.0), [torch.tensor([1.0, 2.0]), None], [a, b])
    assert loss == 5
    (loss * 4 + b.sum()).backward()
    assert a.grad is not None
    assert a.grad.tolist() == [4.0, 8.0]
    assert b.grad is not None
    assert b.grad.tolist() == [1.0, 1.0, 1.0]
