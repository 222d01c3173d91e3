"""Train one configuration on one prepared corpus, and leave a run."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import cast

from torch import nn

from ccrs.artifacts.files import MANIFEST
from ccrs.artifacts.run import DataIdentity, Run, load_run, save_run
from ccrs.core.batch import Batch
from ccrs.core.errors import ConfigError
from ccrs.core.protocols import Settling
from ccrs.data.batching import BatchBuilder
from ccrs.data.splits import NUM_FOLDS
from ccrs.evaluation.ranking import per_sample
from ccrs.experiments.card import model_card
from ccrs.experiments.config import RecommenderConfig
from ccrs.experiments.corpus import Corpus
from ccrs.experiments.judging import adapted_logits, ranks_of, unadapted_logits
from ccrs.experiments.setup import Setup, set_up
from ccrs.inference.builders import make_builder
from ccrs.models.registry import as_adaptable, model_reads, model_row
from ccrs.training.checkpoint import FILE as CHECKPOINT
from ccrs.training.distributed import Workers
from ccrs.training.loop import EpochPlan, Trained, train
from ccrs.training.objectives import MetaObjective, Objective, PlainObjective
from ccrs.training.plans import MetaPlan, MixedPlan, PlainPlan, dialogues_by_user
from ccrs.training.tracking import Tracker


def train_recommender(
    config: RecommenderConfig,
    corpus: Corpus,
    out: Path,
    *,
    resume: bool = False,
    workers: int = 1,
    quiet: bool = False,
    device: str = "cpu",
) -> Run:
    """Train and save a run in ``out``; with ``resume``, go on where a killed training stopped."""
    processes = Workers(workers, device)
    processes.start()
    if (out / MANIFEST).exists():
        if resume:
            return load_run(out)
        raise ConfigError(
            f"{out}: holds a finished run already. Choose another --out, or keep it with --resume."
        )
    if not model_row(config.name).trains:
        config = config.model_copy(update={"training": config.training.model_copy(update={"epochs": 0})})
    setup = set_up(config, corpus)
    if processes.is_first:
        out.mkdir(parents=True, exist_ok=True)
    processes.wait()
    if len(setup.training_dialogues) == 0:
        raise ConfigError(
            f"{corpus.path}: no dialogue falls into the training part. Use another split or more data."
        )
    modules = nn.ModuleDict({"model": setup.model, "rates": setup.rates}).to(processes.device)
    speaks = processes.is_first and not quiet
    with Tracker(out, epochs=config.training.epochs, quiet=not speaks, record=processes.is_first) as tracker:
        trained = train(
            modules,
            _objective(setup),
            _plan(setup),
            _validation(setup),
            config=config.training,
            sparse=_sparse(setup.model),
            folder=out,
            workers=processes,
            tracker=tracker,
            fingerprint=_fingerprint(config, corpus),
            resume=resume,
        )
    run = _finished(setup, trained, out) if processes.is_first else None
    processes.wait()
    if run is None:  # a helping process; the first one goes on
        raise SystemExit(0)
    return run


def train_folds(
    config: RecommenderConfig,
    corpus: Corpus,
    out: Path,
    *,
    resume: bool = False,
    workers: int = 1,
    quiet: bool = False,
    device: str = "cpu",
    announce: Callable[[str], None] = lambda _: None,
) -> None:
    """Train ``out``/fold-0 to fold-4, each user a test user once; with ``resume``, finished folds are kept.

    The seed of a fold's training is its number (plus the configured one). Raises ``ConfigError`` for more than one
    process: the engine starts them once a command.
    """
    if workers > 1:
        raise ConfigError(
            "--folds trains with one process. Train single folds with --set data.fold=K --workers N."
        )
    for fold in range(NUM_FOLDS):
        folder = out / f"fold-{fold}"
        announce(f"fold {fold + 1} of {NUM_FOLDS}: {folder}")
        if resume and (folder / MANIFEST).exists():
            continue
        data = config.data.model_copy(update={"protocol": "folds", "fold": fold})
        training = config.training.model_copy(update={"seed": config.training.seed + fold})
        one = config.model_copy(update={"data": data, "training": training})
        train_recommender(one, corpus, folder, resume=resume, workers=workers, quiet=quiet, device=device)


def _objective(setup: Setup) -> Objective:
    if not setup.adapts:
        return PlainObjective(setup.model)
    training = setup.config.training
    return MetaObjective(
        as_adaptable(setup.model),
        setup.rates,
        num_items=setup.sizes.num_items,
        support_weight=training.support_weight,
        average_users=training.average == "users",
    )


def _plan(setup: Setup) -> EpochPlan[Batch]:
    training = setup.config.training
    main = _meta_plan(setup) if setup.adapts else _plain_plan(setup, setup.builder)
    if not model_reads(setup.config.name, setup.config.model).seeker_targets:
        return main
    builder = make_builder(
        setup.config,
        setup.corpus.seeker_table,
        setup.graph,
        setup.statistics,
        num_items=setup.sizes.num_items,
        for_seeker=True,
    )
    return MixedPlan(main, _plain_plan(setup, builder), seed=training.seed)


def _plain_plan(setup: Setup, builder: BatchBuilder) -> PlainPlan:
    training = setup.config.training
    contexts = builder.contexts_of(setup.training_dialogues)
    return PlainPlan(builder, contexts, batch_size=training.batch_size, seed=training.seed)


def _meta_plan(setup: Setup) -> MetaPlan:
    training, table = setup.config.training, setup.corpus.table
    return MetaPlan(
        setup.builder,
        table,
        dialogues_by_user(table, setup.division.train, setup.division.train_dialogues),
        batch_size=training.batch_size,
        max_dialogues=training.max_task_dialogues,
        chronological=setup.config.data.order == "chronological",
        seed=training.seed,
    )


def _validation(setup: Setup) -> Callable[[], dict[str, float]]:
    """Figures on the query dialogues of the validation users."""
    tasks, table = setup.division.validation, setup.corpus.table
    known = setup.corpus.known_items

    def validate() -> dict[str, float]:
        setup.model.eval()
        if setup.adapts:
            ranks, _ = ranks_of(
                table,
                lambda take: adapted_logits(setup.model, setup.rates, setup.builder, tasks, take),
                known,
            )
        else:
            reads = model_reads(setup.config.name, setup.config.model)
            ranks, _ = ranks_of(
                table,
                lambda take: unadapted_logits(
                    setup.model, setup.builder, tasks, take, with_history=reads.history
                ),
                known,
            )
        values = per_sample(ranks)
        return {
            f"validation {name}": float(values[name].mean()) if len(ranks) else 0.0
            for name in ("hr@10", "hr@50", "mrr@50", "ndcg@50")
        }

    return validate


def _sparse(model: nn.Module) -> list[nn.Parameter]:
    tables = getattr(model, "sparse_parameters", None)
    return tables() if tables is not None else []


def _finished(setup: Setup, trained: Trained, out: Path) -> Run:
    """Save the run and take the checkpoint away."""
    table, division = setup.corpus.table, setup.division
    names = [
        [table.users[user] for user in users]
        for users in (
            division.train.tolist(),
            [task.user for task in division.validation],
            [task.user for task in division.test],
        )
    ]
    manifest = setup.corpus.manifest
    identity = DataIdentity(
        str(setup.corpus.path.resolve()), manifest.dataset, manifest.checksum, manifest.licence, *names
    )
    config, model = setup.config, setup.model.eval()
    if isinstance(model, Settling):
        model = model.settled()
        config = config.model_copy(update={"model": cast("Settling", model).config.model_dump()})
    run = Run(
        config,
        model,
        setup.rates,
        setup.sizes,
        setup.corpus.catalogue,
        setup.triples,
        setup.graph,
        setup.statistics,
        identity,
        setup.resources,
        current_commit(),
        setup.corpus.extras.cards,
    )
    save_run(out, run, config.model_dump(), model_card(setup.config, identity, trained))
    (out / CHECKPOINT).unlink(missing_ok=True)
    return run


def _fingerprint(config: RecommenderConfig, corpus: Corpus) -> str:
    """Changes with the configuration (but for the number of epochs) and with the data."""
    values = config.model_dump()
    values["training"].pop("epochs")
    text = json.dumps([values, corpus.manifest.checksum], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def current_commit() -> str:
    """The commit of the source this runs from, or ``unknown`` outside a checkout."""
    try:
        result = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"],  # noqa: S607 - git is found like any command
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return result.stdout.strip()
