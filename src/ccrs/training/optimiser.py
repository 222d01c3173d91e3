"""Adam for all parameters; of big tables only the touched rows are moved."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn


class Optimiser:
    """Adam on dense gradients and lazy Adam on sparse ones, with one clipped norm over both.

    ``sparse`` are tables whose gradients come as touched rows; ``rates`` are parameters with a learning
    rate of their own.
    """

    def __init__(
        self,
        model: nn.Module,
        *,
        sparse: Iterable[nn.Parameter],
        rates: Iterable[nn.Parameter],
        learning_rate: float,
        rate_learning_rate: float,
        clip_norm: float,
    ) -> None:
        tables = list(sparse)
        apart = {id(parameter) for parameter in tables}
        dense = [p for p in model.parameters() if p.requires_grad and id(p) not in apart]
        groups = [{"params": dense, "lr": learning_rate}]
        inner = [p for p in rates if p.requires_grad]
        if inner:
            groups.append({"params": inner, "lr": rate_learning_rate})
        self._parameters = [*dense, *inner, *tables]
        self._base = [learning_rate, rate_learning_rate]
        self._dense = torch.optim.Adam(groups, fused=True) if dense else None
        self._sparse = torch.optim.SparseAdam(tables, lr=learning_rate) if tables else None
        self.clip_norm = clip_norm

    @property
    def parameters(self) -> list[nn.Parameter]:
        """All parameters that are moved."""
        return self._parameters

    def step(self) -> float:
        """Clip, move, forget the gradients; returns the norm before clipping."""
        gradients = [p.grad for p in self._parameters if p.grad is not None]
        norm = _norm(gradients)
        if norm > self.clip_norm:
            for gradient in gradients:
                gradient.mul_(self.clip_norm / norm)
        for optimiser in (self._dense, self._sparse):
            if optimiser is not None:
                optimiser.step()
                optimiser.zero_grad(set_to_none=True)
        return norm

    def scale_learning_rate(self, factor: float) -> None:
        """Set every learning rate to ``factor`` times its start."""
        for optimiser in (self._dense, self._sparse):
            for group, base in zip(optimiser.param_groups if optimiser else [], self._base, strict=False):
                group["lr"] = base * factor

    def state(self) -> dict[str, Tensor]:
        """Everything needed to go on, as named tensors."""
        return {
            f"{kind}.{number}.{name}": value
            for kind, optimiser in (("dense", self._dense), ("sparse", self._sparse))
            if optimiser is not None
            for number, state in optimiser.state_dict()["state"].items()
            for name, value in ((n, torch.as_tensor(v)) for n, v in state.items())
        }

    def load_state(self, tensors: dict[str, Tensor]) -> None:
        """Take up a state that ``state`` gave."""
        for kind, optimiser in (("dense", self._dense), ("sparse", self._sparse)):
            if optimiser is None:
                continue
            states: dict[int, dict[str, object]] = {}
            for key, value in tensors.items():
                which, number, name = key.split(".", 2)
                if which == kind:
                    # SparseAdam counts its steps in a plain number, Adam in a tensor.
                    plain = kind == "sparse" and name == "step"
                    states.setdefault(int(number), {})[name] = value.item() if plain else value
            optimiser.load_state_dict({**optimiser.state_dict(), "state": states})


def _norm(gradients: list[Tensor]) -> float:
    """The Euclidean norm of all gradients together."""
    values = [g.coalesce().values() if g.is_sparse else g for g in gradients]
    return float(torch.stack(torch._foreach_norm(values)).norm()) if values else 0.0
