"""The access register (decree 799, article 16): who watched, played, exported and pulled what, when and why.

Append-only: there is no method that changes or removes a row, and the database refuses one. Each entry bears a hash over
itself and the one before (vigil/store/register_chain.py), so that whoever goes round the database is found out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields, replace
from datetime import datetime

from sqlalchemy import ColumnElement, select

from vigil.model.ids import CameraId
from vigil.model.register import Action, Entry
from vigil.store.database import Database, Lock, take_lock
from vigil.store.register_chain import FIRST, HEAD, Head, link
from vigil.store.tables import RegisterHeadRow, RegisterRow
from vigil.store.users import User

_BATCH = 2000


@dataclass(frozen=True, slots=True)
class RegisterFilter:
    """None: any. `text` is looked for in subject and reason."""

    username: str | None = None
    action: Action | None = None
    cameras: Collection[CameraId] | None = None
    from_at: datetime | None = None
    to_at: datetime | None = None
    text: str | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        if self.username is not None:
            found.append(RegisterRow.username == self.username)
        if self.action is not None:
            found.append(RegisterRow.action == self.action)
        if self.cameras is not None:
            found.append(RegisterRow.camera.in_(self.cameras))
        if self.from_at is not None:
            found.append(RegisterRow.at >= self.from_at)
        if self.to_at is not None:
            found.append(RegisterRow.at < self.to_at)
        if self.text is not None:
            found.append(
                RegisterRow.subject.contains(self.text, autoescape=True)
                | RegisterRow.reason.contains(self.text, autoescape=True)
            )
        return found


@dataclass(frozen=True, slots=True)
class RegisterPage:
    """`next`: ask for the entries before this number; None: there are none."""

    items: tuple[Entry, ...]
    next: int | None


class Register:
    def __init__(self, database: Database) -> None:
        self._database = database

    def append(
        self,
        user: User,
        action: Action,
        subject: str,
        *,
        at: datetime,
        reason: str | None = None,
        camera: CameraId | None = None,
    ) -> None:
        """Durable on return: only then may the footage be shown. `subject` says which camera, clip and time."""
        with self._database.write() as session:
            take_lock(session, Lock.REGISTER)
            head = session.get(RegisterHeadRow, HEAD, populate_existing=True)
            if head is None:
                head = RegisterHeadRow(id=HEAD, number=0, sha256=FIRST)
                session.add(head)
            entry = Entry(head.number + 1, at, user.username, user.name, user.unit, action, subject, reason, camera)
            entry = replace(entry, sha256=link(head.sha256, entry))
            head.number, head.sha256 = entry.number, entry.sha256
            session.add(RegisterRow(**{field.name: getattr(entry, field.name) for field in fields(entry)}))
            session.flush()

    def page(
        self, chosen: RegisterFilter | None = None, *, before: int | None = None, limit: int = 100
    ) -> RegisterPage:
        """Newest first."""
        conditions = chosen.conditions() if chosen else []
        if before is not None:
            conditions.append(RegisterRow.number < before)
        query = select(RegisterRow).where(*conditions).order_by(RegisterRow.number.desc()).limit(limit + 1)
        with self._database.read() as session:
            rows = [_entry(row) for row in session.scalars(query)]
        items = tuple(rows[:limit])
        return RegisterPage(items, items[-1].number if len(rows) > limit else None)

    def head(self) -> Head:
        """Of the last entry."""
        with self._database.read() as session:
            row = session.get(RegisterHeadRow, HEAD)
            return Head(0, FIRST) if row is None else Head(row.number, row.sha256)

    def all(self) -> Iterator[Entry]:
        """By number, as they stand."""
        after = 0
        while batch := self._after(after):
            yield from batch
            after = batch[-1].number

    def _after(self, number: int) -> list[Entry]:
        query = select(RegisterRow).where(RegisterRow.number > number).order_by(RegisterRow.number).limit(_BATCH)
        with self._database.read() as session:
            return [_entry(row) for row in session.scalars(query)]


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
        camera=None if row.camera is None else CameraId(row.camera),
        sha256=row.sha256,
    )
