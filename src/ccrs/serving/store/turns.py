"""Turns: going on with a dialogue, cutting a branch off, and finding a turn again."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from types import EllipsisType
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update

from ccrs.core.hearing import Opinion
from ccrs.serving.errors import Conflict
from ccrs.serving.store.answers import answer_once
from ccrs.serving.store.database import Database
from ccrs.serving.store.opinions import say
from ccrs.serving.store.owners import no_dialogue, touched_owner
from ccrs.serving.store.records import NewTurn, Once, TurnRecord
from ccrs.serving.store.tables import dialogues, opinions, turns, users

_BY_FINGERPRINT = (
    select(turns)
    .join(users, users.c.id == turns.c.user_id)
    .where(
        users.c.tenant == bindparam("of_tenant"),
        users.c.name == bindparam("of_name"),
        turns.c.fingerprint == bindparam("of_fingerprint"),
    )
    .order_by(turns.c.created.desc())
    .limit(1)
)


class Turns:
    """The part of the store that knows turns."""

    _database: Database

    def add_turn(
        self,
        tenant: str,
        dialogue: str,
        turn: NewTurn,
        *,
        parent: str | None,
        opinions: Sequence[tuple[str, Opinion]] = (),
        undone: Sequence[str] = (),
        once: Once | None = None,
        expected_head: str | EllipsisType | None = ...,
    ) -> TurnRecord:
        """Store a turn after ``parent`` (None: the first) and make it the head, as the protocol tells.

        Raises ``NotFound`` and ``Conflict``; nothing is stored then.
        """
        with self._database.writing() as connection:
            user_id = touched_owner(connection, tenant, dialogue)
            state = connection.execute(select(dialogues).where(dialogues.c.id == dialogue)).first()
            if state is None:  # deleted while we waited for the lock
                raise no_dialogue(dialogue)
            if expected_head is not ... and expected_head != state.head:
                raise Conflict(
                    f"The dialogue {dialogue!r} went on meanwhile: its last turn is {state.head!r}, "
                    f"not {expected_head!r}. Read it again and repeat what is still to be said."
                )
            branches = state.num_branches
            number = state.num_turns
            if parent != state.head:
                number = _number_of(connection, dialogue, parent) + 1
                branches += 1
                _cut(connection, dialogue, number, branches)
            stored = _insert(connection, user_id, dialogue, turn, parent, number)
            connection.execute(
                update(dialogues)
                .where(dialogues.c.id == dialogue)
                .values(head=stored.id, num_turns=number + 1, num_branches=branches, last=stored.created)
            )
            say(connection, user_id, stored, said=opinions, undone=undone)
            answer_once(connection, tenant, once, user_id=user_id, dialogue=dialogue, made=stored.id)
            return stored

    def turn_of(self, tenant: str, user: str, fingerprint: str) -> TurnRecord | None:
        """The latest turn with a fingerprint, branches included; None for none and for an empty one."""
        if not fingerprint:
            return None
        values = {"of_tenant": tenant, "of_name": user, "of_fingerprint": fingerprint}
        with self._database.reading() as connection:
            row = connection.execute(_BY_FINGERPRINT, values).first()
        return None if row is None else turn_of_row(row)


def turn_of_row(row: Row[Any]) -> TurnRecord:
    """A row of the table as a record."""
    return TurnRecord(
        id=row.id,
        dialogue=row.dialogue,
        number=row.number,
        parent=row.parent,
        created=row.created,
        said=row.said,
        reply=row.reply,
        model=row.model,
        content=row.content,
        shown=tuple(row.shown),
        fingerprint=row.fingerprint or "",
    )


def _number_of(connection: Connection, dialogue: str, parent: str | None) -> int:
    """The number of an earlier turn on the way to the head, -1 for the place before the first; ``Conflict``."""
    if parent is None:
        return -1
    way = (turns.c.dialogue == dialogue, turns.c.branch == 0)
    number: int | None = connection.execute(
        select(turns.c.number).where(turns.c.id == parent, *way)
    ).scalar_one_or_none()
    if number is None:
        raise Conflict(
            f"The turn {parent!r} is not one that leads to the last turn of the dialogue {dialogue!r}; it may have "
            "been replaced meanwhile. Read the dialogue again and go on from one of its turns."
        )
    return number


def _cut(connection: Connection, dialogue: str, number: int, branch: int) -> None:
    """Take the turns from ``number`` on off the way and the opinions said in them back."""
    rest = (turns.c.dialogue == dialogue, turns.c.branch == 0, turns.c.number >= number)
    lost = select(turns.c.id).where(*rest)
    connection.execute(delete(opinions).where(opinions.c.turn.in_(lost)))
    connection.execute(update(turns).where(*rest).values(branch=branch))


def _insert(
    connection: Connection, user_id: int, dialogue: str, turn: NewTurn, parent: str | None, number: int
) -> TurnRecord:
    """The turn as it was stored: with storable texts and what JSON makes of its content."""
    values = {
        "id": secrets.token_hex(10),
        "dialogue": dialogue,
        "branch": 0,
        "number": number,
        "parent": parent,
        "user_id": user_id,
        "created": time.time(),
        "said": turn.said,
        "reply": turn.reply,
        "model": turn.model,
        "content": dict(turn.content),
        "shown": list(turn.shown),
        "fingerprint": turn.fingerprint or None,
    }
    return turn_of_row(connection.execute(insert(turns).returning(turns), values).one())
