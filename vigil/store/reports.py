"""Packs of figures: which were asked for, and where their files are. The files are in the archive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import select, tuple_, update

from vigil.model.ids import ReportId
from vigil.store.database import Database, insert_if_absent
from vigil.store.tables import ReportRow


class ReportState(StrEnum):
    WAITING = "waiting"  # asked for, and not made yet
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ReportFile:
    """`format` is the ending of its name: xlsx, pdf."""

    format: str
    key: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ReportRecord:
    """`asked_by` is None where the centre made it by itself, because it was due. Both days are included."""

    id: ReportId
    kind: str
    first_day: date
    last_day: date
    state: ReportState
    asked_at: datetime
    asked_by: str | None = None
    made_at: datetime | None = None
    files: tuple[ReportFile, ...] = ()
    fault: str | None = None

    def file(self, wanted: str) -> ReportFile | None:
        return next((file for file in self.files if file.format == wanted), None)


@dataclass(frozen=True, slots=True)
class ReportCursor:
    asked_at: datetime
    id: ReportId


@dataclass(frozen=True, slots=True)
class ReportPage:
    items: tuple[ReportRecord, ...]
    next: ReportCursor | None


class Reports:
    def __init__(self, database: Database) -> None:
        self._database = database

    def ask(self, record: ReportRecord) -> bool:
        """Enter one that is to be made. False when its id is known already."""
        values = {
            "id": record.id,
            "kind": record.kind,
            "first_day": record.first_day.isoformat(),
            "last_day": record.last_day.isoformat(),
            "state": ReportState.WAITING,
            "asked_at": record.asked_at,
            "asked_by": record.asked_by,
            "files": [],
        }
        with self._database.write() as session:
            return insert_if_absent(session, ReportRow, values)

    def waiting(self) -> list[ReportRecord]:
        """Those that are to be made, oldest first."""
        query = (
            select(ReportRow).where(ReportRow.state == ReportState.WAITING).order_by(ReportRow.asked_at, ReportRow.id)
        )
        with self._database.read() as session:
            return [_record(row) for row in session.scalars(query)]

    def mark_ready(self, report: ReportId, files: Sequence[ReportFile], *, at: datetime) -> None:
        with self._database.write() as session:
            row = session.get_one(ReportRow, report)
            row.state, row.made_at, row.files, row.fault = ReportState.READY, at, [asdict(file) for file in files], None

    def mark_failed(self, report: ReportId, fault: str) -> None:
        with self._database.write() as session:
            row = session.get_one(ReportRow, report)
            row.state, row.fault = ReportState.FAILED, fault

    def retry_due(self) -> None:
        """Those that the centre failed to make by itself are made again: what was missing may be there now."""
        failed = (ReportRow.state == ReportState.FAILED, ReportRow.asked_by.is_(None))
        with self._database.write() as session:
            session.execute(update(ReportRow).where(*failed).values(state=ReportState.WAITING, fault=None))

    def find(self, report: ReportId) -> ReportRecord | None:
        with self._database.read() as session:
            row = session.get(ReportRow, report)
            return None if row is None else _record(row)

    def page(self, *, after: ReportCursor | None = None, limit: int = 50) -> ReportPage:
        """The latest first."""
        query = select(ReportRow).order_by(ReportRow.asked_at.desc(), ReportRow.id.desc()).limit(limit + 1)
        if after is not None:
            query = query.where(tuple_(ReportRow.asked_at, ReportRow.id) < (after.asked_at, after.id))
        with self._database.read() as session:
            items = [_record(row) for row in session.scalars(query)]
        last = items[limit - 1] if len(items) > limit else None
        return ReportPage(tuple(items[:limit]), None if last is None else ReportCursor(last.asked_at, last.id))


def _record(row: ReportRow) -> ReportRecord:
    return ReportRecord(
        id=ReportId(row.id),
        kind=row.kind,
        first_day=date.fromisoformat(row.first_day),
        last_day=date.fromisoformat(row.last_day),
        state=ReportState(row.state),
        asked_at=row.asked_at,
        asked_by=row.asked_by,
        made_at=row.made_at,
        files=tuple(ReportFile(**file) for file in row.files),
        fault=row.fault,
    )
