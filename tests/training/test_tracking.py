"""What training records, and what a resumed one forgets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ccrs.training.tracking import LOG, Tracker


def record(folder: Path, epochs: int) -> None:
    with Tracker(folder, epochs=epochs, quiet=True) as tracker:
        for epoch in range(1, epochs + 1):
            tracker.start_epoch(epoch, 2)
            tracker.step(0.5, 0.1)
            tracker.end_epoch(epoch, {"validation hr@10": epoch / 10}, best=epoch == 1)


def test_one_line_an_epoch(tmp_path: Path) -> None:
    record(tmp_path, 2)
    lines = [json.loads(line) for line in (tmp_path / LOG).read_text(encoding="utf-8").splitlines()]
    assert lines == [
        {"epoch": 1, "validation hr@10": 0.1, "best": True},
        {"epoch": 2, "validation hr@10": 0.2, "best": False},
    ]
    assert list((tmp_path / "tensorboard").glob("events.out.tfevents.*"))


@pytest.mark.parametrize(("epoch", "kept"), [(0, 0), (1, 1), (2, 2), (5, 3)])
def test_epochs_to_be_done_again_are_forgotten(tmp_path: Path, epoch: int, kept: int) -> None:
    record(tmp_path, 3)
    before = (tmp_path / LOG).read_text(encoding="utf-8").splitlines()
    with Tracker(tmp_path, epochs=3, quiet=True) as tracker:
        tracker.keep_until(epoch)
    assert (tmp_path / LOG).read_text(encoding="utf-8").splitlines() == before[:kept]


@pytest.mark.parametrize("rest", ['{"epoch": 2, "valid', "[2]", "null", '{"no": 1}'])
def test_half_a_line_of_a_killed_training_is_forgotten(tmp_path: Path, rest: str) -> None:
    record(tmp_path, 1)
    whole = (tmp_path / LOG).read_text(encoding="utf-8")
    (tmp_path / LOG).write_text(whole + rest, encoding="utf-8")
    with Tracker(tmp_path, epochs=3, quiet=True) as tracker:
        tracker.keep_until(1)
    assert (tmp_path / LOG).read_text(encoding="utf-8") == whole


def test_other_processes_write_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Tracker(tmp_path, epochs=1, quiet=True, record=False) as tracker:
        tracker.keep_until(1)
        tracker.start_epoch(1, 1)
        tracker.step(0.5, 0.1)
        tracker.end_epoch(1, {"a": 1.0}, best=True)
    assert list(tmp_path.iterdir()) == []
    assert capsys.readouterr() == ("", "")


def test_a_person_sees_each_epoch(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Tracker(tmp_path, epochs=1) as tracker:
        tracker.start_epoch(1, 1)
        tracker.end_epoch(1, {"validation hr@10": 0.25}, best=True)
    shown = capsys.readouterr()
    assert "epoch   1  validation hr@10 0.2500  (best)" in shown.err
    assert shown.out == ""
