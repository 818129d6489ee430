"""What is done with a file of footage once it is complete: flushed, named, entered into the index; and the gaps between files.

All of it waits for the disk, and many cameras' files end in the same moment. So it has a thread of its own: meanwhile the
recorder goes on handing pictures to the kernel, where the death of the process cannot reach them. Each camera has a line in
which its things are done in their order, because a segment names the one before by its hash. What fails is tried again, and
holds up that line alone.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Protocol

import structlog

from vigil import metrics
from vigil.ingest.recovery import recover
from vigil.ingest.segments import ClosedSegment, SegmentFile
from vigil.model.ids import CameraId
from vigil.model.media import Gap, GapCause, Segment

RETRY_S: Final = 5.0
"""How long a line rests whose disk failed."""
MOST_WAITING: Final = 4
"""Files of one camera that may wait here. They are open, and a process may have only so many."""

_SHORTEST_GAP = timedelta(seconds=0.5)

log = structlog.get_logger()


class SegmentIndex(Protocol):
    """What recording needs of the spool. `last` is called by who asks for a line, the rest on the closer's thread.

    May raise OSError.
    """

    def last(self, camera: CameraId) -> tuple[datetime, str] | None:
        """End and SHA-256 of the camera's newest segment."""
        ...

    def add_segment(self, segment: Segment, path: Path) -> None: ...

    def add_gap(self, gap: Gap) -> None: ...


@dataclass(frozen=True, slots=True)
class Begun:
    """The disk took the first of a file's pictures, so a gap before it is over."""

    start_at: datetime


@dataclass(frozen=True, slots=True)
class Whole:
    """A file with all that belongs into it. `cause`: why there is no footage after it; None: the next file goes on from it."""

    file: SegmentFile
    end_at: datetime
    cause: GapCause | None


@dataclass(frozen=True, slots=True)
class Broken:
    """What a failure left of a file. None: nothing, or nothing that is worth another try."""

    part: Path | None
    start_at: datetime
    cause: GapCause


@dataclass(frozen=True, slots=True)
class Refused:
    """There were pictures that could not be written."""

    at: datetime
    cause: GapCause


Job = Begun | Whole | Broken | Refused


