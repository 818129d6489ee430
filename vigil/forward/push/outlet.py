"""An open connection to a media server, whatever it speaks."""

from __future__ import annotations

import threading
from typing import Protocol

from vigil.forward.push.rtmp import RtmpOutlet
from vigil.forward.push.rtsp import RtspOutlet
from vigil.forward.push.target import Deadlines, Target
from vigil.model.media import Packet, StreamParameters


class Outlet(Protocol):
    """Belongs to one thread. Raises ForwardError where the server refuses, OSError where the network fails, and Stopped."""

    def send(self, packet: Packet) -> None:
        """The first is a key packet, and decoding times rise. Waits while the server takes some of it now and then."""
        ...

    def idle(self) -> None:
        """Called a few times a second while there is no packet."""
        ...

    def close(self) -> None:
        """Takes leave without waiting for an answer."""
        ...


class OpenOutlet(Protocol):
    """Returns when the server has said that it takes pictures. Raises as Outlet does."""

    def __call__(
        self, target: Target, parameters: StreamParameters, deadlines: Deadlines, stopped: threading.Event
    ) -> Outlet: ...


def open_outlet(target: Target, parameters: StreamParameters, deadlines: Deadlines, stopped: threading.Event) -> Outlet:
    kind = RtmpOutlet if target.scheme in ("rtmp", "rtmps") else RtspOutlet
    return kind(target, parameters, deadlines, stopped)
