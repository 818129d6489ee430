"""Closed segments at the node, kept until the centre has verified its copy.

Bounded in bytes. When full the oldest segment goes, and that is a gap with a cause, logged and sent to the centre.
"""

from __future__ import annotations

import hashlib
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog
from pydantic import TypeAdapter

from vigil import metrics
from vigil.errors import StoreError
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
    """Called from the recorder's thread, which knows OSError, and from the uplink's threads, which know StoreError."""

    def __init__(self, database: LocalDatabase, outbox: Outbox, folder: Path, *, max_bytes: int) -> None:
        self._database = database
        self._outbox = outbox
        self._folder = folder
        self._max_bytes = max_bytes
        folder.mkdir(parents=True, exist_ok=True)
        with database.read() as connection:
            self._bytes = int(connection.execute("SELECT coalesce(sum(size), 0) FROM segments").fetchone()[0])
        metrics.spool_bytes.set(self._bytes)
        metrics.spool_limit_bytes.set(max_bytes)

    @property
    def folder(self) -> Path:
        return self._folder

    @property
    def room_bytes(self) -> int:
        """What may still be written before the oldest segment goes."""
        return max(0, self._max_bytes - self._bytes)

    def newest_at(self) -> datetime | None:
        """End of the newest segment that was ever recorded here."""
        with self._database.read() as connection:
            (text,) = connection.execute("SELECT max(end_at) FROM chains").fetchone()
        return None if text is None else datetime.fromisoformat(text)

    # vigil.ingest.recorder.SegmentIndex

    def last(self, camera: CameraId) -> tuple[datetime, str] | None:
        """End and SHA-256 of the camera's newest segment, also when the spool has let it go."""
        with self._database.read() as connection:
            row = connection.execute("SELECT end_at, sha256 FROM chains WHERE camera = ?", (camera,)).fetchone()
        return None if row is None else (datetime.fromisoformat(row[0]), str(row[1]))

    def add_segment(self, segment: Segment, path: Path) -> None:
        """Raises OSError."""
        try:
            self._enter(segment, path)
            while self._bytes > self._max_bytes and self._evict_oldest():
                pass
        except StoreError as error:
            raise OSError(str(error)) from error

    def add_gap(self, gap: Gap) -> None:
        """Raises OSError."""
        try:
            self._put_gap(gap)
        except StoreError as error:
            raise OSError(str(error)) from error

    # vigil.uplink.upload.Uploader

    def next_to_bring(self) -> SpooledSegment | None:
        """The oldest of those that failed least: one that the centre will not have stops none behind it."""
        return self._first("failures, start_at")

    def failed(self, segment: Segment) -> None:
        """It could not be brought: the others come first. A file that is not what was recorded will never do, and is a gap."""
        path = self._path_of(segment.id)
        if path is None:
            return
        if _is_ruined(path, segment.sha256):
            log.error("segment_file_ruined", segment=segment.id)
            self._give_up(segment, GapCause.DISK)
            return
        with self._database.write() as connection:
            connection.execute("UPDATE segments SET failures = failures + 1 WHERE id = ?", (segment.id,))

    def release(self, segment: SegmentId) -> None:
        """The centre has it: the row goes first, so that a crash leaves a file without a row and never a row without a file."""
        with self._database.write() as connection:
            path = self._take_out(connection, segment)
        self._unlink(path)

    def knows(self, path: Path) -> bool:
        with self._database.read() as connection:
            wanted = (str(path.relative_to(self._folder)),)
            return connection.execute("SELECT 1 FROM segments WHERE path = ?", wanted).fetchone() is not None

    def _enter(self, segment: Segment, path: Path) -> None:
        with self._database.write() as connection:
            entered = connection.execute(
                "INSERT OR IGNORE INTO segments (id, camera, start_at, path, size, segment) VALUES (?, ?, ?, ?, ?, ?)",
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
            if entered.rowcount:
                self._count(segment.size)

    def _evict_oldest(self) -> bool:
        oldest = self._first("start_at")
        if oldest is None:
            return False
        log.error("spool_full", evicted=oldest.segment.id, bytes=self._bytes, bound=self._max_bytes)
        self._give_up(oldest.segment, GapCause.SPOOL_FULL)
        return True

    def _give_up(self, segment: Segment, cause: GapCause) -> None:
        """Gap and row in one: what is lost is told, once."""
        gap = Gap(segment.camera, segment.start_at, segment.end_at, cause)
        with self._database.write() as connection:
            path = self._take_out(connection, segment.id)
            if path is None:
                return  # the centre got it meanwhile
            self._put_gap(gap)
        metrics.gap_seconds.labels(gap.camera, gap.cause.value).inc(segment.duration.total_seconds())
        self._unlink(path)

    def _put_gap(self, gap: Gap) -> None:
        identity = f"gap_{gap.camera}_{gap.start_at.isoformat()}"
        self._outbox.put(identity, "gap", gap.end_at, _GAP.dump_python(gap, mode="json"))

    def _first(self, order: str) -> SpooledSegment | None:
        with self._database.read() as connection:
            row = connection.execute(f"SELECT segment, path FROM segments ORDER BY {order} LIMIT 1").fetchone()  # noqa: S608
        return None if row is None else SpooledSegment(_SEGMENT.validate_json(row[0]), self._folder / row[1])

    def _path_of(self, segment: SegmentId) -> Path | None:
        with self._database.read() as connection:
            row = connection.execute("SELECT path FROM segments WHERE id = ?", (segment,)).fetchone()
        return None if row is None else self._folder / str(row[0])

    def _take_out(self, connection: sqlite3.Connection, segment: SegmentId) -> Path | None:
        row = connection.execute("DELETE FROM segments WHERE id = ? RETURNING path, size", (segment,)).fetchone()
        if row is None:
            return None
        self._count(-row[1])
        return self._folder / str(row[0])

    def _unlink(self, path: Path | None) -> None:
        if path is None:
            return
        try:
            path.unlink(missing_ok=True)
        except OSError as error:  # taken in again at the next start; the centre then answers that it has it
            log.error("segment_file_stays", file=path.name, error=str(error))

    def _count(self, size: int) -> None:
        def count() -> None:
            self._bytes += size
            metrics.spool_bytes.set(self._bytes)

        self._database.on_commit(count)


def _is_ruined(path: Path, sha256: str) -> bool:
    """Whether the file is gone, or holds other bytes. One that cannot be read now may be readable later."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest() != sha256
    except FileNotFoundError:
        return True
    except OSError as error:
        log.error("segment_file_unreadable", file=path.name, error=str(error))
        return False
