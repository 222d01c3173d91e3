"""A table of items as a catalogue, facts and cards: ``items.csv``."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ccrs.core.cards import ItemCard
from ccrs.core.errors import DataError
from ccrs.core.graph import Entity, Triple
from ccrs.data.readers.json_lines import shown
from ccrs.data.readers.table import Header, Row, Table, folded_name, readable_stem
from ccrs.data.readers.table_columns import Column, ColumnWish, assign_kinds, parse_columns
from ccrs.data.readers.table_facts import ColumnFacts, Others
from ccrs.data.readers.table_names import readable_name, singular
from ccrs.data.readers.table_rows import ItemRow, RowReader

SEPARATORS = ("|", ";")
MAX_ITEMS = 2_000_000
_GENERIC = frozenset(
    {"title", "name", "data", "export", "table", "list", "catalogue", "catalog", "sheet", "file", "input"}
)
_MEND_TITLE = 'Name the column with --columns "COLUMN=title".'


@dataclass(frozen=True)
class TableConfig:
    """How to read an item table; None is found out from the table itself."""

    item_type: str | None = None
    columns: str | None = None
    """As ``parse_columns`` reads it."""
    aliases_column: str | None = None
    separator: str | None = None
    """What stands between several values of a cell."""
    delimiter: str | None = None
    encoding: str | None = None
    lenient: bool = False
    """Count and pass over faulty rows."""


@dataclass(frozen=True)
class ItemTable:
    """Items first and then what their columns name, facts by entity id, and cards by item id.

    ``notes`` say what was understood, ``dropped`` counts what was left out. ``relations`` maps each relation to the
    type of what it leads to.
    """

    entities: tuple[Entity, ...]
    triples: tuple[Triple, ...]
    cards: Mapping[str, ItemCard]
    relations: Mapping[str, str]
    notes: tuple[str, ...] = ()
    dropped: Mapping[str, int] = field(default_factory=dict)


def read_items(path: Path, config: TableConfig | None = None) -> ItemTable:
    """The items of a CSV or TSV table, plain or gzip.

    Raises ``DataError`` with file and line for a table that is empty or has no title column, ids given twice, rows
    without title or id, and what ``Table`` refuses.
    """
    config = config or TableConfig()
    table = Table(path, delimiter=config.delimiter, encoding=config.encoding, lenient=config.lenient)
    header = table.header
    rows = list(itertools.islice(table, MAX_ITEMS + 1))
    if len(rows) > MAX_ITEMS:
        problem = f"the table has more than {MAX_ITEMS:,} rows"
        raise DataError.at(path, rows[-1].line, problem, "Leave out what nobody asks for.")
    if not rows:
        raise DataError.at(path, 1, "the table has a header and no rows", "Give a row for every item.")
    separators = _separators(config, header)
    wishes = _wishes(config, header)
    columns = assign_kinds(header, list(zip(*(row.values for row in rows), strict=True)), wishes)
    if not any(column.kind == "title" for column in columns):
        names = ", ".join(filter(None, header.columns))
        raise DataError.at(path, 1, f"no column is the title (columns: {names})", _MEND_TITLE)
    reader = RowReader(path, columns, separators, lenient=config.lenient)
    items = [item for row in rows if (item := reader.read(row)) is not None]
    if not items:
        raise DataError.at(path, None, "no row is an item", "Give every item a title and an id.")
    kind = item_type_of(path) if config.item_type is None else _checked_type(config.item_type)
    dropped = Counter(reader.dropped)
    dropped["rows with too many or too few values"] += table.num_ragged
    return _joined(header, columns, items, rows, separators, kind, dropped)


def _joined(
    header: Header,
    columns: Sequence[Column],
    items: Sequence[ItemRow],
    rows: Sequence[Row],
    separators: tuple[str, ...],
    kind: str,
    dropped: Counter[str],
) -> ItemTable:
    entities = [
        Entity(item.id, kind, item.title, is_item=True, year=item.year, aliases=item.aliases)
        for item in items
    ]
    others = Others({item.id for item in items})
    facts = ColumnFacts(others, separators)
    for column in columns:
        facts.add(column, items)
    if any(item.year is not None for item in items):
        facts.add_decades(items)
    cards = {
        item.id: card
        for item in items
        if not (card := item.card(facts.numbers.get(item.id, {}))).says_nothing
    }
    dropped.update(facts.dropped)
    dropped.update(others.dropped)
    notes = [
        f"items: {len(items):,} of the type {kind!r}, from {header.path.name} "
        f"({header.encoding}, columns separated by {_spelt(header.delimiter)}; several values of a cell by "
        f"{' or '.join(map(_spelt, separators))})",
        *_column_notes(columns, facts),
        *_comma_note(columns, rows, separators),
        *_title_notes(entities),
    ]
    return ItemTable(
        (*entities, *others.entities),
        tuple(facts.triples),
        cards,
        facts.relations,
        tuple(notes),
        dict(+dropped),
    )


def item_type_of(path: Path) -> str:
    """What an item is called, by the file's name: ``board game`` for ``board_games.csv``, ``item`` for ``data.csv``."""
    name = singular(readable_name(readable_stem(path)))
    words = name.split()
    plain = not words or any(word in _GENERIC for word in words)
    return "item" if plain or not all(word.isalpha() for word in words) else name


