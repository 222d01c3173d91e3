"""Ratings or a purchase log: who had which item, how he liked it, and when."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ccrs.core.errors import DataError
from ccrs.core.graph import Entity
from ccrs.data.graph_format import nearest_hint
from ccrs.data.readers.json_lines import shown
from ccrs.data.readers.table import Header, Row, Table, is_missing
from ccrs.data.readers.table_values import parse_number, parse_time

USERS = ("user", "user_id", "userid", "customer", "customer_id", "buyer", "person", "member")
ITEMS = ("item", "item_id", "itemid", "product", "product_id", "sku", "asin", "title", "name", "article_id")
VALUES = ("rating", "score", "stars", "value", "vote")
TIMES = ("time", "timestamp", "date", "datetime", "created", "created_at", "unixtime", "when")

UNKNOWN_ITEM = "ratings of items that the table lacks"
REPEATED = "earlier ratings or purchases of an item by the same user"
NO_VALUE = "ratings without a value"


class RatedItem(NamedTuple):
    """One item that somebody had; ``value`` is None in a log without ratings."""

    item: str
    value: float | None


@dataclass(frozen=True)
class Ratings:
    """What each user had, in time order; where no time is given, in the order of the file."""

    by_user: Mapping[str, tuple[RatedItem, ...]]
    dropped: Mapping[str, int]
    timed: bool

    @property
    def rated(self) -> bool:
        """Whether there are values, not only purchases."""
        return any(one.value is not None for items in self.by_user.values() for one in items)

    def threshold(self) -> float | None:
        """The middle between the lowest and the highest value: what lies above it is liked. None without any two."""
        values = [one.value for items in self.by_user.values() for one in items if one.value is not None]
        low, high = (min(values), max(values)) if values else (0.0, 0.0)
        return (low + high) / 2 if low < high else None


def read_ratings(
    path: Path, items: Sequence[Entity], *, encoding: str | None = None, lenient: bool = False
) -> Ratings:
    """The ratings or purchases of a CSV or TSV file with a user, an item (by id or title), a rating and a time.

    Rating and time may be missing. Items that are not among ``items`` are counted and left out; of several rows about
    one item of one user the last one counts. Raises ``DataError`` with file and line for missing columns, blank users,
    values that are no numbers, times that cannot be read, and where no row names a known item.
    """
    table = Table(path, encoding=encoding, lenient=lenient)
    reader = _Reader(path, table.header, items)
    found: defaultdict[str, dict[str, tuple[float, int, float | None]]] = defaultdict(dict)
    first_unknown: str | None = None
    for number, row in enumerate(table):
        user = reader.user(row)
        item = reader.item(row)
        if item is None:
            first_unknown = first_unknown or row.values[reader.item_place]
            continue
        value = reader.value(row)
        if value is None and reader.value_place is not None:
            reader.dropped[NO_VALUE] += 1
            continue
        entry = (reader.time(row), number, value)
        before = found[user].get(item)
        if before is not None:
            reader.dropped[REPEATED] += 1
        found[user][item] = entry if before is None else max(before, entry, key=lambda one: one[:2])
    reader.dropped["rows of ratings with too many or too few values"] += table.num_ragged
    if not any(found.values()):
        near = nearest_hint(first_unknown or "", [item.id for item in items], "ids")
        problem = f"no row rates an item of the table (the first is {shown(first_unknown)})"
        raise DataError.at(path, None, problem, near)
    by_user = {
        user: tuple(
            RatedItem(item, value) for item, (_, _, value) in sorted(had.items(), key=lambda e: e[1][:2])
        )
        for user, had in found.items()
        if had
    }
    return Ratings(by_user, dict(+reader.dropped), reader.time_place is not None)


class _Reader:
    """Reads the values of rows; counts what is left out."""

    def __init__(self, path: Path, header: Header, items: Sequence[Entity]) -> None:
        self.path = path
        self.dropped: Counter[str] = Counter()
        self._ids = {item.id for item in items}
        names: Counter[str] = Counter()
        self._by_name: dict[str, str] = {}
        for item in items:
            for name in dict.fromkeys((item.title.casefold(), item.name.casefold())):
                names[name] += 1
                self._by_name[name] = item.id
        self._doubled = {name for name, count in names.items() if count > 1}
        self.user_place = self._needed(header, USERS, "user")
        self.item_place = self._needed(header, ITEMS, "item")
        self.value_place = header.place(VALUES)
        self.time_place = header.place(TIMES)

    def _needed(self, header: Header, names: Sequence[str], what: str) -> int:
        place = header.place(names)
        if place is None:
            problem = f"no column is the {what} (columns: {', '.join(header.columns)})"
            raise DataError.at(self.path, 1, problem, f"Call it one of: {', '.join(names)}.")
        return place

    def user(self, row: Row) -> str:
        """Who it was."""
        user = row.values[self.user_place]
        if not user or len(user) > 200:
            raise DataError.at(self.path, row.line, f"the user is {shown(user)}", "Give 1 to 200 characters.")
        return user

    def item(self, row: Row) -> str | None:
        """The id of the item, or None where the table lacks it."""
        name = row.values[self.item_place]
        if name in self._ids:
            return name
        if name.casefold() in self._doubled:
            problem = f"{shown(name)} is the title of several items"
            raise DataError.at(self.path, row.line, problem, "Give the id of the one that is meant.")
        item = self._by_name.get(name.casefold())
        if item is None:
            self.dropped[UNKNOWN_ITEM] += 1
        return item

    def value(self, row: Row) -> float | None:
        """The rating, or None where there is none."""
        said = "" if self.value_place is None else row.values[self.value_place]
        if is_missing(said):
            return None
        number = parse_number(said)
        if number is None:
            problem = f"the rating is {shown(said)}, no number"
            raise DataError.at(self.path, row.line, problem, "Give a number, or leave it empty.")
        return number.value

    def time(self, row: Row) -> float:
        """When it was, in any unit; 0 in a file without times."""
        if self.time_place is None:
            return 0.0
        said = row.values[self.time_place]
        time = parse_time(said)
        if time is None:
            problem = f"the time is {shown(said)}"
            raise DataError.at(self.path, row.line, problem, "Give a number or a date like 2024-05-17 18:30.")
        return time
