"""A checkpoint gives back what was put in, and refuses what is not its own or broken."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from ccrs.core.errors import CheckpointError
from ccrs.training.checkpoint import FILE, Progress, load_checkpoint, save_checkpoint

GROUPS = {
    "last": {"model.a": torch.randn(2, 3), "model.b/c": torch.tensor(1.5)},
    "optimiser": {"dense.0.step": torch.tensor(3), "dense.0.exp_avg": torch.randn(3, 2).T},
}
PROGRESS = Progress(
    epoch=2, best=0.25, best_epoch=1, fingerprint="mine", history=[{"training loss": 1.25}, {"a": 2}]
)


def test_round_trip(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, PROGRESS, GROUPS)
    loaded = load_checkpoint(tmp_path, "mine")
    assert loaded is not None
    progress, groups = loaded
    assert progress == PROGRESS
    assert groups.keys() == GROUPS.keys()
    for group, named in GROUPS.items():
        assert groups[group].keys() == named.keys()
        for name, value in named.items():
            assert torch.equal(groups[group][name], value)
            assert groups[group][name].dtype == value.dtype


def test_tensors_that_share_memory_are_kept_apart(tmp_path: Path) -> None:
    shared = torch.randn(3)
    save_checkpoint(tmp_path, PROGRESS, {"last": {"a": shared}, "best": {"a": shared}})
    loaded = load_checkpoint(tmp_path, "mine")
    assert loaded is not None
    assert torch.equal(loaded[1]["last"]["a"], loaded[1]["best"]["a"])


def test_none_there(tmp_path: Path) -> None:
    assert load_checkpoint(tmp_path, "mine") is None


def test_of_another_configuration_is_refused(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, PROGRESS, GROUPS)
    with pytest.raises(
        CheckpointError, match=r"another configuration or other data\. Resume with the same ones, or"
    ):
        load_checkpoint(tmp_path, "yours")


@pytest.mark.parametrize("content", [b"", b"no safetensors at all", None])
def test_broken_is_refused(tmp_path: Path, content: bytes | None) -> None:
    save_checkpoint(tmp_path, PROGRESS, GROUPS)
    whole = (tmp_path / FILE).read_bytes()
    (tmp_path / FILE).write_bytes(whole[:-7] if content is None else content)
    with pytest.raises(
        CheckpointError, match=r"checkpoint\.safetensors: is broken \(.+\)\. Remove it and train again"
    ):
        load_checkpoint(tmp_path, "mine")


def test_a_file_of_another_program_is_refused(tmp_path: Path) -> None:
    for metadata in (None, {"progress": "[]"}, {"progress": '{"epoch": 1, "colour": "red"}'}):
        save_file({"a": torch.zeros(1)}, tmp_path / FILE, metadata=metadata)
        with pytest.raises(CheckpointError, match="is broken"):
            load_checkpoint(tmp_path, "mine")


def test_nothing_else_is_left_in_the_folder(tmp_path: Path) -> None:
    for _ in range(2):
        save_checkpoint(tmp_path, PROGRESS, GROUPS)
    assert [path.name for path in tmp_path.iterdir()] == [FILE]
