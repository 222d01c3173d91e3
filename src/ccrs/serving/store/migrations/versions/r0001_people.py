"""People, their dialogues and turns, and what they think of things."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "users",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("tenant", "name", name="uq_users_tenant"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "dialogues",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("last", sa.Double, nullable=False),
        sa.Column("head", sa.Text),
        sa.Column("num_turns", sa.Integer, nullable=False),
        sa.Column("num_branches", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_dialogues"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_dialogues_user_id", ondelete="CASCADE"),
    )
    op.create_index("ix_dialogues_user_id", "dialogues", ["user_id", "created"])
    op.create_index("ix_dialogues_last", "dialogues", ["last"])
    _make_turns()
    _make_opinions()


def _make_turns() -> None:
    op.create_table(
        "turns",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("dialogue", sa.Text, nullable=False),
        sa.Column("branch", sa.Integer, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("parent", sa.Text),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("said", sa.Text, nullable=False),
        sa.Column("reply", sa.Text, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("shown", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_turns"),
        sa.ForeignKeyConstraint(["dialogue"], ["dialogues.id"], name="fk_turns_dialogue", ondelete="CASCADE"),
        sa.UniqueConstraint("dialogue", "branch", "number", name="uq_turns_dialogue"),
    )
    op.create_index(
        "ix_turns_fingerprint",
        "turns",
        ["user_id", "fingerprint", "created"],
        sqlite_where=sa.text("fingerprint IS NOT NULL"),
        postgresql_where=sa.text("fingerprint IS NOT NULL"),
    )


def _make_opinions() -> None:
    op.create_table(
        "opinions",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("entity", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("opinion", sa.Text),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("dialogue", sa.Text),
        sa.Column("turn", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_opinions"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_opinions_user_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["dialogue"], ["dialogues.id"], name="fk_opinions_dialogue", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["turn"], ["turns.id"], name="fk_opinions_turn", ondelete="CASCADE"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_opinions_user_id", "opinions", ["user_id", "entity", "kind"])
    for column in ("dialogue", "turn"):
        op.create_index(
            f"ix_opinions_{column}",
            "opinions",
            [column],
            sqlite_where=sa.text(f"{column} IS NOT NULL"),
            postgresql_where=sa.text(f"{column} IS NOT NULL"),
        )
