"""What a context names, as rows of a frozen recommender: something to look at, and one pooled vector."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ccrs.core.replies import IdGrid
from ccrs.models.layers.importance import Importance
from ccrs.models.layers.segments import segment_sum
from ccrs.models.layers.transformer import Memory, MemoryAttention, Packing


@dataclass(frozen=True)
class Mentioned:
    """What the contexts of a batch name."""

    values: Tensor  # (mentions, width) packed
    packing: Packing
    pooled: Tensor  # (replies, width)

    def memory(self, attention: MemoryAttention) -> Memory:
        """The same as ``attention`` looks at it."""
        return attention.memory(self.packing.spread(attention.told(self.values)), self.packing.mask)


class MentionEncoder(nn.Module):
    """Rows of ``table`` (n, d), looked up and brought to the width of the decoder.

    The pooled vector is ``Σ_e softmax(bᵀ tanh(A h(e))) h(e)``; where nothing is named it is zero before it is brought
    to the width. The table is frozen and no part of the weights: it is the recommender's.
    """

    table: Tensor

    def __init__(self, table: Tensor, width: int) -> None:
        super().__init__()
        size = table.shape[1]
        self.register_buffer("table", table, persistent=False)
        self.importance = Importance(size)
        self.to_width, self.pooled_to_width = nn.Linear(size, width), nn.Linear(size, width)

    def forward(self, named: IdGrid) -> Mentioned:
        """The mentions of each reply's context."""
        packing = Packing.of(named.mask)
        rows = self.table.index_select(0, named.ids.flatten().index_select(0, packing.index))
        owners, count = self._owners(packing), len(named.mask)
        weights = self.importance(rows, owners, count)
        pooled = segment_sum(rows * weights[:, None], owners, count)
        return Mentioned(self.to_width(rows), packing, self.pooled_to_width(pooled))

    @staticmethod
    def _owners(packing: Packing) -> Tensor:
        return packing.sequences if packing.mask.shape[1] else torch.zeros_like(packing.index)


def there(grid: IdGrid | None) -> IdGrid:
    """What the contexts of a batch name; raises where the batch was built without."""
    if grid is None:
        raise ValueError(
            "The batch does not hold what its contexts name; build it as the responder's row reads."
        )
    return grid
