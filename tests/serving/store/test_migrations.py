"""From every earlier state of the tables to the present one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, UniqueConstraint, create_engine, event, inspect, text

from ccrs.serving.errors import StoreError
from ccrs.serving.store.database import Database
from ccrs.serving.store.migrating import migrate, revisions
from ccrs.serving.store.opening import open_database
from ccrs.serving.store.sql_store import SqlStore, open_store
from ccrs.serving.store.tables import VERSION_TABLE, metadata
from tests.serving.store.talking import begin, said, turn

# What a database of a revision may hold beside what the revision before it could: rows as they were written then.
ROWS: dict[str, dict[str, list[dict[str, Any]]]] = {
    "0001": {
        "users": [{"id": 7, "tenant": "shop", "name": "anna", "version": 5, "created": 1.5}],
        "dialogues": [
            {
                "id": "d",
                "user_id": 7,
                "created": 2.0,
                "last": 4.0,
                "head": "t2",
                "num_turns": 1,
                "num_branches": 1,
            }
        ],
        "turns": [
            {
                "id": id_,
                "dialogue": "d",
                "branch": branch,
                "number": 0,
                "parent": None,
                "user_id": 7,
                "created": 3.0,
                "said": said_,
                "reply": "r",
                "model": "m",
                "content": json.dumps({"a": 1}),
                "shown": json.dumps(["m1"]),
                "fingerprint": fingerprint,
            }
            for id_, branch, said_, fingerprint in (("t1", 1, "edited", "f"), ("t2", 0, "hello", None))
        ],
        "opinions": [
            {
                "user_id": 7,
                "entity": "heat",
                "kind": "taste",
                "opinion": "like",
                "created": 3.0,
                "dialogue": "d",
                "turn": "t2",
            }
        ],
    },
    "0002": {
        "api_keys": [
            {
                "id": "k",
                "tenant": "shop",
                "name": "web",
                "admin": False,
                "created": 1.0,
                "revoked": 2.0,
                "salt": "s",
                "hash": "h",
            }
        ],
        "answers": [
            {
                "tenant": "shop",
                "key": "once",
                "user_id": 7,
                "dialogue": "d",
                "created": 1.0,
                "request": "r",
                "status": 200,
                "body": "b",
                "made": "t2",
            }
        ],
        "items": [
            {
                "id": "m1",
                "title": "Heat",
                "type": "movie",
                "aliases": "[]",
                "available": True,
                "deleted": False,
            }
        ],
        "known_items": [{"id": "m1", "title": "Heat", "year": 1995}],
    },
}


@pytest.fixture
def engine(new_url: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """A database without any table."""
    monkeypatch.setattr("ccrs.serving.store.opening.migrate", lambda database: None)
    database = open_database(new_url())
    monkeypatch.undo()
    yield database._engine
    database.close()


def insert(connection: Connection, table: str, row: dict[str, Any]) -> None:
    columns, values = ", ".join(f'"{name}"' for name in row), ", ".join(f":{name}" for name in row)
    connection.execute(text(f"INSERT INTO {table} ({columns}) VALUES ({values})"), row)  # noqa: S608 - constants


def test_the_revisions_are_known_to_this_test() -> None:
    assert tuple(ROWS) == revisions()


@pytest.mark.parametrize("revision", revisions())
def test_what_an_earlier_version_stored_is_there(revision: str, engine: Engine) -> None:
    database = Database(engine, "test")
    migrate(database, revision)
    with engine.begin() as connection:
        assert (
            MigrationContext.configure(
                connection, opts={"version_table": VERSION_TABLE}
            ).get_current_revision()
            == revision
        )
        for earlier in revisions()[: revisions().index(revision) + 1]:
            for table, rows in ROWS[earlier].items():
                for row in rows:
                    insert(connection, table, row)
    migrate(database)
    migrate(database)  # once more changes nothing
    store = SqlStore(database)
    user = store.user("shop", "anna")
    assert user is not None
    assert (user.id, user.version) == (7, 5)
    assert said(store.dialogue("shop", "d")) == ["hello"]
    exported = store.export_user("shop", "anna")
    assert [t.said for t in exported.branches] == ["edited"]
    assert [(o.entity, o.opinion, o.turn) for o in exported.opinions] == [("heat", "like", "t2")]
    found = store.turn_of("shop", "anna", "f")
    assert found is not None
    assert (found.id, found.content, found.shown) == ("t1", {"a": 1}, ("m1",))
    if revision >= "0002":
        once = store.done("shop", "once")
        assert once is not None
        assert once.made == "t2"
        (key,) = store.keys()
        assert key.id == "k"
        assert [item.title for item in store.items()] == ["Heat"]
        assert store.known_items(["m1"])["m1"].year == 1995
    assert turn(store, "d", "on", parent="t2").number == 1


def test_the_tables_are_those_of_the_migrations(new_url: Callable[[], str]) -> None:
    database = open_database(new_url())
    with database._engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"version_table": VERSION_TABLE, "compare_type": True, "compare_server_default": True},
        )
        assert compare_metadata(context, metadata) == []
        for table in metadata.tables:  # what the comparison does not look at
            keys = {
                key["name"]: key["options"].get("ondelete")
                for key in inspect(connection).get_foreign_keys(table)
            }
            assert all(action == "CASCADE" for action in keys.values())
    database.close()


def test_a_failed_migration_leaves_nothing(engine: Engine) -> None:
    def fail(_c: object, _cursor: object, statement: str, *_: object) -> None:
        if "CREATE TABLE known_items" in statement:
            raise StoreError("stopped on purpose")

    event.listen(engine, "before_cursor_execute", fail)
    database = Database(engine, "test")
    with pytest.raises(StoreError, match="on purpose"):
        migrate(database)
    event.remove(engine, "before_cursor_execute", fail)
    with engine.connect() as connection:
        assert inspect(connection).get_table_names() == []
    migrate(database)
    begin(SqlStore(database))


def test_a_database_of_a_newer_version_is_refused(new_url: Callable[[], str]) -> None:
    url = new_url()
    database = open_database(url)
    with database.writing() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))  # noqa: S608 - a constant
    database.close()
    with pytest.raises(StoreError, match=r"has tables of version 9999.*install that one"):
        open_store(url)


def test_a_database_of_another_program_is_refused(new_url: Callable[[], str]) -> None:
    url = new_url()
    database = open_database(url)
    with database.writing() as connection:
        connection.execute(text(f"DROP TABLE {VERSION_TABLE}"))
    database.close()
    with pytest.raises(StoreError, match=r"tables of another program .*users"):
        open_store(url)


def test_every_query_is_by_an_index(url: str) -> None:
    """No statement of the store goes through a whole table of people's things."""
    statements: list[tuple[str, Any]] = []
    with open_store(url) as store:
        engine = store._database._engine
        event.listen(
            engine, "before_cursor_execute", lambda c, cur, sql, values, *_: statements.append((sql, values))
        )
        dialogue = begin(store)
        first = turn(store, dialogue.id, "one", opinions=[("heat", "like")], fingerprint="f")
        turn(store, dialogue.id, "two", opinions=[("up", "like")], undone=["heat"])
        store.turn_of("shop", "anna", "f")
        store.dialogues("shop", "anna")
        store.history("shop", "anna")
        store.opinions("shop", "anna")
        store.remove_opinion("shop", "anna", "up", "like")
        store.export_user("shop", "anna")
        store.done("shop", "k")
        store.key_of("ccrs_x_y")
        store.known_items(["m1"])
        store.forget_dialogue("shop", dialogue.id)
        store.expire(first.created)
        store.delete_user("shop", "anna")
    for table in metadata.tables.values():  # deleting what others refer to looks for them
        found = {next(iter(index.columns)).name for index in table.indexes} | {
            table.primary_key.columns[0].name
        }
        found |= {next(iter(c.columns)).name for c in table.constraints if isinstance(c, UniqueConstraint)}
        assert {key.parent.name for key in table.foreign_keys} <= found
    explain, bad = ("EXPLAIN QUERY PLAN", "SCAN") if "sqlite" in url else ("EXPLAIN", "Seq Scan")
    plans = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with plans.connect() as connection:
        if explain == "EXPLAIN":  # small tables are read whole unless that is forbidden
            connection.execute(text("SET enable_seqscan = off"))
        for sql, values in statements:
            if sql.split()[0] in ("SELECT", "UPDATE", "DELETE"):
                rows = connection.exec_driver_sql(f"{explain} {sql}", values).all()
                assert bad not in str(rows), f"{sql}: {rows}"
    plans.dispose()
