"""The evaluation report: one JSON object with blocks of metrics, curves and paired differences.

A *row* is one way to answer the same samples: ``metrics`` (the adapted model), ``unadapted`` (the
same weights without adaptation), ``popularity``, and ``plain`` (a model trained apart that has the
support of the test users in its training data). The claim is adapted minus plain.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final, Literal, get_args

import numpy as np

from ccrs.core.errors import CcrsError
from ccrs.core.samples import BoolArray, IntArray
from ccrs.evaluation.ranking import METRICS, FloatArray, checked_ranks, per_sample
from ccrs.evaluation.significance import RESAMPLES, Interval, intervals, paired_differences

Order = Literal["random", "chronological"]
"""How a user's dialogues were put into support and query."""

Report = dict[str, Any]

ADAPTED: Final = "metrics"
"""The key of the adapted model's row, in ``rows`` and in the report."""

COMPARED: Final[tuple[str, ...]] = ("unadapted", "popularity", "plain")
"""The rows the adapted model is compared with; ``plain`` may be absent."""

BLOCKS: Final[tuple[str, ...]] = ("all", "novel", "new_to_user", "with_support", "without_support")
DIFFERENCE_BLOCKS: Final[tuple[str, ...]] = ("all", "novel", "new_to_user", "with_support")

# Label, smallest and largest count (None: no largest).
Bins = tuple[tuple[str, int, int | None], ...]
SUPPORT_BINS: Final[Bins] = (("0", 0, 0), ("1", 1, 1), ("2", 2, 2), ("3-4", 3, 4), ("5+", 5, None))
MENTION_BINS: Final[Bins] = (("0", 0, 0), ("1", 1, 1), ("2", 2, 2), ("3", 3, 3), ("4+", 4, None))


@dataclass(frozen=True, eq=False)
class SampleOutcomes:
    """What came out for every test sample, and what is known about it; all arrays are (samples,).

    Raises ``CcrsError`` when lengths differ, a rank is below 1, a count is negative or a sample
    occurs twice.
    """

    ranks: IntArray  # 1-based rank of the target among all items
    users: IntArray  # index of the seeker, the same in all folds
    novel: BoolArray  # the target was not yet named in the dialogue
    new_to_user: BoolArray  # the target is not among targets or mentions of the user's support
    num_support: IntArray  # support dialogues of that user
    num_mentions: IntArray  # entities mentioned before the message
    sample_ids: tuple[str, ...]
    fold: IntArray  # the fold in which the user was a test user

    def __post_init__(self) -> None:
        checked_ranks(self.ranks)
        for field in fields(self):
            value = getattr(self, field.name)
            if np.shape(value) != (len(self.sample_ids),):
                raise CcrsError(
                    f"{field.name}: shape {np.shape(value)}, but {len(self.sample_ids)} sample ids. "
                    "Pass one value per sample."
                )
        for name in ("novel", "new_to_user"):
            if getattr(self, name).dtype != np.bool_:
                raise CcrsError(f"{name}: type {getattr(self, name).dtype}. Pass booleans.")
        for name in ("num_support", "num_mentions"):
            if (getattr(self, name) < 0).any():
                raise CcrsError(f"{name}: holds {getattr(self, name).min()}. A count is 0 or more.")
        if len(set(self.sample_ids)) != len(self.sample_ids):
            raise CcrsError(
                f"Sample {_first_doubled(self.sample_ids)!r} occurs twice. Judge every sample once."
            )

    def __len__(self) -> int:
        return len(self.sample_ids)

    @property
    def num_users(self) -> int:
        """How many users have a sample."""
        return len(np.unique(self.users))

    @classmethod
    def concatenate(cls, parts: Sequence[SampleOutcomes]) -> SampleOutcomes:
        """The pooled outcomes of several folds, in the order given.

        Raises ``CcrsError`` when there are no parts, or a sample or a user is in two folds.
        """
        if not parts:
            raise CcrsError("There are no outcomes to pool. Pass the outcomes of at least one fold.")
        arrays = {
            field.name: np.concatenate([getattr(part, field.name) for part in parts])
            for field in fields(cls)
            if field.name != "sample_ids"
        }
        pooled = cls(sample_ids=tuple(name for part in parts for name in part.sample_ids), **arrays)
        pairs = np.unique(np.stack([pooled.users, pooled.fold]), axis=1)  # (2, distinct user and fold)
        users, counts = np.unique(pairs[0], return_counts=True)
        if (counts > 1).any():
            raise CcrsError(
                f"User {users[counts > 1][0]} is a test user in more than one fold. "
                "Number the users over all folds, and test each in one fold only."
            )
        return pooled


def blocks(outcomes: SampleOutcomes, *, order: Order, resamples: int = RESAMPLES, seed: int = 0) -> Report:
    """One row of the report: the blocks named in ``BLOCKS``, ``by_support``, ``by_mentions``, ``order``.

    A block is ``{"n", "num_users", "hr@1", "hr@1_ci95": [low, high], ...}``. Without samples its
    metrics are null; with a single user its intervals are.
    """
    values = per_sample(outcomes.ranks)

    def block(mask: BoolArray) -> Report:
        return _block(values, outcomes.users, mask, resamples, seed)

    def curve(name: str, counts: IntArray, bins: Bins) -> list[Report]:
        return [{name: label, **block(_between(counts, low, high))} for label, low, high in bins]

    result: Report = {name: block(_mask(outcomes, name)) for name in BLOCKS}
    result["by_support"] = curve("support", outcomes.num_support, SUPPORT_BINS)
    result["by_mentions"] = curve("mentions", outcomes.num_mentions, MENTION_BINS)
    result["order"] = order
    return result


