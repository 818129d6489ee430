"""The recorder: one thread that writes every camera's packets to disk, so that no camera ever waits for it.

Cameras put packets into one queue that is bounded in bytes. When the disk is too slow for them a camera loses whole GOPs, and
that is a gap with a cause, a metric and a log line, never a silence. The thread hands what it writes to the kernel and waits for
nothing else: files that are complete go to the closer (vigil/ingest/closing.py).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

import structlog

from vigil import metrics
from vigil.ingest.closing import MOST_WAITING, Begun, Broken, Closer, Line, Refused, SegmentIndex, Whole
from vigil.ingest.mux import FragmentMuxer
from vigil.ingest.segments import SegmentFile
from vigil.model.ids import CameraId
from vigil.model.media import Fragment, GapCause, Packet, Sound, StreamParameters
from vigil.queues import ByteQueue

FRAGMENT_S = 0.3
GATHER_S = 0.1
"""How long packets wait in memory for being written together. With the fragment that is the most that kill -9 can cost
here; what the reader had not fetched from the kernel (REST_S) comes on top. All three together are less than a second."""

_NO_TIME = timedelta(0)
_LONGEST_INTERVAL = timedelta(seconds=1)
_RETRY_DISK = timedelta(seconds=5)

log = structlog.get_logger()

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Begin:
    camera: CameraId
    parameters: StreamParameters


@dataclass(frozen=True, slots=True)
class _Picture:
    camera: CameraId
    packet: Packet


@dataclass(frozen=True, slots=True)
class _Heard:
    camera: CameraId
    sound: Sound


@dataclass(frozen=True, slots=True)
class _Lost:
    camera: CameraId
    at: datetime
    cause: GapCause


_Item = _Begin | _Picture | _Heard | _Lost


def _size(item: _Item) -> int:
    match item:
        case _Picture(packet=packet):
            return len(packet.data)
        case _Heard(sound=sound):
            return len(sound.data)
        case _:
            return 0


class RecorderSink:
    """One camera's way into the queue. Called on the camera's reader thread."""

    def __init__(self, camera: CameraId, queue: ByteQueue[_Item]) -> None:
        self._camera = camera
        self._queue = queue
        self._parameters: StreamParameters | None = None
        self._dropping = False
        self._dropped = metrics.recorder_dropped.labels(camera)
        self._sound_lost = metrics.sound_lost.labels(camera)

    def begin(self, parameters: StreamParameters) -> None:
        self._parameters = parameters
        self._dropping = False
        self._queue.put(_Begin(self._camera, parameters), always=True)

    def packet(self, packet: Packet) -> None:
        if self._dropping and not packet.key:
            self._dropped.inc()
            return
        if self._dropping and self._parameters is not None:
            self._queue.put(_Begin(self._camera, self._parameters), always=True)
        if self._queue.put(_Picture(self._camera, packet)):
            self._dropping = False
            return
        self._dropped.inc()
        if not self._dropping:
            self._dropping = True
            log.error("disk_too_slow", camera=self._camera)
            self._queue.put(_Lost(self._camera, packet.at, GapCause.DISK), always=True)

    def sound(self, sound: Sound) -> None:
        """When the disk is too slow it is lost with the pictures, and no picture is lost for it."""
        if self._dropping or not self._queue.put(_Heard(self._camera, sound)):
            self._sound_lost.inc()

    def lost(self, at: datetime, cause: GapCause) -> None:
        self._queue.put(_Lost(self._camera, at, cause), always=True)


class Recorder:
    """`wrote` is told when a camera's packets were handed to the operating system; it must return at once."""

    def __init__(
        self,
        folder: Path,
        index: SegmentIndex,
        *,
        segment_s: float,
        queue_bytes: int,
        fragment_s: float = FRAGMENT_S,
        wrote: Callable[[], None] = lambda: None,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        self._folder = folder
        self._wrote = wrote
        self._fragment_s = fragment_s
        self._closer = Closer(index, most_waiting=most_waiting)
        self._segment = timedelta(seconds=segment_s)
        self._queue: ByteQueue[_Item] = ByteQueue(queue_bytes, _size)
        self._writers: dict[CameraId, _Writer] = {}
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)

    def sink(self, camera: CameraId) -> RecorderSink:
        """A way in, for one reader at a time. From any thread, also while it runs. Raises OSError, StoreError."""
        if camera not in self._writers:
            folder = self._folder / camera
            folder.mkdir(parents=True, exist_ok=True)
            self._writers[camera] = _Writer(folder, self._closer.line(camera), self._segment, self._fragment_s)
        return RecorderSink(camera, self._queue)

    def cut_after(self, camera: CameraId, at: datetime) -> None:
        """Asks for the segment that holds `at` to be closed at the first key picture after it. From any thread.

        A camera that is not recorded has none.
        """
        writer = self._writers.get(camera)
        if writer is not None:
            writer.cut_at = at

    def start(self) -> None:
        self._closer.start()
        self._thread.start()

    def stop(self, timeout_s: float) -> bool:
        """Writes what is queued and closes the segments. True when all of it was done in time."""
        until_mono = time.monotonic() + timeout_s
        self._queue.close()
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            return False
        return self._closer.stop(max(0.0, until_mono - time.monotonic()))

    def _run(self) -> None:
        while not self._queue.closed:
            self._queue.wait(GATHER_S)
            took = False
            while (item := self._queue.get()) is not None:
                writer = self._writers[item.camera]
                self._supervised(writer, writer.handle, item)
                took = True
            if took:
                self._wrote()
        for writer in self._writers.values():
            self._supervised(writer, writer.end, GapCause.NODE)

    def _supervised(self, writer: _Writer, act: Callable[[T], None], what: T) -> None:
        """One camera's failure is a gap of that camera and nobody else's."""
        try:
            act(what)
        except Exception:
            metrics.restarts.labels("recorder").inc()
            log.exception("writer_failed", camera=writer.camera)
            writer.reset()


