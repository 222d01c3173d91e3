"""What the tests of this folder share."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from ccrs.cli.main import main
from tests.fixtures.tiny_run import TinyRun, smallest_run, tiny_run


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> TinyRun:
    """A run to look at; nothing may be written into it."""
    return tiny_run(tmp_path_factory.getbasetemp() / "tiny-run")


@pytest.fixture(scope="session")
def smallest(tmp_path_factory: pytest.TempPathFactory) -> TinyRun:
    """The same of ten films, where the figures do not matter."""
    return smallest_run(tmp_path_factory.getbasetemp() / "smallest-run")


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


Command = Callable[..., Ended]


@pytest.fixture
def ccrs(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Command:
    """The command line in this process: what a person would see. A traceback fails the test."""

    def command(*arguments: str | Path) -> Ended:
        monkeypatch.setattr(sys, "argv", ["ccrs", *map(str, arguments)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        seen = capfd.readouterr()
        assert "Traceback" not in seen.err
        return Ended(int(ended.value.code or 0), seen.out, seen.err)

    return command


@pytest.fixture
def refused(ccrs: Command) -> Command:
    """The same for a command that must be refused: exit code 2, one message, nothing on standard output."""

    def command(*arguments: str | Path) -> Ended:
        ended = ccrs(*arguments)
        assert ended.code == 2, ended
        assert ended.out == ""
        assert ended.err.startswith("error: ")
        return ended

    return command
