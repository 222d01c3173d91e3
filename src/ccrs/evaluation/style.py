"""Whether the styles of a model mean anything: do they follow the topic, and do they use other words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ccrs.core.errors import CcrsError
from ccrs.core.samples import IntArray
from ccrs.evaluation.diversity import entropy, vocabulary_distance
from ccrs.evaluation.judged import JudgedReply

FloatArray = npt.NDArray[np.float64]

SHUFFLES: Final[int] = 2000
_CHUNK_CELLS: Final[int] = 2_000_000  # shuffles x replies held at once


@dataclass(frozen=True, slots=True)
class StyleInformation:
    """Mutual information of chosen style and topic, beside what chance gives.

    ``bits`` is the plug-in estimate, which is above 0 by chance alone: ``shuffled`` is its mean with the styles
    dealt out to the replies at random, and ``p_value`` how often such a shuffle is as informative.

    Shuffling takes replies for independent, but one user's share both style and topic. ``p_value_by_user``
    exchanges whole users instead: each gets the row of styles of another. It is the one to believe.
    """

    bits: float
    shuffled: float
    p_value: float
    p_value_by_user: float
    num_replies: int


def mutual_information(tables: npt.NDArray[Any]) -> FloatArray:
    """Plug-in mutual information in bits of contingency tables of counts (..., styles, topics)."""
    shares = tables / tables.sum(axis=(-2, -1), keepdims=True)
    joint = entropy(shares.reshape(*shares.shape[:-2], -1))
    return np.asarray(entropy(shares.sum(-1)) + entropy(shares.sum(-2)) - joint, dtype=np.float64)


def style_information(
    styles: Sequence[Hashable],
    topics: Sequence[Hashable],
    users: Sequence[Hashable],
    *,
    shuffles: int = SHUFFLES,
    seed: int = 0,
) -> StyleInformation | None:
    """Mutual information of style and topic over the replies that have both; None without such replies.

    Args:
        styles, topics: one label per reply, None where there is none.
        users: whose reply it is.

    Raises ``CcrsError`` when the lengths differ or there are no shuffles.
    """
    if not len(styles) == len(topics) == len(users):
        lengths = f"{len(styles)} styles, {len(topics)} topics, {len(users)} users"
        raise CcrsError(f"{lengths}. Pass one of each per reply.")
    if shuffles < 1:
        raise CcrsError(f"shuffles is {shuffles}. Pass 1 or more; {SHUFFLES} is usual.")
    kept = [
        (style, topic, user)
        for style, topic, user in zip(styles, topics, users, strict=True)
        if style is not None and topic is not None
    ]
    if not kept:
        return None
    style, topic, user = (_numbers(labels) for labels in zip(*kept, strict=True))
    order = np.argsort(user, kind="stable")
    style, topic, user = style[order], topic[order], user[order]
    num_styles, num_topics = int(style.max()) + 1, int(topic.max()) + 1
    table = np.bincount(style * num_topics + topic, minlength=num_styles * num_topics)
    table = table.reshape(num_styles, num_topics)
    observed = float(mutual_information(table))
    generator = np.random.default_rng(seed)
    dealt = mutual_information(_shuffled_tables(table, shuffles, generator))
    exchanged = mutual_information(_exchanged_tables(style, topic, user, shuffles, generator))
    return StyleInformation(
        bits=max(observed, 0.0),  # rounding may leave -1e-16
        shuffled=max(float(dealt.mean()), 0.0),
        p_value=_p_value(observed, dealt),
        p_value_by_user=_p_value(observed, exchanged),
        num_replies=len(kept),
    )


def style_report(replies: Sequence[JudgedReply], *, seed: int = 0) -> dict[str, Any] | None:
    """What the styles do, as a JSON object; None where no reply has one.

    Keys: ``num_replies`` (by style), ``mutual_information`` of style and topic in bits, ``..._shuffled`` (its
    mean by chance), ``..._p`` and ``..._p_by_user`` (see ``StyleInformation``), ``vocabulary_distance`` in bits
    and ``..._shuffled`` (see ``diversity.VocabularyDistance``). Null where there is too little to tell.
    """
    styled = [(one, one.style) for one in replies if one.style is not None]
    if not styled:
        return None
    labels = [style for _, style in styled]
    told = style_information(
        labels, [one.topic for one, _ in styled], [one.user for one, _ in styled], seed=seed
    )
    apart = vocabulary_distance([one.reply_words for one, _ in styled], np.array(labels), seed=seed)
    return {
        "num_replies": {str(style): count for style, count in sorted(Counter(labels).items())},
        "mutual_information": told.bits if told else None,
        "mutual_information_shuffled": told.shuffled if told else None,
        "mutual_information_p": told.p_value if told else None,
        "mutual_information_p_by_user": told.p_value_by_user if told else None,
        "vocabulary_distance": apart.bits if apart else None,
        "vocabulary_distance_shuffled": apart.shuffled if apart else None,
    }


def _numbers(labels: Sequence[Hashable]) -> IntArray:
    """Labels as numbers from 0, in the order in which they first occur."""
    known: dict[Hashable, int] = {}
    return np.array([known.setdefault(label, len(known)) for label in labels], dtype=np.int64)


def _p_value(observed: float, chance: FloatArray) -> float:
    """Share of chance values at least as large; the observed one counts as a draw, so it is never 0."""
    return float(((chance >= observed - 1e-12).sum() + 1) / (len(chance) + 1))


def _shuffled_tables(table: IntArray, shuffles: int, generator: np.random.Generator) -> IntArray:
    """Tables of styles dealt out at random, (shuffles, styles, topics).

    Drawn cell by cell given the margins (hypergeometric), which is the same as shuffling labels and costs
    nothing per reply.
    """
    result = np.zeros((shuffles, *table.shape), dtype=np.int64)
    left = np.tile(table.sum(axis=0), (shuffles, 1))  # (shuffles, topics) replies not yet dealt a style
    for style, size in enumerate(table.sum(axis=1)):
        wanted = np.full(shuffles, size, dtype=np.int64)
        behind = left.sum(axis=1)
        for topic in range(table.shape[1]):
            behind -= left[:, topic]
            drawn = generator.hypergeometric(left[:, topic], behind, wanted)
            result[:, style, topic] = drawn
            wanted -= drawn
        left -= result[:, style]
    return result


def _exchanged_tables(
    style: IntArray, topic: IntArray, user: IntArray, shuffles: int, generator: np.random.Generator
) -> IntArray:
    """Tables with every user's styles taken from one other user, (shuffles, styles, topics).

    The replies stand in the order of their users. A longer row of styles is cut, a shorter one begins anew.
    """
    num_styles, num_topics = int(style.max()) + 1, int(topic.max()) + 1
    cells = num_styles * num_topics
    sizes = np.bincount(user)
    starts = np.cumsum(sizes) - sizes
    place = np.arange(len(user)) - starts[user]  # of a reply among its user's
    chunk = max(1, _CHUNK_CELLS // len(style))
    parts = []
    for start in range(0, shuffles, chunk):
        size = min(chunk, shuffles - start)
        order = generator.permuted(np.tile(np.arange(len(sizes)), (size, 1)), axis=1)  # (size, users)
        giver = order[:, user]  # (size, replies)
        joint = style[starts[giver] + place % sizes[giver]] * num_topics + topic
        joint += np.arange(size, dtype=np.int64)[:, None] * cells
        parts.append(np.bincount(joint.reshape(-1), minlength=size * cells))
    return np.concatenate(parts).reshape(shuffles, num_styles, num_topics)
