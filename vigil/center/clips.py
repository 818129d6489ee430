"""Makes clips of stored segments: one thread, oldest first, as soon as the footage is there.

A clip waits for footage that is still under way. What will never come is a gap in the clip's record, and a clip with gaps is
shown as partial, never as whole.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import structlog

from vigil.archive.objects import ObjectStore
from vigil.clock import Clock
from vigil.errors import ArchiveError, StoreError
from vigil.model.ids import ClipId
from vigil.model.media import Gap, GapCause
from vigil.store.clips import ClipRecord
from vigil.store.footage import SegmentRecord, SegmentState, Span
from vigil.store.stores import Stores

_POLL_S = 2.0
_STILL_COMING = timedelta(minutes=5)
"""How long after a clip's end its footage may take while the node is connected: a segment's length and an upload."""
_GIVE_UP = timedelta(days=3)
"""And while the node is not: it has the footage, and a link that is broken for longer is a repair and not a delay."""

log = structlog.get_logger()


class Remux(Protocol):
    """Joins segment files (path, wall time of the first picture) into one MP4 at `target`. Raises ArchiveError."""

    def __call__(
        self, pieces: list[tuple[Path, datetime]], from_at: datetime, to_at: datetime, target: Path
    ) -> None: ...


class ClipMaker:
    def __init__(
        self,
        stores: Stores,
        objects: ObjectStore,
        remux: Remux,
        scratch: Path,
        clock: Clock,
        *,
        linked: Callable[[ClipRecord], bool],
        made: Callable[[ClipId], None],
    ) -> None:
        """`linked` says whether the node of the clip's camera is connected; `made` is told of each clip that changed."""
        self._stores = stores
        self._objects = objects
        self._remux = remux
        self._scratch = scratch
        self._clock = clock
        self._linked = linked
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
            except (StoreError, ArchiveError) as error:
                # The store is away, not the clip: everything pending is tried again.
                log.error("clips_waiting", error=str(error))

    def make_all(self) -> None:
        """Makes every clip whose footage is complete or will not become so. Raises StoreError, ArchiveError."""
        for clip in self._stores.clips.pending():
            if self._stop.is_set():
                return
            if self._is_due(clip):
                self._make(clip)
                self._made(clip.id)

    def _is_due(self, clip: ClipRecord) -> bool:
        missing = self._unexplained(clip)
        if not missing:
            return True
        waited = self._clock.now() - max(clip.to_at, clip.created_at)
        return waited > (_STILL_COMING if self._linked(clip) else _GIVE_UP)

    def _unexplained(self, clip: ClipRecord) -> list[Span]:
        """What is neither stored nor known to be lost."""
        gaps = self._stores.footage.gaps_overlapping(clip.camera, clip.from_at, clip.to_at)
        spans = self._stores.footage.uncovered(clip.camera, clip.from_at, clip.to_at)
        return [span for span in spans if not any(_covers(gap, span) for gap in gaps)]

    def _make(self, clip: ClipRecord) -> None:
        segments = [
            record
            for record in self._stores.footage.segments_overlapping(clip.camera, clip.from_at, clip.to_at)
            if record.state is SegmentState.STORED
        ]
        gaps = self._gaps(clip)
        if not segments:
            log.warning("clip_without_footage", clip=clip.id, camera=clip.camera)
            self._stores.clips.mark_failed(clip.id, gaps)
            return
        with TemporaryDirectory(dir=self._scratch) as folder:
            target = Path(folder) / "clip.mp4"
            if not self._join(clip, segments, Path(folder), target):
                self._stores.clips.mark_failed(clip.id, gaps)
                return
            with target.open("rb") as stream:
                sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
            size = target.stat().st_size
            key = f"clips/{clip.camera}/{clip.from_at:%Y/%m/%d}/{clip.id}.mp4"
            self._objects.put(key, target, size=size, sha256=sha256, content_type="video/mp4")
        made_of = Span(clip.from_at, clip.to_at)
        self._stores.clips.mark_ready(clip.id, key, size, sha256, gaps, made_of=made_of)
        log.info("clip_made", clip=clip.id, bytes=size, gaps=len(gaps))

    def _join(self, clip: ClipRecord, segments: list[SegmentRecord], folder: Path, target: Path) -> bool:
        try:
            with ExitStack() as files:
                pieces = [
                    (files.enter_context(self._objects.local_path(record.object_key, folder)), record.segment.start_at)
                    for record in segments
                ]
                self._remux(pieces, clip.from_at, clip.to_at, target)
        except ArchiveError as error:
            log.error("clip_failed", clip=clip.id, error=str(error))
            return False
        return True

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
