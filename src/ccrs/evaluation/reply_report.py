"""The report on generated replies: every measure of one list of replies, with 95% intervals by user.

Means over replies get their intervals from ``significance``. BLEU and perplexity are not means: there the counts
they are computed from are summed per user, whole users are drawn with replacement, and the measure is computed
from the drawn sums.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ccrs.core.errors import CcrsError
from ccrs.core.replies import ITEM_SLOT
from ccrs.core.samples import IntArray
from ccrs.evaluation.diversity import ORDERS, SELF_BLEU_SAMPLE, distinct, self_bleu
from ccrs.evaluation.judged import JudgedReply
from ccrs.evaluation.significance import RESAMPLES, Interval, interval, paired_difference
from ccrs.evaluation.style import style_report
from ccrs.evaluation.text_overlap import (
    MAX_ORDER,
    NUM_STATISTICS,
    TOKENISER,
    bleu,
    bleu_statistics,
    sacrebleu_score,
    sacrebleu_statistics,
    swap_partners,
    word_f1,
    words,
)

FloatArray = npt.NDArray[np.float64]
Report = dict[str, Any]
Figure = tuple[float | None, list[float] | None]  # a measure and its bounds
Measure = Callable[[FloatArray], FloatArray]
"""From summed columns (..., columns) to a figure (...)."""

_CHUNK_CELLS: Final[int] = 2_000_000  # resamples x users held at once

LONG_REPLY: Final[int] = 5
"""From how many words on a copied reply is no mere courtesy."""

_N: Final = "/".join(map(str, ORDERS))
WITH_INTERVAL: Final[Mapping[str, str]] = {
    **{f"bleu_{n}": f"corpus BLEU-{n}, 0-100, no smoothing" for n in range(1, MAX_ORDER + 1)},
    "sacrebleu": "BLEU of the sacrebleu library, 0-100; its signature is in the report",
    "f1": "word F1, 0-1, mean over replies",
    "f1_over_swapped": "f1 minus the F1 against the reference of another reply, of another user where possible",
    "item_reply_precision": f"of the replies that hold {ITEM_SLOT}, the share whose reference holds one",
    "item_reply_recall": f"of the references that hold {ITEM_SLOT}, the share whose reply holds one",
    "item_slot_precision": "of all item slots in replies, the share that is met by a slot of the reference",
    "mean_words": "words per reply",
    "copied": "share of replies whose words are, in this order, those of a training reply; null without those",
    "copied_long": f"the same among the replies of {LONG_REPLY} words or more",
    "perplexity_per_word": "exp(sum of nll in nats / sum of words); null where no likelihoods are given",
}
"""Measures whose interval stands beside them as ``<name>_ci95``: what each is."""

WITHOUT_INTERVAL: Final[Mapping[str, str]] = {
    **{f"distinct_{n}": f"unique {n}-grams / all {n}-grams, 0-1" for n in ORDERS},
    **{f"distinct_per_reply_{n}": f"unique {n}-grams / replies" for n in ORDERS},
    **{f"distinct_chars_per_reply_{n}": f"unique {n}-grams of characters / filled replies" for n in ORDERS},
    "self_bleu": f"BLEU-4 of each reply against all others, 0-100, on {SELF_BLEU_SAMPLE} replies at most",
}
"""Measures given without an interval: what each is. Unique n-grams do not add up over users."""

COMPARED: Final[tuple[str, ...]] = (*(f"bleu_{n}" for n in range(1, MAX_ORDER + 1)), "sacrebleu", "f1")
"""The measures of ``reply_differences``."""


def reply_report(
    replies: Sequence[JudgedReply],
    *,
    training_replies: Iterable[str] | None = None,
    nll: FloatArray | None = None,
    num_words: IntArray | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Report:
    """Every measure of ``replies`` as a JSON object without NaN.

    Keys: ``num_replies``, ``num_users``, ``num_empty`` (replies without a word, 0 in all overlap), the measures
    of ``WITH_INTERVAL``, each with ``<name>_ci95`` (``[low, high]``, null with a single user), those of
    ``WITHOUT_INTERVAL``, named in ``without_interval``, ``style`` (see ``style.style_report``) and ``signature``.
    A share of nothing is null. Overlap, distinct and slots look at ``reply_words`` and ``reference_words``.

    Args:
        replies: at least one.
        training_replies: the replies of the training dialogues in the form of ``reply_words``.
        nll: (replies,) negative log-likelihood in nats of each reference, summed over its tokens.
        num_words: (replies,) words of each reference; goes with ``nll``.

    Raises:
        CcrsError: no replies, or likelihoods that do not fit them.
    """
    if not replies:
        raise CcrsError("There are no replies to judge. Pass at least one.")
    likelihoods = _checked_likelihoods(nll, num_words, len(replies))
    texts, references = _texts(replies)
    users = _user_numbers(replies)
    split = [words(text) for text in texts]
    score, signature = sacrebleu_score(texts, references)
    sums = _per_user(np.concatenate([_overlap_columns(texts, references), *likelihoods], axis=1), users)
    measures = _measures(with_likelihood=bool(likelihoods))
    found = _corpus_intervals(sums, measures, resamples, seed)
    found["sacrebleu"] = (score, found["sacrebleu"][1])
    found |= _mean_intervals(replies, split, users, training_replies, resamples, seed)
    report: Report = {
        "num_replies": len(replies),
        "num_users": len(sums),
        "num_empty": sum(not row for row in split),
    }
    for name in WITH_INTERVAL:
        report[name], report[f"{name}_ci95"] = found.get(name, (None, None))
    report |= distinct(texts)
    report["self_bleu"] = self_bleu(texts, seed=seed)
    report["style"] = style_report(replies, seed=seed)
    report["without_interval"] = list(WITHOUT_INTERVAL)
    report["signature"] = {
        "tokeniser": TOKENISER,
        "sacrebleu": signature,
        "intervals": f"95%, {resamples} resamples of users, seed {seed}",
    }
    return report


def reply_differences(
    a: Sequence[JudgedReply], b: Sequence[JudgedReply], *, resamples: int = RESAMPLES, seed: int = 0
) -> Report:
    """``a`` minus ``b`` on the same contexts: ``{"bleu_4": {"difference", "ci95", "p"}, ...}`` of ``COMPARED``.

    Intervals by drawing users; p-values, two-sided, by exchanging the two models' replies to whole users.
    Raises ``CcrsError`` unless both answer the same turns in the same order.
    """
    _check_same_turns(a, b)
    users = _user_numbers(a)
    (mine, references), (theirs, _) = _texts(a), _texts(b)
    one = _per_user(_overlap_columns(mine, references), users)
    other = _per_user(_overlap_columns(theirs, references), users)
    drawn = _drawn_sums(np.concatenate([one, other], axis=1), resamples, seed)
    width = one.shape[1]
    total, apart = (one + other).sum(axis=0), _signed_sums(one - other, resamples, seed)
    result: Report = {}
    for name, measure in _measures(with_likelihood=False).items():
        point = float(measure(one.sum(axis=0)) - measure(other.sum(axis=0)))
        exchanged = measure((total + apart) / 2) - measure((total - apart) / 2)
        extreme = (np.abs(exchanged) >= abs(point) - 1e-9).sum()
        bounds = _bounds(measure(drawn[:, :width]) - measure(drawn[:, width:]), len(one))
        result[name] = {"difference": point, "ci95": bounds, "p": float((extreme + 1) / (resamples + 1))}
    f1_mine, f1_theirs = word_f1(mine, references), word_f1(theirs, references)
    f1 = paired_difference(f1_mine, f1_theirs, users, resamples=resamples, seed=seed)
    return {**result, "f1": {"difference": f1.mean, "ci95": _figure(f1.interval)[1], "p": f1.p_value}}


def _checked_likelihoods(nll: FloatArray | None, num_words: IntArray | None, num: int) -> list[FloatArray]:
    """One (replies, 2) array of nll and words, or nothing where they are not given."""
    if nll is None and num_words is None:
        return []
    sides = [np.asarray([] if side is None else side, dtype=np.float64) for side in (nll, num_words)]
    if any(side.shape != (num,) for side in sides):
        shapes = f"nll of shape {sides[0].shape}, num_words of {sides[1].shape}"
        raise CcrsError(f"{shapes}, {num} replies. Pass one of each per reply, or neither.")
    both = np.stack(sides, axis=1)
    if not np.isfinite(both).all() or (both[:, 1] < 0).any() or both[:, 1].sum() == 0:
        raise CcrsError("nll or num_words are not finite, or there are no words. Check the model's losses.")
    return [both]


def _texts(replies: Sequence[JudgedReply]) -> tuple[list[str], list[str]]:
    """The texts that are compared: replies and references with slots."""
    return [one.reply_words for one in replies], [one.reference_words for one in replies]


def _user_numbers(replies: Sequence[JudgedReply]) -> IntArray:
    """Whose each reply is, as a number from 0, (replies,)."""
    return np.unique([one.user for one in replies], return_inverse=True)[1].astype(np.int64)


def _overlap_columns(texts: Sequence[str], references: Sequence[str]) -> FloatArray:
    """Counts for BLEU on our tokens, then on sacreBLEU's, (replies, 20)."""
    ours, theirs = bleu_statistics(texts, references), sacrebleu_statistics(texts, references)
    return np.concatenate([ours, theirs], axis=1)


