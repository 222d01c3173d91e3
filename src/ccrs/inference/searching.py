"""Scores of the best items of a catalogue that is too large to be scored whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ccrs.core.batch import Batch
from ccrs.inference.user_state import UserState, lift_of, output_change
from ccrs.models.ccrs import CCRS
from ccrs.models.item_index import ItemIndex, ItemQuery

NUM_CANDIDATES = 500
"""How many of the best items are scored for a dialogue; all others count as last."""


@dataclass(frozen=True)
class Wanted:
    """One context of a batch: whose it is, what may be found, and items that are scored in any case."""

    context: int
    state: UserState | None
    allowed: Tensor | None
    always: Tensor


def searched_logits(
    model: CCRS, index: ItemIndex, batch: Batch, vectors: Tensor, wanted: Sequence[Wanted]
) -> list[Tensor]:
    """Logits (items,) of each wanted context: exact for the best items, -inf for the others.

    The adaptation's own items, and those that co-occurrence and history speak for, are always among the candidates.
    """
    num_items = len(index)
    added = [(flat, strength) for flat, strength in model.added_logits(batch.query, batch.history, num_items)]
    queries, own = [], []
    for one in wanted:
        vector = vectors[one.context]
        first, last = one.context * num_items, (one.context + 1) * num_items
        mine = [(flat, strength, (flat >= first) & (flat < last)) for flat, strength in added]
        items = torch.cat([flat[kept] - first for flat, _, kept in mine] or [one.always[:0]])
        strengths = torch.cat([strength[kept] for _, strength, kept in mine] or [vector[:0]])
        own.append((items, strengths))
        lifted, lift = (one.always[:0], 0.0) if one.state is None else lift_of(one.state, vector)
        always = torch.cat([items, lifted, one.always])
        queries.append(ItemQuery(vector, always=always, allowed=one.allowed, lift=lift))

    def rescored(number: int, items: Tensor) -> Tensor:
        one, vector = wanted[number], vectors[wanted[number].context]
        scores = index.plain_scores(vector[None], items)[0]
        if one.state is not None:
            scores = scores + output_change(model, one.state, vector[None], items)[0]
        named, strengths = own[number]
        place = torch.searchsorted(items, named).clamp(max=max(len(items) - 1, 0))
        there = items[place] == named if len(items) else torch.zeros_like(named, dtype=torch.bool)
        return scores.index_add(0, place[there], strengths[there])

    logits = []
    for found in index.search(queries, k=NUM_CANDIDATES, rescore=rescored):
        full = vectors.new_full((num_items,), -torch.inf)
        full[found.items] = found.scores
        logits.append(full)
    return logits
