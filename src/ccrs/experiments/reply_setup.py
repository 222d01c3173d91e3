"""From a trained recommender and its corpus to everything the training of a responder needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from pydantic import model_validator

from ccrs.artifacts.reply_knowledge import responder_inputs
from ccrs.artifacts.responder import ResponderUseConfig, read_responder_config
from ccrs.artifacts.run import Run
from ccrs.core.config import apply_overrides, load_toml
from ccrs.core.protocols import ReplyModel
from ccrs.core.replies import ReplyTable
from ccrs.core.samples import IntArray, UserTask
from ccrs.data.confirmation import Facts, confirmed_facts
from ccrs.data.replies import tokeniser_texts
from ccrs.data.reply_batching import ReplyBatchBuilder
from ccrs.data.slots import Slotter
from ccrs.data.tokeniser import ReplyTokeniser
from ccrs.experiments.corpus import Corpus, Division, divide
from ccrs.experiments.reply_data import reply_data
from ccrs.inference.builders import make_slotter
from ccrs.inference.reply_vectors import crossed_tasks
from ccrs.meta.reply_adaptation import ReplyRates
from ccrs.models.responder import ResponderSizes
from ccrs.models.responders import build_responder, responder_row
from ccrs.training.config import ReplyTrainingConfig
from ccrs.training.selector import SelectorTrainingConfig


class ResponderTrainConfig(ResponderUseConfig):
    """A responder and its training."""

    training: ReplyTrainingConfig = ReplyTrainingConfig()
    selector_training: SelectorTrainingConfig = SelectorTrainingConfig()

    @model_validator(mode="after")
    def _adaptable(self) -> ResponderTrainConfig:
        if self.training.objective == "meta" and not responder_row(self.name).adapts:
            raise ValueError(
                f"training.objective = 'meta', but the responder {self.name!r} cannot adapt. Use 'plain'"
            )
        return self


def load_responder_config(path: Path, overrides: Sequence[str] = ()) -> ResponderTrainConfig:
    """Read a TOML file with ``overrides``; raises ``ConfigError`` with all faults at once."""
    return read_responder_config(ResponderTrainConfig, apply_overrides(load_toml(path), overrides), str(path))


@dataclass(frozen=True)
class ReplySetup:
    """A responder and everything its training needs."""

    config: ResponderTrainConfig
    run: Run
    corpus: Corpus
    division: Division
    slotter: Slotter
    replies: ReplyTable
    training: IntArray  # replies of the training dialogues
    crossed: list[UserTask]  # of the training users
    builder: ReplyBatchBuilder
    tokeniser: ReplyTokeniser
    model: ReplyModel
    rates: ReplyRates
    sizes: ResponderSizes
    dropped: Counter[str]
    confirmed: Facts | None

    @property
    def adapts(self) -> bool:
        """Whether training adapts (support and query)."""
        return self.config.training.objective == "meta"


def set_up_replies(config: ResponderTrainConfig, run: Run, corpus: Corpus) -> ReplySetup:
    """Split as the recommender was, cut slots, learn the tokeniser, cache the recommender's vectors.

    A responder that does not adapt gets the support dialogues of validation and test users as training data, as
    the paper grants its baselines. The same configuration and data give the same set-up.
    """
    division = divide(corpus, run.config.data)
    plain = config.training.objective == "plain"
    dialogues = division.joint_dialogues if plain else division.train_dialogues
    slotter = make_slotter(run, config.text)
    learned = [corpus.dialogues[d] for d in dialogues.tolist()]
    texts = tokeniser_texts(learned, slotter)
    tokeniser = ReplyTokeniser.train(texts, slotter.tokens, vocabulary_size=config.text.vocabulary_size)
    crossed = crossed_tasks(corpus.table, division.train, run.config.data.seed)
    tasks = [*crossed, *division.validation, *division.test]
    weight = config.training.fact_weight
    data = reply_data(
        run,
        corpus.dialogues,
        tokeniser,
        config.text,
        tasks,
        fact_weight=weight,
        apart=dialogues,
        reads=responder_row(config.name).reads,
    )
    confirmed = None
    if config.text.confirmed_facts:
        confirmed = confirmed_facts(learned, run.catalogue, run.triples)
    sizes = ResponderSizes(
        vocabulary=len(tokeniser),
        vector_size=data.builder.vectors.adapted.shape[1],
        max_context=config.text.max_context,
        max_reply=config.text.max_reply,
    )
    given = responder_inputs(config.name, sizes, tokeniser, run)
    torch.manual_seed(config.training.seed)
    return ReplySetup(
        config=config,
        run=run,
        corpus=corpus,
        division=division,
        slotter=data.slotter,
        replies=data.replies,
        training=data.replies.replies_of(dialogues),
        crossed=crossed,
        builder=data.builder,
        tokeniser=tokeniser,
        model=build_responder(config.name, config.model, given),
        rates=ReplyRates(config.inner),
        sizes=sizes,
        dropped=data.dropped,
        confirmed=confirmed,
    )
