"""The reference for adaptation: every user gets copies of the whole tables, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from benchmarks.steps import Trainee, task_groups
from ccrs.core.batch import Contexts
from ccrs.core.samples import UserTask
from ccrs.data.batching import BatchBuilder
from ccrs.experiments.corpus import Corpus
from ccrs.meta.adaptation import InnerRates

TABLES = ("items", "others", "users")
"""The inner parameters of the recommender."""

GRADIENT_TOLERANCE = 1e-3
"""Largest relative difference of two float32 gradients that are equal on paper."""


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
    parameters: dict[str, Tensor] = dict(model.named_parameters())
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


class DenseComparison:
    """Both ways on the same steps; without dropout, so that they must agree.

    ``max_dialogues`` of a task decide how many users a step holds: the copies cost by the user.
    """

    def __init__(self, corpus: Corpus, count: int, max_dialogues: int) -> None:
        self._trainee = Trainee.make(corpus, "CCRS (paper)", adapts=True)
        self._model: Any = self._trainee.setup.model.eval()
        self._rates = self._trainee.setup.rates
        self._groups = task_groups(self._trainee.setup, count, max_dialogues=max_dialogues)

    @property
    def tasks_a_step(self) -> float:
        """How many users a step has, on average."""
        return sum(map(len, self._groups)) / len(self._groups)

    def ours(self, number: int) -> None:
        """Gradients of one step by the exact adaptation, building the batch included."""
        self._forget()
        loss = self._trainee.objective(self._trainee.adapting_batch(self._groups[number]))
        loss.total.backward()  # type: ignore[no-untyped-call]

    def dense(self, number: int) -> None:
        """The same gradients by copies."""
        self._forget()
        self._model.sparse_gradients = False  # copies have gradients of whole tables
        dense_step(self._model, self._rates, self._trainee.setup.builder, self._groups[number])
        self._model.sparse_gradients = True

    def check(self) -> float:
        """The largest relative difference of the gradients of a step; raises ``RuntimeError`` when they differ."""
        self.ours(0)
        ours = self._gradients()
        self.dense(0)
        worst, where = gradient_difference(ours, self._gradients())
        if worst > GRADIENT_TOLERANCE:
            raise RuntimeError(f"The gradients of {where} differ by {worst:.2g}: a ratio would mean nothing.")
        return worst

    def _forget(self) -> None:
        self._model.zero_grad(set_to_none=True)
        self._rates.zero_grad(set_to_none=True)

    def _gradients(self) -> dict[str, Tensor]:
        """The gradients of model and rates, dense; zeros where there is none."""
        rates = ((f"rates.{name}", parameter) for name, parameter in self._rates.named_parameters())
        found = {}
        for name, parameter in (*self._model.named_parameters(), *rates):
            if parameter.requires_grad:
                gradient = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
                found[name] = (gradient.to_dense() if gradient.is_sparse else gradient).clone()
        return found


def gradient_difference(first: dict[str, Tensor], second: dict[str, Tensor]) -> tuple[float, str]:
    """The largest difference relative to the largest entry of its tensor, and the tensor's name."""
    worst, where = 0.0, ""
    for name, reference in second.items():
        difference = float((first[name] - reference).abs().max())
        scale = float(reference.abs().max())
        relative = difference / scale if scale > 0 else difference
        if relative > worst:
            worst, where = relative, name
    return worst, where
