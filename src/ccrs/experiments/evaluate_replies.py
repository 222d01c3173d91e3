"""Judge what a run says: overlap, variety, truth, style and fit, beside people and the cheap rivals."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ccrs.artifacts.responder import ResponderRun, load_responder
from ccrs.artifacts.run import Run, load_run
from ccrs.core.errors import CheckpointError
from ccrs.core.files import replacing
from ccrs.core.samples import IntArray, UserTask
from ccrs.data.reply_batching import FloatArray, ReplyBatchBuilder
from ccrs.evaluation.judged import JudgedReply
from ccrs.evaluation.name_spans import Names
from ccrs.evaluation.reply_report import reply_differences, reply_report
from ccrs.evaluation.significance import interval
from ccrs.evaluation.truth import FactSource, TruthFigures, judge_statements, truth_figures
from ccrs.experiments.corpus import Corpus, Division, divide
from ccrs.experiments.evaluate import SplitName, own_corpus, signature
from ccrs.experiments.fact_sources import facts_of_triples, load_graph_facts
from ccrs.experiments.reply_data import ReplyData, responder_data
from ccrs.experiments.reply_judge import ReplyJudge
from ccrs.experiments.reply_judging import (
    adapted_batches,
    negative_log_likelihoods,
    plain_batches,
)
from ccrs.experiments.reply_rows import BAG, HUMAN, RETRIEVED, SENTENCE, Progress, ReplyRows
from ccrs.experiments.reply_swap import swap_test
from ccrs.inference.writing import Written

CHOSEN = "+"
"""Stands behind a model's title where its replies are chosen among candidates."""
Announce = Callable[[str], None]


@dataclass(frozen=True)
class ReplyEvaluation:
    """The report, and the replies it is about."""

    report: dict[str, Any]
    rows: Mapping[str, list[JudgedReply]]
    maker: ReplyRows
    written: Mapping[str, list[Written]]


def evaluate_replies(
    folder: Path,
    *,
    split: SplitName = "test",
    data: Path | None = None,
    truth_graphs: Sequence[Path] = (),
    beside: Sequence[Path] = (),
    num_users: int | None = None,
    resamples: int = 1000,
    seed: int = 0,
    announce: Announce = lambda _: None,
    progress: Progress = lambda done, total: None,
) -> ReplyEvaluation:
    """Judge the replies of the run in ``folder`` at every recommender turn of the split's query dialogues.

    ``beside`` are runs trained on the same data and split whose replies stand in the same table.
    ``truth_graphs`` are folders of graphs that judge statements about films (not those that fill the slots);
    without one the run's own graph judges, and the report says so. ``num_users`` judges the first users only.
    ``announce`` is told each phase, ``progress`` how many of its replies are written.
    Raises ``CheckpointError`` for a run without responder, ``DataError`` for data that is gone or changed.
    """
    run = load_run(folder)
    responder = load_responder(folder, run)
    corpus = own_corpus(run, data, {})
    division = divide(corpus, run.config.data)
    tasks = division.tasks(split)[:num_users]
    announce("reading the dialogues")
    everybody = [*division.validation, *division.test]
    read = responder_data(run, responder, corpus.dialogues, everybody)
    maker = ReplyRows(run, responder, corpus.dialogues, read, tasks, seed=seed)
    training = training_replies(responder, read, division)
    written = _written(maker, announce, progress)
    rows = {name: maker.judged(found) for name, found in written.items()}
    for other in beside:
        rows |= _beside(other, corpus, run, rows, split, num_users, announce, progress, seed=seed)
    rows[HUMAN] = maker.human()
    rows[SENTENCE] = maker.constant(training, bag=False, seed=seed)
    rows[BAG] = maker.constant(training, bag=True, seed=seed)
    rows[RETRIEVED] = maker.retrieved(training)
    announce("judging them")
    source, judged_by = _source(run, truth_graphs)
    likelihoods = _likelihoods(responder, read.builder, maker, tasks)
    report = _report(maker, rows, written, training, source, likelihoods, resamples=resamples, seed=seed)
    title = responder.config.title
    report |= {
        "dataset": run.data.dataset,
        "split": split,
        "truth_judged_by": judged_by,
        "dropped": dict(responder.dropped),
        "swap": swap_test(responder.model, read.builder, maker.replies, seed=seed),
        "fit": _fit(maker, rows, written, division, split, seed=seed),
        "signature": signature([run])
        | {"responder": title, "responder_commit": responder.commit, "seed": seed},
    }
    return ReplyEvaluation(report, rows, maker, written)


def _written(maker: ReplyRows, announce: Announce, progress: Progress) -> dict[str, list[Written]]:
    """What a run says: plainly decoded and, where it has a chooser, chosen."""
    title = maker.responder.config.title
    announce(f"{title}: writing {len(maker.turns):,} replies")
    written = {title: maker.written(choose=False, progress=progress)}
    if maker.responder.chooser is not None:
        announce(f"{title}{CHOSEN}: choosing {len(maker.turns):,} replies among candidates")
        written[title + CHOSEN] = maker.written(choose=True, progress=progress)
    return written


