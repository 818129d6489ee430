"""Simulated cameras: files served as live RTSP, for demonstrations and tests. A composition root of its own.

Two threads for any number of cameras: one paces the packets of all, one runs the RTSP server's loop. Cameras whose
clips have the same length start at the same instant and stay in step for ever, as the cameras of one hall must.
"""

from __future__ import annotations

import heapq
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import click
import structlog

from vigil.clock import Clock, SystemClock
from vigil.errors import SourceError
from vigil.forward.rtsp import BackgroundServer, Limits, Mount
from vigil.forward.rtsp.server import DEFAULT_PORT
from vigil.ingest.file_source import Clip, common_periods, loop_clip, open_clips
from vigil.model.media import CLOCK_RATE, Packet
from vigil.model.picture_numbers import numbered
from vigil.process import die_with_supervisor

TOTAL_MEMORY_BYTES: Final = 256 * 1024 * 1024
_START_IN_S: Final = 0.2
"""From the start of the server to the first packet, so that no camera begins late."""
_log: structlog.stdlib.BoundLogger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SimcamConfig:
    """`cameras` maps the path of a URL, without its first slash, to the clip to show there.

    `users` maps names to passwords; empty: everyone may watch. A `port` of 0 takes a free one.
    """

    cameras: Mapping[str, Path]
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    users: Mapping[str, str] = field(default_factory=dict)
    late_s: Mapping[str, float] = field(default_factory=dict)
    """Cameras that begin so much later. Those of one hall are best in step; of many cameras no two have the same rhythm."""
    memory_bytes: int = TOTAL_MEMORY_BYTES
    """For all clips together; what does not fit is read from its file in each loop."""
    limits: Limits = field(
        default_factory=lambda: Limits(
            connections=1024, strangers=1024, user_connections=1024
        )  # one node reads them all
    )
    numbered: bool = False
    """Each picture that a camera sends carries its number, from 0 on, so that it can be counted where it arrives."""


class SimulatedCamera:
    """One camera: its clip, and its faults. `publish` belongs to the pacing thread, the rest to any."""

    def __init__(self, name: str, clip: Clip, *, numbered: bool, sent: Callable[[str, int], None]) -> None:
        self.name = name
        self.clip = clip
        self._numbered = numbered
        self._sent = sent
        self._pictures = 0
        self.mount: Mount | None = None
        """Put here by whoever publishes; read by the pacing thread."""
        self.stalled = False
        self._in_gop = True

    def publish(self, packet: Packet) -> None:
        """Show the packet, unless the camera is off the air or stalled. After a stall it begins with a key packet."""
        mount = self.mount
        if self.stalled or mount is None:
            self._in_gop = False
            return
        self._in_gop = self._in_gop or packet.key
        if not self._in_gop:
            return
        number, self._pictures = self._pictures, self._pictures + 1
        if self._numbered:
            packet = replace(packet, data=numbered(self.clip.parameters.codec, packet.data, number))
        mount.publish(packet)
        self._sent(self.name, number)