class _Writer:
    """One camera's open file. Belongs to the recorder's thread, except `cut_at`."""

    def __init__(self, folder: Path, line: Line, longest: timedelta, fragment_s: float) -> None:
        self.cut_at: datetime | None = None
        self.camera = line.camera
        self._folder = folder
        self._line = line
        self._longest = longest
        self._fragment_s = fragment_s
        self._parameters: StreamParameters | None = None
        self._file: SegmentFile | None = None
        self._muxer: FragmentMuxer | None = None
        self._begun = False
        """The disk has taken something of the open file."""
        self._last: Packet | None = None
        self._interval = timedelta(0)
        self._failed_at: datetime | None = None
        """When the disk last failed, until something was written again."""

    def handle(self, item: _Item) -> None:
        match item:
            case _Begin(parameters=parameters):
                self.end(GapCause.DAMAGE)
                self._parameters = parameters
            case _Picture(packet=packet):
                self._guarded(packet.at, self._write, packet)
            case _Heard(sound=sound):
                self._hear(sound)
            case _Lost(cause=cause):
                self.end(cause)

    def end(self, cause: GapCause) -> None:
        """Completes the file, if one is open."""
        if self._last is not None:
            end_at = self._last.at + self._interval
            self._guarded(end_at, partial(self._complete, cause=cause), end_at)

    def _guarded(self, at: datetime, act: Callable[[T], None], what: T) -> None:
        """A failing disk ends the file and is tried again after some seconds; the thread lives on."""
        try:
            act(what)
        except OSError as error:
            if self._failed_at is None:  # a disk that goes on failing says so once
                log.error("recording_failed", camera=self.camera, error=str(error))
            self._failed_at = at
            self.reset(GapCause.DISK)
            self._line.put(Refused(at, GapCause.DISK))

    def reset(self, cause: GapCause = GapCause.DAMAGE) -> None:
        """Lets go of the open file; what was written of it is taken in. Never raises."""
        file, self._file, self._muxer = self._file, None, None
        if file is None:
            return
        part = file.abandon()
        self._line.put(Refused(file.start_at, cause) if part is None else Broken(part, file.start_at, cause))

    def _write(self, packet: Packet) -> None:
        if packet.key and self._is_due(packet.at):
            self._complete(packet.at, None)
        if self._file is None and not self._open(packet):
            return
        assert self._file is not None  # noqa: S101, _open made them
        assert self._muxer is not None  # noqa: S101
        self._put(self._file, self._muxer.write(packet))
        self._file.packets += 1
        if self._last is not None and _NO_TIME < (interval := packet.at - self._last.at) < _LONGEST_INTERVAL:
            self._interval = interval
        self._last = packet

    def _hear(self, sound: Sound) -> None:
        if self._muxer is not None and not self._muxer.hear(sound):
            metrics.sound_lost.labels(self.camera).inc()

    def _put(self, file: SegmentFile, fragments: Sequence[Fragment]) -> None:
        for fragment in fragments:
            file.write(fragment)
        if not fragments:
            return
        # Only now is it known that the disk takes something, and that the gap is over.
        if not self._begun:
            self._begun = True
            self._line.put(Begun(file.start_at))
        if self._failed_at is not None:
            log.info("recording_again", camera=self.camera)
            self._failed_at = None

    def _is_due(self, at: datetime) -> bool:
        if self._file is None:
            return False
        if self.cut_at is not None and at >= self.cut_at:
            self.cut_at = None
            return True
        return at - self._file.start_at >= self._longest

    def _open(self, packet: Packet) -> bool:
        """Raises OSError."""
        if not packet.key or self._parameters is None:
            return False
        if self._failed_at is not None and abs(packet.at - self._failed_at) < _RETRY_DISK:
            return False
        if self._line.full:
            raise OSError(
                "the disk is too slow: files of this camera that are complete wait for being flushed and entered"
            )
        self._file = SegmentFile(self._folder, self.camera, packet.at, self._parameters)
        self._muxer = FragmentMuxer(self._parameters, fragment_s=self._fragment_s, sound=self._parameters.sound)
        self._begun = False
        return True

    def _complete(self, end_at: datetime, cause: GapCause | None) -> None:
        """Writes what the muxer still has and gives the file to the closer. `cause`: as in Whole."""
        file, muxer = self._file, self._muxer
        if file is None or muxer is None:
            return
        self._put(file, muxer.close())
        self._file = self._muxer = None
        self._line.put(Whole(file, end_at, cause))
