"""What is kept of one adapted user: hundreds of kilobytes at most, from which every score is computed exactly.

The adapted tables are never held. On the output side the change of the item table is ``−Σ_s (scale P_s)ᵀ C_s`` with
``C = count · exp(logits − log Z) − onehot(targets)``, and of that only P, log Z and the targets are kept: columns of
C are made when they are needed. On the input side the rows that the support touches have a change of their own.
See ``model.md``; ``meta.adaptation`` is the same over many users at once, which this is tested against.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import torch
from torch import Tensor

from ccrs.artifacts.run import Run
from ccrs.core.batch import Batch, Contexts, History
from ccrs.core.dialogue import Dialogue
from ccrs.core.samples import UserTask
from ccrs.data.samples import build_samples
from ccrs.inference.builders import run_builder
from ccrs.meta.adaptation import InnerRates, adapt
from ccrs.models.ccrs import CCRS
from ccrs.models.registry import model_reads
from ccrs.models.support_reach import SupportReach, support_reach


@dataclass(frozen=True)
class InnerStep:
    """One inner step on the output side."""

    vectors: Tensor  # (contexts, d) P
    log_normaliser: Tensor  # (contexts,) log Z of the support's logits before the step
    shifts: Tensor | None  # (item rows, d) what earlier steps changed on the item rows from the input side
    reach: SupportReach  # which items the step may lift, and how far any other


@dataclass(frozen=True)
class UserState:
    """One user's adaptation; ``history`` is what his support dialogues held."""

    rows: Tensor  # (rows,) entities the support touches, ascending: items come first
    changes: Tensor  # (rows, d) how the input side changed them
    num_item_rows: int
    user: Tensor  # (d_u,) the adapted user embedding
    scale: float  # rate times weight of the user's loss
    steps: tuple[InnerStep, ...]
    counts: Tensor  # (contexts,) samples of each support context
    targets: Tensor  # (samples,) item
    target_contexts: Tensor  # (samples,)
    together: Tensor  # (2, pairs) support context, and item that co-occurrence speaks for
    together_logits: Tensor  # (pairs,) how loudly
    history: History
    num_support: int

    @property
    def num_bytes(self) -> int:
        """What the tensors of the state take."""
        return sum(_num_bytes(getattr(self, field.name)) for field in fields(self))

    @property
    def lifted_items(self) -> Tensor:
        """Items whose score the adaptation moves by more than a smooth little: targets, touched rows, history."""
        touched = [self.targets, self.rows[: self.num_item_rows], self.history.items]
        distinct: Tensor = torch.unique(torch.cat(touched))
        return distinct


def user_state(run: Run, support: Sequence[Dialogue], *, num_kept: int = 0) -> UserState | None:
    """Adapt to ``support``, one person's earlier dialogues; None where there is nothing to adapt to.

    Of a model that only reads what its users had before, the state holds that and no inner steps.
    """
    adapting = run.model if run.adapts and isinstance(run.model, CCRS) else None
    remembers = model_reads(run.config.name, run.config.model).history
    if not support or (adapting is None and not remembers):
        return None
    mine = [replace(dialogue, user="user", id=f"support-{n}") for n, dialogue in enumerate(support)]
    table = build_samples(run.catalogue, mine)
    order = np.argsort(table.dialogue_times, kind="stable")
    task = UserTask(0, order, np.zeros(0, np.int64))
    builder = run_builder(run, table)
    if adapting is None:
        return _unadapted_state(builder.remembering([task]).history, len(mine))
    return state_of(adapting, run.rates, builder.adapting([task]), len(mine), num_kept=num_kept)


def _unadapted_state(history: History, num_support: int) -> UserState:
    """A state that changes no parameter."""
    nothing, nobody = torch.zeros(0, dtype=torch.long), torch.zeros(0)
    return UserState(
        rows=nothing,
        changes=nobody[:, None],
        num_item_rows=0,
        user=nobody,
        scale=0.0,
        steps=(),
        counts=nobody,
        targets=nothing,
        target_contexts=nothing,
        together=torch.zeros(2, 0, dtype=torch.long),
        together_logits=nobody,
        history=history,
        num_support=num_support,
    )


