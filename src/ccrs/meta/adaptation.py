"""Adaptation to one user by gradient steps, exact and without copying the tables (Algorithm 1).

For a user with N support contexts the gradient of the support loss with respect to the item rows on the
output side is Cᵀ P, of rank N at most: ``P`` (N, d) holds the vectors that multiply the item table and
``C`` (N, items) the residuals softmax − onehot. It is kept in that form. On the input side only the rows the
batch touches have a gradient, one autograd call for all users of the batch gives it. See ``model.md``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor

from ccrs.core.batch import Batch, Contexts
from ccrs.core.config import StrictConfig
from ccrs.core.protocols import AdaptableRecommender
from ccrs.meta.known_gradient import with_known_gradient
from ccrs.meta.rates import PositiveNumbers


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


class InnerRates(PositiveNumbers):
    """β_entity, β_user and n₀: the values, in this order."""

    def __init__(self, config: InnerConfig) -> None:
        super().__init__([config.entity_lr, config.user_lr, config.half_count], learned=config.learned)
        self.config = config

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
    earlier_shifts: tuple[Tensor | None, ...] = ()  # one a step: ``shifts`` as they were before it


def scores(
    model: AdaptableRecommender, vectors: Tensor, contexts: Contexts, batch: Batch, adapted: Adapted | None
) -> Tensor:
    """Logits of all items for each context: (contexts, items)."""
    logits = vectors @ model.item_table().T
    if adapted is not None:
        _add_output_change(logits, vectors, contexts.users, batch, adapted)
    history = batch.history if contexts is batch.query else None
    return model.static_logits(logits, contexts, history)


def _add_output_change(
    logits: Tensor, vectors: Tensor, owners: Tensor, batch: Batch, adapted: Adapted
) -> None:
    """Add ``vectors`` times the change of each user's item table to ``logits`` (contexts, items), in place."""
    same = (owners[:, None] == adapted.owners[None, :]).to(vectors.dtype)
    for support_vectors, residuals in zip(adapted.vectors, adapted.residuals, strict=True):
        logits.addmm_(vectors @ support_vectors.T * same, residuals, alpha=-1)
    if adapted.shifts is None:
        return
    # The sparse part: only (context, item row) pairs of one user.
    pairs = (owners[:, None] == batch.row_users[adapted.item_rows][None, :]).flatten().nonzero()[:, 0]
    product = (vectors @ adapted.shifts.T).flatten().index_select(0, pairs)
    context, row = pairs // len(adapted.item_rows), pairs % len(adapted.item_rows)
    items = batch.row_entities[adapted.item_rows].index_select(0, row)
    logits.view(-1).index_add_(0, context * logits.shape[1] + items, product)


def residuals_of(logits: Tensor, contexts: Contexts) -> Tensor:
    """C: gradient of each context's summed cross-entropy by its logits, (contexts, items)."""
    counts = torch.bincount(contexts.sample_contexts, minlength=contexts.num_contexts).to(logits.dtype)
    residuals = logits.softmax(dim=1) * counts[:, None]
    flat = _targets(logits, contexts)
    residuals.view(-1).index_add_(0, flat, -torch.ones_like(flat, dtype=logits.dtype))
    return residuals


@dataclass(frozen=True)
class SupportPass:
    """The adapted parameters and the support loss at the unadapted ones, times the given weights (λ L_support(θ))."""

    adapted: Adapted
    logits: Tensor
    loss: Tensor


def adapt(
    model: AdaptableRecommender,
    rates: InnerRates,
    batch: Batch,
    num_items: int,
    *,
    user_weights: Tensor | None = None,
) -> SupportPass:
    """Run the inner steps for all users of ``batch`` at once.

    Each user's support loss depends on his own rows only, so one backward a step yields every user's gradient.
    In first order that same backward yields the gradient of the support loss by all other parameters.
    ``user_weights`` (users,) weigh the users' support losses in ``loss``; None: it is not asked for.
    """
    contexts, config = _support_of(batch), rates.config
    if contexts.rows is None or batch.query.rows is None:
        raise ValueError("The batch shares its rows; build it with BatchBuilder.adapting.")
    second = config.order == 2
    rows, users = model.gather(batch)
    if not rows.requires_grad:  # at evaluation, where parameters are frozen
        rows, users = rows.requires_grad_(), users.requires_grad_()
    entity_rate, user_rate, _ = rates.values().unbind()
    owners = contexts.users
    num_samples = torch.bincount(owners[contexts.sample_contexts], minlength=batch.num_users)
    weights = rates.weights(num_samples.to(rows.dtype))  # (users,)
    item_rows = contexts.rows[contexts.rows < batch.num_item_rows]
    read = batch.query.rows[batch.query.rows < batch.num_item_rows]
    every = torch.arange(batch.num_item_rows, device=rows.device)
    state = Adapted(rows, users, [], [], owners, None, item_rows)
    loss = first_logits = rows.new_zeros(())
    for step in range(max(config.steps, 1)):
        # In first order the inner gradient is a constant: its graph ends at the rows and is freed at once.
        start = state if second else replace(state, rows=_leaf(state.rows), users=_leaf(state.users))
        vectors = model.user_vectors(start.rows, start.users, contexts, batch, with_history=False)
        logits = scores(model, vectors, contexts, batch, start if step else None)
        wanted = user_weights if step == 0 else None
        gradients, residuals, value = _inner_gradient(
            model, batch, start, (rows, users), vectors, logits, wanted, second=second
        )
        if step == 0:
            loss, first_logits = value, logits
        if config.steps:
            now_read = read if step == config.steps - 1 else every
            state = _step(
                batch,
                state,
                vectors,
                residuals,
                gradients,
                weights,
                (entity_rate, user_rate),
                now_read,
                second=second,
            )
    return SupportPass(state, first_logits, loss)


