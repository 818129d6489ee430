"""The node's analytics thread: newest key pictures in, statuses and alerts out.

It works on the newest picture of each camera and never on a backlog. Pictures that come together are looked at together, and
while the detector is at work the next ones are decoded. Recording and live go on whatever happens here; when the detector
fails, windows turn unknown and the detector is opened again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Protocol, TypeVar

import structlog

from vigil import metrics
from vigil.analytics import snapshot
from vigil.analytics.analyst import Analyst, Memory, Standing
from vigil.analytics.attention import USUAL, Plan, Schedule
from vigil.analytics.detector import Detector
from vigil.analytics.eye import Eye, Picture
from vigil.analytics.looker import Found, Looker
from vigil.analytics.zones import Look
from vigil.clock import Clock
from vigil.model.alerts import Alert
from vigil.model.ids import CameraId, GroupId
from vigil.model.looks import Unknown
from vigil.model.site import Camera, Point
from vigil.model.suspensions import Suspension
from vigil.model.tickets import TicketCount
from vigil.queues import Mailbox

T = TypeVar("T")

_STEP_S = 1.0
_BATCH = 32
"""Pictures of a batch: enough to fill the detector's canvases, few enough that the first does not wait for long."""
_KEEP_S = 60.0
"""How often the analyst's memory is kept where no alert does it."""
_HOLD_S = 0.05
"""How long a picture waits for others to be looked at with."""

log = structlog.get_logger()


class Reports(Protocol):
    """Where the worker's findings go. Called on the analytics thread; must not block."""

    def standing(self, standing: Standing) -> None: ...

    def second(self, standing: Standing, now: datetime) -> None:
        """Called after each step, changed or not, for what is summed up over time."""
        ...

    def alert(self, alert: Alert, jpeg: bytes | None) -> None:
        """`jpeg` comes with the first revision, when the camera's picture is at hand."""
        ...

    def progress(self, analyst: Analyst) -> None:
        """Called with the alerts of each step, and every minute, to keep the analyst's memory."""
        ...

    def together(self) -> AbstractContextManager[object]:
        """What is told within it is kept as a whole or not at all."""
        ...


@dataclass(frozen=True, slots=True)
class _Batch:
    """Plans that the detector was asked about together, and its answer to come: people by region, in order."""

    plans: tuple[Plan, ...]
    found: Future[Found | None]


@dataclass(frozen=True, slots=True)
class _Change:
    """Another site: who is to judge it, given what is remembered, and its cameras."""

    make: Callable[[Memory], Analyst]
    cameras: tuple[Camera, ...]


