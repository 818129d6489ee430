"""Footage: the index of segments and gaps, and what a time line shows of them. The bytes are in the archive."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, select

from vigil.model.ids import CameraId, SegmentId
from vigil.model.media import Codec, Gap, GapCause, Segment
from vigil.store.completeness import count_stored
from vigil.store.database import Database, insert_if_absent
from vigil.store.tables import GapRow, SegmentRow

LONGEST_SEGMENT: Final = timedelta(hours=1)
"""No recorder makes a longer one, so a query need not look further back than this."""
SEAM: Final = timedelta(milliseconds=500)
"""Two segments closer than this are one stretch: a frame's duration and rounding, less than a lost fragment."""


class SegmentState(StrEnum):
    PENDING = "pending"  # announced by the node; its object has not been verified yet
    STORED = "stored"
    EXPIRING = "expiring"  # its time is over and its object may be gone already: nobody is shown it


@dataclass(frozen=True, slots=True)
class SegmentRecord:
    segment: Segment
    state: SegmentState
    object_key: str
    backfilled: bool


@dataclass(frozen=True, slots=True)
class Span:
    """Half open."""

    start_at: datetime
    end_at: datetime


Ends = tuple[datetime, datetime]
"""Of a span. A camera's day has a thousand and more, of which a time line shows a few."""


@dataclass(frozen=True, slots=True)
class Timeline:
    segments: tuple[Span, ...]
    gaps: tuple[Gap, ...]


class Footage:
    def __init__(self, database: Database) -> None:
        self._database = database

    def announce(self, segment: Segment, object_key: str, *, backfilled: bool = False) -> bool:
        """Enter a segment whose object is still to come. False when it is known already, stored or not."""
        values = {field.name: getattr(segment, field.name) for field in fields(segment)}
        values |= {"object_key": object_key, "backfilled": backfilled, "state": SegmentState.PENDING}
        with self._database.write() as session:
            return insert_if_absent(session, SegmentRow, values)

    def mark_stored(self, segment_id: SegmentId) -> bool:
        """The object has been verified. False when there is no such segment."""
        with self._database.write() as session:
            row = session.get(SegmentRow, segment_id, with_for_update=True)
            if row is None:
                return False
            if row.state != SegmentState.STORED:
                row.state = SegmentState.STORED
                count_stored(session, row.camera, row.start_at, row.end_at)
            return True

    def find(self, segment_id: SegmentId) -> SegmentRecord | None:
        with self._database.read() as session:
            row = session.get(SegmentRow, segment_id)
            return None if row is None else _record(row)

    def segments_overlapping(self, camera: CameraId, from_at: datetime, to_at: datetime) -> list[SegmentRecord]:
        """Every segment with footage of the span, stored or pending, by start."""
        query = select(SegmentRow).where(*_overlapping(camera, from_at, to_at)).order_by(SegmentRow.start_at)
        with self._database.read() as session:
            return [_record(row) for row in session.scalars(query)]

    def newest(self, camera: CameraId) -> SegmentRecord | None:
        """The last segment that is stored."""
        query = (
            select(SegmentRow)
            .where(SegmentRow.camera == camera, SegmentRow.state == SegmentState.STORED)
            .order_by(SegmentRow.start_at.desc())
            .limit(1)
        )
        with self._database.read() as session:
            row = session.scalars(query).first()
            return None if row is None else _record(row)

    def add_gap(self, gap: Gap) -> bool:
        """False when the same gap is known already."""
        values = {field.name: getattr(gap, field.name) for field in fields(gap)}
        with self._database.write() as session:
            return insert_if_absent(session, GapRow, values)

    def gaps_overlapping(self, camera: CameraId, from_at: datetime, to_at: datetime) -> list[Gap]:
        """Every known gap that touches the span, whole, by start."""
        query = (
            select(GapRow.start_at, GapRow.end_at, GapRow.cause)
            .where(GapRow.camera == camera, GapRow.start_at < to_at, GapRow.end_at > from_at)
            .order_by(GapRow.start_at)
        )
        with self._database.ask() as connection:
            return [
                Gap(camera, start_at, end_at, GapCause(cause)) for start_at, end_at, cause in connection.execute(query)
            ]

    def uncovered(self, camera: CameraId, from_at: datetime, to_at: datetime) -> list[Span]:
        """The parts of the span of which nothing is stored, explained by a gap or not; seams are left out."""
        at, found = from_at, []
        for start_at, end_at in self._spans(camera, from_at, to_at, stored=True):
            if start_at - at > SEAM:
                found.append(Span(at, start_at))
            at = max(at, end_at)
        if to_at - at > SEAM:
            found.append(Span(at, to_at))
        return found

    def timeline(self, camera: CameraId, from_at: datetime, to_at: datetime) -> Timeline:
        """Stretches of footage, announced or stored, and the gaps, both cut to the span."""
        spans = joined(self._spans(camera, from_at, to_at, stored=False))
        gaps = tuple(
            Gap(camera, max(gap.start_at, from_at), min(gap.end_at, to_at), gap.cause)
            for gap in self.gaps_overlapping(camera, from_at, to_at)
        )
        return Timeline(tuple(Span(max(span.start_at, from_at), min(span.end_at, to_at)) for span in spans), gaps)

    def _spans(self, camera: CameraId, from_at: datetime, to_at: datetime, *, stored: bool) -> Sequence[Ends]:
        conditions = _overlapping(camera, from_at, to_at)
        if stored:
            conditions.append(SegmentRow.state == SegmentState.STORED)
        query = select(SegmentRow.start_at, SegmentRow.end_at).where(*conditions).order_by(SegmentRow.start_at)
        with self._database.ask() as connection:
            return connection.execute(query).all()


def joined(spans: Iterable[Ends]) -> Iterator[Span]:
    """Stretches of spans that follow each other within a seam. The spans come by start."""
    rest = iter(spans)
    start_at, end_at = next(rest, (None, None))
    if start_at is None or end_at is None:
        return
    for next_start_at, next_end_at in rest:
        if next_start_at - end_at > SEAM:
            yield Span(start_at, end_at)
            start_at, end_at = next_start_at, next_end_at
        elif next_end_at > end_at:
            end_at = next_end_at
    yield Span(start_at, end_at)


def _overlapping(camera: CameraId, from_at: datetime, to_at: datetime) -> list[ColumnElement[bool]]:
    return [
        SegmentRow.camera == camera,
        SegmentRow.state != SegmentState.EXPIRING,
        SegmentRow.start_at > from_at - LONGEST_SEGMENT,
        SegmentRow.start_at < to_at,
        SegmentRow.end_at > from_at,
    ]


def _record(row: SegmentRow) -> SegmentRecord:
    segment = Segment(
        id=SegmentId(row.id),
        camera=CameraId(row.camera),
        start_at=row.start_at,
        end_at=row.end_at,
        size=row.size,
        sha256=row.sha256,
        previous_sha256=row.previous_sha256,
        packets=row.packets,
        codec=Codec(row.codec),
        width=row.width,
        height=row.height,
        recovered=row.recovered,
    )
    return SegmentRecord(segment, SegmentState(row.state), row.object_key, backfilled=row.backfilled)
