"""Readers, recorder, live taps and analytics for one state of the site. Made anew when the site changes."""

from __future__ import annotations

import time
from collections.abc import Callable
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
from vigil.ingest.frames import KeyFrameTap
from vigil.ingest.live import LiveTap
from vigil.ingest.reader import Reader
from vigil.ingest.recorder import Recorder, SegmentIndex
from vigil.ingest.sinks import PacketSink
from vigil.ingest.source import StreamAddress
from vigil.model.ids import CameraId
from vigil.model.media import Fragment, StreamKind, StreamParameters
from vigil.model.site import Camera, Site
from vigil.uplink.protocol import LiveStarted

_RECORDER_BYTES = 128 * 1024 * 1024
# Together less than the supervisor waits. A reader that waits for a dead camera is left behind: it has nothing to hand over.
_READERS_END_S = 2.0
_RECORDER_ENDS_S = 3.0
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


class Pipeline:
    def __init__(self, site: Site, cameras: tuple[CameraId, ...], memory: Memory, around: Surroundings) -> None:
        mine = tuple(camera for _, camera in site.cameras() if camera.id in cameras)
        self._around = around
        self._recorder = Recorder(around.spool, around.index, segment_s=around.segment_s, queue_bytes=_RECORDER_BYTES)
        ids = frozenset(camera.id for camera in mine)
        analyst = Analyst(site, ids, around.detector, memory, around.clock.now())
        self._worker = Worker(analyst, mine, around.open_detector, around.reports, around.clock)
        self._taps: dict[tuple[CameraId, StreamKind], LiveTap] = {}
        self._readers = [reader for camera in mine for reader in self._readers_of(camera)]

    def start(self) -> None:
        self._recorder.start()
        self._worker.start()
        for reader in self._readers:
            reader.start()
        log.info("pipeline_started", streams=len(self._readers))

    def stop(self) -> None:
        """Sources stop, then what they fed is drained: recorder, then analytics. Each has its deadline."""
        for reader in self._readers:
            reader.stop()
        deadline = time.monotonic() + _READERS_END_S
        late = [reader for reader in self._readers if not reader.join(max(0.0, deadline - time.monotonic()))]
        if not self._recorder.stop(_RECORDER_ENDS_S):
            log.error("recorder_stopped_late")
        if not self._worker.stop(_ANALYTICS_END_S):
            log.error("analytics_stopped_late")
        log.info("pipeline_stopped", readers_left=len(late))

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

    def _readers_of(self, camera: Camera) -> list[Reader]:
        try:
            password = read_secret(camera.password, self._around.folder) if camera.password else None
        except SecretError as error:
            # The other cameras go on; this one's windows are unknown and it raises its own alert.
            log.error("camera_password_missing", camera=camera.id, error=str(error))
            return []
        frames = KeyFrameTap(camera.id, self._worker.offer)
        main: list[PacketSink] = [self._recorder.sink(camera.id), self._tap(camera.id, StreamKind.MAIN)]
        sub: list[PacketSink] = [self._tap(camera.id, StreamKind.SUB), frames]
        if camera.substream is None:
            main.append(frames)
        streams = [(StreamKind.MAIN, camera.url, main)]
        if camera.substream is not None:
            streams.append((StreamKind.SUB, camera.substream, sub))
        return [
            Reader(
                StreamAddress(camera.id, url, camera.transport, camera.username, password),
                kind,
                sinks,
                self._around.clock,
            )
            for kind, url, sinks in streams
        ]

    def _tap(self, camera: CameraId, stream: StreamKind) -> LiveTap:
        def emit(parameters: StreamParameters, codecs: str, fragment: Fragment) -> None:
            mime = f'video/mp4; codecs="{codecs}"'
            started = LiveStarted(0, camera, stream, mime, parameters.width, parameters.height)
            self._around.emit_live(camera, stream, started if fragment.init else None, fragment)

        tap = self._taps[camera, stream] = LiveTap(emit)
        return tap
