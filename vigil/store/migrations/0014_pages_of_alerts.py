"""Pages of alerts by time, of one hall, kind or state, of somebody's, and of what goes on: an index of each."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0014"
down_revision: Final = "0013"


def upgrade() -> None:
    for column in ("hall", "kind", "state"):
        op.drop_index(f"ix_alerts_{column}", table_name="alerts")
        op.create_index(f"alerts_of_{column}", "alerts", [column, "raised_at", "id"])
    op.create_index("alerts_assigned", "alerts", ["assigned", "raised_at", "id"], **_where("assigned IS NOT NULL"))
    op.create_index("alerts_active", "alerts", ["raised_at", "id"], **_where("ended_at IS NULL"))


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}
