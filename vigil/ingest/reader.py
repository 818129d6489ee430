"""A camera's reader: one thread that connects, reads, and never lets go. Feeds sinks; waits for nothing but the camera."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Protocol

import structlog

from vigil import metrics
from vigil.clock import Clock
from vigil.errors import SourceError
from vigil.ingest.backoff import Backoff
from vigil.ingest.connect import Connector
from vigil.ingest.door import door_of, wait_for_return
from vigil.ingest.resting import REST_S, Resting
from vigil.ingest.session import ParametersChanged, Session
from vigil.ingest.sinks import PacketSink, SoundSink
from vigil.ingest.source import RawPacket, RawSound, StreamAddress
from vigil.model.media import GapCause, StreamKind, StreamParameters

log = structlog.get_logger()


class OpenStream(Protocol):
    """What a reader needs of a Connection."""

    parameters: StreamParameters

    @property
    def left_out(self) -> int:
        """Pictures so far of which the camera sent only a part."""
        ...

    @property
    def sound_lost(self) -> int:
        """Packets of sound so far that did not come, or made no sense."""
        ...

    @property
    def settle_s(self) -> float:
        """How long what comes first is held until it is known when its pictures were taken."""
        ...

    def packets(self, rest: Callable[[], None]) -> Iterator[RawPacket | RawSound]: ...


class Connect(Protocol):
    """Opens a connection, the `number`-th of this reader. Raises SourceError."""

    def __call__(self, address: StreamAddress, *, number: int) -> AbstractContextManager[OpenStream]: ...


class Reader:
    """Reads one stream of one camera until stopped. Sinks are called on the reader's own thread.

    Between bursts it rests, at most for as long as `longest_rest_s` says and, where somebody waits `for_keys`, not past the time
    at which the next key picture is due; and not at all while `at_once` says that somebody wants each picture when it comes:
    who begins to calls `hurry`. `drifts` is told with
    each key picture how many seconds the stream's clock is still to be corrected by, and where that is too much to go on;
    it must return at once. `hears` is the sink that is given sound, where the address asks for it.
    """

    def __init__(
        self,
        address: StreamAddress,
        stream: StreamKind,
        sinks: Sequence[PacketSink],
        clock: Clock,
        *,
        at_once: Callable[[], bool] = lambda: False,
        longest_rest_s: Callable[[], float] = lambda: REST_S,
        for_keys: bool = True,
        drifts: Callable[[float], None] | None = None,
        hears: SoundSink | None = None,
        connect: Connect | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        self._address = address
        self._labels = (address.camera, stream.value)
        self._log = log.bind(camera=address.camera, stream=stream.value)
        self._sinks = tuple(sinks)
        self._hears = hears
        self._session: Session | None = None
        self._clock = clock
        self._stop = threading.Event()
        self._called = threading.Event()
        """Ends a rest."""
        self._at_once = at_once
        self._longest_rest_s = longest_rest_s
        self._for_keys = for_keys
        self._drifts = drifts
        self._open = connect or Connector()
        self._backoff = backoff or Backoff()
        self._door = door_of(address.url)
        self._connections = 0
        self._failing: str | None = None
        self._resting = Resting(for_keys=for_keys)
        self._up_mono: float | None = None
        """When this connection gave its first picture."""
        self._thread = threading.Thread(target=self._run, name=f"read {address.camera} {stream}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Asks the thread to end; it does so at its next packet or deadline."""
        self._stop.set()
        self._called.set()

    def hurry(self) -> None:
        """Ends a rest, for somebody who wants each picture at once. From any thread."""
        self._called.set()

    def join(self, timeout_s: float) -> bool:
        """True when the thread has ended."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def let_go(self) -> None:
        """A reader that does not end in time tells its sinks nothing more, for they are to have another."""
        self._sinks = ()
        self._hears = None
        session = self._session
        if session is not None:
            session.let_go()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._up_mono = None
            try:
                self._connect()
            except ParametersChanged:
                self._log.info("stream_parameters_changed")
                continue
            except SourceError as error:
                self._failed(error)
            except Exception:  # noqa: BLE001, this loop is the camera's supervisor: whatever broke, it reads again
                metrics.restarts.labels("reader").inc()
                self._log.exception("reader_failed")
            finally:
                metrics.stream_up.labels(*self._labels).set(0)
            healthy_s = self._clock.mono() - self._up_mono if self._up_mono is not None else 0.0
            self._wait(self._backoff.failed(healthy_s))

    def _wait(self, seconds: float) -> None:
        """Until the next try: as long as that, or until the camera is back."""
        if self._door is None:
            self._stop.wait(seconds)
        else:
            wait_for_return(self._door, seconds, self._stop, self._clock)

    def _connect(self) -> None:
        """Reads until stopped. Raises SourceError and ParametersChanged; the sinks have then been told."""
        self._connections += 1
        with self._open(self._address, number=self._connections) as connection:
            session = self._session = Session(
                connection.parameters, self._sinks, self._clock, settle_s=connection.settle_s, hears=self._hears
            )
            self._resting = Resting(for_keys=self._for_keys)
            cause = GapCause.CAMERA
            try:
                self._read(connection, session)
                cause = GapCause.NODE
            except ParametersChanged:
                cause = GapCause.DAMAGE
                raise
            finally:
                session.close(cause)

    def _read(self, connection: OpenStream, session: Session) -> None:
        count = metrics.packets.labels(*self._labels)
        drift = metrics.drift_s.labels(*self._labels)
        left_out, counted = metrics.pictures_left_out.labels(*self._labels), 0
        sound_lost, unheard = metrics.sound_lost.labels(self._address.camera), 0
        for raw in connection.packets(partial(self._rest, session)):
            if self._stop.is_set():
                return
            if isinstance(raw, RawSound):
                session.hear(raw)
                continue
            broken = session.take(raw)
            count.inc()
            if broken is not None:
                metrics.time_breaks.labels(*self._labels).inc()
                self._log.warning("stream_time_broke", reason=broken.reason)
                if broken.drift_s is not None and self._drifts is not None:
                    self._drifts(broken.drift_s)
            if raw.key and session.open:
                self._resting.key_came(self._clock.mono() - (session.late_s or 0.0))
                drift.set(session.drift_s)
                if self._drifts is not None:
                    self._drifts(session.drift_s)
                left_out.inc(connection.left_out - counted)
                counted = connection.left_out
                if (lost := connection.sound_lost + session.sound_lost) > unheard:
                    sound_lost.inc(lost - unheard)
                    unheard = lost
                if self._up_mono is None:
                    self._connected()

    def _rest(self, session: Session) -> None:
        if self._at_once():
            return
        length_s = self._resting.length_s(self._clock.mono(), session.late_s, self._longest_rest_s())
        if length_s and self._called.wait(length_s) and not self._stop.is_set():
            self._called.clear()

    def _connected(self) -> None:
        self._up_mono = self._clock.mono()
        metrics.stream_up.labels(*self._labels).set(1)
        self._log.info("camera_connected", connection=self._connections)
        self._failing = None

    def _failed(self, error: SourceError) -> None:
        metrics.connect_failures.labels(*self._labels).inc()
        if self._failing != error.reason:  # the same failure again is counted, not told again
            self._log.warning("camera_lost", error=str(error))
        self._failing = error.reason