def _measures(*, with_likelihood: bool) -> dict[str, Measure]:
    """How each corpus measure follows from summed columns."""

    def order(n: int) -> Measure:
        return lambda sums: bleu(sums[..., :NUM_STATISTICS], n)

    result = {f"bleu_{n}": order(n) for n in range(1, MAX_ORDER + 1)}
    both = slice(NUM_STATISTICS, 2 * NUM_STATISTICS)
    result["sacrebleu"] = lambda sums: bleu(sums[..., both], smoothing="exp")
    if with_likelihood:
        # A resample of users without a single word would divide by 0.
        result["perplexity_per_word"] = lambda sums: np.exp(sums[..., -2] / np.maximum(sums[..., -1], 1.0))
    return result


def _per_user(columns: FloatArray, users: IntArray) -> FloatArray:
    """Columns (replies, columns) summed over the replies of each user, (users, columns)."""
    return np.stack([np.bincount(users, weights=column) for column in columns.T], axis=1)


def _drawn_sums(sums: FloatArray, resamples: int, seed: int) -> FloatArray:
    """Sums over as many users drawn with replacement, (resamples, columns)."""
    generator, num = np.random.default_rng(seed), len(sums)
    return _weighted_sums(
        sums, resamples, lambda size: generator.multinomial(num, [1 / num] * num, size=size)
    )


