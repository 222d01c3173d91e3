"""The best reply that is always the same: what a model's overlap has to be read against.

A reply that never looks at its context gets a word F1 of .2 on ReDial. Both forms are chosen on training
replies only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ccrs.core.errors import CcrsError
from ccrs.core.samples import IntArray, Ragged
from ccrs.evaluation.text_overlap import encode, words

FloatArray = npt.NDArray[np.float64]

MAX_BAG: Final[int] = 100
"""How many words a bag may hold; on ReDial the best one has far fewer."""

NUM_CANDIDATES: Final[int] = 2000
REFERENCE_SAMPLE: Final[int] = 3000


@dataclass(frozen=True, slots=True)
class ConstantReply:
    """One reply for every context, and its mean word F1 on the training replies it was chosen on."""

    text: str
    f1: float


def constant_bag(training_replies: Sequence[str], *, max_words: int = MAX_BAG) -> ConstantReply:
    """The k commonest words of the training replies, each once, the commonest first.

    Words are added one by one; k is where the mean F1 on all training replies is highest, for k up to
    ``max_words``. It need not grow with every word on the way. Raises ``CcrsError`` when there is no word.
    """
    vocabulary: dict[str, int] = {}
    rows = encode(map(words, training_replies), vocabulary)
    if not len(rows.values):
        raise CcrsError("The training replies hold no word. Pass the replies of the training dialogues.")
    counts = np.bincount(rows.values)
    ranking = np.argsort(-counts, kind="stable")[:max_words]
    rank = np.full(len(counts), len(ranking), dtype=np.int64)
    rank[ranking] = np.arange(len(ranking))
    owners = _owners_by_rank(rows, rank, len(ranking))
    hits = np.zeros(len(rows), dtype=np.float64)
    scores = []
    for size, owner in enumerate(owners, start=1):
        hits[owner] += 1.0
        scores.append(float((2.0 * hits / (size + rows.lengths)).mean()))
    best = int(np.argmax(scores))
    names = list(vocabulary)
    return ConstantReply(" ".join(names[word] for word in ranking[: best + 1]), scores[best])


def constant_sentence(
    training_replies: Sequence[str],
    *,
    candidates: int = NUM_CANDIDATES,
    sample: int = REFERENCE_SAMPLE,
    seed: int = 0,
) -> ConstantReply:
    """The training reply with the best mean F1 on a seeded sample of the training replies.

    Tried are the ``candidates`` commonest replies, those with equal words being one (spelt as it first
    occurs); of equally common ones those that come first. Raises ``CcrsError`` when no reply has a word.
    """
    split = [words(text) for text in training_replies]
    commonest = Counter(" ".join(row) for row in split if row).most_common(candidates)
    if not commonest:
        raise CcrsError("The training replies hold no word. Pass the replies of the training dialogues.")
    chosen = np.random.default_rng(seed).permutation(len(split))[:sample]
    tried = [key.split(" ") for key, _ in commonest]
    means = _f1_matrix(tried, [split[index] for index in chosen]).mean(axis=1)  # (candidates)
    best = int(np.argmax(means))
    key = commonest[best][0]
    spelt = next(text for text, row in zip(training_replies, split, strict=True) if " ".join(row) == key)
    return ConstantReply(spelt, float(means[best]))


def _owners_by_rank(rows: Ragged, rank: IntArray, num_ranks: int) -> list[IntArray]:
    """For each rank, the rows in which the word of that rank occurs."""
    owner = np.repeat(np.arange(len(rows), dtype=np.int64), rows.lengths)
    ranks = rank[rows.values]
    common = ranks < num_ranks
    cells = np.unique(ranks[common] * len(rows) + owner[common])
    bounds = np.searchsorted(cells, np.arange(1, num_ranks) * len(rows))
    return np.split(cells % len(rows), bounds)


def _f1_matrix(replies: Sequence[Sequence[str]], references: Sequence[Sequence[str]]) -> FloatArray:
    """Word F1 of every reply against every reference, (replies, references).

    The k-th occurrence of a word counts as a word of its own: then no word occurs twice, and the multiset
    overlap is a product of two 0-1 matrices.
    """
    features: dict[tuple[str, int], int] = {}
    mine = [_occurrences(row) for row in replies]
    for row in mine:
        for feature in row:
            features.setdefault(feature, len(features))
    left, right = _indicator(mine, features), _indicator([_occurrences(row) for row in references], features)
    lengths = np.add.outer([len(row) for row in replies], [len(row) for row in references])
    return np.asarray(2.0 * (left @ right.T) / np.maximum(lengths, 1), dtype=np.float64)


def _occurrences(row: Sequence[str]) -> list[tuple[str, int]]:
    """Each word with how often it stood before in the row."""
    seen: Counter[str] = Counter()
    result = []
    for word in row:
        result.append((word, seen[word]))
        seen[word] += 1
    return result


def _indicator(
    rows: Sequence[Sequence[tuple[str, int]]], features: dict[tuple[str, int], int]
) -> npt.NDArray[np.float32]:
    """(rows, features) 1 where a row has a feature; features that are not listed are left out."""
    cells = [(i, features[one]) for i, row in enumerate(rows) for one in row if one in features]
    matrix = np.zeros((len(rows), len(features)), dtype=np.float32)
    if cells:
        matrix[tuple(np.array(cells).T)] = 1.0
    return matrix
