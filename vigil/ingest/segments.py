"""One segment file: written as fragments come, hashed while it is written, and given its name only when it is whole.

Order of things (after Moonfire NVR): write, fsync the file, rename, fsync the folder, and only then tell the index. A file
that ends in `.part` was cut by a crash; vigil/ingest/recovery.py closes it.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from vigil.model.ids import CameraId, SegmentId
from vigil.model.media import Fragment, Segment, StreamParameters

PART = ".part"
_STAMP = "%Y%m%dT%H%M%S.%fZ"


def segment_id(camera: CameraId, start_at: datetime) -> SegmentId:
    """Camera and start, so that an id sorts by time and can be read back from a file's name."""
    return SegmentId(f"{camera}_{start_at.astimezone(UTC).strftime(_STAMP)}")


def start_of(identity: SegmentId) -> tuple[CameraId, datetime]:
    """The inverse of segment_id. Raises ValueError for any other text."""
    camera, _, stamp = identity.rpartition("_")
    return CameraId(camera), datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ClosedSegment:
    segment: Segment
    path: Path


class SegmentFile:
    """Belongs to the recorder's thread. Raises OSError where the disk fails; call `abandon` then."""

    def __init__(self, folder: Path, camera: CameraId, start_at: datetime, parameters: StreamParameters) -> None:
        self._id = segment_id(camera, start_at)
        self._camera = camera
        self._start_at = start_at
        self._parameters = parameters
        self._path = folder / f"{self._id}.mp4"
        self._part = self._path.with_name(self._path.name + PART)
        self._hash = hashlib.sha256()
        self._size = 0
        self.packets = 0
        self._file: int | None = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640)

    @property
    def start_at(self) -> datetime:
        return self._start_at

    def write(self, fragment: Fragment) -> None:
        """Hands the fragment to the operating system, so that the death of this process cannot lose it."""
        view = memoryview(fragment.data)
        while view:
            written = os.write(self._handle(), view)
            self._hash.update(view[:written])
            self._size += written
            view = view[written:]

    def close(self, end_at: datetime, previous_sha256: str) -> ClosedSegment:
        """fsync, rename, fsync the folder."""
        try:
            os.fsync(self._handle())
        finally:
            self._let_go()
        self._part.rename(self._path)
        sync_folder(self._path.parent)
        segment = Segment(
            id=self._id,
            camera=self._camera,
            start_at=self._start_at,
            end_at=end_at,
            size=self._size,
            sha256=self._hash.hexdigest(),
            previous_sha256=previous_sha256,
            packets=self.packets,
            codec=self._parameters.codec,
            width=self._parameters.width,
            height=self._parameters.height,
        )
        return ClosedSegment(segment, self._path)

    def abandon(self) -> Path | None:
        """Leaves what was written as `.part` for recovery, and says where. A file without a byte in it goes. Never raises."""
        with suppress(OSError):
            self._let_go()
        with suppress(OSError):
            if not self._size:
                self._part.unlink()
        return self._part if self._part.exists() else None

    def _handle(self) -> int:
        if self._file is None:
            raise ValueError(f"{self._part.name} was closed")
        return self._file

    def _let_go(self) -> None:
        file, self._file = self._file, None  # even where close fails the number belongs to somebody else from now on
        if file is not None:
            os.close(file)


def sync_folder(folder: Path) -> None:
    """Makes the names in a folder survive a loss of power."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