def _beside(
    folder: Path,
    corpus: Corpus,
    run: Run,
    rows: Mapping[str, list[JudgedReply]],
    split: SplitName,
    num_users: int | None,
    announce: Announce,
    progress: Progress,
    *,
    seed: int,
) -> dict[str, list[JudgedReply]]:
    """The rows of another run on the same contexts; raises ``CheckpointError`` when it was trained on others."""
    other = load_run(folder)
    responder = load_responder(folder, other)
    if other.data.checksum != run.data.checksum or other.data.test != run.data.test:
        raise CheckpointError(f"{folder}: was trained on other data or another split. Train both alike.")
    division = divide(corpus, other.config.data)
    everybody = [*division.validation, *division.test]
    read = responder_data(other, responder, corpus.dialogues, everybody)
    maker = ReplyRows(other, responder, corpus.dialogues, read, division.tasks(split)[:num_users], seed=seed)
    found = {name: maker.judged(written) for name, written in _written(maker, announce, progress).items()}
    taken = set(found) & set(rows)
    if taken:
        raise CheckpointError(
            f"{folder}: is called {min(taken)!r} like another one. Train it with --set title=..."
        )
    return found


def training_replies(responder: ResponderRun, read: ReplyData, division: Division) -> IntArray:
    """The replies the responder was trained on; one that does not adapt had the support as well."""
    dialogues = division.train_dialogues
    if not responder.config.adapt:
        dialogues = np.sort(np.concatenate([dialogues, division.support_dialogues]))
    return read.replies.replies_of(dialogues)


def write_replies(path: Path, evaluation: ReplyEvaluation) -> None:
    """One JSON object a line: where it was said, and what every row says there."""
    first = next(iter(evaluation.rows.values()))
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8") as stream:
        for number, one in enumerate(first):
            said = {name: row[number].reply for name, row in evaluation.rows.items()}
            where = {"dialogue": one.dialogue, "message": one.message, "user": one.user}
            stream.write(json.dumps(where | {"replies": said}, ensure_ascii=False) + "\n")


def _report(
    maker: ReplyRows,
    rows: Mapping[str, list[JudgedReply]],
    written: Mapping[str, list[Written]],
    training: IntArray,
    source: FactSource,
    likelihoods: FloatArray,
    *,
    resamples: int,
    seed: int,
) -> dict[str, Any]:
    """Every row's measures, and the paired differences between the model and the others."""
    table = maker.data.replies
    known = [table.words[int(reply)] for reply in training]
    names = Names.of_catalogue(maker.run.catalogue, getattr(source, "people", ()))
    discussed = [turn.discussed for turn in maker.turns]
    words = table.num_words[maker.replies]
    found: dict[str, Any] = {}
    for name, row in rows.items():
        own = name in written
        found[name] = reply_report(
            row,
            training_replies=known,
            nll=likelihoods.astype(np.float64) if own else None,
            num_words=words if own else None,
            resamples=resamples,
            seed=seed,
        )
        figures = truth_figures(row, judge_statements(row, names, source, discussed), seed=seed)
        found[name] |= _truth(figures)
        if own:
            attempts = np.array([one.attempt for one in written[name]])
            found[name]["stock_replies"] = float((attempts < 0).mean())
    differences = {
        f"{own} - {other}": reply_differences(rows[own], rows[other], resamples=resamples, seed=seed)
        for own in written
        for other in rows
        if other not in (own, HUMAN, *list(written)[:1])
    }
    return {"rows": found, "differences": differences}


def _truth(figures: TruthFigures) -> dict[str, Any]:
    truth = figures.truth
    return {
        "truth": None if truth is None else truth.mean,
        "truth_ci95": None if truth is None else [truth.low, truth.high],
        "truth_judged_share": figures.judged_share,
        "statements": figures.num_statements,
        "statements_per_100_item_replies": figures.per_100_item_replies,
    }


def _source(run: Run, graphs: Sequence[Path]) -> tuple[FactSource, str]:
    if graphs:
        return load_graph_facts(graphs, run.catalogue), ", ".join(graph.name for graph in graphs)
    own = facts_of_triples(run.catalogue, run.triples)
    return own, "the run's own graph, which fills the slots too: name others with --truth-graph"


def _likelihoods(
    responder: ResponderRun, builder: ReplyBatchBuilder, maker: ReplyRows, tasks: Sequence[UserTask]
) -> FloatArray:
    """Negative log-likelihood of the human replies, in the order of the rows."""
    model = responder.model
    batches = (
        adapted_batches(model, responder.rates, builder, tasks)
        if responder.config.adapt
        else plain_batches(model, builder, maker.replies)
    )
    replies, sums = negative_log_likelihoods(model, batches)
    return sums[np.argsort(replies)]


def _fit(
    maker: ReplyRows,
    rows: Mapping[str, list[JudgedReply]],
    written: Mapping[str, list[Written]],
    division: Division,
    split: SplitName,
    *,
    seed: int,
) -> dict[str, Any]:
    """The mean rank of each row's replies by a judge that learned from other users than the reranker did."""
    table = maker.data.replies
    others = division.validation if split == "test" else division.test
    dialogues = np.concatenate(
        [*(np.concatenate([t.support, t.query]) for t in others), np.zeros(0, np.int64)]
    )
    replies = table.replies_of(dialogues.astype(np.int64))
    _, users = np.unique(table.dialogue_users[table.reply_dialogues[maker.replies]], return_inverse=True)
    judge = ReplyJudge(table, replies, maker.responder.tokeniser, seed=seed)
    found: dict[str, Any] = {}
    for name, row in rows.items():
        if name in written:
            said = [one.slotted for one in written[name]]
        elif name == HUMAN:
            said = [table.slotted[int(reply)] for reply in maker.replies]
        else:
            said = [one.reply_words for one in row]
        ranks = judge.ranks(maker.replies, said, human=name == HUMAN)
        mean = interval(ranks.astype(np.float64), users, seed=seed)
        found[name] = {"mean_rank": mean.mean, "mean_rank_ci95": [mean.low, mean.high]}
    return found
