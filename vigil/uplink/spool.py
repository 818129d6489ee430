"""Closed segments at the node, kept until the centre has verified its copy.

Bounded in bytes. When full the oldest segment goes, and that is a gap with a cause, logged and sent to the centre.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog
from pydantic import TypeAdapter

from vigil import metrics
from vigil.model.ids import CameraId, SegmentId
from vigil.model.media import Gap, GapCause, Segment
from vigil.uplink.local import LocalDatabase
from vigil.uplink.outbox import Outbox

_SEGMENT: TypeAdapter[Segment] = TypeAdapter(Segment)
_GAP: TypeAdapter[Gap] = TypeAdapter(Gap)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SpooledSegment:
    segment: Segment
    path: Path


class Spool:
    """Called from the recorder's thread and from the uplink's."""

    def __init__(self, database: LocalDatabase, outbox: Outbox, folder: Path, *, max_bytes: int) -> None:
        self._database = database
        self._outbox = outbox
        self._folder = folder
        self._max_bytes = max_bytes
        folder.mkdir(parents=True, exist_ok=True)
        with database.read() as connection:
            self._bytes = int(connection.execute("SELECT coalesce(sum(size), 0) FROM segments").fetchone()[0])
        metrics.spool_bytes.set(self._bytes)

    @property
    def folder(self) -> Path:
        return self._folder

    def last(self, camera: CameraId) -> tuple[datetime, str] | None:
        """End and SHA-256 of the camera's newest segment, also when the spool has let it go."""
        with self._database.read() as connection:
            row = connection.execute("SELECT end_at, sha256 FROM chains WHERE camera = ?", (camera,)).fetchone()
        return None if row is None else (datetime.fromisoformat(row[0]), str(row[1]))

    def add_segment(self, segment: Segment, path: Path) -> None:
        with self._database.write() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO segments VALUES (?, ?, ?, ?, ?, ?)",
                (
                    segment.id,
                    segment.camera,
                    segment.start_at.isoformat(),
                    str(path.relative_to(self._folder)),
                    segment.size,
                    _SEGMENT.dump_json(segment).decode(),
                ),
            )
            connection.execute(
                "INSERT INTO chains VALUES (?, ?, ?) ON CONFLICT DO UPDATE"
                " SET end_at = excluded.end_at, sha256 = excluded.sha256 WHERE excluded.end_at > chains.end_at",
                (segment.camera, segment.end_at.isoformat(), segment.sha256),
            )
            self._add_bytes(segment.size)
        while self._bytes > self._max_bytes and self._evict_oldest():
            pass

    def add_gap(self, gap: Gap) -> None:
        identity = f"gap_{gap.camera}_{gap.start_at.isoformat()}"
        self._outbox.put(identity, "gap", gap.end_at, _GAP.dump_python(gap, mode="json"))

    def oldest(self, limit: int) -> list[SpooledSegment]:
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT segment, path FROM segments ORDER BY start_at LIMIT ?", (limit,)
            ).fetchall()
        return [SpooledSegment(_SEGMENT.validate_json(text), self._folder / path) for text, path in rows]

    def knows(self, path: Path) -> bool:
        with self._database.read() as connection:
            wanted = (str(path.relative_to(self._folder)),)
            return connection.execute("SELECT 1 FROM segments WHERE path = ?", wanted).fetchone() is not None

    def release(self, segment: SegmentId) -> None:
        """The centre has it: the row goes first, so that a crash leaves a file without a row and never a row without a file."""
        with self._database.write() as connection:
            row = connection.execute("DELETE FROM segments WHERE id = ? RETURNING path, size", (segment,)).fetchone()
        if row is not None:
            self._add_bytes(-row[1])
            (self._folder / row[0]).unlink(missing_ok=True)

    def missing(self, segment: Segment) -> None:
        """The segment's file is gone from the disk, and not by our hand: that is a gap like any other."""
        log.error("segment_file_missing", segment=segment.id)
        self._give_up(segment, GapCause.DISK)

    def _evict_oldest(self) -> bool:
        oldest = self.oldest(1)
        if not oldest:
            return False
        segment = oldest[0].segment
        log.error("spool_full", evicted=segment.id, bytes=self._bytes, bound=self._max_bytes)
        self._give_up(segment, GapCause.SPOOL_FULL)
        return True

    def _give_up(self, segment: Segment, cause: GapCause) -> None:
        gap = Gap(segment.camera, segment.start_at, segment.end_at, cause)
        metrics.gap_seconds.labels(gap.camera, gap.cause.value).inc(segment.duration.total_seconds())
        self.add_gap(gap)
        self.release(segment.id)

    def _add_bytes(self, size: int) -> None:
        self._bytes += size
        metrics.spool_bytes.set(self._bytes)
