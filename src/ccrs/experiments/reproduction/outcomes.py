"""What is kept of a unit that was trained and judged: one file, written whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ccrs.core.errors import CcrsError, DataError
from ccrs.core.files import read_json, write_json
from ccrs.evaluation.report import SampleOutcomes

_BOOLEAN = ("novel", "new_to_user")


@dataclass(frozen=True)
class JudgedUnit:
    """The outcomes of a unit's test samples, and what they rest on."""

    fingerprint: str
    """Of configuration and data."""
    signature: Mapping[str, str | int | float | None]
    seconds: float
    """Training and judging together."""
    best_epoch: int
    rows: Mapping[str, SampleOutcomes]
    """``metrics`` (adapted, where the model adapts) and ``unadapted``."""


def save_unit(path: Path, unit: JudgedUnit) -> None:
    """Write a unit, all or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = {name: _plain(outcomes) for name, outcomes in unit.rows.items()}
    write_json(path, {**asdict(unit), "signature": dict(unit.signature), "rows": rows})


def load_unit(path: Path) -> JudgedUnit:
    """Read a unit; raises ``DataError`` when the file is not one."""
    value = read_json(path)
    try:
        rows = {name: _outcomes(row) for name, row in value.pop("rows").items()}
        return JudgedUnit(**value, rows=rows)
    except (KeyError, TypeError, ValueError, AttributeError, CcrsError) as error:
        raise DataError.at(
            path, None, f"is not a judged unit ({error})", "Remove it and run again"
        ) from error


def _plain(outcomes: SampleOutcomes) -> dict[str, Any]:
    values = {name: value for name, value in vars(outcomes).items() if name != "sample_ids"}
    return {name: value.tolist() for name, value in values.items()} | {
        "sample_ids": list(outcomes.sample_ids)
    }


def _outcomes(row: Mapping[str, Any]) -> SampleOutcomes:
    arrays: dict[str, Any] = {
        name: np.array(values, np.bool_ if name in _BOOLEAN else np.int64)
        for name, values in row.items()
        if name != "sample_ids"
    }
    return SampleOutcomes(sample_ids=tuple(row["sample_ids"]), **arrays)
