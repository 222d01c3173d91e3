"""Popularity: every context gets the items that recommenders named most often in training."""

from __future__ import annotations

from torch import Tensor, nn

from ccrs.core.batch import Batch
from ccrs.core.config import StrictConfig
from ccrs.models.sizes import Sizes


class PopularityConfig(StrictConfig):
    """Nothing to choose."""


class Popularity(nn.Module):
    """Scores are the counts; items named equally often tie (which counts against the model)."""

    counts: Tensor

    def __init__(self, config: PopularityConfig, sizes: Sizes, popularity: Tensor) -> None:
        super().__init__()
        self.config, self.sizes = config, sizes
        self.register_buffer("counts", popularity.float())

    def forward(self, batch: Batch) -> Tensor:
        """(contexts, items)."""
        return self.counts.expand(batch.query.num_contexts, -1)
