"""The trainings of dialogue models in a plan: their recommenders first, then what they say."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ccrs.artifacts.files import MANIFEST
from ccrs.artifacts.responder import FOLDER, ResponderRun, load_responder
from ccrs.artifacts.run import Run, load_run
from ccrs.core.errors import DataError
from ccrs.core.files import read_json, write_json
from ccrs.evaluation.significance import RESAMPLES
from ccrs.experiments.config import RecommenderConfig, load_config
from ccrs.experiments.corpus import Corpus
from ccrs.experiments.evaluate import signature
from ccrs.experiments.reply_setup import ResponderTrainConfig, load_responder_config
from ccrs.experiments.reproduction.plan import Plan, ReplyRowPlan, ReplyTablePlan, seed_of
from ccrs.experiments.reproduction.reply_outcomes import JudgedRow, JudgedTalk, load_talk, save_talk
from ccrs.experiments.reproduction.units import (
    QUICK_EPOCHS,
    check_fingerprint,
    digest,
    fingerprint,
    placed,
    settings,
    shortened,
)
from ccrs.experiments.reproduction.work import Work, best_epoch, corpus_in
from ccrs.experiments.talking import RowJudge, Talk, open_talk, rows_beside, write_rows
from ccrs.experiments.train import train_recommender
from ccrs.experiments.train_responder import train_responder

QUICK_USERS = 32
"""Whose replies a rehearsal judges."""


@dataclass(frozen=True)
class ReplyUnit:
    """A responder: trained on its recommender, its replies written and judged."""

    table: str
    row: ReplyRowPlan
    recommender: RecommenderConfig
    config: ResponderTrainConfig
    num_users: int | None
    with_beside: bool
    """Whether people and the cheap rivals are judged along with it."""

    @property
    def name(self) -> str:
        """Its name on disk."""
        return f"{self.table}/{self.row.key}"

    @property
    def row_name(self) -> str:
        """It is a row of its own."""
        return self.name

    @property
    def after(self) -> str:
        """Its recommender is trained before."""
        return recommender_name(self.table, self.recommender)

    def finished(self, corpus: Corpus, out: Path) -> float | None:
        """The seconds of outcomes that are there; raises ``ConfigError`` when they are of something else."""
        path = talk_file(out, self)
        if not path.exists():
            return None
        found = load_talk(path)
        check_fingerprint(path, found.fingerprint, self.fingerprint(corpus), self.row.key)
        return found.seconds

    def run(self, data: Path, out: Path, *, quiet: bool) -> float:
        """Train, write the replies to the test users and judge them."""
        started = time.perf_counter()
        corpus, folder = corpus_in(data), self._folder(out)
        train_responder(self.config, out / "runs" / self.after, corpus, folder, resume=True, quiet=quiet)
        run = load_run(folder)
        responder = load_responder(folder, run)
        talk = open_talk(run, responder, corpus, "test", self.num_users, seed=0)
        rows, beside = self._judged(talk)
        seconds = time.perf_counter() - started
        told = self._signature(run, responder)
        best = best_epoch(folder / FOLDER)
        save_talk(
            talk_file(out, self), JudgedTalk(self.fingerprint(corpus), told, seconds, best, rows, beside)
        )
        return seconds

    def clear(self, out: Path) -> None:
        """Remove the trained run."""
        shutil.rmtree(out / "runs" / self.name, ignore_errors=True)

    def fingerprint(self, corpus: Corpus) -> str:
        """Changes with the data, both configurations (but for titles), and how many users are judged."""
        return digest([self._settings(), corpus.manifest.checksum, self.num_users])

    def _settings(self) -> list[object]:
        """Both configurations as far as they are not the defaults."""
        values = self.config.model_dump(exclude_defaults=True, exclude={"title", "model"})
        model = self.config.model.model_dump(exclude_defaults=True)
        return [values | {"name": self.config.name, "model": model}, settings(self.recommender)]

    def _folder(self, out: Path) -> Path:
        """Where it is trained: another configuration never finds the run of this one."""
        return out / "runs" / self.name / f"talk-{digest(self._settings())}"

    def _judged(self, talk: Talk) -> tuple[dict[str, JudgedRow], dict[str, JudgedRow]]:
        """Its own rows, and those beside it."""
        written = write_rows(talk, lambda _: None, lambda done, total: None)
        judge = RowJudge.of(talk, resamples=RESAMPLES, seed=0)
        rows: dict[str, JudgedRow] = {}
        for title, said in written.items():
            replies = talk.maker.judged(said)
            rows[title.removeprefix(talk.title)] = JudgedRow(tuple(replies), judge.report(replies, said))
        others = rows_beside(talk, seed=0) if self.with_beside else {}
        beside = {name: JudgedRow(tuple(row), judge.report(row)) for name, row in others.items()}
        return rows, beside

    def _signature(self, run: Run, responder: ResponderRun) -> dict[str, str | int | float | None]:
        """What its figures rest on."""
        return {
            **signature([run]),
            "fold": run.config.data.fold,
            "recommender": run.config.title,
            "responder": responder.config.name,
            "responder_commit": responder.commit,
            "responder_config": digest(self._settings())[:8],
            "training_seed": self.config.training.seed,
        }


@dataclass(frozen=True)
class ReplyRecommenderUnit:
    """The recommender of one or more responders."""

    table: str
    config: RecommenderConfig
    serves: tuple[ReplyUnit, ...]

    @property
    def name(self) -> str:
        """Its name on disk, the same for the same configuration."""
        return recommender_name(self.table, self.config)

    @property
    def row_name(self) -> str:
        """It is a row of its own."""
        return self.name

    @property
    def after(self) -> str | None:
        """It waits for nothing."""
        return None

    def finished(self, corpus: Corpus, out: Path) -> float | None:
        """The seconds it took where its run is there, or where nobody needs it any more."""
        path = self._record(out)
        if not path.exists():
            return None
        found = read_json(path)
        if not isinstance(found, dict) or not {"fingerprint", "seconds"} <= set(found):
            raise DataError.at(path, None, "is not what is kept of a recommender", "Remove it and run again")
        check_fingerprint(
            path, found["fingerprint"], fingerprint(self.config, corpus), self.serves[0].row.key
        )
        there = (out / "runs" / self.name / MANIFEST).exists()
        if there or all(unit.finished(corpus, out) is not None for unit in self.serves):
            return float(found["seconds"])
        return None

    def run(self, data: Path, out: Path, *, quiet: bool) -> float:
        """Train."""
        started = time.perf_counter()
        corpus, folder = corpus_in(data), out / "runs" / self.name
        train_recommender(self.config, corpus, folder, resume=True, quiet=quiet)
        seconds = time.perf_counter() - started
        kept = {
            "fingerprint": fingerprint(self.config, corpus),
            "title": self.config.title,
            "seconds": seconds,
            "best_epoch": best_epoch(folder),
        }
        path = self._record(out)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, kept)
        return seconds

    def clear(self, out: Path) -> None:
        """Remove the trained run."""
        shutil.rmtree(out / "runs" / self.name, ignore_errors=True)

    def _record(self, out: Path) -> Path:
        return out / "outcomes" / f"{self.name}.json"


def reply_units_of(
    plan: Plan, folder: Path, *, quick: bool = False, keys: Sequence[str] | None = None
) -> list[ReplyUnit]:
    """The responders of a plan, or those of the rows ``keys``; ``folder`` is where the plan lies.

    ``quick`` is a rehearsal: two epochs of each training, the first users only.
    """
    if plan.reply_table is None:
        return []
    units = [_unit(plan.reply_table, row, folder) for row in plan.replies if keys is None or row.key in keys]
    return [_rehearsed(unit) for unit in units] if quick else units


def with_recommenders(units: Sequence[ReplyUnit]) -> list[Work]:
    """The same, each behind the recommender that it is trained on."""
    found: list[Work] = []
    served: dict[str, list[ReplyUnit]] = {}
    for unit in units:
        served.setdefault(unit.after, []).append(unit)
    for unit in units:
        mine = served.pop(unit.after, None)
        if mine is not None:
            found.append(ReplyRecommenderUnit(unit.table, unit.recommender, tuple(mine)))
        found.append(unit)
    return found


def recommender_name(table: str, config: RecommenderConfig) -> str:
    """The name on disk of a recommender that responders are trained on."""
    return f"{table}/recommenders/{config.name}-{digest([settings(config)])[:8]}"


def talk_file(out: Path, unit: ReplyUnit) -> Path:
    """Where the outcomes of ``unit`` lie."""
    return out / "outcomes" / f"{unit.name}.json"


def _unit(table: ReplyTablePlan, row: ReplyRowPlan, folder: Path) -> ReplyUnit:
    fold = 0 if table.protocol == "official" else table.fold
    base = load_config(folder / row.recommender, row.recommender_overrides)
    talks = load_responder_config(folder / row.config, row.overrides)
    training = talks.training.model_copy(update={"seed": seed_of(talks.training.seed, fold, row.seed)})
    return ReplyUnit(
        table.key,
        row,
        placed(base, table.protocol, table.order, fold, row.seed),
        talks.model_copy(update={"training": training, "title": row.title}),
        table.num_users,
        row.key == table.baseline,
    )


def _rehearsed(unit: ReplyUnit) -> ReplyUnit:
    config = unit.config
    updates = {
        name: part.model_copy(update={"epochs": min(part.epochs, QUICK_EPOCHS)})
        for name, part in (("training", config.training), ("selector_training", config.selector_training))
    }
    return replace(
        unit,
        recommender=shortened(unit.recommender),
        config=config.model_copy(update=updates),
        num_users=min(unit.num_users or QUICK_USERS, QUICK_USERS),
    )
