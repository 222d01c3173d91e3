"""Judge a run (or its five folds) on its own test users, or on dialogues it has never seen."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from ccrs.artifacts.files import MANIFEST
from ccrs.artifacts.run import Run, load_run
from ccrs.core.errors import CheckpointError, DataError
from ccrs.core.files import replacing
from ccrs.core.samples import IntArray, SampleTable, UserTask
from ccrs.data.known_items import KnownItems
from ccrs.data.samples import build_samples
from ccrs.data.splits import NUM_FOLDS, user_tasks
from ccrs.data.statistics import recommended_counts
from ccrs.evaluation.ranking import MISS, target_ranks
from ccrs.evaluation.report import Report, SampleOutcomes, build_report
from ccrs.experiments.corpus import Corpus, divide, load_corpus
from ccrs.experiments.foreign import read_foreign
from ccrs.experiments.judging import adapted_logits, outcomes_of, ranks_of, unadapted_logits
from ccrs.inference.builders import run_builder
from ccrs.models.registry import model_reads

SplitName = Literal["validation", "test"]
NUM_PREDICTED = 50
Rows = dict[str, SampleOutcomes]


@dataclass(frozen=True)
class Evaluation:
    """The report, and what does not fit into it."""

    report: Report
    predictions: list[dict[str, Any]]  # of the adapted model: sample id and ranked item ids
    num_outside: int
    """Samples whose item is not in the run's catalogue (counted as misses)."""
    dropped: Mapping[str, int] = field(default_factory=dict)
    """What was left out of foreign dialogues, by reason."""


def evaluate(
    folder: Path,
    *,
    split: SplitName = "test",
    data: Path | None = None,
    dialogues: Path | None = None,
    plain: Path | None = None,
    order: Literal["random", "chronological"] | None = None,
    lenient: bool = False,
    resamples: int = 2000,
) -> Evaluation:
    """Judge the run in ``folder`` (a run, or a folder of ``fold-k`` runs, which are pooled).

    ``data`` names the prepared folder where it has moved since training; ``dialogues`` a file (or ReDial
    release) to be judged on instead. ``plain`` is a run that does not adapt, for the comparison; it must
    have been trained on the same data and split. ``order`` overrides how support and query are drawn.
    Raises ``CheckpointError`` for a run that cannot be read, ``DataError`` for data that is gone or changed.
    """
    folders = fold_folders(folder)
    plains = fold_folders(plain) if plain is not None else []
    if plains and len(plains) != len(folders):
        raise CheckpointError(
            f"{plain}: has {len(plains)} fold(s), {folder} has {len(folders)}. Train both alike."
        )
    cache: dict[str, Corpus] = {}
    dropped: Counter[str] = Counter()
    parts: list[Rows] = []
    predictions: list[dict[str, Any]] = []
    runs: list[Run] = []
    for number, fold in enumerate(folders):
        run = load_run(fold)
        if order is not None:
            run = replace(
                run,
                config=run.config.model_copy(
                    update={"data": run.config.data.model_copy(update={"order": order})}
                ),
            )
        runs.append(run)
        known = None
        if dialogues is not None:
            dropped = Counter()
            table, tasks, support = _foreign(run, dialogues, lenient=lenient, dropped=dropped)
        else:
            corpus = own_corpus(run, data, cache)
            table, tasks, support = _own(run, corpus, split)
            known = corpus.known_items
        rows, predicted = judge(run, table, tasks, support, known)
        if plains:
            rows["plain"] = _plain_row(load_run(plains[number]), run, table, tasks, known)
        parts.append(rows)
        predictions += predicted
    pooled = {name: SampleOutcomes.concatenate([part[name] for part in parts]) for name in parts[0]}
    first = runs[0]
    report = build_report(
        dataset=first.data.dataset if dialogues is None else dialogues.name,
        split=split if dialogues is None else "all users",
        folds=len(folders),
        protocol=first.config.data.protocol,
        signature=signature(runs) | ({"plain": load_run(plains[0]).config.title} if plains else {}),
        order=first.config.data.order,
        rows=pooled,
        resamples=resamples,
    )
    outside = int((pooled["metrics"].ranks == MISS).sum())
    return Evaluation(report, predictions, outside, dropped)


def fold_folders(folder: Path) -> list[Path]:
    """The runs in ``folder``: itself, or its ``fold-0`` to ``fold-4``; all of them must be there."""
    if (folder / MANIFEST).exists() or not (folder / "fold-0").exists():
        return [folder]
    found = [folder / f"fold-{number}" for number in range(NUM_FOLDS)]
    missing = [path.name for path in found if not (path / MANIFEST).exists()]
    if missing:
        raise CheckpointError(
            f"{folder}: {', '.join(missing)} not finished. Go on with: ccrs train ... --folds {NUM_FOLDS} --resume"
        )
    return found


