"""The node's analytics thread: newest key pictures in, statuses and alerts out.

It works on the newest picture of each camera and never on a backlog. Recording and live go on whatever happens here; when the
detector fails, windows turn unknown and the detector is opened again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

import structlog

from vigil import metrics
from vigil.analytics import snapshot
from vigil.analytics.analyst import Analyst, Standing
from vigil.analytics.detector import Detector
from vigil.analytics.quality import QualityGate
from vigil.analytics.scene import Scene, drawn_as
from vigil.analytics.zones import Look
from vigil.clock import Clock
from vigil.errors import DetectorError
from vigil.model.alerts import Alert
from vigil.model.ids import CameraId
from vigil.model.looks import Detection, Unknown
from vigil.model.media import Frame
from vigil.model.site import Camera, Point
from vigil.queues import Mailbox

LOOK_EVERY = timedelta(seconds=1)
"""A camera is looked at no more often: thresholds are tens of seconds."""

_STEP_S = 1.0
_REOPEN_S = 5.0

log = structlog.get_logger()


class Picture(Protocol):
    """A coded picture that can be decoded, once, on the analytics thread."""

    @property
    def camera(self) -> CameraId: ...

    @property
    def at(self) -> datetime: ...

    def decode(self) -> Frame | None: ...


class Reports(Protocol):
    """Where the worker's findings go. Called on the analytics thread; must not block."""

    def standing(self, standing: Standing) -> None: ...

    def alert(self, alert: Alert, jpeg: bytes | None) -> None:
        """`jpeg` comes with the first revision, when the camera's picture is at hand."""
        ...

    def progress(self, analyst: Analyst) -> None:
        """Called after each step in which alerts changed, and every minute, to keep the analyst's memory."""
        ...


@dataclass(slots=True)
class _Eye:
    """What the worker keeps of one camera."""

    camera: Camera
    quality: QualityGate
    looked_at: datetime | None = None
    frame: Frame | None = None
    people: tuple[Detection, ...] = ()


