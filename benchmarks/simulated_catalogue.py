"""A catalogue of any size and people in it, with the figures of a model trained on ReDial where those are known.

Taken from the trained CCRS+ (6,917 items, d = 128): norms of item rows about 2.2 around a common mean of norm 1.2 to
1.4, a bias of spread 1 with a long tail of popular items, user vectors of norm 4.5, plain scores of spread 1 to 2,
a strength a_n of support contexts of either sign, co-occurrence and touched rows that move some hundred items.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

SIZE = 128
CLUSTERS = 2_000
SUPPORT = 50
"""Support contexts of a person."""
RATE, HALF_COUNT = 0.093, 3.7
"""β_entity and n₀ as learned on ReDial."""
_BLOCK = 100_000


@dataclass(frozen=True)
class SimulatedQuery:
    """One open dialogue of a person: its vector and what is added to few items."""

    vector: Tensor  # (d,)
    items: Tensor  # (items,) distinct: co-occurrence and history
    additions: Tensor  # (items,)


@dataclass(frozen=True)
class SimulatedPerson:
    """Support contexts and dialogues of one person."""

    support: Tensor  # (contexts, d) P
    targets: Tensor  # (contexts,) item of each
    rows: Tensor  # (rows,) distinct items whose rows the support touches
    changes: Tensor  # (rows, d) how
    queries: tuple[SimulatedQuery, ...]


class SimulatedCatalogue:
    """Items around cluster centres; popular ones have a higher bias and, as on ReDial, a slightly shorter row.

    ``noise`` is the norm of what an item has beside its cluster's centre, whose own norm is about 1.6.
    """

    def __init__(self, num_items: int, *, noise: float = 0.96, seed: int = 0) -> None:
        self._generator = torch.Generator().manual_seed(seed)
        mean = self._normal(SIZE)
        self._mean = mean * (1.2 / mean.norm())
        # Directions of falling weight: a few matter much, all matter some.
        weights = torch.arange(1, SIZE + 1).float() ** -0.7
        turn = torch.linalg.qr(self._normal(SIZE, SIZE)).Q
        self._centres = 1.6 * (self._normal(CLUSTERS, SIZE) * weights / weights.norm()) @ turn.T
        self._sizes = torch.arange(1, CLUSTERS + 1).float() ** -0.5
        self.clusters = self._draw(self._sizes, num_items)
        # Most items have been named hardly ever, few very often.
        popularity = (self._normal(num_items) * 1.6 - 1).exp().log1p().clamp(max=8)
        self.bias = 0.78 * popularity - 0.6 + 0.4 * self._normal(num_items)
        self.table = torch.empty(num_items, SIZE)
        for first in range(0, num_items, _BLOCK):
            block = slice(first, first + _BLOCK)
            centres = self._centres[self.clusters[block]]
            rows = self._mean + centres + self._normal(*centres.shape) * (noise / math.sqrt(SIZE))
            self.table[block] = rows * (1 - 0.04 * (popularity[block, None] - 0.5)).clamp(min=0.5)

    def person(self, num_queries: int, *, sharpness: float = 1.0) -> SimulatedPerson:
        """Somebody who talks about three clusters; support and queries alike.

        ``sharpness`` multiplies the support's vectors: the larger, the more sure is the model of few items.
        """
        favourites = self._draw(self._sizes, 3)
        near = torch.isin(self.clusters, favourites).nonzero()[:, 0]
        rows = self._some(near, 600)
        return SimulatedPerson(
            support=self._vectors(favourites, SUPPORT) * sharpness,
            targets=near[self._draw(self.bias[near].exp(), SUPPORT)],
            rows=rows,
            # p · Δ of spread 0.05
            changes=self._normal(len(rows), SIZE) * (0.05 / 4.5),
            queries=tuple(self._query(favourites, near) for _ in range(num_queries)),
        )

    def _query(self, favourites: Tensor, near: Tensor) -> SimulatedQuery:
        items = torch.unique(
            torch.cat([self._some(near, 700), self._some(torch.arange(len(self.bias)), 300)])
        )
        louder = -0.8 * torch.rand(len(items), generator=self._generator).clamp(min=1e-6).log()
        return SimulatedQuery(self._vectors(favourites, 1)[0], items, louder)

    def _vectors(self, favourites: Tensor, count: int) -> Tensor:
        chosen = favourites[torch.randint(len(favourites), (count,), generator=self._generator)]
        vectors = self._centres[chosen] + 0.3 * self._mean
        vectors = vectors + self._normal(count, SIZE) * (1.44 / math.sqrt(SIZE))
        return vectors * (4.5 / vectors.norm(dim=1, keepdim=True))

    def _some(self, items: Tensor, count: int) -> Tensor:
        return items[torch.randperm(len(items), generator=self._generator)[:count]]

    def _normal(self, *shape: int) -> Tensor:
        return torch.randn(*shape, generator=self._generator)

    def _draw(self, weights: Tensor, count: int) -> Tensor:
        return torch.multinomial(weights, count, replacement=True, generator=self._generator)
