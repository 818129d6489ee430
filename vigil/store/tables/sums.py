"""Sums of minutes by day. What stands here can be made again from the minutes at any time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from vigil.store.tables.base import Base


class DayOfSums(Base):
    """`day` is the ordinal of a local day, `spans` the service that was added up, between `from_at` and `to_at`.

    While `claim` is set somebody is adding up. The figures are NULL where nobody told anything.
    """

    __abstract__ = True
    __table_args__ = ({"sqlite_with_rowid": False},)

    day: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, sort_order=-2)
    spans: Mapped[str]
    from_at: Mapped[datetime]
    to_at: Mapped[datetime]
    claim: Mapped[str | None]


class WindowDayRow(DayOfSums):
    __tablename__ = "window_days"

    window: Mapped[str] = mapped_column(primary_key=True, sort_order=-1)
    staffed_s: Mapped[float | None]
    unstaffed_s: Mapped[float | None]
    unknown_s: Mapped[dict[str, Any] | None]
    visitor_s: Mapped[float | None]


class QueueDayRow(DayOfSums):
    """`waiting` and `wait_s`: seconds by figure."""

    __tablename__ = "queue_days"

    group: Mapped[str] = mapped_column(primary_key=True, sort_order=-1)
    in_service_s: Mapped[float | None]
    known_s: Mapped[float | None]
    most_waiting: Mapped[int | None]
    waiting: Mapped[dict[str, Any] | None]
    wait_s: Mapped[dict[str, Any] | None]
