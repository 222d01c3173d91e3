"""Choose hyper-parameters of every model by validation, with the same number of trials for each.

    python scripts/tune.py configs/search/redial.toml --data data/redial --out runs/search --processes 2
    python scripts/tune.py configs/search/redial.toml --data data/redial --out runs/search --only kbrd --only ccrs-plus

Each row of the file is a configuration with the values to try. Every trial trains on one fold and is judged on its
validation users only; test users are never looked at. Trials are kept in OUT, a file for each row, and are not made
again. The table and OUT/search.json tell all of them; the best values belong into the row's configuration.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import shutil
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import optuna
import torch
from pydantic import Field

from ccrs.artifacts.run import Run
from ccrs.core.config import StrictConfig, load_toml, parse_config
from ccrs.core.errors import ConfigError
from ccrs.core.files import write_json
from ccrs.evaluation.ranking import per_sample
from ccrs.evaluation.tables import aligned
from ccrs.experiments.config import load_config
from ccrs.experiments.corpus import Corpus, divide, load_corpus
from ccrs.experiments.evaluate import judge
from ccrs.experiments.train import train_recommender

METRIC = "validation ndcg@50"


class SearchRow(StrictConfig):
    """A model and the values to try."""

    key: str
    config: str
    overrides: list[str] = Field(default_factory=list)
    space: dict[str, list[float | int | bool | str]]


class Search(StrictConfig):
    """All models, each with as many trials as the others."""

    trials: int = Field(ge=1)
    fold: int = 0
    order: str = "random"
    protocol: str = "folds"
    rows: list[SearchRow] = Field(min_length=1)


def load_search(path: Path) -> Search:
    """Read the file; every row must have at least as many combinations as trials."""
    search = parse_config(Search, load_toml(path), str(path))
    for row in search.rows:
        number = math.prod(len(values) for values in row.space.values())
        if number < search.trials:
            raise ConfigError(
                f"{path}: row {row.key!r} has {number} combinations for {search.trials} trials."
            )
        load_config(path.parent / row.config, row.overrides)
    return search


def run_row(path: Path, key: str, data: Path, out: Path) -> list[dict[str, Any]]:
    """All trials of one row, best first."""
    torch.set_num_threads(1)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    search = load_search(path)
    row = next(row for row in search.rows if row.key == key)
    corpus = load_corpus(data)

    def objective(trial: optuna.Trial) -> float:
        chosen = [f"{name}={trial.suggest_categorical(name, values)}" for name, values in row.space.items()]
        place = [f"data.protocol={search.protocol}", f"data.fold={search.fold}", f"data.order={search.order}"]
        text = [part.replace("=True", "=true").replace("=False", "=false") for part in chosen]
        config = load_config(path.parent / row.config, [*row.overrides, *place, *text])
        folder = out / "trials" / f"{key}-{trial.number}"
        shutil.rmtree(folder, ignore_errors=True)
        run = train_recommender(config, corpus, folder, quiet=True)
        epochs = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
        best = max(epochs, key=lambda epoch: float(epoch[METRIC])) if epochs else judged(run, corpus)
        for name in ("validation hr@10", "validation hr@50", "epoch"):
            trial.set_user_attr(name, best[name])
        trial.set_user_attr("seconds", sum(epoch["seconds"] for epoch in epochs))
        shutil.rmtree(folder)
        return float(best[METRIC])

    study = optuna.create_study(
        study_name=f"{key}@{corpus.manifest.checksum[:8]}",
        storage=f"sqlite:///{out / f'{key}.db'}",
        direction="maximize",
        sampler=optuna.samplers.GridSampler(row.space, seed=0),
        load_if_exists=True,
    )
    for killed in study.get_trials(states=[optuna.trial.TrialState.RUNNING]):
        study.tell(killed.number, state=optuna.trial.TrialState.FAIL)
    left = search.trials - len(study.get_trials(states=[optuna.trial.TrialState.COMPLETE]))
    if left > 0:
        study.optimize(objective, n_trials=left)
    trials = [t for t in study.trials if t.value is not None]
    return [
        {"row": key, **t.params, METRIC: t.value, **t.user_attrs}
        for t in sorted(trials, key=lambda t: -float(t.value or 0))
    ]


def judged(run: Run, corpus: Corpus) -> dict[str, float]:
    """The validation figures of a model in closed form, which has no epochs."""
    tasks = divide(corpus, run.config.data).validation
    rows, _ = judge(run, corpus.table, tasks, run.statistics.popularity, corpus.known_items)
    values = per_sample(rows["metrics"].ranks)
    found = {f"validation {name}": float(values[name].mean()) for name in ("hr@10", "hr@50", "ndcg@50")}
    return {"epoch": 0, **found}


def main() -> None:
    """Search, print, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("search", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--processes", type=int, default=1)
    arguments = parser.parse_args()
    search = load_search(arguments.search)
    keys = arguments.only or [row.key for row in search.rows]
    if unknown := set(keys) - {row.key for row in search.rows}:
        raise ConfigError(f"--only {unknown.pop()}: there is no such row in {arguments.search}.")
    arguments.out.mkdir(parents=True, exist_ok=True)
    context = multiprocessing.get_context("spawn")
    found: list[dict[str, Any]] = []
    with ProcessPoolExecutor(arguments.processes, mp_context=context) as pool:
        work = [pool.submit(run_row, arguments.search, key, arguments.data, arguments.out) for key in keys]
        for future in work:
            trials = future.result()
            found += trials
            header = list(trials[0])
            print(aligned(header, [[trial.get(name) for name in header] for trial in trials]), flush=True)
            print()
    write_json(arguments.out / "search.json", {"trials": search.trials, "fold": search.fold, "found": found})


if __name__ == "__main__":
    main()
