"""Connections to one database: reading, writing, and what to say when it refuses."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Engine, StaticPool, Table, event, exc, text
from sqlalchemy.dialects import postgresql, sqlite

from ccrs.serving.errors import StoreError
from ccrs.serving.store.tables import VERSION_TABLE

WAIT = 30.0
"""Seconds that a write waits for another process's write on SQLite."""
_CHECKPOINT_WAIT = 2.0
_WRITES = "ccrs_writes"
_log = logging.getLogger(__name__)

# (what the database says, in small letters; the mend)
_MENDS = (
    (("disk is full", "no space left", "disk i/o error"), "Free space on its disk; nothing was changed."),
    (
        ("readonly", "read-only", "unable to open", "permission denied"),
        "Give the server's user the right to write it and its folder.",
    ),
    (("is locked", "is busy"), "Another process writes for too long; end it or try again."),
    (("malformed", "not a database"), "The file is damaged: put back a copy that was saved earlier."),
    (("password authentication", "does not exist"), "Check user, password and database in the URL."),
    (("connection", "connect", "terminat", "timeout"), "Check that the server runs and is reachable."),
)


class Database:
    """An open database; all methods may be called from any thread.

    ``name`` tells it in messages and holds no password. On SQLite the writers of one process queue at a lock: its own
    waiting is a poll with growing pauses in which some thread may starve.
    """

    def __init__(self, engine: Engine, name: str) -> None:
        self.name = name
        self.is_sqlite = engine.dialect.name == "sqlite"
        self._engine = engine
        self._writing = engine.execution_options(**{_WRITES: True})
        if self.is_sqlite:
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
            self._reading = self._snapshot = engine
        else:  # a lone statement needs no transaction, which saves two ways to the server
            self._reading = engine.execution_options(isolation_level="AUTOCOMMIT")
            self._snapshot = engine.execution_options(isolation_level="REPEATABLE READ")
        self._write_lock: contextlib.AbstractContextManager[Any] = (
            threading.RLock() if self.is_sqlite else contextlib.nullcontext()
        )
        # In memory there is a single connection, for readers too.
        in_memory = isinstance(engine.pool, StaticPool)
        self._read_lock = self._write_lock if in_memory else contextlib.nullcontext()

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for one statement."""
        with self._read_lock, self._refusals(), self._reading.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A connection whose statements all see the same state."""
        with self._read_lock, self._refusals(), self._snapshot.begin() as connection:
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction; on disk when the block has ended, undone when it raised."""
        with self._write_lock, self._refusals(), self._writing.begin() as connection:
            yield connection

    def forget_deleted(self) -> None:
        """Remove what was deleted from the disk too, as far as the database lets us.

        SQLite overwrites it with zeros (``secure_delete``), but older pages stay in the write-ahead log until it is
        emptied, which is tried here and fails without harm while somebody reads. PostgreSQL vacuums by itself.
        """
        if not self.is_sqlite:
            return
        with self._write_lock, self._refusals():
            emptied = self._empty_log()
        if not emptied:
            _log.warning("%s: deleted words stay in the log until its next checkpoint", self.name)

    def _empty_log(self) -> bool:
        """Move the write-ahead log into the file; whether that could be done."""
        raw = self._engine.raw_connection()
        try:
            cursor = raw.cursor()
            cursor.execute(f"PRAGMA busy_timeout = {int(1000 * _CHECKPOINT_WAIT)}")
            busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            cursor.execute(f"PRAGMA busy_timeout = {int(1000 * WAIT)}")
        except sqlite3.Error:  # the deletion itself is done and stays done
            raw.invalidate()
            return False
        else:
            return not busy
        finally:
            raw.close()

    def ping(self) -> None:
        """Raises ``StoreError`` when the database does not answer."""
        with self.reading() as connection:
            connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}"))  # noqa: S608 - a constant

    def close(self) -> None:
        """Close all connections; the database can be used again and then opens new ones."""
        self._engine.dispose()

    @contextlib.contextmanager
    def _refusals(self) -> Iterator[None]:
        """Turn what the database says into an error a person can act on."""
        try:
            yield
        except (exc.SQLAlchemyError, sqlite3.Error) as error:
            # Without the cause: what PostgreSQL tells beside its first line may hold people's words.
            raise StoreError(f"{self.name}: {refusal(error)}") from None


def refusal(error: BaseException) -> str:
    """What the database said (its first line) and the mend."""
    said = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
    small = said.lower()
    for signs, mend in _MENDS:
        if any(sign in small for sign in signs):
            return f"{said.rstrip('.')}. {mend}"
    return f"{said.rstrip('.')}. Try again; if it stays so, look into the log of the database."


def insert_into(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that can say what to do ON CONFLICT, in the database's dialect."""
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    """Set up a new connection to SQLite."""
    connection.isolation_level = None  # transactions begin where we say, not where the driver guesses
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {int(1000 * WAIT)}")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute(
        "PRAGMA synchronous = FULL"
    )  # in WAL mode, NORMAL may lose the last commits at a power cut
    cursor.execute("PRAGMA secure_delete = ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """Begin; a write takes the lock at once, as one that read first could not get it later (snapshot too old)."""
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
