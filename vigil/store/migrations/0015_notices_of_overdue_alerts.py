"""Notices of alerts that nobody took further in time: to whom each was passed, and by which step. One alert may climb twice."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0015"
down_revision: Final = "0014"

TEXT: Final = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INTEGER: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
# PostgreSQL's own name for it; SQLite has none, and can only make the table anew.
_NAMES: Final = {"uq": "%(table_name)s_%(column_0_N_name)s_key"}


def upgrade() -> None:
    with op.batch_alter_table("notices", naming_convention=_NAMES) as notices:
        notices.add_column(sa.Column("version", INTEGER, server_default="0", nullable=False))
        notices.add_column(sa.Column("role", TEXT, nullable=True))
        notices.drop_constraint("notices_channel_alert_stage_key", type_="unique")
        notices.create_unique_constraint(
            "notices_channel_alert_stage_version_key", ["channel", "alert", "stage", "version"]
        )
