"""Adaptation to one user by gradient steps, exact and without copying the tables (Algorithm 1).

For a user with N support contexts the gradient of the support loss with respect to the item rows on the
output side is Cᵀ P, of rank N at most: ``P`` (N, d) holds the vectors that multiply the item table and
``C`` (N, items) the residuals softmax − onehot. It is kept in that form. On the input side only the rows the
batch touches have a gradient, one autograd call for all users of the batch gives it. See ``model.md``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from ccrs.core.batch import Batch, Contexts
from ccrs.core.config import StrictConfig
from ccrs.core.protocols import AdaptableRecommender


class InnerConfig(StrictConfig):
    """The inner step.

    ``loss``: ``damped`` weighs a user's summed loss by n₀ / (N + n₀) with learned n₀; ``mean`` by 1 / N
    (the paper); ``sum`` by 1. ``order``: 1 treats the inner gradient as a constant, 2 differentiates it.
    """

    steps: int = Field(1, ge=0)
    order: Literal[1, 2] = 1
    loss: Literal["damped", "mean", "sum"] = "damped"
    entity_lr: float = Field(0.1, ge=0)
    user_lr: float = Field(0.1, ge=0)
    half_count: float = Field(4.0, gt=0)
    """Initial n₀ of the damped sum, in samples."""
    learned: bool = True
    """Whether the rates and n₀ are learned in the outer loop."""


class InnerRates(nn.Module):
    """β_entity, β_user and n₀, learned as logarithms: they are positive and range over orders of magnitude."""

    active: Tensor

    def __init__(self, config: InnerConfig) -> None:
        super().__init__()
        self.config = config
        start = torch.tensor([config.entity_lr, config.user_lr, config.half_count], dtype=torch.float64)
        # A rate of exactly 0 stays 0: it has no logarithm, so it is masked.
        self.register_buffer("active", (start > 0).float())
        logarithms = torch.where(start > 0, start, torch.ones_like(start)).log().float()
        self.logarithms = nn.Parameter(logarithms, requires_grad=config.learned)

    def values(self) -> Tensor:
        """(β_entity, β_user, n₀)."""
        return self.logarithms.exp() * self.active

    def weights(self, num_samples: Tensor) -> Tensor:
        """The weight of a user's summed loss, given the numbers of samples (users,)."""
        if self.config.loss == "damped":
            half = self.values()[2]
            return half / (num_samples + half)
        return torch.ones_like(num_samples) if self.config.loss == "sum" else 1 / num_samples.clamp(min=1)


@dataclass(frozen=True)
class Adapted:
    """The inner parameters of all users of a batch after the inner steps.

    ``rows`` and ``users`` are the input side. On the output side the item table of user u is the common one
    minus ``Σ strengthᵀ`` of the pairs (``vectors``, ``residuals``) of his support contexts, plus ``shifts`` on
    the item rows of the batch.
    """

    rows: Tensor  # (rows, d)
    users: Tensor  # (users, d_u)
    vectors: list[Tensor]  # one a step: P scaled by rate and weight, (support contexts, d)
    residuals: list[Tensor]  # one a step: C, (support contexts, items)
    owners: Tensor  # (support contexts) user of each
    shifts: Tensor | None  # (item rows, d) what was added to the item rows from the input side
    item_rows: Tensor  # (item rows) positions in rows


def scores(
    model: AdaptableRecommender, vectors: Tensor, contexts: Contexts, batch: Batch, adapted: Adapted | None
) -> Tensor:
    """Logits of all items for each context: (contexts, items)."""
    logits = vectors @ model.item_table().T
    if adapted is not None:
        logits = logits + _output_change(vectors, contexts.users, batch, adapted)
    history = batch.history if contexts is batch.query else None
    return model.static_logits(logits, contexts, history)


def _output_change(vectors: Tensor, owners: Tensor, batch: Batch, adapted: Adapted) -> Tensor:
    """``vectors`` times the change of each user's item table: (contexts, items)."""
    same = (owners[:, None] == adapted.owners[None, :]).to(vectors.dtype)
    change = vectors.new_zeros(())
    for support_vectors, residuals in zip(adapted.vectors, adapted.residuals, strict=True):
        change = change - (vectors @ support_vectors.T * same) @ residuals
    if adapted.shifts is None:
        return change
    # The sparse part: only (context, item row) pairs of one user.
    pairs = (owners[:, None] == batch.row_users[adapted.item_rows][None, :]).nonzero()  # (pairs, 2)
    product = (vectors @ adapted.shifts.T)[pairs[:, 0], pairs[:, 1]]
    items = batch.row_entities[adapted.item_rows][pairs[:, 1]]
    flat = pairs[:, 0] * change.shape[1] + items
    return change.flatten().index_add(0, flat, product).view_as(change)


