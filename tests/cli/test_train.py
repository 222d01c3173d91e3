"""``ccrs train``: configurations that cannot be used, folds, and going on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from ccrs.artifacts.run import load_run
from tests.cli.conftest import Command
from tests.fixtures.own_files import NUM_USERS, write_own
from tests.fixtures.tiny_run import TinyRun

CONFIG = """
[graph]
min_relation_count = 1
[data]
order = "chronological"
[model]
embedding_size = 8
num_heads = 2
user_size = 2
[training]
epochs = 1
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "small.toml"
    path.write_text(CONFIG, encoding="utf-8")
    return path


def test_all_faults_of_a_configuration_are_told_at_once(
    refused: Command, tiny: TinyRun, tmp_path: Path
) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text("titel = 'x'\n[training]\nepoch = 3\n[model]\nembeding_size = 8\n", encoding="utf-8")
    ended = refused(
        "train", path, "--data", tiny.data, "--out", tmp_path / "run", "--set", "training.batch_size=0"
    )
    for part in (
        str(path),
        "titel: there is no such key; did you mean 'title'?",
        "training.epoch: there is no such key; did you mean 'epochs'?",
        "embeding_size: there is no such key; did you mean 'embedding_size'?",
        "training.batch_size: Input should be greater than or equal to 1 (got 0)",
    ):
        assert part in ended.err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--set", "training.epochs"], ["'training.epochs'", "--set training.epochs=5"]),
        (["--set", "training.epochs.more=1"], ["'epochs' is a value, not a section"]),
        (["--set", "graph.relations=['directr']"], ["'directr'", "Did you mean 'director'?"]),
        (["--set", "name=ccsr"], ["'ccsr'", "there is no such model", "ccrs"]),
        (["--set", "model.num_heads=3"], ["embedding_size = 8", "num_heads = 3"]),
        (["--set", "name=popularity", "--set", "model={}"], ["'popularity' cannot adapt", "'plain'"]),
        (["--folds", "3"], ["--folds 3: there are 5 folds"]),
        (["--data", "nowhere"], ["nowhere", "manifest.json"]),
    ],
)
def test_what_cannot_be_trained(
    options: list[str], expected: list[str], refused: Command, tiny: TinyRun, config: Path, tmp_path: Path
) -> None:
    ended = refused("train", config, "--data", tiny.data, "--out", tmp_path / "run", *options)
    for part in expected:
        assert part in ended.err
    assert not (tmp_path / "run").exists()


def test_a_file_that_is_no_configuration(refused: Command, tiny: TinyRun, tmp_path: Path) -> None:
    path = tmp_path / "broken.toml"
    path.write_text("[training\n", encoding="utf-8")
    assert "is not valid TOML" in refused("train", path, "--data", tiny.data, "--out", tmp_path / "run").err
    ended = refused("train", tmp_path / "none.toml", "--data", tiny.data, "--out", tmp_path / "run")
    assert "none.toml: cannot be read" in ended.err


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")
def test_a_device_that_is_not_there(refused: Command, tiny: TinyRun, config: Path, tmp_path: Path) -> None:
    ended = refused("train", config, "--data", tiny.data, "--out", tmp_path / "run", "--device", "cuda")
    assert "no CUDA device" in ended.err


def test_five_folds_test_every_user_once_and_are_pooled(
    ccrs: Command, refused: Command, config: Path, tmp_path: Path
) -> None:
    ccrs("prepare", "own", *write_own(tmp_path).options, "--out", tmp_path / "data")
    out = tmp_path / "run"
    train = ("train", config, "--data", tmp_path / "data", "--out", out, "--folds", "5")
    trained = ccrs(*train)
    assert trained.code == 0
    assert f"next: ccrs evaluate {out}" in trained.out
    assert f"fold 5 of 5: {out / 'fold-4'}" in trained.err
    tested = [load_run(out / f"fold-{fold}").data.test for fold in range(5)]
    assert sorted(user for users in tested for user in users) == sorted(f"u{n}" for n in range(NUM_USERS))

    predictions = tmp_path / "predictions.jsonl"
    report = json.loads(ccrs("evaluate", out, "--json", "-", "--save-predictions", predictions).out)
    assert (report["folds"], report["protocol"]) == (5, "folds")
    # One of two dialogues is query, and it has one recommendation.
    assert (report["num_users"], report["num_samples"]) == (NUM_USERS, NUM_USERS)
    assert report["metrics"]["with_support"]["n"] == NUM_USERS
    saved = [json.loads(line) for line in predictions.read_text(encoding="utf-8").splitlines()]
    assert sorted(line["sample"] for line in saved) == sorted(f"d{n}-1:1:0" for n in range(NUM_USERS))

    for options in (["--split", "validation"], ["--dialogues", tmp_path / "dialogues.jsonl"]):
        assert f"Name one of them for this: {out / 'fold-0'}" in refused("evaluate", out, *options).err
    one = ccrs("evaluate", out / "fold-0", "--dialogues", tmp_path / "dialogues.jsonl", "--json", "-")
    assert json.loads(one.out)["num_users"] == NUM_USERS

    manifests = [out / f"fold-{fold}" / "run.json" for fold in range(5)]
    first = manifests[0].stat().st_mtime_ns
    manifests[3].unlink()
    assert "fold-3 not finished" in refused("evaluate", out).err
    assert ccrs(*train, "--resume").code == 0
    assert manifests[3].exists()
    assert manifests[0].stat().st_mtime_ns == first
