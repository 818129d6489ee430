"""How much of each day's footage is there, by camera, for figures over months; and what a camera was last seen to send."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Select, func, select, true
from sqlalchemy.orm import Session

from vigil.calendar import ServiceSpan
from vigil.model.ids import CameraId
from vigil.model.media import Codec, GapCause
from vigil.store.completeness import HOUR, Completeness
from vigil.store.database import Database
from vigil.store.spans import names_of, portions, table_of
from vigil.store.tables import FootageHourRow, GapRow, SegmentRow


@dataclass(frozen=True, slots=True)
class Seen:
    """A camera's footage: since when there is any, and what the latest segment is like."""

    camera: CameraId
    first_at: datetime
    last_at: datetime
    codec: Codec
    width: int
    height: int


class Recording:
    def __init__(self, database: Database) -> None:
        self._database = database

    def by_day(self, cameras: Sequence[CameraId], days: Sequence[ServiceSpan]) -> list[tuple[date, Completeness]]:
        """Of each camera that had footage by then and each day, which must be full hours, in order; the last may end now."""
        if not days:
            return []
        with self._database.read() as session:
            first: dict[CameraId, datetime] = {}
            stored: dict[tuple[CameraId, int], float] = {}
            for some in portions(cameras):
                first |= _first(session, some)
                stored |= _stored(session, some, days)
            gaps = _gaps(session, days)
        return [
            (
                day.day,
                Completeness(
                    camera,
                    (day.to_at - max(day.from_at, first_at)).total_seconds(),
                    stored[camera, day.day.toordinal()],
                    gaps.get((camera, day.day), {}),
                ),
            )
            for camera, first_at in first.items()
            for day in days
            if first_at < day.to_at
        ]

    def last_seen(self, camera: CameraId) -> Seen | None:
        """None where nothing of it was ever recorded."""
        query = select(SegmentRow).where(SegmentRow.camera == camera).order_by(SegmentRow.start_at.desc()).limit(1)
        with self._database.read() as session:
            row = session.scalars(query).one_or_none()
            first_at = session.scalars(_earliest(camera)).one()
            if row is None or first_at is None:
                return None
            return Seen(camera, first_at, row.end_at, Codec(row.codec), row.width, row.height)


def _earliest(camera: CameraId | ColumnElement[str]) -> Select[datetime | None]:
    return select(func.min(SegmentRow.start_at)).where(SegmentRow.camera == camera)


def _first(session: Session, cameras: Sequence[CameraId]) -> dict[CameraId, datetime]:
    """Since when there is footage. Segments go at the end of their retention; the hours that were counted stay.

    Two looks into an index for each camera, in one round trip.
    """
    given = names_of(cameras)
    hour = select(func.min(FootageHourRow.at)).where(FootageHourRow.camera == given.c.name)
    query = select(given.c.name, _earliest(given.c.name).scalar_subquery(), hour.scalar_subquery())
    found = ((camera, _finer(segment_at, hour_at)) for camera, segment_at, hour_at in session.execute(query))
    return {camera: at for camera, at in found if at is not None}


def _finer(segment_at: datetime | None, hour_at: datetime | None) -> datetime | None:
    """The hour's figure is only as fine as an hour."""
    if segment_at is None or hour_at is None:
        return segment_at or hour_at
    return segment_at if segment_at < hour_at + HOUR else hour_at


def _stored(
    session: Session, cameras: Sequence[CameraId], days: Sequence[ServiceSpan]
) -> dict[tuple[CameraId, int], float]:
    """By camera and day. Each of them is a short range of an index, wherever in the table; a join would compare every hour
    with every day.
    """
    camera, day, hour = names_of(cameras), table_of(days), FootageHourRow
    total = (
        select(func.sum(hour.stored_s))
        .where(hour.camera == camera.c.name, hour.at >= day.c.from_at, hour.at < day.c.to_at)
        .correlate(camera, day)
        .scalar_subquery()
    )
    query = select(camera.c.name, day.c.day, total).select_from(camera.join(day, true()))
    return {(name, number): seconds or 0.0 for name, number, seconds in session.execute(query)}


def _gaps(session: Session, days: Sequence[ServiceSpan]) -> dict[tuple[str, date], dict[GapCause, float]]:
    found: defaultdict[tuple[str, date], dict[GapCause, float]] = defaultdict(dict)
    query = select(GapRow.camera, GapRow.start_at, GapRow.end_at, GapRow.cause).where(
        GapRow.start_at < days[-1].to_at,
        GapRow.end_at > days[0].from_at,
        GapRow.cause != GapCause.EXPIRED,  # it was there, and that is what is asked
    )
    for camera, start_at, end_at, cause in session.execute(query):
        for day, seconds in _shares(days, start_at, end_at):
            causes = found[camera, day]
            causes[GapCause(cause)] = causes.get(GapCause(cause), 0.0) + seconds
    return found


def _shares(days: Sequence[ServiceSpan], start_at: datetime, end_at: datetime) -> Iterator[tuple[date, float]]:
    """The seconds of each day that a gap takes."""
    number = max(0, int((start_at - days[0].from_at) / timedelta(days=1)) - 1)
    for day in days[number:]:
        if day.from_at >= end_at:
            return
        seconds = (min(day.to_at, end_at) - max(day.from_at, start_at)).total_seconds()
        if seconds > 0:
            yield day.day, seconds
