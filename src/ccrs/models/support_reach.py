"""How far a user's adaptation can lift items that nobody named: a bound, from the support's own likeliest items.

The adaptation adds ``−Σ_n a_n C_n(i)`` to the score of item i, with ``a_n = β w (p · P_n)`` and
``C_n = count_n · softmax_n − onehot`` (``model.md``). Apart from the support's targets, item i rises only by contexts
with a_n < 0, by ``|a_n| count_n softmax_n(i)`` each. A context's few likeliest items are kept by name, and any other
item is no likelier than the first that is not kept. So no search for another vector than p is needed: the items kept
are candidates, and the rest has a bound.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class SupportReach:
    """The likeliest items of every support context of one inner step, and how likely the others can be."""

    items: Tensor  # (contexts, kept)
    caps: Tensor  # (contexts,) count · softmax of any item that is not kept, at most

    def lifted(self, strengths: Tensor) -> Tensor:
        """Items, ascending, that contexts of negative strength a_n (contexts,) may lift by more than ``lift``."""
        distinct: Tensor = torch.unique(self.items[strengths < 0])
        return distinct

    def lift(self, strengths: Tensor) -> float:
        """How much the step adds, at most, to an item that is neither ``lifted`` nor a target nor in a touched row.

        ``strengths`` (contexts,) are the a_n of the query.
        """
        return float(((-strengths).clamp(min=0) * self.caps).sum())


def support_reach(
    logits: Tensor, counts: Tensor, kept: int = 4, *, log_normaliser: Tensor | None = None
) -> SupportReach:
    """The reach of a step whose support contexts have ``logits`` (contexts, items), all that is added included.

    ``counts`` (contexts,) are the samples of each context; ``kept`` is how many items of each are kept.
    ``log_normaliser`` (contexts,) is log Z where it is known already.
    """
    if log_normaliser is None:
        log_normaliser = logits.logsumexp(dim=1)
    num_items = logits.shape[1]
    best = logits.topk(min(kept + 1, num_items), dim=1)
    caps = counts.new_zeros(len(logits))
    if num_items > kept:
        caps = counts * (best.values[:, kept] - log_normaliser).exp()
    return SupportReach(best.indices[:, :kept].contiguous(), caps)
