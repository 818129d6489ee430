"""Readers, recorder, live taps and analytics. When the site changes, what is the same in both goes on undisturbed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from vigil.analytics.analyst import Analyst, Memory
from vigil.analytics.detector import Detector
from vigil.analytics.service import within
from vigil.analytics.worker import Reports, Worker
from vigil.calendar import ServiceHours
from vigil.clock import Clock
from vigil.config import read_secret
from vigil.errors import SecretError
from vigil.forward.push import Pusher, Target
from vigil.ingest.backoff import Backoff
from vigil.ingest.closing import SegmentIndex
from vigil.ingest.flusher import Flusher
from vigil.ingest.frames import KeyFrameTap
from vigil.ingest.live import LiveTap
from vigil.ingest.reader import Reader
from vigil.ingest.recorder import Recorder
from vigil.ingest.recording_gate import RecordingGate
from vigil.ingest.resting import LONG_REST_S, REST_S
from vigil.ingest.sinks import PacketSink, SoundSink
from vigil.ingest.source import StreamAddress
from vigil.ingest.tickets import TicketMachine, TicketPoller
from vigil.model.ids import CameraId
from vigil.model.media import Fragment, GapCause, StreamKind, StreamParameters
from vigil.model.site import Calendar, Camera, Hall, Recording, RecordingMode, Site
from vigil.model.source_url import in_folder
from vigil.model.suspensions import Suspension
from vigil.model.trace import ScoreMarks
from vigil.node.forwards import Forwards
from vigil.outlets import open_outlet, target_of
from vigil.uplink.protocol import LiveStarted

_RECORDER_BYTES = 128 * 1024 * 1024
# Together less than the supervisor waits. A reader that waits for a dead camera is left behind: it has nothing to hand over.
_READERS_END_S = 2.0  # and the pushers, which end at the same time
_PUSHERS_CHANGE_S = 1.0
_RECORDER_ENDS_S = 3.0
_FLUSHER_ENDS_S = 0.5  # what matters has been flushed segment by segment
_ANALYTICS_END_S = 2.0

log = structlog.get_logger()

StreamKey = tuple[CameraId, StreamKind]
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


@dataclass(frozen=True, slots=True)
class _Hours:
    """A calendar and its time zone: equal where they say the same."""

    calendar: Calendar
    time_zone: str


@dataclass(frozen=True, slots=True)
class _Wiring:
    """What a reader is made of: one whose wiring stays the same is left alone when the site changes."""

    address: StreamAddress
    kind: StreamKind
    recorded: Recording | None
    hours: _Hours | None
    """When it is recorded, where that is by the clock."""
    looked_at: bool

    @property
    def key(self) -> StreamKey:
        return CameraId(self.address.camera), self.kind


class Pipeline:
    """Of one site at a time; `change` gives it another. Its methods but `watch` and `unwatch` are called one at a time."""

    def __init__(self, site: Site, cameras: tuple[CameraId, ...], memory: Memory, around: Surroundings) -> None:
        self._around = around
        self._flusher = Flusher(around.spool)
        self._recorder = Recorder(
            around.spool,
            around.index,
            segment_s=around.segment_s,
            queue_bytes=_RECORDER_BYTES,
            wrote=self._flusher.wrote,
        )
        mine = _cameras_of(site, cameras)
        analyst = self._analyst_of(site, mine, memory)
        self._eventful_at: dict[CameraId, datetime] = {}
        """When each camera last showed something worth recording; written on the analytics' thread."""
        self._worker = Worker(
            analyst,
            mine,
            around.open_detector,
            around.reports,
            around.clock,
            around.suspensions,
            eventful=self._note_eventful,
        )
        self._machines = tuple(self._machines_of(analyst))
        self._tickets = self._poller()
        self._taps: dict[StreamKey, LiveTap] = {}
        self._watched: set[StreamKey] = set()
        self._forwards: dict[StreamKey, Forwards] = {}
        self._targets = self._targets_of(mine)
        self._wiring = self._wiring_of(site, mine)
        self._readers = {key: self._reader(wiring) for key, wiring in self._wiring.items()}

    def start(self) -> None:
        self._flusher.start()
        self._recorder.start()
        self._worker.start()
        self._tickets.start()
        self._push_to(self._targets)
        for reader in self._readers.values():
            reader.start()
        log.info("pipeline_started", streams=len(self._readers))

    def change(self, site: Site, cameras: tuple[CameraId, ...]) -> None:
        """From now on it runs another site. What is the same in both goes on as if nothing had happened: its readers read,
        its segments stay open, its windows are judged on.

        Raises what the making of a pipeline raises; the site before then runs on.
        """
        mine = _cameras_of(site, cameras)
        analyst = self._analyst_of(site, mine, Memory())  # what is wrong with the site shows here and stops nothing
        wiring = self._wiring_of(site, mine)
        for camera in {camera for camera, _ in wiring}:
            self._recorder.sink(camera)  # as does a disk that takes no folder
        gone = [key for key, reader in self._wiring.items() if wiring.get(key) != reader]
        self._stop_readers({key: self._readers.pop(key) for key in gone})
        for key in gone:
            if key not in wiring:
                self._taps.pop(key).unwatch()
                self._forwards.pop(key).change((), ends_s=_PUSHERS_CHANGE_S)
        self._worker.change(lambda memory: self._analyst_of(site, mine, memory), mine)
        self._change_machines(analyst)
        fresh = [key for key in wiring if key not in self._readers]
        self._readers |= {key: self._reader(wiring[key]) for key in fresh}
        self._wiring = wiring
        self._push_to(self._targets_of(mine))
        for key in fresh:
            self._readers[key].start()
        log.info("pipeline_changed", streams=len(self._readers), stopped=len(gone), started=len(fresh))

    def stop(self) -> None:
        """Sources stop, then what they fed is drained: recorder, then analytics. Each has its deadline."""
        self._tickets.stop()
        deadline = time.monotonic() + _READERS_END_S
        for forwards in self._forwards.values():  # what they have not sent is recorded
            forwards.stop()
        late = self._stop_readers(self._readers)
        hanging = sum(forwards.join(deadline) for forwards in self._forwards.values())
        if not self._recorder.stop(_RECORDER_ENDS_S):
            log.error("recorder_stopped_late")
        if not self._flusher.stop(_FLUSHER_ENDS_S):
            log.error("disk_flush_hangs")
        if not self._worker.stop(_ANALYTICS_END_S):
            log.error("analytics_stopped_late")
        log.info("pipeline_stopped", readers_left=late, pushers_left=hanging)

    def watch(self, camera: CameraId, stream: StreamKind) -> None:
        self._watched.add((camera, stream))
        tap = self._taps.get((camera, stream))
        if tap is not None:
            tap.watch()
        reader = self._readers.get((camera, stream))
        if reader is not None:
            reader.hurry()

    def unwatch(self, camera: CameraId, stream: StreamKind) -> None:
        self._watched.discard((camera, stream))
        tap = self._taps.get((camera, stream))
        if tap is not None:
            tap.unwatch()

    def cut_after(self, camera: CameraId, at: datetime) -> None:
        """The footage up to `at` is wanted soon: its segment is closed at the first key picture after it."""
        self._recorder.cut_after(camera, at)

    # What it is made of

    def _analyst_of(self, site: Site, cameras: tuple[Camera, ...], memory: Memory) -> Analyst:
        ids, around = frozenset(camera.id for camera in cameras), self._around
        return Analyst(site, ids, around.detector, memory, around.clock.now(), marks=around.marks)

    def _poller(self) -> TicketPoller:
        return TicketPoller(self._machines, self._worker.count, self._around.clock)

    def _change_machines(self, analyst: Analyst) -> None:
        machines = tuple(self._machines_of(analyst))
        if machines != self._machines:
            self._tickets.stop()
            self._machines = machines
            self._tickets = self._poller()
            self._tickets.start()

    def _machines_of(self, analyst: Analyst) -> Iterator[TicketMachine]:
        for group, feed in analyst.feeds.items():
            try:
                bearer = read_secret(feed.bearer, self._around.folder) if feed.bearer else None
            except SecretError as error:
                # Its queue is counted in the lane, where a camera sees it.
                log.error("ticket_secret_missing", group=group, error=str(error))
            else:
                yield TicketMachine(group, feed, bearer)

    def _wiring_of(self, site: Site, mine: tuple[Camera, ...]) -> dict[StreamKey, _Wiring]:
        ids = {camera.id for camera in mine}
        both = ((hall, camera) for hall, camera in site.cameras() if camera.id in ids)
        return {wiring.key: wiring for hall, camera in both for wiring in self._streams_of(site, hall, camera)}

    def _streams_of(self, site: Site, hall: Hall, camera: Camera) -> Iterator[_Wiring]:
        try:
            password = read_secret(camera.password, self._around.folder) if camera.password else None
        except SecretError as error:
            # The other cameras go on; this one's windows are unknown and it raises its own alert.
            log.error("camera_password_missing", camera=camera.id, error=str(error))
            return
        folder = self._around.folder
        main = StreamAddress(
            camera.id,
            in_folder(camera.url, folder),
            camera.transport,
            camera.username,
            password,
            tls_ca=folder / Path(camera.tls_ca).expanduser() if camera.tls_ca is not None else None,
            tls_verify=camera.tls_verify,
            sound=camera.sound,
        )
        hours = None
        if camera.recording.mode is RecordingMode.HOURS:
            hours = _Hours(site.calendars[camera.recording.calendar or hall.calendar], site.time_zone)
        yield _Wiring(main, StreamKind.MAIN, camera.recording, hours, looked_at=camera.substream is None)
        if camera.substream is not None:
            yield _Wiring(
                replace(main, url=in_folder(camera.substream, folder), sound=False),
                StreamKind.SUB,
                None,
                None,
                looked_at=True,
            )

    def _recorded(self, wiring: _Wiring, recording: Recording) -> SoundSink:
        """The way to the recorder, with a gate before it where not all is recorded."""
        camera, _ = wiring.key
        sink = self._recorder.sink(camera)
        if wiring.hours is not None:
            hours = ServiceHours(wiring.hours.calendar, wiring.hours.time_zone)
            return RecordingGate(sink, lambda at: within(hours, at)[0])
        if recording.mode is RecordingMode.EVENTS:
            post_roll = timedelta(seconds=recording.post_roll_s)

            def eventful(at: datetime) -> bool:
                last_at = self._eventful_at.get(camera)
                return last_at is not None and abs(at - last_at) <= post_roll

            return RecordingGate(sink, eventful, timedelta(seconds=recording.pre_roll_s))
        return sink

    def _note_eventful(self, cameras: frozenset[CameraId]) -> None:
        now = self._around.clock.now()
        for camera in cameras:
            self._eventful_at[camera] = now

    def _reader(self, wiring: _Wiring) -> Reader:
        camera, _ = wiring.key
        sinks: list[PacketSink] = []
        recorded = self._recorded(wiring, wiring.recorded) if wiring.recorded is not None else None
        if recorded is not None:
            sinks.append(recorded)
        if wiring.looked_at:
            sinks.append(KeyFrameTap(camera, self._worker.offer))
        tap, forwards = self._tap(wiring.key), self._forwards_of(wiring.key)
        return Reader(
            wiring.address,
            wiring.kind,
            [*sinks, tap, forwards],
            self._around.clock,
            at_once=lambda: tap.watched,
            longest_rest_s=lambda: REST_S if recorded is not None or forwards.any else LONG_REST_S,
            for_keys=wiring.looked_at,
            drifts=lambda drift_s: self._worker.drift(camera, drift_s),
            hears=recorded,
        )

    def _tap(self, key: StreamKey) -> LiveTap:
        """The stream's own, over all its readers: who watches goes on watching."""
        if key in self._taps:
            return self._taps[key]
        camera, stream = key

        def emit(parameters: StreamParameters, codecs: str, fragment: Fragment) -> None:
            mime = f'video/mp4; codecs="{codecs}"'
            started = LiveStarted(0, camera, stream, mime, parameters.width, parameters.height)
            self._around.emit_live(camera, stream, started if fragment.init else None, fragment)

        tap = self._taps[key] = LiveTap(emit)
        if key in self._watched:
            tap.watch()
        return tap

    def _forwards_of(self, key: StreamKey) -> Forwards:
        """The stream's own, as its tap is."""
        return self._forwards.setdefault(key, Forwards(self._pusher))

    def _pusher(self, target: Target) -> Pusher:
        return Pusher(target, self._around.clock, Backoff(), open_outlet=open_outlet)

    def _push_to(self, targets: Mapping[StreamKey, list[Target]]) -> None:
        for key, forwards in self._forwards.items():
            forwards.change(targets.get(key, ()), ends_s=_PUSHERS_CHANGE_S)

    def _targets_of(self, mine: tuple[Camera, ...]) -> dict[StreamKey, list[Target]]:
        targets: dict[StreamKey, list[Target]] = {}
        for camera in mine:
            for forward in camera.forward:
                try:
                    target = target_of(camera.id, forward, self._around.folder)
                except SecretError as error:
                    log.error("forward_secret_missing", camera=camera.id, error=str(error))
                else:
                    targets.setdefault((camera.id, forward.stream), []).append(target)
        return targets

    def _stop_readers(self, readers: Mapping[StreamKey, Reader]) -> int:
        """How many had not ended in time. What they had recorded ends here."""
        for reader in readers.values():
            reader.stop()
        deadline = time.monotonic() + _READERS_END_S
        late = [key for key, reader in readers.items() if not reader.join(max(0.0, deadline - time.monotonic()))]
        for camera, stream in late:
            readers[camera, stream].let_go()
            if stream is StreamKind.MAIN:
                self._recorder.sink(camera).lost(self._around.clock.now(), GapCause.NODE)
        return len(late)


def _cameras_of(site: Site, wanted: tuple[CameraId, ...]) -> tuple[Camera, ...]:
    return tuple(camera for _, camera in site.cameras() if camera.id in wanted)
