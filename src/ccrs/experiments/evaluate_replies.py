"""Judge what a run says: overlap, variety, truth, style and fit, beside people and the cheap rivals."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ccrs.artifacts.responder import load_responder
from ccrs.artifacts.run import Run, load_run
from ccrs.core.errors import CheckpointError
from ccrs.core.files import replacing
from ccrs.evaluation.judged import JudgedReply
from ccrs.evaluation.name_spans import Names
from ccrs.evaluation.reply_report import reply_differences
from ccrs.evaluation.significance import interval
from ccrs.evaluation.truth import FactSource, TruthFigures, judge_statements, truth_figures
from ccrs.experiments.corpus import Corpus, Division
from ccrs.experiments.evaluate import SplitName, own_corpus, signature
from ccrs.experiments.fact_sources import facts_of_triples, load_graph_facts
from ccrs.experiments.reply_judge import ReplyJudge
from ccrs.experiments.reply_rows import HUMAN, Progress, ReplyRows
from ccrs.experiments.reply_swap import swap_test
from ccrs.experiments.talking import Announce, RowJudge, Talk, open_talk, rows_beside, write_rows
from ccrs.inference.writing import Written


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
    announce("reading the dialogues")
    talk = open_talk(run, responder, corpus, split, num_users, seed=seed)
    maker = talk.maker
    written = write_rows(talk, announce, progress)
    rows = {name: maker.judged(found) for name, found in written.items()}
    for other in beside:
        rows |= _beside(other, corpus, run, rows, split, num_users, announce, progress, seed=seed)
    rows |= rows_beside(talk, seed=seed)
    announce("judging them")
    source, judged_by = _source(run, truth_graphs)
    report = _report(talk, rows, written, source, resamples=resamples, seed=seed)
    title = responder.config.title
    report |= {
        "dataset": run.data.dataset,
        "split": split,
        "truth_judged_by": judged_by,
        "dropped": dict(responder.dropped),
        "swap": swap_test(responder.model, talk.read.builder, maker.replies, seed=seed),
        "fit": _fit(maker, rows, written, talk.division, split, seed=seed),
        "signature": signature([run])
        | {"responder": title, "responder_commit": responder.commit, "seed": seed},
    }
    return ReplyEvaluation(report, rows, maker, written)


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
    if not other.data.same_split(run.data):
        raise CheckpointError(f"{folder}: was trained on other data or another split. Train both alike.")
    talk = open_talk(other, responder, corpus, split, num_users, seed=seed)
    found = {
        name: talk.maker.judged(written) for name, written in write_rows(talk, announce, progress).items()
    }
    taken = set(found) & set(rows)
    if taken:
        raise CheckpointError(
            f"{folder}: is called {min(taken)!r} like another one. Train it with --set title=..."
        )
    return found


def write_replies(path: Path, evaluation: ReplyEvaluation) -> None:
    """One JSON object a line: where it was said, and what every row says there."""
    first = next(iter(evaluation.rows.values()))
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8") as stream:
        for number, one in enumerate(first):
            said = {name: row[number].reply for name, row in evaluation.rows.items()}
            where = {"dialogue": one.dialogue, "message": one.message, "user": one.user}
            stream.write(json.dumps(where | {"replies": said}, ensure_ascii=False) + "\n")


def _report(
    talk: Talk,
    rows: Mapping[str, list[JudgedReply]],
    written: Mapping[str, list[Written]],
    source: FactSource,
    *,
    resamples: int,
    seed: int,
) -> dict[str, Any]:
    """Every row's measures, and the paired differences between the model and the others."""
    judge = RowJudge.of(talk, resamples=resamples, seed=seed)
    names = Names.of_catalogue(talk.run.catalogue, getattr(source, "people", ()))
    discussed = [turn.discussed for turn in talk.maker.turns]
    found: dict[str, Any] = {}
    for name, row in rows.items():
        figures = truth_figures(row, judge_statements(row, names, source, discussed), seed=seed)
        found[name] = judge.report(row, written.get(name)) | _truth(figures)
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
