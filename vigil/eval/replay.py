"""Clips through the very code of a node: key pictures to the worker, a step each second, and everything that it says.

Only the clock is another's: it stands where the stream stands. The worker makes its step in the middle of each second, for a
node's steps fall anywhere between pictures. The statement of a second is what had been said when it began. Where a clip has
a gap time goes on without pictures.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from vigil.analytics.analyst import Analyst, Memory, Standing
from vigil.analytics.attention import USUAL, Schedule
from vigil.analytics.detector import Detector
from vigil.analytics.worker import Worker
from vigil.analytics.zones import Look
from vigil.errors import DetectorError, VigilError
from vigil.eval.statements import LookRecord, StatedAlert, Statements, WindowStatements
from vigil.ingest.file_source import Clip
from vigil.ingest.frames import KeyFrameTap
from vigil.model.alerts import Alert
from vigil.model.ids import AlertId, CameraId, GroupId, WindowId
from vigil.model.looks import Presence, QueueStatus, Staffing, Unknown
from vigil.model.media import CLOCK_RATE, Packet
from vigil.model.site import Site

_STEP_AT_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Stream:
    """One camera's clip, whose first picture was taken `begins_s` after the scene began."""

    camera: CameraId
    clip: Clip
    begins_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Replay:
    """What came of it. `looks` is empty unless it was asked for."""

    statements: Statements
    looks: tuple[LookRecord, ...] = ()


class StreamClock:
    """Stands still until it is set. `mono` counts from the scene's beginning."""

    def __init__(self, start_at: datetime) -> None:
        self._start_at = start_at
        self.s = 0.0

    def now(self) -> datetime:
        return self._start_at + timedelta(seconds=self.s)

    def mono(self) -> float:
        return self.s

    def since_start_s(self, at: datetime) -> float:
        return (at - self._start_at).total_seconds()


def replay(
    streams: Sequence[Stream],
    site: Site,
    detector: Detector,
    start_at: datetime,
    seconds: int,
    *,
    group: GroupId | None = None,
    keep_looks: bool = False,
    schedule: Schedule = USUAL,
) -> Replay:
    """Runs the streams of one scene to its end. `group` is the queue whose length is recorded.

    Raises SourceError for a clip that cannot be read any more, and DetectorError or VigilError where the detector or the
    analytics fail: a node goes on without them, but an evaluation would measure their absence.
    """
    clock = StreamClock(start_at)
    log = _Log(clock, keep_looks=keep_looks)
    analyst = _WatchedAnalyst(site, detector.name, clock, log)
    clock.s = _STEP_AT_S  # the worker's first step is due now
    cameras = tuple(camera for _, camera in site.cameras())
    worker = Worker(analyst, cameras, lambda: detector, log, clock, schedule=schedule, live=False)
    taps = {stream.camera: _tap(stream.camera, stream.clip, worker) for stream in streams}
    packets = _Packets(streams, start_at)
    for second in range(seconds):
        log.keep()
        step_at_s = second + _STEP_AT_S
        for at_s, camera, packet in packets.before(step_at_s):
            clock.s = at_s
            taps[camera].packet(packet)
            worker.turn()
        clock.s = step_at_s
        worker.turn()
        analyst.require_well(clock.now())
    return Replay(log.statements(f"vigil {detector.name}", group), tuple(log.looks))


