"""``ccrs models``: which recommenders and dialogue models there are."""

from __future__ import annotations

from typing import Annotated

import typer

from ccrs.cli.printing import say
from ccrs.evaluation.tables import aligned, markdown
from ccrs.models.registry import all_models
from ccrs.models.responders import RESPONDERS

HEADER = ("name", "adapts", "needs", "what it is")
DIALOGUE_HEADER = ("dialogue model", *HEADER[1:])


def models(
    as_markdown: Annotated[bool, typer.Option("--markdown", help="The tables of docs/models.md.")] = False,
) -> None:
    """List the recommenders that `ccrs train` knows, those of installed packages included, and the dialogue models.

    Example: `ccrs models`
    """
    table = markdown if as_markdown else aligned
    say(table(HEADER, rows()))
    say("")
    say(table(DIALOGUE_HEADER, dialogue_rows()))


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


def dialogue_rows() -> list[list[str]]:
    """One line a dialogue model, by name."""
    return [
        [
            name,
            "to each user" if row.adapts else "no",
            ", ".join(sorted(need.replace("_", " ") for need in row.needs)) or "any recommender",
            row.summary,
        ]
        for name, row in sorted(RESPONDERS.items())
    ]