class Simcams:
    """The cameras of one configuration, running between `start` and `stop`, which a context calls too.

    Its methods may be called from any thread.
    """

    def __init__(
        self, config: SimcamConfig, *, clock: Clock | None = None, sent: Callable[[str, int], None] | None = None
    ) -> None:
        """Read the clips. Raises SourceError for one that cannot be shown.

        `sent` is told of each picture, by camera and number, on the pacing thread.
        """
        self._config = config
        self._clock = clock or SystemClock()
        clips = open_clips(config.cameras.values(), memory_bytes=config.memory_bytes)
        self._cameras = {
            name: SimulatedCamera(name, clips[path], numbered=config.numbered, sent=sent or _nobody)
            for name, path in config.cameras.items()
        }
        self._stop = threading.Event()
        self._server = BackgroundServer(
            config.host,
            config.port,
            name="simcam-rtsp",
            users=config.users,
            clock=self._clock,
            limits=config.limits,
        )
        self._pacing: threading.Thread | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Listen and begin to send. Raises OSError for an address not to be had, ValueError for an impossible name."""
        self._server.start()
        try:
            for camera in self._cameras.values():
                self._mount(camera)
        except ValueError:
            self._server.stop()
            raise
        self._pacing = threading.Thread(target=self._pace, name="simcam-pacer")
        self._pacing.start()
        _log.info("simcam_started", cameras=len(self._cameras), port=self.port)

    def stop(self) -> None:
        """Hang up on all readers and end both threads. May be called again."""
        if self._pacing is None or self._stop.is_set():
            return
        self._stop.set()
        self._pacing.join()
        self._server.stop()
        _log.info("simcam_stopped", cameras=len(self._cameras))

    @property
    def port(self) -> int:
        return self._server.port

    def url(self, name: str) -> str:
        """Where a camera is to be watched, without credentials. Raises KeyError."""
        return self._server.url(self._cameras[name].name)

    @property
    def dropped_gops(self) -> int:
        """GOPs that readers were too slow for. Asked after `stop`: until then the numbers are the server's."""
        return sum(camera.mount.dropped_gops for camera in self._cameras.values() if camera.mount is not None)

    # Faults, for tests

    def unpublish(self, name: str) -> None:
        """Take a camera off the air: its readers are hung up on, new ones get 404. Raises KeyError."""
        camera = self._cameras[name]
        if camera.mount is not None:
            self._server.unmount(camera.mount)
            camera.mount = None

    def publish(self, name: str) -> None:
        """Put it on the air again; its media time went on meanwhile. Raises KeyError."""
        self._mount(self._cameras[name])

    def stall(self, name: str) -> None:
        """Send nothing more, and leave connections open. Raises KeyError."""
        self._cameras[name].stalled = True

    def resume(self, name: str) -> None:
        """Send again from the next key frame on. Raises KeyError."""
        self._cameras[name].stalled = False

    def _mount(self, camera: SimulatedCamera) -> None:
        if camera.mount is None:
            camera.mount = self._server.mount(camera.name, camera.clip.parameters)

    def _late_s(self, camera: SimulatedCamera) -> float:
        return self._config.late_s.get(camera.name, 0.0)

    # The pacing thread

    def _pace(self) -> None:
        cameras = list(self._cameras.values())
        start_mono = self._clock.mono() + _START_IN_S
        start_at = self._clock.now() + timedelta(seconds=_START_IN_S)
        periods = common_periods([camera.clip.duration_90k for camera in cameras])
        streams = [
            _until_it_fails(camera, loop_clip(camera.clip, start_at, period_90k=period_90k), self._late_s(camera))
            for camera, period_90k in zip(cameras, periods, strict=True)
        ]
        for due_s, camera, packet in heapq.merge(*streams, key=lambda entry: entry[0]):
            wait_s = start_mono + due_s - self._clock.mono()
            # Cameras in step share their instants, so most packets find nothing to wait for.
            if self._stop.wait(wait_s) if wait_s > 0 else self._stop.is_set():
                return
            camera.publish(packet)


def _nobody(name: str, number: int) -> None: ...


def _until_it_fails(
    camera: SimulatedCamera, packets: Iterator[Packet], late_s: float
) -> Iterator[tuple[float, SimulatedCamera, Packet]]:
    """Its packets, and how long after the start each is due.

    A file that cannot be read any more stalls its own camera and no other.
    """
    try:
        for packet in packets:
            yield late_s + packet.dts_90k / CLOCK_RATE, camera, packet
    except SourceError as error:
        _log.error("simcam_failed", camera=camera.name, reason=error.reason)


def run_simcams(config: SimcamConfig, stop: threading.Event) -> None:
    """Show the cameras until `stop` is set. Raises SourceError for a bad clip, OSError for an address not to be had."""
    with Simcams(config):
        stop.wait()


def serve(
    cameras: Mapping[str, Path], host: str, port: int, users: Mapping[str, str], stop_event: threading.Event
) -> None:
    """`run_simcams` with everything else as usual."""
    run_simcams(SimcamConfig(cameras, host=host, port=port, users=users), stop_event)


def find_clips(places: Iterable[Path]) -> dict[str, Path]:
    """Camera names and their clips: each file by its name without suffix, in a folder each MP4 by its relative path."""
    found: dict[str, Path] = {}
    for place in places:
        if place.is_dir():
            for path in sorted(place.rglob("*.mp4")):
                found[path.relative_to(place).with_suffix("").as_posix()] = path
        else:
            found[place.stem] = place
    return found


@click.command("camera-sim")
@click.argument("clips", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=DEFAULT_PORT, show_default=True, help="TCP port to listen on.")
@click.option("--user", help="Ask for this name; needs --password-file.")
@click.option("--password-file", type=click.Path(exists=True, path_type=Path), help="File with the password.")
def camera_sim(clips: tuple[Path, ...], host: str, port: int, user: str | None, password_file: Path | None) -> None:
    """Show MP4 files, or all those in a folder, as live RTSP cameras."""
    if (user is None) != (password_file is None):
        raise click.UsageError("--user and --password-file go together.")
    users = {user: password_file.read_text().strip()} if user is not None and password_file is not None else {}
    cameras = find_clips(clips)
    if not cameras:
        raise click.UsageError("There is no MP4 file there.")
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    die_with_supervisor()
    try:
        serve(cameras, host, port, users, stop)
    except (SourceError, OSError) as error:
        raise click.ClickException(str(error)) from error