class Worker:
    def __init__(
        self,
        analyst: Analyst,
        cameras: tuple[Camera, ...],
        open_detector: Callable[[], Detector],
        reports: Reports,
        clock: Clock,
        suspensions: Callable[[], tuple[Suspension, ...]] = tuple,
        *,
        eventful: Callable[[frozenset[CameraId]], None] = lambda _: None,
        schedule: Schedule = USUAL,
        live: bool = True,
    ) -> None:
        """`suspensions` tells those that are known now; it is asked before each step. `eventful` is told after each step which
        cameras show something worth recording; it must return at once.

        Not `live` is where time does not pass by itself: nothing is waited for, and each turn ends what it began.
        """
        self._analyst = analyst
        self._suspensions = suspensions
        self._eventful = eventful
        self._schedule = schedule
        self._eyes = {camera.id: Eye(camera, analyst, schedule) for camera in cameras}
        self._coming: Mailbox[None, _Change] = Mailbox()
        self._looker = Looker(open_detector, clock, overlap=live)
        self._hold_s = _HOLD_S if live else 0.0
        self._live = live
        self._batch: _Batch | None = None
        self._looked_at: dict[CameraId, datetime] = {}
        """Each camera's last look at which people were looked for."""
        self._reports = reports
        self._clock = clock
        self._mailbox: Mailbox[CameraId, Picture] = Mailbox()
        self._tickets: Mailbox[GroupId, TicketCount] = Mailbox()
        self._drifts: Mailbox[CameraId, tuple[CameraId, float]] = Mailbox()
        self._stop = threading.Event()
        self._said: Standing | None = None
        self._unsaid: list[Alert] = []  # found, and not yet handed over
        self._next_mono = clock.mono()
        self._kept_mono = clock.mono()
        self._thread = threading.Thread(target=self._run, name="analytics", daemon=True)

    def offer(self, picture: Picture) -> None:
        """From any thread; an older picture of the same camera that was not looked at yet is forgotten."""
        self._mailbox.put(picture.camera, picture)

    def count(self, count: TicketCount) -> None:
        """From any thread; it is judged with the next step."""
        self._tickets.put(count.group, count)

    def drift(self, camera: CameraId, seconds: float) -> None:
        """From any thread: by how much the camera's clock is still to be corrected. It is judged with the next step."""
        self._drifts.put(camera, (camera, seconds))

    def change(self, make: Callable[[Memory], Analyst], cameras: tuple[Camera, ...]) -> None:
        """From any thread: from its next turn on it judges another site, and goes on with what is the same in both.

        `make` is called on the worker's thread with what is remembered by then, and must not fail.
        """
        self._coming.put(None, _Change(make, cameras))

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout_s: float) -> bool:
        self._stop.set()
        self._mailbox.close()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def turn(self) -> None:
        """One turn of the thread's loop: the pictures at hand, what the detector said of those before, a step when it is due."""
        if (change := self._coming.get(timeout_s=0)) is not None:
            self._end_batch()
            self._supervised(partial(self._change, change), None)
        pictures = self._gather()
        plans = [plan for picture in pictures if (plan := self._glance(picture)) is not None]
        self._end_batch()
        if plans:
            regions = [region for plan in plans for region in plan.regions]
            self._batch = _Batch(tuple(plans), self._looker.look(regions))
        if not self._live:
            self._end_batch()
        if self._clock.mono() >= self._next_mono:
            self._next_mono = self._clock.mono() + _STEP_S
            self._supervised(self._step, None)

    def _change(self, change: _Change) -> None:
        analyst, before = change.make(self._analyst.memory), self._analyst
        analyst.go_on_from(before)
        eyes: dict[CameraId, Eye] = {}
        for camera in change.cameras:
            known = self._eyes.get(camera.id)
            if known is not None and analyst.sees_alike(camera.id, before):
                known.judged_by(analyst)
                eyes[camera.id] = known
            else:
                eyes[camera.id] = Eye(camera, analyst, self._schedule)
        self._analyst, self._eyes = analyst, eyes

    def _run(self) -> None:
        while not self._stop.is_set():
            self.turn()
        self._end_batch()
        self._supervised(self._finish, None)
        self._supervised(self._looker.close, None)

    def _finish(self) -> None:
        self._tell()
        self._reports.progress(self._analyst)

    def _supervised(self, act: Callable[[], T], failed: T) -> T:
        """What it gives, or `failed`. One failure costs one look or one step, never the thread."""
        try:
            return act()
        except Exception:
            metrics.restarts.labels("analytics").inc()
            log.exception("analytics_failed")
            return failed

    def _gather(self) -> list[Picture]:
        """The pictures to look at next. While the detector is at work nobody waits for more."""
        wait_s = 0.0 if self._batch else max(0.0, self._next_mono - self._clock.mono())
        pictures: list[Picture] = []
        until_mono = self._clock.mono() + wait_s
        while len(pictures) < _BATCH:
            picture = self._mailbox.get(timeout_s=max(0.0, until_mono - self._clock.mono()))
            if picture is None:
                break
            if not pictures:
                until_mono = self._clock.mono() + (0.0 if self._batch else self._hold_s)
            pictures.append(picture)
        return pictures

    def _glance(self, picture: Picture) -> Plan | None:
        """What the detector has to be asked about the picture. What can be said without it is told at once."""
        if picture.camera not in self._eyes:
            return None  # of a camera that has left the site
        failed: Look | Plan | None = _failed_on(picture.camera, picture.at)
        glance = self._supervised(partial(self._eyes[picture.camera].glance, picture), failed)
        if isinstance(glance, Look):
            self._looked(glance)
            return None
        return glance

    def _end_batch(self) -> None:
        batch, self._batch = self._batch, None
        if batch is None:
            return
        found = self._supervised(batch.found.result, None)
        people = iter(found or ())
        for plan in batch.plans:
            look = _failed_on(plan.frame.camera, plan.frame.at)
            if found is not None:
                mine = tuple(islice(people, len(plan.regions)))
                look = self._supervised(partial(self._eyes[look.camera].look, plan, mine), look)
            self._looked(look)

    def _looked(self, look: Look) -> None:
        metrics.looks.labels(look.camera).inc()
        last_at = self._looked_at.pop(look.camera, None)
        if look.why is None:
            self._looked_at[look.camera] = look.at
            if last_at is not None:
                metrics.look_staleness_s.observe((self._clock.now() - last_at).total_seconds())
        self._supervised(partial(self._analyst.look, look), None)

    def _step(self) -> None:
        now = self._clock.now()
        self._tell()
        self._analyst.suspend(self._suspensions())
        while (count := self._tickets.get(timeout_s=0)) is not None:
            self._analyst.count(count)
        while (drift := self._drifts.get(timeout_s=0)) is not None:
            self._analyst.drift(*drift, now)
        self._unsaid += self._analyst.step(now)
        self._eventful(self._analyst.eventful())
        self._tell()
        standing = self._analyst.standing(now)
        self._reports.second(standing, now)
        if standing != self._said:
            self._said = standing
            self._reports.standing(standing)
        if self._clock.mono() - self._kept_mono >= _KEEP_S:
            self._kept_mono = self._clock.mono()
            self._reports.progress(self._analyst)

    def _tell(self) -> None:
        """Hands over what was found. Where that fails it is tried again, before anything new is judged: no alert is lost.

        The memory goes with it: a node that died between the two would begin the episode anew and tell it a second time, and
        the first alert would never end.
        """
        if not self._unsaid:
            return
        told = [(alert, self._snapshot(alert) if alert.revision == 1 else None) for alert in self._unsaid]
        with self._reports.together():
            for alert, jpeg in told:
                self._reports.alert(alert, jpeg)
            self._reports.progress(self._analyst)
        self._kept_mono = self._clock.mono()
        self._unsaid.clear()
        for alert, _ in told:
            if alert.revision == 1:
                metrics.alerts.labels(alert.kind.value).inc()

    def _snapshot(self, alert: Alert) -> bytes | None:
        eye = self._eyes.get(alert.camera) if alert.camera else None
        if eye is None or eye.frame is None:
            return None
        return snapshot.draw(eye.frame, eye.people, _zones(eye.camera, alert))


def _zones(camera: Camera, alert: Alert) -> list[tuple[Point, ...]]:
    """The polygons that the alert is about: those of its window or, where it is about none, of its group."""
    if alert.window is not None:
        return [zone.polygon for zone in camera.zones if zone.window == alert.window]
    return [zone.polygon for zone in camera.zones if zone.group is not None and zone.group == alert.group]


def _failed_on(camera: CameraId, at: datetime) -> Look:
    """Ours, not the camera's fault: its windows are unknown, and it raises no alert."""
    return Look.blind(camera, at, Unknown.DETECTOR)