def _signed_sums(sums: FloatArray, resamples: int, seed: int) -> FloatArray:
    """Sums over all users with a random sign each, (resamples, columns)."""
    generator = np.random.default_rng([seed, 1])  # a stream apart from the bootstrap's
    return _weighted_sums(sums, resamples, lambda size: generator.choice([-1, 1], size=(size, len(sums))))


def _weighted_sums(sums: FloatArray, resamples: int, draw: Callable[[int], IntArray]) -> FloatArray:
    """Sums over users with the weights (size, users) that ``draw`` gives, (resamples, columns)."""
    if resamples < 2:
        raise CcrsError(f"resamples is {resamples}. Pass 2 or more; {RESAMPLES} is usual.")
    chunk = max(1, _CHUNK_CELLS // len(sums))
    sizes = [min(chunk, resamples - start) for start in range(0, resamples, chunk)]
    return np.concatenate([draw(size).astype(np.float64) @ sums for size in sizes])


def _corpus_intervals(
    sums: FloatArray, measures: Mapping[str, Measure], resamples: int, seed: int
) -> dict[str, Figure]:
    """Each measure and its bounds."""
    drawn, total = _drawn_sums(sums, resamples, seed), sums.sum(axis=0)
    return {
        name: (float(measure(total)), _bounds(measure(drawn), len(sums)))
        for name, measure in measures.items()
    }


def _bounds(resampled: FloatArray, num_users: int) -> list[float] | None:
    """The 95% percentile interval; None with one user, who says nothing about how users differ."""
    return [float(bound) for bound in np.quantile(resampled, [0.025, 0.975])] if num_users > 1 else None


def _figure(one: Interval) -> Figure:
    """Mean and bounds."""
    return one.mean, [one.low, one.high] if one.is_known else None


def _mean_intervals(
    replies: Sequence[JudgedReply],
    split: Sequence[Sequence[str]],
    users: IntArray,
    training_replies: Iterable[str] | None,
    resamples: int,
    seed: int,
) -> dict[str, Figure]:
    """The measures that are means over replies, over some of them, or over slots."""

    def mean(values: npt.NDArray[Any], owners: IntArray) -> Figure:
        if not len(values):
            return None, None
        return _figure(interval(values.astype(np.float64), owners, resamples=resamples, seed=seed))

    texts, references = _texts(replies)
    f1 = word_f1(texts, references)
    swapped = word_f1(texts, [references[index] for index in swap_partners(users, seed=seed)])
    slots = np.array([row.count(ITEM_SLOT) for row in split])
    wanted = np.array([words(text).count(ITEM_SLOT) for text in references])
    slot_owner = np.repeat(np.arange(len(slots)), slots)
    # Of each slot among its reply's, from 0.
    place = np.arange(len(slot_owner)) - np.repeat(np.cumsum(slots) - slots, slots)
    result = {
        "f1": mean(f1, users),
        "f1_over_swapped": mean(f1 - swapped, users),
        "mean_words": mean(np.array([len(row) for row in split]), users),
        "item_reply_precision": mean(wanted[slots > 0] > 0, users[slots > 0]),
        "item_reply_recall": mean(slots[wanted > 0] > 0, users[wanted > 0]),
        "item_slot_precision": mean(place < wanted[slot_owner], users[slot_owner]),
    }
    if training_replies is not None:
        known = {" ".join(words(text)) for text in training_replies}
        copied = np.array([bool(row) and " ".join(row) in known for row in split])
        long = np.array([len(row) >= LONG_REPLY for row in split])
        result |= {"copied": mean(copied, users), "copied_long": mean(copied[long], users[long])}
    return result


def _check_same_turns(a: Sequence[JudgedReply], b: Sequence[JudgedReply]) -> None:
    """Raise ``CcrsError`` unless both answer the same turns with the same references."""
    mend = "Judge both models on the same replies of the same data, in the same order."
    if not a or len(a) != len(b):
        raise CcrsError(f"{len(a)} and {len(b)} replies cannot be paired. {mend}")
    for one, other in zip(a, b, strict=True):
        mine, theirs = ((x.user, x.dialogue, x.message, x.reference_words) for x in (one, other))
        if mine != theirs:
            raise CcrsError(f"Turn {mine[:3]} is paired with {theirs[:3]}, or its reference differs. {mend}")
