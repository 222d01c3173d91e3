"""Adaptation of the responder: users' own first encoder layer and styles, all users of a batch at once.

Each user has his own copy of the inner parameters in the leading dimension of ``.expand``-ed tensors; his support
loss depends on that copy alone, so one backward gives every user's gradient (Algorithm 1, no loop over users).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

import torch
from pydantic import Field
from torch import Tensor, nn

from ccrs.core.config import StrictConfig
from ccrs.core.replies import ReplyBatch
from ccrs.meta.known_gradient import with_known_gradient
from ccrs.meta.rates import PositiveNumbers

Inner = dict[str, Tensor]
STYLES = "styles"


class AdaptableResponder(Protocol):
    """A responder with inner parameters that may be handed in."""

    def __call__(self, batch: ReplyBatch, inner: Mapping[str, Tensor] | None = None) -> Tensor:
        """Negative log-likelihood of every real target token: (tokens,)."""
        ...

    def parameters(self) -> Iterator[nn.Parameter]:
        """All parameters, as ``torch.nn.Module`` gives them."""
        ...

    def inner_parameters(self) -> dict[str, Tensor]:
        """The common ones, by name."""
        ...


class ReplyInnerConfig(StrictConfig):
    """The inner step of the responder.

    A user's summed loss of N tokens is weighted by n₀ / (N + n₀). ``order``: 1 treats the inner gradient as a
    constant, 2 differentiates it.
    """

    steps: int = Field(1, ge=0)
    order: Literal[1, 2] = 1
    layer_lr: float = Field(0.001, ge=0)
    style_lr: float = Field(0.01, ge=0)
    half_count: float = Field(200.0, gt=0)
    """Initial n₀, in tokens."""
    learned: bool = True


class ReplyRates(PositiveNumbers):
    """β of the first encoder layer, β of the styles, and n₀: the values, in this order."""

    def __init__(self, config: ReplyInnerConfig) -> None:
        super().__init__([config.layer_lr, config.style_lr, config.half_count], learned=config.learned)
        self.config = config


@dataclass(frozen=True)
class ReplySupport:
    """The users' own parameters, and the summed support loss at the common ones."""

    inner: Inner
    loss: Tensor


def adapt_replies(
    model: AdaptableResponder, rates: ReplyRates, batch: ReplyBatch, *, with_loss: bool = False
) -> ReplySupport:
    """The inner steps on ``batch.support``, from the common parameters.

    ``with_loss`` asks for the (weighted, summed) support loss at the common parameters with its gradient by all
    parameters; in first order the same backward gives both.
    """
    support = batch.support
    if support is None:
        raise ValueError("The batch has no support.")
    second = rates.config.order == 2
    common = model.inner_parameters()
    inner = {name: value.expand(batch.num_users, *value.shape) for name, value in common.items()}
    layer_rate, style_rate, half = rates.values().unbind()
    tokens = torch.bincount(support.owners, support.target_mask.sum(1).float(), minlength=batch.num_users)
    damping = half / (tokens.to(half) + half)  # (users,)
    loss = half.new_zeros(())
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    for step in range(max(rates.config.steps, int(with_loss))):
        if second:
            start = inner if all(v.requires_grad for v in inner.values()) else _leaves(inner)
        else:
            start = _leaves(inner)
        value = _summed(model, support, start)
        wanted = parameters if with_loss and step == 0 and not second else []
        found = torch.autograd.grad(value, [*start.values(), *wanted], create_graph=second, allow_unused=True)
        gradients = dict(zip(start, found, strict=False))
        if with_loss and step == 0:
            loss = value if second else _known(value, gradients, found[len(start) :], common, wanted)
        if rates.config.steps:
            inner = {
                name: own - _rate(name, layer_rate, style_rate, damping, own) * _own(gradients[name], own)
                for name, own in (start if second else inner).items()
            }
    return ReplySupport(inner, loss)


def _leaves(inner: Inner) -> Inner:
    return {name: value.detach().clone().requires_grad_() for name, value in inner.items()}


def _summed(model: AdaptableResponder, batch: ReplyBatch, inner: Inner) -> Tensor:
    """The loss of all tokens of ``batch``, each weighted by its reply's weight."""
    losses = model(batch, inner)
    return (losses * batch.token_weights).sum()


def _own(gradient: Tensor | None, like: Tensor) -> Tensor:
    return torch.zeros_like(like) if gradient is None else gradient


def _rate(name: str, layer: Tensor, style: Tensor, damping: Tensor, own: Tensor) -> Tensor:
    """β times the user's weight, shaped to multiply ``own`` (users, ...)."""
    return ((style if name == STYLES else layer) * damping).view(-1, *[1] * (own.dim() - 1))


def _known(
    value: Tensor,
    gradients: Mapping[str, Tensor | None],
    others: tuple[Tensor | None, ...],
    common: Mapping[str, Tensor],
    parameters: list[nn.Parameter],
) -> Tensor:
    """The support loss with its gradient by all parameters; that of an inner one is the sum over the users."""
    of_inner = {
        id(common[name]): gradient.sum(0) for name, gradient in gradients.items() if gradient is not None
    }
    merged = [of_inner.get(id(p), other) for p, other in zip(parameters, others, strict=True)]
    return with_known_gradient(value.detach(), merged, parameters)
