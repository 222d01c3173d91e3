"""What users think of entities: a log, of which the latest row of a user, entity and kind holds."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from sqlalchemy import Connection, Row, bindparam, delete, insert, select

from ccrs.core.errors import DataError
from ccrs.core.hearing import Opinion
from ccrs.serving.errors import NotFound
from ccrs.serving.store.answers import answer_once
from ccrs.serving.store.database import Database
from ccrs.serving.store.owners import no_dialogue, touched_known_user, touched_user
from ccrs.serving.store.records import Once, OpinionRecord, TurnRecord
from ccrs.serving.store.tables import dialogues, opinions, turns, users

Kind = Literal["taste", "seen"]
KINDS: dict[Opinion, Kind] = {"like": "taste", "dislike": "taste", "seen": "seen"}
"""Opinions of one kind exclude one another."""

_LOG = (
    select(opinions)
    .join(users, users.c.id == opinions.c.user_id)
    .where(users.c.tenant == bindparam("of_tenant"), users.c.name == bindparam("of_name"))
    .order_by(opinions.c.id)
)


class Opinions:
    """The part of the store that knows opinions."""

    _database: Database

    def opinions(self, tenant: str, user: str) -> tuple[OpinionRecord, ...]:
        """What holds now, in the order it was said; () for an unknown user."""
        with self._database.reading() as connection:
            rows = connection.execute(_LOG, {"of_tenant": tenant, "of_name": user}).all()
        return tuple(opinion_of(row) for row in current_opinions(rows))

    def set_opinion(
        self, tenant: str, user: str, opinion: OpinionRecord, *, once: Once | None = None
    ) -> tuple[OpinionRecord, ...]:
        """Store one (the opposite one goes); all of the user on that entity now. The user is made when new.

        Raises ``NotFound`` when the dialogue or turn is none of this user's.
        """
        with self._database.writing() as connection:
            user_id = touched_user(connection, tenant, user)
            _check_place(connection, user_id, opinion)
            _give_feedback(connection, user_id, opinion)
            answer_once(connection, tenant, once, user_id=user_id, dialogue=opinion.dialogue)
            return _on_entity(connection, user_id, opinion.entity)

    def remove_opinion(
        self, tenant: str, user: str, entity: str, opinion: Opinion, *, once: Once | None = None
    ) -> tuple[OpinionRecord, ...]:
        """Take one back, if it holds; all of the user on that entity now. An unknown user is not made."""
        with self._database.writing() as connection:
            user_id = touched_known_user(connection, tenant, user)
            answer_once(connection, tenant, once, user_id=user_id)
            if user_id is None:
                return ()
            holding = _on_entity(connection, user_id, entity)
            if any(record.opinion == _known(opinion) for record in holding):
                _take_back(connection, user_id, entity, KINDS[opinion])
            return _on_entity(connection, user_id, entity)


def current_opinions(log: Iterable[Row[Any]]) -> tuple[Row[Any], ...]:
    """The rows of a log (oldest first) that hold, in the order they were said."""
    latest: dict[tuple[str, str], Row[Any]] = {}
    for row in log:
        latest.pop((row.entity, row.kind), None)
        latest[row.entity, row.kind] = row
    return tuple(row for row in latest.values() if row.opinion is not None)


def opinion_of(row: Row[Any]) -> OpinionRecord:
    """A row that holds, as a record."""
    return OpinionRecord(row.entity, row.opinion, row.created, row.dialogue, row.turn)


def say(
    connection: Connection,
    user_id: int,
    turn: TurnRecord,
    *,
    said: Sequence[tuple[str, Opinion]],
    undone: Sequence[str],
) -> None:
    """Store what is said in a turn: first what it takes back (all of an entity), then what holds from now on."""
    place = {"user_id": user_id, "created": turn.created, "dialogue": turn.dialogue, "turn": turn.id}
    rows: list[dict[str, Any]] = []
    if undone:
        log = select(opinions).where(opinions.c.user_id == user_id, opinions.c.entity.in_(undone))
        rows.extend(
            place | {"entity": row.entity, "kind": row.kind, "opinion": None}
            for row in current_opinions(connection.execute(log.order_by(opinions.c.id)))
        )
    for entity, opinion in said:
        kind = KINDS[_known(opinion)]
        rows.append(place | {"entity": entity, "kind": kind, "opinion": opinion})
    if rows:
        connection.execute(insert(opinions), rows)


def drop_overridden(connection: Connection, dialogue_ids: Sequence[str]) -> None:
    """Before dialogues expire: delete what their opinions override, so that it does not hold again."""
    later = opinions.alias("later")
    overridden = (
        select(opinions.c.id)
        .join(
            later,
            (later.c.user_id == opinions.c.user_id)
            & (later.c.entity == opinions.c.entity)
            & (later.c.kind == opinions.c.kind)
            & (later.c.id > opinions.c.id),
        )
        .where(later.c.dialogue.in_(dialogue_ids))
    )
    connection.execute(delete(opinions).where(opinions.c.id.in_(overridden)))


def _known(opinion: Opinion) -> Opinion:
    if opinion not in KINDS:
        raise DataError(f"{opinion!r} is no opinion. Allowed are {', '.join(KINDS)}.")
    return opinion


def _check_place(connection: Connection, user_id: int, opinion: OpinionRecord) -> None:
    """Raises ``NotFound`` unless dialogue and turn, where given, are the user's."""
    if opinion.dialogue is not None:
        mine = select(dialogues.c.id).where(
            dialogues.c.id == opinion.dialogue, dialogues.c.user_id == user_id
        )
        if connection.execute(mine).first() is None:
            raise no_dialogue(opinion.dialogue)
    if opinion.turn is not None:
        said_in = select(turns.c.id).where(turns.c.id == opinion.turn, turns.c.dialogue == opinion.dialogue)
        if connection.execute(said_in).first() is None:
            raise NotFound(
                f"There is no turn {opinion.turn!r} in the dialogue {opinion.dialogue!r}. Check both."
            )


