"""The change that an adaptation makes on the output side, where it can matter: at the best items, exactly.

To compute it for every item takes a product of the support's vectors with the whole item table, most of what a ranking
costs. But it moves only few items much (the support's targets, the rows it touched), and every other one by at most
``lift_of``: so it is computed for these and for the best by what else counts, and when the last of the best ones found
is above what any other item could reach, nothing was missed. Where that cannot be shown it is computed for all.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ccrs.inference.user_state import UserState, lift_of, output_change
from ccrs.models.ccrs import CCRS

NUM_BEST = 50
"""How many of the best items are exact: as many as can be asked for."""
_SPARE = 150


def add_output_change(
    model: CCRS, state: UserState, vector: Tensor, logits: Tensor, allowed: Tensor | None = None
) -> bool:
    """Add the change for one query ``vector`` (d,) to its ``logits`` (items,), in place.

    The ``NUM_BEST`` best items among ``allowed`` (all where None) and their logits are exact afterwards, and so is
    every item that the change may lower or lift much; others lack at most the little of ``lift_of``. Returns whether
    the change was added to all items.
    """
    lifted, lift = lift_of(state, vector)
    plain = logits if allowed is None else logits.masked_fill(~allowed, -torch.inf)
    num_candidates = min(NUM_BEST + _SPARE + len(lifted), len(plain))
    # One more than the candidates: the best of those that are none.
    best = plain.topk(min(num_candidates + 1, len(plain)))
    if len(best.values) > num_candidates:
        items = torch.unique(torch.cat([best.indices[:num_candidates], lifted]))
        changed = logits[items] + output_change(model, state, vector[None], items)[0]
        reachable = changed if allowed is None else changed[allowed[items]]
        last = reachable.topk(NUM_BEST).values[-1] if len(reachable) >= NUM_BEST else -torch.inf
        if last >= best.values[num_candidates] + lift:
            logits[items] = changed
            return False
    logits += output_change(model, state, vector[None])[0]
    return True
