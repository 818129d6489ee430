"""Alerts seen through: what their steps bring, escalation, mutes, and the ledger.

Earlier dismissals had free text alone and no reason of the list: they are counted as other.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0009"
down_revision: Final = "0008"

TEXT: Final = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INTEGER: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT: Final = sa.DateTime(timezone=True)

# Nobody alters who decided what about whom: a wrong step is answered by another.
_KEPT: Final = ("alert_steps", "ledger_steps", "ledger_evidence")
_SQLITE: Final = tuple(
    f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
    "BEGIN SELECT RAISE(ABORT, 'the history is append-only'); END"
    for table in _KEPT
    for change in ("UPDATE", "DELETE")
)
_POSTGRESQL: Final = tuple(
    f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
    "FOR EACH STATEMENT EXECUTE FUNCTION vigil_refuse('the history is append-only')"
    for table in _KEPT
)


def upgrade() -> None:
    _alerts()
    _mutes()
    _ledger()
    for statement in _POSTGRESQL if op.get_bind().dialect.name == "postgresql" else _SQLITE:
        op.execute(statement)


def _alerts() -> None:
    op.add_column("alerts", sa.Column("received_at", AT))
    op.add_column("alerts", sa.Column("waits_since", AT))
    op.add_column("alerts", sa.Column("level", INTEGER, server_default="0", nullable=False))
    op.add_column("alerts", sa.Column("assigned", TEXT))
    op.add_column("alerts", sa.Column("muted_until", AT))
    op.create_index("ix_alerts_waits_since", "alerts", ["waits_since"])
    op.add_column("alert_steps", sa.Column("reason", TEXT))
    op.add_column("alert_steps", sa.Column("to", TEXT))
    op.add_column("alert_steps", sa.Column("key", TEXT))
    op.create_index("alert_steps_by_key", "alert_steps", ["alert", "by", "key"], unique=True)
    op.execute("UPDATE alert_steps SET reason = 'other' WHERE step = 'dismiss'")


def _mutes() -> None:
    op.create_table(
        "mutes",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("hall", TEXT, nullable=False),
        sa.Column("window", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("from_at", AT, nullable=False),
        sa.Column("to_at", AT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("by", TEXT, nullable=False),
        sa.Column("ended_at", AT),
        sa.Column("ended_by", TEXT),
    )
    op.create_index("mutes_by_window", "mutes", ["window", "kind", "to_at"])
    op.create_index("ix_mutes_from_at", "mutes", ["from_at"])


def _ledger() -> None:
    op.create_table(
        "ledger_years",
        sa.Column("year", INTEGER, autoincrement=False, primary_key=True),
        sa.Column("last", INTEGER, nullable=False),
    )
    op.create_table(
        "ledger_entries",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("year", INTEGER),
        sa.Column("serial", INTEGER),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("hall", TEXT, nullable=False),
        sa.Column("window", TEXT),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("details", TEXT, nullable=False),
        sa.Column("unit", TEXT, nullable=False),
        sa.Column("person", TEXT),
        sa.Column("deadline", AT, nullable=False),
        sa.Column("alert", TEXT),
        sa.Column("entered_at", AT, nullable=False),
        sa.Column("entered_by", TEXT, nullable=False),
        sa.Column("key", TEXT),
        sa.Column("reminded", TEXT),
        sa.ForeignKeyConstraint(["alert"], ["alerts.id"]),
        sa.UniqueConstraint("year", "serial"),
        sa.UniqueConstraint("entered_by", "key"),
    )
    op.create_index("ix_ledger_entries_alert", "ledger_entries", ["alert"])
    op.create_index("ix_ledger_entries_hall", "ledger_entries", ["hall"])
    op.create_index("ledger_by_deadline", "ledger_entries", ["state", "deadline"])
    op.create_index("ledger_by_entered_at", "ledger_entries", ["entered_at", "id"])
    op.create_table(
        "ledger_steps",
        sa.Column("number", INTEGER, primary_key=True),
        sa.Column("entry", TEXT, nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.Column("by", TEXT, nullable=False),
        sa.Column("step", TEXT, nullable=False),
        sa.Column("note", TEXT),
        sa.Column("unit", TEXT),
        sa.Column("person", TEXT),
        sa.Column("deadline", AT),
        sa.Column("evidence", TEXT),
        sa.Column("key", TEXT),
        sa.ForeignKeyConstraint(["entry"], ["ledger_entries.id"]),
        sa.UniqueConstraint("entry", "by", "key"),
    )
    op.create_index("ix_ledger_steps_entry", "ledger_steps", ["entry"])
    op.create_table(
        "ledger_evidence",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("entry", TEXT, nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.Column("by", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("subject", TEXT),
        sa.Column("name", TEXT),
        sa.Column("object_key", TEXT),
        sa.Column("size", INTEGER),
        sa.Column("sha256", TEXT),
        sa.Column("content_type", TEXT),
        sa.ForeignKeyConstraint(["entry"], ["ledger_entries.id"]),
    )
    op.create_index("ix_ledger_evidence_entry", "ledger_evidence", ["entry"])
