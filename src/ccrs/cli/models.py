"""``ccrs models``: which recommenders there are."""

from __future__ import annotations

from typing import Annotated

import typer

from ccrs.cli.printing import say
from ccrs.evaluation.tables import aligned, markdown
from ccrs.models.registry import all_models

HEADER = ("name", "adapts", "needs", "what it is")


def models(
    as_markdown: Annotated[bool, typer.Option("--markdown", help="The table of docs/models.md.")] = False,
) -> None:
    """List the recommenders that `ccrs train` knows, those of installed packages included.

    Example: `ccrs models`
    """
    say((markdown if as_markdown else aligned)(HEADER, rows()))


def rows() -> list[list[str]]:
    """One line a model, by name."""
    return [
        [
            name,
            "to each user" if row.adapts else "no",
            ", ".join(sorted(need.replace("_", " ") for need in row.needs)) or "dialogues, graph",
            row.summary,
        ]
        for name, row in sorted(all_models().items())
    ]
