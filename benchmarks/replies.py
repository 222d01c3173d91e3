"""What the measurements of the responder share: replies of a corpus, a responder, batches, situations."""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from benchmarks.steps import configuration
from ccrs.artifacts.responder import ResponderRun, load_responder
from ccrs.artifacts.run import DataIdentity, Run, load_run
from ccrs.core.errors import ConfigError
from ccrs.core.samples import IntArray
from ccrs.data.confirmation import confirmed_facts
from ccrs.data.replies import build_replies, tokeniser_texts
from ccrs.data.reply_batching import ReplyBatchBuilder, Vectors
from ccrs.data.tokeniser import ReplyTokeniser
from ccrs.experiments.corpus import Corpus, divide
from ccrs.experiments.reply_setup import ReplySetup, ResponderTrainConfig, load_responder_config
from ccrs.experiments.setup import set_up
from ccrs.experiments.situations import Said, said_before
from ccrs.experiments.train_chooser import train_chooser
from ccrs.inference.builders import make_slotter
from ccrs.inference.reply_vectors import crossed_tasks
from ccrs.inference.writing import NUM_OFFERED, Situation
from ccrs.meta.reply_adaptation import ReplyRates
from ccrs.models.responder import Responder, ResponderSizes
from ccrs.training.selector import SelectorTrainingConfig

CONFIGURATION = Path(__file__).resolve().parent.parent / "configs" / "responder" / "redial.toml"
VECTOR_SIZE = 128
"""Size of p_u where no run gives it."""


@dataclass(frozen=True)
class ReplyWorld:
    """Everything about the replies of a corpus (``setup``), and the responder that writes new ones.

    The vectors p_u are random: what they hold changes no time.
    """

    setup: ReplySetup
    responder: ResponderRun
    is_trained: bool

    def fresh_model(self) -> Responder:
        """New weights of the measured sizes; always the same."""
        torch.manual_seed(0)
        return Responder(self.setup.config.model, self.setup.sizes)

    def situations(self, count: int) -> list[Situation]:
        """Situations of random replies that are not the first of their dialogue; films offered are random."""
        rng, setup = np.random.default_rng(0), self.setup
        dialogues = setup.replies.reply_dialogues[setup.training]
        later = setup.training[1:][dialogues[1:] == dialogues[:-1]]
        chosen = rng.choice(later, size=count)
        said = said_before(setup.corpus.dialogues, setup.replies, chosen, setup.slotter, setup.tokeniser)
        return [self._situation(reply, said[reply], rng) for reply in chosen.tolist()]

    def _situation(self, reply: int, said: Said, rng: np.random.Generator) -> Situation:
        table = self.setup.replies
        before = np.flatnonzero(table.reply_dialogues == table.reply_dialogues[reply])
        earlier = before[before < reply].tolist()
        named = [item for other in earlier for item in table.items[other].tolist()]
        num_items = self.setup.run.catalogue.num_items
        return Situation(
            context=table.contexts[reply].tolist(),
            vector=torch.from_numpy(self.setup.builder.vectors.adapted[reply]),
            offered=tuple(rng.choice(num_items, min(NUM_OFFERED, num_items), replace=False).tolist()),
            named=tuple(named[::-1]),
            seed=reply,
            turns=said.turns,
            own=said.own,
        )


def reply_world(corpus: Corpus, talk: Path | None) -> ReplyWorld:
    """The replies of ``corpus``, with the responder of the run ``talk``, or one with untrained weights."""
    config = load_responder_config(CONFIGURATION)
    if talk is None:
        setup = _setup(config, _untrained_run(corpus), corpus, None)
        return ReplyWorld(setup, _untrained_responder(setup), is_trained=False)
    run, responder = load_run(talk), load_responder(talk)
    if run.data.checksum != corpus.manifest.checksum:
        raise ConfigError(f"{talk}: was trained on other data than {corpus.path}. Name its data with --data.")
    if responder.chooser is None:
        raise ConfigError(f"{talk}: does not choose among replies. Name a run trained with choose = true.")
    used = {name: getattr(responder.config, name) for name in type(responder.config).model_fields}
    return ReplyWorld(
        _setup(config.model_copy(update=used), run, corpus, responder), responder, is_trained=True
    )


