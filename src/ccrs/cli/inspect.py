"""``ccrs data inspect``: what was understood of a prepared folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ccrs.cli.prepare import show as show_manifest
from ccrs.cli.printing import counting, remark, say
from ccrs.core.errors import DataError
from ccrs.experiments.inspection.inspect import EXAMPLES, inspect_prepared


def inspect(
    folder: Annotated[Path, typer.Argument(help="A prepared folder.", show_default=False)],
    html: Annotated[
        Path | None, typer.Option("--html", help="Also write a page to look at in a browser.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON instead.")] = False,
    examples: Annotated[
        int, typer.Option("--examples", min=0, max=1000, help="Example dialogues to show.")
    ] = EXAMPLES,
) -> None:
    """Check a prepared folder against its manifest and show what was understood of it.

    What will hurt training comes first, with what to do about it; then the graph, the dialogues, names that were
    not linked, and examples.

    Examples: `ccrs data inspect data/mine` · `ccrs data inspect data/mine --html mine.html --examples 10`
    """
    if html is not None and folder.resolve() in html.resolve().parents:
        raise DataError(f"{html}: is inside the prepared folder. Write the page beside it.")
    with counting("reading dialogues") as progress:
        found = inspect_prepared(folder, examples=examples, progress=progress)
    if html is not None:
        found.write_page(html)
        remark(f"page written to {html}")
    if as_json:
        say(json.dumps(found.as_json(), indent=2, ensure_ascii=False))
    else:
        show_manifest(found.manifest, folder)
        say(f"\n{found.as_text()}")
