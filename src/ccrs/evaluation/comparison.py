"""Several systems on the same samples: their figures with intervals, and paired differences by user."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from ccrs.core.errors import CcrsError
from ccrs.core.samples import BoolArray, IntArray
from ccrs.evaluation.ranking import FloatArray, per_sample
from ccrs.evaluation.report import SampleOutcomes
from ccrs.evaluation.significance import RESAMPLES, Difference, Interval, intervals, paired_differences

BLOCKS: Final[tuple[str, ...]] = ("all", "novel")
"""Of every comparison; there may be more, by how much is known of the user."""
METRICS: Final[tuple[str, ...]] = ("hr@1", "hr@10", "hr@50", "mrr@10", "ndcg@10")
COMPARED_METRICS: Final[tuple[str, ...]] = ("hr@10", "hr@50")


@dataclass(frozen=True, eq=False)
class Compared:
    """One system: what came out for every sample, once or for several seeds.

    Raises ``CcrsError`` when there is no outcome, or the repetitions are of different samples.
    """

    name: str
    repetitions: tuple[SampleOutcomes, ...]
    signature: Mapping[str, str | int | float | None] = field(default_factory=dict)
    published: Mapping[str, float] = field(default_factory=dict)
    """The figures a paper prints for it, by metric."""

    def __post_init__(self) -> None:
        if not self.repetitions:
            raise CcrsError(f"{self.name}: has no outcomes. Judge it first.")
        for other in self.repetitions[1:]:
            check_same_samples(self.name, self.repetitions[0], f"{self.name} (another seed)", other)

    @property
    def first(self) -> SampleOutcomes:
        """The outcomes of the first repetition, whose samples are those of all."""
        return self.repetitions[0]

    def values(self) -> dict[str, FloatArray]:
        """Each metric of each sample, averaged over the repetitions: (samples,)."""
        found = [per_sample(outcomes.ranks) for outcomes in self.repetitions]
        return {name: np.mean([one[name] for one in found], axis=0) for name in METRICS}


@dataclass(frozen=True)
class Row:
    """The figures of one system, and the baseline minus it; by block (``all``, ``novel``, ...), then by metric."""

    name: str
    seeds: int
    figures: Mapping[str, Mapping[str, Interval]]
    differences: Mapping[str, Mapping[str, Difference]]
    """Empty for the baseline itself."""
    signature: Mapping[str, str | int | float | None]
    published: Mapping[str, float]


@dataclass(frozen=True)
class Pair:
    """``first`` minus ``second``, by block and metric."""

    first: str
    second: str
    differences: Mapping[str, Mapping[str, Difference]]


@dataclass(frozen=True)
class Comparison:
    """All systems on the same samples."""

    baseline: str
    rows: tuple[Row, ...]
    num_samples: Mapping[str, int]
    """By block, in the order of tables."""
    num_users: int
    pairs: tuple[Pair, ...] = ()
    """Every two systems, each pair once, where they were asked for."""
    printed: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """What the literature prints for systems that have no row here, by metric."""

    @property
    def more_blocks(self) -> list[str]:
        """The blocks beside ``all`` and ``novel``."""
        return [block for block in self.num_samples if block not in BLOCKS]

    def row(self, name: str) -> Row:
        """The row of that name."""
        return next(row for row in self.rows if row.name == name)


def compare(
    systems: Sequence[Compared],
    *,
    baseline: str,
    mentions: Sequence[int] = (),
    supports: Sequence[int] = (),
    all_pairs: bool = False,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Comparison:
    """Figures of all ``systems`` and the paired differences of ``baseline`` minus each other one.

    ``mentions`` asks for a block for each of these numbers of entities mentioned so far, ``supports`` for blocks of
    users with at least so many support dialogues (and fewer than the next number). With ``all_pairs`` every two
    systems are compared as well, on all and on novel targets. Users are resampled, never samples. Raises
    ``CcrsError`` when a name stands twice, the baseline is none of them, or two systems were not judged on the same
    samples.
    """
    check_names([system.name for system in systems], baseline)
    first = systems[0]
    for other in systems[1:]:
        check_same_samples(first.name, first.first, other.name, other.first)
    masks = _masks(first.first, mentions, supports)
    users = first.first.users
    measured = {system.name: system.values() for system in systems}
    rows = []
    for system in systems:
        figures, differences = {}, {}
        for block, mask in masks.items():
            mine = _masked(measured[system.name], mask)
            if not mask.any():
                continue
            figures[block] = intervals(mine, users[mask], resamples=resamples, seed=seed)
            if system.name != baseline:
                theirs = _masked(measured[baseline], mask)
                differences[block] = _differences(theirs, mine, users[mask], resamples, seed)
        rows.append(
            Row(
                system.name,
                len(system.repetitions),
                figures,
                differences,
                system.signature,
                system.published,
            )
        )
    counts = {block: int(mask.sum()) for block, mask in masks.items()}
    pairs = _pairs(measured, masks, users, resamples, seed) if all_pairs else ()
    return Comparison(baseline, tuple(rows), counts, first.first.num_users, pairs)


def check_names(names: Sequence[str], baseline: str | None) -> None:
    """Raise ``CcrsError`` when a name stands twice, or ``baseline`` is given and none of them."""
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        raise CcrsError(f"{doubled[0]!r} names two systems. Give each a name of its own: NAME=PATH.")
    if baseline is not None and baseline not in names:
        raise CcrsError(f"The baseline {baseline!r} is none of {', '.join(names)}. Choose one of them.")


def relative(difference: Difference, subtracted: Interval) -> float | None:
    """A difference as a share of the figure that was taken away; None where that is 0."""
    return difference.mean / subtracted.mean if subtracted.mean else None


def _masks(
    outcomes: SampleOutcomes, mentions: Sequence[int], supports: Sequence[int]
) -> dict[str, BoolArray]:
    """Which samples belong to which block."""
    masks: dict[str, BoolArray] = {"all": np.ones(len(outcomes), np.bool_), "novel": outcomes.novel}
    for count in mentions:
        masks[f"{count} mentioned"] = outcomes.num_mentions == count
    lows = sorted(supports)
    for low, high in zip(lows, [*lows[1:], None][: len(lows)], strict=True):
        inside = outcomes.num_support >= low
        if high is not None:
            inside &= outcomes.num_support < high
        name = f"{low}+" if high is None else str(low) if high == low + 1 else f"{low}-{high - 1}"
        masks[f"{name} support"] = inside
    return masks


def check_same_samples(name: str, outcomes: SampleOutcomes, other_name: str, other: SampleOutcomes) -> None:
    """Raise ``CcrsError``, naming both, unless both hold the same samples in the same order."""
    if outcomes.sample_ids == other.sample_ids:
        return
    mine, theirs = set(outcomes.sample_ids), set(other.sample_ids)
    alone, there = sorted(mine - theirs), sorted(theirs - mine)
    if not alone and not there:
        raise CcrsError(
            f"{name} and {other_name} hold the same samples in another order, as other folds or "
            "another seed give them. Judge both on the same split, seed and folds."
        )
    examples = [
        f"only {whose} has {found[0]!r}" for whose, found in ((name, alone), (other_name, there)) if found
    ]
    raise CcrsError(
        f"{name} has {len(mine):,} samples and {other_name} {len(theirs):,}, of which {len(mine & theirs):,} are the "
        f"same ({'; '.join(examples)}). Unequal samples are never compared: judge both on the same data, split, "
        "order and folds."
    )


def _pairs(
    measured: Mapping[str, Mapping[str, FloatArray]],
    masks: Mapping[str, BoolArray],
    users: IntArray,
    resamples: int,
    seed: int,
) -> tuple[Pair, ...]:
    """Every two systems; those with the same first one share their resamples."""
    names = list(measured)
    found: dict[tuple[str, str], dict[str, dict[str, Difference]]] = {}
    for place, first in enumerate(names[:-1]):
        others = names[place + 1 :]
        for block in BLOCKS:
            mask = masks[block]
            if not mask.any():
                continue
            columns = [(number, metric) for number in range(len(others)) for metric in COMPARED_METRICS]
            mine = {f"{n} {metric}": measured[first][metric][mask] for n, metric in columns}
            theirs = {f"{n} {metric}": measured[others[n]][metric][mask] for n, metric in columns}
            joint = paired_differences(mine, theirs, users[mask], resamples=resamples, seed=seed)
            for number, second in enumerate(others):
                found.setdefault((first, second), {})[block] = {
                    metric: joint[f"{number} {metric}"] for metric in COMPARED_METRICS
                }
    return tuple(Pair(first, second, differences) for (first, second), differences in found.items())


def _differences(
    a: Mapping[str, FloatArray], b: Mapping[str, FloatArray], users: IntArray, resamples: int, seed: int
) -> dict[str, Difference]:
    chosen = [{name: values[name] for name in COMPARED_METRICS} for values in (a, b)]
    return paired_differences(chosen[0], chosen[1], users, resamples=resamples, seed=seed)


def _masked(values: Mapping[str, FloatArray], mask: BoolArray) -> dict[str, FloatArray]:
    return {name: column[mask] for name, column in values.items()}
