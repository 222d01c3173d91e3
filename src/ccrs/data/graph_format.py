"""The project's own graph files: ``entities.tsv`` and ``triples.tsv``, UTF-8, one header line each.

``entities.tsv`` holds ``id  type  name  item  year  aliases``: ``item`` is 1 or 0 and items come
first, ``year`` may be empty, ``aliases`` are joined by ``|``. ``triples.tsv`` holds
``head  relation  tail`` by entity ids. Either may be compressed with gzip when it is read.
"""

from __future__ import annotations

import difflib
import gzip
import io
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TextIO

from ccrs.core.errors import DataError
from ccrs.core.files import replacing
from ccrs.core.graph import Catalogue, Entity, Triple

ENTITY_COLUMNS = ("id", "type", "name", "item", "year", "aliases")
TRIPLE_COLUMNS = ("head", "relation", "tail")

_GZIP_MAGIC = b"\x1f\x8b"
_SEPARATORS = ("\t", "\n", "\r")


def read_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Line number and tab-separated values of each line that is not blank; plain or gzip.

    Raises ``DataError`` when the file is missing, broken or not UTF-8.
    """
    number = 0
    try:
        with _open(path) as stream:
            for number, line in enumerate(stream, start=1):
                text = line.rstrip("\n")
                if text.strip():
                    yield number, text.split("\t")
    except UnicodeDecodeError as error:
        raise DataError.at(path, number + 1, "is not UTF-8 text", "Save the file as UTF-8") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        problem = "the compressed file is cut short or broken"
        raise DataError.at(path, number + 1, problem, "Fetch it again") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error}). Check the path.") from error


def _open(path: Path) -> TextIO:
    """The text of a plain or compressed file; a byte order mark at its beginning is passed over."""
    with path.open("rb") as probe:
        compressed = probe.read(2) == _GZIP_MAGIC
    if compressed:
        return io.TextIOWrapper(gzip.GzipFile(path, "rb"), encoding="utf-8-sig")
    return path.open(encoding="utf-8-sig")


def read_text(path: Path) -> str:
    """The whole text of a plain or compressed file; raises ``DataError`` as ``read_rows`` does."""
    try:
        with _open(path) as stream:
            return stream.read()
    except UnicodeDecodeError as error:
        raise DataError.at(path, None, "is not UTF-8 text", "Save the file as UTF-8") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError.at(
            path, None, "the compressed file is cut short or broken", "Fetch it again"
        ) from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error}). Check the path.") from error


def nearest_hint(value: str, known: Iterable[str], what: str) -> str:
    """A mend that names the known value closest to ``value``, or some known values."""
    choices = list(known)
    near = difflib.get_close_matches(value, choices, n=1)
    if near:
        return f"Did you mean {near[0]!r}?"
    return f"Known {what}: {', '.join(map(repr, choices[:5]))}{' ...' if len(choices) > 5 else ''}"


def read_entities(path: Path) -> Catalogue:
    """The catalogue in ``entities.tsv``; raises ``DataError`` with file and line."""
    entities: list[Entity] = []
    lines: dict[str, int] = {}
    for number, values in read_body(path, ENTITY_COLUMNS):
        entity = _entity(path, number, values)
        if entity.id in lines:
            problem = f"id {entity.id!r} stands already in line {lines[entity.id]}"
            raise DataError.at(path, number, problem, "Give every entity its own id")
        if entity.is_item and entities and not entities[-1].is_item:
            problem = f"item {entity.id!r} comes after entities that are no items"
            raise DataError.at(path, number, problem, "Put all items before all other entities")
        lines[entity.id] = number
        entities.append(entity)
    return Catalogue(tuple(entities))


def write_entities(path: Path, catalogue: Catalogue) -> None:
    """Write ``entities.tsv``, all or nothing; raises ``DataError`` on a value it cannot hold."""
    rows = []
    for entity in catalogue.entities:
        broken = next((alias for alias in entity.aliases if "|" in alias or not alias.strip()), None)
        if broken is not None:
            raise DataError(f"{path}: alias {broken!r} of {entity.id!r} is empty or holds '|'. Take it out.")
        year = "" if entity.year is None else str(entity.year)
        flag = "1" if entity.is_item else "0"
        rows.append((entity.id, entity.type, entity.name, flag, year, "|".join(entity.aliases)))
    write_rows(path, ENTITY_COLUMNS, rows, required=4)


def read_triples(path: Path, catalogue: Catalogue) -> tuple[Triple, ...]:
    """The triples in ``triples.tsv``; raises ``DataError`` with line, value and the nearest known id."""
    triples: list[Triple] = []
    # One string for each entity and relation, however many triples name it: a third of the memory.
    names = {entity.id: entity.id for entity in catalogue.entities}
    relations: dict[str, str] = {}
    for number, (head, relation, tail) in read_body(path, TRIPLE_COLUMNS):
        known_head, known_tail = names.get(head), names.get(tail)
        if known_head is None or known_tail is None:
            value = head if known_head is None else tail
            mend = nearest_hint(value, catalogue.index, "ids")
            raise DataError.at(path, number, f"entity {value!r} is not in the catalogue", mend)
        if relation not in relations and not relation.strip():
            raise DataError.at(path, number, "the relation is empty", "Name the relation")
        triples.append(Triple(known_head, relations.setdefault(relation, relation), known_tail))
    return tuple(triples)


def write_triples(path: Path, triples: Iterable[Triple]) -> None:
    """Write ``triples.tsv``, all or nothing; raises ``DataError`` on a value it cannot hold."""
    write_rows(path, TRIPLE_COLUMNS, ((t.head, t.relation, t.tail) for t in triples), required=3)


def read_body(path: Path, columns: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """The lines after a right header, each with as many values as the header."""
    expected = "The header must be " + " ".join(columns) + ", separated by tabs"
    header_seen = False
    for number, values in read_rows(path):
        if not header_seen:
            if tuple(values) != tuple(columns):
                raise DataError.at(path, number, f"found the header {values!r}", expected)
            header_seen = True
        elif len(values) != len(columns):
            mend = f"Write {len(columns)} values separated by tabs: {', '.join(columns)}"
            raise DataError.at(path, number, f"found {len(values)} values in the line", mend)
        else:
            yield number, values
    if not header_seen:
        raise DataError.at(path, 1, "the file is empty", expected)


def _entity(path: Path, number: int, values: Sequence[str]) -> Entity:
    """One entity of one line."""
    identity, kind, name, flag, year, aliases = values
    for column, value in zip(ENTITY_COLUMNS[:3], values[:3], strict=True):
        if not value.strip():
            raise DataError.at(path, number, f"column {column!r} is empty", "Fill it in")
    if flag not in ("0", "1"):
        mend = "Write 1 for an item and 0 otherwise"
        raise DataError.at(path, number, f"column 'item' holds {flag!r}", mend)
    if year and not (year.isascii() and year.isdigit()):
        mend = "Write a whole number or leave it empty"
        raise DataError.at(path, number, f"column 'year' holds {year!r}", mend)
    names = tuple(alias for alias in aliases.split("|") if alias.strip())
    return Entity(identity, kind, name, flag == "1", int(year) if year else None, names)


def write_rows(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]], *, required: int) -> None:
    """Check and write rows under a header; the first ``required`` columns may not be empty."""
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write("\t".join(columns) + "\n")
        stream.writelines(_line(path, columns, row, required) for row in rows)


def _line(path: Path, columns: Sequence[str], row: Sequence[str], required: int) -> str:
    """One row as a line; raises ``DataError`` on a value it cannot hold."""
    line = "\t".join(row)
    if line.count("\t") != len(columns) - 1 or "\n" in line or "\r" in line:
        for column, value in zip(columns, row, strict=True):
            if any(separator in value for separator in _SEPARATORS):
                raise DataError(f"{path}: {column} {value!r} holds a tab or a new line. Take it out.")
    if not all(map(str.strip, row[:required])):
        column = next(column for column, value in zip(columns, row, strict=True) if not value.strip())
        raise DataError(f"{path}: a row has no {column}: {tuple(row)!r}. Fill it in.")
    return line + "\n"
