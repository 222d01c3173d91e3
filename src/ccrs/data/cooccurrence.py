"""Which items are named in the same dialogue, counted over training dialogues only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ccrs.core.samples import IntArray, Ragged

FloatArray = npt.NDArray[np.float32]
NUM_FEATURES = 2


@dataclass(frozen=True)
class Cooccurrence:
    """For each item, the items that stood beside it: counts over dialogues, in compressed rows."""

    neighbours: Ragged  # (items) neighbouring items, ascending
    counts: IntArray  # (total neighbours) dialogues that hold both
    dialogues: IntArray  # (items) dialogues that hold the item

    @classmethod
    def count(cls, mentions: Ragged, dialogues: IntArray, num_items: int) -> Cooccurrence:
        """Count pairs of items over ``dialogues`` (rows of ``mentions``)."""
        heads, tails = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        single = np.zeros(num_items, np.int64)
        for dialogue in dialogues.tolist():
            items = mentions[dialogue]
            items = items[items < num_items]
            single[items] += 1
            first, second = np.nonzero(~np.eye(len(items), dtype=np.bool_))
            heads.append(items[first])
            tails.append(items[second])
        pairs, counts = np.unique(
            np.concatenate(heads) * num_items + np.concatenate(tails), return_counts=True
        )
        lengths = np.bincount(pairs // num_items, minlength=num_items)
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        return cls(Ragged(offsets, pairs % num_items), counts.astype(np.int64), single)

    def beside(
        self, items: IntArray, dialogues: IntArray, own: Ragged | None
    ) -> tuple[IntArray, IntArray, FloatArray]:
        """What stood beside each of ``items``: (neighbours, which of ``items``, features (pairs, 2)).

        The features are log(1 + count) and count / (dialogues of the item + 5). With ``own``, row
        ``dialogues[i]`` of it is the dialogue that asks, and is taken out of the counts.
        """
        neighbours, which, counts, totals, _ = self._pairs(items, dialogues, own)
        features = np.stack([np.log1p(counts), counts / (totals + 5.0)], axis=1).astype(np.float32)
        return neighbours, which, features

    def beside_all(
        self,
        items: IntArray,
        weights: npt.NDArray[np.float64],
        groups: IntArray,
        dialogues: IntArray,
        own: Ragged | None,
    ) -> tuple[IntArray, IntArray, FloatArray]:
        """What stood beside the ``items`` of each group, once a group: (groups, neighbours, features (pairs, 3 w)).

        Summed over the items of a group with each column of ``weights`` (items, w): count, share of the item's
        dialogues, and cosine; each as log(1 + 10 x), which a logit can weigh. ``dialogues`` and ``own`` as in
        ``beside``. Pairs are sorted by group.
        """
        span = len(self.dialogues)
        neighbours, which, counts, totals, others = self._pairs(items, dialogues, own)
        found, places = np.unique(groups[which] * span + neighbours, return_inverse=True)
        terms = (counts / 10, counts / (totals + 5.0), counts / np.sqrt((totals + 5.0) * (others + 5.0)))
        sums = [
            np.bincount(places, term * column[which], minlength=len(found))
            for column in weights.T
            for term in terms
        ]
        features = np.log1p(10 * np.stack(sums, axis=1)).astype(np.float32)
        return found // span, found % span, features

    def _pairs(
        self, items: IntArray, dialogues: IntArray, own: Ragged | None
    ) -> tuple[IntArray, IntArray, IntArray, IntArray, IntArray]:
        """Neighbours, which of ``items``, dialogues that hold both, and the item, and the neighbour."""
        positions, which = self.neighbours.positions(items)
        neighbours, counts = self.neighbours.values[positions], self.counts[positions]
        totals, others = self.dialogues[items][which], self.dialogues[neighbours]
        if own is None:
            return neighbours, which, counts, totals, others
        span = len(self.dialogues)
        distinct, local = np.unique(dialogues, return_inverse=True)
        own_positions, owner = own.positions(distinct)
        entities = own.values[own_positions]
        holds = np.zeros(len(distinct) * span, np.bool_)
        holds[owner[entities < span] * span + entities[entities < span]] = True
        mine = holds[(local * span)[which] + neighbours]
        counts, totals, others = counts - mine, totals - 1, others - mine
        kept = counts > 0
        return neighbours[kept], which[kept], counts[kept], totals[kept], others[kept]
