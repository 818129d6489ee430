"""Pushes one stream to one target: a sink that never waits, and a thread that connects, sends, and never lets go."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final, Protocol

import structlog

from vigil import metrics
from vigil.clock import Clock
from vigil.errors import ForwardError
from vigil.forward.push.line import Line, Lines, OneTime
from vigil.forward.push.outlet import OpenOutlet, Outlet, open_outlet
from vigil.forward.push.target import Deadlines, Target
from vigil.forward.push.wire import Stopped
from vigil.model.media import GapCause, Packet, StreamParameters

QUEUE_BYTES: Final = 8 * 1024 * 1024
"""16 s of 4 Mbit/s. What is older when a target is slow is not worth its line."""
_LOOK_S: Final = 0.5
"""How often an outlet without packets looks after its server."""
_AWAY_S: Final = 10.0
"""A camera that sends nothing for so long is away, and its target is told so instead of showing a frozen picture."""

log = structlog.get_logger()


class Waits(Protocol):
    """How long to wait before the next try."""

    def failed(self, healthy_s: float) -> float:
        """Seconds, after a connection that was healthy for so long (0: it never was)."""
        ...


class Pusher:
    """A PacketSink. `begin`, `packet` and `lost` are the reader's; what they do not get rid of in time is dropped by the GOP.

    A connection is opened when there is a key packet to begin with, and anew when the stream's parameters change.
    """

    def __init__(
        self,
        target: Target,
        clock: Clock,
        backoff: Waits,
        *,
        open_outlet: OpenOutlet = open_outlet,
        deadlines: Deadlines | None = None,
        queue_bytes: int = QUEUE_BYTES,
        rests: Callable[[bool], None] = lambda resting: None,  # noqa: ARG005, for whom packets cost nothing
    ) -> None:
        """`rests` is told on the pusher's thread when packets are not wanted before the next try, and when they are again."""
        labels = (target.camera, target.stream.value, target.name)
        self._target = target
        self._log = log.bind(camera=target.camera, stream=target.stream.value, target=target.name)
        self._clock = clock
        self._backoff = backoff
        self._open = open_outlet
        self._deadlines = deadlines or Deadlines()
        self._up = metrics.forward_up.labels(*labels)
        self._dropped = metrics.forward_dropped_gops.labels(*labels)
        self._rests = rests
        self._lines = Lines(queue_bytes)  # guarded by the condition, as is what follows
        self._wanted = True
        """False while the next try is waited for: what comes meanwhile is not kept."""
        self._changed = threading.Condition()
        self._stop = threading.Event()
        self._up_mono: float | None = None
        self._failing: str | None = None
        self._thread = threading.Thread(target=self._run, name=f"push {target.camera} {target.name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Asks the thread to end; it does so within a fraction of a second, unless it looks up a name."""
        self._stop.set()
        with self._changed:
            self._changed.notify_all()

    def join(self, timeout_s: float) -> bool:
        """True when the thread has ended."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def begin(self, parameters: StreamParameters) -> None:
        with self._changed:
            self._lines.begin(parameters)
            self._changed.notify()

    def packet(self, packet: Packet) -> None:
        with self._changed:
            if self._wanted:
                dropped = self._lines.put(packet)
                if dropped:
                    self._dropped.inc(dropped)
                self._changed.notify()

    def lost(self, at: datetime, cause: GapCause) -> None:
        """Nothing to do: what waits goes out, and the camera may be back before anybody misses it."""

    def _run(self) -> None:
        while not self._stop.is_set():
            self._up_mono = None
            try:
                self._session()
            except Stopped:
                return
            except ForwardError as error:
                self._failed(error.reason)
            except OSError as error:  # which names no URL: it is of a socket
                if self._stop.is_set():
                    return
                self._failed(self._target.hidden(error.strerror or str(error) or type(error).__name__))
            except Exception:  # noqa: BLE001, this loop is the target's supervisor: whatever broke, it begins anew
                metrics.restarts.labels("forward").inc()
                self._log.exception("forward_failed")
            else:
                continue  # ended as it should; the next one begins at once
            finally:
                self._up.set(0)
            self._rest()

    def _rest(self) -> None:
        with self._changed:
            self._wanted = False
            self._lines.forget()
        healthy_s = self._clock.mono() - self._up_mono if self._up_mono is not None else 0.0
        self._rests(True)
        if self._stop.wait(self._backoff.failed(healthy_s)):
            return
        with self._changed:
            self._wanted = True
        self._rests(False)

    def _session(self) -> None:
        """One connection. Returns when the camera is away or its parameters changed. Raises as Outlet does, and Stopped."""
        line, packet = self._first()
        outlet = self._open(self._target, line.parameters, self._deadlines, self._stop)
        try:
            self._send(outlet, line, packet)
        finally:
            self._up.set(0)  # before taking leave, which may last
            outlet.close()

    def _first(self) -> tuple[Line, Packet]:
        """Waits for a packet to begin with, however long. Raises Stopped."""
        while (taken := self._next(_LOOK_S)) is None:
            pass
        return taken

    def _send(self, outlet: Outlet, line: Line, packet: Packet) -> None:
        times = OneTime()
        taken: tuple[Line, Packet] | None = line, packet
        last_mono = self._clock.mono()
        while True:
            if taken is not None:
                line, packet = taken
                outlet.send(_moved(packet, times.shift_90k(line, packet)))
                last_mono = self._clock.mono()
                self._sent(last_mono)
            elif self._clock.mono() - last_mono > _AWAY_S:
                self._log.info("forward_ended", reason="no pictures from the camera")
                with self._changed:
                    self._lines.forget()  # or the next connection would begin within a GOP
                return
            else:
                outlet.idle()
            taken = self._next(_LOOK_S, after=line)
            if taken is None and self._is_over(line):
                self._log.info("forward_ended", reason="the stream's parameters changed")
                return

    def _next(self, timeout_s: float, *, after: Line | None = None) -> tuple[Line, Packet] | None:
        """The next packet and its line. None when there is none in time, or none that may come `after`. Raises Stopped."""
        with self._changed:
            self._changed.wait_for(lambda: self._stop.is_set() or self._ready(after), timeout_s)
            if self._stop.is_set():
                raise Stopped
            line = self._lines.current
            if line is None or (after is not None and not line.continues(after)):
                return None
            packet = line.queue.pop()
            return (line, packet) if packet is not None else None

    def _ready(self, after: Line | None) -> bool:
        """Goes on to the next line where the current one has given all. True when there is a packet, or the line is over."""
        while (line := self._lines.current) is not None and not len(line.queue) and self._lines.following is not None:
            self._lines.advance()
        line = self._lines.current
        return line is not None and (len(line.queue) > 0 or (after is not None and not line.continues(after)))

    def _is_over(self, line: Line) -> bool:
        with self._changed:
            current = self._lines.current
            return current is not None and not current.continues(line)

    def _sent(self, mono: float) -> None:
        if self._up_mono is None:
            self._up_mono = mono
            self._up.set(1)
            self._log.info("forward_began")
            self._failing = None

    def _failed(self, reason: str) -> None:
        if self._failing != reason:  # the same failure again is not told again
            self._log.warning("forward_lost", reason=reason)
        self._failing = reason


def _moved(packet: Packet, by_90k: int) -> Packet:
    return replace(packet, dts_90k=packet.dts_90k + by_90k, pts_90k=packet.pts_90k + by_90k) if by_90k else packet
