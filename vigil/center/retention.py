"""Removes footage, clips and figures whose time is over, enters that in the register, and foresees when the archive is full.

A camera's footage is kept for a least and a most number of days. What is older than the most goes. What is older than the least
goes where footage takes more room than it may, the oldest first. What somebody holds stays, and so does what a clip waits for. An
entry in the register is made when the objects are gone, and in the transaction in which their rows go.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from vigil.archive.objects import ObjectStore
from vigil.center.old_figures import OldFigures
from vigil.clock import Clock
from vigil.errors import ArchiveError, StoreError
from vigil.model.ids import CameraId
from vigil.model.register import Action
from vigil.model.retention import CameraPlan, RetentionPlan
from vigil.model.site import Retention, Site
from vigil.store.expiry import Expired, ExpiredClip, Kept, digest
from vigil.store.stores import Stores
from vigil.store.users import User

SYSTEM: Final = User("vigil-retention", "保存期限", "vigil", frozenset())
"""Who the register says removed it."""

_OVER: Final = "保存期限已满"
_NO_ROOM: Final = "超过最短保存期限，存储空间不足"
"""Why, in the register's words, which people read."""

_EVERY_S: Final = 3600.0
_BATCH: Final = 200
"""Segments whose rows go in one transaction: an hour and more of a camera, and no writer waits for long."""
_FEW: Final = 20
"""Where room is wanted: no more goes than that beyond what must."""
_CLIPS: Final = 50
_QUIET: Final = timedelta(days=2)
_DAY: Final = timedelta(days=1)
_NEARLY: Final = timedelta(days=7)
"""How long before the archive is full it is told."""

log = structlog.get_logger()


@dataclass(slots=True)
class Swept:
    segments: int = 0
    bytes: int = 0
    clips: int = 0


