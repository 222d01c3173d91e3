"""The optimiser moves touched rows only, clips one norm over everything, and goes on from a saved state."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn

from ccrs.training.optimiser import Optimiser


class Tables(nn.Module):
    """A dense and a sparse table."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.dense = nn.Parameter(torch.randn(3, 2))
        self.table = nn.Parameter(torch.randn(5, 2))
        self.frozen = nn.Parameter(torch.randn(2), requires_grad=False)

    def loss(self, rows: list[int], scale: float = 1.0) -> Tensor:
        picked = nn.functional.embedding(torch.tensor(rows), self.table, sparse=True)
        return scale * (picked @ self.dense.T).square().sum()


def make(model: Tables, rates: nn.Parameter | None = None, clip_norm: float = 1e9) -> Optimiser:
    return Optimiser(
        model,
        sparse=[model.table],
        rates=[] if rates is None else [rates],
        learning_rate=0.1,
        rate_learning_rate=0.02,
        clip_norm=clip_norm,
    )


def backward(loss: Tensor) -> None:
    loss.backward()  # type: ignore[no-untyped-call]


STEPS = [[0, 2, 2], [2, 4], [0], [1, 1, 4]]


def test_steps_are_those_of_adam_and_sparse_adam() -> None:
    mine, theirs = Tables(), Tables()
    optimiser = make(mine)
    references = (torch.optim.Adam([theirs.dense], lr=0.1), torch.optim.SparseAdam([theirs.table], lr=0.1))
    for rows in STEPS:
        backward(mine.loss(rows))
        optimiser.step()
        backward(theirs.loss(rows))
        for reference in references:
            reference.step()
            reference.zero_grad()
    torch.testing.assert_close(mine.dense, theirs.dense)
    torch.testing.assert_close(mine.table, theirs.table)


def test_rows_that_are_not_touched_stay() -> None:
    model = Tables()
    optimiser, before = make(model), copy.deepcopy(model)
    for rows in STEPS[:2]:
        backward(model.loss(rows))
        optimiser.step()
    moved = (model.table != before.table).any(1).tolist()
    assert moved == [True, False, True, False, True]
    assert torch.equal(model.frozen, before.frozen)
    assert model.table.grad is None


@pytest.mark.parametrize("scale", [1e-4, 10.0])
def test_one_norm_over_dense_and_sparse_gradients_is_clipped(scale: float) -> None:
    mine, theirs = Tables(), Tables()
    optimiser = make(mine, clip_norm=0.5)
    backward(mine.loss(STEPS[0], scale))
    dense = torch.autograd.grad(
        scale * (theirs.table[STEPS[0]] @ theirs.dense.T).square().sum(), [theirs.dense, theirs.table]
    )
    expected = torch.cat([gradient.flatten() for gradient in dense]).norm()
    used: list[Tensor] = []
    optimiser._dense.register_step_pre_hook(lambda *_: used.extend(g.to_dense().clone() for g in grads(mine)))  # type: ignore[union-attr]
    assert optimiser.step() == pytest.approx(float(expected), rel=1e-5)
    factor = min(1.0, 0.5 / float(expected))
    for found, gradient in zip(used, dense, strict=True):
        torch.testing.assert_close(found, gradient * factor)


def grads(model: Tables) -> list[Tensor]:
    assert model.dense.grad is not None
    assert model.table.grad is not None
    return [model.dense.grad, model.table.grad]


def test_rates_have_a_learning_rate_of_their_own_and_all_decay() -> None:
    model, rate = Tables(), nn.Parameter(torch.tensor([1.0]))
    optimiser = make(model, rate)
    for factor in (1.0, 0.5):
        optimiser.scale_learning_rate(factor)
        before = [p.detach().clone() for p in (model.dense, model.table, rate)]
        fresh = make(model, rate)
        fresh.scale_learning_rate(factor)
        backward(model.loss([0, 1, 2, 3, 4]) + rate.sum())
        fresh.step()  # Adam's first step is the learning rate itself
        steps = [
            float((p.detach() - b).abs().max())
            for p, b in zip((model.dense, model.table, rate), before, strict=True)
        ]
        assert steps == pytest.approx([0.1 * factor, 0.1 * factor, 0.02 * factor], rel=1e-3)


def test_goes_on_from_its_state() -> None:
    straight, rate = Tables(), nn.Parameter(torch.tensor([1.0]))
    optimiser = make(straight, rate)
    for rows in STEPS[:2]:
        backward(straight.loss(rows) * rate.sum())
        optimiser.step()
    state = {name: value.clone() for name, value in optimiser.state().items()}
    assert all(isinstance(value, Tensor) for value in state.values())
    stopped, stopped_rate = copy.deepcopy(straight), copy.deepcopy(rate)
    again = make(stopped, stopped_rate)
    again.load_state(state)
    for rows in STEPS[2:]:
        for model, factor, mover in ((straight, rate, optimiser), (stopped, stopped_rate, again)):
            backward(model.loss(rows) * factor.sum())
            mover.step()
    assert torch.equal(straight.dense, stopped.dense)
    assert torch.equal(straight.table, stopped.table)
    assert torch.equal(rate, stopped_rate)


def test_a_step_without_gradients_moves_nothing() -> None:
    model = Tables()
    before = copy.deepcopy(model)
    assert make(model).step() == 0.0
    assert torch.equal(model.dense, before.dense)
