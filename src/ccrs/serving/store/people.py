"""Users: making, exporting and deleting them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, select

from ccrs.serving.store.database import Database, insert_into
from ccrs.serving.store.dialogues import dialogues_of
from ccrs.serving.store.opinions import current_opinions, opinion_of
from ccrs.serving.store.owners import new_user, no_user
from ccrs.serving.store.records import UserExport, UserRecord
from ccrs.serving.store.tables import answers, dialogues, opinions, turns, users
from ccrs.serving.store.turns import turn_of_row

_USER = select(users).where(users.c.tenant == bindparam("of_tenant"), users.c.name == bindparam("of_name"))


class People:
    """The part of the store that knows users."""

    _database: Database

    def user(self, tenant: str, name: str) -> UserRecord | None:
        """The user of a tenant by name, or None."""
        with self._database.reading() as connection:
            return _find(connection, tenant, name)

    def ensure_user(self, tenant: str, name: str) -> UserRecord:
        """The user, made when new; raises ``DataError`` for a name that cannot be one."""
        found = self.user(tenant, name)
        if found is not None:
            return found
        values = new_user(tenant, name)
        with self._database.writing() as connection:
            # Somebody else may have made him since; then nothing changes.
            connection.execute(insert_into(connection, users).on_conflict_do_nothing(), values)
            return _user_of(connection.execute(_USER, {"of_tenant": tenant, "of_name": name}).one())

    def delete_user(self, tenant: str, name: str) -> None:
        """Everything of the user, from the disk too; raises ``NotFound``."""
        where = (users.c.tenant == tenant, users.c.name == name)
        with self._database.writing() as connection:
            if not connection.execute(delete(users).where(*where)).rowcount:
                raise no_user(name)
        self._database.forget_deleted()

    def export_user(self, tenant: str, name: str) -> UserExport:
        """All that is stored of a user; raises ``NotFound``.

        ``extra`` holds the opinions that no longer hold (``earlier_opinions``; ``opinion`` None: taken back) and the
        answers kept for idempotency keys (``answers``).
        """
        with self._database.snapshot() as connection:
            user = _find(connection, tenant, name)
            if user is None:
                raise no_user(name)
            branches = connection.execute(
                select(turns)
                .join(dialogues, dialogues.c.id == turns.c.dialogue)
                .where(dialogues.c.user_id == user.id, turns.c.branch > 0)
                .order_by(dialogues.c.created, dialogues.c.id, turns.c.branch, turns.c.number)
            ).all()
            said = connection.execute(
                select(opinions).where(opinions.c.user_id == user.id).order_by(opinions.c.id)
            ).all()
            kept = connection.execute(select(answers).where(answers.c.user_id == user.id)).all()
            talks = dialogues_of(connection, tenant, name)
        holding = current_opinions(said)
        ids = {row.id for row in holding}
        earlier = [_said_earlier(row) for row in said if row.id not in ids]
        return UserExport(
            user=user,
            dialogues=talks,
            branches=tuple(turn_of_row(row) for row in branches),
            opinions=tuple(opinion_of(row) for row in holding),
            extra={"earlier_opinions": earlier, "answers": [_answered(row) for row in kept]},
        )


def _find(connection: Connection, tenant: str, name: str) -> UserRecord | None:
    row = connection.execute(_USER, {"of_tenant": tenant, "of_name": name}).first()
    return None if row is None else _user_of(row)


def _user_of(row: Row[Any]) -> UserRecord:
    return UserRecord(row.id, row.tenant, row.name, row.version, row.created)


def _said_earlier(row: Row[Any]) -> dict[str, Any]:
    return {
        "entity": row.entity,
        "kind": row.kind,
        "opinion": row.opinion,
        "created": row.created,
        "dialogue": row.dialogue,
        "turn": row.turn,
    }


def _answered(row: Row[Any]) -> dict[str, Any]:
    return {"key": row.key, "created": row.created, "status": row.status, "body": row.body}
