"""Readers, recorder, live taps and analytics for one state of the site. Made anew when the site changes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog

from vigil.analytics.analyst import Analyst, Memory
from vigil.analytics.detector import Detector
from vigil.analytics.worker import Reports, Worker
from vigil.clock import Clock
from vigil.config import read_secret
from vigil.errors import SecretError
from vigil.forward.push import Pusher, Target
from vigil.ingest.backoff import Backoff
from vigil.ingest.flusher import Flusher
from vigil.ingest.frames import KeyFrameTap
from vigil.ingest.live import LiveTap
from vigil.ingest.reader import Reader
from vigil.ingest.recorder import Recorder, SegmentIndex
from vigil.ingest.sinks import PacketSink
from vigil.ingest.source import StreamAddress
from vigil.ingest.tickets import TicketMachine, TicketPoller
from vigil.model.ids import CameraId
from vigil.model.media import Fragment, StreamKind, StreamParameters
from vigil.model.site import Camera, Forward, Secret, Site
from vigil.model.suspensions import Suspension
from vigil.model.trace import ScoreMarks
from vigil.node.outlets import open_outlet
from vigil.uplink.protocol import LiveStarted

_RECORDER_BYTES = 128 * 1024 * 1024
# Together less than the supervisor waits. A reader that waits for a dead camera is left behind: it has nothing to hand over.
_READERS_END_S = 2.0  # and the pushers, which end at the same time
_RECORDER_ENDS_S = 3.0
_FLUSHER_ENDS_S = 0.5  # what matters has been flushed segment by segment
_ANALYTICS_END_S = 2.0

log = structlog.get_logger()

EmitLive = Callable[[CameraId, StreamKind, LiveStarted | None, Fragment], None]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a pipeline is given, whatever the site. `folder` is where the secrets' paths begin."""

    folder: Path
    spool: Path
    index: SegmentIndex
    segment_s: float
    open_detector: Callable[[], Detector]
    detector: str
    reports: Reports
    emit_live: EmitLive
    clock: Clock
    suspensions: Callable[[], tuple[Suspension, ...]] = tuple
    """Those that are known now; asked each second, from the analytics' thread."""
    marks: ScoreMarks | None = None
    """The detector's, for the record of alerts."""