def state_of(
    model: CCRS, rates: InnerRates, batch: Batch, num_support: int, *, num_kept: int = 0
) -> UserState:
    """The state of the one user of ``batch`` after the inner steps on its support.

    ``num_kept`` likeliest items of each support context are kept, for a closer bound on what the others gain.
    """
    contexts = batch.support
    if contexts is None or batch.num_users != 1:
        raise ValueError("A state is made of one user's support. Build the batch with BatchBuilder.adapting.")
    with torch.enable_grad():
        passed = adapt(model, rates, batch, model.sizes.num_items)
    adapted = passed.adapted
    with torch.no_grad():
        start, _ = model.gather(batch)
        changes = adapted.rows - start
        # What the output side did to an item's row is made from C like everything on that side.
        changes[: batch.num_item_rows] = 0.0
        if adapted.shifts is not None:
            changes[adapted.item_rows] = adapted.shifts
        order = batch.row_entities.argsort()  # items stay first
        counts = torch.bincount(contexts.sample_contexts, minlength=contexts.num_contexts).to(start.dtype)
        scale = float(rates.values()[0] * rates.weights(counts.sum()[None])[0])
        state = UserState(
            rows=batch.row_entities[order],
            changes=changes[order],
            num_item_rows=batch.num_item_rows,
            user=adapted.users[0].detach(),
            scale=scale,
            steps=(),
            counts=counts,
            targets=contexts.targets,
            target_contexts=contexts.sample_contexts,
            together=_pairs(contexts, model.sizes.num_items),
            together_logits=model.together_logits(contexts),
            history=batch.history,
            num_support=num_support,
        )
        for number, (scaled, shifts) in enumerate(zip(adapted.vectors, adapted.earlier_shifts, strict=True)):
            before = None
            if shifts is not None:
                full = torch.zeros(batch.num_item_rows, start.shape[1], dtype=start.dtype)
                full[adapted.item_rows] = shifts
                before = full[order[: batch.num_item_rows]]
            own = scaled.detach() / (scale or 1.0)
            logits = passed.logits if number == 0 else _support_logits(model, state, own, before, None)
            normaliser = logits.logsumexp(dim=1).detach()
            reach = support_reach(logits.detach(), counts, num_kept, log_normaliser=normaliser)
            state = replace(state, steps=(*state.steps, InnerStep(own, normaliser, before, reach)))
    return state


def residual_columns(model: CCRS, state: UserState, items: Tensor | None = None) -> list[Tensor]:
    """C of every inner step at ``items`` (all where None): (support contexts, items) each, never kept."""
    found = []
    for number, step in enumerate(state.steps):
        before = replace(state, steps=state.steps[:number])
        logits = _support_logits(model, before, step.vectors, step.shifts, items)
        residuals = logits.sub_(step.log_normaliser[:, None]).exp_().mul_(state.counts[:, None])
        kept, places = _places(items, state.targets)
        owners = state.target_contexts[kept]
        residuals.view(-1).index_add_(
            0, owners * residuals.shape[1] + places, -residuals.new_ones(len(places))
        )
        found.append(residuals)
    return found


def output_change(model: CCRS, state: UserState, vectors: Tensor, items: Tensor | None = None) -> Tensor:
    """What the adaptation adds to ``vectors · item_tableᵀ`` at ``items`` (all where None): (contexts, items)."""
    num_items = model.sizes.num_items if items is None else len(items)
    change = vectors.new_zeros(len(vectors), num_items)
    for step, residuals in zip(state.steps, residual_columns(model, state, items), strict=True):
        change.addmm_(vectors @ step.vectors.T * state.scale, residuals, alpha=-1)
    _add_shifts(change, vectors, state, state.changes[: state.num_item_rows], items)
    return change


def lift_of(state: UserState, vector: Tensor) -> tuple[Tensor, float]:
    """Items that the adaptation may lift for the query ``vector`` (d,), and how far it lifts any other at most."""
    items, lift = [state.lifted_items], 0.0
    for step in state.steps:
        strengths = state.scale * (step.vectors @ vector)
        items.append(step.reach.lifted(strengths))
        lift += step.reach.lift(strengths)
    return torch.cat(items), lift


