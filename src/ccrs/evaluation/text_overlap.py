"""How much of the reference a reply hits: BLEU-1 to 4, sacreBLEU and word F1, on one stated tokeniser.

Everything is computed from counts per reply (``overlap_statistics``), which add up over replies: so a corpus
BLEU can be taken of any set of replies, and of thousands of resamples at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
from sacrebleu.metrics.bleu import BLEU

from ccrs.core.errors import CcrsError
from ccrs.core.replies import ITEM_SLOT
from ccrs.core.samples import IntArray, Ragged

FloatArray = npt.NDArray[np.float64]

MAX_ORDER: Final[int] = 4
"""The longest n-gram of BLEU."""

NUM_STATISTICS: Final[int] = 2 + 2 * MAX_ORDER
"""Columns of ``overlap_statistics``."""

_WORD: Final[str] = rf"{re.escape(ITEM_SLOT)}|\w+(?:'\w+)*"
_SIGN: Final[str] = r"[^\w\s]"
_TOKENS: Final = re.compile(f"{_WORD}|{_SIGN}")
_WORDS: Final = re.compile(_WORD)

TOKENISER: Final[str] = (
    f"lower-cased, typographic apostrophes as ', then every match of {_TOKENS.pattern} is a token; "
    f"words are the matches of {_WORD}"
)
"""How texts are cut for BLEU, F1 and distinct, for the report."""

Smoothing = Literal["none", "exp"]

# A word that the tokeniser 13a of sacreBLEU keeps whole; it cuts "[item]" in three.
_SLOT_WORD: Final[str] = " itemslot "
_SLOT: Final = re.compile(re.escape(ITEM_SLOT), re.IGNORECASE)


def tokens(text: str) -> list[str]:
    """The lower-cased words and punctuation signs of ``text``; an item slot is one token."""
    return _TOKENS.findall(_plain(text))


def words(text: str) -> list[str]:
    """``tokens`` without the punctuation signs; an item slot is a word."""
    return _WORDS.findall(_plain(text))


def encode(rows: Iterable[Sequence[str]], vocabulary: dict[str, int]) -> Ragged:
    """Rows of tokens as numbers; tokens that ``vocabulary`` does not know are added to it."""
    return Ragged.from_rows([[vocabulary.setdefault(one, len(vocabulary)) for one in row] for row in rows])


def ngrams(rows: Ragged, max_order: int) -> Iterator[tuple[IntArray, IntArray]]:
    """The n-grams of every row, for n = 1 .. ``max_order``.

    Yields the row of each n-gram and its number, both (n-grams,); equal n-grams of one length have equal
    numbers, which are dense from 0. No n-gram reaches over the end of its row.
    """
    base = int(rows.values.max(initial=0)) + 1
    owner = np.repeat(np.arange(len(rows), dtype=np.int64), rows.lengths)  # (tokens)
    start = np.arange(len(owner), dtype=np.int64)
    prefix = np.zeros(len(owner), dtype=np.int64)  # number of the n-gram's first n - 1 tokens
    for order in range(1, max_order + 1):
        inside = start + order <= rows.offsets[owner + 1]
        owner, start, prefix = owner[inside], start[inside], prefix[inside]
        # (prefix, last token) as one number, then renumbered densely so that products never overflow.
        _, prefix = np.unique(prefix * base + rows.values[start + order - 1], return_inverse=True)
        yield owner, prefix


def overlap_statistics(replies: Ragged, references: Ragged, max_order: int = MAX_ORDER) -> FloatArray:
    """Counts of every reply, (replies, 2 + 2 * max_order), that BLEU is computed from.

    Columns: length of the reply, length of the reference, the n-grams of the reply that the reference has (each
    as often as the reference at most) for n = 1 .. max_order, and all n-grams of the reply. Token numbers must
    come from one vocabulary. Raises ``CcrsError`` when there is not one reference per reply.
    """
    num = len(replies)
    if len(references) != num:
        raise CcrsError(f"{num} replies, {len(references)} references. Pass one reference per reply.")
    both = Ragged(
        np.concatenate([replies.offsets, references.offsets[1:] + replies.offsets[-1]]),
        np.concatenate([replies.values, references.values]),
    )
    matches, totals = [], []
    for owner, gram in ngrams(both, max_order):
        mine = owner < num
        size = int(gram.max(initial=0)) + 1
        # One cell per (reply, n-gram), counted on both sides.
        cells, cell = np.unique(np.where(mine, owner, owner - num) * size + gram, return_inverse=True)
        counts = [np.bincount(cell[side], minlength=len(cells)) for side in (mine, ~mine)]
        matches.append(np.bincount(cells // size, weights=np.minimum(*counts), minlength=num))
        totals.append(np.bincount(owner[mine], minlength=num))
    return np.stack([replies.lengths, references.lengths, *matches, *totals], axis=1).astype(np.float64)


def bleu(statistics: FloatArray, order: int = MAX_ORDER, smoothing: Smoothing = "none") -> FloatArray:
    """Corpus BLEU in 0-100 of summed ``overlap_statistics`` (..., columns); returns (...).

    The geometric mean of the n-gram precisions for n = 1 .. ``order``, times exp(1 - r/h) where the replies (h
    tokens) are shorter than the references (r). 0 where an order has no n-gram, or no match: with ``exp``,
    an order without a match gets half the precision of one match, the next such order a quarter, as sacreBLEU
    does by default. Papineni et al., 2002.
    """
    length, reference = statistics[..., 0], statistics[..., 1]
    columns = (statistics.shape[-1] - 2) // 2
    matches = statistics[..., 2 : 2 + order]  # (..., order)
    totals = statistics[..., 2 + columns : 2 + columns + order]
    if smoothing == "exp":
        missed = matches == 0
        matches = np.where(missed, 0.5 ** np.cumsum(missed, axis=-1), matches)
    known = (totals > 0).all(axis=-1) & (matches > 0).all(axis=-1) & (statistics[..., 2] > 0)
    safe = known[..., None]
    logs = np.log(np.where(safe, matches, 1.0) / np.where(safe, totals, 1.0)).mean(axis=-1)
    brevity = np.minimum(0.0, 1.0 - reference / np.where(known, length, 1.0))
    return np.asarray(np.where(known, 100.0 * np.exp(logs + brevity), 0.0), dtype=np.float64)


def bleu_statistics(replies: Sequence[str], references: Sequence[str]) -> FloatArray:
    """``overlap_statistics`` of texts on the project's tokens, (replies, 10)."""
    vocabulary: dict[str, int] = {}
    mine = encode(map(tokens, replies), vocabulary)
    return overlap_statistics(mine, encode(map(tokens, references), vocabulary))


