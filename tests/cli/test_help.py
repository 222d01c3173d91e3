"""Every command and every option says what it is for."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from ccrs.cli.main import app, main
from tests.cli.conftest import Command

VERBS = {
    *("prepare", "train", "evaluate", "recommend", "chat", "serve", "items", "keys", "demo", "data"),
    *("models", "compare", "reproduce", "hub"),
}


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command below ``command`` with its words, groups too."""
    yield path, command
    for name, below in getattr(command, "commands", {}).items():
        yield from commands(below, (*path, name))


ALL = dict(commands(typer.main.get_command(app)))


def test_the_verbs_are_those_of_the_readme() -> None:
    assert {path[0] for path in ALL if path} == VERBS


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_everything_has_a_help_text(path: tuple[str, ...]) -> None:
    command = ALL[path]
    assert (command.help or "").strip(), path
    for parameter in command.params:
        if parameter.name != "help":
            text = getattr(parameter, "help", None) or ""
            assert len(text) >= 5, (path, parameter.name)


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_help_is_printed(path: tuple[str, ...], ccrs: Command) -> None:
    ended = ccrs(*path, "--help")
    assert ended.code == 0
    assert "Usage: ccrs" in ended.out


@pytest.mark.parametrize(
    "arguments",
    [["prepair"], ["train"], ["evaluate", "run", "--splits", "test"], ["evaluate", "run", "--split", "x"]],
)
def test_a_mistyped_command_line_is_exit_code_2(arguments: list[str], ccrs: Command) -> None:
    ended = ccrs(*arguments)
    assert ended.code == 2
    assert ended.out == ""
    assert "Usage: ccrs" in ended.err


def test_a_terminal_of_few_signs_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "argv", ["ccrs", "train", "--help"])  # its help holds a middle dot
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii"))
    with pytest.raises(SystemExit) as ended:
        main()
    sys.stdout.flush()
    assert ended.value.code == 0
    assert b"Usage: ccrs train" in written.getvalue()
