"""Scoring every item for many open dialogues at once, each user adapted by his kept state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from ccrs.artifacts.run import Run
from ccrs.core.batch import Batch
from ccrs.core.dialogue import Dialogue, Message
from ccrs.data.samples import build_samples
from ccrs.inference.builders import run_builder
from ccrs.inference.explanation import BatchView
from ccrs.inference.user_state import UserState, adapted_parameters, joined_history, output_change
from ccrs.models.ccrs import CCRS


@dataclass(frozen=True)
class RankRequest:
    """A dialogue so far, as linked messages, and what is known of its user (None: a stranger)."""

    messages: tuple[Message, ...]
    state: UserState | None = None


@dataclass(frozen=True)
class RankedItems:
    """Every item's score at the open end of a dialogue, and the parameters it was computed with."""

    view: BatchView
    context: int  # the dialogue among those of the batch
    logits: Tensor  # (items,)
    unadapted: Tensor  # (items,) for a stranger who says the same
    vector: Tensor  # (d,) p_u, as responders are trained on it
    user: Tensor  # (d_u,) the adapted user embedding
    mentioned: tuple[int, ...]  # entities, the latest last
    num_support: int


def rank_all(run: Run, model: CCRS, requests: Sequence[RankRequest]) -> list[RankedItems]:
    """Score all items for each request; what stands beside a request changes nothing but the last digits."""
    if not requests:
        return []
    batch, mentioned = _open_ends(run, requests)
    states = [request.state for request in requests]
    with torch.no_grad():
        rows, users = adapted_parameters(model, batch, states)
        vectors = model.user_vectors(rows, users, batch.query, batch, with_history=False)
        unadapted = _stranger_logits(model, batch, vectors, states)
        scoring = model.user_vectors(rows, users, batch.query, batch) if _attends_history(model) else vectors
        logits = scoring @ model.item_table().T
        for number, state in enumerate(states):
            if state is not None:
                logits[number] += output_change(model, state, scoring[number : number + 1])[0]
        logits = model.static_logits(logits, batch.query, batch.history)
    view = BatchView(run, model, batch, rows, users)
    return [
        RankedItems(
            view=view,
            context=number,
            logits=logits[number],
            unadapted=unadapted[number],
            vector=vectors[number],
            user=users[number],
            mentioned=mentioned[number],
            num_support=0 if state is None else state.num_support,
        )
        for number, state in enumerate(states)
    ]


def _open_ends(run: Run, requests: Sequence[RankRequest]) -> tuple[Batch, list[tuple[int, ...]]]:
    """A batch with the state in which each dialogue waits for an answer, and the entities named in each."""
    dialogues = [Dialogue(str(n), str(n), request.messages) for n, request in enumerate(requests)]
    table = build_samples(run.catalogue, dialogues, open_ended=True)
    last = np.append(table.context_dialogues[1:] != table.context_dialogues[:-1], True)
    contexts = np.flatnonzero(last)
    batch = run_builder(run, table).own_rows(contexts, np.arange(len(requests)), len(requests))
    mentioned = [tuple(table.mentions[context].tolist()) for context in contexts.tolist()]
    return replace(batch, history=joined_history([request.state for request in requests])), mentioned


def _stranger_logits(
    model: CCRS, batch: Batch, vectors: Tensor, states: Sequence[UserState | None]
) -> Tensor:
    """Logits for somebody of whom nothing is known; ``vectors`` are right for those without a state already."""
    if any(state is not None for state in states):
        vectors = model.user_vectors(*model.gather(batch), batch.query, batch, with_history=False)
    return model.static_logits(vectors @ model.item_table().T, batch.query, None)


def _attends_history(model: CCRS) -> bool:
    """Whether the vector that scores differs from the one responders read."""
    return model.config.additions.history
