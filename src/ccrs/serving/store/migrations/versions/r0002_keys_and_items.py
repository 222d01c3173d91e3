"""API keys, idempotency keys, and a catalogue that changes while the server runs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("admin", sa.Boolean, nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("revoked", sa.Double),
        sa.Column("salt", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
    )
    _make_answers()
    _make_items()


def _make_answers() -> None:
    op.create_table(
        "answers",
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("user_id", sa.BigInteger),
        sa.Column("dialogue", sa.Text),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("request", sa.Text, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("made", sa.Text),
        sa.PrimaryKeyConstraint("tenant", "key", name="pk_answers"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_answers_user_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["dialogue"], ["dialogues.id"], name="fk_answers_dialogue", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_answers_user_id", "answers", ["user_id"])
    op.create_index("ix_answers_created", "answers", ["created"])
    op.create_index(
        "ix_answers_dialogue",
        "answers",
        ["dialogue"],
        sqlite_where=sa.text("dialogue IS NOT NULL"),
        postgresql_where=sa.text("dialogue IS NOT NULL"),
    )


def _make_items() -> None:
    op.create_table(
        "items",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("year", sa.Integer),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("aliases", sa.Text, nullable=False),
        sa.Column("facts", sa.Text),
        sa.Column("plot", sa.Text),
        sa.Column("url", sa.Text),
        sa.Column("image", sa.Text),
        sa.Column("price", sa.Text),
        sa.Column("available", sa.Boolean, nullable=False),
        sa.Column("deleted", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_items"),
    )
    counter = op.create_table(
        "catalogue",
        sa.Column("id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_catalogue"),
    )
    op.bulk_insert(counter, [{"id": 1, "version": 0}])
    op.create_table(
        "known_items",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("year", sa.Integer),
        sa.PrimaryKeyConstraint("id", name="pk_known_items"),
    )
