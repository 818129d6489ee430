"""A camera's own condition: what its pictures are worth, and whether its clock can be followed. Both have alerts of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from vigil.analytics import camera_clock, faults
from vigil.analytics.alertbook import AlertBook, Subject
from vigil.analytics.scene import SceneSignature
from vigil.analytics.zones import Look, ZoneMap
from vigil.calendar import ServiceHours
from vigil.model.alerts import Alert, AlertKind, EndReason, Fact
from vigil.model.ids import CameraId, HallId, WindowId
from vigil.model.looks import CameraHealth, CameraStatus, Unknown
from vigil.model.site import Camera, Hall, Thresholds, Zone

_LIGHTS_OFF: Final = (
    Unknown.DARK,
    Unknown.OCCLUDED,
    Unknown.MOVED,
    Unknown.DEFOCUSED,
    Unknown.OVEREXPOSED,
    Unknown.CAST,
)
"""What a hall without lights may look like: dark, without detail, white where an infrared lamp shines on something near, green
from an exit sign, or lit from elsewhere and so not to be known again."""


@dataclass(slots=True)
class WatchedCamera:
    """Not thread-safe; belongs to the analyst."""

    hall: Hall
    camera: Camera
    hours: ServiceHours
    """The hall's: when its lights are on."""
    thresholds: Thresholds
    zones: ZoneMap
    memory: faults.FaultMemory
    clock: camera_clock.ClockMemory
    scene: SceneSignature | None = None
    health: CameraHealth = CameraHealth.OFFLINE
    since_at: datetime | None = None
    last_frame_at: datetime | None = None
    drift: tuple[float, datetime] | None = None
    """How far the clock has run away, in seconds, and when that was told; None once it is judged."""

    def is_as(self, before: WatchedCamera) -> bool:
        """Whether a look at it meant the same then as it does now: zones, and how many clerks a window needs."""
        return self._meaning() == before._meaning()

    def _meaning(self) -> tuple[HallId, CameraId, tuple[Zone, ...], dict[WindowId, int]]:
        return self.hall.id, self.camera.id, self.camera.zones, {one.id: one.staff for _, one in self.hall.windows()}

    def go_on_from(self, before: WatchedCamera) -> None:
        self.health, self.since_at = before.health, before.since_at
        self.last_frame_at, self.drift = before.last_frame_at, before.drift

    def step(self, why: Unknown | None, now: datetime, book: AlertBook, *, lit: Callable[[], bool]) -> Iterator[Alert]:
        """`why` is what is wrong with its pictures; `lit` says whether the lights must be on: after hours a dark hall is a
        closed hall, and no outage.
        """
        health = _health(why)
        if health is not self.health or self.since_at is None:
            self.health, self.since_at = health, now
        if why is Unknown.STARTING:
            return  # not the camera's fault, and no proof that it is well
        if why in _LIGHTS_OFF and not lit():
            if self.memory.episode is not None:
                return  # nobody can tell by night whether it is over
            why = None
        if why in (Unknown.CLOSED, Unknown.DETECTOR):
            why = None
        self.memory, events = faults.step(self.memory, why, now, alert_after_s=self.thresholds.camera_alert_s)
        subject = f"camera {self.camera.id}"
        for event in events:
            match event:
                case faults.FaultRaised(episode=episode, why=reason):
                    facts: dict[str, Fact] = {"why": reason.value}
                    about = Subject(AlertKind.CAMERA_FAULT, self.hall.id, camera=self.camera.id)
                    yield book.open(subject, about, episode, facts)
                case faults.FaultEnded(ended_at=ended_at):
                    yield book.close(subject, ended_at, EndReason.RESOLVED, {})

    def step_clock(self, book: AlertBook) -> Iterator[Alert]:
        """By day and by night, whatever the pictures show; and no window turns unknown by it."""
        if self.drift is None:
            return
        (seconds, at), self.drift = self.drift, None
        self.clock, events = camera_clock.step(self.clock, seconds, at)
        subject = f"clock {self.camera.id}"
        for event in events:
            match event:
                case camera_clock.DriftRaised(episode=episode, drift_s=drift_s):
                    facts: dict[str, Fact] = {"why": camera_clock.CLOCK_DRIFT, "drift_s": round(drift_s, 1)}
                    about = Subject(AlertKind.CAMERA_FAULT, self.hall.id, camera=self.camera.id, part="clock")
                    yield book.open(subject, about, episode, facts)
                case camera_clock.DriftEnded(ended_at=ended_at):
                    yield book.close(subject, ended_at, EndReason.RESOLVED, {})

    def status(self, look: Look | None, started_at: datetime) -> CameraStatus:
        """`look` is its last one."""
        why = look.why if look and self.health is CameraHealth.IMPAIRED else None
        if self.health is CameraHealth.OFFLINE:
            why = Unknown.NO_SIGNAL
        return CameraStatus(
            self.camera.id,
            self.health,
            self.since_at or started_at,
            self.last_frame_at,
            why,
            drifting=self.clock.episode is not None,
        )


def _health(why: Unknown | None) -> CameraHealth:
    match why:
        case None | Unknown.DETECTOR | Unknown.CLOSED:
            return CameraHealth.ONLINE
        case Unknown.STARTING | Unknown.NO_SIGNAL:
            return CameraHealth.OFFLINE
        case _:
            return CameraHealth.IMPAIRED
