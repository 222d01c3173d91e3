"""A run that talks, on its own corpus: what it says at the judged replies, and how that fits what people said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ccrs.artifacts.responder import ResponderRun
from ccrs.artifacts.run import Run
from ccrs.core.samples import IntArray, UserTask
from ccrs.data.reply_batching import FloatArray
from ccrs.evaluation.judged import JudgedReply
from ccrs.evaluation.reply_report import reply_report
from ccrs.experiments.corpus import Corpus, Division, divide
from ccrs.experiments.evaluate import SplitName
from ccrs.experiments.reply_data import ReplyData, responder_data
from ccrs.experiments.reply_judging import adapted_batches, negative_log_likelihoods, plain_batches
from ccrs.experiments.reply_rows import BAG, HUMAN, RETRIEVED, SENTENCE, Progress, ReplyRows
from ccrs.inference.writing import Written

CHOSEN: Final = "+"
"""Stands behind a model's title where its replies are chosen among candidates."""
Announce = Callable[[str], None]


@dataclass(frozen=True)
class Talk:
    """A run with its responder, and the replies of the judged users' query dialogues as it reads them."""

    run: Run
    responder: ResponderRun
    division: Division
    tasks: Sequence[UserTask]
    read: ReplyData
    maker: ReplyRows

    @property
    def title(self) -> str:
        """What tables call it."""
        return self.responder.config.title

    @property
    def training(self) -> IntArray:
        """The replies it was trained on; one that does not adapt had the support as well."""
        adapts = self.responder.config.adapt
        dialogues = self.division.train_dialogues if adapts else self.division.joint_dialogues
        return self.read.replies.replies_of(dialogues)


def open_talk(
    run: Run, responder: ResponderRun, corpus: Corpus, split: SplitName, num_users: int | None, *, seed: int
) -> Talk:
    """Read ``corpus`` as the run does; ``num_users`` judges the first users of the split only."""
    division = divide(corpus, run.config.data)
    tasks = division.tasks(split)[:num_users]
    read = responder_data(run, responder, corpus.dialogues, [*division.validation, *division.test])
    maker = ReplyRows(run, responder, corpus.dialogues, read, tasks, seed=seed)
    return Talk(run, responder, division, tasks, read, maker)


def write_rows(talk: Talk, announce: Announce, progress: Progress) -> dict[str, list[Written]]:
    """What a run says: plainly decoded and, where it has a chooser, chosen."""
    maker, title = talk.maker, talk.title
    announce(f"{title}: writing {len(maker.turns):,} replies")
    written = {title: maker.written(choose=False, progress=progress)}
    if talk.responder.chooser is not None:
        announce(f"{title}{CHOSEN}: choosing {len(maker.turns):,} replies among candidates")
        written[title + CHOSEN] = maker.written(choose=True, progress=progress)
    return written


def rows_beside(talk: Talk, *, seed: int) -> dict[str, list[JudgedReply]]:
    """What stands beside every model: people, and the cheap rivals made of its training replies."""
    maker, training = talk.maker, talk.training
    return {
        HUMAN: maker.human(),
        SENTENCE: maker.constant(training, bag=False, seed=seed),
        BAG: maker.constant(training, bag=True, seed=seed),
        RETRIEVED: maker.retrieved(training),
    }


def likelihoods(talk: Talk) -> FloatArray:
    """Negative log-likelihood of the human replies, in the order of the rows."""
    model, builder = talk.responder.model, talk.read.builder
    batches = (
        adapted_batches(model, talk.responder.rates, builder, talk.tasks)
        if talk.responder.config.adapt
        else plain_batches(model, builder, talk.maker.replies)
    )
    replies, sums = negative_log_likelihoods(model, batches)
    return sums[np.argsort(replies)]


@dataclass(frozen=True)
class RowJudge:
    """Measures one row after the other, all against the same training replies and with the same resamples."""

    talk: Talk
    known: Sequence[str]
    likelihoods: FloatArray
    resamples: int
    seed: int

    @classmethod
    def of(cls, talk: Talk, *, resamples: int, seed: int) -> RowJudge:
        """The judge of a run's rows."""
        words = talk.read.replies.words
        known = [words[int(reply)] for reply in talk.training]
        return cls(talk, known, likelihoods(talk), resamples, seed)

    def report(self, row: Sequence[JudgedReply], written: Sequence[Written] | None = None) -> dict[str, Any]:
        """All measures of a row; one that the run has ``written`` also has likelihoods and its stock replies."""
        own = written is not None
        report = reply_report(
            row,
            training_replies=self.known,
            nll=self.likelihoods.astype(np.float64) if own else None,
            num_words=self.talk.read.replies.num_words[self.talk.maker.replies] if own else None,
            resamples=self.resamples,
            seed=self.seed,
        )
        if written is not None:
            attempts = np.array([one.attempt for one in written])
            report["stock_replies"] = float((attempts < 0).mean())
        return report
