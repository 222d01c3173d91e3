"""Writes that happen once: what was answered to an idempotency key."""

from __future__ import annotations

import time

from sqlalchemy import Connection, bindparam, select

from ccrs.serving.errors import Conflict
from ccrs.serving.store.database import Database, insert_into
from ccrs.serving.store.records import Once
from ccrs.serving.store.tables import answers
from ccrs.serving.store.text import checked_name

_ANSWER = select(answers).where(
    answers.c.tenant == bindparam("of_tenant"), answers.c.key == bindparam("of_key")
)


class Answers:
    """The part of the store that knows idempotency keys."""

    _database: Database

    def done(self, tenant: str, key: str) -> Once | None:
        """What was answered to an idempotency key, or None."""
        with self._database.reading() as connection:
            row = connection.execute(_ANSWER, {"of_tenant": tenant, "of_key": key}).first()
        return None if row is None else Once(row.key, row.request, row.status, row.body, row.made)


def answer_once(
    connection: Connection,
    tenant: str,
    once: Once | None,
    *,
    user_id: int | None,
    dialogue: str | None = None,
    made: str | None = None,
) -> None:
    """Store an answer in the transaction of its write; with None nothing is done.

    Raises ``Conflict`` when the key has an answer, so that the write is undone with it.
    """
    if once is None:
        return
    values = {
        "tenant": tenant,
        "key": checked_name(once.key, "The idempotency key"),
        "user_id": user_id,
        "dialogue": dialogue,
        "created": time.time(),
        "request": once.request,
        "status": once.status,
        "body": once.body,
        "made": made,
    }
    statement = insert_into(connection, answers).on_conflict_do_nothing().returning(answers.c.key)
    if connection.execute(statement, values).first() is None:
        raise Conflict(
            f"The idempotency key {once.key!r} was used already. Take its answer, or a new key for a new request."
        )