def word_f1(replies: Sequence[str], references: Sequence[str]) -> FloatArray:
    """F1 in 0-1 of every reply's words against its reference's as multisets, (replies,).

    A reply or a reference without a word gives 0.
    """
    vocabulary: dict[str, int] = {}
    mine = encode(map(words, replies), vocabulary)
    counts = overlap_statistics(mine, encode(map(words, references), vocabulary), max_order=1)
    return np.asarray(2.0 * counts[:, 2] / np.maximum(counts[:, 0] + counts[:, 1], 1.0), dtype=np.float64)


def swap_partners(users: IntArray, *, seed: int = 0) -> IntArray:
    """For each reply another one, of another user unless one user has more than half, (replies,).

    With its partner's reference, a reply that heeds its context must score worse. ``users`` is (replies,).
    """
    generator = np.random.default_rng(seed)
    _, user = np.unique(users, return_inverse=True)
    order = np.lexsort((generator.permutation(len(user)), generator.permutation(user.max() + 1)[user]))
    partner = np.empty(len(user), dtype=np.int64)
    partner[order] = np.roll(order, -(len(user) // 2))
    return partner


def sacrebleu_score(replies: Sequence[str], references: Sequence[str]) -> tuple[float, str]:
    """BLEU of the sacrebleu library in 0-100, and the signature that says how it was computed.

    Its own tokeniser (13a) on lower-cased text, an item slot as one word. Raises ``CcrsError`` on no replies.
    """
    if not replies:
        raise CcrsError("There are no replies to score. Pass at least one.")
    metric = _sacrebleu()
    score = metric.corpus_score(list(map(_slot_as_word, replies)), [list(map(_slot_as_word, references))])
    return float(score.score), str(metric.get_signature())


def sacrebleu_statistics(replies: Sequence[str], references: Sequence[str]) -> FloatArray:
    """``overlap_statistics`` on sacreBLEU's tokens, (replies, 10); ``bleu(..., smoothing="exp")`` is its score."""
    cut = _sacrebleu().tokenizer
    vocabulary: dict[str, int] = {}
    sides = [
        encode((cut(_slot_as_word(text).lower().rstrip()).split() for text in side), vocabulary)
        for side in (replies, references)
    ]
    return overlap_statistics(sides[0], sides[1])


def _plain(text: str) -> str:
    """Lower-cased, with straight apostrophes."""
    return text.lower().replace("’", "'")


def _slot_as_word(text: str) -> str:
    """The text with item slots as a word that tokenisers keep whole."""
    return _SLOT.sub(_SLOT_WORD, text)


def _sacrebleu() -> BLEU:
    """The metric; ``force`` keeps it from warning about texts that look tokenised."""
    return BLEU(lowercase=True, force=True)
