"""From a path or URL to an open database with the tables of this version."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path

from sqlalchemy import URL, StaticPool, create_engine, exc, make_url

from ccrs.serving.errors import StoreError
from ccrs.serving.store.database import WAIT, Database, refusal
from ccrs.serving.store.migrating import migrate

_SQLITE_FILE = b"SQLite format 3\x00"
_CONNECT_WAIT = 5  # seconds
_ALLOWED = "Allowed are a path, sqlite:///PATH and postgresql://USER:PASSWORD@HOST:PORT/DATABASE."


def open_database(url: str) -> Database:
    """Open the database at a path or URL, make it when it is a file that is not there, and bring its tables up to date.

    Raises ``StoreError``, without any password, when that cannot be done.
    """
    if "://" not in url:
        database = _sqlite_file(Path(url))
    else:
        address = _parsed(url)
        backend = address.drivername.partition("+")[0]
        if backend in ("postgresql", "postgres"):
            database = _postgresql(address)
        elif backend == "sqlite":
            in_memory = address.database in (None, "", ":memory:")
            database = _in_memory() if in_memory else _sqlite_file(Path(str(address.database)))
        else:
            raise StoreError(f"{backend}://…: there is no store on that database. {_ALLOWED}")
    try:
        migrate(database)
    except BaseException:
        database.close()
        raise
    return database


def _parsed(url: str) -> URL:
    """The URL by its parts; what cannot be parsed is not shown, as it may hold a password."""
    try:
        return make_url(url)
    except (exc.ArgumentError, ValueError):
        raise StoreError(f"{url.partition('://')[0][:20]}://…: cannot be understood. {_ALLOWED}") from None


def _in_memory() -> Database:
    """For tests: gone when closed."""
    engine = create_engine(
        "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}, hide_parameters=True
    )
    return Database(engine, "the store in memory")


def _sqlite_file(path: Path) -> Database:
    """A file that only its owner may read; the folder above is made."""
    path = path.expanduser()
    _make_file(path)
    _use_write_ahead_log(path)
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        connect_args={"timeout": WAIT, "check_same_thread": False},
        hide_parameters=True,  # no words of people in error messages
    )
    return Database(engine, str(path))


def _make_file(path: Path) -> None:
    """Make the file with the right mode before SQLite does, or see that it is one of SQLite's."""
    try:
        if not path.parent.is_dir():
            path.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        except FileExistsError:
            with path.open("r+b") as stream:
                head = stream.read(len(_SQLITE_FILE))
        else:
            return
    except OSError as error:
        raise StoreError(
            f"{path}: cannot be opened for writing ({error.strerror or error}). "
            "Choose another place for the store, or give the server's user the right to write there."
        ) from error
    if head and head != _SQLITE_FILE:
        raise StoreError(
            f"{path}: is there already and is no SQLite file. Choose another path for the store."
        )


def _use_write_ahead_log(path: Path) -> None:
    """Switch the file to WAL, in which readers and a writer do not wait for one another; it stays so.

    Two processes that do it at once may refuse each other without waiting, so it is tried again.
    """
    end = time.monotonic() + WAIT
    while True:
        try:
            connection = sqlite3.connect(path, timeout=WAIT)
            try:
                connection.execute("PRAGMA journal_mode = WAL").fetchone()
            finally:
                connection.close()
        except sqlite3.Error as error:
            if "locked" not in str(error) or time.monotonic() > end:
                raise StoreError(f"{path}: {refusal(error)}") from error
            time.sleep(0.02)
        else:
            return


def _postgresql(address: URL) -> Database:
    """A pool of connections to a PostgreSQL server, tried once."""
    place = f"{address.host or 'the local server'}:{address.port or 5432}/{address.database or ''}"
    name = f"PostgreSQL at {place}"
    query = {"connect_timeout": str(_CONNECT_WAIT), "application_name": "ccrs", **address.query}
    address = address.set(drivername="postgresql+psycopg", query=query)
    try:
        # A server may restart: a dead connection is noticed before it is used.
        engine = create_engine(address, hide_parameters=True, pool_pre_ping=True)
        with engine.connect():
            pass
    except (exc.SQLAlchemyError, ImportError) as error:
        # Without the cause: it is printed with the address.
        raise StoreError(f"{name}: {_without_secrets(refusal(error), address)}") from None
    return Database(engine, name)


def _without_secrets(message: str, address: URL) -> str:
    """The message without the password of the address, wherever it stood in it."""
    passwords = [address.password, *address.normalized_query.get("password", ())]
    for password in passwords:
        if password:
            message = message.replace(str(password), "***")
    return message
