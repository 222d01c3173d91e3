"""Dialogues: beginning, reading, forgetting, and letting old ones go."""

from __future__ import annotations

import secrets
import time
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, func, insert, select, update

from ccrs.serving.store.answers import answer_once
from ccrs.serving.store.database import Database
from ccrs.serving.store.opinions import drop_overridden
from ccrs.serving.store.owners import no_dialogue, touched_owner, touched_user
from ccrs.serving.store.records import DialogueHead, DialogueRecord, Once
from ccrs.serving.store.tables import answers, dialogues, turns, users
from ccrs.serving.store.turns import turn_of_row

NUM_TITLE = 60
"""Characters of a dialogue's title."""
_EXPIRE_AT_ONCE = 200  # dialogues in a transaction, so that other writers get their turn

_HAS_WAY = and_(turns.c.dialogue == dialogues.c.id, turns.c.branch == 0)
# One row for each turn on the way to the head, and one for a dialogue without turns.
_DIALOGUES = (
    select(
        dialogues.c.id.label("of_dialogue"),
        dialogues.c.created.label("begun"),
        dialogues.c.head,
        users.c.tenant,
        users.c.name,
        turns,
    )
    .join(users, users.c.id == dialogues.c.user_id)
    .outerjoin(turns, _HAS_WAY)
    .order_by(dialogues.c.created, dialogues.c.id, turns.c.number)
)
_OF_USER = (users.c.tenant == bindparam("of_tenant"), users.c.name == bindparam("of_name"))
_ALL_OF_USER = _DIALOGUES.where(*_OF_USER)
_ONE = _DIALOGUES.where(users.c.tenant == bindparam("of_tenant"), dialogues.c.id == bindparam("of_id"))
_HEADS = (
    select(dialogues, func.substr(turns.c.said, 1, 4 * NUM_TITLE).label("first"))
    .join(users, users.c.id == dialogues.c.user_id)
    .outerjoin(turns, and_(_HAS_WAY, turns.c.number == 0))
    .where(*_OF_USER)
    .order_by(dialogues.c.created, dialogues.c.id)
)


class Dialogues:
    """The part of the store that knows dialogues."""

    _database: Database

    def begin_dialogue(self, tenant: str, user: str, *, once: Once | None = None) -> DialogueRecord:
        """A new dialogue; the user is made when new. Raises ``DataError`` for a name that cannot be one."""
        now = time.time()
        record = DialogueRecord(secrets.token_hex(10), tenant, user, now, None)
        with self._database.writing() as connection:
            user_id = touched_user(connection, tenant, user)
            values = {
                "id": record.id,
                "user_id": user_id,
                "created": now,
                "last": now,
                "num_turns": 0,
                "num_branches": 0,
            }
            connection.execute(insert(dialogues), values)
            answer_once(connection, tenant, once, user_id=user_id, dialogue=record.id, made=record.id)
        return record

    def dialogue(self, tenant: str, dialogue: str) -> DialogueRecord:
        """A dialogue with its turns on the way to the head; raises ``NotFound``."""
        with self._database.reading() as connection:
            found = _read(connection, _ONE, {"of_tenant": tenant, "of_id": dialogue})
        if not found:
            raise no_dialogue(dialogue)
        return found[0]

    def dialogues(self, tenant: str, user: str) -> tuple[DialogueHead, ...]:
        """Of a user, oldest first; () for an unknown one."""
        with self._database.reading() as connection:
            rows = connection.execute(_HEADS, {"of_tenant": tenant, "of_name": user}).all()
        return tuple(DialogueHead(r.id, r.created, r.head, r.num_turns, _title(r.first or "")) for r in rows)

    def history(self, tenant: str, user: str) -> tuple[DialogueRecord, ...]:
        """All dialogues of a user with their turns on the way to the head, oldest first."""
        with self._database.reading() as connection:
            return dialogues_of(connection, tenant, user)

    def forget_dialogue(self, tenant: str, dialogue: str) -> None:
        """The dialogue, its turns, the opinions said in it and answers that hold its words; raises ``NotFound``."""
        with self._database.writing() as connection:
            touched_owner(connection, tenant, dialogue)
            if not connection.execute(delete(dialogues).where(dialogues.c.id == dialogue)).rowcount:
                raise no_dialogue(dialogue)
        self._database.forget_deleted()

    def expire(self, before: float) -> int:
        """Delete dialogues (and what was said in them) whose last turn is older; how many.

        What their opinions overrode goes too and does not hold again. Answers to idempotency keys that are older go.
        """
        total = num_answers = 0
        while num := self._expire_some(before):
            total += num
        with self._database.writing() as connection:
            num_answers = connection.execute(delete(answers).where(answers.c.created < before)).rowcount
        if total or num_answers:
            self._database.forget_deleted()
        return total

    def _expire_some(self, before: float) -> int:
        """Delete at most ``_EXPIRE_AT_ONCE`` old dialogues in one transaction; how many."""
        old = select(dialogues.c.id, dialogues.c.user_id).where(dialogues.c.last < before)
        with self._database.writing() as connection:
            found = connection.execute(old.order_by(dialogues.c.last).limit(_EXPIRE_AT_ONCE)).all()
            if not found:
                return 0
            user_ids = {row.user_id for row in found}
            # Locked in one order, so that two that expire at once do not wait for one another.
            locked = select(users.c.id).where(users.c.id.in_(user_ids)).order_by(users.c.id)
            connection.execute(locked.with_for_update()).all()
            # Under the locks: somebody may have gone on with his dialogue since.
            still = old.where(dialogues.c.id.in_([row.id for row in found]))
            ids = [row.id for row in connection.execute(still)]
            if ids:
                connection.execute(
                    update(users).where(users.c.id.in_(user_ids)).values(version=users.c.version + 1)
                )
                drop_overridden(connection, ids)
                connection.execute(delete(dialogues).where(dialogues.c.id.in_(ids)))
        return len(ids)


def dialogues_of(connection: Connection, tenant: str, user: str) -> tuple[DialogueRecord, ...]:
    """All dialogues of a user with their turns on the way to the head, oldest first."""
    return _read(connection, _ALL_OF_USER, {"of_tenant": tenant, "of_name": user})


def _read(connection: Connection, statement: Any, values: dict[str, str]) -> tuple[DialogueRecord, ...]:
    """The dialogues of a statement made of ``_DIALOGUES``."""
    found = []
    for _, group in groupby(connection.execute(statement, values).all(), key=lambda row: row.of_dialogue):
        rows = list(group)
        first = rows[0]
        way = tuple(turn_of_row(row) for row in rows if row.id is not None)
        found.append(
            DialogueRecord(first.of_dialogue, first.tenant, first.name, first.begun, first.head, way)
        )
    return tuple(found)


def _title(said: str) -> str:
    """The first words of a text on one line, at most ``NUM_TITLE`` characters."""
    line = " ".join(said.split())
    if len(line) <= NUM_TITLE:
        return line
    cut = line[:NUM_TITLE]
    return (cut[: cut.rfind(" ")] if " " in cut else cut[:-1]).rstrip() + "…"
