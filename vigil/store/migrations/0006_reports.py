"""Packs of figures."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

from vigil.store.tables.base import DOCUMENT, TEXT, UtcDateTime

revision: Final = "0006"
down_revision: Final = "0005"


def upgrade() -> None:
    op.create_table(
        "reports",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("first_day", TEXT, nullable=False),
        sa.Column("last_day", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("asked_by", TEXT),
        sa.Column("made_at", UtcDateTime()),
        sa.Column("files", DOCUMENT, nullable=False),
        sa.Column("fault", TEXT),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_reports_state"), "reports", ["state"])
    op.create_index("reports_by_asked_at", "reports", ["asked_at", "id"])