class Sweeper:
    """One thread; `sweep` and `make_plan` may be called without it."""

    def __init__(
        self,
        stores: Stores,
        objects: ObjectStore,
        site: Site,
        clock: Clock,
        *,
        at_most_bytes: int | None,
        keep_figures: timedelta,
    ) -> None:
        self._stores = stores
        self._figures = OldFigures(stores, keep_figures, SYSTEM, _OVER)
        self._objects = objects
        self._site = site
        self._rules = {camera.id: site.retention_of(camera) for _, camera in site.cameras()}
        self._clock = clock
        self._at_most_bytes = at_most_bytes
        self._plan: RetentionPlan | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="retention", daemon=True)

    @property
    def plan(self) -> RetentionPlan | None:
        """Of the last hour; None until it was made once."""
        return self._plan

    def change(self, site: Site) -> None:
        """From the next round on. From any thread."""
        self._rules = {camera.id: site.retention_of(camera) for _, camera in site.cameras()}
        self._site = site

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout_s: float) -> None:
        self._stop.set()
        self._thread.join(timeout_s)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self.sweep()
                self._plan = self.make_plan()
                self._tell(self._plan)
            except (StoreError, ArchiveError) as error:
                log.error("retention_waiting", error=str(error))
            except Exception:  # this loop is the sweeper's supervisor
                log.exception("retention_failed")
            self._stop.wait(_EVERY_S)

    def sweep(self) -> Swept:
        """Removes all whose time is over. Raises ArchiveError and StoreError; what was begun is finished by the next.

        Nothing is removed while nothing new comes: a clock that was set to another year must not empty the archive.
        """
        now, swept = self._clock.now(), Swept()
        kept = self._stores.expiry.kept()
        newest_at = max((one.last_at for one in kept), default=now)
        if now - newest_at > _QUIET:
            # Either no camera was recorded for so long, or this clock is wrong: then all would seem to be over.
            log.warning("retention_waits_for_footage", newest_at=newest_at.isoformat())
            return swept
        ended_by = {one.camera: now - timedelta(days=self._rule(one.camera).at_most_days) for one in kept}
        for batch in self._batches(ended_by, now, _BATCH):
            self._remove(batch, _OVER, swept)
        self._make_room(kept, now, swept)
        self._sweep_clips(now, swept)
        days = self._figures.sweep(ZoneInfo(self._site.time_zone), now, self._stop.is_set)
        if days:
            log.info("figures_expired", days=days)
        if swept.segments or swept.clips:
            log.info("footage_expired", segments=swept.segments, bytes=swept.bytes, clips=swept.clips)
        return swept

    def make_plan(self) -> RetentionPlan:
        """Raises StoreError, ArchiveError."""
        now = self._clock.now()
        kept = {one.camera: one for one in self._stores.expiry.kept()}
        cameras = sorted({*kept, *self._rules})
        grown = self._stores.expiry.grown(cameras, now - _DAY, now)
        room = self._at_most_bytes
        if room is None and (free := self._objects.free_bytes()) is not None:
            room = free + sum(one.size for one in kept.values())
        return RetentionPlan(
            now,
            tuple(
                CameraPlan(
                    camera,
                    self._rule(camera).at_least_days,
                    self._rule(camera).at_most_days,
                    kept[camera].size if camera in kept else 0,
                    grown.get(camera, 0),
                    kept[camera].first_at if camera in kept else None,
                )
                for camera in cameras
            ),
            room,
        )

    def _rule(self, camera: CameraId) -> Retention:
        """Of a camera that is no more, that of the site."""
        return self._rules.get(camera, self._site.retention)

    def _batches(self, ended_by: Mapping[CameraId, datetime], now: datetime, limit: int) -> Iterator[list[Expired]]:
        while not self._stop.is_set() and (batch := self._stores.expiry.mark(ended_by, now, limit)):
            yield batch

    def _make_room(self, kept: Sequence[Kept], now: datetime, swept: Swept) -> None:
        """Where footage takes more than it may: the oldest that need not be kept, of whichever camera."""
        if self._at_most_bytes is None:
            return
        over = sum(one.size for one in kept) - swept.bytes - self._at_most_bytes
        if over <= 0:
            return
        ended_by = {one.camera: now - timedelta(days=self._rule(one.camera).at_least_days) for one in kept}
        for batch in self._batches(ended_by, now, _FEW):
            self._remove(batch, _NO_ROOM, swept)
            over -= sum(one.size for one in batch)
            if over <= 0:
                return
        log.error("archive_over_its_bound", bytes_over=over)

    def _remove(self, batch: Sequence[Expired], why: str, swept: Swept) -> None:
        for one in batch:
            self._objects.delete(one.object_key)
        with self._stores.database.write():  # no row goes without its entry, no entry is made of what is still there
            self._stores.expiry.forget(batch)
            for camera, some in groupby(batch, key=lambda one: one.camera):
                self._enter(camera, list(some), why)
        swept.segments += len(batch)
        swept.bytes += sum(one.size for one in batch)

    def _enter(self, camera: CameraId, gone: Sequence[Expired], why: str) -> None:
        span = f"{gone[0].start_at.isoformat()}/{gone[-1].end_at.isoformat()}"
        size = sum(one.size for one in gone)
        subject = f"camera {camera}, {span}: {len(gone)} segments, {size} bytes, list {digest(gone)}"
        self._stores.register.append(SYSTEM, Action.DELETE, subject, at=self._clock.now(), reason=why, camera=camera)

    def _sweep_clips(self, now: datetime, swept: Swept) -> None:
        days = self._site.clips.keep_days
        while not self._stop.is_set():
            clips = self._stores.expiry.clips(now - timedelta(days=days), now, _CLIPS)
            for clip in clips:
                self._remove_clip(clip)
            swept.clips += len(clips)
            if len(clips) < _CLIPS:
                return

    def _remove_clip(self, clip: ExpiredClip) -> None:
        for key in (clip.object_key, clip.snapshot_key):
            if key is not None:
                self._objects.delete(key)
        span = f"{clip.from_at.isoformat()}/{clip.to_at.isoformat()}"
        subject = f"clip {clip.id}: camera {clip.camera}, {span}"
        with self._stores.database.write():
            self._stores.expiry.forget_clip(clip)
            self._stores.register.append(
                SYSTEM, Action.DELETE, subject, at=self._clock.now(), reason=_OVER, camera=clip.camera
            )

    def _tell(self, plan: RetentionPlan) -> None:
        full_at = plan.full_at
        if full_at is not None and full_at - plan.made_at <= _NEARLY:
            log.warning("archive_nearly_full", full_at=full_at.isoformat(), needs_bytes=round(plan.least_bytes))
