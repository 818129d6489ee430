"""A camera's reader: one thread that connects, reads, and never lets go. Feeds sinks; waits for nothing but the camera."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

import structlog

from vigil import metrics
from vigil.clock import Clock
from vigil.errors import SourceError
from vigil.ingest.backoff import Backoff
from vigil.ingest.session import ParametersChanged, Session
from vigil.ingest.sinks import PacketSink
from vigil.ingest.source import Connection, RawPacket, StreamAddress
from vigil.model.media import GapCause, StreamKind, StreamParameters

log = structlog.get_logger()


class OpenStream(Protocol):
    """What a reader needs of a Connection."""

    parameters: StreamParameters

    def packets(self) -> Iterator[RawPacket]: ...


class Connect(Protocol):
    """Opens a connection, the `number`-th of this reader. Raises SourceError."""

    def __call__(self, address: StreamAddress, *, number: int) -> AbstractContextManager[OpenStream]: ...


class Reader:
    """Reads one stream of one camera until stopped. Sinks are called on the reader's own thread."""

    def __init__(
        self,
        address: StreamAddress,
        stream: StreamKind,
        sinks: Sequence[PacketSink],
        clock: Clock,
        *,
        connect: Connect = Connection,
        backoff: Backoff | None = None,
    ) -> None:
        self._address = address
        self._labels = (address.camera, stream.value)
        self._log = log.bind(camera=address.camera, stream=stream.value)
        self._sinks = tuple(sinks)
        self._clock = clock
        self._stop = threading.Event()
        self._open = connect
        self._backoff = backoff or Backoff()
        self._connections = 0
        self._failing: str | None = None
        self._up_mono: float | None = None
        """When this connection gave its first picture."""
        self._thread = threading.Thread(target=self._run, name=f"read {address.camera} {stream}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Asks the thread to end; it does so at its next packet or deadline."""
        self._stop.set()

    def join(self, timeout_s: float) -> bool:
        """True when the thread has ended."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

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
            self._stop.wait(self._backoff.failed(healthy_s))

    def _connect(self) -> None:
        """Reads until stopped. Raises SourceError and ParametersChanged; the sinks have then been told."""
        self._connections += 1
        with self._open(self._address, number=self._connections) as connection:
            session = Session(connection.parameters, self._sinks, self._clock)
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
        for raw in connection.packets():
            if self._stop.is_set():
                return
            broken = session.take(raw)
            count.inc()
            if broken is not None:
                metrics.time_breaks.labels(*self._labels).inc()
                self._log.warning("stream_time_broke", reason=broken.reason)
            if raw.key and session.open:
                drift.set(session.drift_s)
                if self._up_mono is None:
                    self._connected()

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