class Worker:
    def __init__(
        self,
        analyst: Analyst,
        cameras: tuple[Camera, ...],
        open_detector: Callable[[], Detector],
        reports: Reports,
        clock: Clock,
    ) -> None:
        self._analyst = analyst
        self._eyes = {camera.id: _eye(camera, analyst) for camera in cameras}
        self._open_detector = open_detector
        self._detector: Detector | None = None
        self._retry_mono = 0.0
        self._reports = reports
        self._clock = clock
        self._mailbox: Mailbox[CameraId, Picture] = Mailbox()
        self._stop = threading.Event()
        self._said: Standing | None = None
        self._unsaid: list[Alert] = []  # found, and not yet handed over
        self._next_mono = clock.mono()
        self._kept_mono = clock.mono()
        self._thread = threading.Thread(target=self._run, name="analytics", daemon=True)

    def offer(self, picture: Picture) -> None:
        """From any thread; an older picture of the same camera that was not looked at yet is forgotten."""
        self._mailbox.put(picture.camera, picture)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout_s: float) -> bool:
        self._stop.set()
        self._mailbox.close()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def turn(self) -> None:
        """One turn of the thread's loop: at most one picture, and a step when it is due."""
        picture = self._mailbox.get(timeout_s=max(0.0, self._next_mono - self._clock.mono()))
        if picture is not None and not self._supervised(partial(self._look, picture)):
            # Ours, not the camera's fault: its windows are unknown, and it raises no alert.
            self._supervised(partial(self._analyst.look, Look.blind(picture.camera, picture.at, Unknown.DETECTOR)))
        if self._clock.mono() >= self._next_mono:
            self._next_mono = self._clock.mono() + _STEP_S
            self._supervised(self._step)

    def _run(self) -> None:
        while not self._stop.is_set():
            self.turn()
        self._supervised(self._finish)
        if self._detector is not None:
            self._supervised(self._detector.close)

    def _finish(self) -> None:
        self._tell()
        self._reports.progress(self._analyst)

    def _supervised(self, act: Callable[[], None]) -> bool:
        """Whether it went well. One failure costs one look or one step, never the thread."""
        try:
            act()
        except Exception:
            metrics.restarts.labels("analytics").inc()
            log.exception("analytics_failed")
            return False
        return True

    def _look(self, picture: Picture) -> None:
        eye = self._eyes[picture.camera]
        # A picture from before the last one is taken: the clock was set back.
        if eye.looked_at is not None and timedelta(0) <= picture.at - eye.looked_at < LOOK_EVERY:
            return
        with _timed("decode"):
            frame = picture.decode()
        if frame is None:
            return
        look = self._judge(eye, frame)
        if eye.looked_at is not None:
            metrics.look_staleness_s.observe((self._clock.now() - eye.looked_at).total_seconds())
        eye.looked_at, eye.frame, eye.people = frame.at, frame, look.people
        metrics.looks.labels(frame.camera).inc()
        self._analyst.look(look)

    def _judge(self, eye: _Eye, frame: Frame) -> Look:
        wanted = self._analyst.wants(frame.camera, frame.at)
        with _timed("quality"):
            why = eye.quality.judge(frame, learn=wanted)
        if eye.quality.learned is not None:
            self._analyst.keep_scene(frame.camera, eye.quality.learned)
        if why is not None:
            return Look.blind(frame.camera, frame.at, why)
        if not wanted:
            return Look.blind(frame.camera, frame.at, Unknown.CLOSED)
        with _timed("detect"):
            people = self._detect(frame)
        if people is None:
            return Look.blind(frame.camera, frame.at, Unknown.DETECTOR)
        return self._analyst.zones(frame.camera).look(people, frame.at)

    def _detect(self, frame: Frame) -> tuple[Detection, ...] | None:
        """None when the detector fails; it is opened anew after some seconds."""
        try:
            if self._detector is None:
                if self._clock.mono() < self._retry_mono:
                    return None
                self._detector = self._open_detector()
            return self._detector.detect([frame.bgr])[0]
        except DetectorError as error:
            metrics.detector_failures.inc()
            log.error("detector_failed", camera=frame.camera, error=str(error))
            if self._detector is not None:
                self._detector.close()
            self._detector, self._retry_mono = None, self._clock.mono() + _REOPEN_S
            return None

    def _step(self) -> None:
        now = self._clock.now()
        untold = bool(self._unsaid)
        self._tell()
        self._unsaid += self._analyst.step(now)
        changed = untold or bool(self._unsaid)
        self._tell()
        standing = self._analyst.standing(now)
        if standing != self._said:
            self._said = standing
            self._reports.standing(standing)
        if changed or self._clock.mono() - self._kept_mono >= 60:
            self._kept_mono = self._clock.mono()
            self._reports.progress(self._analyst)

    def _tell(self) -> None:
        """Hands over what was found. Where that fails it is tried again, before anything new is judged: no alert is lost."""
        while self._unsaid:
            alert = self._unsaid[0]
            self._reports.alert(alert, self._snapshot(alert) if alert.revision == 1 else None)
            if alert.revision == 1:
                metrics.alerts.labels(alert.kind.value).inc()
            del self._unsaid[0]

    def _snapshot(self, alert: Alert) -> bytes | None:
        eye = self._eyes.get(alert.camera) if alert.camera else None
        if eye is None or eye.frame is None:
            return None
        return snapshot.draw(eye.frame, eye.people, _zones(eye.camera, alert))


def _eye(camera: Camera, analyst: Analyst) -> _Eye:
    """Without zones there is nothing that a camera could be turned away from."""
    scene = Scene(drawn_as(camera.zones), analyst.scene(camera.id)) if camera.zones else None
    return _Eye(camera, QualityGate(scene))


def _zones(camera: Camera, alert: Alert) -> list[tuple[Point, ...]]:
    """The polygons that the alert is about: those of its window or, where it is about none, of its group."""
    if alert.window is not None:
        return [zone.polygon for zone in camera.zones if zone.window == alert.window]
    return [zone.polygon for zone in camera.zones if zone.group is not None and zone.group == alert.group]


@contextmanager
def _timed(stage: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    metrics.look_seconds.labels(stage).observe(time.perf_counter() - began)
