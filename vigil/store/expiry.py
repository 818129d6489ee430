"""Footage, clips and snapshots whose time is over: which they are, and their going in two steps.

First they are marked, and nothing shows them any more; then, when their objects are gone, so are their rows. A process that dies
in between finds them marked.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, exists, func, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute

from vigil.model.alerts import AlertState, ClipState
from vigil.model.ids import AlertId, CameraId, ClipId, SegmentId
from vigil.model.ledger import EntryState
from vigil.model.media import GapCause
from vigil.store.database import Database
from vigil.store.footage import SEAM, SegmentState, joined
from vigil.store.holds import active
from vigil.store.tables import AlertRow, ClipRow, GapRow, HoldRow, LedgerEntryRow, LedgerEvidenceRow, SegmentRow


@dataclass(frozen=True, slots=True)
class Expired:
    """A segment that is to go."""

    id: SegmentId
    camera: CameraId
    start_at: datetime
    end_at: datetime
    size: int
    sha256: str
    object_key: str


@dataclass(frozen=True, slots=True)
class Kept:
    """What the archive has of a camera."""

    camera: CameraId
    size: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class ExpiredClip:
    id: ClipId
    camera: CameraId
    alert: AlertId | None
    from_at: datetime
    to_at: datetime
    sha256: str | None
    object_key: str | None
    snapshot_key: str | None


class Expiry:
    def __init__(self, database: Database) -> None:
        self._database = database

    def mark(self, ended_by: Mapping[CameraId, datetime], now: datetime, limit: int) -> list[Expired]:
        """The oldest segments that ended by their camera's time, marked; by camera and time.

        Those that were marked before come first. What somebody holds, or a clip waits for, is not among them.
        """
        due = (
            SegmentRow.state == SegmentState.STORED,
            or_(*(_of(cameras) & (SegmentRow.end_at <= at) for at, cameras in _by_time(ended_by).items())),
            ~_held(SegmentRow.camera, SegmentRow.start_at, SegmentRow.end_at, now),
            ~exists().where(
                ClipRow.state == ClipState.WAITING,
                ClipRow.camera == SegmentRow.camera,
                ClipRow.from_at < SegmentRow.end_at,
                ClipRow.to_at > SegmentRow.start_at,
            ),
        )
        marked = select(SegmentRow).where(SegmentRow.state == SegmentState.EXPIRING, _of(ended_by))
        oldest = select(SegmentRow).where(*due).order_by(SegmentRow.start_at)
        with self._database.write() as session:
            rows = list(session.scalars(marked.limit(limit)))
            if not rows:
                rows = list(session.scalars(oldest.limit(limit)))
                for row in rows:
                    row.state = SegmentState.EXPIRING
            return sorted(map(_expired, rows), key=lambda one: (one.camera, one.start_at))

    def forget(self, gone: Sequence[Expired]) -> None:
        """Their objects are gone: so are their rows, and where they were is a gap that says so."""
        names = [one.id for one in gone]
        with self._database.write() as session:
            going = SegmentRow.id.in_(names), SegmentRow.state == SegmentState.EXPIRING
            session.execute(delete(SegmentRow).where(*going))
            for camera in {one.camera for one in gone}:
                spans = ((one.start_at, one.end_at) for one in gone if one.camera == camera)
                for span in joined(spans):
                    before = select(GapRow).where(
                        GapRow.camera == camera,
                        GapRow.cause == GapCause.EXPIRED,
                        GapRow.end_at >= span.start_at - SEAM,
                        GapRow.end_at <= span.start_at + SEAM,
                    )
                    row = session.scalars(before.limit(1)).one_or_none()
                    if row is not None:
                        row.end_at = span.end_at  # one row for all that went, and not one a round
                    else:
                        values = {"camera": camera, "start_at": span.start_at, "end_at": span.end_at}
                        session.add(GapRow(**values, cause=GapCause.EXPIRED))

    def clips(self, made_by: datetime, now: datetime, limit: int) -> list[ExpiredClip]:
        """The oldest clips that were asked for by then, with the snapshots of their alerts.

        Not what somebody holds, nor of alerts that nobody has decided on, nor what an entry of the ledger that is not over rests
        on.
        """
        decided = or_(AlertRow.id.is_(None), AlertRow.state.not_in([AlertState.OPEN, AlertState.ACKNOWLEDGED]))
        query = (
            select(ClipRow, AlertRow.snapshot_key)
            .outerjoin(AlertRow, AlertRow.id == ClipRow.alert)
            .where(
                ClipRow.state.in_([ClipState.READY, ClipState.PARTIAL, ClipState.FAILED]),
                ClipRow.created_at <= made_by,
                decided,
                ~_in_ledger(),
                ~_held(ClipRow.camera, ClipRow.from_at, ClipRow.to_at, now),
            )
            .order_by(ClipRow.created_at)
            .limit(limit)
        )
        with self._database.read() as session:
            return [
                ExpiredClip(
                    ClipId(row.id),
                    CameraId(row.camera),
                    None if row.alert is None else AlertId(row.alert),
                    row.from_at,
                    row.to_at,
                    row.sha256,
                    row.object_key,
                    snapshot_key,
                )
                for row, snapshot_key in session.execute(query)
            ]

    def forget_clip(self, clip: ExpiredClip) -> None:
        """Its objects are gone; the row stays, and says so."""
        with self._database.write() as session:
            gone = {"state": ClipState.EXPIRED, "object_key": None, "size": None}
            session.execute(update(ClipRow).where(ClipRow.id == clip.id).values(gone))
            if clip.alert is not None:
                session.execute(update(AlertRow).where(AlertRow.id == clip.alert).values(snapshot_key=None))

    def kept(self) -> list[Kept]:
        """By camera. Reads the whole index of segments."""
        query = (
            select(
                SegmentRow.camera,
                func.sum(SegmentRow.size),
                func.min(SegmentRow.start_at),
                func.max(SegmentRow.start_at),
            )
            .where(SegmentRow.state != SegmentState.PENDING)
            .group_by(SegmentRow.camera)
            .order_by(SegmentRow.camera)
        )
        with self._database.read() as session:
            return [
                Kept(CameraId(camera), int(size), first, last) for camera, size, first, last in session.execute(query)
            ]

    def grown(self, cameras: Collection[CameraId], from_at: datetime, to_at: datetime) -> dict[CameraId, int]:
        """Bytes of the segments that began in the span, by camera."""
        query = (
            select(SegmentRow.camera, func.sum(SegmentRow.size))
            .where(SegmentRow.camera.in_(cameras), SegmentRow.start_at >= from_at, SegmentRow.start_at < to_at)
            .group_by(SegmentRow.camera)
        )
        with self._database.read() as session:
            return {CameraId(camera): int(size) for camera, size in session.execute(query)}


def digest(gone: Sequence[Expired]) -> str:
    """SHA-256 over a line "ID SHA256" for each, in their order: who has kept a segment's hash can show that it was among them."""
    return hashlib.sha256("".join(f"{one.id} {one.sha256}\n" for one in gone).encode()).hexdigest()