def adapted_parameters(
    model: CCRS, batch: Batch, states: Sequence[UserState | None]
) -> tuple[Tensor, Tensor]:
    """Rows (rows, d) and users (users, d_u) of a batch of own rows, each user's as his state has them."""
    rows, users = model.gather(batch)
    rows, users = rows.clone(), users.clone()
    for number, state in enumerate(states):
        if state is None:
            continue
        users[number] = state.user
        mine = (batch.row_users == number).nonzero()[:, 0]
        entities = batch.row_entities[mine]
        place = torch.searchsorted(state.rows, entities).clamp(max=max(len(state.rows) - 1, 0))
        touched = (
            state.rows[place] == entities if len(state.rows) else torch.zeros_like(entities, dtype=torch.bool)
        )
        rows[mine[touched]] += state.changes[place[touched]]
        items = entities[entities < model.sizes.num_items]
        where = mine[entities < model.sizes.num_items]
        for step, residuals in zip(state.steps, residual_columns(model, state, items), strict=True):
            rows[where] -= residuals.T @ step.vectors * state.scale
    return rows, users


def joined_history(states: Sequence[UserState | None]) -> History:
    """The histories of several users as one, users numbered in their order."""
    known = [(number, state.history) for number, state in enumerate(states) if state is not None]
    empty = torch.zeros(0, dtype=torch.long)

    def joined(name: str) -> Tensor:
        return torch.cat([empty, *(getattr(history, name) for _, history in known)])

    def numbered(name: str) -> Tensor:
        return torch.cat(
            [empty, *(torch.full_like(getattr(history, name), number) for number, history in known)]
        )

    weights = [history.beside_weights for _, history in known]
    return History(
        users=numbered("users"),
        items=joined("items"),
        ages=joined("ages"),
        kinds=joined("kinds"),
        signs=joined("signs"),
        beside_users=numbered("beside_users"),
        beside_items=joined("beside_items"),
        beside_weights=torch.cat(weights) if weights else torch.zeros(0, 0),
    )


def _support_logits(
    model: CCRS, before: UserState, vectors: Tensor, shifts: Tensor | None, items: Tensor | None
) -> Tensor:
    """The support's logits ahead of a step at ``items``: (contexts, items); ``before`` has the steps taken."""
    table, bias = model.item_table(), model.item_logits()
    if items is not None:
        table, bias = table.index_select(0, items), bias.index_select(0, items)
    logits = torch.addmm(bias, vectors, table.T)
    if len(before.together_logits):
        kept, places = _places(items, before.together[1])
        flat = before.together[0, kept] * logits.shape[1] + places
        logits.view(-1).index_add_(0, flat, before.together_logits[kept])
    for earlier, residuals in zip(before.steps, residual_columns(model, before, items), strict=True):
        logits.addmm_(vectors @ earlier.vectors.T * before.scale, residuals, alpha=-1)
    if shifts is not None:
        _add_shifts(logits, vectors, before, shifts, items)
    return logits


def _add_shifts(
    logits: Tensor, vectors: Tensor, state: UserState, shifts: Tensor, items: Tensor | None
) -> None:
    """Add ``vectors`` times the shifts of the touched item rows (item rows, d) to ``logits``, in place."""
    kept, places = _places(items, state.rows[: state.num_item_rows])
    logits.index_add_(1, places, vectors @ shifts[kept].T)


def _places(items: Tensor | None, wanted: Tensor) -> tuple[Tensor, Tensor]:
    """Which of ``wanted`` are among the distinct ``items`` (all where None), and where these stand."""
    if items is None:
        return torch.arange(len(wanted)), wanted
    if not len(items):
        return torch.zeros(0, dtype=torch.long), torch.zeros(0, dtype=torch.long)
    ordered, order = items.sort()
    place = torch.searchsorted(ordered, wanted).clamp(max=len(ordered) - 1)
    kept = (ordered[place] == wanted).nonzero()[:, 0]
    return kept, order[place[kept]]


def _pairs(contexts: Contexts, num_items: int) -> Tensor:
    return torch.stack([contexts.together // num_items, contexts.together % num_items])


def _num_bytes(value: object) -> int:
    if isinstance(value, Tensor):
        return value.numel() * value.element_size()
    if isinstance(value, InnerStep | History | SupportReach):
        return sum(_num_bytes(getattr(value, field.name)) for field in fields(value))
    return sum(_num_bytes(part) for part in value) if isinstance(value, tuple) else 0
