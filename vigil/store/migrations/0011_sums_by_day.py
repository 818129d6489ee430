"""Sums of minutes by day."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

from vigil.store.tables.base import DOCUMENT, INTEGER, TEXT, UtcDateTime

revision: Final = "0011"
down_revision: Final = "0010"


def upgrade() -> None:
    op.create_table(
        "queue_days",
        sa.Column("day", INTEGER, autoincrement=False, nullable=False),
        sa.Column("group", TEXT, nullable=False),
        sa.Column("in_service_s", sa.Double()),
        sa.Column("known_s", sa.Double()),
        sa.Column("most_waiting", INTEGER),
        sa.Column("waiting", DOCUMENT),
        sa.Column("wait_s", DOCUMENT),
        sa.Column("spans", TEXT, nullable=False),
        sa.Column("from_at", UtcDateTime(), nullable=False),
        sa.Column("to_at", UtcDateTime(), nullable=False),
        sa.Column("claim", TEXT),
        sa.PrimaryKeyConstraint("day", "group"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "window_days",
        sa.Column("day", INTEGER, autoincrement=False, nullable=False),
        sa.Column("window", TEXT, nullable=False),
        sa.Column("staffed_s", sa.Double()),
        sa.Column("unstaffed_s", sa.Double()),
        sa.Column("unknown_s", DOCUMENT),
        sa.Column("visitor_s", sa.Double()),
        sa.Column("spans", TEXT, nullable=False),
        sa.Column("from_at", UtcDateTime(), nullable=False),
        sa.Column("to_at", UtcDateTime(), nullable=False),
        sa.Column("claim", TEXT),
        sa.PrimaryKeyConstraint("day", "window"),
        sqlite_with_rowid=False,
    )
