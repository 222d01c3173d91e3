"""Fixtures shared by all tests."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from filelock import FileLock
from hypothesis import settings

from tests.fixtures.talking_run import talking_run as make_talking_run
from tests.fixtures.tiny_run import TinyRun

# Half of the usual number: every run draws others, and the suite has to stay quick. `--hypothesis-profile default` asks
# for all.
settings.register_profile("quick", max_examples=50)
settings.load_profile("quick")

torch.set_num_threads(1)  # the suite runs in parallel; more threads a test only get in each other's way

PROJECT = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    """What `ccrs serve` does to logging ends with the test: its stream is closed then, and other servers log on."""
    loggers = [logging.getLogger(name) for name in ("ccrs", "uvicorn")]
    before = [(logger.handlers[:], logger.propagate, logger.level) for logger in loggers]
    yield
    for logger, (handlers, propagate, level) in zip(loggers, before, strict=True):
        logger.handlers[:], logger.propagate = handlers, propagate
        logger.setLevel(level)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder with the real data (ReDial and its graphs); the test is skipped where it is absent."""
    folder = Path(os.environ.get("CCRS_REAL_DATA", PROJECT.parent / "shared" / "data"))
    if not (folder / "redial" / "redial_dataset.zip").exists():
        pytest.skip(
            f"real data not found in {folder}; set CCRS_REAL_DATA to a folder that holds redial/ and redial-kg/"
        )
    return folder


@pytest.fixture(scope="session")
def talking_run(tmp_path_factory: pytest.TempPathFactory) -> TinyRun:
    """A run with a responder and what chooses among replies; nothing may be written into it."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # of all workers: it is trained once
    with FileLock(folder / "talking-run.lock"):
        return make_talking_run(folder / "talking-run")
