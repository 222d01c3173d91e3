"""Whose a thing is: each write first locks the row of its user, so that the writes of one user queue."""

from __future__ import annotations

import time

from sqlalchemy import Connection, select, update

from ccrs.serving.errors import NotFound
from ccrs.serving.store.database import insert_into
from ccrs.serving.store.tables import dialogues, users
from ccrs.serving.store.text import checked_name


def touched_user(connection: Connection, tenant: str, name: str) -> int:
    """The number of a user, made when new, whose version has grown and whose row is locked."""
    values = new_user(tenant, name)
    statement = insert_into(connection, users).on_conflict_do_update(
        index_elements=["tenant", "name"], set_={"version": users.c.version + 1}
    )
    return int(connection.execute(statement.returning(users.c.id), values).scalar_one())


def touched_known_user(connection: Connection, tenant: str, name: str) -> int | None:
    """The same for a user who is not made when new."""
    statement = update(users).where(users.c.tenant == tenant, users.c.name == name)
    return connection.execute(
        statement.values(version=users.c.version + 1).returning(users.c.id)
    ).scalar_one_or_none()


def touched_owner(connection: Connection, tenant: str, dialogue: str) -> int:
    """The same for the user of a dialogue; raises ``NotFound`` when the tenant has no such dialogue."""
    user_id = select(dialogues.c.user_id).where(dialogues.c.id == dialogue).scalar_subquery()
    statement = update(users).where(users.c.tenant == tenant, users.c.id == user_id)
    found = connection.execute(
        statement.values(version=users.c.version + 1).returning(users.c.id)
    ).scalar_one_or_none()
    if found is None:
        raise no_dialogue(dialogue)
    return int(found)


def new_user(tenant: str, name: str) -> dict[str, object]:
    """The row of a user who begins now; raises ``DataError`` for a name that cannot be one."""
    return {
        "tenant": checked_name(tenant, "The tenant"),
        "name": checked_name(name, "The user"),
        "version": 1,
        "created": time.time(),
    }


def no_user(name: str) -> NotFound:
    """The error for an unknown user."""
    return NotFound(f"There is no user {name!r}. Check the name; a user begins with the first dialogue.")


def no_dialogue(dialogue: str) -> NotFound:
    """The error for an unknown dialogue."""
    return NotFound(f"There is no dialogue {dialogue!r}. It may have been deleted; begin a new one.")
