"""What commands print: results to standard output, remarks and progress to standard error."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from ccrs.evaluation.tables import aligned


def say(text: str = "") -> None:
    """A result."""
    typer.echo(text)


def remark(text: str) -> None:
    """A remark beside the result."""
    typer.echo(text, err=True)


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns that line up."""
    return aligned(header, rows)
