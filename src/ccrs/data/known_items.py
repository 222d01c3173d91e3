"""What a user has had before a sample, where nobody is recommended the same item twice: no candidates."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ccrs.core.samples import IntArray, Ragged, SampleTable


class KnownItems:
    """The items of a user's earlier dialogues (named, recommended, judged) and of the context, for each sample.

    Only for data without repeats (``Manifest.repeats`` is False). Targets are never taken out.
    """

    def __init__(self, table: SampleTable, num_items: int) -> None:
        self._table, self._num_items = table, num_items
        self._earlier = _earlier_items(table, num_items)

    def without(self, logits: Tensor, samples: IntArray) -> Tensor:
        """``logits`` (samples, items) with minus infinity at what the user knows; the input stays as it is."""
        rows, items = self.of_contexts(self._table.sample_contexts[samples])
        known = items != self._table.sample_targets[samples][rows]
        found = logits.clone()
        found[torch.from_numpy(rows[known]), torch.from_numpy(items[known])] = -torch.inf
        return found

    def of_contexts(self, contexts: IntArray) -> tuple[IntArray, IntArray]:
        """(which of ``contexts``, item) of all that is known there, targets and all: (pairs,) each."""
        table = self._table
        before, first = self._earlier.positions(table.context_dialogues[contexts])
        named, second = table.mentions.positions(contexts)
        items = np.concatenate([self._earlier.values[before], table.mentions.values[named]])
        rows = np.concatenate([first, second])
        kept = items < self._num_items
        return rows[kept], items[kept]


def _earlier_items(table: SampleTable, num_items: int) -> Ragged:
    """For each dialogue the distinct items of the same user's earlier ones."""
    order = np.lexsort((table.dialogue_times, table.dialogue_users))
    rows: list[list[int]] = [[] for _ in range(len(table.dialogue_ids))]
    user, seen = -1, dict[int, None]()
    for dialogue in order.tolist():
        if int(table.dialogue_users[dialogue]) != user:
            user, seen = int(table.dialogue_users[dialogue]), {}
        rows[dialogue] = list(seen)
        for part in (table.dialogue_mentions, table.dialogue_targets, table.liked, table.disliked):
            seen.update(dict.fromkeys(item for item in part[dialogue].tolist() if item < num_items))
    return Ragged.from_rows(rows)
