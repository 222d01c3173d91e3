"""Runs on disk that are not whole: every command says what is wrong and what to do."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.fixtures.own_files import records, write_own
from tests.fixtures.tiny_run import TinyRun

FILES = (
    "config.json",
    "model.safetensors",
    "statistics.safetensors",
    "split.json",
    "entities.tsv",
    "triples.tsv",
)
COMMANDS = {"evaluate": ["evaluate"], "recommend": ["recommend", "--text", "I like Heat"]}


@pytest.fixture
def copied(smallest: TinyRun, tmp_path: Path) -> Path:
    """A copy of the run that may be spoilt."""
    return Path(shutil.copytree(smallest.run, tmp_path / "run"))


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", FILES)
def test_a_missing_file(name: str, command: str, refused: Command, copied: Path) -> None:
    (copied / name).unlink()
    ended = refused(*COMMANDS[command], copied)
    assert ended.err == f"error: {copied / name}: is missing. Copy the run again, or train it again.\n"


@pytest.mark.parametrize("name", FILES)
def test_an_altered_file(name: str, refused: Command, copied: Path) -> None:
    content = bytearray((copied / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copied / name).write_bytes(content)
    ended = refused("evaluate", copied)
    assert f"{copied / name}: was altered since training" in ended.err


def test_a_run_without_manifest_is_not_finished(refused: Command, copied: Path) -> None:
    (copied / "run.json").unlink()
    ended = refused("evaluate", copied)
    assert "is not a finished run (run.json is missing)" in ended.err
    assert "--resume" in ended.err


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": 1, "files": 3}'])
def test_a_broken_manifest(text: str, refused: Command, copied: Path) -> None:
    (copied / "run.json").write_text(text, encoding="utf-8")
    ended = refused("evaluate", copied)
    assert "run.json" in ended.err
    assert "train it again" in ended.err


def test_a_run_of_another_format(refused: Command, copied: Path) -> None:
    manifest = json.loads((copied / "run.json").read_text(encoding="utf-8"))
    (copied / "run.json").write_text(json.dumps(manifest | {"format": 99}), encoding="utf-8")
    assert "is a run of format 99; this version reads 1" in refused("evaluate", copied).err


def test_a_run_that_is_not_there(refused: Command, tmp_path: Path) -> None:
    ended = refused("recommend", tmp_path / "none")
    assert "there is no such run" in ended.err
    assert "ccrs train" in ended.err


def test_the_data_is_gone_or_is_another(
    ccrs: Command, refused: Command, smallest: TinyRun, tmp_path: Path
) -> None:
    moved = tmp_path / "moved"
    shutil.copytree(smallest.data, moved)
    assert ccrs("evaluate", smallest.run, "--data", moved, "--json", tmp_path / "report.json").code == 0
    gone = refused("evaluate", smallest.run, "--data", tmp_path / "gone")
    assert "is gone. Name its new place with --data DIR" in gone.err
    manifest = json.loads((moved / "manifest.json").read_text(encoding="utf-8"))
    ccrs("prepare", "own", *write_own(tmp_path / "other", records(seed=1)).options, "--out", moved)
    other = refused("evaluate", smallest.run, "--data", moved)
    assert "is not the data this run was trained on" in other.err
    assert manifest["checksum"][:12] in other.err