def _leaf(values: Tensor) -> Tensor:
    return values.detach().requires_grad_()


def _inner_gradient(
    model: AdaptableRecommender,
    batch: Batch,
    state: Adapted,
    attached: tuple[Tensor, Tensor],
    vectors: Tensor,
    logits: Tensor,
    user_weights: Tensor | None,
    *,
    second: bool,
) -> tuple[tuple[Tensor, Tensor], Tensor, Tensor]:
    """The gradients of rows and users, the residuals C, and the weighted loss (0 when it is not asked for)."""
    if user_weights is not None and not second:
        return _gradient_and_loss(model, batch, state, attached, logits, user_weights)
    contexts = _support_of(batch)
    residuals, table = residuals_of(logits, contexts), model.item_table()
    if not second:
        residuals, table = residuals.detach(), table.detach()
    upstream = residuals @ table + _residual_change(residuals, batch, state, second=second)
    rows, users = torch.autograd.grad(
        vectors,
        (state.rows, state.users),
        upstream,
        retain_graph=True,
        create_graph=second,
        materialize_grads=True,
        allow_unused=True,
    )
    loss = logits.new_zeros(())
    if user_weights is not None:
        sample_weights = user_weights[contexts.users[contexts.sample_contexts]]
        loss = -(
            logits.log_softmax(1).view(-1).index_select(0, _targets(logits, contexts)) * sample_weights
        ).sum()
    return (rows, users), residuals, loss


def _gradient_and_loss(
    model: AdaptableRecommender,
    batch: Batch,
    state: Adapted,
    attached: tuple[Tensor, Tensor],
    logits: Tensor,
    user_weights: Tensor,
) -> tuple[tuple[Tensor, Tensor], Tensor, Tensor]:
    """First order: one backward gives the users' own gradients and ∇L_support(θ) by all common parameters.

    The latter is handed on to the outer backward by ``with_known_gradient``.
    """
    contexts = _support_of(batch)
    log_shares = logits.detach().log_softmax(1)
    sample_weights = user_weights[contexts.users[contexts.sample_contexts]]
    flat = _targets(logits, contexts)
    value = -(log_shares.view(-1).index_select(0, flat) * sample_weights).sum()
    counts = torch.bincount(contexts.sample_contexts, minlength=contexts.num_contexts).to(logits.dtype)
    residuals = log_shares.exp_().mul_(counts[:, None])
    residuals.view(-1).index_add_(0, flat, -torch.ones_like(flat, dtype=logits.dtype))
    upstream = residuals * user_weights[contexts.users][:, None]
    inner = (state.rows, state.users)
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    # An item table that is itself computed serves the query as well: its graph must outlive this pass.
    computed = model.item_table().grad_fn is not None
    found = torch.autograd.grad(
        logits, (*inner, *parameters), upstream, allow_unused=True, retain_graph=computed
    )
    rows, users = (torch.zeros_like(a) if g is None else g for a, g in zip(inner, found[:2], strict=True))
    own = rows / user_weights[batch.row_users][:, None], users / user_weights[:, None]
    loss = with_known_gradient(value, [rows, users, *found[2:]], [*attached, *parameters])
    return own, residuals, loss


def _support_of(batch: Batch) -> Contexts:
    if batch.support is None:
        raise ValueError("The batch has no support; build it with BatchBuilder.adapting.")
    return batch.support


def _targets(logits: Tensor, contexts: Contexts) -> Tensor:
    """Where the samples' targets lie in the flat logits: (samples,)."""
    return contexts.sample_contexts * logits.shape[1] + contexts.targets


def _step(
    batch: Batch,
    state: Adapted,
    vectors: Tensor,
    residuals: Tensor,
    gradients: tuple[Tensor, Tensor],
    weights: Tensor,
    rates: tuple[Tensor, Tensor],
    read: Tensor,
    *,
    second: bool,
) -> Adapted:
    """One inner step from ``state``; ``read`` are the item rows that are read after it."""
    row_gradient, user_gradient = gradients
    support = vectors if second else vectors.detach()
    entity_rate, user_rate = rates
    scaled = support * (entity_rate * weights[state.owners])[:, None]  # (support contexts, d)
    row_change = row_gradient * (-entity_rate * weights).index_select(0, batch.row_users)[:, None]
    shift = row_change.index_select(0, state.item_rows)
    # What the output side changes on an item's row holds where the row is read as well.
    picked = residuals.index_select(1, batch.row_entities[read])  # (support contexts, read)
    mine = state.owners[:, None] == batch.row_users[read][None, :]
    row_change = row_change.index_add(0, read, (picked * mine).T @ scaled, alpha=-1)
    return Adapted(
        rows=state.rows + row_change,
        users=state.users - user_gradient * (user_rate * weights)[:, None],
        vectors=[*state.vectors, scaled],
        residuals=[*state.residuals, residuals],
        owners=state.owners,
        shifts=shift if state.shifts is None else state.shifts + shift,
        item_rows=state.item_rows,
        earlier_shifts=(*state.earlier_shifts, state.shifts),
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
