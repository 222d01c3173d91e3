"""The nearest retrieved reply: what a person answered in the training context that is most like this one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from ccrs.core.errors import CcrsError
from ccrs.core.samples import IntArray, Ragged
from ccrs.evaluation.text_overlap import encode, words

K1: Final[float] = 1.2
B: Final[float] = 0.75
"""BM25's usual constants: how soon a repeated word stops counting, and how much long contexts pay."""

_NUM_DENSE: Final[int] = 256  # commonest words, scored by one matrix product: 1 KB per context
_CHUNK_CELLS: Final[int] = 4_000_000  # queries x contexts scored at once: 16 MB

Weights = npt.NDArray[np.float32]


class ContextIndex:
    """BM25 over the words of training contexts (Robertson and Zaragoza, 2009).

    The score of a context is the sum over the distinct words w of the query of
    ``idf(w) * tf * (K1 + 1) / (tf + K1 * (1 - B + B * length / mean length))`` with
    ``idf(w) = log(1 + (contexts - df + 1/2) / (df + 1/2))``. Raises ``CcrsError`` without contexts.
    """

    def __init__(self, contexts: Sequence[str]) -> None:
        if not contexts:
            raise CcrsError("There are no contexts to search. Pass those of the training dialogues.")
        self._vocabulary: dict[str, int] = {}
        rows = encode(map(words, contexts), self._vocabulary)
        self._num_contexts = len(contexts)
        self._shortest = int(np.argmin(rows.lengths))
        self._offsets, self._contexts, self._weights = _postings(rows, len(self._vocabulary))
        frequency = np.diff(self._offsets)
        common = np.argsort(-frequency, kind="stable")[:_NUM_DENSE]
        self._column = np.full(len(self._vocabulary), -1, dtype=np.int64)  # of a word in the dense part
        self._column[common] = np.arange(len(common))
        self._dense = np.zeros((len(common), self._num_contexts), dtype=np.float32)
        for column, word in enumerate(common):
            part = slice(self._offsets[word], self._offsets[word + 1])
            self._dense[column, self._contexts[part]] = self._weights[part]

    def nearest(self, queries: Sequence[str]) -> IntArray:
        """The index of the training context with the highest score for each query, (queries,).

        Of equal ones the first. A query without a known word, such as the empty context of a dialogue's first
        turn, gets the shortest training context.
        """
        known = [
            sorted({self._vocabulary[word] for word in words(text) if word in self._vocabulary})
            for text in queries
        ]
        chunk = max(1, _CHUNK_CELLS // self._num_contexts)
        parts = [self._best(known[start : start + chunk]) for start in range(0, len(known), chunk)]
        return np.concatenate([np.empty(0, dtype=np.int64), *parts])

    def _best(self, queries: list[list[int]]) -> IntArray:
        """``nearest`` of one chunk of queries, given as numbers of distinct words."""
        rows = Ragged.from_rows(queries)
        owner = np.repeat(np.arange(len(rows), dtype=np.int64), rows.lengths)
        column = self._column[rows.values]
        wanted = np.zeros((len(rows), len(self._dense)), dtype=np.float32)
        wanted[owner[column >= 0], column[column >= 0]] = 1.0
        scores = wanted @ self._dense  # (queries, contexts)
        rare = column < 0
        order = np.argsort(rows.values[rare], kind="stable")
        asked, asking = rows.values[rare][order], owner[rare][order]
        found, starts = np.unique(asked, return_index=True)
        for word, start, end in zip(found, starts, [*starts[1:], len(asked)][: len(found)], strict=True):
            part = slice(self._offsets[word], self._offsets[word + 1])
            scores[np.ix_(asking[start:end], self._contexts[part])] += self._weights[part]
        top = scores.max(axis=1, keepdims=True)
        # Equal contexts may differ in the last bit, by the order in which a product is summed.
        best = np.asarray((scores >= top * (1 - 1e-6)).argmax(axis=1), dtype=np.int64)
        best[top[:, 0] <= 0.0] = self._shortest
        return best


def _postings(rows: Ragged, num_words: int) -> tuple[IntArray, IntArray, Weights]:
    """For each word where its contexts lie (words + 1), the contexts, and the weight of the word in each."""
    owner = np.repeat(np.arange(len(rows), dtype=np.int64), rows.lengths)
    cells, counts = np.unique(rows.values * len(rows) + owner, return_counts=True)
    word, context = cells // len(rows), cells % len(rows)
    frequency = np.bincount(word, minlength=num_words)  # contexts of each word
    offsets = np.concatenate([[0], np.cumsum(frequency)])
    idf = np.log1p((len(rows) - frequency + 0.5) / (frequency + 0.5))
    relative = rows.lengths / max(float(rows.lengths.mean()), 1.0)
    weights = idf[word] * counts * (K1 + 1) / (counts + K1 * (1 - B + B * relative[context]))
    return offsets, context, weights.astype(np.float32)
