"""Whole trainings on the small corpus: repeated, killed, resumed, refused, in two processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ccrs.artifacts.run import Run, load_run
from ccrs.core.errors import CheckpointError, ConfigError
from ccrs.experiments.config import RecommenderConfig
from ccrs.experiments.corpus import Corpus, divide
from ccrs.experiments.setup import set_up
from ccrs.training.checkpoint import FILE as CHECKPOINT
from ccrs.training.plans import MetaPlan, dialogues_by_user
from ccrs.training.tracking import LOG
from tests.training.small_runs import (
    ALL_ADDITIONS,
    named_bytes,
    small_catalogue,
    small_config,
    small_dialogues,
    train_quietly,
    write_corpus,
)

DRIVER = Path(__file__).with_name("driver.py")
DROPOUT = {"additions": {**ALL_ADDITIONS, "row_dropout": 0.2, "residual_dropout": 0.2, "vector_dropout": 0.1}}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return write_corpus(tmp_path_factory.mktemp("corpus") / "small")


def weights_of(run: Run) -> dict[str, bytes]:
    return named_bytes(run.model, run.rates)


def log_of(folder: Path) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in (folder / LOG).read_text(encoding="utf-8").splitlines()]
    return [{key: value for key, value in line.items() if key != "seconds"} for line in lines]


def start_driver(
    folder: Path, corpus: Corpus, config: RecommenderConfig, **job: Any
) -> subprocess.Popen[str]:
    """Train in a process of its own; its warnings are errors, too."""
    path = folder / "job.json"
    job |= {"corpus": str(corpus.path), "out": str(folder / "run"), "config": config.model_dump()}
    path.write_text(json.dumps(job), encoding="utf-8")
    return subprocess.Popen(
        [sys.executable, "-W", "error", str(DRIVER), str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    )


@pytest.mark.parametrize("objective", ["plain", "meta"])
def test_the_same_command_twice_gives_the_same_weights(
    tmp_path: Path, corpus: Corpus, objective: str
) -> None:
    config = small_config(model=DROPOUT, objective=objective)
    runs = [train_quietly(config, corpus, tmp_path / name) for name in "ab"]
    assert weights_of(runs[0]) == weights_of(runs[1])
    assert log_of(tmp_path / "a") == log_of(tmp_path / "b")
    other = small_config(model=DROPOUT, objective=objective, seed=1)
    assert weights_of(train_quietly(other, corpus, tmp_path / "c")) != weights_of(runs[0])


def test_training_learns(tmp_path: Path, corpus: Corpus) -> None:
    train_quietly(small_config(epochs=8), corpus, tmp_path / "run")
    lines = log_of(tmp_path / "run")
    assert lines[-1]["training loss"] < lines[0]["training loss"] - 0.3
    assert all(np.isfinite(value) for line in lines for value in line.values())


def test_killed_and_resumed_is_as_if_never_stopped(tmp_path: Path, corpus: Corpus) -> None:
    config = small_config(model=DROPOUT, epochs=4, decay=0.9, average_epochs=2)
    straight = train_quietly(config, corpus, tmp_path / "straight")
    out = tmp_path / "run"
    with start_driver(tmp_path, corpus, config, hang_at=[3, 2]) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        heard = process.stdout.readline()
        os.kill(process.pid, signal.SIGKILL)
        assert heard == "hanging\n", process.stderr.read()
    assert process.returncode == -signal.SIGKILL
    assert (out / CHECKPOINT).exists()
    with pytest.raises(CheckpointError, match=r"is not a finished run .* or finish training with --resume"):
        load_run(out)

    altered = small_config(model=DROPOUT, epochs=4, decay=0.8, average_epochs=2)
    with pytest.raises(CheckpointError, match="another configuration or other data"):
        train_quietly(altered, corpus, out, resume=True)
    fewer = write_corpus(tmp_path / "fewer", small_dialogues(small_catalogue()[0])[:-1])
    with pytest.raises(CheckpointError, match="another configuration or other data"):
        train_quietly(config, fewer, out, resume=True)

    resumed = train_quietly(config, corpus, out, resume=True)
    assert weights_of(resumed) == weights_of(straight)
    assert weights_of(load_run(out)) == weights_of(straight)
    assert log_of(out) == log_of(tmp_path / "straight")


def test_a_finished_run_has_exactly_these_files(tmp_path: Path, corpus: Corpus) -> None:
    out = tmp_path / "run"
    train_quietly(small_config(epochs=1), corpus, out)
    (events,) = (out / "tensorboard").iterdir()
    assert events.name.startswith("events.out.tfevents.")
    assert sorted(path.name for path in out.iterdir() if path.name != CHECKPOINT) == [
        "README.md",
        "config.json",
        "entities.tsv",
        LOG,
        "model.safetensors",
        "run.json",
        "split.json",
        "statistics.safetensors",
        "tensorboard",
        "triples.tsv",
        "vocabulary.json",
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run"]


def test_a_finished_run_is_not_overwritten(tmp_path: Path, corpus: Corpus) -> None:
    config = small_config(epochs=1)
    train_quietly(config, corpus, tmp_path / "run")
    with pytest.raises(ConfigError, match="holds a finished run already"):
        train_quietly(config, corpus, tmp_path / "run")


def test_the_saved_run_holds_the_best_epoch(tmp_path: Path, corpus: Corpus) -> None:
    """With a rate so high that later epochs are worse, the run is that of the epoch marked as best."""
    config = small_config(epochs=6, learning_rate=0.3, patience=6)
    run = train_quietly(config, corpus, tmp_path / "long")
    lines = log_of(tmp_path / "long")
    best = max(line["epoch"] for line in lines if line["best"])
    assert best < 6, "the last epoch is the best, so this shows nothing"
    short = train_quietly(
        small_config(epochs=best, learning_rate=0.3, patience=6), corpus, tmp_path / "short"
    )
    assert weights_of(run) == weights_of(short)


def test_nobody_to_train_on_is_said(tmp_path: Path, corpus: Corpus) -> None:
    config = small_config(epochs=1)
    tested = {corpus.table.users[task.user] for task in divide(corpus, config.data).test}
    dialogues = [dialogue for dialogue in small_dialogues(corpus.catalogue) if dialogue.user in tested]
    only = write_corpus(tmp_path / "tested", dialogues)
    with pytest.raises(ConfigError, match="no dialogue falls into the training part"):
        train_quietly(config, only, tmp_path / "run")


@pytest.mark.slow
def test_two_processes_take_the_same_steps_as_one(tmp_path: Path, corpus: Corpus) -> None:
    """Without dropout, any number of processes trains the same weights, even where a step is one user's alone."""
    config = small_config(model={"additions": ALL_ADDITIONS}, batch_size=12, epochs=2)
    setup = set_up(config, corpus)
    plan = MetaPlan(
        setup.builder,
        corpus.table,
        dialogues_by_user(corpus.table, setup.division.train),
        batch_size=12,
        max_dialogues=config.training.max_task_dialogues,
        chronological=True,
        seed=0,
    )
    shares = [step() for step in plan.steps(0, (1, 2))]
    assert None in shares, "the second process always has a share, so that case is not seen"
    assert any(share is not None for share in shares)

    with start_driver(tmp_path, corpus, config, workers=2) as process:
        _, errors = process.communicate(timeout=150)
    assert process.returncode == 0, errors
    two = load_run(tmp_path / "run")
    one = train_quietly(config, corpus, tmp_path / "one")
    assert named_bytes(set_up(config, corpus).model) != named_bytes(one.model)
    for mine, theirs in ((one.model, two.model), (one.rates, two.rates)):
        for (name, left), right in zip(mine.state_dict().items(), theirs.state_dict().values(), strict=True):
            assert torch.allclose(left, right, rtol=1e-4, atol=1e-5), name
    for left, right in zip(log_of(tmp_path / "one"), log_of(tmp_path / "run"), strict=True):
        assert left == pytest.approx(right, rel=1e-4)
