"""The rows of an item table: id, title, year and what goes to the card, checked."""

from __future__ import annotations

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ccrs.core.cards import ItemCard
from ccrs.core.errors import DataError
from ccrs.data.readers.json_lines import LineFaultError, shown
from ccrs.data.readers.table import Row, clean, is_missing
from ccrs.data.readers.table_columns import Column, Kind, is_address
from ccrs.data.readers.table_values import parse_year, parse_yes_or_no

MAX_TITLE = 300
MAX_ID = 200
MAX_TEXT = 5_000
MAX_ALIASES = 20
_TITLE_YEAR = re.compile(r"(.*\S)\s*\((\d{4})\)")
_ONE = r"(?:'[^']*'|\"[^\"]*\")"
_LIST = re.compile(rf"\[ ?{_ONE}(?: ?, ?{_ONE})* ?\]")
_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")
_TAG = re.compile(r"<[/!a-zA-Z][^<>]{0,500}>")
_MEND_ROW = "Mend the row, or pass over such rows with --lenient."

BAD_YEAR = "years that are no year from 1 to 9999"
BAD_ADDRESS = "addresses that do not begin with http:// or https://"
BAD_AVAILABLE = "rows that do not say whether the item is available (taken as available)"
CUT_TEXT = f"texts cut after {MAX_TEXT:,} characters"


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One item, with the values of its row by column."""

    id: str
    title: str
    year: int | None
    aliases: tuple[str, ...]
    url: str | None
    image: str | None
    price: str | None
    available: bool
    text: str | None
    values: Sequence[str]

    def card(self, numbers: Mapping[str, float]) -> ItemCard:
        """Its card with the numbers of its columns."""
        return ItemCard(self.url, self.image, self.price, self.available, self.text, numbers)


class RowReader:
    """Reads rows one after the other; ``dropped`` counts what was left out of them."""

    def __init__(
        self, path: Path, columns: Sequence[Column], separators: tuple[str, ...], *, lenient: bool
    ) -> None:
        self.path, self.separators, self.lenient = path, separators, lenient
        self.dropped: Counter[str] = Counter()
        self._place: dict[Kind, int] = {column.kind: column.place for column in reversed(columns)}
        self._columns = {column.kind: column.column for column in reversed(columns)}
        self._lines: dict[str, int] = {}

    def read(self, row: Row) -> ItemRow | None:
        """The item of a row; None where a faulty one is passed over, else it raises ``DataError``."""
        try:
            return self._item(row)
        except LineFaultError as fault:
            if not self.lenient:
                raise DataError.at(self.path, row.line, fault.problem, fault.mend) from None
            self.dropped[fault.reason] += 1
            return None

    def _item(self, row: Row) -> ItemRow:
        title = self._value(row, "title")
        given = self._value(row, "id")
        if not title:
            raise _fault("rows without a title", f"the title ({self._columns['title']}) is empty")
        if len(title) > MAX_TITLE:
            problem = f"the title has {len(title):,} characters, more than {MAX_TITLE}"
            raise _fault("rows with too long a title", problem)
        if "id" in self._place and not given:
            raise _fault("rows without an id", f"the id ({self._columns['id']}) is empty")
        if len(given) > MAX_ID:
            problem = f"the id has {len(given):,} characters, more than {MAX_ID}"
            raise _fault("rows with too long an id", problem)
        name, year = self._named(row, title)
        identity = given or self._new_id(name, year)
        if identity in self._lines:
            problem = f"id {shown(identity)} stands already in line {self._lines[identity]}"
            raise _fault("rows with an id used before", problem)
        self._lines[identity] = row.line
        return ItemRow(
            identity,
            name,
            year,
            self._aliases(row, name),
            self._address(row, "url"),
            self._address(row, "image"),
            self._value(row, "price")[:100] or None,
            self._available(row),
            self._text(row),
            row.values,
        )

    def _value(self, row: Row, kind: Kind) -> str:
        """The value of the column of this kind; "" where there is none."""
        place = self._place.get(kind)
        value = "" if place is None else row.values[place]
        return "" if kind not in ("id", "title") and is_missing(value) else value

    def _named(self, row: Row, title: str) -> tuple[str, int | None]:
        """Title and year; a year in brackets behind the title is the year where none other is given."""
        said = self._value(row, "year")
        year = parse_year(said) if said else None
        if said and year is None:
            self.dropped[BAD_YEAR] += 1
        match = _TITLE_YEAR.fullmatch(title)
        if match is not None and int(match[2]) > 0 and year in (None, int(match[2])):
            return match[1], int(match[2])
        return title, year

    def _new_id(self, name: str, year: int | None) -> str:
        """An id made of the title: ``ticket-to-ride``, with the year, then a number, where it is taken."""
        plain = "".join(
            c
            for c in unicodedata.normalize("NFKD", name).casefold()
            if c.isalnum() or c.isspace() or c in "-_/"
        )
        slug = "-".join(re.split(r"[\s_/-]+", plain)).strip("-")[: MAX_ID - 30] or "item"
        if slug in self._lines and year is not None:
            slug = f"{slug}-{year}"
        number, found = 2, slug
        while found in self._lines:
            found, number = f"{slug}-{number}", number + 1
        return found

    def _aliases(self, row: Row, name: str) -> tuple[str, ...]:
        said = self._value(row, "aliases")
        names = dict.fromkeys(part.replace("|", "/") for part in split_values(said, self.separators))
        return tuple(alias for alias in names if alias != name and len(alias) <= MAX_TITLE)[:MAX_ALIASES]

    def _address(self, row: Row, kind: Kind) -> str | None:
        said = self._value(row, kind)
        if said and not (is_address(said) and len(said) <= 2_000):
            self.dropped[BAD_ADDRESS] += 1
            return None
        return said or None

    def _available(self, row: Row) -> bool:
        said = self._value(row, "available")
        answer = parse_yes_or_no(said) if said else True
        if answer is None:
            self.dropped[BAD_AVAILABLE] += 1
        return answer is not False

    def _text(self, row: Row) -> str | None:
        said = self._value(row, "text")
        if "<" in said or "&" in said:
            said = clean(html.unescape(_TAG.sub(" ", said)))
        if len(said) > MAX_TEXT:
            self.dropped[CUT_TEXT] += 1
            said = said[:MAX_TEXT].rsplit(" ", maxsplit=1)[0]
        return said or None


def split_values(value: str, separators: Sequence[str]) -> list[str]:
    """The values of a cell, without blanks and what says that there is none.

    A list as programs print it, ``['Card Game', 'Fantasy']``, is taken apart too.
    """
    if value.startswith("[") and _LIST.fullmatch(value):
        parts = [one or other for one, other in _QUOTED.findall(value)]
    else:
        parts = [value]
        for separator in separators:
            if separator in value:
                parts = [piece for part in parts for piece in part.split(separator)]
    return [part for part in map(str.strip, parts) if not is_missing(part)]


def _fault(reason: str, problem: str) -> LineFaultError:
    return LineFaultError(reason, problem, _MEND_ROW)
