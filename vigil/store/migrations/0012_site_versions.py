"""Versions of the site."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0012"
down_revision: Final = "0011"

TEXT: Final = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INTEGER: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT: Final = sa.DateTime(timezone=True)

# What was in force when an alert was raised must be found as it was.
_SQLITE: Final = tuple(
    f"CREATE TRIGGER site_versions_no_{change.lower()} BEFORE {change} ON site_versions "
    "BEGIN SELECT RAISE(ABORT, 'the history is append-only'); END"
    for change in ("UPDATE", "DELETE")
)
_POSTGRESQL: Final = (
    "CREATE TRIGGER site_versions_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON site_versions "
    "FOR EACH STATEMENT EXECUTE FUNCTION vigil_refuse('the history is append-only')",
)


def upgrade() -> None:
    op.create_table(
        "site_versions",
        sa.Column("number", INTEGER, autoincrement=False, primary_key=True),
        sa.Column("document", TEXT, nullable=False),
        sa.Column("sha256", TEXT, nullable=False),
        sa.Column("origin", TEXT, nullable=False),
        sa.Column("by", TEXT, nullable=False),
        sa.Column("why", TEXT, nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.Column("effective_from", AT, nullable=False),
    )
    op.create_index("ix_site_versions_effective_from", "site_versions", ["effective_from"])
    for statement in _POSTGRESQL if op.get_bind().dialect.name == "postgresql" else _SQLITE:
        op.execute(statement)
