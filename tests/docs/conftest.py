"""What the tests of this folder share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fixtures.tiny_run import TinyRun, tiny_run

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> TinyRun:
    """A run to look at; nothing may be written into it."""
    return tiny_run(tmp_path_factory.getbasetemp() / "tiny-run")
