"""The store on SQLite or PostgreSQL: what its parts do, over one database."""

from __future__ import annotations

from types import TracebackType

from ccrs.serving.store.answers import Answers
from ccrs.serving.store.database import Database
from ccrs.serving.store.dialogues import Dialogues
from ccrs.serving.store.items import Items
from ccrs.serving.store.keys import Keys
from ccrs.serving.store.opening import open_database
from ccrs.serving.store.opinions import Opinions
from ccrs.serving.store.people import People
from ccrs.serving.store.protocol import Store
from ccrs.serving.store.turns import Turns


class SqlStore(People, Dialogues, Turns, Opinions, Answers, Keys, Items, Store):
    """A ``Store`` in a database; may be called from any thread and used as a context manager."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def name(self) -> str:
        """The place of the database, without user and password."""
        return self._database.name

    def ping(self) -> None:
        """Raises ``StoreError`` when the database does not answer."""
        self._database.ping()

    def close(self) -> None:
        """Close all connections."""
        self._database.close()

    def __enter__(self) -> SqlStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_store(url: str) -> SqlStore:
    """Open the store at a path, ``sqlite:///PATH``, ``sqlite://`` (in memory) or ``postgresql://...``.

    It is made when new, and its tables are brought up to date. Raises ``StoreError``, without any password.
    """
    return SqlStore(open_database(url))
