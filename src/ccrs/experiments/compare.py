"""Runs and the predictions of any other system, judged on the same samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ccrs.artifacts.run import Run, load_run
from ccrs.core.errors import CcrsError, DataError
from ccrs.core.samples import IntArray, SampleTable
from ccrs.data.readers.predictions import Prediction, read_predictions
from ccrs.evaluation.comparison import Compared, Comparison, compare
from ccrs.evaluation.diversity import distinct
from ccrs.evaluation.ranking import MISS
from ccrs.evaluation.report import SampleOutcomes
from ccrs.evaluation.significance import Interval, interval
from ccrs.evaluation.text_overlap import bleu, bleu_statistics, word_f1
from ccrs.experiments.corpus import Corpus, divide, load_corpus
from ccrs.experiments.evaluate import SplitName, fold_folders, judge, own_corpus, signature
from ccrs.experiments.judging import outcomes_of


@dataclass(frozen=True)
class Source:
    """One system to compare: a run's folder, or a file of predictions."""

    name: str | None
    path: Path

    @property
    def is_run(self) -> bool:
        """Whether it is a folder."""
        return self.path.is_dir()

    @classmethod
    def parse(cls, text: str) -> Source:
        """``PATH`` or ``NAME=PATH``; raises ``DataError`` when there is no such path."""
        path = Path(text)
        name: str | None = None
        if not path.exists() and "=" in text:
            name, _, rest = text.partition("=")
            path = Path(rest)
        if not path.exists():
            raise DataError(
                f"{path}: there is no such run or file. Give a run's folder or predictions.jsonl."
            )
        return cls(name, path)


@dataclass(frozen=True)
class ReplyFigures:
    """How the replies of one system fit what people said."""

    name: str
    count: int
    f1: Interval
    bleu4: float
    distinct2: float


@dataclass(frozen=True)
class Compare:
    """The comparison of ranked items, and of replies where systems give any."""

    comparison: Comparison
    replies: tuple[ReplyFigures, ...]
    dataset: str


def compare_sources(
    sources: Sequence[Source],
    *,
    data: Path | None = None,
    split: SplitName = "test",
    baseline: str | None = None,
    resamples: int = 2000,
) -> Compare:
    """Judge all ``sources`` on the samples of the first run (or, without one, of the first file).

    ``data`` is the prepared folder: needed when there is no run, or when it has moved since training. ``baseline`` is
    the system whose differences are given; by default the one with the highest HR@10. Raises ``DataError`` or
    ``CheckpointError``, naming both sides, when two were not made for the same samples.
    """
    corpus = _corpus(sources, data)
    judged = [_judged_run(source, corpus, split) for source in sources if source.is_run]
    reference = judged[0].first if judged else None
    predictions: dict[str, Mapping[str, Prediction]] = {}
    systems: list[Compared] = []
    runs = iter(judged)
    items = corpus.catalogue.index.keys() & {item.id for item in corpus.catalogue.items}
    for source in sources:
        if source.is_run:
            systems.append(next(runs))
            continue
        found = read_predictions(source.path, items)
        if reference is None:
            reference = _outcomes_of_file(source.path, corpus, found)
        name = source.name or source.path.stem
        predictions[name] = found
        ranks = _ranks(
            source.path, corpus, found, reference, systems[0].name if systems else str(sources[0].path)
        )
        systems.append(Compared(name, (replace(reference, ranks=ranks),), {"file": source.path.name}))
    names = [system.name for system in systems]
    chosen = baseline or names[int(np.argmax([system.values()["hr@10"].mean() for system in systems]))]
    comparison = compare(systems, baseline=chosen, resamples=resamples)
    return Compare(comparison, _replies(predictions, corpus), corpus.manifest.dataset)


def _corpus(sources: Sequence[Source], data: Path | None) -> Corpus:
    """The one corpus of all runs."""
    if not sources:
        raise DataError("There is nothing to compare. Name runs or files of predictions.")
    runs = [source for source in sources if source.is_run]
    if not runs:
        if data is None:
            raise DataError(
                f"{sources[0].path}: predictions alone do not say what is right. "
                "Name the prepared data with --data DIR."
            )
        return load_corpus(data)
    loaded = [(source.path, load_run(fold_folders(source.path)[0])) for source in runs]
    first_path, first = loaded[0]
    for path, run in loaded[1:]:
        if run.data.checksum != first.data.checksum:
            raise DataError(
                f"{path} was trained on {_data(run)}, {first_path} on {_data(first)}. Compare runs of the same data."
            )
    return own_corpus(first, data, {})


