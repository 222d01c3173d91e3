"""A plan is trained and judged piece by piece; killed and started again it does only what is missing."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from ccrs.artifacts.files import MANIFEST
from ccrs.core.errors import ConfigError, DataError
from ccrs.experiments.corpus import Corpus
from ccrs.experiments.reproduction.outcomes import load_unit, save_unit
from ccrs.experiments.reproduction.plan import SEED_STEP, Plan, load_plan
from ccrs.experiments.reproduction.running import run_units
from ccrs.experiments.reproduction.timing import Forecast
from ccrs.experiments.reproduction.units import Unit, outcome_file, units_of
from tests.training.small_runs import write_corpus

MODEL = """
name = "ccrs"
[model]
embedding_size = 8
num_heads = 2
user_size = 3
[graph]
min_relation_count = 1
[training]
epochs = 1
batch_size = 32
learning_rate = 0.02
"""
POPULAR = 'name = "popularity"\nadapt = false\n[training]\nobjective = "plain"\n'
PLAN = """
dataset = "small"
[[groups]]
key = "main"
title = "Main"
baseline = "ccrs"
[[groups]]
key = "late"
title = "Chronological"
order = "chronological"
baseline = "ccrs"
[[rows]]
key = "popularity"
title = "Popularity"
config = "popular.toml"
folds = [0, 1]
[[rows]]
key = "ccrs"
title = "CCRS"
config = "ccrs.toml"
folds = [0, 1]
seeds = [0, 1]
[[rows]]
key = "ccrs"
group = "late"
title = "CCRS"
config = "ccrs.toml"
overrides = ["model.turn_encoder=false"]
folds = [0]
"""


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return write_corpus(tmp_path_factory.mktemp("reproduction") / "data")


def write_plan(folder: Path, text: str = PLAN) -> Path:
    (folder / "ccrs.toml").write_text(MODEL, encoding="utf-8")
    (folder / "popular.toml").write_text(POPULAR, encoding="utf-8")
    path = folder / "plan.toml"
    path.write_text(text, encoding="utf-8")
    return path


def units(path: Path, *groups: str, quick: bool = False) -> tuple[Plan, list[Unit]]:
    plan = load_plan(path)
    return plan, units_of(plan, path.parent, groups or ("main", "late"), quick=quick)


def test_units_are_rows_by_seed_and_fold(tmp_path: Path) -> None:
    _, found = units(write_plan(tmp_path))
    assert [unit.name for unit in found] == [
        "main/popularity/seed0-fold0",
        "main/ccrs/seed0-fold0",
        "main/popularity/seed0-fold1",
        "main/ccrs/seed0-fold1",
        "main/ccrs/seed1-fold0",
        "main/ccrs/seed1-fold1",
        "late/ccrs/seed0-fold0",
    ]
    last = found[5].config
    assert (last.data.protocol, last.data.fold, last.training.seed) == ("folds", 1, 1 + SEED_STEP)
    assert found[6].config.data.order == "chronological"
    assert found[6].config.model["turn_encoder"] is False
    _, rehearsal = units(tmp_path / "plan.toml", quick=True)
    assert [unit.name for unit in rehearsal] == [found[0].name, found[1].name, found[6].name]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('key = "popularity"', 'key = "ccrs"', r"row \('main', 'ccrs'\) stands twice"),
        ('group = "late"', 'group = "lat"', r"no group 'lat'; known: late, main"),
        ("folds = [0, 1]\nseeds", "folds = [0, 5]\nseeds", r"row 'ccrs': fold 5; there are folds 0 to 4"),
        ("turn_encoder=false", "turn_encodr=false", r"did you mean 'turn_encoder'"),
        ('config = "popular.toml"', 'config = "nothing.toml"', r"nothing\.toml: cannot be read"),
        ('baseline = "ccrs"', 'baseline = "kbrd"', r"its baseline 'kbrd' is none of its rows"),
        ('title = "Main"', "", r"groups\.0\.title"),
    ],
)
def test_a_plan_with_a_fault(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in PLAN
    with pytest.raises(ConfigError, match=message):
        load_plan(write_plan(tmp_path, PLAN.replace(old, new, 1)))


def test_what_is_done_is_not_done_again(tmp_path: Path, corpus: Corpus) -> None:
    path, out = write_plan(tmp_path), tmp_path / "out"
    _, found = units(path, "main")
    said: list[str] = []
    run_units(found[:2], corpus.path, out, processes=1, keep=False, announce=said.append)
    assert said[0] == "2 trainings in the plan, 0 done before"
    files = [outcome_file(out, unit) for unit in found]
    assert [file.exists() for file in files] == [True, True, False, False, False, False]
    assert not (out / "runs" / found[1].name).exists()  # the trained run is not kept
    before = files[1].read_bytes()
    run_units(found[:3], corpus.path, out, processes=1, keep=True, announce=said.append)
    assert "3 trainings in the plan, 2 done before" in said
    assert files[1].read_bytes() == before
    assert (out / "runs" / found[2].name / MANIFEST).exists()
    unit = load_unit(files[1])
    assert set(unit.rows) == {"metrics", "unadapted"}
    assert unit.rows["metrics"].sample_ids == load_unit(files[0]).rows["metrics"].sample_ids
    assert unit.signature["data"] == f"small@{corpus.manifest.checksum[:8]}"


def test_outcomes_of_another_configuration_are_refused(tmp_path: Path, corpus: Corpus) -> None:
    path, out = write_plan(tmp_path), tmp_path / "out"
    _, found = units(path, "main")
    run_units(found[1:2], corpus.path, out, processes=1, keep=False, announce=lambda _: None)
    (tmp_path / "ccrs.toml").write_text(MODEL.replace("0.02", "0.03"), encoding="utf-8")
    _, changed = units(path, "main")
    with pytest.raises(ConfigError, match=r"seed0-fold0\.json: was made with another configuration"):
        run_units(changed[1:2], corpus.path, out, processes=1, keep=False, announce=lambda _: None)


def test_a_broken_file_of_outcomes(tmp_path: Path) -> None:
    path = tmp_path / "unit.json"
    path.write_text(json.dumps({"rows": {"metrics": {"ranks": [1]}}}))
    with pytest.raises(DataError, match=r"unit\.json: is not a judged unit .* Remove it"):
        load_unit(path)


def test_outcomes_come_back_as_they_were(tmp_path: Path, corpus: Corpus) -> None:
    path, out = write_plan(tmp_path), tmp_path / "out"
    _, found = units(path, "main")
    run_units(found[:1], corpus.path, out, processes=1, keep=False, announce=lambda _: None)
    unit = load_unit(outcome_file(out, found[0]))
    save_unit(tmp_path / "copy.json", unit)
    again = load_unit(tmp_path / "copy.json")
    for name, value in vars(unit.rows["metrics"]).items():
        np.testing.assert_array_equal(getattr(again.rows["metrics"], name), value)
    assert again.signature == unit.signature


def test_the_time_left_comes_from_rows_that_have_run(tmp_path: Path) -> None:
    _, found = units(write_plan(tmp_path), "main")
    forecast = Forecast(found, {})
    assert forecast.seconds_left() == 0
    forecast.told(found[0], 10.0, 1)  # popularity
    assert forecast.seconds_left() == 10 + 4 * 10
    line = forecast.told(found[1], 100.0, 2)  # ccrs
    assert forecast.seconds_left() == 10 + 3 * 100
    assert line.split() == ["2", "of", "6", "main/ccrs/seed0-fold0", "2", "min", "left:", "about", "3", "min"]
