"""The access register (decree 799, article 16): who watched, played, exported and pulled what, when and why.

Append-only: there is no method that changes or removes a row, and the database refuses one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select

from vigil.store.database import Database, Lock, take_lock
from vigil.store.tables import RegisterRow
from vigil.store.users import User


class Action(StrEnum):
    WATCH = "watch"  # a live picture
    PLAY = "play"  # a clip, or a stretch of the archive
    EXPORT = "export"  # a clip, downloaded
    PULL = "pull"  # footage fetched from the archive into a clip
    END = "end"  # of a live picture or a stretch of the archive that another platform read


@dataclass(frozen=True, slots=True)
class Entry:
    """Name and unit are kept as they were at that time. `number` rises by one with every entry: a hole is an entry that
    somebody took out.
    """

    number: int
    at: datetime
    username: str
    name: str
    unit: str
    action: Action
    subject: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class RegisterPage:
    """`next`: ask for the entries before this number; None: there are none."""

    items: tuple[Entry, ...]
    next: int | None


class Register:
    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, user: User, action: Action, subject: str, *, at: datetime, reason: str | None = None) -> None:
        """Durable on return: only then may the footage be shown. `subject` says which camera, clip and time."""
        with self._database.write() as session:
            take_lock(session, Lock.REGISTER)
            last = session.scalar(select(func.max(RegisterRow.number)))
            session.add(
                RegisterRow(
                    number=1 if last is None else last + 1,
                    at=at,
                    username=user.username,
                    name=user.name,
                    unit=user.unit,
                    action=action,
                    subject=subject,
                    reason=reason,
                )
            )

    def page(self, *, before: int | None = None, limit: int = 100) -> RegisterPage:
        """Newest first."""
        query = select(RegisterRow).order_by(RegisterRow.number.desc()).limit(limit + 1)
        if before is not None:
            query = query.where(RegisterRow.number < before)
        with self._database.read() as session:
            rows = [_entry(row) for row in session.scalars(query)]
        items = tuple(rows[:limit])
        return RegisterPage(items, items[-1].number if len(rows) > limit else None)


def _entry(row: RegisterRow) -> Entry:
    return Entry(
        number=row.number,
        at=row.at,
        username=row.username,
        name=row.name,
        unit=row.unit,
        action=Action(row.action),
        subject=row.subject,
        reason=row.reason,
    )
