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
from ccrs.inference.best_first import add_output_change
from ccrs.inference.builders import run_builder
from ccrs.inference.explanation import BatchView
from ccrs.inference.reply_vectors import plain_vectors
from ccrs.inference.searching import Wanted, searched_logits
from ccrs.inference.user_state import UserState, adapted_parameters, joined_history
from ccrs.models.ccrs import CCRS
from ccrs.models.item_index import ItemIndex


@dataclass(frozen=True)
class RankRequest:
    """A dialogue so far, as linked messages, and what is known of its user (None: a stranger)."""

    messages: tuple[Message, ...]
    state: UserState | None = None
    allowed: Tensor | None = (
        None  # (items,) what may be offered: needed where a catalogue is not scored whole
    )


@dataclass(frozen=True)
class RankedItems:
    """Every item's score at the open end of a dialogue, and the parameters it was computed with."""

    view: BatchView | None  # the attention behind it; None for a recommender without
    context: int  # the dialogue among the contexts of the batch
    stranger: int  # the context of somebody unknown who says the same
    logits: Tensor  # (items,) exact for the best that may be offered (``best_first``)
    unadapted: Tensor  # (items,) for that stranger
    vector: Tensor  # (d,) p_u, as responders are trained on it
    user: Tensor  # (d_u,) the adapted user embedding; (0,) for a recommender without
    mentioned: tuple[int, ...]  # entities, the latest last
    num_support: int


def rank_all(run: Run, requests: Sequence[RankRequest], index: ItemIndex | None = None) -> list[RankedItems]:
    """Score all items for each request; what stands beside a request changes nothing but the last digits.

    With an ``index`` only the best items of a large catalogue are scored (``searching``).

    Whoever is known is scored as a stranger as well, in the same pass: it costs little beside a pass of its own.
    """
    if not requests:
        return []
    model = run.model
    if not isinstance(model, CCRS):
        return _ranked_alike(run, requests)
    known = [number for number, request in enumerate(requests) if request.state is not None]
    states = [*(request.state for request in requests), *(None for _ in known)]
    batch, mentioned = _open_ends(run, requests, known, states)
    with torch.no_grad():
        rows, users = adapted_parameters(model, batch, states)
        vectors, attention = model.explained_vectors(rows, users, batch.query, batch)
        scoring = model.user_vectors(rows, users, batch.query, batch) if _attends_history(model) else vectors
        if index is not None and not index.is_exact:
            logits = _searched(model, index, batch, scoring, requests, known)
        else:
            logits = model.static_logits(scoring @ model.output_rows().T, batch.query, batch.history)
            for number in known:
                state = requests[number].state
                if state is not None:
                    add_output_change(model, state, scoring[number], logits[number], requests[number].allowed)
    view = BatchView(run, batch, attention)
    strangers = {number: len(requests) + place for place, number in enumerate(known)}
    return [
        _ranked(request, number, strangers.get(number, number), view, logits, vectors, users, mentioned)
        for number, request in enumerate(requests)
    ]


def _ranked_alike(run: Run, requests: Sequence[RankRequest]) -> list[RankedItems]:
    """The same by a recommender that adapts to nobody: a person is a stranger, but for what the model reads of him."""
    states = [request.state for request in requests]
    batch, mentioned = _open_ends(run, requests, [], states)
    with torch.no_grad():
        logits, vectors = run.model(batch), plain_vectors(run, batch)
    nobody = torch.zeros(len(requests), 0)
    return [
        _ranked(request, number, number, None, logits, vectors, nobody, mentioned)
        for number, request in enumerate(requests)
    ]


def _ranked(
    request: RankRequest,
    context: int,
    stranger: int,
    view: BatchView | None,
    logits: Tensor,
    vectors: Tensor,
    users: Tensor,
    mentioned: Sequence[tuple[int, ...]],
) -> RankedItems:
    """What was found for one context of a batch."""
    return RankedItems(
        view=view,
        context=context,
        stranger=stranger,
        logits=logits[context],
        unadapted=logits[stranger],
        vector=vectors[context],
        user=users[context],
        mentioned=mentioned[context],
        num_support=0 if request.state is None else request.state.num_support,
    )


def _searched(
    model: CCRS,
    index: ItemIndex,
    batch: Batch,
    vectors: Tensor,
    requests: Sequence[RankRequest],
    known: Sequence[int],
) -> Tensor:
    """The logits of all contexts; a stranger's are computed for what was found for the person, too."""
    nothing = torch.zeros(0, dtype=torch.long)
    own = [Wanted(n, request.state, request.allowed, nothing) for n, request in enumerate(requests)]
    found = searched_logits(model, index, batch, vectors, own)
    strangers = [
        Wanted(len(requests) + place, None, requests[n].allowed, (found[n] > -torch.inf).nonzero()[:, 0])
        for place, n in enumerate(known)
    ]
    return torch.stack([*found, *searched_logits(model, index, batch, vectors, strangers)])


def _open_ends(
    run: Run,
    requests: Sequence[RankRequest],
    known: Sequence[int],
    states: Sequence[UserState | None],
) -> tuple[Batch, list[tuple[int, ...]]]:
    """A batch with the state in which each dialogue waits for an answer, and the entities named in each.

    The dialogues of the ``known`` come once more, for a stranger each.
    """
    dialogues = [Dialogue(str(n), str(n), request.messages) for n, request in enumerate(requests)]
    table = build_samples(run.catalogue, dialogues, open_ended=True)
    last = np.flatnonzero(np.append(table.context_dialogues[1:] != table.context_dialogues[:-1], True))
    contexts = np.concatenate([last, last[np.array(known, np.int64)]])
    batch = run_builder(run, table).own_rows(contexts, np.arange(len(contexts)), len(contexts))
    mentioned = [tuple(table.mentions[context].tolist()) for context in last.tolist()]
    return replace(batch, history=joined_history(states)), mentioned


def _attends_history(model: CCRS) -> bool:
    """Whether the vector that scores differs from the one responders read."""
    return model.config.additions.history
