"""Sessions say what their person looks for. Those that there are have not said it yet."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0010"
down_revision: Final = "0009"

TEXT: Final = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("sessions", sa.Column("purpose", TEXT))
    op.add_column("sessions", sa.Column("purpose_number", TEXT, server_default="", nullable=False))
