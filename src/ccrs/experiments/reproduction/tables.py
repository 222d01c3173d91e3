"""The tables of a reproduction (being written)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ccrs.experiments.reproduction.plan import Plan, Unit


@dataclass(frozen=True)
class Written:
    """The text of a table and the files that hold it."""

    text: str
    files: tuple[Path, ...]


def write_tables(
    plan: Plan, group: str, units: Sequence[Unit], data: Path, out: Path, *, quick: bool
) -> Written | None:
    """Write the table of ``group``; None where no row is complete."""
    return None
