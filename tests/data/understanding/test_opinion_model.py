"""The small model of opinions: it learns what separates, is deterministic, keeps on disk, and only fills silence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ccrs.artifacts.opinions import load_opinions, save_opinions
from ccrs.core.errors import DataError
from ccrs.core.hearing import SoFar
from ccrs.data.understanding.hearer import Hearer
from ccrs.data.understanding.opinion_model import (
    Fitting,
    Occurrence,
    OpinionModel,
    fit_opinions,
    occurrences,
    with_thresholds,
)
from tests.fixtures.understanding import CATALOGUE, HEARER, LINKER, TRIPLES, opinions, so_far

Observed = list[tuple[Occurrence, tuple[bool | None, ...]]]


def observed() -> Observed:
    """Films gripped or bored; whether they were seen is known of some."""
    good = (Occurrence("a", ("gripped", "the")), (True, False, True))
    bad = (Occurrence("b", ("bored", "the")), (False, True, None))
    rare = (Occurrence("c", ("once",)), (True, False, False))
    return [good] * 30 + [bad] * 20 + [rare]


def test_it_learns_what_separates() -> None:
    model = fit_opinions(observed(), Fitting(ridge=0.3))
    assert model.features == ("bored", "gripped", "the")  # what is rare is left out
    liked = model.probabilities(Occurrence("x", ("gripped", "the", "unknown")))
    bored = model.probabilities(Occurrence("x", ("bored", "the")))
    assert liked[0] > 0.8
    assert bored[0] < 0.3
    assert bored[1] > 0.8
    assert liked[1] < 0.3


def test_the_optimum_is_reached() -> None:
    data = observed()
    model = fit_opinions(data, Fitting(least=1, ridge=1.0, steps=400))
    chances = np.array([model.probabilities(occurrence)[0] for occurrence, _ in data])
    errors = chances - np.array([answer[0] for _, answer in data], dtype=float)
    for name in model.features:
        rows = np.array([name in occurrence.features for occurrence, _ in data])
        gradient = errors[rows].sum() + model.weights[model.index[name], 0]
        assert abs(gradient) < 0.02  # weights are rounded to four places


def test_it_is_deterministic_and_kept_on_disk(tmp_path: Path) -> None:
    first, second = fit_opinions(observed()), fit_opinions(observed())
    save_opinions(tmp_path / "a.json", first)
    save_opinions(tmp_path / "b.json", second)
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    loaded = load_opinions(tmp_path / "a.json")
    assert (loaded.features, loaded.thresholds) == (first.features, first.thresholds)
    np.testing.assert_array_equal(loaded.weights, first.weights)


@pytest.mark.parametrize(
    "text",
    ["{}", "[]", '{"format": 1, "labels": ["like", "dislike", "seen"]}',
     '{"format": 1, "labels": ["like", "dislike", "seen"], "thresholds": [1], "bias": [0, 0, 0], "weights": {}}',
     '{"format": 1, "labels": ["like", "dislike", "seen"], "thresholds": [1, 1, 1], '
     '"bias": [0, 0, 0], "weights": {"a": ["x"]}}'],
)  # fmt: skip
def test_a_broken_file_is_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "opinions.json"
    path.write_text(text)
    with pytest.raises(DataError, match="Fit the opinions again"):
        load_opinions(path)


def test_thresholds_reach_the_precision_or_take_nothing() -> None:
    model = with_thresholds(fit_opinions(observed()), observed() * 3, (0.95, 0.95, 0.95))
    assert model.opinions(Occurrence("x", ("gripped", "the"))) >= {"like"}
    assert "dislike" in model.opinions(Occurrence("x", ("bored", "the")))
    mixed: Observed = [(Occurrence("x", ("the",)), (number % 2 == 0, None, None)) for number in range(100)]
    assert with_thresholds(fit_opinions(mixed), mixed).thresholds[0] > 1.0


def test_occurrences_are_what_is_named_and_what_may_be_answered() -> None:
    before = so_far("alien", "big")
    read = HEARER.read("I loved Inception. not the second one", before)
    found = {
        occurrence.item: occurrence.features for occurrence in occurrences(read.clauses, ("alien", "big"))
    }
    assert set(found) == {"inception", "big", "alien"}
    assert "new" in found["inception"]
    assert "b:loved" in found["inception"]
    assert "shown" in found["big"]
    assert "answers beside many" in found["alien"]


def always(like: float, dislike: float, seen: float) -> OpinionModel:
    """A model that says the same of everything."""
    return OpinionModel((), np.zeros((0, 3)), np.array([like, dislike, seen]), (0.8, 0.8, 0.8))


def test_rules_come_first_and_the_model_fills_silence() -> None:
    hearer = Hearer(CATALOGUE, TRIPLES, LINKER, always(5.0, -5.0, 5.0))
    assert opinions(hearer.hear("I hated Alien", SoFar())) == "alien dislike seen"
    assert (
        opinions(hearer.hear("I hate Alien", SoFar())) == "alien dislike seen"
    )  # that it was seen, the model adds
    assert opinions(hearer.hear("I have never seen Alien", SoFar())) == ""
    assert opinions(hearer.hear("Alien made me think about Inception and my dog", SoFar())) == (
        "alien like seen, inception like seen"
    )
    assert opinions(HEARER.hear("Alien made me think about Inception and my dog", SoFar())) == ""


def test_without_confidence_the_model_says_nothing() -> None:
    hearer = Hearer(CATALOGUE, TRIPLES, LINKER, always(0.0, 0.0, 0.0))
    assert opinions(hearer.hear("Alien made me think", SoFar())) == ""
