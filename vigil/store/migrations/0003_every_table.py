"""Every table as it was when Alembic came: version 3 of the scheme before it, of which SQLite databases are taken over.

The names of indexes and the unnamed constraints are those of that time. `if_not_exists`: a database that is taken over has most.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: Final = "0003"
down_revision: Final = None

TEXT: Final = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INTEGER: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT: Final = sa.DateTime(timezone=True)
DOCUMENT: Final = sa.JSON().with_variant(JSONB(), "postgresql")

# Decree 799, article 23: nobody alters the register, a slip in our own code included. Nor what kept a window from being judged:
# a suspension is ended, once.
_ENTERED: Final = 'id, hall, "window", kind, from_at, to_at, note, "by", entered_at'
_SQLITE: Final = (
    *(
        f"CREATE TRIGGER IF NOT EXISTS register_no_{change.lower()} BEFORE {change} ON register "
        "BEGIN SELECT RAISE(ABORT, 'the register is append-only'); END"
        for change in ("UPDATE", "DELETE")
    ),
    "CREATE TRIGGER IF NOT EXISTS suspensions_no_delete BEFORE DELETE ON suspensions "
    "BEGIN SELECT RAISE(ABORT, 'suspensions are kept'); END",
    f"CREATE TRIGGER IF NOT EXISTS suspensions_no_update BEFORE UPDATE OF {_ENTERED} ON suspensions "
    "BEGIN SELECT RAISE(ABORT, 'suspensions are kept as they were entered'); END",
    "CREATE TRIGGER IF NOT EXISTS suspensions_end_once BEFORE UPDATE ON suspensions WHEN OLD.ended_at IS NOT NULL "
    "BEGIN SELECT RAISE(ABORT, 'a suspension ends once'); END",
)
_POSTGRESQL: Final = (
    "CREATE FUNCTION vigil_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation'; END $$",
    "CREATE TRIGGER register_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON register "
    "FOR EACH STATEMENT EXECUTE FUNCTION vigil_refuse('the register is append-only')",
    "CREATE TRIGGER suspensions_no_delete BEFORE DELETE OR TRUNCATE ON suspensions "
    "FOR EACH STATEMENT EXECUTE FUNCTION vigil_refuse('suspensions are kept')",
    f"CREATE TRIGGER suspensions_no_update BEFORE UPDATE OF {_ENTERED} ON suspensions "
    "FOR EACH STATEMENT EXECUTE FUNCTION vigil_refuse('suspensions are kept as they were entered')",
    "CREATE TRIGGER suspensions_end_once BEFORE UPDATE ON suspensions FOR EACH ROW WHEN (OLD.ended_at IS NOT NULL) "
    "EXECUTE FUNCTION vigil_refuse('a suspension ends once')",
)


def upgrade() -> None:
    _people()
    _alerts()
    _footage()
    _windows()
    _minutes()
    _nodes()
    for statement in _POSTGRESQL if op.get_bind().dialect.name == "postgresql" else _SQLITE:
        op.execute(statement)


def _people() -> None:
    _table(
        "users",
        sa.Column("username", TEXT, primary_key=True),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("unit", TEXT, nullable=False),
        sa.Column("roles", DOCUMENT, nullable=False),
        sa.Column("password_hash", TEXT, nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
    )
    _table(
        "sessions",
        sa.Column("token_sha256", TEXT, primary_key=True),
        sa.Column("username", TEXT, nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("seen_at", AT, nullable=False),
        sa.Column("expires_at", AT, nullable=False),
        sa.ForeignKeyConstraint(["username"], ["users.username"], ondelete="CASCADE"),
    )
    _index("ix_sessions_expires_at", "sessions", ["expires_at"])
    _index("ix_sessions_username", "sessions", ["username"])
    _table(
        "register",
        sa.Column("number", INTEGER, autoincrement=False, primary_key=True),
        sa.Column("at", AT, nullable=False),
        sa.Column("username", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("unit", TEXT, nullable=False),
        sa.Column("action", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("reason", TEXT),
    )
    _index("ix_register_at", "register", ["at"])


def _alerts() -> None:
    _table(
        "alerts",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("revision", INTEGER, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("hall", TEXT, nullable=False),
        sa.Column("camera", TEXT),
        sa.Column("window", TEXT),
        sa.Column("group", TEXT),
        sa.Column("began_at", AT, nullable=False),
        sa.Column("raised_at", AT, nullable=False),
        sa.Column("escalated_at", AT),
        sa.Column("ended_at", AT),
        sa.Column("end_reason", TEXT),
        sa.Column("clip_from_at", AT),
        sa.Column("clip_to_at", AT),
        sa.Column("facts", DOCUMENT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("backfilled", sa.Boolean(), nullable=False),
        sa.Column("snapshot_key", TEXT),
    )
    _index("alerts_by_raised_at", "alerts", ["raised_at", "id"])
    _index("ix_alerts_hall", "alerts", ["hall"])
    _index("ix_alerts_kind", "alerts", ["kind"])
    _index("ix_alerts_state", "alerts", ["state"])
    _table(
        "alert_steps",
        sa.Column("number", INTEGER, primary_key=True),
        sa.Column("alert", TEXT, nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.Column("by", TEXT, nullable=False),
        sa.Column("step", TEXT, nullable=False),
        sa.Column("note", TEXT),
        sa.ForeignKeyConstraint(["alert"], ["alerts.id"]),
    )
    _index("ix_alert_steps_alert", "alert_steps", ["alert"])
    _table(
        "alert_traces",
        sa.Column("alert", TEXT, primary_key=True),
        sa.Column("points", DOCUMENT, nullable=False),
        sa.ForeignKeyConstraint(["alert"], ["alerts.id"]),
    )
    _table(
        "clips",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("camera", TEXT, nullable=False),
        sa.Column("alert", TEXT),
        sa.Column("from_at", AT, nullable=False),
        sa.Column("to_at", AT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("object_key", TEXT),
        sa.Column("size", INTEGER),
        sa.Column("sha256", TEXT),
        sa.Column("gaps", DOCUMENT, nullable=False),
        sa.Column("reason", TEXT),
        sa.Column("by", TEXT),
        sa.Column("created_at", AT, nullable=False),
        sa.UniqueConstraint("alert"),
    )
    _index("ix_clips_camera", "clips", ["camera"])
    _index("ix_clips_created_at", "clips", ["created_at"])
    _index("ix_clips_state", "clips", ["state"])


def _footage() -> None:
    _table(
        "segments",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("camera", TEXT, nullable=False),
        sa.Column("start_at", AT, nullable=False),
        sa.Column("end_at", AT, nullable=False),
        sa.Column("size", INTEGER, nullable=False),
        sa.Column("sha256", TEXT, nullable=False),
        sa.Column("previous_sha256", TEXT, nullable=False),
        sa.Column("packets", INTEGER, nullable=False),
        sa.Column("codec", TEXT, nullable=False),
        sa.Column("width", INTEGER, nullable=False),
        sa.Column("height", INTEGER, nullable=False),
        sa.Column("recovered", sa.Boolean(), nullable=False),
        sa.Column("backfilled", sa.Boolean(), nullable=False),
        sa.Column("object_key", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
    )
    _index("ix_segments_state", "segments", ["state"])
    _index("segments_by_camera", "segments", ["camera", "start_at"])
    _table(
        "footage_hours",
        sa.Column("camera", TEXT, primary_key=True),
        sa.Column("at", AT, primary_key=True),
        sa.Column("stored_s", sa.Double(), nullable=False),
        sqlite_with_rowid=False,
    )
    _table(
        "gaps",
        sa.Column("number", INTEGER, primary_key=True),
        sa.Column("camera", TEXT, nullable=False),
        sa.Column("start_at", AT, nullable=False),
        sa.Column("end_at", AT, nullable=False),
        sa.Column("cause", TEXT, nullable=False),
        sa.UniqueConstraint("camera", "start_at", "end_at", "cause"),
    )


def _windows() -> None:
    _table(
        "observations",
        sa.Column("record", TEXT, primary_key=True),
        sa.Column("window", TEXT, nullable=False),
        sa.Column("staffing", TEXT, nullable=False),
        sa.Column("in_service", sa.Boolean(), nullable=False),
        sa.Column("since_at", AT, nullable=False),
        sa.Column("why", TEXT),
        sa.Column("visitor", TEXT, nullable=False),
        sa.Column("suspended", TEXT),
        sa.Column("confidence", sa.Double()),
    )
    _index("observations_by_window", "observations", ["window", "since_at"])
    _table(
        "suspensions",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("hall", TEXT, nullable=False),
        sa.Column("window", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("from_at", AT, nullable=False),
        sa.Column("to_at", AT, nullable=False),
        sa.Column("note", TEXT, nullable=False),
        sa.Column("by", TEXT, nullable=False),
        sa.Column("entered_at", AT, nullable=False),
        sa.Column("ended_at", AT),
        sa.Column("ended_by", TEXT),
    )
    _index("ix_suspensions_hall", "suspensions", ["hall"])
    _index("ix_suspensions_to_at", "suspensions", ["to_at"])
    _index("ix_suspensions_window", "suspensions", ["window"])
    _index("suspensions_by_from_at", "suspensions", ["from_at", "id"])


def _minutes() -> None:
    _table(
        "minutes",
        sa.Column("number", INTEGER, primary_key=True),
        sa.Column("record", TEXT, nullable=False),
        sa.Column("node", TEXT, nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.UniqueConstraint("record"),
    )
    _table(
        "window_minutes",
        sa.Column("window", TEXT, primary_key=True),
        sa.Column("at", AT, primary_key=True),
        sa.Column("minute", INTEGER, primary_key=True),
        sa.Column("staffed_s", sa.Double(), nullable=False),
        sa.Column("unstaffed_s", sa.Double(), nullable=False),
        sa.Column("unknown_s", DOCUMENT, nullable=False),
        sa.Column("visitor_s", sa.Double(), nullable=False),
        sa.Column("looks", INTEGER, nullable=False),
        sa.ForeignKeyConstraint(["minute"], ["minutes.number"]),
        sqlite_with_rowid=False,
    )
    _table(
        "queue_minutes",
        sa.Column("group", TEXT, primary_key=True),
        sa.Column("at", AT, primary_key=True),
        sa.Column("minute", INTEGER, primary_key=True),
        sa.Column("in_service_s", sa.Double(), nullable=False),
        sa.Column("known_s", sa.Double(), nullable=False),
        sa.Column("waiting_mean", sa.Double()),
        sa.Column("waiting_least", INTEGER),
        sa.Column("waiting_most", INTEGER),
        sa.Column("staffed_mean", sa.Double(), nullable=False),
        sa.Column("wait_s", sa.Double()),
        sa.ForeignKeyConstraint(["minute"], ["minutes.number"]),
        sqlite_with_rowid=False,
    )


def _nodes() -> None:
    _table(
        "node_clocks",
        sa.Column("number", INTEGER, primary_key=True),
        sa.Column("node", TEXT, nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.Column("offset_s", sa.Double(), nullable=False),
        sa.Column("error_s", sa.Double(), nullable=False),
    )
    _index("node_clocks_by_node", "node_clocks", ["node", "at"])
    _table(
        "node_keys",
        sa.Column("node", TEXT, primary_key=True),
        sa.Column("key_sha256", TEXT, nullable=False),
        sa.Column("enrolled_at", AT, nullable=False),
    )
    _table(
        "node_tokens",
        sa.Column("token_sha256", TEXT, primary_key=True),
        sa.Column("node", TEXT, nullable=False),
        sa.Column("expires_at", AT, nullable=False),
        sa.Column("key_sha256", TEXT),
    )


def _table(name: str, *parts: sa.schema.SchemaItem, **options: bool) -> None:
    op.create_table(name, *parts, if_not_exists=True, **options)


def _index(name: str, table: str, columns: list[str]) -> None:
    op.create_index(name, table, columns, if_not_exists=True)
