"""Item-kNN: items are alike as the cosine of who had them (Sarwar et al. 2001), each with its nearest ones."""

from __future__ import annotations

import torch
from pydantic import Field

from ccrs.models.baselines.ease import ItemToItem, NeighbourConfig, together
from ccrs.models.inputs import ModelInputs


class ItemKNNConfig(NeighbourConfig):
    """How many neighbours an item has, and how far rare items are shrunk."""

    neighbours: int = Field(50, ge=1)
    shrinkage: float = Field(10.0, ge=0)


class ItemKNN(ItemToItem):
    """``B_ij = n_ij / (sqrt(n_i n_j) + shrinkage)`` for the nearest neighbours i of each j, else 0."""

    def __init__(self, config: ItemKNNConfig, given: ModelInputs) -> None:
        super().__init__(config, given)
        rows = together(config, given)
        if rows is None:
            return
        counts = rows.T @ rows
        norms = counts.diagonal().clone().sqrt()
        alike = counts / (norms[:, None] * norms[None, :] + config.shrinkage).clamp(min=1e-9)
        alike.fill_diagonal_(0)
        count = min(config.neighbours, self.num_items)
        nearest = alike.topk(count, dim=0)
        self.weights.copy_(torch.zeros_like(alike).scatter_(0, nearest.indices, nearest.values))
