"""Atomic files: tables of values by tabs under a header of ``name:type``, the exchange form of RecBole.

A type is ``token``, ``token_seq``, ``float`` or ``float_seq``. The form knows no escapes, and RecBole reads it as CSV
with double quotes; so a value that begins with a double quote is written in quotes with those inside doubled, and
read back so. A value with a tab, a line end or a NUL cannot be written: that is an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, get_args

from ccrs.core.errors import DataError

Kind = Literal["token", "token_seq", "float", "float_seq"]
MAX_LINE = 2**20
"""Bytes of the longest line that is read."""

_MEND = "Mend the line, or export the files anew."
_FORBIDDEN = re.compile("[\t\n\r\0]")
_QUOTED = re.compile(r'"((?:[^"]|"")*)"')


class AtomicTable:
    """One atomic file while it is read: the columns of its header, then its rows.

    ``lines`` are without their ends. With ``quotes`` a value in double quotes is read without them.
    Raises ``DataError`` with ``place`` and line for a header or row that is broken.
    """

    def __init__(self, place: str, lines: Iterable[str], *, quotes: bool = True) -> None:
        self.place = place
        self._lines = iter(lines)
        self._quotes = quotes
        self.columns: dict[str, Kind] = {}
        for cell in next(self._lines, "").split("\t"):
            name, separator, kind = (part.strip() for part in cell.rpartition(":"))
            if not separator or not name or kind not in get_args(Kind):
                allowed = ", ".join(get_args(Kind))
                mend = f"The first line names every column as name:type; types are {allowed}."
                raise DataError.at(place, 1, f"has {cell!r} as the name of a column", mend)
            if name in self.columns:
                raise DataError.at(place, 1, f"has the column {name!r} twice", "Leave one of them.")
            self.columns[name] = next(known for known in get_args(Kind) if known == kind)

    def require(self, kinds: Mapping[str, Kind]) -> None:
        """Raise ``DataError`` unless these columns are there with these types."""
        for name, kind in kinds.items():
            if name not in self.columns:
                problem = f"has no column {name!r} (it has: {', '.join(self.columns)})"
                raise DataError.at(self.place, 1, problem, f"Add it as {name}:{kind}.")
            self.check(name, kind)

    def check(self, name: str, *kinds: Kind) -> bool:
        """Whether the column is there; raises ``DataError`` where it is there with another type."""
        found = self.columns.get(name)
        if found is not None and found not in kinds:
            raise DataError.at(
                self.place, 1, f"has the column {name}:{found}", f"Write it as {name}:{kinds[0]}."
            )
        return found is not None

    def rows(self, wanted: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
        """Line number and the ``wanted`` columns of each row that is not blank; an absent column is empty."""
        names = list(self.columns)
        places = [names.index(name) if name in self.columns else None for name in wanted]
        for number, line in enumerate(self._lines, start=2):
            if not line.strip():
                continue
            cells = line.split("\t")
            if len(cells) != len(names):
                problem = f"has {len(cells)} values separated by tabs, not {len(names)}"
                raise DataError.at(self.place, number, problem, _MEND)
            yield number, ["" if place is None else self._value(cells[place]) for place in places]

    def _value(self, cell: str) -> str:
        found = _QUOTED.fullmatch(cell) if self._quotes else None
        return cell if found is None else found[1].replace('""', '"')


def read_lines(path: Path) -> Iterator[str]:
    """The lines of a UTF-8 file without their ends, one at a time; raises ``DataError`` with the line."""
    number = 0
    try:
        with path.open("rb") as stream:
            while raw := stream.readline(MAX_LINE + 1):
                number += 1
                yield _decoded(path, number, raw)
    except OSError as error:
        problem = f"cannot be read ({error.strerror or error})"
        raise DataError.at(path, None, problem, "Check the path and its permissions.") from error


def _decoded(path: Path, number: int, raw: bytes) -> str:
    if len(raw) > MAX_LINE:
        raise DataError.at(path, number, f"is longer than {MAX_LINE:,} bytes", "Shorten its values.")
    if b"\0" in raw or (number == 1 and raw.startswith((b"\xff\xfe", b"\xfe\xff"))):
        raise DataError.at(path, number, "is no UTF-8 text (UTF-16?)", "Save the file as UTF-8.")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        problem = f"is not UTF-8 text (byte {raw[error.start]:#04x})"
        raise DataError.at(path, number, problem, "Save the file as UTF-8.") from error
    return (text.removeprefix("\ufeff") if number == 1 else text).rstrip("\r\n")


def write_table(
    path: Path, columns: Mapping[str, Kind], rows: Iterable[Sequence[str]], *, required: int
) -> None:
    """Write the rows as they come under a header.

    The first ``required`` columns may not be blank. Raises ``DataError`` for a value that the form cannot hold.
    """
    names = list(columns)
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write("\t".join(f"{name}:{kind}" for name, kind in columns.items()) + "\n")
        for row in rows:
            for position, (name, value) in enumerate(zip(names, row, strict=True)):
                _check_value(path, name, value, row, required=position < required)
            stream.write("\t".join(_cell(value) for value in row) + "\n")


def _check_value(path: Path, name: str, value: str, row: Sequence[str], *, required: bool) -> None:
    if required and not value.strip():
        raise DataError(f"{path.name}: a row has no {name}: {tuple(row)!r}. Fill it in.")
    if _FORBIDDEN.search(value):
        problem = f"{name} {value!r} holds a tab, a line end or a NUL, which atomic files cannot hold"
        raise DataError(f"{path.name}: {problem}. Take it out.")
    if not value.isascii() and any("\ud800" <= sign <= "\udfff" for sign in value):
        raise DataError(f"{path.name}: {name} {value!r} cannot be written as UTF-8. Take it out.")


def _cell(value: str) -> str:
    return '"' + value.replace('"', '""') + '"' if value.startswith('"') else value
