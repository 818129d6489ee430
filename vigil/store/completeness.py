"""How much of a span a camera's footage covers. The hours are counted as footage is stored, so that a day costs a few rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from vigil.model.ids import CameraId
from vigil.model.media import GapCause
from vigil.store.database import Database, insert_if_absent
from vigil.store.tables import FootageHourRow, GapRow, SegmentRow

HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Completeness:
    """Seconds of a camera in a span. `expected_s` begins with its first footage: before, there was no camera."""

    camera: CameraId
    expected_s: float
    stored_s: float
    gaps_s: dict[GapCause, float] = field(default_factory=dict)

    @property
    def unexplained_s(self) -> float:
        """Neither here nor known to be missing: on its way, or nobody said why it is not."""
        return max(0.0, self.expected_s - self.stored_s - sum(self.gaps_s.values()))

    @property
    def share(self) -> float | None:
        """Of what was expected and is to be recorded at all; None where nothing was."""
        wanted_s = self.expected_s - self.gaps_s.get(GapCause.UNWANTED, 0.0)
        return min(1.0, self.stored_s / wanted_s) if wanted_s > 0 else None


class FootageHours:
    def __init__(self, database: Database) -> None:
        self._database = database

    def of_day(self, from_at: datetime, to_at: datetime) -> list[Completeness]:
        """Of every camera that had footage by then, by id. Both times are full hours, or `to_at` is now."""
        with self._database.read() as session:
            first = self._first(session, to_at)
            hours = _SECONDS.where(FootageHourRow.at >= from_at, FootageHourRow.at < to_at)
            stored = {row[0]: row[1] for row in session.execute(hours)}
            gaps = self._gaps(session, from_at, to_at)
        return [
            Completeness(
                CameraId(camera),
                (to_at - max(from_at, first_at)).total_seconds(),
                stored.get(camera, 0.0),
                gaps.get(camera, {}),
            )
            for camera, first_at in sorted(first.items())
        ]

    def _first(self, session: Session, before_at: datetime) -> dict[str, datetime]:
        """When each camera's footage began, kept or not: what is gone by now was there."""
        hours = {row[0]: row[1] for row in session.execute(_FIRST_HOUR.where(FootageHourRow.at < before_at))}
        kept = {row[0]: row[1] for row in session.execute(_FIRST.where(SegmentRow.start_at < before_at))}
        for camera, start_at in kept.items():
            if start_at < hours.get(camera, start_at) + HOUR:
                hours[camera] = start_at  # the hour's figure is only as fine as an hour
        return hours

    def _gaps(self, session: Session, from_at: datetime, to_at: datetime) -> dict[str, dict[GapCause, float]]:
        found: defaultdict[str, dict[GapCause, float]] = defaultdict(dict)
        for row in session.scalars(select(GapRow).where(GapRow.start_at < to_at, GapRow.end_at > from_at)):
            seconds = (min(row.end_at, to_at) - max(row.start_at, from_at)).total_seconds()
            cause = GapCause(row.cause)
            if cause is GapCause.EXPIRED:
                continue  # it was there, and that is what is asked
            found[row.camera][cause] = found[row.camera].get(cause, 0.0) + seconds
        return found


_FIRST = select(SegmentRow.camera, func.min(SegmentRow.start_at)).group_by(SegmentRow.camera)
_FIRST_HOUR = select(FootageHourRow.camera, func.min(FootageHourRow.at)).group_by(FootageHourRow.camera)
_SECONDS = select(FootageHourRow.camera, func.sum(FootageHourRow.stored_s)).group_by(FootageHourRow.camera)


def count_stored(session: Session, camera: str, start_at: datetime, end_at: datetime) -> None:
    """A stretch of footage is stored: within the transaction that says so."""
    for hour, seconds in _hours(start_at, end_at):
        insert_if_absent(session, FootageHourRow, {"camera": camera, "at": hour, "stored_s": 0.0})
        row = session.get_one(FootageHourRow, (camera, hour), with_for_update=True)
        row.stored_s += seconds


def _hours(start_at: datetime, end_at: datetime) -> Iterator[tuple[datetime, float]]:
    """The hours that a stretch lies in, and its seconds in each."""
    while start_at < end_at:
        hour = start_at.replace(minute=0, second=0, microsecond=0)
        until = min(end_at, hour + HOUR)
        yield hour, (until - start_at).total_seconds()
        start_at = until
