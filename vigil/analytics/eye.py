"""What the analytics keep of one camera, and the first half of a look: all that needs no detector.

A key picture is decoded, its quality judged, and a plan made of where the detector has to look. The second half comes when the
detector has answered, with those of other cameras in one batch.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final, Protocol

from vigil import metrics
from vigil.analytics.analyst import Analyst
from vigil.analytics.attention import Attention, Plan, Schedule
from vigil.analytics.quality import QualityGate
from vigil.analytics.scene import Scene, drawn_as
from vigil.analytics.zones import Look
from vigil.model.ids import CameraId, WindowId
from vigil.model.looks import Detection, Unknown
from vigil.model.media import Frame
from vigil.model.site import Camera

_EARLY: Final = timedelta(milliseconds=100)
"""Key pictures do not come to the millisecond."""


class Picture(Protocol):
    """A coded picture that can be decoded, once, on the analytics thread."""

    @property
    def camera(self) -> CameraId: ...

    @property
    def at(self) -> datetime: ...

    def decode(self) -> Frame | None: ...


class Eye:
    """Not thread-safe; belongs to the analytics thread."""

    def __init__(self, camera: Camera, analyst: Analyst, schedule: Schedule) -> None:
        self.camera = camera
        self.frame: Frame | None = None
        """The last picture that was decoded."""
        self.people: tuple[Detection, ...] = ()
        """Those in it, as far as anybody looked."""
        self._analyst = analyst
        # Without zones there is nothing that a camera could be turned away from.
        scene = Scene(drawn_as(camera.zones), analyst.scene(camera.id)) if camera.zones else None
        self._quality = QualityGate(scene)
        self._attention = Attention(camera, analyst.zones(camera.id).look, schedule)
        self._looked_at: datetime | None = None
        self._schedule = schedule
        self._every = schedule.pressing_every

    def judged_by(self, analyst: Analyst) -> None:
        """From now on it looks for another analyst, to whom a look at this camera means the same."""
        self._analyst = analyst

    def glance(self, picture: Picture) -> Look | Plan | None:
        """What can be said without the detector, or what it has to be asked; None: not now, or it cannot be decoded."""
        # A picture from before the last one is taken: the clock was set back.
        if self._looked_at is not None and timedelta(0) <= picture.at - self._looked_at < self._every - _EARLY:
            return None
        with timed("decode"):
            frame = picture.decode()
        if frame is None:
            return None
        self.frame, self.people, self._looked_at = frame, (), frame.at
        wanted = self._analyst.wants(frame.camera, frame.at)
        pressing: frozenset[WindowId] = self._analyst.pressing(frame.camera) if wanted else frozenset()
        self._every = self._rhythm(wanted=wanted, pressing=bool(pressing))
        with timed("quality"):
            why = self._quality.judge(frame, learn=wanted)
        if self._quality.learned is not None:
            self._analyst.keep_scene(frame.camera, self._quality.learned)
        if why is not None:
            return Look.blind(frame.camera, frame.at, why)
        if not wanted:
            return Look.blind(frame.camera, frame.at, Unknown.CLOSED)
        with timed("plan"):
            return self._attention.plan(frame, pressing)

    def look(self, plan: Plan, found: Iterable[Sequence[Detection]]) -> Look:
        """What the picture says, with the people found in each region of its plan."""
        look = self._attention.look(plan, found)
        self.people = look.people
        return look

    def _rhythm(self, *, wanted: bool, pressing: bool) -> timedelta:
        if not wanted:
            return self._schedule.asleep_every
        return self._schedule.pressing_every if pressing else self._schedule.every


@contextmanager
def timed(stage: str) -> Iterator[None]:
    """Wall time of a stage of a look, for the metrics."""
    began = time.perf_counter()
    yield
    metrics.look_seconds.labels(stage).observe(time.perf_counter() - began)
