"""Bringing the tables of a database to this version, from any earlier one."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from ccrs.serving.errors import StoreError
from ccrs.serving.store.database import Database
from ccrs.serving.store.tables import VERSION_TABLE, metadata

FOLDER = Path(__file__).with_name("migrations")
# Any number will do, as long as all processes take the same one.
_ADVISORY_LOCK = 0x63637273


def migrate(database: Database, revision: str = "head") -> None:
    """Upgrade to a revision in one transaction; other processes that open the database meanwhile wait.

    Raises ``StoreError`` for a database of a newer version or with tables of another program.
    """
    known = revisions()
    goal = known[-1] if revision == "head" else revision
    with database.snapshot() as connection:
        if _current(connection) == goal:
            return
    with database.writing() as connection:  # on SQLite this alone keeps others out
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
        current = _current(connection)
        if current is None:
            _check_free(connection, database.name)
        elif current not in known:
            raise StoreError(
                f"{database.name}: has tables of version {current}, and this program knows {known[0]} to {known[-1]}. "
                "It was used by a newer version: install that one, or choose another store."
            )
        if current != goal:
            config = Config(attributes={"connection": connection})
            config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
            command.upgrade(config, goal)


def revisions() -> tuple[str, ...]:
    """The versions of the tables, oldest first."""
    scripts = ScriptDirectory(str(FOLDER)).walk_revisions()
    return tuple(reversed([script.revision for script in scripts]))


def _current(connection: Connection) -> str | None:
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    return context.get_current_revision()


def _check_free(connection: Connection, name: str) -> None:
    """Raises ``StoreError`` when another program has tables by our names."""
    taken = sorted(set(inspect(connection).get_table_names()) & set(metadata.tables))
    if taken:
        raise StoreError(
            f"{name}: has tables of another program ({', '.join(taken)}). Choose an empty database for the store."
        )
