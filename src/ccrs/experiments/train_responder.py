"""Train a responder on top of a trained recommender, and leave a run that talks."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

from torch import nn

from ccrs.artifacts.files import MANIFEST
from ccrs.artifacts.responder import FOLDER, ResponderRun, has_responder, load_responder, save_responder
from ccrs.artifacts.run import Run, load_run, run_files
from ccrs.core.errors import ConfigError
from ccrs.core.files import replacing
from ccrs.data.linking_dialogues import run_linker
from ccrs.data.tokeniser import ReplyTokeniser
from ccrs.data.understanding.hearer import Hearer
from ccrs.data.understanding.opinion_model import OpinionModel
from ccrs.experiments.corpus import Corpus
from ccrs.experiments.reply_judging import (
    adapted_batches,
    negative_log_likelihoods,
    plain_batches,
    query_replies,
)
from ccrs.experiments.reply_setup import ReplySetup, ResponderTrainConfig, set_up_replies
from ccrs.experiments.train import current_commit
from ccrs.experiments.train_chooser import train_chooser
from ccrs.experiments.train_opinions import train_opinions
from ccrs.models.responders import as_adaptable_responder
from ccrs.training.checkpoint import FILE as CHECKPOINT
from ccrs.training.distributed import Workers
from ccrs.training.loop import train
from ccrs.training.reply_objectives import MetaReplyObjective, PlainReplyObjective
from ccrs.training.reply_plans import MetaReplyPlan, PlainReplyPlan
from ccrs.training.tracking import Tracker


def train_responder(
    config: ResponderTrainConfig,
    recommender: Path,
    corpus: Corpus,
    out: Path,
    *,
    resume: bool = False,
    quiet: bool = False,
    device: str = "cpu",
) -> ResponderRun:
    """Train on the split of the run in ``recommender`` and leave a copy of it with the responder in ``out``.

    With ``resume``, a killed training goes on. ``out`` may be the recommender's own folder, but not another run's.
    """
    if has_responder(out):
        if resume:
            return load_responder(out)
        raise ConfigError(f"{out}: has a responder already. Choose another --out, or keep it with --resume.")
    run = load_run(recommender)
    if (out / MANIFEST).exists() and (out / MANIFEST).read_bytes() != (recommender / MANIFEST).read_bytes():
        raise ConfigError(f"{out}: holds another run than {recommender}. Choose another --out.")
    if run.data.checksum != corpus.manifest.checksum:
        raise ConfigError(
            f"{corpus.path}: is not the data {recommender} was trained on. Name that with --data."
        )
    setup = set_up_replies(config, run, corpus)
    if len(setup.training) == 0:
        raise ConfigError(f"{corpus.path}: no recommender speaks in the training part. Use more data.")
    if config.choose and len(query_replies(setup.builder, setup.division.validation)) < 2:
        raise ConfigError(
            f"{corpus.path}: the validation users have fewer than 2 replies, too few to train the selector on. "
            "Use more data, or --set choose=false."
        )
    processes = Workers(1, device)
    processes.start()
    folder = out / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    modules = nn.ModuleDict({"model": cast("nn.Module", setup.model), "rates": setup.rates}).to(
        processes.device
    )
    objective, plan = _objective_and_plan(setup)
    with Tracker(folder, epochs=config.training.epochs, quiet=quiet) as tracker:
        train(
            modules,
            objective,
            plan,
            _validation(setup),
            config=config.training,
            sparse=[],
            folder=folder,
            workers=processes,
            tracker=tracker,
            fingerprint=_fingerprint(config, corpus, recommender, setup.tokeniser),
            resume=resume,
        )
    chooser = None
    if config.choose:
        chooser = train_chooser(
            setup,
            folder / "selector",
            weights=config.choosing,
            training=config.selector_training,
            quiet=quiet,
        )
    responder = ResponderRun(
        config,
        setup.model.eval(),
        setup.rates,
        setup.tokeniser,
        setup.sizes,
        setup.dropped,
        chooser,
        setup.confirmed,
        _opinions(run, setup, corpus) if config.learn_opinions else None,
        commit=current_commit(),
    )
    _copy_run(recommender, out, run_files(run.config, cards=bool(run.cards)))
    save_responder(out, responder, config.model_dump())
    (folder / CHECKPOINT).unlink(missing_ok=True)
    return responder


def _opinions(run: Run, setup: ReplySetup, corpus: Corpus) -> OpinionModel:
    """The model of opinions, fitted on the questionnaires of training dialogues; ``ConfigError`` with too few."""
    linker = run_linker(run.catalogue, run.statistics.popularity)
    dialogues = [corpus.dialogues[number] for number in setup.division.train_dialogues.tolist()]
    found = train_opinions(Hearer(run.catalogue, run.triples, linker), dialogues)
    if found is None:
        raise ConfigError(
            f"{corpus.path}: too few answers to questionnaires to learn opinions from. Use --set learn_opinions=false."
        )
    return found


def _objective_and_plan(setup: ReplySetup) -> tuple[Any, Any]:
    """What a step minimises and what it sees."""
    training = setup.config.training
    if not setup.adapts:
        plain = PlainReplyPlan(
            setup.builder, setup.training, batch_size=training.batch_size, seed=training.seed
        )
        return PlainReplyObjective(setup.model, low_precision=training.low_precision), plain
    halves = [(task.support, task.query) for task in setup.crossed]
    by_user = {task.user: pair for task, pair in zip(setup.crossed, halves, strict=True)}
    meta = MetaReplyPlan(
        setup.builder,
        list(by_user.values()),
        batch_size=training.batch_size,
        max_dialogues=training.max_task_dialogues,
        seed=training.seed,
    )
    objective = MetaReplyObjective(
        as_adaptable_responder(setup.model),
        setup.rates,
        support_weight=training.support_weight,
        low_precision=training.low_precision,
    )
    return objective, meta


def _validation(setup: ReplySetup) -> Callable[[], dict[str, float]]:
    """Mean log-likelihood per word of the query replies of the validation users."""
    tasks, builder, table = setup.division.validation, setup.builder, setup.replies
    replies = query_replies(builder, tasks)

    def validate() -> dict[str, float]:
        setup.model.eval()
        words = max(int(table.num_words[replies].sum()), 1)
        _, plain = negative_log_likelihoods(setup.model, plain_batches(setup.model, builder, replies))
        figures = {"validation log likelihood": -float(plain.sum()) / words}
        if setup.adapts:
            batches = adapted_batches(setup.model, setup.rates, builder, tasks)
            _, sums = negative_log_likelihoods(setup.model, batches)
            figures = {
                "validation log likelihood": -float(sums.sum()) / words,
                "validation unadapted": figures["validation log likelihood"],
            }
        return figures

    return validate


def _copy_run(source: Path, target: Path, files: Sequence[str]) -> None:
    """Put the recommender's files beside the responder; the manifest comes last."""
    if source.resolve() == target.resolve():
        return
    for name in (*files, MANIFEST):
        with replacing(target / name) as temporary:
            shutil.copyfile(source / name, temporary)


def _fingerprint(
    config: ResponderTrainConfig, corpus: Corpus, recommender: Path, tokeniser: ReplyTokeniser
) -> str:
    """Changes with the configuration of training (but for its length), the data, the recommender and the tokens."""
    values = config.model_dump()
    values["training"].pop("epochs")
    if values["name"] == "ccrs":
        values.pop("name")  # checkpoints of earlier versions had no other
    for later in ("title", "decoding", "choosing", "choose", "selector_training"):
        values.pop(later)  # looked at after training only
    parts = [
        values,
        corpus.manifest.checksum,
        (recommender / MANIFEST).read_text(encoding="utf-8"),
        tokeniser.digest,
    ]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