def differences(
    adapted: SampleOutcomes, other: SampleOutcomes, *, resamples: int = RESAMPLES, seed: int = 0
) -> Report:
    """Adapted minus other, paired by sample: ``{"all": {"hr@10": {"difference", "ci95", "p"}}}``.

    Raises ``CcrsError`` when the two were not judged on the same samples.
    """
    _check_same_samples(adapted, other, "the other row")
    a, b = per_sample(adapted.ranks), per_sample(other.ranks)
    result: Report = {}
    for name in DIFFERENCE_BLOCKS:
        mask = _mask(adapted, name)
        if not mask.any():
            result[name] = {metric: {"difference": None, "ci95": None, "p": None} for metric in METRICS}
            continue
        found = paired_differences(
            _masked(a, mask), _masked(b, mask), adapted.users[mask], resamples=resamples, seed=seed
        )
        result[name] = {
            metric: {"difference": one.mean, "ci95": _bounds(one.interval), "p": one.p_value}
            for metric, one in found.items()
        }
    return result


def build_report(
    *,
    dataset: str,
    split: str,
    folds: int,
    protocol: str,
    signature: str | Mapping[str, str | int | float | None],
    order: Order,
    rows: Mapping[str, SampleOutcomes],
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Report:
    """The report as a JSON object without NaN.

    ``rows`` holds ``metrics`` (adapted), ``unadapted``, ``popularity`` and, where there is one,
    ``plain`` (null in the report otherwise), all judged on the same samples in the same order.
    ``differences`` maps each compared row to adapted minus that row. ``signature`` says what the
    figures rest on (checksums, seeds, commit, config hash) and is printed under every table.

    Raises:
        CcrsError: a row is missing or unknown, the rows differ in samples, or the order is unknown.
    """
    if order not in get_args(Order):
        raise CcrsError(f"Order {order!r} is unknown. Choose one of {', '.join(get_args(Order))}.")
    allowed = {ADAPTED, *COMPARED}
    if unknown := sorted(set(rows) - allowed):
        raise CcrsError(f"Row {unknown[0]!r} is unknown. Choose from {', '.join(sorted(allowed))}.")
    if missing := sorted(allowed - {"plain"} - set(rows)):
        raise CcrsError(f"Row {missing[0]!r} is missing. Only 'plain' may be left out.")
    adapted = rows[ADAPTED]
    for name, outcomes in rows.items():
        _check_same_samples(adapted, outcomes, f"row {name!r}")
    report: Report = {
        "dataset": dataset,
        "split": split,
        "folds": folds,
        "protocol": protocol,
        "signature": signature if isinstance(signature, str) else dict(signature),
        "num_users": adapted.num_users,
        "num_samples": len(adapted),
    }
    for name in (ADAPTED, *COMPARED):
        report[name] = (
            blocks(rows[name], order=order, resamples=resamples, seed=seed) if name in rows else None
        )
    report["differences"] = {
        name: differences(adapted, rows[name], resamples=resamples, seed=seed) if name in rows else None
        for name in COMPARED
    }
    return report


def _mask(outcomes: SampleOutcomes, block: str) -> BoolArray:
    """Which samples belong to a block of ``BLOCKS``, (samples,)."""
    masks: dict[str, BoolArray] = {
        "all": np.ones(len(outcomes), dtype=np.bool_),
        "novel": outcomes.novel,
        "new_to_user": outcomes.new_to_user,
        "with_support": outcomes.num_support > 0,
        "without_support": outcomes.num_support == 0,
    }
    return masks[block]


def _between(counts: IntArray, low: int, high: int | None) -> BoolArray:
    """Which counts lie in a bin, both ends included."""
    inside: BoolArray = counts >= low
    return inside if high is None else inside & (counts <= high)


def _masked(values: Mapping[str, FloatArray], mask: BoolArray) -> dict[str, FloatArray]:
    """The metrics of the samples in ``mask``."""
    return {name: column[mask] for name, column in values.items()}


def _block(
    values: Mapping[str, FloatArray], users: IntArray, mask: BoolArray, resamples: int, seed: int
) -> Report:
    """Metrics with intervals over the samples in ``mask``."""
    users = users[mask]
    block: Report = {"n": len(users), "num_users": len(np.unique(users))}
    found = intervals(_masked(values, mask), users, resamples=resamples, seed=seed) if len(users) else {}
    for name in values:
        one = found.get(name)
        block[name] = one.mean if one else None
        block[f"{name}_ci95"] = _bounds(one) if one else None
    return block


def _bounds(one: Interval) -> list[float] | None:
    """``[low, high]``, or None where one user gives no interval."""
    return [one.low, one.high] if one.is_known else None


def _check_same_samples(adapted: SampleOutcomes, other: SampleOutcomes, name: str) -> None:
    """Raise ``CcrsError`` unless both hold the same samples with the same labels in the same order."""
    mend = "Judge all rows on the same samples of the same prepared data, in the same order."
    if len(adapted) != len(other):
        raise CcrsError(f"{name}: {len(other)} samples, the adapted model has {len(adapted)}. {mend}")
    for position, (mine, theirs) in enumerate(zip(adapted.sample_ids, other.sample_ids, strict=True)):
        if mine != theirs:
            raise CcrsError(
                f"{name}: sample {position} is {theirs!r}, the adapted model's is {mine!r}. {mend}"
            )
    for field in ("users", "novel", "new_to_user", "num_support", "num_mentions", "fold"):
        differing = np.flatnonzero(getattr(adapted, field) != getattr(other, field))
        if differing.size:
            raise CcrsError(f"{name}: {field} of sample {adapted.sample_ids[differing[0]]!r} differs. {mend}")


def _first_doubled(names: Sequence[str]) -> str:
    """The first name that stands twice."""
    return next(name for name, count in Counter(names).items() if count > 1)
