"""Sharing gradients between processes; here the other one is played by what it would have sent."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ccrs.training.distributed import Workers


class Played(Workers):
    """A worker of two whose partner adds what it is told, call by call."""

    def __init__(self, partner: list[Tensor]) -> None:
        super().__init__()
        self.count = 2
        self.partner = partner

    def _sum(self, value: Tensor) -> Tensor:
        other = self.partner.pop(0).to(value.dtype)
        assert other.shape == value.shape, "the processes sum different things"
        return value + other


def sparse(rows: list[int], values: Tensor) -> Tensor:
    return torch.sparse_coo_tensor(torch.tensor([rows]), values, (4, 2), check_invariants=False)


DENSE, SPARSE, NONE = [1.0, 0.0], [0.0, 1.0], [0.0, 0.0]


def test_gradients_are_summed() -> None:
    weight, table = nn.Parameter(torch.zeros(2)), nn.Parameter(torch.zeros(4, 2))
    weight.grad, table.grad = torch.tensor([1.0, 2.0]), sparse([1, 1], torch.ones(2, 2))
    theirs = sparse([3, 1], torch.full((2, 2), 5.0)).to_dense()
    touched = torch.tensor([0.0, 1.0, 0.0, 1.0])
    worker = Played([torch.tensor([DENSE, SPARSE]), torch.tensor([10.0, 20.0]), touched, theirs])
    worker.share_gradients([weight, table])
    assert weight.grad.tolist() == [11.0, 22.0]
    assert table.grad.is_sparse
    assert table.grad.coalesce().indices().tolist() == [[1, 3]]
    assert table.grad.coalesce().values().tolist() == [[7.0, 7.0], [5.0, 5.0]]
    assert worker.partner == []


def test_a_process_without_a_share_joins_in_with_zeros() -> None:
    weight, table = nn.Parameter(torch.zeros(2)), nn.Parameter(torch.zeros(4, 2))
    theirs = sparse([2], torch.ones(1, 2)).to_dense()
    touched = torch.tensor([0.0, 0.0, 1.0, 0.0])
    worker = Played([torch.tensor([DENSE, SPARSE]), torch.tensor([3.0, 4.0]), touched, theirs])
    worker.share_gradients([weight, table])
    assert weight.grad is not None
    assert weight.grad.tolist() == [3.0, 4.0]
    assert table.grad is not None
    assert table.grad.coalesce().indices().tolist() == [[2]]
    assert worker.partner == []


def test_what_no_process_used_has_no_gradient() -> None:
    """So the optimiser leaves it alone, as it does in one process."""
    weight, other = nn.Parameter(torch.zeros(2)), nn.Parameter(torch.zeros(2))
    weight.grad = torch.ones(2)
    worker = Played([torch.tensor([NONE, NONE]), torch.zeros(2)])
    worker.share_gradients([weight, other])
    assert weight.grad.tolist() == [1.0, 1.0]
    assert other.grad is None


def test_one_process_keeps_its_gradients() -> None:
    weight = nn.Parameter(torch.zeros(2))
    weight.grad = gradient = torch.ones(2)
    worker = Workers()
    worker.share_gradients([weight])
    assert weight.grad is gradient
    assert worker.total(2.5) == 2.5
    assert worker.is_first
