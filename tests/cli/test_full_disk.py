"""A disk that fills up: a plain message, exit code 2, nothing half-written."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.tiny_run import TinyRun

DRIVER = Path(__file__).with_name("full_disk.py")
LIMIT = 2_000  # bytes: less than any file of data or weights, more than a configuration
KINDS = ("prepare", "train", "json", "predictions", "download")


@pytest.fixture(scope="module")
def ended(tiny: TinyRun, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """How each command ended on the full disk, and what it left in its folder."""
    folder = tmp_path_factory.mktemp("full")
    config = folder / "small.toml"
    config.write_text(
        '[data]\nprotocol = "official"\n[model]\nembedding_size = 8\n[training]\nepochs = 1\n',
        encoding="utf-8",
    )
    mirror = folder / "mirror.zip"
    mirror.write_bytes(bytes(10 * LIMIT))
    commands = {
        "prepare": ["prepare", "simulated", "--users", "40", "--out", "OUT/data"],
        "train": ["train", str(config), "--data", str(tiny.data), "--out", "OUT/run"],
        "json": ["evaluate", str(tiny.run), "--json", "OUT/report.json"],
        "predictions": ["evaluate", str(tiny.run), "--save-predictions", "OUT/predictions.jsonl"],
        "download": ["data", "download", "redial", "--url", mirror.as_uri(), "--out", "OUT"],
    }
    filled = []
    for kind in KINDS:
        (folder / kind).mkdir()
        filled.append([word.replace("OUT", str(folder / kind)) for word in commands[kind]])
    (folder / "commands.json").write_text(json.dumps(filled), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(DRIVER), str(LIMIT), str(folder / "commands.json")],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert done.stderr == ""
    results = dict(zip(KINDS, map(json.loads, done.stdout.splitlines()), strict=True))
    for kind in KINDS:
        paths = sorted(path for path in (folder / kind).rglob("*") if path.is_file())
        results[kind]["left"] = [str(path.relative_to(folder / kind)) for path in paths]
    return results


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_full_disk_is_told_without_traceback(kind: str, ended: dict[str, dict[str, Any]]) -> None:
    result = ended[kind]
    assert result["code"] == 2, result["err"]
    message = result["err"].splitlines()[-1]
    assert message.startswith("error: ")
    assert "could not be written" in message
    assert "Free space or choose another folder" in message
    assert "Traceback" not in result["err"]


@pytest.mark.parametrize("kind", ["prepare", "json", "predictions"])
def test_nothing_is_left(kind: str, ended: dict[str, dict[str, Any]]) -> None:
    assert ended[kind]["left"] == []


def test_a_training_leaves_no_run_and_no_half_weights(ended: dict[str, dict[str, Any]]) -> None:
    left = [path for path in ended["train"]["left"] if "tensorboard" not in path]
    assert left == ["run/log.jsonl"]


def test_a_download_can_go_on(ended: dict[str, dict[str, Any]]) -> None:
    assert ended["download"]["left"] == ["redial_dataset.zip.part", "redial_dataset.zip.part.from"]
