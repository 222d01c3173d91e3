"""The tables as they are now; ``migrations`` leads here from every earlier state."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    UniqueConstraint,
    text,
)

from ccrs.serving.store.text import JsonText, Words

VERSION_TABLE = "ccrs_schema"

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)

# SQLite numbers rows by itself only when the column is called INTEGER.
_Number = BigInteger().with_variant(Integer(), "sqlite")

users = Table(
    "users",
    metadata,
    Column("id", _Number, primary_key=True),
    Column("tenant", Words, nullable=False),
    Column("name", Words, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("created", Double, nullable=False),
    UniqueConstraint("tenant", "name"),
    sqlite_autoincrement=True,  # the number of a deleted user is never given to another
)

dialogues = Table(
    "dialogues",
    metadata,
    Column("id", Words, primary_key=True),
    Column("user_id", BigInteger, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("created", Double, nullable=False),
    Column("last", Double, nullable=False),  # time of the last turn
    Column("head", Words),
    Column("num_turns", Integer, nullable=False),  # on the way to the head
    Column("num_branches", Integer, nullable=False),
    Index(None, "user_id", "created"),
    Index(None, "last"),
)

# ``branch`` is 0 on the way from the root to the head, else the number of the cut that took the turn off it; so one
# index finds the way, keeps its numbers unique and lets a dialogue be deleted. ``user_id`` has no foreign key of its
# own: a turn goes with its dialogue, and a second way to delete it would need an index more.
turns = Table(
    "turns",
    metadata,
    Column("id", Words, primary_key=True),
    Column("dialogue", Words, ForeignKey("dialogues.id", ondelete="CASCADE"), nullable=False),
    Column("branch", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    Column("parent", Words),
    Column("user_id", BigInteger, nullable=False),
    Column("created", Double, nullable=False),
    Column("said", Words, nullable=False),
    Column("reply", Words, nullable=False),
    Column("model", Words, nullable=False),
    Column("content", JsonText, nullable=False),
    Column("shown", JsonText, nullable=False),
    Column("fingerprint", Words),  # NULL for none
    UniqueConstraint("dialogue", "branch", "number"),
    Index(
        "ix_turns_fingerprint",
        "user_id",
        "fingerprint",
        "created",
        sqlite_where=text("fingerprint IS NOT NULL"),
        postgresql_where=text("fingerprint IS NOT NULL"),
    ),
)

# A log: the latest row of a user, entity and kind holds, and NULL means "nothing any more". So when a branch or a
# dialogue is taken back, what had been said before holds again.
opinions = Table(
    "opinions",
    metadata,
    Column("id", _Number, primary_key=True),
    Column("user_id", BigInteger, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("entity", Words, nullable=False),
    Column("kind", Words, nullable=False),  # "taste" (like, dislike) or "seen"
    Column("opinion", Words),
    Column("created", Double, nullable=False),
    Column("dialogue", Words, ForeignKey("dialogues.id", ondelete="CASCADE")),
    Column("turn", Words, ForeignKey("turns.id", ondelete="CASCADE")),
    Index(None, "user_id", "entity", "kind"),
    Index(
        None,
        "dialogue",
        sqlite_where=text("dialogue IS NOT NULL"),
        postgresql_where=text("dialogue IS NOT NULL"),
    ),
    Index(None, "turn", sqlite_where=text("turn IS NOT NULL"), postgresql_where=text("turn IS NOT NULL")),
    sqlite_autoincrement=True,  # later rows have larger numbers, also after deletions
)

# What was answered to idempotency keys. It may hold a person's words, so it goes with the user and the dialogue.
answers = Table(
    "answers",
    metadata,
    Column("tenant", Words, primary_key=True),
    Column("key", Words, primary_key=True),
    Column("user_id", BigInteger, ForeignKey("users.id", ondelete="CASCADE")),
    Column("dialogue", Words, ForeignKey("dialogues.id", ondelete="CASCADE")),
    Column("created", Double, nullable=False),
    Column("request", Words, nullable=False),
    Column("status", Integer, nullable=False),
    Column("body", Words, nullable=False),
    Column("made", Words),
    Index(None, "user_id"),
    Index(
        None,
        "dialogue",
        sqlite_where=text("dialogue IS NOT NULL"),
        postgresql_where=text("dialogue IS NOT NULL"),
    ),
    Index(None, "created"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Words, primary_key=True),
    Column("tenant", Words, nullable=False),
    Column("name", Words, nullable=False),
    Column("admin", Boolean, nullable=False),
    Column("created", Double, nullable=False),
    Column("revoked", Double),
    Column("salt", Words, nullable=False),
    Column("hash", Words, nullable=False),
)

items = Table(
    "items",
    metadata,
    Column("id", Words, primary_key=True),
    Column("title", Words, nullable=False),
    Column("year", Integer),
    Column("type", Words, nullable=False),
    Column("aliases", JsonText, nullable=False),
    Column("facts", JsonText),
    Column("plot", Words),
    Column("url", Words),
    Column("image", Words),
    Column("price", Words),
    Column("available", Boolean, nullable=False),
    Column("deleted", Boolean, nullable=False),
)

# One row, made by the migration: a number that grows under a lock, as no two changes may get the same one.
catalogue = Table(
    "catalogue",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),
)

known_items = Table(
    "known_items",
    metadata,
    Column("id", Words, primary_key=True),
    Column("title", Words, nullable=False),
    Column("year", Integer),
)
