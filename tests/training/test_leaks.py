"""Nothing of what is judged reaches training: its content may change and every artefact stays byte by byte."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ccrs.core.dialogue import Dialogue, Feedback
from ccrs.experiments.config import RecommenderConfig
from ccrs.experiments.corpus import Corpus, Division, divide
from tests.training.small_runs import (
    ALL_ADDITIONS,
    message,
    small_catalogue,
    small_config,
    small_dialogues,
    train_quietly,
    write_corpus,
)

CATALOGUE, _ = small_catalogue()
COUNTED = ("statistics.safetensors", "vocabulary.json")
ARTEFACTS = (*COUNTED, "model.safetensors", "entities.tsv", "triples.tsv")
SPLITS: list[dict[str, Any]] = [
    {"protocol": "user", "order": "chronological"},
    {"protocol": "folds", "fold": 2, "order": "random"},
    {"protocol": "official", "order": "random"},
]


def rewritten(dialogue: Dialogue) -> Dialogue:
    """The same user and time; other words, other items, more messages, other answers."""
    messages = [
        message("seeker", "Zebras only zebras zebras zebras", ["f9", "p4"], CATALOGUE),
        message("recommender", "Whatever you say", ["f9", "f0"], CATALOGUE),
        message("recommender", "Or perhaps", ["f9"], CATALOGUE),
        message("recommender", "And", ["f8", "f0"], CATALOGUE),
    ]
    answers = {"f9": Feedback(liked=True), "f0": Feedback(liked=False)}
    return dataclasses.replace(dialogue, messages=tuple(messages), feedback=answers)


def config_of(split: dict[str, Any], objective: str) -> RecommenderConfig:
    config = small_config(model={"additions": ALL_ADDITIONS}, objective=objective, epochs=2)
    return config.model_copy(update={"data": config.data.model_validate(split)})


def query_of_test(division: Division) -> set[int]:
    return {int(d) for task in division.test for d in task.query}


def all_of_test(division: Division) -> set[int]:
    return query_of_test(division) | {int(d) for task in division.test for d in task.support}


def query_of_validation(division: Division) -> set[int]:
    return {int(d) for task in division.validation for d in task.query}


def one_of_training(division: Division) -> set[int]:
    return {int(division.train_dialogues[0])}


def one_support_of_test(division: Division) -> set[int]:
    return {next(int(d) for task in division.test for d in task.support)}


class Experiment:
    """A corpus and its twin in which some dialogues are rewritten, and what training leaves of both."""

    def __init__(
        self, folder: Path, config: RecommenderConfig, choose: Callable[[Division], set[int]]
    ) -> None:
        dialogues = small_dialogues(CATALOGUE, official=True)
        corpus = write_corpus(folder / "before", dialogues)
        division = divide(corpus, config.data)
        chosen = choose(division)
        assert chosen
        twin = [rewritten(d) if number in chosen else d for number, d in enumerate(dialogues)]
        other = write_corpus(folder / "after", twin)
        again = divide(other, config.data)
        assert [task.user for task in again.test] == [task.user for task in division.test]
        assert all(np.array_equal(a.query, b.query) for a, b in zip(again.test, division.test, strict=True))
        self.files = [
            self.train(config, c, folder / name) for c, name in ((corpus, "first"), (other, "second"))
        ]

    @staticmethod
    def train(config: RecommenderConfig, corpus: Corpus, out: Path) -> dict[str, bytes]:
        train_quietly(config, corpus, out)
        return {name: (out / name).read_bytes() for name in ARTEFACTS}

    @property
    def changed(self) -> set[str]:
        """The artefacts that are not the same bytes."""
        first, second = self.files
        return {name for name in ARTEFACTS if first[name] != second[name]}


@pytest.mark.parametrize("objective", ["plain", "meta"])
@pytest.mark.parametrize("split", SPLITS, ids=lambda split: split["protocol"])
def test_query_dialogues_of_test_users_leave_no_trace(
    tmp_path: Path, split: dict[str, Any], objective: str
) -> None:
    assert Experiment(tmp_path, config_of(split, objective), query_of_test).changed == set()


def test_adaptive_training_has_not_even_seen_the_support_of_test_users(tmp_path: Path) -> None:
    assert Experiment(tmp_path, config_of(SPLITS[0], "meta"), all_of_test).changed == set()


def test_plain_training_from_which_the_support_is_withheld_has_not_seen_it(tmp_path: Path) -> None:
    config = config_of(SPLITS[0] | {"support_in_training": False}, "plain")
    assert Experiment(tmp_path, config, all_of_test).changed == set()


def test_plain_training_has_seen_it_as_the_paper_grants_its_baselines(tmp_path: Path) -> None:
    found = Experiment(tmp_path, config_of(SPLITS[0], "plain"), one_support_of_test)
    assert {"statistics.safetensors", "model.safetensors"} <= found.changed


@pytest.mark.parametrize("objective", ["plain", "meta"])
def test_query_dialogues_of_validation_users_are_not_counted(tmp_path: Path, objective: str) -> None:
    """They may choose the epoch, nothing else."""
    found = Experiment(tmp_path, config_of(SPLITS[0], objective), query_of_validation)
    assert found.changed.isdisjoint(COUNTED)


@pytest.mark.parametrize("objective", ["plain", "meta"])
def test_training_dialogues_do_leave_a_trace(tmp_path: Path, objective: str) -> None:
    """Else the tests above would show nothing."""
    found = Experiment(tmp_path, config_of(SPLITS[0], objective), one_of_training)
    assert found.changed == {"statistics.safetensors", "vocabulary.json", "model.safetensors"}
