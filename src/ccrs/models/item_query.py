"""What is searched for in a catalogue, and what is found."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

Rescore = Callable[[int, Tensor], Tensor]
"""Exact scores of items (found,) for the query of a number."""


@dataclass(frozen=True)
class ItemQuery:
    """What is searched for. Ids may stand twice, in any order."""

    vector: Tensor  # (d,) p
    always: Tensor = field(default_factory=lambda: torch.zeros(0, dtype=torch.long))
    """Items that are candidates whatever their plain score, unless excluded or not allowed."""
    exclude: Tensor = field(default_factory=lambda: torch.zeros(0, dtype=torch.long))
    allowed: Tensor | None = None  # (items,) False for items that may not be found
    lift: float = math.inf
    """By how much, at most, the exact score of an item that is not in ``always`` is above its plain score."""


@dataclass(frozen=True)
class FoundItems:
    """The best items of a query, best first, of equal ones the lower id first; fewer than k where there are fewer.

    ``certified``: it is proven that no item is missing.
    """

    items: Tensor  # (found,)
    scores: Tensor  # (found,)
    certified: bool
    num_candidates: int
