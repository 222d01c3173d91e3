"""Where the true item stands in somebody's list: by hand, with and without items that are no candidates."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ccrs.core.dialogue import Dialogue
from ccrs.core.graph import Catalogue, Entity, Triple
from ccrs.data.prepared import write_prepared
from ccrs.evaluation.ranking import MISS
from ccrs.experiments.compare import Source, compare_sources
from ccrs.experiments.compared_predictions import ranks_in, read_file
from ccrs.experiments.corpus import load_corpus
from tests.training.small_runs import message

CATALOGUE = Catalogue(
    (
        *(Entity(f"f{n}", "movie", f"Film {n}", is_item=True) for n in range(60)),
        Entity("p0", "person", "Somebody"),
    )
)


def prepared(folder: Path, *, repeats: bool) -> Path:
    """Two sessions of one user, one of another."""

    def dialogue(name: str, user: str, time: int, seeker: list[str], told: list[str]) -> Dialogue:
        said = message("seeker", "I like", seeker, CATALOGUE), message("recommender", "Try", told, CATALOGUE)
        return Dialogue(name, user, said, time=time)

    write_prepared(
        folder,
        dataset="hand",
        licence="none",
        catalogue=CATALOGUE,
        triples=(Triple("f0", "director", "p0"),),
        dialogues=[
            dialogue("early", "u", 1, ["f0"], ["f1"]),
            dialogue("late", "u", 2, ["f3"], ["f4", "f5"]),
            dialogue("other", "v", 0, ["f5"], ["f0"]),
        ],
        repeats=repeats,
    )
    return folder


ANSWERS = {
    "other:1:0": ["f9"],  # f0 is not listed
    "late:1:1": ["f0", "f9", "f1", "f3", "f5"],  # u knows f0, f1 and f3
    "late:1:0": ["f9", "f8", "f4", "f0"],
    "early:1:0": ["f1", "f0"],
}


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    path = tmp_path / "theirs.jsonl"
    rows = [json.dumps({"sample": sample, "items": items}) for sample, items in ANSWERS.items()]
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


@pytest.mark.parametrize(("repeats", "last"), [(True, 5), (False, 2)])
def test_ranks_by_hand(tmp_path: Path, answers: Path, repeats: bool, last: int) -> None:
    corpus = load_corpus(prepared(tmp_path / "data", repeats=repeats))
    file = read_file(answers, "T", corpus, ANSWERS)
    samples = ["early:1:0", "late:1:0", "late:1:1", "other:1:0"]
    assert ranks_in(file, samples, corpus).tolist() == [1, 3, last, MISS]


def test_short_lists_are_told_and_novel_targets_are_known_without_a_run(
    tmp_path: Path, answers: Path
) -> None:
    data = prepared(tmp_path / "data", repeats=True)
    found = compare_sources([Source(None, answers)], data=data, resamples=20)
    assert found.remarks == (
        f"{answers}: 4 of 4 lists hold fewer than 50 items; what is not listed counts as a miss.",
    )
    assert found.comparison.num_samples == {"all": 4, "novel": 4}
    figures = found.comparison.row("theirs").figures["all"]
    assert (figures["hr@1"].mean, figures["hr@10"].mean) == (1 / 4, 3 / 4)
    assert figures["mrr@10"].mean == pytest.approx((1 + 1 / 3 + 1 / 5) / 4)
