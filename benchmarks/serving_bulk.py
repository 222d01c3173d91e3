"""Very many stored people at once: copies of a few real ones under other names and ids, made inside the database."""

from __future__ import annotations

import hashlib
import sqlite3
from dataclasses import dataclass
from pathlib import Path

import psycopg

from ccrs.serving.store.opening import open_database

# Ids are hashes, as scattered as the product's own random ones, so that indexes are as full as in use.
_NEW_ID = "substr(md5({id} || ':' || copied.name), 1, 20)"
_STATEMENTS = (
    """CREATE TABLE template AS
    SELECT row_number() OVER (ORDER BY id) - 1 AS number, id AS user_id
    FROM users WHERE tenant = 'local' AND name LIKE '{pattern}'""",
    """CREATE TABLE copied AS
    WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < {count})
    SELECT '{prefix}' || n AS name, template.user_id AS of_user
    FROM numbers JOIN template ON template.number = n % (SELECT count(*) FROM template)""",
    """INSERT INTO users (tenant, name, version, created)
    SELECT 'local', copied.name, 1, users.created FROM copied JOIN users ON users.id = copied.of_user""",
    """CREATE TABLE owned AS
    SELECT copied.name, copied.of_user, users.id AS user_id
    FROM copied JOIN users ON users.tenant = 'local' AND users.name = copied.name""",
    """INSERT INTO dialogues (id, user_id, created, last, head, num_turns, num_branches)
    SELECT {dialogue}, copied.user_id, d.created, d.last, {head}, d.num_turns, 0
    FROM owned AS copied JOIN dialogues AS d ON d.user_id = copied.of_user""",
    """INSERT INTO turns (id, dialogue, branch, number, parent, user_id, created, said, reply, model, content, shown)
    SELECT {turn}, {of_dialogue}, 0, t.number, {parent}, copied.user_id, t.created, t.said, t.reply, t.model,
      t.content, t.shown
    FROM owned AS copied JOIN turns AS t ON t.user_id = copied.of_user AND t.branch = 0""",
    """INSERT INTO opinions (user_id, entity, kind, opinion, created, dialogue, turn)
    SELECT copied.user_id, o.entity, o.kind, o.opinion, o.created, {opinion_dialogue}, {opinion_turn}
    FROM owned AS copied JOIN opinions AS o ON o.user_id = copied.of_user""",
    "DROP TABLE owned",
    "DROP TABLE copied",
    "DROP TABLE template",
)
_IDS = {
    "dialogue": "d.id",
    "head": "d.head",
    "turn": "t.id",
    "of_dialogue": "t.dialogue",
    "parent": "t.parent",
    "opinion_dialogue": "o.dialogue",
    "opinion_turn": "o.turn",
}


@dataclass(frozen=True)
class Stored:
    """What a database holds of one user on average, counts and bytes on disk with its indexes."""

    users: int
    dialogues: float
    turns: float
    opinions: float
    bytes: float

    @property
    def total(self) -> float:
        """Bytes of all."""
        return self.bytes * self.users

    @property
    def note(self) -> str:
        """What there is of each user."""
        return (
            f"{self.users:,} users of {self.dialogues:.1f} dialogues, {self.turns:.1f} turns, "
            f"{self.opinions:.1f} opinions"
        )


def copy_users(url: str, pattern: str, prefix: str, count: int) -> None:
    """Make ``count`` users ``prefix0``, ``prefix1`` ... out of those whose name is LIKE ``pattern``, in turn.

    Names and pattern are the benchmark's own; the store must have its tables.
    """
    ids = {name: _NEW_ID.format(id=column) for name, column in _IDS.items()}
    statements = [text.format(pattern=pattern, prefix=prefix, count=count, **ids) for text in _STATEMENTS]
    if url.startswith("sqlite"):
        _in_sqlite(_path(url), statements)
    else:
        _in_postgres(url, statements)


def stored(url: str) -> Stored:
    """Count what is there; the log of a SQLite file is written into it first."""
    if url.startswith("sqlite"):
        path = _path(url)
        with sqlite3.connect(path) as lite:
            lite.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            counts = [lite.execute(_COUNT.format(table=t)).fetchone()[0] for t in _COUNTED]
        lite.close()
        size = path.stat().st_size
    else:
        with psycopg.connect(url, autocommit=True) as connection:
            counts = [connection.execute(_COUNT.format(table=t).encode()).fetchone()[0] for t in _COUNTED]  # type: ignore[index]
            found = connection.execute("SELECT pg_database_size(current_database())").fetchone()
            size = 0 if found is None else found[0]
    users = counts[0]
    dialogues, turns, opinions = (count / users for count in counts[1:])
    return Stored(users, dialogues, turns, opinions, size / users)


_COUNTED = ("users", "dialogues", "turns", "opinions")
_COUNT = "SELECT count(*) FROM {table}"


def make_tables(url: str) -> None:
    """An empty store."""
    open_database(url).close()


def _path(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def _in_sqlite(path: Path, statements: list[str]) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.create_function("md5", 1, _md5, deterministic=True)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("BEGIN")
    for statement in statements:
        connection.execute(statement)
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def _md5(text: str | None) -> str | None:
    return None if text is None else hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _in_postgres(url: str, statements: list[str]) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        # Copies are consistent because what they are made of is; to check every row's keys would take half of the time.
        connection.execute("SET session_replication_role = replica")
        connection.execute("SET work_mem = '256MB'")
        for statement in statements:
            connection.execute(statement.encode())
        connection.execute("VACUUM (ANALYZE)")
