"""Footage that is kept beyond its time."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

from vigil.store.tables.base import TEXT, UtcDateTime

revision: Final = "0004"
down_revision: Final = "0003"


def upgrade() -> None:
    op.create_table(
        "holds",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("camera", TEXT, nullable=False),
        sa.Column("from_at", UtcDateTime(), nullable=False),
        sa.Column("to_at", UtcDateTime(), nullable=False),
        sa.Column("case", TEXT, nullable=False),
        sa.Column("by", TEXT, nullable=False),
        sa.Column("entered_at", UtcDateTime(), nullable=False),
        sa.Column("until_at", UtcDateTime()),
        sa.Column("released_at", UtcDateTime()),
        sa.Column("released_by", TEXT),
    )
    op.create_index("holds_by_camera", "holds", ["camera", "from_at"])