def _data(run: Run) -> str:
    return f"{run.data.dataset}@{run.data.checksum[:8]}"


def _judged_run(source: Source, corpus: Corpus, split: SplitName) -> Compared:
    """The pooled outcomes of a run or its folds."""
    runs, parts = [], []
    for folder in fold_folders(source.path):
        run = load_run(folder)
        division = divide(corpus, run.config.data)
        rows, _ = judge(
            run, corpus.table, division.tasks(split), run.statistics.popularity, corpus.known_items
        )
        runs.append(run)
        parts.append(rows["metrics"])
    name = source.name or runs[0].config.title
    return Compared(name, (SampleOutcomes.concatenate(parts),), signature(runs))


def _sample_numbers(path: Path, table: SampleTable, ids: Sequence[str]) -> IntArray:
    """The number in the table of each sample id; raises ``DataError`` for one that the data does not have."""
    known = {table.sample_id(number): number for number in range(table.num_samples)}
    unknown = [name for name in ids if name not in known]
    if unknown:
        raise DataError(
            f"{path}: sample {unknown[0]!r} is not in the data ({len(unknown):,} of {len(ids):,} are not). "
            "Give ids as `ccrs evaluate --save-predictions` writes them: dialogue:message:number."
        )
    return np.array([known[name] for name in ids], np.int64)


def _outcomes_of_file(path: Path, corpus: Corpus, found: Mapping[str, Prediction]) -> SampleOutcomes:
    """The samples that a file answers; its ranks are put in later."""
    numbers = np.sort(_sample_numbers(path, corpus.table, list(found)))
    return outcomes_of(corpus.table, [], np.ones(len(numbers), np.int64), numbers, 0)


def _ranks(
    path: Path, corpus: Corpus, found: Mapping[str, Prediction], reference: SampleOutcomes, other: str
) -> IntArray:
    """The rank of each sample's target in the predictions; beyond the list it is a miss."""
    numbers = _sample_numbers(path, corpus.table, list(found))
    wanted = set(reference.sample_ids)
    missing, surplus = sorted(wanted - found.keys()), sorted(found.keys() - wanted)
    if missing or surplus:
        examples = [
            f"{what} {ids[0]!r}" for what, ids in (("lacks", missing), ("has besides", surplus)) if ids
        ]
        raise DataError(
            f"{path} answers {len(found):,} samples, {other} is judged on {len(wanted):,}: the file "
            f"{' and '.join(examples)} ({len(missing):,} missing, {len(surplus):,} more). "
            "Unequal samples are never compared: predict exactly the same ones."
        )
    items = [item.id for item in corpus.catalogue.items]
    targets = dict(zip(found, corpus.table.sample_targets[numbers].tolist(), strict=True))
    ranks = []
    for name in reference.sample_ids:
        target = targets[name]
        ranks.append(found[name].rank_of(items[target]) if target >= 0 else None)
    return np.array([MISS if rank is None else rank for rank in ranks], np.int64)


def _replies(predictions: Mapping[str, Mapping[str, Prediction]], corpus: Corpus) -> tuple[ReplyFigures, ...]:
    """Overlap with the message that a person wrote, one reply a message; for systems that give all replies."""
    index = {dialogue.id: dialogue for dialogue in corpus.dialogues}
    figures = []
    for name, found in predictions.items():
        said = {
            sample.rpartition(":")[0]: one.reply for sample, one in found.items() if one.reply is not None
        }
        if not said:
            continue
        if any(one.reply is None for one in found.values()):
            raise CcrsError(f"{name}: some predictions have a reply and some have none. Give all or none.")
        references, users = [], []
        for message in said:
            dialogue, _, number = message.rpartition(":")
            references.append(index[dialogue].messages[int(number)].text)
            users.append(index[dialogue].user)
        replies = [text or "" for text in said.values()]
        _, owners = np.unique(np.array(users), return_inverse=True)
        total = bleu_statistics(replies, references).sum(axis=0, keepdims=True)
        figures.append(
            ReplyFigures(
                name,
                len(replies),
                interval(word_f1(replies, references), owners.astype(np.int64)),
                float(bleu(total)[0]),
                distinct(replies)["distinct_2"],
            )
        )
    return tuple(figures)
