"""Which rows a reproduction has: a TOML file of configurations, overrides, folds and seeds.

Rows of ``rows`` recommend, rows of ``replies`` talk.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

from pydantic import Field

from ccrs.core.config import StrictConfig, load_toml, parse_config
from ccrs.core.errors import ConfigError
from ccrs.data.splits import NUM_FOLDS, Order
from ccrs.evaluation.published import PAPER_REDIAL_REPLIES
from ccrs.experiments.config import load_config
from ccrs.experiments.reply_setup import load_responder_config
from ccrs.experiments.talking import CHOSEN

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


class ReplyRowPlan(StrictConfig):
    """One row of the table of replies: a responder on a recommender of its own."""

    key: str = Field(pattern=r"^[a-z0-9+-]+$")
    """Its name on disk."""
    title: str
    """Its name in tables; replies that are chosen among candidates have a second row with a + behind it."""
    config: str
    """The responder: a TOML file, relative to the plan."""
    overrides: list[str] = Field(default_factory=list)
    """Of the responder, as ``--set`` takes them."""
    recommender: str
    """The recommender: a TOML file, relative to the plan. Rows with the same one share its training."""
    recommender_overrides: list[str] = Field(default_factory=list)
    published: str | None = None
    """The row of the paper's table that it answers to."""
    seed: int = Field(0, ge=0)
    """The repetition: moves the seeds of both trainings."""


class ReplyTablePlan(StrictConfig):
    """The table of replies. One fold: replies are many, and writing them takes long."""

    key: str = Field("replies", pattern=r"^[a-z0-9+-]+$")
    title: str
    order: Order = "random"
    protocol: Protocol = "folds"
    fold: int = Field(0, ge=0, lt=NUM_FOLDS)
    num_users: int | None = Field(None, ge=2)
    """Judge the first test users only; all where it is left out."""
    baseline: str
    """The row whose differences to all others are printed."""


class Plan(StrictConfig):
    """All tables of a reproduction and their rows."""

    dataset: str
    groups: list[GroupPlan] = Field(min_length=1)
    rows: list[RowPlan] = Field(min_length=1)
    reply_table: ReplyTablePlan | None = None
    replies: list[ReplyRowPlan] = Field(default_factory=list)

    @property
    def tables(self) -> list[str]:
        """The keys of all tables."""
        talking = [] if self.reply_table is None else [self.reply_table.key]
        return [*(group.key for group in self.groups), *talking]

    def rows_of(self, group: str) -> list[RowPlan]:
        """The rows of one table, in order."""
        return [row for row in self.rows if row.group == group]

    def group(self, key: str) -> GroupPlan:
        """A table by its key."""
        return next(group for group in self.groups if group.key == key)


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
        faults.extend(_recommender_faults(f"row {row.key!r}", path.parent / row.config, row.overrides))
    faults.extend(
        f"  group {group.key!r}: its baseline {group.baseline!r} is none of its rows"
        for group in plan.groups
        if group.baseline not in {row.key for row in plan.rows_of(group.key)}
    )
    faults.extend(_reply_faults(plan, path.parent))
    if faults:
        raise ConfigError(f"{path}: {len(faults)} fault(s) in the plan\n" + "\n".join(faults))
    return plan


def _recommender_faults(where: str, path: Path, overrides: list[str]) -> Iterator[str]:
    """What is wrong with the configuration of a recommender; nothing where it can be read."""
    try:
        load_config(path, overrides)
    except ConfigError as error:
        yield f"  {where}: {error}"


def _reply_faults(plan: Plan, folder: Path) -> Iterator[str]:
    """What is wrong with the rows that talk."""
    table = plan.reply_table
    if table is None:
        if plan.replies:
            yield "  there are [[replies]], but no [reply_table] with their title and baseline"
        return
    if table.key in {group.key for group in plan.groups}:
        yield f"  reply_table: its key {table.key!r} is that of a group"
    if table.baseline not in {row.key for row in plan.replies}:
        yield f"  reply_table: its baseline {table.baseline!r} is none of the [[replies]]"
    for key in _doubled(row.key for row in plan.replies):
        yield f"  replies {key!r} stands twice"
    titles: list[str] = []
    for row in plan.replies:
        where = f"replies {row.key!r}"
        if plan.dataset == "redial" and row.published not in (None, *PAPER_REDIAL_REPLIES):
            known = ", ".join(PAPER_REDIAL_REPLIES)
            yield f"  {where}: the paper has no row {row.published!r}; it has: {known}"
        yield from _recommender_faults(where, folder / row.recommender, row.recommender_overrides)
        yield from _responder_faults(where, row, folder, titles)
    for title in _doubled(titles):
        yield f"  two rows of replies would be called {title!r}"


def _responder_faults(where: str, row: ReplyRowPlan, folder: Path, titles: list[str]) -> Iterator[str]:
    """What is wrong with the configuration of a responder; else its titles in tables are added to ``titles``."""
    path = folder / row.config
    try:
        if load_toml(path).get("kind") != "responder":
            yield f'  {where}: {path} trains no responder: it has no kind = "responder"'
            return
        config = load_responder_config(path, row.overrides)
    except ConfigError as error:
        yield f"  {where}: {error}"
        return
    titles += [row.title, row.title + CHOSEN] if config.choose else [row.title]


def seed_of(base: int, fold: int, repetition: int) -> int:
    """The seed of one training."""
    return base + fold + SEED_STEP * repetition


def _doubled(keys: Iterable[object]) -> list[object]:
    return [key for key, count in Counter(keys).items() if count > 1]
