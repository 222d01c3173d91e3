"""The reference for adaptation: every user gets copies of the whole tables, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from ccrs.core.batch import Contexts
from ccrs.core.samples import UserTask
from ccrs.data.batching import BatchBuilder
from ccrs.meta.adaptation import InnerRates

TABLES = ("items", "others", "users")
"""The inner parameters of the recommender."""


def dense_step(model: nn.Module, rates: InnerRates, builder: BatchBuilder, tasks: Sequence[UserTask]) -> int:
    """Add the gradient of query and support loss after one first-order inner step; returns the samples.

    What ``MetaObjective`` does with λ = 1, by the book: copies of both entity tables and the user
    table, one gradient step on them, the query loss at the copies.
    """
    samples = 0
    for task in tasks:
        loss, count = _user_loss(model, rates, builder, task)
        loss.backward()  # type: ignore[no-untyped-call]
        samples += count
    return samples


def _user_loss(
    model: nn.Module, rates: InnerRates, builder: BatchBuilder, task: UserTask
) -> tuple[Tensor, int]:
    """Query loss of one user at his copies plus the support loss at the common tables."""
    parameters = dict(model.named_parameters())
    support = builder.plain(builder.contexts_of(task.support), leave_out=True)
    query = builder.plain(builder.contexts_of(task.query), leave_out=True)
    count = support.query.num_samples
    total = parameters["items"].new_zeros(())
    if count:
        copies = {name: parameters[name].clone() for name in TABLES}
        total = _loss(functional_call(model, copies, (support,)), support.query)
        gradients = torch.autograd.grad(total, list(copies.values()), retain_graph=True, allow_unused=True)
        entity_rate, user_rate, _ = rates.values().unbind()
        weight = rates.weights(torch.tensor([float(count)]))[0]
        for name, gradient in zip(TABLES, gradients, strict=True):
            if gradient is not None:
                rate = user_rate if name == "users" else entity_rate
                copies[name] = copies[name] - rate * weight * gradient
        parameters.update(copies)
    total = total + _loss(functional_call(model, parameters, (query,)), query.query)
    return total, count + query.query.num_samples


def _loss(logits: Tensor, contexts: Contexts) -> Tensor:
    chosen = logits.index_select(0, contexts.sample_contexts)
    return nn.functional.cross_entropy(chosen, contexts.targets, reduction="sum")


def gradient_difference(
    first: dict[str, Tensor], second: dict[str, Tensor]
) -> tuple[float, str]:
    """The largest difference of two sets of gradients, relative to the largest entry of each tensor, and where."""
    worst, where = 0.0, ""
    for name, reference in second.items():
        scale = float(reference.abs().max())
        difference = float((first[name] - reference).abs().max())
        relative = difference / scale if scale > 0 else difference
        if relative > worst:
            worst, where = relative, name
    return worst, where


def gradients_of(model: Any, rates: InnerRates) -> dict[str, Tensor]:
    """The gradients held by model and rates, dense (zeros where there is none); forgets them."""
    found = {}
    named = [*model.named_parameters(), *((f"rates.{name}", p) for name, p in rates.named_parameters())]
    for name, parameter in named:
        if parameter.requires_grad:
            gradient = parameter.grad
            dense = torch.zeros_like(parameter) if gradient is None else gradient
            found[name] = (dense.to_dense() if dense.is_sparse else dense).clone()
            parameter.grad = None
    return found
