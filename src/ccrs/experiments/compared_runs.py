"""Runs that are to be compared: of the same data, with the same samples; checked before any is judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ccrs.artifacts.run import DataIdentity, load_run
from ccrs.core.errors import CheckpointError, ConfigError, DataError
from ccrs.core.samples import IntArray, SampleTable
from ccrs.data.splits import SplitConfig
from ccrs.evaluation.comparison import Compared
from ccrs.evaluation.published import printed_for
from ccrs.evaluation.report import SampleOutcomes
from ccrs.experiments.corpus import Corpus, divide, load_corpus
from ccrs.experiments.evaluate import SplitName, fold_folders, judge, own_corpus, signature
from ccrs.experiments.judging import query_samples


@dataclass(frozen=True)
class KnownRun:
    """What a run or its folds say of themselves, without the weights."""

    name: str
    path: Path
    data: DataIdentity
    folders: tuple[Path, ...]
    splits: tuple[SplitConfig, ...]
    """One for each of ``folders``."""

    @property
    def label(self) -> str:
        """Name and place, for messages."""
        return f"{self.name} ({self.path})"

    def samples(self, corpus: Corpus, split: SplitName) -> IntArray:
        """The numbers of its samples in the table of the corpus, in the order they are judged in."""
        parts = [query_samples(corpus.table, divide(corpus, one).tasks(split)) for one in self.splits]
        return np.concatenate(parts)


def know_run(path: Path, name: str | None, split: SplitName) -> KnownRun:
    """Read a run or a folder of folds; raises ``CheckpointError`` when it is none, or its folds do not fit."""
    folders = fold_folders(path)
    if len(folders) > 1 and split == "validation":
        raise ConfigError(
            f"{path}: holds folds, which can only be pooled over their test users. "
            f"Compare one of them for --split validation: {folders[0]}"
        )
    runs = [load_run(folder) for folder in folders]
    first = runs[0]
    for number, run in enumerate(runs[1:], start=1):
        if run.data.checksum != first.data.checksum:
            raise CheckpointError(
                f"{folders[number]} was trained on {described_data(run.data)}, {folders[0]} on "
                f"{described_data(first.data)}. Train all folds on the same data."
            )
        expected = first.config.data.model_copy(update={"fold": first.config.data.fold + number})
        if run.config.data != expected:
            raise CheckpointError(
                f"{folders[number]} is of {_described_split(run.config.data)}, {folders[0]} of "
                f"{_described_split(first.config.data)}. Train all folds in one go: ccrs train ... --folds 5"
            )
    splits = tuple(run.config.data for run in runs)
    return KnownRun(name or first.config.title, path, first.data, tuple(folders), splits)


def corpus_of(runs: Sequence[KnownRun], data: Path | None) -> Corpus:
    """The one corpus of all ``runs``; raises ``DataError``, naming two of them, when there is none."""
    first = runs[0]
    for other in runs[1:]:
        if other.data.checksum != first.data.checksum:
            raise DataError(
                f"{other.path} was trained on {described_data(other.data)}, {first.path} on "
                f"{described_data(first.data)}. Compare runs of the same data."
            )
    return own_corpus(load_run(first.folders[0]), data, {})


def corpus_of_files(first: Path, data: Path | None) -> Corpus:
    """The corpus where there is no run; raises ``DataError`` when it is not named."""
    if data is None:
        raise DataError(
            f"{first}: predictions alone do not say what is right. Name the prepared data with --data DIR."
        )
    return load_corpus(data)


def check_same_samples(runs: Sequence[KnownRun], corpus: Corpus, split: SplitName) -> IntArray:
    """The samples of all ``runs``; raises ``DataError``, naming two of them, when they differ."""
    first = runs[0]
    numbers = first.samples(corpus, split)
    for other in runs[1:]:
        theirs = other.samples(corpus, split)
        if np.array_equal(numbers, theirs):
            continue
        settings = (
            f"{first.name} is of {_described_split(first.splits[0])}, {other.name} of "
            f"{_described_split(other.splits[0])}: train both with the same [data] settings and folds."
        )
        alone, there = np.setdiff1d(numbers, theirs), np.setdiff1d(theirs, numbers)
        if not len(alone) and not len(there):
            raise DataError(
                f"{first.label} and {other.label} are judged on the same samples, but other users are in "
                f"their folds. {settings}"
            )
        same = len(np.intersect1d(numbers, theirs))
        examples = "; ".join(
            f"only {run.name} has {_first_id(corpus.table, found)!r}"
            for run, found in ((first, alone), (other, there))
            if len(found)
        )
        raise DataError(
            f"{first.label} has {len(numbers):,} samples and {other.label} {len(theirs):,}, of which {same:,} "
            f"are the same ({examples}). Unequal samples are never compared. {settings}"
        )
    return numbers


def judge_run(known: KnownRun, corpus: Corpus, split: SplitName) -> Compared:
    """The pooled outcomes of a run or its folds, with what the paper prints for a row of that name."""
    runs, parts = [], []
    for folder in known.folders:
        run = load_run(folder)
        tasks = divide(corpus, run.config.data).tasks(split)
        rows, _ = judge(run, corpus.table, tasks, run.statistics.popularity, corpus.known_items)
        runs.append(run)
        parts.append(rows["metrics"])
    printed = printed_for(corpus.manifest.dataset, known.name)
    return Compared(known.name, (SampleOutcomes.concatenate(parts),), signature(runs), printed)


def described_data(data: DataIdentity) -> str:
    """Name and checksum of the data, short."""
    return f"{data.dataset}@{data.checksum[:8]}"


def _described_split(split: SplitConfig) -> str:
    """The settings that say which samples are judged."""
    return f"data.protocol {split.protocol}, order {split.order}, seed {split.seed}, fold {split.fold}"


def _first_id(table: SampleTable, numbers: IntArray) -> str:
    return table.sample_id(int(numbers[0]))
