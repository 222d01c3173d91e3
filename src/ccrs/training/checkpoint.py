"""Where training stands, in one file that is replaced as a whole: a killed run loses one epoch at most."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from ccrs.core.errors import CheckpointError
from ccrs.core.files import replacing

FILE = "checkpoint.safetensors"


@dataclass
class Progress:
    """How far training has come."""

    epoch: int = 0
    """Epochs done."""
    best: float | None = None
    best_epoch: int = 0
    fingerprint: str = ""
    """Of configuration and data: a checkpoint of another run is refused."""
    history: list[dict[str, float]] = field(default_factory=list)


def save_checkpoint(folder: Path, progress: Progress, groups: dict[str, dict[str, Tensor]]) -> None:
    """Write ``groups`` of named tensors and the progress, all or nothing."""
    tensors = {
        f"{group}/{name}": tensor.detach().contiguous().clone()
        for group, named in groups.items()
        for name, tensor in named.items()
    }
    with replacing(folder / FILE) as temporary:
        # Not save_file: its own kind of error for a full disk is none that a person could act on.
        temporary.write_bytes(save(tensors, metadata={"progress": json.dumps(progress.__dict__)}))


def load_checkpoint(folder: Path, fingerprint: str) -> tuple[Progress, dict[str, dict[str, Tensor]]] | None:
    """The last checkpoint, or None when there is none.

    Raises ``CheckpointError`` when the file is broken or belongs to another configuration or other data.
    """
    path = folder / FILE
    if not path.exists():
        return None
    groups: dict[str, dict[str, Tensor]] = {}
    try:
        with safe_open(path, framework="pt") as stream:
            values: dict[str, Any] = json.loads(stream.metadata()["progress"])
            for key in stream.keys():  # noqa: SIM118 - not a mapping
                group, _, name = key.partition("/")
                groups.setdefault(group, {})[name] = stream.get_tensor(key)
        progress = Progress(**values)
    except (SafetensorError, OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"{path}: is broken ({error}). Remove it and train again.") from error
    if progress.fingerprint != fingerprint:
        raise CheckpointError(
            f"{path}: was written with another configuration or other data. "
            "Resume with the same ones, or choose another --out."
        )
    return progress, groups
