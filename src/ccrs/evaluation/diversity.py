"""How varied replies are: three definitions of distinct, self-BLEU, and how far apart styles speak.

Every figure here depends on how many replies there are (the more, the fewer new n-grams): compare only
figures of the same contexts. None is a sum over replies, so none gets an interval by resampling.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ccrs.core.errors import CcrsError
from ccrs.core.samples import IntArray, Ragged
from ccrs.evaluation.text_overlap import MAX_ORDER, FloatArray, bleu, encode, ngrams, tokens

ORDERS: Final[tuple[int, ...]] = (2, 3, 4)
"""The n of every distinct-n."""

SELF_BLEU_SAMPLE: Final[int] = 1000
"""How many replies self-BLEU is computed on at most: with more, it grows."""

_LABEL_SHUFFLES: Final[int] = 20


def distinct(replies: Sequence[str]) -> dict[str, float]:
    """The three definitions for n = 2, 3, 4, by name.

    ``distinct_n``: unique n-grams of tokens / all n-grams, in [0, 1]. ``distinct_per_reply_n``: unique n-grams
    of tokens / replies. ``distinct_chars_per_reply_n``: unique n-grams of *characters* (of the tokens joined
    by spaces) / replies that are not empty; a slip of the field's toolkit, for comparison with its figures.
    Tokens are those of ``text_overlap.tokens``, item slots kept. 0 where there is nothing to count.
    """
    rows = [tokens(text) for text in replies]
    characters = _characters([" ".join(row) for row in rows])
    num_filled = sum(map(bool, rows))
    result: dict[str, float] = {}
    by_tokens = _unique_and_all(encode(rows, {}))
    by_characters = _unique_and_all(characters)
    for n in ORDERS:
        unique, total = by_tokens[n]
        result[f"distinct_{n}"] = unique / max(total, 1)
        result[f"distinct_per_reply_{n}"] = unique / max(len(rows), 1)
        result[f"distinct_chars_per_reply_{n}"] = by_characters[n][0] / max(num_filled, 1)
    return result


def self_bleu(replies: Sequence[str], *, sample: int = SELF_BLEU_SAMPLE, seed: int = 0) -> float | None:
    """BLEU-4 in 0-100 of each reply against all others: 100 says that every reply is said elsewhere too.

    Computed over a seeded ``sample`` of the replies that are not empty, as one corpus whose references are, for
    each reply, all other sampled replies (an n-gram counts as often as the one other reply that has it most;
    the reference length is the closest one, the shorter of two). None with fewer than two replies.
    """
    if sample < 2:
        raise CcrsError(f"sample is {sample}. Pass 2 or more; {SELF_BLEU_SAMPLE} is usual.")
    filled = [row for row in map(tokens, replies) if row]
    if len(filled) < 2:
        return None
    chosen = np.random.default_rng(seed).permutation(len(filled))[:sample]
    rows = encode([filled[index] for index in chosen], {})
    matches, totals = [], []
    for owner, gram in ngrams(rows, MAX_ORDER):
        matches.append(_matches_with_others(owner, gram))
        totals.append(len(gram))
    length = rows.lengths.sum()
    reference = _closest_other_lengths(rows.lengths).sum()
    return float(bleu(np.array([length, reference, *matches, *totals], dtype=np.float64)))


@dataclass(frozen=True, slots=True)
class VocabularyDistance:
    """How far apart the styles' words are: mean Jensen-Shannon divergence over pairs of styles, in bits.

    0: the same words equally often; 1: no word in common. ``shuffled`` is the mean with the styles dealt out to
    the replies at random, which is above 0 too, the more so the fewer words there are.
    """

    bits: float
    shuffled: float
    pairs: dict[tuple[int, int], float]


def vocabulary_distance(
    replies: Sequence[str], styles: IntArray, *, seed: int = 0
) -> VocabularyDistance | None:
    """The distance between the unigram distributions of the replies of each style; ``styles`` is (replies,).

    None where fewer than two styles have a token. Raises ``CcrsError`` unless there is one style per reply.
    """
    styles = np.asarray(styles)
    if styles.shape != (len(replies),):
        raise CcrsError(f"{len(replies)} replies, styles of shape {styles.shape}. Pass one style per reply.")
    rows = encode(map(tokens, replies), {})
    spoken = np.unique(styles[rows.lengths > 0])
    if len(spoken) < 2:
        return None
    kept = rows.lengths > 0
    label = np.searchsorted(spoken, styles[kept])
    first, second = np.triu_indices(len(spoken), k=1)
    pairs = _divergences(rows.values, label, rows.lengths[kept])[first, second]
    generator = np.random.default_rng(seed)
    shuffled = [
        _divergences(rows.values, generator.permutation(label), rows.lengths[kept])[first, second].mean()
        for _ in range(_LABEL_SHUFFLES)
    ]
    names = [(int(spoken[a]), int(spoken[b])) for a, b in zip(first, second, strict=True)]
    return VocabularyDistance(
        float(pairs.mean()), float(np.mean(shuffled)), dict(zip(names, map(float, pairs), strict=True))
    )


def entropy(probabilities: npt.NDArray[np.float64]) -> FloatArray:
    """Shannon entropy in bits along the last axis."""
    logs = np.log2(np.where(probabilities > 0, probabilities, 1.0))
    return np.asarray(-(probabilities * logs).sum(axis=-1), dtype=np.float64)


def _characters(texts: Sequence[str]) -> Ragged:
    """The code points of each text."""
    offsets = np.zeros(len(texts) + 1, dtype=np.int64)
    np.cumsum([len(text) for text in texts], out=offsets[1:])
    encoded = "".join(texts).encode("utf-32-le", errors="surrogatepass")
    return Ragged(offsets, np.frombuffer(encoded, dtype="<u4").astype(np.int64))


def _unique_and_all(rows: Ragged) -> dict[int, tuple[int, int]]:
    """Number of unique and of all n-grams for each n."""
    found = enumerate(ngrams(rows, max(ORDERS)), start=1)
    return {n: (int(gram.max(initial=-1)) + 1, len(gram)) for n, (_, gram) in found}


def _matches_with_others(owner: IntArray, gram: IntArray) -> int:
    """Sum over rows and n-grams of min(count in the row, largest count in another row)."""
    if not len(gram):
        return 0
    size = int(gram.max()) + 1
    cells, counts = np.unique(owner * size + gram, return_counts=True)
    kind = cells % size
    order = np.lexsort((-counts, kind))
    counts, kind = counts[order], kind[order]
    largest = np.ones(len(kind), dtype=np.bool_)  # the first cell of each n-gram holds its largest count
    largest[1:] = kind[1:] != kind[:-1]
    # Every other cell is matched in full, for the largest count is at least its own.
    others = int(counts[~largest].sum())
    # The largest one is matched as far as the second reaches, which stands right behind it.
    starts = np.flatnonzero(largest)
    followed = starts[np.append(np.diff(starts), len(kind) - starts[-1]) > 1]
    return others + int(counts[followed + 1].sum())


def _closest_other_lengths(lengths: IntArray) -> IntArray:
    """For each row, the length of another row that is closest to its own, the shorter one of two."""
    order = np.argsort(lengths, kind="stable")
    ranked = lengths[order].astype(np.float64)
    below = np.concatenate([[-np.inf], ranked[:-1]])
    above = np.concatenate([ranked[1:], [np.inf]])
    closest = np.where(ranked - below <= above - ranked, below, above)
    result = np.empty(len(lengths), dtype=np.int64)
    result[order] = closest
    return result


def _divergences(values: IntArray, label: IntArray, lengths: IntArray) -> FloatArray:
    """Jensen-Shannon divergence in bits of every pair of labels, (labels, labels)."""
    num_labels, size = int(label.max()) + 1, int(values.max()) + 1
    cells = np.repeat(label, lengths) * size + values
    counts = np.bincount(cells, minlength=num_labels * size).reshape(num_labels, size)  # (labels, tokens)
    shares = counts / counts.sum(axis=1, keepdims=True)
    own = entropy(shares)
    return np.stack([entropy((one + shares) / 2) - (own[i] + own) / 2 for i, one in enumerate(shares)])
