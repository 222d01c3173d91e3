"""The columns of an item table as facts: what items are linked to, with numbers and dates as readable values."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from ccrs.core.graph import Entity, Triple
from ccrs.data.readers.table import is_missing
from ccrs.data.readers.table_bins import bins_of
from ccrs.data.readers.table_columns import Column
from ccrs.data.readers.table_names import type_of
from ccrs.data.readers.table_rows import ItemRow, split_values
from ccrs.data.readers.table_values import parse_date, parse_number, parse_yes_or_no

MAX_NAME = 200
MAX_VALUES = 100
LONG_NAME = f"values of more than {MAX_NAME} characters"
MANY_VALUES = f"values beyond the {MAX_VALUES} of one cell"
NO_NUMBER = "values that are no number"
NO_DATE = "values that are no date"
NO_FLAG = "values that are neither yes nor no"
MERGED = "spellings merged with another one of the same letters"
_PRICE_RELATION = "price"


class Others:
    """What items are linked to: one entity for each type and name, whatever its capitals."""

    def __init__(self, taken: Iterable[str]) -> None:
        self.entities: list[Entity] = []
        self.dropped: Counter[str] = Counter()
        self._taken = set(taken)
        self._found: dict[tuple[str, str], str] = {}
        self._spelt: dict[tuple[str, str], str] = {}

    def id_of(self, kind: str, name: str) -> str:
        """The id of the entity of this type and name, made where there is none yet."""
        spelt = self._spelt.get((kind, name))
        if spelt is not None:
            return spelt
        key = kind, name.casefold()
        identity = self._found.get(key)
        if identity is None:
            identity = f"{kind}:{name}"
            while identity in self._taken:
                identity += "'"
            self._taken.add(identity)
            self._found[key] = identity
            self.entities.append(Entity(identity, kind, name))
        else:
            self.dropped[MERGED] += 1
        self._spelt[kind, name] = identity
        return identity


class ColumnFacts:
    """Collects the triples of one column after the other.

    ``relations`` maps each relation to the type it leads to, ``binned`` each relation of numbers to its values in
    order, ``mixed`` those whose numbers have several units to these, ``numbers`` each item id to its numbers by column
    name.
    """

    def __init__(self, others: Others, separators: Sequence[str]) -> None:
        self.others, self.separators = others, separators
        self.triples: dict[Triple, None] = {}
        self.relations: dict[str, str] = {}
        self.binned: dict[str, list[str]] = {}
        self.numbers: defaultdict[str, dict[str, float]] = defaultdict(dict)
        self.mixed: dict[str, tuple[str, ...]] = {}
        self.dropped: Counter[str] = Counter()

    def add(self, column: Column, items: Sequence[ItemRow]) -> None:
        """Add the facts of a column; one that is no relation has none."""
        if column.kind == "relation":
            self._add_names(column, items)
        elif column.kind in ("number", "price"):
            self._add_numbers(column, items)
        elif column.kind == "date":
            self._add_dates(column, items)
        elif column.kind == "flag":
            self._add_flags(column, items)

    def add_decades(self, items: Sequence[ItemRow]) -> None:
        """The decade of every item with a year."""
        for item in items:
            if item.year is not None:
                self._link(item.id, "decade", _decade(item.year))

    def _link(self, item: str, relation: str, name: str, kind: str | None = None) -> None:
        kind = kind or type_of(relation)
        self.relations[relation] = kind
        self.triples[Triple(item, relation, self.others.id_of(kind, name))] = None

    def _add_names(self, column: Column, items: Sequence[ItemRow]) -> None:
        for item in items:
            names = split_values(item.values[column.place], self.separators)
            if len(names) > MAX_VALUES:
                self.dropped[MANY_VALUES] += len(names) - MAX_VALUES
            for name in names[:MAX_VALUES]:
                if len(name) > MAX_NAME:
                    self.dropped[LONG_NAME] += 1
                else:
                    self._link(item.id, column.name, name)

    def _add_numbers(self, column: Column, items: Sequence[ItemRow]) -> None:
        relation = _PRICE_RELATION if column.kind == "price" else column.name
        found: list[tuple[str, float]] = []
        units: Counter[tuple[str, str]] = Counter()
        for item in items:
            said = item.values[column.place]
            number = parse_number(said)
            if number is not None:
                found.append((item.id, number.value))
                units[number[1:]] += 1
                self.numbers[item.id][relation] = number.value
            elif not is_missing(said):
                self.dropped[NO_NUMBER] += 1
        if not found:
            return
        if len(units) > 1:
            self.mixed[relation] = tuple(" ".join(filter(None, unit)) or "none" for unit in sorted(units))
        before, after = next(iter(units)) if len(units) == 1 else ("", "")
        bins = bins_of([value for _, value in found], before=before, after=after)
        names = {value: bins.name(value) for value in {value for _, value in found}}
        lowest: dict[str, float] = {}
        for item_id, value in found:
            name = names[value]
            lowest[name] = min(value, lowest.get(name, value))
            self._link(item_id, relation, name)
        if bins.edges:
            self.binned[relation] = sorted(lowest, key=lambda name: lowest[name])

    def _add_dates(self, column: Column, items: Sequence[ItemRow]) -> None:
        stem = column.name.removesuffix("date").strip()
        for item in items:
            said = item.values[column.place]
            day = parse_date(said)
            if day is not None:
                self._link(item.id, f"{stem} year".strip(), str(day.year))
                self._link(item.id, f"{stem} decade".strip(), _decade(day.year))
            elif not is_missing(said):
                self.dropped[NO_DATE] += 1

    def _add_flags(self, column: Column, items: Sequence[ItemRow]) -> None:
        """A column of yes and no: what it names is a feature of those that say yes."""
        for item in items:
            said = item.values[column.place]
            answer = parse_yes_or_no(said)
            if answer:
                self._link(item.id, "feature", column.name)
            elif answer is None and not is_missing(said):
                self.dropped[NO_FLAG] += 1


def _decade(year: int) -> str:
    return f"{year // 10 * 10}s"


def clash_of(relations: Iterable[str]) -> str | None:
    """A relation that is the name of another one's reverse (``part of`` beside ``part``), if there is one."""
    names = set(relations)
    return next((name for name in sorted(names) if f"{name} of" in names), None)