def _checked_type(said: str) -> str:
    name = " ".join(said.split()).lower()
    if not re.fullmatch(r"[^\W_][\w '&/-]{0,59}", name):
        raise DataError(f"--item-type {said!r} is no name. Say what one item is called, like 'board game'.")
    return name


def _separators(config: TableConfig, header: Header) -> tuple[str, ...]:
    """What stands between several values of a cell."""
    if config.separator is not None:
        if not config.separator.strip():
            raise DataError("--separator is blank. Say what stands between several values, like '|'.")
        return (config.separator.strip(),)
    return tuple(separator for separator in SEPARATORS if separator != header.delimiter)


def _wishes(config: TableConfig, header: Header) -> dict[str, ColumnWish]:
    wishes = parse_columns(config.columns or "")
    if config.aliases_column is not None:
        name = folded_name(config.aliases_column)
        if name in wishes:
            raise DataError(f"--aliases-column {config.aliases_column!r} is in --columns too. Name it once.")
        if name not in map(folded_name, header.columns):
            mend = f"The columns are: {', '.join(filter(None, header.columns))}."
            problem = f"--aliases-column names {shown(config.aliases_column)}, which is no column"
            raise DataError.at(header.path, 1, problem, mend)
        wishes[name] = ColumnWish(kind="aliases")
    return wishes


def _column_notes(columns: Sequence[Column], facts: ColumnFacts) -> list[str]:
    """Which column became what."""
    singles = [
        f"{c.kind} = {c.column}"
        for c in columns
        if c.kind not in ("relation", "number", "date", "flag", "skip")
    ]
    if not any(c.kind == "id" for c in columns):
        singles.insert(0, "id = made from the title")
    relations = [f"{name} ({kind})" if kind != name else name for name, kind in facts.relations.items()]
    binned = [f"{name}: {', '.join(values)}" for name, values in facts.binned.items()]
    left = [c.column or f"column {c.place + 1} without a name" for c in columns if c.kind == "skip"]
    return [
        f"columns: {', '.join(singles)}",
        f"relations: {', '.join(relations) or 'none'}",
        *([f"numbers in ranges: {'; '.join(binned)}"] if binned else []),
        *(
            f"the numbers of {name} have different units ({', '.join(units)}) and are compared as they stand"
            for name, units in facts.mixed.items()
        ),
        *([f"columns left out: {', '.join(left)}"] if left else []),
    ]


def _comma_note(columns: Sequence[Column], rows: Sequence[Row], separators: tuple[str, ...]) -> list[str]:
    """A remark where cells seem to hold several values by commas, which are not taken for separators."""
    if "," in separators:
        return []
    names = []
    for column in columns:
        if column.kind == "relation":
            said = [row.values[column.place] for row in rows if row.values[column.place]]
            if 4 * sum(", " in value for value in said) > len(said):
                names.append(column.column)
    if not names:
        return []
    return [f"many cells of {', '.join(names)} hold commas; if these are several values, say --separator ','"]


def _title_notes(entities: Sequence[Entity]) -> list[str]:
    """A remark on items of one title."""
    titles = Counter(entity.title.casefold() for entity in entities)
    doubled = [entity.title for entity in entities if titles[entity.title.casefold()] > 1]
    if not doubled:
        return []
    some = ", ".join(dict.fromkeys(doubled[:20]))[:200]
    return [
        f"{len(doubled):,} items share title and year with another ({some}); only their ids tell them apart"
    ]


def _spelt(separator: str) -> str:
    return "tab" if separator == "\t" else separator
