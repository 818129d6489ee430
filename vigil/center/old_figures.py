"""Removes figures whose time is over, a day in one transaction with its entry in the register."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from vigil.model.register import Action
from vigil.store.figure_expiry import Forgotten
from vigil.store.stores import Stores
from vigil.store.users import User

_DAY = timedelta(days=1)


class OldFigures:
    """`by` and `why`: who removes them, and for what reason, in the register's words."""

    def __init__(self, stores: Stores, keep: timedelta, by: User, why: str) -> None:
        self._stores, self._keep, self._by, self._why = stores, keep, by, why

    def sweep(self, zone: ZoneInfo, now: datetime, stopped: Callable[[], bool]) -> int:
        """The local days that are over, the oldest first. How many. Raises StoreError."""
        stays, count = _midnight((now - self._keep).astimezone(zone).date(), zone), 0
        while not stopped() and (oldest := self._stores.figure_expiry.oldest(stays)) is not None:
            self._forget(oldest.astimezone(zone).date(), zone, now)
            count += 1
        return count

    def _forget(self, day: date, zone: ZoneInfo, now: datetime) -> None:
        next_day = day + _DAY
        with self._stores.database.write():
            gone = self._stores.figure_expiry.forget(_midnight(next_day, zone), next_day)
            self._stores.register.append(self._by, Action.DELETE, _subject(day, gone), at=now, reason=self._why)


def _subject(day: date, gone: Forgotten) -> str:
    return (
        f"figures up to {day}: {gone.window_minutes} minutes of windows, {gone.queue_minutes} of queues, {gone.changes} changes, "
        f"{gone.footage_hours} hours of footage, {gone.gaps} gaps"
    )


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)
