"""``ccrs data link``: which entities of a catalogue a text names."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from ccrs.cli.printing import remark, say, table
from ccrs.core.errors import DataError
from ccrs.data.linking import Link
from ccrs.experiments.link import load_linker

_STANDARD_INPUT = Path("-")


def link(
    folder: Annotated[Path, typer.Argument(help="A prepared folder or a run.", show_default=False)],
    file: Annotated[
        Path | None,
        typer.Argument(help="Text to link, line by line; - is standard input.", show_default=False),
    ] = None,
    text: Annotated[
        list[str] | None, typer.Option("--text", help="A text to link; may be repeated.", show_default=False)
    ] = None,
    typos: Annotated[bool, typer.Option(help="Also find names with a mistake in them.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line of text.")] = False,
) -> None:
    """Find the entities of a catalogue in text: which words, which entity, and why.

    Examples: `ccrs data link data/mine --text "I loved It (2017)"` · `ccrs data link runs/mine notes.txt --json`
    """
    if (file is None) == (not text):
        raise DataError("Give either --text or one FILE to link (- for standard input).")
    lines = iter(text) if text else _lines(file or _STANDARD_INPUT)
    linker = load_linker(folder, typos=typos)
    rows: list[list[str]] = []
    for number, line in enumerate(lines, start=1):
        links = linker.explain(line)
        if as_json:
            say(
                json.dumps(
                    {"text": line, "links": [_as_json(line, found) for found in links]}, ensure_ascii=False
                )
            )
        rows += [[str(number), *_cells(line, found)] for found in links]
    if not as_json:
        if rows:
            say(table(["line", "words", "entity", "id", "type", "why"], rows))
        else:
            remark("No entity of this catalogue is named.")


def _lines(file: Path) -> Iterator[str]:
    """The lines of a file or of standard input; raises ``DataError`` where it is no UTF-8 text."""
    name = "standard input" if file == _STANDARD_INPUT else str(file)
    try:
        data = sys.stdin.buffer.read() if file == _STANDARD_INPUT else file.read_bytes()
        content = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{name}: is not UTF-8 ({error.reason} at byte {error.start}). Save it as UTF-8."
        ) from error
    except OSError as error:
        raise DataError(f"{name}: cannot be read ({error.strerror}). Check the path.") from error
    return (line for line in content.split("\n") if line.strip())


def _why(found: Link) -> str:
    way = {
        "exact": "exact",
        "alias": "alias",
        "spelling": "spelling",
        "shortened": "without a part",
        "typo": "typo",
    }
    return way[found.way] + (", year" if found.by_year else "")


def _cells(line: str, found: Link) -> list[str]:
    entity = found.entity
    return [line[found.start : found.end], entity.title, entity.id, entity.type, _why(found)]


def _as_json(line: str, found: Link) -> dict[str, object]:
    return {
        "start": found.start,
        "end": found.end,
        "words": line[found.start : found.end],
        "entity": found.entity.id,
        "name": found.entity.title,
        "type": found.entity.type,
        "why": found.way,
        "year": found.by_year,
    }
