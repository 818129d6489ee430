"""Makes clips of stored segments: one thread, oldest first, as soon as the footage is there.

A clip waits for footage that is still under way. What will never come is a gap in the clip's record, and a clip with gaps is
shown as partial, never as whole.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import structlog

from vigil.archive.objects import ObjectStore
from vigil.clock import Clock
from vigil.errors import ArchiveError, ObjectMissing, StoreError
from vigil.model.ids import CameraId, ClipId, NodeId
from vigil.model.media import Gap, GapCause, Segment
from vigil.store.clips import ClipRecord
from vigil.store.footage import SegmentState, Span
from vigil.store.stores import Stores

_POLL_S = 2.0
_REST_S = 0.5
"""Between two rounds: while a node catches up, each of its segments would begin one."""
_MOST_PENDING = 1000
"""Clips looked at in a round; those of a node that is away must not hide those of the others."""
_STILL_COMING = timedelta(minutes=5)
"""How long a clip waits for footage when the node is connected and nothing as old as the clip comes any more."""
_GIVE_UP = timedelta(days=3)
"""And while the node is not: it has the footage, and a link that is broken for longer is a repair and not a delay."""

log = structlog.get_logger()


class Remux(Protocol):
    """Joins segment files (path, wall time of the first picture) into one MP4 at `target`. Raises ArchiveError."""

    def __call__(
        self, pieces: list[tuple[Path, datetime]], from_at: datetime, to_at: datetime, target: Path
    ) -> None: ...


class Arrivals:
    """The last segment that came from each node, and when. Nodes bring the oldest first, so it tells how far they are."""

    def __init__(self, owners: Mapping[CameraId, NodeId], clock: Clock) -> None:
        self._owners = owners
        self._clock = clock
        self._last: dict[NodeId | None, tuple[datetime, datetime]] = {}

    def stored(self, segment: Segment) -> None:
        """From any thread: one assignment."""
        self._last[self._owners.get(segment.camera)] = segment.start_at, self._clock.now()

    def last_before(self, camera: CameraId, at: datetime) -> datetime | None:
        """When the last segment came, if it began before `at`: then others may follow that do."""
        start_at, came_at = self._last.get(self._owners.get(camera), (at, at))
        return came_at if start_at < at else None


class ClipMaker:
    def __init__(
        self,
        stores: Stores,
        objects: ObjectStore,
        remux: Remux,
        scratch: Path,
        clock: Clock,
        *,
        linked_since: Callable[[CameraId], datetime | None],
        arrivals: Arrivals,
        made: Callable[[ClipId], None],
    ) -> None:
        """`linked_since` says since when a camera's node is connected, None while it is not; `made` hears of each clip."""
        self._stores = stores
        self._objects = objects
        self._remux = remux
        self._scratch = scratch
        self._clock = clock
        self._linked_since = linked_since
        self._arrivals = arrivals
        self._made = made
        self._stop = threading.Event()
        self._work = threading.Event()
        self._thread = threading.Thread(target=self._run, name="clips", daemon=True)

    def wake(self) -> None:
        """Footage or a request came. From any thread."""
        self._work.set()

    def start(self) -> None:
        self._scratch.mkdir(parents=True, exist_ok=True)
        self._thread.start()

    def stop(self, timeout_s: float) -> None:
        self._stop.set()
        self._work.set()
        self._thread.join(timeout_s)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._work.wait(_POLL_S)
            self._work.clear()
            try:
                self.make_all()
            except (StoreError, ArchiveError, OSError) as error:
                # The store or the disk is away, not the clip: everything pending is tried again.
                log.error("clips_waiting", error=str(error))
            except Exception:  # this loop is the clips' supervisor
                log.exception("clips_failed")
            self._stop.wait(_REST_S)

    def make_all(self) -> None:
        """Makes every clip whose footage is complete or will not become so. Raises StoreError, ArchiveError, OSError."""
        for clip in self._stores.clips.pending(_MOST_PENDING):
            if self._stop.is_set():
                return
            if self._is_due(clip):
                self._try(clip)
                self._made(clip.id)

    def _try(self, clip: ClipRecord) -> None:
        try:
            self._make(clip)
        except (StoreError, ArchiveError, OSError):
            raise
        except Exception:  # one clip that cannot be made must not be met for ever, nor stop the others
            log.exception("clip_broke", clip=clip.id)
            self._fail(clip, self._gaps(clip))

    def _is_due(self, clip: ClipRecord) -> bool:
        if not self._unexplained(clip):
            return True
        since = max(clip.to_at, clip.created_at)
        linked_since = self._linked_since(clip.camera)
        if linked_since is None:
            return self._clock.now() - since > _GIVE_UP
        last_at = self._arrivals.last_before(clip.camera, clip.to_at)
        return self._clock.now() - max(since, linked_since, last_at or since) > _STILL_COMING

    def _unexplained(self, clip: ClipRecord) -> list[Span]:
        """What is neither stored nor known to be lost."""
        gaps = self._stores.footage.gaps_overlapping(clip.camera, clip.from_at, clip.to_at)
        spans = self._stores.footage.uncovered(clip.camera, clip.from_at, clip.to_at)
        first_at = self._first_footage(clip)
        return [
            span
            for span in spans
            if not any(_covers(gap, span) for gap in gaps) and not (first_at is not None and span.end_at <= first_at)
        ]

    def _first_footage(self, clip: ClipRecord) -> datetime | None:
        """When the camera's very first segment began, if that is in the clip: its hash chain has nothing before it."""
        segments = self._stores.footage.segments_overlapping(clip.camera, clip.from_at, clip.to_at)
        return next((one.segment.start_at for one in segments if not one.segment.previous_sha256), None)

    def _make(self, clip: ClipRecord) -> None:
        key = f"clips/{clip.camera}/{clip.from_at:%Y/%m/%d}/{clip.id}.mp4"
        with TemporaryDirectory(dir=self._scratch) as scratch, ExitStack() as files:
            folder, target = Path(scratch), Path(scratch) / "clip.mp4"
            pieces, lost = self._pieces(clip, folder, files)
            gaps = sorted(self._gaps(clip) + lost, key=lambda gap: gap.start_at)
            if not self._join(clip, pieces, target):
                self._fail(clip, gaps)
                return
            with target.open("rb") as stream:
                sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
            size = target.stat().st_size
            self._objects.put(key, target, size=size, sha256=sha256, content_type="video/mp4")
        made_of = Span(clip.from_at, clip.to_at)
        if self._stores.clips.mark_ready(clip.id, key, size, sha256, gaps, made_of=made_of):
            log.info("clip_made", clip=clip.id, bytes=size, gaps=len(gaps))

    def _pieces(
        self, clip: ClipRecord, folder: Path, files: ExitStack
    ) -> tuple[list[tuple[Path, datetime]], list[Gap]]:
        """The segments' files, and a gap for each whose object is gone. Raises ArchiveError when the store does not answer."""
        pieces: list[tuple[Path, datetime]] = []
        lost: list[Gap] = []
        for record in self._stores.footage.segments_overlapping(clip.camera, clip.from_at, clip.to_at):
            if record.state is not SegmentState.STORED:
                continue
            segment = record.segment
            try:
                path = files.enter_context(self._objects.local_path(record.object_key, folder))
            except ObjectMissing as error:
                log.error("segment_object_missing", segment=segment.id, error=str(error))
                span = max(segment.start_at, clip.from_at), min(segment.end_at, clip.to_at)
                lost.append(Gap(clip.camera, *span, GapCause.UNEXPLAINED))
            else:
                pieces.append((path, segment.start_at))
        return pieces, lost

    def _join(self, clip: ClipRecord, pieces: list[tuple[Path, datetime]], target: Path) -> bool:
        """False when there is nothing to make it of."""
        if not pieces:
            log.warning("clip_without_footage", clip=clip.id, camera=clip.camera)
            return False
        try:
            self._remux(pieces, clip.from_at, clip.to_at, target)
        except ArchiveError as error:
            log.error("clip_failed", clip=clip.id, error=str(error))
            return False
        return True

    def _fail(self, clip: ClipRecord, gaps: list[Gap]) -> None:
        self._stores.clips.mark_failed(clip.id, gaps, made_of=Span(clip.from_at, clip.to_at))

    def _gaps(self, clip: ClipRecord) -> list[Gap]:
        """What the clip lacks, with the cause where one is known."""
        known = self._stores.footage.gaps_overlapping(clip.camera, clip.from_at, clip.to_at)
        lacking = self._stores.footage.uncovered(clip.camera, clip.from_at, clip.to_at)
        return [
            Gap(
                clip.camera,
                span.start_at,
                span.end_at,
                next((g.cause for g in known if _touches(g, span)), GapCause.UNEXPLAINED),
            )
            for span in lacking
        ]


_EDGE = timedelta(seconds=1)


def _covers(gap: Gap, span: Span) -> bool:
    return gap.start_at - _EDGE <= span.start_at and span.end_at <= gap.end_at + _EDGE


def _touches(gap: Gap, span: Span) -> bool:
    return gap.start_at < span.end_at and gap.end_at > span.start_at
