"""The reply that agrees most with everything the model might say: minimum Bayes risk decoding.

The likeliest reply is short and dull, and right only where it hits every word. Drawing many replies and taking the
one that shares most words and word sequences with them maximises the expected overlap with what a person would
say, as far as the model knows (Eikema and Aziz, 2020). Candidates may come from a bank of what people said: they
are read against the votes by one sum over their n-grams.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn

ORDER_WEIGHTS = (0.75, 0.25)
"""How much tokens and pairs of tokens count."""
_Gram = tuple[int, ...]


class Electorate:
    """Candidates whose n-grams are counted once, to be read against many votes."""

    def __init__(self, candidates: Sequence[Sequence[int]]) -> None:
        self._features: dict[tuple[_Gram, int], int] = {}
        rows: list[list[list[int]]] = [[] for _ in ORDER_WEIGHTS]
        for candidate in candidates:
            for order in range(1, len(ORDER_WEIGHTS) + 1):
                numbers = [
                    self._features.setdefault(f, len(self._features)) for f in _numbered(candidate, order)
                ]
                rows[order - 1].append(numbers)
        self._rows = [self._packed(found) for found in rows]
        self._lengths = [torch.tensor([len(row) for row in found], dtype=torch.float32) for found in rows]
        self.count = len(candidates)

    def agreement(self, votes: Sequence[Sequence[int]]) -> Tensor:
        """The mean F1 of each candidate's n-grams with those of the votes, weighted by order: (candidates,)."""
        total = torch.zeros(self.count)
        if not votes or not self.count:
            return total
        for order in range(1, len(ORDER_WEIGHTS) + 1):
            found = [self._known(_numbered(vote, order)) for vote in votes]
            voters = torch.tensor([voter for voter, row in enumerate(found) for _ in row], dtype=torch.long)
            cells = torch.tensor([number for row in found for number in row], dtype=torch.long)
            said = torch.zeros(len(self._features), len(votes))
            said[cells, voters] = 1.0
            columns, offsets = self._rows[order - 1]
            shared = nn.functional.embedding_bag(columns, said, offsets, mode="sum")  # (candidates, votes)
            counts = torch.tensor([max(len(vote) - order + 1, 0) for vote in votes], dtype=torch.float32)
            lengths = self._lengths[order - 1][:, None] + counts
            total += ORDER_WEIGHTS[order - 1] * (2 * shared / lengths.clamp(min=1)).mean(dim=1)
        return total

    def _known(self, features: Iterable[tuple[_Gram, int]]) -> list[int]:
        return [number for feature in features if (number := self._features.get(feature)) is not None]

    @staticmethod
    def _packed(rows: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
        """The features of all candidates in one row, and where each candidate's begin."""
        counts = np.array([len(row) for row in rows], np.int64)
        features = torch.tensor([number for row in rows for number in row], dtype=torch.long)
        return features, torch.from_numpy(np.cumsum(counts) - counts)


def _numbered(reply: Sequence[int], order: int) -> Iterator[tuple[_Gram, int]]:
    """The n-grams of a reply, equal ones told apart by how often they came before: so overlap counts them."""
    seen: dict[_Gram, int] = {}
    for gram in zip(*(reply[start:] for start in range(order)), strict=False):
        yield gram, seen.setdefault(gram, 0)
        seen[gram] += 1
