"""Clips: footage of an alert, made by itself, and footage that a person pulled, with a reason.

A pull may be part of an unannounced inspection, so a query of several clips says of which cameras it wants pulls.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, func, or_, select, true

from vigil.model.alerts import ClipState
from vigil.model.ids import AlertId, CameraId, ClipId
from vigil.model.media import Gap, GapCause
from vigil.store.database import Database, insert_if_absent
from vigil.store.footage import Span
from vigil.store.tables import ClipRow

_CLIPS = ClipRow.__table__


@dataclass(frozen=True, slots=True)
class ClipRecord:
    """`by` and `reason` are set exactly for a pull, `object_key`, `size` and `sha256` once it has been made."""

    id: ClipId
    camera: CameraId
    alert: AlertId | None
    from_at: datetime
    to_at: datetime
    state: ClipState
    created_at: datetime
    object_key: str | None = None
    size: int | None = None
    sha256: str | None = None
    gaps: tuple[Gap, ...] = ()
    reason: str | None = None
    by: str | None = None

    @property
    def pulled(self) -> bool:
        return self.by is not None

    @property
    def playable(self) -> bool:
        return self.state in {ClipState.READY, ClipState.PARTIAL}


class Clips:
    def __init__(self, database: Database) -> None:
        self._database = database

    def request(
        self,
        clip_id: ClipId,
        camera: CameraId,
        span: Span,
        *,
        by: str,
        reason: str,
        at: datetime,
    ) -> ClipRecord:
        """A person's pull, to be made."""
        clip = ClipRecord(
            clip_id, camera, None, span.start_at, span.end_at, ClipState.WAITING, at, by=by, reason=reason
        )
        with self._database.write() as session:
            session.add(ClipRow(**_values(clip)))
        return clip

    def request_for_alert(
        self,
        clip_id: ClipId,
        alert: AlertId,
        camera: CameraId,
        span: Span,
        *,
        at: datetime,
    ) -> ClipRecord | None:
        """The clip of an alert, to be made; None when the same span was asked for before.

        One clip an alert: when the episode goes on and its span changes, the clip keeps its id and waits again.
        """
        clip = ClipRecord(clip_id, camera, alert, span.start_at, span.end_at, ClipState.WAITING, at)
        with self._database.write() as session:
            if insert_if_absent(session, ClipRow, _values(clip)):
                return clip
            row = session.scalars(select(ClipRow).where(ClipRow.alert == alert).with_for_update()).one()
            if (row.from_at, row.to_at) == (span.start_at, span.end_at):
                return None
            row.from_at, row.to_at, row.state = span.start_at, span.end_at, ClipState.WAITING
            return _record(row)

    def pending(self, limit: int = 100) -> list[ClipRecord]:
        """Clips to be made, oldest first."""
        query = select(ClipRow).where(ClipRow.state == ClipState.WAITING)
        with self._database.read() as session:
            rows = session.scalars(query.order_by(ClipRow.created_at, ClipRow.id).limit(limit))
            return [_record(row) for row in rows]

    def count_pending(self) -> int:
        query = select(func.count()).select_from(ClipRow).where(ClipRow.state == ClipState.WAITING)
        with self._database.read() as session:
            return session.scalars(query).one()

    def mark_ready(
        self,
        clip_id: ClipId,
        object_key: str,
        size: int,
        sha256: str,
        gaps: Sequence[Gap] = (),
        *,
        made_of: Span | None = None,
    ) -> bool:
        """The clip has been made, partial where it has gaps.

        False, and nothing marked, when there is no such clip or it was extended beyond `made_of` meanwhile.
        """
        with self._database.write() as session:
            row = session.get(ClipRow, clip_id, with_for_update=True)
            if row is None or (made_of is not None and made_of != Span(row.from_at, row.to_at)):
                return False
            row.object_key, row.size, row.sha256 = object_key, size, sha256
            row.gaps = [_stored(gap) for gap in gaps]
            row.state = ClipState.PARTIAL if gaps else ClipState.READY
            return True

    def mark_failed(self, clip_id: ClipId, gaps: Sequence[Gap] = (), *, made_of: Span | None = None) -> bool:
        """Nothing could be made of it: there is no footage, or it is damaged. False as with `mark_ready`."""
        with self._database.write() as session:
            row = session.get(ClipRow, clip_id, with_for_update=True)
            if row is None or (made_of is not None and made_of != Span(row.from_at, row.to_at)):
                return False
            row.state, row.gaps = ClipState.FAILED, [_stored(gap) for gap in gaps]
            return True

    def find(self, clip_id: ClipId) -> ClipRecord | None:
        with self._database.read() as session:
            row = session.get(ClipRow, clip_id)
            return None if row is None else _record(row)

    def newest(
        self,
        *,
        of: Collection[CameraId] | None,
        pulls_of: Collection[CameraId] | None,
        camera: CameraId | None = None,
        limit: int = 50,
    ) -> list[ClipRecord]:
        """Newest first: clips of alerts of the cameras `of`, and people's pulls of the cameras `pulls_of`. None: all."""
        kept = _CLIPS.c
        made = true() if of is None else kept.camera.in_(of)
        pulled = true() if pulls_of is None else kept.camera.in_(pulls_of)
        wanted = or_(and_(kept.by.is_(None), made), and_(kept.by.is_not(None), pulled))
        query = select(_CLIPS).where(wanted).order_by(kept.created_at.desc(), kept.id.desc()).limit(limit)
        if camera is not None:
            query = query.where(kept.camera == camera)
        with self._database.ask() as connection:
            return [_record(row) for row in connection.execute(query)]

    def of_alerts(self, alerts: Iterable[AlertId]) -> dict[AlertId, ClipRecord]:
        query = select(_CLIPS).where(_CLIPS.c.alert.in_(list(alerts)))
        with self._database.ask() as connection:
            return {AlertId(row.alert): _record(row) for row in connection.execute(query)}


def _values(clip: ClipRecord) -> dict[str, Any]:
    return {
        "id": clip.id,
        "camera": clip.camera,
        "alert": clip.alert,
        "from_at": clip.from_at,
        "to_at": clip.to_at,
        "state": clip.state,
        "gaps": [],
        "reason": clip.reason,
        "by": clip.by,
        "created_at": clip.created_at,
    }


def _stored(gap: Gap) -> dict[str, Any]:
    return {"start_at": gap.start_at.isoformat(), "end_at": gap.end_at.isoformat(), "cause": gap.cause}


def _record(row: ClipRow | Row[Any]) -> ClipRecord:
    camera = CameraId(row.camera)
    return ClipRecord(
        id=ClipId(row.id),
        camera=camera,
        alert=None if row.alert is None else AlertId(row.alert),
        from_at=row.from_at,
        to_at=row.to_at,
        state=ClipState(row.state),
        created_at=row.created_at,
        object_key=row.object_key,
        size=row.size,
        sha256=row.sha256,
        gaps=tuple(_gap(camera, kept) for kept in row.gaps),
        reason=row.reason,
        by=row.by,
    )


def _gap(camera: CameraId, kept: dict[str, Any]) -> Gap:
    return Gap(
        camera,
        datetime.fromisoformat(kept["start_at"]),
        datetime.fromisoformat(kept["end_at"]),
        GapCause(kept["cause"]),
    )
