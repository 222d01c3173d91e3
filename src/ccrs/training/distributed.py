"""One process or several: the only file that knows the distributed engine (lightning-fabric)."""

from __future__ import annotations

import os
from collections.abc import Sequence

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn


class Workers:
    """The processes that train together, each with a share of every batch.

    Gradients are summed over processes; as each step's loss is divided by the count of the whole batch, any
    number of processes takes the same steps (up to rounding).
    """

    def __init__(self, count: int = 1, device: str = "cpu") -> None:
        strategy = "ddp" if count > 1 else "auto"
        self._fabric = Fabric(accelerator=device, devices=count, strategy=strategy)
        self.count = count

    def start(self) -> None:
        """Start the other processes (each runs this same command from its beginning)."""
        if self.count > 1:
            # Gloo listens on the loopback interface: all processes are on one machine.
            os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
            torch.set_num_threads(max(1, torch.get_num_threads() // self.count))
        self._fabric.launch()

    @property
    def rank(self) -> int:
        """The number of this process, from 0."""
        return int(self._fabric.global_rank)

    @property
    def is_first(self) -> bool:
        """Whether this process writes to disk and speaks."""
        return self.rank == 0

    @property
    def device(self) -> torch.device:
        """Where this process computes."""
        return self._fabric.device

    def total(self, value: float) -> float:
        """The sum of a number over all processes."""
        if self.count == 1:
            return value
        return float(self._sum(torch.tensor(value, dtype=torch.float64, device=self.device)))

    def share_gradients(self, parameters: Sequence[nn.Parameter]) -> None:
        """Replace every gradient by its sum over the processes; one that no process has stays None."""
        if self.count == 1:
            return
        gradients = [parameter.grad for parameter in parameters]
        # A process whose share of a batch is empty, or lacks words or history, has no gradient where others have
        # one: all must know what is summed, and in which form, before they sum it.
        kinds = [[g is not None and not g.is_sparse, g is not None and g.is_sparse] for g in gradients]
        found = self._sum(torch.tensor(kinds, dtype=torch.float32, device=self.device)).tolist()
        for parameter, (dense, sparse) in zip(parameters, found, strict=True):
            gradient = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
            if sparse:
                parameter.grad = self._shared_rows(gradient)
            elif dense:
                parameter.grad = self._sum(gradient)

    def _shared_rows(self, gradient: Tensor) -> Tensor:
        """The sum of gradients of touched rows (all zero where this process touches none): their union."""
        touched = torch.zeros(len(gradient), device=gradient.device)
        if gradient.is_sparse:
            touched[gradient.coalesce().indices()[0]] = 1
        rows = self._sum(touched).nonzero()[:, 0]
        values = self._sum(gradient.to_dense())[rows]
        return torch.sparse_coo_tensor(rows[None], values, gradient.shape, check_invariants=False).coalesce()

    def _sum(self, value: Tensor) -> Tensor:
        summed = self._fabric.all_reduce(value, reduce_op="sum")
        assert isinstance(summed, Tensor)  # noqa: S101 - a tensor in, a tensor out
        return summed

    def wait(self) -> None:
        """Wait until all processes are here."""
        self._fabric.barrier()
