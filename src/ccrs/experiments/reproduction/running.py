"""Train and judge the units of a plan, in several processes, skipping what is done."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import shutil
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache
from pathlib import Path

import torch

from ccrs.core.errors import ConfigError
from ccrs.experiments.config import RecommenderConfig
from ccrs.experiments.corpus import Corpus, divide, load_corpus
from ccrs.experiments.evaluate import judge, signature
from ccrs.experiments.reproduction.outcomes import JudgedUnit, load_unit, save_unit
from ccrs.experiments.reproduction.plan import Unit
from ccrs.experiments.reproduction.timing import Forecast
from ccrs.experiments.train import train_recommender
from ccrs.models.registry import parse_model_config

Announce = Callable[[str], None]


def run_units(
    units: Sequence[Unit], data: Path, out: Path, *, processes: int, keep: bool, announce: Announce
) -> None:
    """Train and judge all ``units`` that have no outcomes in ``out`` yet.

    A killed run goes on where it stood: finished units are skipped, and the one in work resumes from its last
    epoch. ``keep`` leaves the trained runs in ``out``/runs. Raises ``ConfigError`` when outcomes there were made
    with another configuration or other data.
    """
    corpus = load_corpus(data)
    waiting = [unit for unit in units if not is_done(unit, corpus, out)]
    forecast = Forecast(
        units, {u.name: load_unit(outcome_file(out, u)).seconds for u in units if u not in waiting}
    )
    announce(f"{len(units)} trainings in the plan, {len(units) - len(waiting)} done before")
    if not waiting:
        return
    if processes == 1:
        for unit in waiting:
            seconds = run_unit(unit, data, out, keep=keep, quiet=False)
            announce(forecast.told(unit, seconds, processes))
        return
    pool = ProcessPoolExecutor(
        processes, mp_context=multiprocessing.get_context("spawn"), initializer=_one_thread
    )
    with pool:
        work = {pool.submit(run_unit, unit, data, out, keep=keep, quiet=True): unit for unit in waiting}
        try:
            for future in as_completed(work):
                announce(forecast.told(work[future], future.result(), processes))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def run_unit(unit: Unit, data: Path, out: Path, *, keep: bool, quiet: bool) -> float:
    """Train and judge one unit; returns the seconds it took."""
    started = time.perf_counter()
    corpus = _corpus(data)
    folder = out / "runs" / unit.name
    run = train_recommender(unit.config, corpus, folder, resume=True, quiet=quiet)
    division = divide(corpus, unit.config.data)
    rows, _ = judge(run, corpus.table, division.test, run.statistics.popularity, corpus.known_items)
    seconds = time.perf_counter() - started
    names = ("metrics", "unadapted") if run.adapts else ("metrics",)
    best = _best_epoch(folder)
    save_unit(
        outcome_file(out, unit),
        JudgedUnit(
            fingerprint(unit.config, corpus),
            signature([run]),
            seconds,
            best,
            {name: rows[name] for name in names},
        ),
    )
    if not keep:
        shutil.rmtree(folder)
    return seconds


def is_done(unit: Unit, corpus: Corpus, out: Path) -> bool:
    """Whether the outcomes of ``unit`` are there; raises ``ConfigError`` when they are of something else."""
    path = outcome_file(out, unit)
    if not path.exists():
        return False
    if load_unit(path).fingerprint != fingerprint(unit.config, corpus):
        raise ConfigError(
            f"{path}: was made with another configuration or other data than row {unit.row.key!r} has now. "
            "Remove the file to make it again, or choose another --out."
        )
    return True


def outcome_file(out: Path, unit: Unit) -> Path:
    """Where the outcomes of ``unit`` lie."""
    return out / "outcomes" / f"{unit.name}.json"


def fingerprint(config: RecommenderConfig, corpus: Corpus) -> str:
    """Changes with the data and with every value of the configuration that is not its default, but for the title.

    A setting that a later version adds changes nothing as long as it is left alone.
    """
    values = config.model_dump(exclude_defaults=True, exclude={"title"})
    model = parse_model_config(config.name, config.model, "model")
    values |= {"name": config.name, "model": model.model_dump(exclude_defaults=True)}
    text = json.dumps([values, corpus.manifest.checksum], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _best_epoch(folder: Path) -> int:
    """The epoch whose weights were kept, 0 where nothing is trained."""
    log = folder / "log.jsonl"
    if not log.exists():
        return 0
    epochs = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    return max((int(epoch["epoch"]) for epoch in epochs if epoch.get("best")), default=0)


@cache
def _corpus(data: Path) -> Corpus:
    return load_corpus(data)


def _one_thread() -> None:
    """Processes side by side take one core each."""
    torch.set_num_threads(1)
