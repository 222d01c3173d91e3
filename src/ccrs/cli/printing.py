"""What commands print: results to standard output, remarks and progress to standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ccrs.evaluation.tables import aligned

NO_ATTENTION = "This recommender has no attention to show; what is shared are facts of the graph alone."


def say(text: str = "") -> None:
    """A result."""
    typer.echo(text)


def remark(text: str) -> None:
    """A remark beside the result."""
    typer.echo(text, err=True)


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns that line up."""
    return aligned(header, rows)


@contextmanager
def counting(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error, with the time left, that is told (done, total); nothing where nobody looks."""
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
