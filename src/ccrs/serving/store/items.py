"""Items put in while the server runs, and title and year of every item that was ever stored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Row, select, update

from ccrs.serving.store.database import Database, insert_into
from ccrs.serving.store.records import ItemRecord, KnownItem
from ccrs.serving.store.tables import catalogue, items, known_items

_AT_ONCE = 400  # values in a statement, far below what SQLite takes


class Items:
    """The part of the store that knows items."""

    _database: Database

    def put_item(self, item: ItemRecord) -> None:
        """Store an item, in the place of an earlier one of the same id."""
        values = asdict(item)
        others = {name: value for name, value in values.items() if name != "id"}
        with self._database.writing() as connection:
            connection.execute(update(catalogue).values(version=catalogue.c.version + 1))
            connection.execute(
                insert_into(connection, items)
                .values(values)
                .on_conflict_do_update(index_elements=["id"], set_=others)
            )

    def items(self) -> tuple[ItemRecord, ...]:
        """All, deleted ones (tombstones of the run's own items) included, by id."""
        with self._database.reading() as connection:
            rows = connection.execute(select(items)).all()
        # Sorted here: databases differ in what they take for the order of letters.
        return tuple(sorted((_item_of_row(row) for row in rows), key=lambda item: item.id))

    def catalogue_version(self) -> int:
        """Grows with every ``put_item``."""
        with self._database.reading() as connection:
            return int(connection.execute(select(catalogue.c.version)).scalar_one())

    def note_items(self, items: Iterable[KnownItem]) -> None:
        """Remember title and year of items; the latest title of an id stays. Nothing is written when all are known."""
        given = {item.id: item for item in items}
        with self._database.snapshot() as connection:
            known = _known(connection, list(given))
        # In one order, so that two that note the same items do not wait for one another.
        new = sorted((item for item in given.values() if known.get(item.id) != item), key=lambda i: i.id)
        if not new:
            return
        with self._database.writing() as connection:
            statement = insert_into(connection, known_items)
            taken = {"title": statement.excluded.title, "year": statement.excluded.year}
            statement = statement.on_conflict_do_update(index_elements=["id"], set_=taken)
            connection.execute(statement, [asdict(item) for item in new])

    def known_items(self, ids: Iterable[str]) -> dict[str, KnownItem]:
        """Title and year of those of the ids that are known."""
        with self._database.snapshot() as connection:
            return _known(connection, list(dict.fromkeys(ids)))


def _known(connection: Connection, ids: Sequence[str]) -> dict[str, KnownItem]:
    found = {}
    for some in _chunks(ids):
        for row in connection.execute(select(known_items).where(known_items.c.id.in_(some))):
            found[row.id] = KnownItem(row.id, row.title, row.year)
    return found


def _chunks(ids: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(ids)
    while some := list(islice(rest, _AT_ONCE)):
        yield some


def _item_of_row(row: Row[Any]) -> ItemRecord:
    facts = row.facts
    return ItemRecord(
        id=row.id,
        title=row.title,
        year=row.year,
        type=row.type,
        aliases=tuple(row.aliases),
        facts=None if facts is None else {relation: tuple(names) for relation, names in facts.items()},
        plot=row.plot,
        url=row.url,
        image=row.image,
        price=row.price,
        available=row.available,
        deleted=row.deleted,
    )
