"""Runs and the predictions of any other system, judged on the same samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ccrs.core.errors import DataError
from ccrs.core.samples import IntArray
from ccrs.evaluation.compared_replies import ReplyFigures
from ccrs.evaluation.comparison import Compared, Comparison, check_names, compare
from ccrs.evaluation.published import printed_for
from ccrs.evaluation.report import SampleOutcomes
from ccrs.evaluation.significance import RESAMPLES
from ccrs.experiments.compared_predictions import (
    AnsweredFile,
    check_answers,
    outcomes_without_run,
    ranks_in,
    read_file,
    replies_of,
)
from ccrs.experiments.compared_runs import (
    KnownRun,
    check_same_samples,
    corpus_of,
    corpus_of_files,
    judge_run,
    know_run,
)
from ccrs.experiments.corpus import Corpus
from ccrs.experiments.evaluate import NUM_PREDICTED, SplitName


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
class Compare:
    """The comparison of ranked items, and of replies where systems give any."""

    comparison: Comparison
    replies: tuple[ReplyFigures, ...]
    dataset: str
    remarks: tuple[str, ...]
    """What a reader should know: how the baseline was chosen, lists that are short."""


def compare_sources(
    sources: Sequence[Source],
    *,
    data: Path | None = None,
    split: SplitName = "test",
    baseline: str | None = None,
    resamples: int = RESAMPLES,
) -> Compare:
    """Judge all ``sources`` on the samples of the first run (or, without one, of the first file).

    ``data`` is the prepared folder: needed when there is no run, or when it has moved since training. ``baseline`` is
    the system whose differences are given; by default the one with the highest HR@10. Everything is checked before
    anything is judged. Raises ``DataError`` or ``CheckpointError``, naming both sides, when two were not made for the
    same samples.
    """
    if not sources:
        raise DataError("There is nothing to compare. Name runs or files of predictions.")
    runs = {source: know_run(source.path, source.name, split) for source in sources if source.is_run}
    names = [runs[s].name if s in runs else s.name or s.path.stem for s in sources]
    check_names(names, baseline)
    known = list(runs.values())
    corpus = corpus_of(known, data) if known else corpus_of_files(sources[0].path, data)
    numbers = check_same_samples(known, corpus, split) if known else None
    files = _files(sources, names, corpus)
    numbers = _checked_samples(numbers, known, files, corpus)
    replies = [replies_of(file, corpus, resamples) for file in files.values()]
    judged = {source: judge_run(run, corpus, split) for source, run in runs.items()}
    reference = next(iter(judged.values())).first if judged else outcomes_without_run(numbers, corpus)
    systems = [
        judged[source] if source in judged else _as_system(files[source], reference, corpus)
        for source in sources
    ]
    chosen = baseline or names[int(np.argmax([system.values()["hr@10"].mean() for system in systems]))]
    comparison = compare(systems, baseline=chosen, all_pairs=True, resamples=resamples)
    remarks = _remarks(list(files.values()), corpus)
    if baseline is None and len(names) > 1:
        remarks.append(
            f"{chosen} has the highest HR@10 and stands for the baseline; --baseline NAME chooses."
        )
    found = tuple(one for one in replies if one is not None)
    return Compare(comparison, found, corpus.manifest.dataset, tuple(remarks))


def _files(sources: Sequence[Source], names: Sequence[str], corpus: Corpus) -> dict[Source, AnsweredFile]:
    """All files of predictions, read."""
    wanted = [(source, name) for source, name in zip(sources, names, strict=True) if not source.is_run]
    if not wanted:
        return {}
    known_samples = {corpus.table.sample_id(number) for number in range(corpus.table.num_samples)}
    return {source: read_file(source.path, name, corpus, known_samples) for source, name in wanted}


def _checked_samples(
    numbers: IntArray | None, runs: Sequence[KnownRun], files: Mapping[Source, AnsweredFile], corpus: Corpus
) -> IntArray:
    """The samples of the runs, or else of the first file, that all files answer; in the order of the table."""
    table = corpus.table
    if numbers is not None:
        whose, ids = runs[0].label, [table.sample_id(number) for number in numbers.tolist()] if files else []
    else:
        first = next(iter(files.values()))
        whose, ids = str(first.path), list(first.predictions)
        answered = set(ids)
        numbers = np.array([n for n in range(table.num_samples) if table.sample_id(n) in answered], np.int64)
    for file in files.values():
        check_answers(file, ids, whose)
    return numbers


def _as_system(file: AnsweredFile, reference: SampleOutcomes, corpus: Corpus) -> Compared:
    """A file as a row: the samples of ``reference``, in its order."""
    ranks = ranks_in(file, reference.sample_ids, corpus)
    printed = printed_for(corpus.manifest.dataset, file.name)
    return Compared(file.name, (replace(reference, ranks=ranks),), {"file": file.path.name}, printed)


def _remarks(files: Sequence[AnsweredFile], corpus: Corpus) -> list[str]:
    """Which files list fewer items than are looked at."""
    if len(corpus.catalogue.items) < NUM_PREDICTED:
        return []
    return [
        f"{file.path}: {file.num_short:,} of {len(file.predictions):,} lists hold fewer than {NUM_PREDICTED} items; "
        "what is not listed counts as a miss."
        for file in files
        if file.num_short
    ]