class Pipeline:
    def __init__(self, site: Site, cameras: tuple[CameraId, ...], memory: Memory, around: Surroundings) -> None:
        mine = tuple(camera for _, camera in site.cameras() if camera.id in cameras)
        self._around = around
        self._flusher = Flusher(around.spool)
        self._recorder = Recorder(
            around.spool,
            around.index,
            segment_s=around.segment_s,
            queue_bytes=_RECORDER_BYTES,
            wrote=self._flusher.wrote,
        )
        ids = frozenset(camera.id for camera in mine)
        analyst = Analyst(site, ids, around.detector, memory, around.clock.now(), marks=around.marks)
        self._worker = Worker(analyst, mine, around.open_detector, around.reports, around.clock, around.suspensions)
        self._tickets = TicketPoller(self._machines_of(analyst), self._worker.count, around.clock)
        self._pushers: list[Pusher] = []
        self._taps: dict[tuple[CameraId, StreamKind], LiveTap] = {}
        self._readers = [reader for camera in mine for reader in self._readers_of(camera)]

    def start(self) -> None:
        self._flusher.start()
        self._recorder.start()
        self._worker.start()
        self._tickets.start()
        for pusher in self._pushers:
            pusher.start()
        for reader in self._readers:
            reader.start()
        log.info("pipeline_started", streams=len(self._readers))

    def stop(self) -> None:
        """Sources stop, then what they fed is drained: recorder, then analytics. Each has its deadline."""
        self._tickets.stop()
        for reader in self._readers:
            reader.stop()
        for pusher in self._pushers:  # what it has not sent is recorded
            pusher.stop()
        deadline = time.monotonic() + _READERS_END_S
        late = [reader for reader in self._readers if not reader.join(max(0.0, deadline - time.monotonic()))]
        hanging = [pusher for pusher in self._pushers if not pusher.join(max(0.0, deadline - time.monotonic()))]
        if not self._recorder.stop(_RECORDER_ENDS_S):
            log.error("recorder_stopped_late")
        if not self._flusher.stop(_FLUSHER_ENDS_S):
            log.error("disk_flush_hangs")
        if not self._worker.stop(_ANALYTICS_END_S):
            log.error("analytics_stopped_late")
        log.info("pipeline_stopped", readers_left=len(late), pushers_left=len(hanging))

    def watch(self, camera: CameraId, stream: StreamKind) -> None:
        tap = self._taps.get((camera, stream))
        if tap is not None:
            tap.watch()

    def unwatch(self, camera: CameraId, stream: StreamKind) -> None:
        tap = self._taps.get((camera, stream))
        if tap is not None:
            tap.unwatch()

    def cut_after(self, camera: CameraId, at: datetime) -> None:
        """The footage up to `at` is wanted soon: its segment is closed at the first key picture after it."""
        self._recorder.cut_after(camera, at)

    def _machines_of(self, analyst: Analyst) -> Iterator[TicketMachine]:
        for group, feed in analyst.feeds.items():
            try:
                bearer = read_secret(feed.bearer, self._around.folder) if feed.bearer else None
            except SecretError as error:
                # Its queue is counted in the lane, where a camera sees it.
                log.error("ticket_secret_missing", group=group, error=str(error))
            else:
                yield TicketMachine(group, feed, bearer)

    def _readers_of(self, camera: Camera) -> list[Reader]:
        try:
            password = read_secret(camera.password, self._around.folder) if camera.password else None
        except SecretError as error:
            # The other cameras go on; this one's windows are unknown and it raises its own alert.
            log.error("camera_password_missing", camera=camera.id, error=str(error))
            return []
        frames = KeyFrameTap(camera.id, self._worker.offer)
        recorded: list[PacketSink] = [self._recorder.sink(camera.id)]
        streams = [(StreamKind.MAIN, camera.url, recorded)]
        if camera.substream is None:
            recorded.append(frames)
        else:
            streams.append((StreamKind.SUB, camera.substream, [frames]))
        return [
            self._reader(
                StreamAddress(camera.id, url, camera.transport, camera.username, password),
                kind,
                [*sinks, *self._pushed(camera, kind)],
            )
            for kind, url, sinks in streams
        ]

    def _pushed(self, camera: Camera, stream: StreamKind) -> Iterator[Pusher]:
        for forward in camera.forward:
            if forward.stream is stream:
                try:
                    target = self._target(camera.id, forward)
                except SecretError as error:
                    log.error("forward_secret_missing", camera=camera.id, error=str(error))
                    continue
                pusher = Pusher(target, self._around.clock, Backoff(), open_outlet=open_outlet)
                self._pushers.append(pusher)
                yield pusher

    def _target(self, camera: CameraId, forward: Forward) -> Target:
        """Raises SecretError."""

        def read(secret: Secret | None) -> str | None:
            return read_secret(secret, self._around.folder) if secret else None

        return Target(
            camera,
            forward.stream,
            forward.url,
            transport=forward.transport,
            username=forward.username,
            password=read(forward.password),
            stream_key=read(forward.stream_key),
            bearer=read(forward.bearer),
        )

    def _reader(self, address: StreamAddress, kind: StreamKind, sinks: list[PacketSink]) -> Reader:
        tap = self._tap(CameraId(address.camera), kind)
        camera = CameraId(address.camera)
        return Reader(
            address,
            kind,
            [*sinks, tap],
            self._around.clock,
            at_once=lambda: tap.watched,
            drifts=lambda drift_s: self._worker.drift(camera, drift_s),
        )

    def _tap(self, camera: CameraId, stream: StreamKind) -> LiveTap:
        def emit(parameters: StreamParameters, codecs: str, fragment: Fragment) -> None:
            mime = f'video/mp4; codecs="{codecs}"'
            started = LiveStarted(0, camera, stream, mime, parameters.width, parameters.height)
            self._around.emit_live(camera, stream, started if fragment.init else None, fragment)

        tap = self._taps[camera, stream] = LiveTap(emit)
        return tap
