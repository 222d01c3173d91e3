"""Errors a person can act on: each says what was found, what is allowed and what to do."""

from __future__ import annotations

from pathlib import Path


class CcrsError(Exception):
    """Base of every error the project raises on purpose; the CLI prints it and exits with 2."""


class ConfigError(CcrsError):
    """A configuration that cannot be used; lists all its faults at once."""


class DataError(CcrsError):
    """Input data that cannot be read or understood."""

    @classmethod
    def at(cls, path: Path | str, line: int | None, problem: str, mend: str) -> DataError:
        """An error at a place: ``path[:line]: problem. mend``."""
        place = f"{path}:{line}" if line is not None else f"{path}"
        return cls(f"{place}: {problem}. {mend}")


class CheckpointError(CcrsError):
    """A run folder that is incomplete, altered or made by another version."""


class TrainingError(CcrsError):
    """Training cannot go on (a loss that is not finite, for example)."""