class Line:
    """One camera's. `put` and `full` are for the recorder's thread; the rest belongs to the closer's."""

    def __init__(self, camera: CameraId, index: SegmentIndex, wake: threading.Condition, most: int) -> None:
        """Raises OSError, StoreError."""
        self.camera = camera
        self.due_mono = 0.0
        self._index = index
        self._wake = wake
        self._most = most
        self._jobs: deque[Job] = deque()
        self._files = 0
        self._failing: str | None = None
        self._unlisted: ClosedSegment | None = None
        """A whole file that the index does not have yet."""
        last = index.last(camera)
        self._previous_sha256 = last[1] if last else ""
        self._ended: tuple[datetime, GapCause] | None = (last[0], GapCause.NODE) if last else None
        """Until something is written again: up to when there is footage, and why no further."""

    @property
    def full(self) -> bool:
        return self._files >= self._most

    @property
    def empty(self) -> bool:
        return not self._jobs

    def put(self, job: Job) -> None:
        with self._wake:
            if isinstance(job, Refused) and self._jobs and isinstance(self._jobs[-1], Refused):
                return  # still not; a line whose disk hangs does not grow
            self._jobs.append(job)
            self._files += isinstance(job, Whole | Broken)
            self._wake.notify()

    def work(self) -> None:
        """Does what comes first. When that fails it stays first, and the line is due again after a while. Never raises."""
        job = self._jobs[0]
        try:
            self._do(job)
        except OSError as error:
            if str(error) != self._failing:  # a disk that goes on failing says so once
                log.error("segment_not_closed", camera=self.camera, error=str(error))
            self._failing = str(error)
            self.due_mono = time.monotonic() + RETRY_S
            return
        except Exception:  # the thread is every camera's; the file is left for the next start, which takes it in
            metrics.restarts.labels("closer").inc()
            log.exception("closer_failed", camera=self.camera)
            self._unlisted = None
        else:
            self._failing = None
        with self._wake:
            self._jobs.popleft()
            self._files -= isinstance(job, Whole | Broken)

    def _do(self, job: Job) -> None:
        match job:
            case Begun(start_at):
                self._tell_gap(start_at)
            case Whole(file, end_at, cause):
                self._close(file, end_at, cause)
                self._ended = None if cause is None else (end_at, cause)
            case Broken(part, start_at, cause):
                self._take_in(part, start_at, cause)
            case Refused(at, cause):
                if self._ended is None:
                    self._ended = (at, cause)

    def _close(self, file: SegmentFile, end_at: datetime, cause: GapCause | None) -> None:
        if self._unlisted is None:
            try:
                self._unlisted = file.close(end_at, self._previous_sha256)
            except OSError:
                # Nobody knows what of it is on the disk: it is measured when the disk works again.
                self._jobs[0] = Broken(file.abandon(), file.start_at, cause or GapCause.DISK)
                raise
        self._list(self._unlisted)

    def _take_in(self, part: Path | None, start_at: datetime, cause: GapCause) -> None:
        """What a failure cut short becomes a segment too. Tried once: a file that is left is recovered at the next start."""
        if part is not None and self._unlisted is None:
            self._jobs[0] = Broken(None, start_at, cause)
            self._unlisted = recover(part, self._previous_sha256)
        closed = self._unlisted
        if closed is None:
            if self._ended is None:
                self._ended = (start_at, cause)  # that is all that is sure
            return
        self._tell_gap(closed.segment.start_at)
        self._list(closed)
        self._ended = (closed.segment.end_at, cause)

    def _list(self, closed: ClosedSegment) -> None:
        self._previous_sha256 = closed.segment.sha256
        self._index.add_segment(closed.segment, closed.path)
        self._unlisted = None
        metrics.segments.labels(self.camera).inc()

    def _tell_gap(self, start_at: datetime) -> None:
        if self._ended is not None and start_at - self._ended[0] >= _SHORTEST_GAP:
            gap = Gap(self.camera, self._ended[0], start_at, self._ended[1])
            self._index.add_gap(gap)
            seconds = (gap.end_at - gap.start_at).total_seconds()
            metrics.gap_seconds.labels(self.camera, gap.cause).inc(seconds)
            log.warning("gap", camera=self.camera, seconds=seconds, cause=gap.cause)
        self._ended = None


class Closer:
    """Lines may be asked for from any thread, also while it runs; `start` and `stop` are for who owns it."""

    def __init__(self, index: SegmentIndex, *, most_waiting: int) -> None:
        self._index = index
        self._most_waiting = most_waiting
        self._lines: dict[CameraId, Line] = {}
        self._wake = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="closer", daemon=True)

    def line(self, camera: CameraId) -> Line:
        """The camera's. Raises OSError, StoreError."""
        with self._wake:
            if camera not in self._lines:
                self._lines[camera] = Line(camera, self._index, self._wake, self._most_waiting)
            return self._lines[camera]

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout_s: float) -> bool:
        """Does what waits, with one more try where it fails. True when it has ended in time.

        What is left then is taken in at the next start.
        """
        with self._wake:
            self._stopping = True
            self._wake.notify()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (lines := self._due()) is not None:
            for line in lines:
                line.work()
        for line in 2 * list(self._lines.values()):
            line.due_mono = 0.0
            while not line.empty and not line.due_mono:
                line.work()

    def _due(self) -> list[Line] | None:
        """Waits until there are some; each does one thing in its turn. None when it is to stop."""
        with self._wake:
            while not self._stopping:
                now_mono = time.monotonic()
                waiting = [line for line in self._lines.values() if not line.empty]
                due = [line for line in waiting if line.due_mono <= now_mono]
                if due:
                    return due
                next_mono = min((line.due_mono for line in waiting), default=None)
                self._wake.wait(None if next_mono is None else next_mono - now_mono)
            return None
