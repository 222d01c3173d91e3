"""Items, graph and interactions from atomic files: ``.inter``, ``.item``, and where they are there ``.kg`` and others.

``.link`` says which entity of the graph an item is; ``.ent`` (an *additional atomic file* in RecBole's words) names the
entities that are no items. What else ``.item`` says of an item in tokens becomes triples.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ccrs.core.errors import ConfigError, DataError
from ccrs.core.files import sha256
from ccrs.core.graph import Entity, Triple
from ccrs.data.atomic_files import AtomicTable, Kind, read_lines
from ccrs.data.readers.atomic_interactions import Interaction, check_known, check_new, read_interactions
from ccrs.data.readers.movielens import split_title

INTERACTIONS, ITEMS, GRAPH, LINKS, ENTITIES = ".inter", ".item", ".kg", ".link", ".ent"
TITLES = ("title", "movie_title", "name", "item_name", "item_title")
YEARS = ("year", "release_year")
OWN_ITEM_COLUMNS = ("item_id", "type", "aliases", *YEARS)
NO_YEAR = "years that are no number"
NUMBERS = "columns of numbers about items"

_FILES = (INTERACTIONS, ITEMS, GRAPH, LINKS, ENTITIES)
_MEND = "Mend the line, or export the files anew."


@dataclass(frozen=True)
class ItemReading:
    """How ``.item`` is read where its columns do not say it themselves.

    ``title`` is the column of the titles, found by its usual names when not given; ``columns`` are those that become
    triples, all columns of tokens when not given; ``separator`` stands between the values of a sequence.
    """

    title: str | None = None
    item_type: str = "item"
    columns: Sequence[str] | None = None
    separator: str = " "

    def __post_init__(self) -> None:
        if not self.separator:
            raise ConfigError(
                "separator = '': nothing can be taken apart at it. Give a sign, such as a blank."
            )


@dataclass(frozen=True)
class AtomicRelease:
    """What the files say; ``entities`` hold the items first, triples name entities only."""

    entities: tuple[Entity, ...]
    triples: tuple[Triple, ...]
    interactions: tuple[Interaction, ...]
    has_sessions: bool
    """Whether the rows say to which session (dialogue) they belong."""
    has_ratings: bool
    has_speakers: bool
    sources: Mapping[str, str]
    dropped: Mapping[str, int]
    place: str
    """Where the interactions stand, for messages."""


def read_atomic(
    source: Path, name: str | None = None, *, reading: ItemReading = ItemReading()
) -> AtomicRelease:
    """Read the files ``name``.inter, ``name``.item … of the folder ``source``.

    Without ``name`` the folder holds one ``.inter``. Raises ``DataError`` with file and line for missing columns, wrong
    types, ragged rows, doubled ids and unknown items.
    """
    paths = _find(source, name)
    items = _Items(AtomicTable(str(paths[ITEMS]), read_lines(paths[ITEMS])), reading)
    linked = _links(paths.get(LINKS), items.entities)
    graph = _Graph(items, linked)
    if ENTITIES in paths:
        graph.name_entities(AtomicTable(str(paths[ENTITIES]), read_lines(paths[ENTITIES])))
    if GRAPH in paths:
        graph.read(AtomicTable(str(paths[GRAPH]), read_lines(paths[GRAPH])))
    table = AtomicTable(str(paths[INTERACTIONS]), read_lines(paths[INTERACTIONS]))
    interactions = tuple(read_interactions(table, items.entities))
    if not interactions:
        raise DataError.at(table.place, None, "holds no interaction", "Give a file with at least one row.")
    return AtomicRelease(
        entities=(*items.entities.values(), *graph.others.values()),
        triples=(*items.triples, *graph.triples),
        interactions=interactions,
        has_sessions="session_id" in table.columns,
        has_ratings="rating" in table.columns,
        has_speakers="speaker" in table.columns,
        sources={path.name: sha256(path) for path in paths.values()},
        dropped=dict(items.dropped),
        place=table.place,
    )


def _find(source: Path, name: str | None) -> dict[str, Path]:
    """The files that are there by their ending; raises ``DataError`` where a needed one is missing."""
    if not source.is_dir():
        raise DataError.at(
            source, None, "is no folder", "Give the folder that holds the .inter and .item files."
        )
    if name is None:
        names = sorted(path.stem for path in source.glob(f"*{INTERACTIONS}"))
        if len(names) != 1:
            found = f"holds {len(names)} .inter files" + (f" ({', '.join(names[:5])})" if names else "")
            raise DataError.at(source, None, found, "Say which with --name, or give another folder.")
        name = names[0]
    if Path(name).name != name:
        raise DataError(f"{name!r} is no name of files in a folder. Give the name before the ending.")
    paths = {ending: source / f"{name}{ending}" for ending in _FILES}
    for ending in (INTERACTIONS, ITEMS):
        if not paths[ending].is_file():
            mend = f"The folder must hold {name}{INTERACTIONS} and {name}{ITEMS}."
            raise DataError.at(paths[ending], None, "is missing", mend)
    if paths[GRAPH].is_file() and not paths[LINKS].is_file():
        mend = "Write which entity each item is (item_id:token, entity_id:token), or take the .kg file away."
        raise DataError.at(paths[LINKS], None, f"is missing, but {paths[GRAPH].name} is there", mend)
    return {ending: path for ending, path in paths.items() if path.is_file()}


class _Items:
    """Items in the order of the file, and what their columns say of them."""

    def __init__(self, table: AtomicTable, reading: ItemReading) -> None:
        table.require({"item_id": "token"})
        table.check("type", "token", "token_seq")
        for column in YEARS:
            table.check(column, "token", "float")
        table.check("aliases", "token_seq")
        self.title = self._title_column(table, reading.title)
        self.year = next((name for name in YEARS if name in table.columns), "")
        self.facts = self._fact_columns(table, reading.columns)
        self.reading = reading
        self.dropped = Counter({NUMBERS: sum(kind.startswith("float") for kind in self._others(table))})
        self.entities: dict[str, Entity] = {}
        self.values: dict[str, Entity] = {}
        self.triples: list[Triple] = []
        self._read(table)
        if not self.entities:
            raise DataError.at(table.place, None, "lists no item", "Give a file with at least one row.")

    def _read(self, table: AtomicTable) -> None:
        lines: dict[str, int] = {}
        wanted = ("item_id", self.title, self.year, "type", "aliases", *self.facts)
        ours = "aliases" in table.columns
        for number, (item, title, year, given, aliases, *facts) in table.rows(wanted):
            check_new(table, number, "item", item, lines)
            if not title.strip():
                raise DataError.at(table.place, number, f"item {item!r} has no title", "Give it one.")
            # In files of other origin: "Lion King, The (1994)" is nothing that people say.
            name, in_title, names = (title, None, _aliases(aliases)) if ours else split_title(title)
            found = self._year(year)
            kind = given if given.strip() else self.reading.item_type
            self.entities[item] = Entity(item, kind, name, True, in_title if found is None else found, names)
            self._tell(item, facts)

    def _title_column(self, table: AtomicTable, title: str | None) -> str:
        wanted = [title] if title is not None else [name for name in TITLES if name in table.columns]
        if not wanted or wanted[0] not in table.columns:
            problem = f"has no column {wanted[0]!r}" if wanted else "has no column of titles"
            has = ", ".join(table.columns)
            mend = f"Name one of its columns with --title: people name things by their titles. It has: {has}"
            raise DataError.at(table.place, 1, problem, mend)
        table.check(wanted[0], "token_seq", "token")
        return wanted[0]

    def _others(self, table: AtomicTable) -> list[Kind]:
        """The kinds of the columns that are neither id, title, year, type nor aliases."""
        return [kind for name, kind in table.columns.items() if name not in {*OWN_ITEM_COLUMNS, self.title}]

    def _fact_columns(self, table: AtomicTable, wanted: Sequence[str] | None) -> dict[str, Kind]:
        if wanted is None:
            own = {*OWN_ITEM_COLUMNS, *TITLES, self.title}
            return {n: kind for n, kind in table.columns.items() if n not in own and kind.startswith("token")}
        for name in wanted:
            if not table.check(name, "token", "token_seq"):
                problem = f"has no column {name!r} (it has: {', '.join(table.columns)})"
                raise DataError.at(table.place, 1, problem, "Name one of them with --column.")
        return {name: table.columns[name] for name in wanted}

    def _year(self, text: str) -> int | None:
        found = re.fullmatch(r"([0-9]+)(?:\.0+)?", text)
        self.dropped[NO_YEAR] += bool(text.strip()) and found is None
        return None if found is None else int(found[1])

    def _tell(self, item: str, facts: list[str]) -> None:
        """Triples of what further columns say: sequences are taken apart at the separator."""
        for (column, kind), text in zip(self.facts.items(), facts, strict=True):
            relation = column.replace("_", " ")
            values = text.split(self.reading.separator) if kind == "token_seq" else [text]
            for value in dict.fromkeys(value.strip() for value in values):
                if value:
                    entity = f"{column}:{value}"
                    self.values.setdefault(entity, Entity(entity, relation, value))
                    self.triples.append(Triple(item, relation, entity))


class _Graph:
    """Triples over entities; an entity that is an item goes by the item's id."""

    def __init__(self, items: _Items, item_of: Mapping[str, str]) -> None:
        self.items, self.item_of = items.entities, item_of
        self.others = dict(items.values)
        self.triples: list[Triple] = []

    def name_entities(self, table: AtomicTable) -> None:
        """Read ``.ent``: ids, and names and types where it has them."""
        table.require({"ent_id": "token"})
        table.check("name", "token_seq", "token")
        table.check("aliases", "token_seq")
        lines: dict[str, int] = {}
        for number, (entity, name, kind, year, aliases) in table.rows(
            ("ent_id", "name", "type", "year", "aliases")
        ):
            check_new(table, number, "entity", entity, lines)
            if entity in self.item_of:
                continue  # the item's own row says more
            self._check_free(table, number, entity)
            if year and not re.fullmatch("[0-9]+", year):
                raise DataError.at(table.place, number, f"year {year!r} is no whole number", _MEND)
            self.others[entity] = Entity(
                entity,
                kind if kind.strip() else "entity",
                name if name.strip() else entity,
                year=int(year) if year else None,
                aliases=_aliases(aliases),
            )

    def read(self, table: AtomicTable) -> None:
        """Read ``.kg``; entities without a row of ``.ent`` are named by their ids."""
        columns: dict[str, Kind] = dict.fromkeys(("head_id", "relation_id", "tail_id"), "token")
        table.require(columns)
        for number, (head, relation, tail) in table.rows(tuple(columns)):
            for name, value in zip(columns, (head, relation, tail), strict=True):
                if not value.strip():
                    raise DataError.at(table.place, number, f"column {name!r} is empty", "Fill it in.")
            ends = [self._end(table, number, entity) for entity in (head, tail)]
            self.triples.append(Triple(ends[0], relation, ends[1]))

    def _end(self, table: AtomicTable, number: int, entity: str) -> str:
        item = self.item_of.get(entity)
        if item is None and entity not in self.others:
            self._check_free(table, number, entity)
            self.others[entity] = Entity(entity, "entity", entity)
        return entity if item is None else item

    def _check_free(self, table: AtomicTable, number: int, entity: str) -> None:
        if entity in self.items:
            problem = f"entity {entity!r} has the id of an item that .link does not make it"
            raise DataError.at(table.place, number, problem, "Link the two, or rename one.")


def _links(path: Path | None, items: Mapping[str, Entity]) -> dict[str, str]:
    """Entity id to item id."""
    linked: dict[str, str] = {}
    if path is None:
        return linked
    table = AtomicTable(str(path), read_lines(path))
    table.require({"item_id": "token", "entity_id": "token"})
    lines: dict[str, int] = {}
    for number, (item, entity) in table.rows(("item_id", "entity_id")):
        check_known(table, number, item, items)
        check_new(table, number, "item", item, lines)
        if not entity.strip() or entity in linked:
            problem = f"links entity {entity!r} to a second item" if entity.strip() else "has no entity"
            raise DataError.at(table.place, number, problem, _MEND)
        linked[entity] = item
    return linked


def _aliases(text: str) -> tuple[str, ...]:
    return tuple(alias for alias in text.split("|") if alias.strip())
