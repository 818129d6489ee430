"""Where one stream of a camera is pushed to: a sink that stays while its readers and its media servers change."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime

from vigil.forward.push import Pusher, Target
from vigil.model.media import GapCause, Packet, StreamParameters

MakePusher = Callable[[Target], Pusher]


class Forwards:
    """A PacketSink: `begin`, `packet` and `lost` are the reader's. `change`, `stop` and `join` are called one at a time."""

    def __init__(self, make: MakePusher) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._parameters: StreamParameters | None = None
        """Of the time line that goes on, for a server that comes into the middle of it."""
        self._pushers: dict[Target, Pusher] = {}
        self._now: tuple[Pusher, ...] = ()

    @property
    def any(self) -> bool:
        """True while the stream goes anywhere."""
        return bool(self._now)

    def change(self, targets: Sequence[Target], *, ends_s: float) -> None:
        """From now on the stream goes there. A target that stays is not disturbed. Waits for those that go, but no longer."""
        gone = [self._pushers.pop(target) for target in set(self._pushers) - set(targets)]
        with self._lock:
            self._now = tuple(self._pushers.values())
        _end(gone, ends_s)
        for target in targets:
            if target not in self._pushers:
                self._add(target)

    def stop(self) -> None:
        """Asks all to end."""
        for pusher in self._pushers.values():
            pusher.stop()

    def join(self, deadline_mono: float) -> int:
        """How many had not ended by then."""
        return sum(not pusher.join(max(0.0, deadline_mono - time.monotonic())) for pusher in self._pushers.values())

    def begin(self, parameters: StreamParameters) -> None:
        with self._lock:
            self._parameters = parameters
            for pusher in self._now:
                pusher.begin(parameters)

    def packet(self, packet: Packet) -> None:
        for pusher in self._now:
            pusher.packet(packet)

    def lost(self, at: datetime, cause: GapCause) -> None:
        with self._lock:
            self._parameters = None
        for pusher in self._now:
            pusher.lost(at, cause)

    def _add(self, target: Target) -> None:
        pusher = self._pushers[target] = self._make(target)
        pusher.start()
        with self._lock:  # or it would miss a time line that begins now
            if self._parameters is not None:
                pusher.begin(self._parameters)
            self._now = (*self._now, pusher)


def _end(pushers: Sequence[Pusher], ends_s: float) -> None:
    for pusher in pushers:
        pusher.stop()
    deadline_mono = time.monotonic() + ends_s
    for pusher in pushers:
        pusher.join(max(0.0, deadline_mono - time.monotonic()))