def _of(cameras: Iterable[CameraId]) -> ColumnElement[bool]:
    return SegmentRow.camera.in_(list(cameras))


def _by_time(ended_by: Mapping[CameraId, datetime]) -> dict[datetime, list[CameraId]]:
    """Few rules, many cameras."""
    found: defaultdict[datetime, list[CameraId]] = defaultdict(list)
    for camera, at in ended_by.items():
        found[at].append(camera)
    return found


def _in_ledger() -> ColumnElement[bool]:
    """Whether the clip, or its alert, is the matter or the evidence of an entry that is neither closed nor withdrawn."""
    over = LedgerEntryRow.state.in_([EntryState.CLOSED, EntryState.WITHDRAWN])
    matter = select(LedgerEntryRow.id).where(LedgerEntryRow.alert == ClipRow.alert, ~over)
    evidence = (
        select(LedgerEvidenceRow.id)
        .join(LedgerEntryRow, LedgerEntryRow.id == LedgerEvidenceRow.entry)
        .where(LedgerEvidenceRow.subject.in_([ClipRow.id, ClipRow.alert]), ~over)
    )
    return or_(exists(matter), exists(evidence))


def _held(
    camera: InstrumentedAttribute[str],
    from_at: InstrumentedAttribute[datetime],
    to_at: InstrumentedAttribute[datetime],
    now: datetime,
) -> ColumnElement[bool]:
    return exists().where(HoldRow.camera == camera, HoldRow.from_at < to_at, HoldRow.to_at > from_at, *active(now))


def _expired(row: SegmentRow) -> Expired:
    return Expired(
        SegmentId(row.id), CameraId(row.camera), row.start_at, row.end_at, row.size, row.sha256, row.object_key
    )
