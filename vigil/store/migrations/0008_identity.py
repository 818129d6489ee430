"""Initial passwords, where a session was begun, second factors, API tokens, and people of identity providers."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: Final = "0008"
down_revision: Final = "0007"

TEXT: Final = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INTEGER: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT: Final = sa.DateTime(timezone=True)
DOCUMENT: Final = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    op.add_column("users", sa.Column("password_initial", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("sessions", sa.Column("client", TEXT, nullable=False, server_default=""))
    op.create_table(
        "second_factors",
        sa.Column("username", TEXT, _user(), primary_key=True),
        sa.Column("sealed", TEXT, nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("last_step", INTEGER, nullable=False),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("code_sha256", TEXT, primary_key=True),
        sa.Column("username", TEXT, _user(), nullable=False),
    )
    op.create_index("ix_recovery_codes_username", "recovery_codes", ["username"])
    op.create_table(
        "api_tokens",
        sa.Column("token_sha256", TEXT, primary_key=True),
        sa.Column("id", TEXT, nullable=False, unique=True),
        sa.Column("username", TEXT, _user(), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("permissions", DOCUMENT, nullable=False),
        sa.Column("all_halls", sa.Boolean(), nullable=False),
        sa.Column("halls", DOCUMENT, nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("expires_at", AT, nullable=False),
        sa.Column("used_at", AT),
    )
    op.create_index("ix_api_tokens_username", "api_tokens", ["username"])
    op.create_table(
        "identities",
        sa.Column("issuer", TEXT, primary_key=True),
        sa.Column("subject", TEXT, primary_key=True),
        sa.Column("username", TEXT, _user(), nullable=False, unique=True),
    )


def _user() -> sa.ForeignKey:
    return sa.ForeignKey("users.username", ondelete="CASCADE")
