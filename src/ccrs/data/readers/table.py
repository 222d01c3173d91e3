"""Tables that people bring, as CSV or TSV: a header line, then a row of values each."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import NamedTuple

from ccrs.core.errors import DataError
from ccrs.data.readers.table_text import TextLines

DELIMITERS = (",", "\t", ";", "|")
MAX_CELL = 100_000
MAX_COLUMNS = 1_000
DELIMITER_NAMES = {",": "comma", "\t": "tab", ";": "semicolon", "|": "bar"}
_SPELT = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "bar": "|"}
_MISSING = frozenset({"", "n/a", "nan", "null", "-", "?", "\\n", "#n/a"})
_STATED = re.compile(r"sep=([,;|\t])\s*", re.IGNORECASE)
"""A first line by which spreadsheets say what stands between the columns."""
_LONGEST_MISSING = max(map(len, _MISSING))


class Row(NamedTuple):
    """One row: the line it begins in (from 1) and its values, white space at both ends taken off."""

    line: int
    values: list[str]


@dataclass(frozen=True)
class Header:
    """The columns of a table as its first line names them, and how the file is written."""

    path: Path
    columns: tuple[str, ...]
    delimiter: str
    encoding: str

    def place(self, names: Sequence[str]) -> int | None:
        """The column of one of these names (folded), the earliest name first."""
        folded = [folded_name(column) for column in self.columns]
        return next((folded.index(name) for name in names if name in folded), None)


class Table:
    """Reads a table row by row.

    The delimiter is the one of comma, tab, semicolon and bar that splits the header into most columns. Quotes are
    those of the csv module: a cell in double quotes may hold delimiters, line breaks and doubled quotes. Iterating
    raises ``DataError`` with file and line for ragged rows, quotes that do not close, cells beyond ``MAX_CELL``
    characters and whatever ``TextLines`` refuses; with ``lenient`` ragged rows are passed over and counted. Blank rows
    are passed over.
    """

    def __init__(
        self,
        path: Path,
        *,
        delimiter: str | None = None,
        encoding: str | None = None,
        lenient: bool = False,
    ) -> None:
        self.path, self.lenient, self.num_ragged = path, lenient, 0
        self._lines = TextLines(path, encoding)
        head = _first_line(self._lines, path)
        stated = _STATED.fullmatch(head)
        self._stated = stated is not None
        found = stated[1] if stated is not None else _sniffed(head, path)
        self._delimiter = _delimiter(delimiter) or found
        self.header = self._header()

    def _header(self) -> Header:
        first = next(self._records(), None)
        if first is None:
            raise _empty(self.path)
        columns = first.values
        if len(columns) > MAX_COLUMNS:
            problem = f"the header has {len(columns):,} columns, more than {MAX_COLUMNS:,}"
            raise DataError.at(self.path, 1, problem, "Leave columns out.")
        seen: dict[str, int] = {}
        for place, name in enumerate(columns, start=1):
            if name and folded_name(name) in seen:
                problem = f"columns {seen[folded_name(name)]} and {place} are both called {name!r}"
                raise DataError.at(self.path, 1, problem, "Give every column its own name.")
            seen[folded_name(name)] = place
        return Header(self.path, tuple(columns), self._delimiter, self._lines.encoding.removesuffix("-sig"))

    def __iter__(self) -> Iterator[Row]:
        records = self._records()
        next(records)
        wanted = len(self.header.columns)
        for row in records:
            if len(row.values) == wanted:
                yield row
            elif self.lenient:
                self.num_ragged += 1
            else:
                problem = f"the row has {len(row.values)} values, the header {wanted}"
                name = DELIMITER_NAMES.get(self._delimiter, repr(self._delimiter))
                mend = f"Mend the row; a value that holds a {name} stands in double quotes."
                raise DataError.at(self.path, row.line, problem, mend)

    def _records(self) -> Iterator[Row]:
        """Every record that is not blank, the header first."""
        reader = csv.reader(self._lines, delimiter=self._delimiter, strict=True)
        if self._stated:
            while (record := next(reader, None)) is not None and not any(map(str.strip, record)):
                pass  # blank lines above it
        while True:
            line = reader.line_num + 1
            try:
                record = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise self._broken(line, error) from None
            values = [clean(value) for value in record]
            if any(values):
                self._check_cells(line, values)
                yield Row(line, values)

    def _check_cells(self, line: int, values: list[str]) -> None:
        long = next((place for place, value in enumerate(values, start=1) if len(value) > MAX_CELL), None)
        if long is not None:
            problem = f"value {long} has {len(values[long - 1]):,} characters, more than {MAX_CELL:,}"
            raise DataError.at(self.path, line, problem, "Shorten it; a quote may be missing at its end.")

    def _broken(self, line: int, error: csv.Error) -> DataError:
        said = str(error)
        if "field limit" in said:
            problem = f"a value has more than {MAX_CELL:,} characters"
            return DataError.at(
                self.path, line, problem, "Shorten it; a quote may be missing at its beginning or end."
            )
        problem = f"the quotes of the row are wrong ({said})"
        return DataError.at(self.path, line, problem, 'Double each quote inside quotes: "a ""b"" c".')


def folded_name(name: str) -> str:
    """A column's name for comparing: lower case, ``_`` between words (``Item ID`` is ``item_id``)."""
    return "_".join("".join(c if c.isalnum() else " " for c in name.casefold()).split())


def clean(value: str) -> str:
    """A value on one line and composed (NFC): white space runs are one space, control characters are gone."""
    if value.isascii() and value.isprintable() and "  " not in value:
        return value.strip()
    kept = "".join(c for c in value if c.isspace() or unicodedata.category(c) not in ("Cc", "Cs"))
    words = unicodedata.normalize("NFC", " ".join(kept.split()))
    return words if any(unicodedata.category(c)[0] not in "CZ" for c in words) else ""


def is_missing(value: str) -> bool:
    """Whether a value says that there is none: empty, ``n/a``, ``null``, ``nan``, ``-``, ``?``."""
    return len(value) <= _LONGEST_MISSING and value.casefold() in _MISSING


def file_kind(path: PurePath) -> str:
    """The file's ending in small letters, whatever it is packed with: ``.csv`` for ``a.CSV.gz``."""
    endings = [ending.casefold() for ending in path.suffixes]
    if endings and endings[-1] == ".gz":
        endings.pop()
    return endings[-1] if endings else ""


def readable_stem(path: PurePath) -> str:
    """The file's name without its endings."""
    return path.name.split(".")[0]


def _delimiter(said: str | None) -> str | None:
    if said is None:
        return None
    found = _SPELT.get(said.casefold(), said)
    if len(found) != 1 or found in '"\r\n ' or not (found.isprintable() or found == "\t"):
        raise DataError(f"--delimiter {said!r} is not one character. Say ',', ';', '|' or 'tab'.")
    return found


def _first_line(lines: TextLines, path: Path) -> str:
    for line in lines:
        if line.strip():
            return line
    raise _empty(path)


def _empty(path: Path) -> DataError:
    return DataError.at(path, 1, "the table is empty", "Give a header line and a row for every item.")


def _sniffed(head: str, path: Path) -> str:
    """The delimiter that makes most columns of the header; the file's ending decides between equals."""
    preferred = "\t" if file_kind(path) == ".tsv" else ","

    def columns(delimiter: str) -> int:
        try:
            return len(next(csv.reader([head], delimiter=delimiter)))
        except (csv.Error, StopIteration):
            return 0

    return max(DELIMITERS, key=lambda delimiter: (columns(delimiter), delimiter == preferred))
