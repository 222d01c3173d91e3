"""API keys: making, finding and revoking them."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from typing import Any

from sqlalchemy import Row, bindparam, insert, select, update

from ccrs.serving.errors import NotFound
from ccrs.serving.store.database import Database
from ccrs.serving.store.records import KeyRecord
from ccrs.serving.store.tables import api_keys
from ccrs.serving.store.text import checked_name

PREFIX = "ccrs"
KEY_START = f"{PREFIX}_"
"""What every key begins with."""
_MAX_SECRET = 200  # characters; whoever sends more has no key of ours
_KEY = select(api_keys).where(api_keys.c.id == bindparam("of_id"), api_keys.c.revoked.is_(None))


class Keys:
    """The part of the store that knows API keys.

    A secret is ``ccrs_ID_RANDOM``: the id finds the row, the random part proves the right.
    """

    _database: Database

    def create_key(self, tenant: str, name: str, *, admin: bool = False) -> tuple[KeyRecord, str]:
        """A new key and its secret, which is never told again; ``DataError`` for a tenant that cannot be one."""
        record = KeyRecord(
            id=secrets.token_hex(6),
            tenant=checked_name(tenant, "The tenant"),
            name=checked_name(name, "The key's name"),
            admin=admin,
            created=time.time(),
        )
        random = secrets.token_urlsafe(32)
        salt = secrets.token_hex(16)
        values = {
            "id": record.id,
            "tenant": tenant,
            "name": name,
            "admin": admin,
            "created": record.created,
            "salt": salt,
            "hash": _hash(salt, random),
        }
        with self._database.writing() as connection:
            connection.execute(insert(api_keys), values)
        return record, f"{PREFIX}_{record.id}_{random}"

    def key_of(self, secret: str) -> KeyRecord | None:
        """The key that is not revoked, or None."""
        prefix, _, rest = secret[: _MAX_SECRET + 1].partition("_")
        id_, _, random = rest.partition("_")
        if prefix != PREFIX or not random or len(secret) > _MAX_SECRET:
            return None
        with self._database.reading() as connection:
            row = connection.execute(_KEY, {"of_id": id_}).first()
        if row is None or not hmac.compare_digest(row.hash, _hash(row.salt, random)):
            return None
        return _key_of_row(row)

    def revoke_key(self, key: str) -> None:
        """From now on the key opens nothing; once is enough. Raises ``NotFound``."""
        revoked = update(api_keys).where(api_keys.c.id == key)
        with self._database.writing() as connection:
            if connection.execute(
                revoked.where(api_keys.c.revoked.is_(None)), {"revoked": time.time()}
            ).rowcount:
                return
            if connection.execute(select(api_keys.c.id).where(api_keys.c.id == key)).first() is None:
                raise NotFound(f"There is no key {key!r}. Ids are told when keys are listed.")

    def keys(self) -> tuple[KeyRecord, ...]:
        """All, revoked ones included, oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute(select(api_keys).order_by(api_keys.c.created, api_keys.c.id)).all()
        return tuple(_key_of_row(row) for row in rows)


def _hash(salt: str, random: str) -> str:
    """One round of SHA-256, over salt and secret.

    Slow hashes guard passwords, which can be guessed. Nobody guesses 256 random bits, however quick a guess is; and
    this is computed at every request.
    """
    return hashlib.sha256(f"{salt}{random}".encode("utf-8", "surrogatepass")).hexdigest()


def _key_of_row(row: Row[Any]) -> KeyRecord:
    return KeyRecord(row.id, row.tenant, row.name, row.admin, row.created, row.revoked)
