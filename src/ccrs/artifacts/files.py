"""Folders that are checked file by file: tensors, a manifest with hashes, written last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from safetensors.torch import save
from torch import Tensor

from ccrs.core.errors import CheckpointError, DataError
from ccrs.core.files import read_json, replacing, sha256, write_json

MANIFEST = "run.json"


def save_tensors(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """Write named tensors as safetensors, all or nothing."""
    with replacing(path) as temporary:
        # Not save_file: its own kind of error for a full disk is none that a person could act on.
        temporary.write_bytes(
            save({name: value.detach().cpu().contiguous() for name, value in tensors.items()})
        )


def write_manifest(folder: Path, files: Sequence[str], *, version: int, commit: str) -> None:
    """Record the hashes of ``files``; a folder without manifest is not finished."""
    hashes = {name: sha256(folder / name) for name in files}
    write_json(folder / MANIFEST, {"format": version, "commit": commit, "files": hashes})


def checked_manifest(
    folder: Path, files: Sequence[str], *, version: int, free: Sequence[str] = ()
) -> dict[str, Any]:
    """The manifest of a folder whose files are all there and unaltered (``free`` ones may be altered).

    Raises ``CheckpointError`` that says what is wrong.
    """
    path = folder / MANIFEST
    try:
        manifest = read_json(path)
        found, hashes = manifest["format"], dict(manifest["files"])
    except (DataError, KeyError, TypeError, ValueError) as error:
        raise CheckpointError(
            f"{path}: is broken ({error}). Copy the run again, or train it again."
        ) from error
    if found != version:
        raise CheckpointError(
            f"{folder}: is a run of format {found}; this version reads {version}. Train it again."
        )
    for name in files:
        if not (folder / name).is_file():
            raise CheckpointError(f"{folder / name}: is missing. Copy the run again, or train it again.")
        if name not in free and _digest(folder / name) != hashes.get(name):
            raise CheckpointError(
                f"{folder / name}: was altered since training. Copy the run again, or train it again."
            )
    return dict(manifest)


def _digest(path: Path) -> str:
    try:
        return sha256(path)
    except OSError as error:
        raise CheckpointError(
            f"{path}: cannot be read ({error.strerror or error}). Check its permissions."
        ) from error
