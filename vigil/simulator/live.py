"""Scenarios as live cameras: painted, coded and sent as time goes by, without an end.

One thread a hall paints and codes the pictures of all its cameras, one runs the RTSP server's loop. When a scenario is
over it begins anew with the next seed. A hall that cannot keep up leaves pictures out and stays on time.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import structlog

from vigil.clock import Clock, SystemClock
from vigil.errors import ScenarioError, VigilError
from vigil.forward.rtsp import BackgroundServer, Mount
from vigil.forward.rtsp.server import DEFAULT_PORT
from vigil.ingest.encode import PictureEncoder
from vigil.sim.assets import Assets, Picture, load_assets
from vigil.sim.camera import substream
from vigil.sim.scenario import Scenario
from vigil.simulator.job import Size, StreamSettings, default_assets
from vigil.simulator.scene import Scene, picture_time_90k

LIVE_STREAM: Final = StreamSettings(sub=(640, 360), preset="ultrafast")
_LATE_S: Final = 0.5
"""So far behind a hall leaves out what it has missed."""

_PUNCTUAL_S: Final = 30.0
"""After so long without a picture left out a hall has caught up."""
_WATCH_EVERY_S: Final = 1.0

_log: structlog.stdlib.BoundLogger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class LiveConfig:
    """One scenario a hall. A camera is at HALL-CAMERA, its smaller stream at HALL-CAMERA-sub.

    `users` maps names to passwords; empty: everyone may watch. A `port` of 0 takes a free one.
    """

    scenarios: tuple[Scenario, ...]
    seed: int = 0
    stream: StreamSettings = LIVE_STREAM
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    users: Mapping[str, str] = field(default_factory=dict)
    assets: Path | None = None
    """None: those of the checkout."""


class LiveHalls:
    """The halls of one configuration, live between `start` and `stop`, which a context calls too."""

    def __init__(self, config: LiveConfig, *, clock: Clock | None = None) -> None:
        """Raises ScenarioError for what is missing, or two scenarios in one hall."""
        assets = load_assets(config.assets or default_assets())
        _require_one_a_hall(config.scenarios)
        clock = clock or SystemClock()
        self._server = BackgroundServer(
            config.host, config.port, name="simulator-rtsp", users=config.users, clock=clock
        )
        self._stop = threading.Event()
        self._halls = [
            _LiveHall(assets, scenario, config, self._server, clock, self._stop) for scenario in config.scenarios
        ]
        self._started = False

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Listen, and return when each camera has sent its first picture. Raises OSError, ScenarioError."""
        self._server.start()
        self._started = True
        try:
            for hall in self._halls:
                hall.start()
            for hall in self._halls:
                hall.began.result()
        except VigilError:
            self.stop()
            raise
        _log.info("simulator_started", cameras=len(self.names), port=self.port)

    def stop(self) -> None:
        """Hang up on all readers and end all threads. May be called again."""
        self._stop.set()
        if not self._started:
            return
        self._started = False
        for hall in self._halls:
            hall.join()
        self._server.stop()
        _log.info("simulator_stopped", cameras=len(self.names))

    def failure(self) -> VigilError | None:
        """Why a hall has ended by itself, if one has."""
        return next((hall.failure for hall in self._halls if hall.failure is not None), None)

    @property
    def names(self) -> tuple[str, ...]:
        """Of all streams."""
        return tuple(name for hall in self._halls for name in hall.names)

    @property
    def port(self) -> int:
        return self._server.port

    def url(self, name: str) -> str:
        """Where a stream is to be watched, without credentials."""
        return self._server.url(name)