def residuals_of(logits: Tensor, contexts: Contexts) -> Tensor:
    """C: gradient of each context's summed cross-entropy by its logits, (contexts, items)."""
    counts = torch.bincount(contexts.sample_contexts, minlength=contexts.num_contexts).to(logits.dtype)
    residuals = logits.softmax(dim=1) * counts[:, None]
    flat = contexts.sample_contexts * logits.shape[1] + contexts.targets
    return residuals.flatten().index_add(0, flat, -torch.ones_like(flat, dtype=logits.dtype)).view_as(logits)


@dataclass(frozen=True)
class SupportPass:
    """The adapted parameters and the logits of the support at the unadapted ones (for λ ∇L_support(θ))."""

    adapted: Adapted
    logits: Tensor


def adapt(model: AdaptableRecommender, rates: InnerRates, batch: Batch, num_items: int) -> SupportPass:
    """Run the inner steps for all users of ``batch`` at once.

    Each user's support loss depends on his own rows only, so one backward a step yields every user's gradient.
    The graph of the support forward is kept: the outer loss reuses it. Needs gradients enabled for the rows.
    """
    contexts, config = batch.support, rates.config
    if contexts is None:
        raise ValueError("The batch has no support; build it with BatchBuilder.adapting.")
    second = config.order == 2
    rows, users = model.gather(batch)
    if not rows.requires_grad:  # at evaluation, where parameters are frozen
        rows, users = rows.requires_grad_(), users.requires_grad_()
    entity_rate, user_rate, _ = rates.values().unbind()
    owners = contexts.users
    num_samples = torch.bincount(owners[contexts.sample_contexts], minlength=batch.num_users)
    weights = rates.weights(num_samples.to(rows.dtype))  # (users,)
    item_rows = (batch.row_entities < num_items).nonzero()[:, 0]
    state = Adapted(rows, users, [], [], owners, None, item_rows)
    first_logits: Tensor | None = None
    for _ in range(config.steps):
        vectors = model.user_vectors(state.rows, state.users, contexts, batch, with_history=False)
        logits = scores(model, vectors, contexts, batch, state if first_logits is not None else None)
        first_logits = logits if first_logits is None else first_logits
        state = _step(model, batch, state, vectors, logits, weights, (entity_rate, user_rate), second=second)
    if first_logits is None:
        vectors = model.user_vectors(rows, users, contexts, batch, with_history=False)
        first_logits = scores(model, vectors, contexts, batch, None)
    return SupportPass(state, first_logits)


def _step(
    model: AdaptableRecommender,
    batch: Batch,
    state: Adapted,
    vectors: Tensor,
    logits: Tensor,
    weights: Tensor,
    rates: tuple[Tensor, Tensor],
    *,
    second: bool,
) -> Adapted:
    """One inner step from ``state``, given the support's vectors and logits there."""
    contexts = batch.support
    assert contexts is not None  # noqa: S101 - adapt() has checked
    table = model.item_table()
    residuals = residuals_of(logits, contexts)
    if not second:
        residuals, table = residuals.detach(), table.detach()
    upstream = residuals @ table + _residual_change(residuals, batch, state, second=second)
    row_gradient, user_gradient = torch.autograd.grad(
        vectors,
        (state.rows, state.users),
        upstream,
        create_graph=second,
        retain_graph=True,
        allow_unused=True,
        materialize_grads=True,
    )
    support = vectors if second else vectors.detach()
    entity_rate, user_rate = rates
    scaled = support * (entity_rate * weights[state.owners])[:, None]  # (support contexts, d)
    row_change = -row_gradient * (entity_rate * weights[batch.row_users])[:, None]
    shift = row_change[state.item_rows]
    # What the output side changes on an item's row holds where the row is read as well.
    picked = residuals[:, batch.row_entities[state.item_rows]].T  # (item rows, support contexts)
    mine = batch.row_users[state.item_rows][:, None] == state.owners[None, :]
    row_change = row_change.index_add(0, state.item_rows, -(picked * mine) @ scaled)
    return Adapted(
        rows=state.rows + row_change,
        users=state.users - user_gradient * (user_rate * weights)[:, None],
        vectors=[*state.vectors, scaled],
        residuals=[*state.residuals, residuals],
        owners=state.owners,
        shifts=shift if state.shifts is None else state.shifts + shift,
        item_rows=state.item_rows,
    )


def _residual_change(residuals: Tensor, batch: Batch, state: Adapted, *, second: bool) -> Tensor:
    """``residuals`` times the change of each user's item table so far: (support contexts, d)."""
    if state.shifts is None:
        return residuals.new_zeros(())
    same = (state.owners[:, None] == state.owners[None, :]).to(residuals.dtype)
    change = residuals.new_zeros(())
    for vectors, earlier in zip(state.vectors, state.residuals, strict=True):
        change = change - (residuals @ earlier.T * same) @ (vectors if second else vectors.detach())
    shifts = state.shifts if second else state.shifts.detach()
    mine = state.owners[:, None] == batch.row_users[state.item_rows][None, :]
    picked = residuals[:, batch.row_entities[state.item_rows]] * mine
    return change + picked @ shifts