def _setup(
    config: ResponderTrainConfig, run: Run, corpus: Corpus, responder: ResponderRun | None
) -> ReplySetup:
    """What ``set_up_replies`` does, with random vectors in the place of the recommender's."""
    division = divide(corpus, run.config.data)
    slotter = make_slotter(run, config.text)
    learned = [corpus.dialogues[d] for d in division.train_dialogues.tolist()]
    tokeniser = (
        ReplyTokeniser.train(
            tokeniser_texts(learned, slotter), slotter.tokens, vocabulary_size=config.text.vocabulary_size
        )
        if responder is None
        else responder.tokeniser
    )
    dropped: Counter[str] = Counter()
    lengths = {"max_context": config.text.max_context, "max_reply": config.text.max_reply}
    replies = build_replies(corpus.dialogues, slotter, tokeniser, **lengths, dropped=dropped)
    sizes = (
        ResponderSizes(vocabulary=len(tokeniser), vector_size=VECTOR_SIZE, **lengths)
        if responder is None
        else responder.sizes
    )
    confirmed = None if responder is None else responder.confirmed
    if responder is None and config.text.confirmed_facts:
        confirmed = confirmed_facts(learned, corpus.catalogue, corpus.triples)
    shape = (replies.num_replies, sizes.vector_size)
    vectors = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    torch.manual_seed(0)
    return ReplySetup(
        config=config,
        run=run,
        corpus=corpus,
        division=division,
        slotter=slotter,
        replies=replies,
        training=replies.replies_of(division.train_dialogues),
        crossed=crossed_tasks(corpus.table, division.train, run.config.data.seed),
        builder=ReplyBatchBuilder(
            replies, Vectors(vectors, vectors), fact_weight=config.training.fact_weight
        ),
        tokeniser=tokeniser,
        model=Responder(config.model, sizes),
        rates=ReplyRates(config.inner),
        sizes=sizes,
        dropped=dropped,
        confirmed=confirmed,
    )


def _untrained_run(corpus: Corpus) -> Run:
    """A recommender with the corpus's graph and counts; its weights are not looked at here."""
    setup = set_up(configuration("CCRS (paper)"), corpus)
    manifest = corpus.manifest
    identity = DataIdentity(
        str(corpus.path),
        manifest.dataset,
        manifest.checksum,
        manifest.licence,
        train=[],
        validation=[],
        test=[],
    )
    return Run(
        setup.config,
        setup.model.eval(),
        setup.rates,
        setup.sizes,
        corpus.catalogue,
        corpus.triples,
        setup.graph,
        setup.statistics,
        identity,
    )


def _untrained_responder(setup: ReplySetup) -> ResponderRun:
    """A responder that says each token, the end among them, about as often as people do.

    Without that a reply would never end, and the times would be those of replies that nobody writes.
    """
    targets = setup.replies.targets
    positions, _ = targets.positions(setup.training)
    counts = np.bincount(targets.values[positions], minlength=len(setup.tokeniser)) + 0.1
    with torch.no_grad():
        setup.model.output_bias.copy_(torch.from_numpy(np.log(counts / counts.sum())))
    with tempfile.TemporaryDirectory() as folder:
        chooser = train_chooser(
            setup,
            Path(folder),
            weights=setup.config.choosing,
            training=SelectorTrainingConfig(epochs=0),
            quiet=True,
        )
    return ResponderRun(
        setup.config,
        setup.model.eval(),
        setup.rates,
        setup.tokeniser,
        setup.sizes,
        setup.dropped,
        chooser,
        setup.confirmed,
    )


def support_of(setup: ReplySetup) -> list[IntArray]:
    """The replies of the support of every test user who has any."""
    found = [setup.replies.replies_of(task.support) for task in setup.division.test]
    return [replies for replies in found if len(replies)]
