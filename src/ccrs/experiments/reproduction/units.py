"""The trainings of recommenders in a plan: a row, on one fold, with one seed."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ccrs.core.errors import ConfigError
from ccrs.data.splits import Order
from ccrs.experiments.config import RecommenderConfig, load_config
from ccrs.experiments.corpus import Corpus, divide
from ccrs.experiments.evaluate import judge, signature
from ccrs.experiments.reproduction.outcomes import JudgedUnit, load_unit, save_unit
from ccrs.experiments.reproduction.plan import Plan, Protocol, RowPlan, seed_of
from ccrs.experiments.reproduction.work import best_epoch, corpus_in
from ccrs.experiments.train import train_recommender
from ccrs.models.registry import parse_model_config

QUICK_EPOCHS = 2
"""Of a rehearsal."""


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
        return f"{self.row_name}/seed{self.seed}-fold{self.fold}"

    @property
    def row_name(self) -> str:
        """The row, whatever fold and seed."""
        return f"{self.row.group}/{self.row.key}"

    @property
    def after(self) -> str | None:
        """It waits for nothing."""
        return None

    def finished(self, corpus: Corpus, out: Path) -> float | None:
        """The seconds of outcomes that are there; raises ``ConfigError`` when they are of something else."""
        path = outcome_file(out, self)
        if not path.exists():
            return None
        found = load_unit(path)
        check_fingerprint(path, found.fingerprint, fingerprint(self.config, corpus), self.row.key)
        return found.seconds

    def run(self, data: Path, out: Path, *, quiet: bool) -> float:
        """Train and judge."""
        started = time.perf_counter()
        corpus = corpus_in(data)
        folder = out / "runs" / self.name
        run = train_recommender(self.config, corpus, folder, resume=True, quiet=quiet)
        division = divide(corpus, self.config.data)
        rows, _ = judge(run, corpus.table, division.test, run.statistics.popularity, corpus.known_items)
        names = ("metrics", "unadapted") if run.adapts else ("metrics",)
        seconds = time.perf_counter() - started
        save_unit(
            outcome_file(out, self),
            JudgedUnit(
                fingerprint(self.config, corpus),
                signature([run]),
                seconds,
                best_epoch(folder),
                {name: rows[name] for name in names},
            ),
        )
        return seconds

    def clear(self, out: Path) -> None:
        """Remove the trained run."""
        shutil.rmtree(out / "runs" / self.name, ignore_errors=True)


def units_of(plan: Plan, folder: Path, groups: Sequence[str], *, quick: bool = False) -> list[Unit]:
    """What has to be trained and judged for ``groups``; ``folder`` is where the plan lies.

    Rows of all folds come fold by fold, so that a table over fewer folds is there early. ``quick`` is a rehearsal:
    the first fold and seed of every row, two epochs.
    """
    units = [unit for group in groups for row in plan.rows_of(group) for unit in _units(plan, row, folder)]
    if quick:
        first: dict[str, Unit] = {}
        for unit in units:
            rehearsed = Unit(unit.row, unit.fold, unit.seed, shortened(unit.config))
            first.setdefault(unit.row_name, rehearsed)
        units = list(first.values())
    place = {group: number for number, group in enumerate(groups)}
    return sorted(units, key=lambda unit: (place[unit.row.group], unit.seed, unit.fold))


def _units(plan: Plan, row: RowPlan, folder: Path) -> Iterator[Unit]:
    group = plan.group(row.group)
    base = load_config(folder / row.config, row.overrides)
    folds = [0] if group.protocol == "official" else row.folds
    for seed in row.seeds:
        for fold in folds:
            config = placed(base, group.protocol, group.order, fold, seed)
            yield Unit(row, fold, seed, config.model_copy(update={"title": row.title}))


def placed(
    base: RecommenderConfig, protocol: Protocol, order: Order, fold: int, seed: int
) -> RecommenderConfig:
    """``base`` on one fold, with the seed of one repetition."""
    data = base.data.model_copy(update={"protocol": protocol, "fold": fold, "order": order})
    training = base.training.model_copy(update={"seed": seed_of(base.training.seed, fold, seed)})
    return base.model_copy(update={"data": data, "training": training})


def shortened(config: RecommenderConfig) -> RecommenderConfig:
    """The same for a rehearsal."""
    epochs = min(config.training.epochs, QUICK_EPOCHS)
    return config.model_copy(update={"training": config.training.model_copy(update={"epochs": epochs})})


def outcome_file(out: Path, unit: Unit) -> Path:
    """Where the outcomes of ``unit`` lie."""
    return out / "outcomes" / f"{unit.name}.json"


def fingerprint(config: RecommenderConfig, corpus: Corpus) -> str:
    """Changes with the data and with every value of the configuration that is not its default, but for the title.

    A setting that a later version adds changes nothing as long as it is left alone.
    """
    return digest([settings(config), corpus.manifest.checksum])


def settings(config: RecommenderConfig) -> dict[str, Any]:
    """The values of a configuration that are not the defaults, without the title."""
    values = config.model_dump(exclude_defaults=True, exclude={"title"})
    model = parse_model_config(config.name, config.model, "model")
    return values | {"name": config.name, "model": model.model_dump(exclude_defaults=True)}


def digest(parts: Sequence[object]) -> str:
    """16 hexadecimal digits that change with ``parts``."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def check_fingerprint(path: Path, found: str, wanted: str, row: str) -> None:
    """Raise ``ConfigError`` where the outcomes in ``path`` are not those of the row as it is now."""
    if found != wanted:
        raise ConfigError(
            f"{path}: was made with another configuration or other data than row {row!r} has now. "
            "Remove the file to make it again, or choose another --out."
        )
