"""Further facts about the items of a table: ``head``, ``relation`` and ``tail`` by id or by name."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ccrs.core.errors import DataError
from ccrs.core.graph import Entity, Triple
from ccrs.data.graph_format import nearest_hint
from ccrs.data.readers.json_lines import shown
from ccrs.data.readers.table import Row, Table
from ccrs.data.readers.table_facts import MAX_NAME
from ccrs.data.readers.table_items import ItemTable
from ccrs.data.readers.table_names import readable_name, type_of

HEADS = ("head", "subject", "item", "item_id", "source")
RELATIONS = ("relation", "predicate", "property")
TAILS = ("tail", "object", "value", "target")
SELF_LOOPS = "triples that join a thing to itself"
DOUBLED = "triples given twice"
_HEADER = "Write the header head, relation, tail, and three values a line."


@dataclass(frozen=True)
class MoreFacts:
    """What the file adds: entities behind those of the table, triples, and counts of what was left out."""

    entities: tuple[Entity, ...]
    triples: tuple[Triple, ...]
    dropped: Mapping[str, int]
    relations: Mapping[str, str]


def read_more_facts(
    path: Path, items: ItemTable, *, encoding: str | None = None, lenient: bool = False
) -> MoreFacts:
    """The triples of a CSV or TSV file about the items of a table.

    A head is the id or the title of an item, or else the name of something that the table or the file names; a tail
    may be any of these, or a new name. A tail of a relation that the table has as a column is never an item. Triples
    that join a thing to itself are dropped and counted, cycles are fine. Raises ``DataError`` with file and line for
    a head that nothing has, a name that several have, and blank values.
    """
    table = Table(path, encoding=encoding, lenient=lenient)
    places = [table.header.place(names) for names in (HEADS, RELATIONS, TAILS)]
    if None in places:
        raise DataError.at(path, 1, f"found the header {list(table.header.columns)!r}", _HEADER)
    names = _Names(path, items)
    triples: dict[Triple, None] = dict.fromkeys(items.triples)
    before, dropped, relations = len(triples), Counter[str](), dict(items.relations)
    # Heads may be named by tails of later lines, so all tails come first.
    read: list[tuple[Row, str, str, str]] = []
    for row in table:
        head, relation, tail = (row.values[place] for place in places if place is not None)
        for value, what in ((head, "head"), (readable_name(relation), "relation"), (tail, "tail")):
            if not value or len(value) > MAX_NAME:
                problem = f"the {what} is {shown(value)}"
                raise DataError.at(path, row.line, problem, f"Give it 1 to {MAX_NAME} characters.")
        relation = readable_name(relation)
        read.append((row, head, relation, names.tail(row, relation, tail)))
        relations.setdefault(relation, type_of(relation))
    for row, head, relation, tail in read:
        triple = Triple(names.head(row, head), relation, tail)
        if triple.head == triple.tail:
            dropped[SELF_LOOPS] += 1
        elif triple in triples:
            dropped[DOUBLED] += 1
        else:
            triples[triple] = None
    dropped["rows of triples with too many or too few values"] += table.num_ragged
    return MoreFacts(tuple(names.added), tuple(triples)[before:], dict(+dropped), relations)


class _Names:
    """Finds entities by id and by name, and makes those that tails name first."""

    def __init__(self, path: Path, items: ItemTable) -> None:
        self.path = path
        self.added: list[Entity] = []
        self._columns = items.relations
        self._ids = {entity.id for entity in items.entities}
        self._items: dict[str, list[str]] = defaultdict(list)
        self._others: dict[str, list[str]] = defaultdict(list)
        self._typed: dict[tuple[str, str], str] = {}
        self._item_ids = {entity.id for entity in items.entities if entity.is_item}
        for entity in items.entities:
            if entity.is_item:
                for name in dict.fromkeys((entity.title.casefold(), entity.name.casefold())):
                    self._items[name].append(entity.id)
            else:
                self._note(entity)

    def _note(self, entity: Entity) -> None:
        self._others[entity.name.casefold()].append(entity.id)
        self._typed[entity.type, entity.name.casefold()] = entity.id

    def head(self, row: Row, name: str) -> str:
        """The id of what stands at the head; it must be known."""
        if name in self._ids:
            return name
        for known in (self._items, self._others):
            found = known.get(name.casefold(), [])
            if found:
                return self._one(row, name, found)
        mend = nearest_hint(name, self._names(), "titles")
        raise DataError.at(self.path, row.line, f"the head {shown(name)} is no item of the table", mend)

    def tail(self, row: Row, relation: str, name: str) -> str:
        """The id of what stands at the tail, made where there is none yet."""
        kind = type_of(relation)
        typed = self._typed.get((kind, name.casefold()))
        if relation not in self._columns:
            if name in self._item_ids:
                return name
            found = self._items.get(name.casefold(), [])
            if found and typed is None:
                return self._one(row, name, found)
        if typed is not None:
            return typed
        identity = f"{kind}:{name}"
        while identity in self._ids:
            identity += "'"
        entity = Entity(identity, kind, name)
        self._ids.add(identity)
        self.added.append(entity)
        self._note(entity)
        return identity

    def _one(self, row: Row, name: str, found: Sequence[str]) -> str:
        if len(found) > 1:
            problem = f"{shown(name)} is the name of {len(found)} things ({', '.join(map(repr, found[:3]))})"
            raise DataError.at(self.path, row.line, problem, "Give the id of the one that is meant.")
        return found[0]

    def _names(self) -> list[str]:
        return [*self._items, *self._others]