def _give_feedback(connection: Connection, user_id: int, opinion: OpinionRecord) -> None:
    kind = KINDS[_known(opinion.opinion)]
    if opinion.turn is None:
        _drop_feedback(connection, user_id, opinion.entity, kind, opinion.dialogue)
    values = {
        "user_id": user_id,
        "entity": opinion.entity,
        "kind": kind,
        "opinion": opinion.opinion,
        "created": opinion.created,
        "dialogue": opinion.dialogue,
        "turn": opinion.turn,
    }
    connection.execute(insert(opinions), values)


def _take_back(connection: Connection, user_id: int, entity: str, kind: Kind) -> None:
    """From now on nothing of this kind holds."""
    _drop_feedback(connection, user_id, entity, kind, None)
    left = select(opinions.c.id).where(
        opinions.c.user_id == user_id, opinions.c.entity == entity, opinions.c.kind == kind
    )
    if connection.execute(left.limit(1)).first() is not None:
        values = {"user_id": user_id, "entity": entity, "kind": kind, "opinion": None, "created": time.time()}
        connection.execute(insert(opinions), values)


def _drop_feedback(
    connection: Connection, user_id: int, entity: str, kind: Kind, dialogue: str | None
) -> None:
    """Delete earlier feedback of one kind and dialogue, which can never hold again; so no log grows by clicking."""
    connection.execute(
        delete(opinions).where(
            opinions.c.user_id == user_id,
            opinions.c.entity == entity,
            opinions.c.kind == kind,
            opinions.c.turn.is_(None),
            opinions.c.dialogue.is_not_distinct_from(dialogue),
        )
    )


def _on_entity(connection: Connection, user_id: int, entity: str) -> tuple[OpinionRecord, ...]:
    """What a user now thinks of one entity."""
    log = select(opinions).where(opinions.c.user_id == user_id, opinions.c.entity == entity)
    return tuple(opinion_of(row) for row in current_opinions(connection.execute(log.order_by(opinions.c.id))))