class _Log:
    """The worker's reports, and what is kept of them. A standing is told when it changes, so the last one holds."""

    def __init__(self, clock: StreamClock, *, keep_looks: bool) -> None:
        self._clock = clock
        self._keep_looks = keep_looks
        self._standing = Standing()
        self._standings: list[Standing] = []
        self._alerts: dict[AlertId, StatedAlert] = {}
        self.looks: list[LookRecord] = []

    # Reports

    def standing(self, standing: Standing) -> None:
        self._standing = standing

    def second(self, standing: Standing, now: datetime) -> None:
        pass  # an evaluation sums up for itself

    def alert(self, alert: Alert, jpeg: bytes | None) -> None:  # noqa: ARG002, the snapshot is not measured
        told = self._alerts.get(alert.id)
        self._alerts[alert.id] = StatedAlert(
            alert.kind,
            self._clock.since_start_s(alert.began_at),
            told.raised_s if told else self._clock.s,
            self._clock.since_start_s(alert.ended_at) if alert.ended_at else None,
            alert.window,
            alert.camera,
        )

    def progress(self, analyst: Analyst) -> None:
        pass  # a scene is run once: nothing need survive

    def together(self) -> AbstractContextManager[object]:
        return nullcontext()

    # Ours

    def look(self, look: Look) -> None:
        if self._keep_looks:
            at_s = self._clock.since_start_s(look.at)
            self.looks.append(LookRecord(look.camera, at_s, look.people, look.why, look.staff))

    def keep(self) -> None:
        self._standings.append(self._standing)

    def statements(self, system: str, group: GroupId | None) -> Statements:
        windows = {one.window for standing in self._standings for one in standing.windows}
        queue = [_queue(standing, group) for standing in self._standings]
        return Statements(
            system,
            {window: _column(self._standings, window) for window in sorted(windows)},
            tuple(one.waiting if one else None for one in queue),
            tuple(one.wait if one else None for one in queue),
            tuple(sorted(self._alerts.values(), key=lambda alert: alert.raised_s)),
        )


class _WatchedAnalyst(Analyst):
    """An analyst of which we see what goes in, and whether it came through: a node's worker goes on after any failure."""

    def __init__(self, site: Site, detector: str, clock: StreamClock, log: _Log) -> None:
        cameras = frozenset(camera.id for _, camera in site.cameras())
        super().__init__(site, cameras, detector, Memory(), clock.now())
        self._log = log
        self._stepped_at: datetime | None = None
        self._not_looked: Look | None = None

    def look(self, look: Look) -> None:
        if look.why is Unknown.DETECTOR:
            self._not_looked = look
        self._log.look(look)
        super().look(look)

    def step(self, now: datetime) -> list[Alert]:
        alerts = super().step(now)
        self._stepped_at = now
        return alerts

    def require_well(self, now: datetime) -> None:
        """Raises DetectorError when a look was not made, and VigilError unless the step of this second was."""
        if self._not_looked is not None:
            lost = self._not_looked
            raise DetectorError(f"camera {lost.camera}: the detector failed at {lost.at.isoformat()}; the log says why")
        if self._stepped_at != now:
            raise VigilError(f"the analytics failed at {now.isoformat()}; the log says why")


def _tap(camera: CameraId, clip: Clip, worker: Worker) -> KeyFrameTap:
    tap = KeyFrameTap(camera, worker.offer)
    tap.begin(clip.parameters)
    return tap


class _Packets:
    """Key packets of all streams in the order of time. The tap takes no others, and those of a file rise in time."""

    def __init__(self, streams: Sequence[Stream], start_at: datetime) -> None:
        each = (_packets(stream, start_at) for stream in streams)
        self._merged = heapq.merge(*each, key=lambda one: (one[0], one[1]))
        self._next = next(self._merged, None)

    def before(self, to_s: float) -> Iterator[tuple[float, CameraId, Packet]]:
        """(seconds of the scene, camera, packet) of those that come before `to_s`, each once."""
        while self._next is not None and self._next[0] < to_s:
            yield self._next
            self._next = next(self._merged, None)


def _packets(stream: Stream, start_at: datetime) -> Iterator[tuple[float, CameraId, Packet]]:
    lead_90k: int | None = None
    for picture in stream.clip.pictures():
        # Where there are B-frames the first picture is shown a little after it is decoded.
        lead_90k = picture.pts_90k - picture.dts_90k if lead_90k is None else lead_90k
        if picture.key:
            at_s = stream.begins_s + (picture.pts_90k - lead_90k) / CLOCK_RATE
            at = start_at + timedelta(seconds=at_s)
            yield at_s, stream.camera, Packet(picture.data, picture.dts_90k, picture.pts_90k, picture.key, at)


def _column(standings: Sequence[Standing], window: WindowId) -> WindowStatements:
    said = [next((one for one in standing.windows if one.window == window), None) for standing in standings]
    return WindowStatements(
        tuple(one.staffing if one else Staffing.UNKNOWN for one in said),
        tuple(one.why if one else Unknown.STARTING for one in said),
        tuple(one.visitor if one else Presence.UNKNOWN for one in said),
    )


def _queue(standing: Standing, group: GroupId | None) -> QueueStatus | None:
    return next((one for one in standing.queues if one.group == group), None)
