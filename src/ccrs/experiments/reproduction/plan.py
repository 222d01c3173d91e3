"""Which rows a reproduction has: a TOML file of configurations, overrides, folds and seeds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field

from ccrs.core.config import StrictConfig, load_toml, parse_config
from ccrs.core.errors import ConfigError
from ccrs.data.splits import NUM_FOLDS, Order
from ccrs.experiments.config import RecommenderConfig, load_config

Protocol = Literal["folds", "official"]
SEED_STEP = 1000
"""Between the training seeds of two repetitions, so that fold and repetition never share one."""


class RowPlan(StrictConfig):
    """One row of a table."""

    key: str = Field(pattern=r"^[a-z0-9+-]+$")
    """Its name on disk."""
    title: str
    """Its name in tables."""
    config: str
    """A TOML file, relative to the plan."""
    overrides: list[str] = Field(default_factory=list)
    """As ``--set`` takes them: an ablation is a row of overrides."""
    group: str = "main"
    """Rows of one group stand in one table, on the same samples."""
    published: str | None = None
    """The row of the paper's table that it answers to."""
    folds: list[int] = Field(list(range(NUM_FOLDS)), min_length=1)
    seeds: list[int] = Field([0], min_length=1)
    """Repetitions, averaged sample by sample."""


class GroupPlan(StrictConfig):
    """One table."""

    key: str = Field(pattern=r"^[a-z0-9+-]+$")
    title: str
    order: Order = "random"
    protocol: Protocol = "folds"
    mentions: list[int] = Field(default_factory=list)
    """Blocks of samples with so many entities mentioned before."""
    supports: list[int] = Field(default_factory=list)
    """Blocks of users with at least so many support dialogues."""
    baseline: str
    """The row whose differences to all others are printed."""


class Plan(StrictConfig):
    """All tables of a reproduction and their rows."""

    dataset: str
    groups: list[GroupPlan] = Field(min_length=1)
    rows: list[RowPlan] = Field(min_length=1)

    def rows_of(self, group: str) -> list[RowPlan]:
        """The rows of one table, in order."""
        return [row for row in self.rows if row.group == group]

    def group(self, key: str) -> GroupPlan:
        """A table by its key."""
        return next(group for group in self.groups if group.key == key)


@dataclass(frozen=True)
class Unit:
    """One training and its judgement: a row, on one fold, with one seed."""

    row: RowPlan
    fold: int
    seed: int
    config: RecommenderConfig

    @property
    def name(self) -> str:
        """Its name on disk."""
        return f"{self.row.group}/{self.row.key}/seed{self.seed}-fold{self.fold}"


def load_plan(path: Path) -> Plan:
    """Read a plan and every configuration it names; raises ``ConfigError`` with all faults at once."""
    plan = parse_config(Plan, load_toml(path), str(path))
    faults = [
        *(
            f"  row {key!r} stands twice in one group"
            for key in _doubled((r.group, r.key) for r in plan.rows)
        ),
        *(f"  group {key!r} stands twice" for key in _doubled(g.key for g in plan.groups)),
    ]
    groups = {group.key for group in plan.groups}
    for row in plan.rows:
        if row.group not in groups:
            known = ", ".join(sorted(groups))
            faults.append(f"  row {row.key!r}: there is no group {row.group!r}; known: {known}")
        faults.extend(
            f"  row {row.key!r}: fold {fold}; there are folds 0 to {NUM_FOLDS - 1}"
            for fold in row.folds
            if not 0 <= fold < NUM_FOLDS
        )
        try:
            load_config(path.parent / row.config, row.overrides)
        except ConfigError as error:
            faults.append(f"  row {row.key!r}: {error}")
    faults.extend(
        f"  group {group.key!r}: its baseline {group.baseline!r} is none of its rows"
        for group in plan.groups
        if group.baseline not in {row.key for row in plan.rows_of(group.key)}
    )
    if faults:
        raise ConfigError(f"{path}: {len(faults)} fault(s) in the plan\n" + "\n".join(faults))
    return plan


def units_of(plan: Plan, folder: Path, groups: Sequence[str], *, quick: bool = False) -> list[Unit]:
    """What has to be trained and judged for ``groups``; ``folder`` is where the plan lies.

    Rows of all folds come fold by fold, so that a table over fewer folds is there early. ``quick`` is a rehearsal:
    the first fold and seed of every row, two epochs.
    """
    units = [unit for group in groups for row in plan.rows_of(group) for unit in _units(plan, row, folder)]
    if quick:
        first: dict[tuple[str, str], Unit] = {}
        for unit in units:
            first.setdefault((unit.row.group, unit.row.key), _rehearsed(unit))
        units = list(first.values())
    place = {group: number for number, group in enumerate(groups)}
    return sorted(units, key=lambda unit: (place[unit.row.group], unit.seed, unit.fold))


def _units(plan: Plan, row: RowPlan, folder: Path) -> Iterator[Unit]:
    group = plan.group(row.group)
    base = load_config(folder / row.config, row.overrides)
    folds = [0] if group.protocol == "official" else row.folds
    for seed in row.seeds:
        for fold in folds:
            data = base.data.model_copy(
                update={"protocol": group.protocol, "fold": fold, "order": group.order}
            )
            training = base.training.model_copy(update={"seed": base.training.seed + fold + SEED_STEP * seed})
            config = base.model_copy(update={"data": data, "training": training, "title": row.title})
            yield Unit(row, fold, seed, config)


def _rehearsed(unit: Unit) -> Unit:
    training = unit.config.training
    short = training.model_copy(update={"epochs": min(training.epochs, 2)})
    return Unit(unit.row, unit.fold, unit.seed, unit.config.model_copy(update={"training": short}))


def _doubled(keys: Iterator[object]) -> list[object]:
    return [key for key, count in Counter(keys).items() if count > 1]