class _LiveHall:
    """One hall on its own thread."""

    def __init__(
        self,
        assets: Assets,
        scenario: Scenario,
        config: LiveConfig,
        server: BackgroundServer,
        clock: Clock,
        stop: threading.Event,
    ) -> None:
        self.began: Future[None] = Future()
        self.failure: VigilError | None = None
        self._assets = assets
        self._scenario = scenario
        self._settings = config.stream
        self._clock = clock
        self._stop = stop
        self._scene = self._new_scene(config.seed)
        start_at = clock.now()
        self._outputs = [
            [
                _Output(f"{scenario.hall}-{camera.name}{suffix}", size, config.stream, server, start_at)
                for suffix, size in config.stream.streams()
            ]
            for camera in self._scene.cameras
        ]
        self._punctuality = _Punctuality(scenario.hall)
        self._thread = threading.Thread(target=self._run, name=f"simulator-{scenario.hall}")

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(output.name for outputs in self._outputs for output in outputs)

    def start(self) -> None:
        self._thread.start()

    def join(self) -> None:
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        try:
            self._live()
        except VigilError as error:
            self.failure = error
            if not self.began.done():
                self.began.set_exception(error)

    def _live(self) -> None:
        fps = self._settings.fps
        start_mono = self._clock.mono()
        number, first = 0, 0
        while not self._stop.is_set():
            wait_s = start_mono + number / fps - self._clock.mono()
            if wait_s > 0 and self._stop.wait(wait_s):
                break
            missed = int(-wait_s * fps) if wait_s < -_LATE_S else 0
            self._punctuality.note(missed, self._clock.mono())
            number += missed
            if (number - first) / fps >= self._scenario.seconds:
                self._scene, first = self._new_scene(self._scene.seed + 1), number
            self._show((number - first) / fps, picture_time_90k(number, fps))
            if not self.began.done():
                self.began.set_result(None)
            number += 1

    def _show(self, t_s: float, t_90k: int) -> None:
        moment = self._scene.hall.at(t_s)
        for camera, outputs in zip(self._scene.cameras, self._outputs, strict=True):
            picture = camera.picture(moment)
            if picture is None:  # offline: silence, as of a cut cable
                continue
            for output in outputs:
                output.show(picture, t_90k)

    def _new_scene(self, seed: int) -> Scene:
        return Scene(self._assets, self._scenario, seed, (), self._settings.size)


class _Punctuality:
    """Tells when a hall falls behind, and when it has kept up again for a while."""

    def __init__(self, hall: str) -> None:
        self._hall = hall
        self._missed = 0
        self._late_mono = 0.0

    def note(self, missed: int, now_mono: float) -> None:
        """`missed` pictures were left out just now."""
        if missed and not self._missed:
            _log.info("simulator_late", hall=self._hall)
        if missed:
            self._missed += missed
            self._late_mono = now_mono
        elif self._missed and now_mono - self._late_mono > _PUNCTUAL_S:
            _log.info("simulator_on_time", hall=self._hall, missed=self._missed)
            self._missed = 0


class _Output:
    """One stream: coded, and published at its path from the first picture on."""

    def __init__(
        self, name: str, size: Size, settings: StreamSettings, server: BackgroundServer, start_at: datetime
    ) -> None:
        self.name = name
        self._size = size
        self._server = server
        self._encoder = PictureEncoder(
            settings.codec,
            size,
            fps=settings.fps,
            start_at=start_at,
            crf=settings.crf,
            keyframe_s=settings.keyframe_s,
            preset=settings.preset,
        )
        self._mount: Mount | None = None

    def show(self, picture: Picture, t_90k: int) -> None:
        if (picture.shape[1], picture.shape[0]) != self._size:
            picture = substream(picture, self._size)
        packet = self._encoder.encode(picture, t_90k)
        if self._mount is None:
            assert self._encoder.parameters is not None  # noqa: S101, known with the first packet
            self._mount = self._server.mount(self.name, self._encoder.parameters)
        self._mount.publish(packet)


def run_live(config: LiveConfig, stop: threading.Event) -> None:
    """Show the halls until `stop` is set. Raises ScenarioError, OSError for an address not to be had."""
    with LiveHalls(config) as halls:
        while not stop.wait(_WATCH_EVERY_S):
            failure = halls.failure()
            if failure is not None:
                raise failure


def _require_one_a_hall(scenarios: Sequence[Scenario]) -> None:
    taken: dict[str, str] = {}
    for scenario in scenarios:
        if scenario.hall in taken:
            raise ScenarioError(
                f"{taken[scenario.hall]} and {scenario.name} both take place in hall {scenario.hall}."
                " Serve one of them, or give them different halls"
            )
        taken[scenario.hall] = scenario.name