def judge(
    run: Run,
    table: SampleTable,
    tasks: Sequence[UserTask],
    popularity: IntArray,
    known: KnownItems | None = None,
) -> tuple[Rows, list[dict[str, Any]]]:
    """The rows adapted, unadapted and popularity, and the adapted model's predictions.

    ``known`` takes out of the candidates of all of them what the user has had before.
    """
    builder = run_builder(run, table)
    predictions: list[dict[str, Any]] = []
    items = [entity.id for entity in run.catalogue.items]

    def adapted(take: Any) -> None:
        def both(logits: Tensor, samples: IntArray) -> None:
            take(logits, samples)
            candidates = logits if known is None else known.without(logits, samples)
            best = candidates.topk(min(NUM_PREDICTED, logits.shape[1]), dim=1).indices.tolist()
            predictions.extend(
                {"sample": table.sample_id(int(sample)), "items": [items[i] for i in ranked]}
                for sample, ranked in zip(samples, best, strict=True)
            )

        if run.adapts:
            adapted_logits(run.model, run.rates, builder, tasks, both)
        else:
            reads = model_reads(run.config.name, run.config.model)
            unadapted_logits(run.model, builder, tasks, both, with_history=reads.history)

    rows: Rows = {}
    fold = run.config.data.fold
    ranks, samples = ranks_of(table, adapted, known)
    if len(samples) == 0:
        raise DataError("There is nothing to judge: no recommender message of these users names an item.")
    rows["metrics"] = outcomes_of(table, tasks, ranks, samples, fold)
    if run.adapts:
        ranks, samples = ranks_of(
            table, lambda take: unadapted_logits(run.model, builder, tasks, take), known
        )
        rows["unadapted"] = outcomes_of(table, tasks, ranks, samples, fold)
    else:
        rows["unadapted"] = rows["metrics"]
    rows["popularity"] = outcomes_of(
        table, tasks, _popularity_ranks(table, samples, popularity, known), samples, fold
    )
    return rows, predictions


def signature(runs: Sequence[Run]) -> dict[str, str | int | float | None]:
    """What a figure depends on: data, split, order, folds, seeds, commit, configuration."""
    first = runs[0]
    config = json.dumps([run.config.model_dump() for run in runs], sort_keys=True)
    return {
        "model": first.config.title,
        "data": f"{first.data.dataset}@{first.data.checksum[:8]}",
        "split": first.config.data.protocol,
        "order": first.config.data.order,
        "folds": len(runs),
        "seed": first.config.data.seed,
        "commit": first.commit,
        "config": hashlib.sha256(config.encode()).hexdigest()[:8],
    }


def write_predictions(path: Path, predictions: Sequence[Mapping[str, Any]]) -> None:
    """One JSON object a line: sample id and ranked items."""
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8") as stream:
        for prediction in predictions:
            stream.write(json.dumps(prediction, ensure_ascii=False) + "\n")


def own_corpus(run: Run, data: Path | None, cache: dict[str, Corpus]) -> Corpus:
    """The prepared data a run was trained on; an error says clearly when it is gone or changed."""
    if data is None and run.data.is_public:
        raise DataError(
            f"This run was published without its split (the ids of its users): whom to judge is not there. It was "
            f"trained on {run.data.dataset!r}, checksum {run.data.checksum[:12]}; name that data with --data DIR."
        )
    path = data if data is not None else Path(run.data.path)
    if str(path) not in cache:
        if not path.exists():
            raise DataError(
                f"{path}: the data this run was trained on is gone. Name its new place with --data DIR."
            )
        cache[str(path)] = load_corpus(path)
    corpus = cache[str(path)]
    if corpus.manifest.checksum != run.data.checksum:
        raise DataError(
            f"{path}: is not the data this run was trained on (checksum {corpus.manifest.checksum[:12]}, "
            f"trained on {run.data.checksum[:12]}). Name the right folder with --data DIR."
        )
    return corpus


def _own(run: Run, corpus: Corpus, split: SplitName) -> tuple[SampleTable, list[UserTask], IntArray]:
    """Table, tasks and training popularity (support of the judged users included, as for all baselines)."""
    division = divide(corpus, run.config.data)
    counted = np.concatenate([division.train_dialogues, division.support_dialogues])
    popularity = recommended_counts(corpus.table, counted, corpus.catalogue.num_items)
    return corpus.table, division.tasks(split), popularity


def _foreign(
    run: Run, dialogues: Path, *, lenient: bool, dropped: Counter[str]
) -> tuple[SampleTable, list[UserTask], IntArray]:
    popularity = run.statistics.popularity
    found = read_foreign(dialogues, run.catalogue, popularity, lenient=lenient, dropped=dropped)
    table = build_samples(run.catalogue, found, keep_unknown=True)
    tasks = user_tasks(table, np.arange(len(table.users)), run.config.data.order, run.config.data.seed)
    return table, tasks, run.statistics.popularity


def _plain_row(
    plain: Run, run: Run, table: SampleTable, tasks: Sequence[UserTask], known: KnownItems | None
) -> SampleOutcomes:
    if not plain.data.same_split(run.data):
        raise CheckpointError("The plain run was trained on other data or another split. Train both alike.")
    builder = run_builder(plain, table)
    history = model_reads(plain.config.name, plain.config.model).history
    ranks, samples = ranks_of(
        table, lambda take: unadapted_logits(plain.model, builder, tasks, take, with_history=history), known
    )
    return outcomes_of(table, tasks, ranks, samples, run.config.data.fold)


def _popularity_ranks(
    table: SampleTable, samples: IntArray, popularity: IntArray, known: KnownItems | None
) -> IntArray:
    targets = torch.from_numpy(table.sample_targets[samples])
    counts = torch.from_numpy(popularity.astype(np.float32)).expand(len(samples), -1)
    candidates = counts if known is None else known.without(counts, samples)
    ranks = target_ranks(candidates, targets.clamp(min=0))
    return torch.where(targets >= 0, ranks, torch.full_like(ranks, MISS)).numpy()
