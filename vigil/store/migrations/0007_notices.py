"""Notices: who is told of what, what was sent, each attempt, and where each channel stands."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: Final = "0007"
down_revision: Final = "0006"

TEXT: Final = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INTEGER: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT: Final = sa.DateTime(timezone=True)
DOCUMENT: Final = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "notice_channels",
        sa.Column("channel", TEXT, primary_key=True),
        sa.Column("attempt", INTEGER, nullable=True),
        sa.Column("leased_until", AT, nullable=True),
        sa.Column("failures", INTEGER, nullable=False),
        sa.Column("rest_until", AT, nullable=True),
        sa.Column("verdict", TEXT, nullable=True),
        sa.Column("answer", TEXT, nullable=True),
        sa.Column("delivered_at", AT, nullable=True),
    )
    op.create_table(
        "notice_messages",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("channel", TEXT, nullable=False),
        sa.Column("test", sa.Boolean(), nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("created_at", AT, nullable=False, index=True),
        sa.Column("notices", INTEGER, nullable=False),
        sa.Column("body", DOCUMENT, nullable=False),
        sa.Index("notice_messages_by_state", "channel", "state"),
    )
    op.create_table(
        "notice_attempts",
        sa.Column("number", INTEGER, primary_key=True, autoincrement=True),
        sa.Column("message", TEXT, sa.ForeignKey("notice_messages.id"), nullable=False, index=True),
        sa.Column("channel", TEXT, nullable=False),
        sa.Column("at", AT, nullable=False, index=True),
        sa.Column("until_at", AT, nullable=False),
        sa.Column("verdict", TEXT, nullable=True),
        sa.Column("answer", TEXT, nullable=True),
        sa.Index("notice_attempts_by_channel", "channel", "until_at"),
    )
    op.create_table(
        "notices",
        sa.Column("number", INTEGER, primary_key=True, autoincrement=True),
        sa.Column("channel", TEXT, nullable=False),
        sa.Column("alert", TEXT, sa.ForeignKey("alerts.id"), nullable=False),
        sa.Column("stage", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("created_at", AT, nullable=False, index=True),
        sa.Column("due_at", AT, nullable=False),
        sa.Column("message", TEXT, nullable=True, index=True),
        sa.UniqueConstraint("channel", "alert", "stage"),
        sa.Index("notices_by_state", "channel", "state", "due_at"),
    )
