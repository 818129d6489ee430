"""Reports that were made or are to be made."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Index,
)
from sqlalchemy.orm import Mapped, mapped_column

from vigil.store.tables.base import Base


class ReportRow(Base):
    """A pack of figures, asked for or made. `files`: format, key, size and sha256 of each, once it is there."""

    __tablename__ = "reports"
    __table_args__ = (Index("reports_by_asked_at", "asked_at", "id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    first_day: Mapped[str]
    last_day: Mapped[str]
    state: Mapped[str] = mapped_column(index=True)
    asked_at: Mapped[datetime]
    asked_by: Mapped[str | None]
    made_at: Mapped[datetime | None]
    files: Mapped[list[dict[str, Any]]]
    fault: Mapped[str | None]
