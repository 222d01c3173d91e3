"""The predictions of any system: which samples a file answers, where the true items stand, what it would say."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch

from ccrs.core.errors import DataError
from ccrs.core.samples import IntArray
from ccrs.data.readers.predictions import Prediction, read_predictions
from ccrs.evaluation.compared_replies import ReplyFigures, reply_figures
from ccrs.evaluation.ranking import MISS
from ccrs.evaluation.report import SampleOutcomes
from ccrs.experiments.corpus import Corpus
from ccrs.experiments.evaluate import NUM_PREDICTED
from ccrs.experiments.judging import outcomes_of

_CHUNK: Final = 512  # samples whose candidates are held at once


@dataclass(frozen=True)
class AnsweredFile:
    """A file of predictions, checked against the data."""

    name: str
    path: Path
    predictions: Mapping[str, Prediction]
    """By sample id, in the order of the file."""

    @property
    def num_short(self) -> int:
        """How many lists hold fewer items than are asked for."""
        return sum(len(one.items) < NUM_PREDICTED for one in self.predictions.values())


def read_file(path: Path, name: str, corpus: Corpus, known_samples: Container[str]) -> AnsweredFile:
    """Read predictions; raises ``DataError`` for an item or a sample that the data does not have."""
    found = read_predictions(path, {item.id for item in corpus.catalogue.items})
    unknown = [sample for sample in found if sample not in known_samples]
    if unknown:
        raise DataError(
            f"{path}: sample {unknown[0]!r} is not in the data {corpus.path} ({len(unknown):,} of {len(found):,} "
            "are not). Give ids as `ccrs evaluate --save-predictions` writes them: dialogue:message:number."
        )
    return AnsweredFile(name, path, found)


def check_answers(file: AnsweredFile, wanted: Sequence[str], whose: str) -> None:
    """Raise ``DataError``, naming both, unless the file answers exactly the samples ``wanted`` of ``whose``."""
    have, want = set(file.predictions), set(wanted)
    if have == want:
        return
    missing, surplus = sorted(want - have), sorted(have - want)
    examples = [f"{what} {ids[0]!r}" for what, ids in (("lacks", missing), ("has besides", surplus)) if ids]
    raise DataError(
        f"{file.path} answers {len(have):,} samples, {whose} is judged on {len(want):,}: the file "
        f"{' and '.join(examples)} ({len(missing):,} missing, {len(surplus):,} more). "
        "Unequal samples are never compared: predict exactly the same ones."
    )


def outcomes_without_run(numbers: IntArray, corpus: Corpus) -> SampleOutcomes:
    """What is known of samples that no run was judged on; the ranks are put in later."""
    return outcomes_of(corpus.table, [], np.ones(len(numbers), np.int64), numbers, 0)


def ranks_in(file: AnsweredFile, samples: Sequence[str], corpus: Corpus) -> IntArray:
    """The rank of the target of each of ``samples`` in its list; beyond the list it is a miss.

    Items that the user has had before are passed over where the data have no repeats, as for runs.
    """
    table, items = corpus.table, [item.id for item in corpus.catalogue.items]
    number_of = {table.sample_id(number): number for number in range(table.num_samples)}
    numbers = np.array([number_of[sample] for sample in samples], np.int64)
    ranks: list[int] = []
    for start in range(0, len(numbers), _CHUNK):
        chunk = numbers[start : start + _CHUNK]
        targets = table.sample_targets[chunk].tolist()
        for place, (target, passed) in enumerate(
            zip(targets, _passed_over(chunk, corpus), strict=True), start
        ):
            listed = file.predictions[samples[place]]
            rank = listed.rank_of(items[target]) if target >= 0 else None
            before = 0 if rank is None else sum(item in passed for item in listed.items[: rank - 1])
            ranks.append(MISS if rank is None else rank - before)
    return np.array(ranks, np.int64)


def _passed_over(numbers: IntArray, corpus: Corpus) -> list[set[str]]:
    """For each sample the ids of items that are no candidates."""
    if corpus.known_items is None:
        return [set() for _ in numbers]
    items = corpus.catalogue.items
    left = corpus.known_items.without(torch.zeros(len(numbers), len(items)), numbers)
    found: list[set[str]] = [set() for _ in numbers]
    for row, item in torch.isneginf(left).nonzero().tolist():
        found[row].add(items[item].id)
    return found


def replies_of(file: AnsweredFile, corpus: Corpus, resamples: int) -> ReplyFigures | None:
    """Overlap with the messages that people wrote, one reply a message; None where the file gives no replies.

    Raises ``DataError`` when only some predictions have one, or one message has two.
    """
    silent = [sample for sample, one in file.predictions.items() if one.reply is None]
    if len(silent) == len(file.predictions):
        return None
    if silent:
        raise DataError(
            f"{file.path}: some predictions have a reply and some have none ({len(silent):,}, the first is sample "
            f"{silent[0]!r}). Give all or none."
        )
    said: dict[str, tuple[str, str]] = {}
    for sample, one in file.predictions.items():
        message, reply = sample.rpartition(":")[0], one.reply or ""
        first, before = said.setdefault(message, (sample, reply))
        if before != reply:
            raise DataError(
                f"{file.path}: samples {first!r} and {sample!r} are of one message and have two different replies. "
                "Give both the same."
            )
    index = {dialogue.id: dialogue for dialogue in corpus.dialogues}
    references, users = [], []
    for message in said:
        dialogue, _, number = message.rpartition(":")
        references.append(index[dialogue].messages[int(number)].text)
        users.append(index[dialogue].user)
    _, owners = np.unique(np.array(users), return_inverse=True)
    replies = [reply for _, reply in said.values()]
    return reply_figures(file.name, replies, references, owners.astype(np.int64), resamples)
