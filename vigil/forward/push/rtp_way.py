"""How RTP goes to a server: as frames in the RTSP connection (RFC 2326, section 10.12), or by UDP to a pair of its ports."""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Sequence
from typing import Protocol

from vigil.forward.push.wire import Stopped, Wire
from vigil.forward.rtsp.link import UDP_BURST, UDP_PAUSE_S, BacklogPace, bind_pair
from vigil.forward.rtsp.message import frame


class RtpWay(Protocol):
    """Raises OSError and Stopped."""

    def media(self, packets: Sequence[bytes], dts_90k: int) -> None:
        """All RTP packets of one picture."""
        ...

    def control(self, report: bytes) -> None: ...

    def close(self) -> None: ...


class Interleaved:
    def __init__(self, wire: Wire, media: int, control: int) -> None:
        self._wire = wire
        self._channels = media, control

    def media(self, packets: Sequence[bytes], dts_90k: int) -> None:  # noqa: ARG002, TCP paces itself
        self._wire.send(b"".join(frame(self._channels[0], packet) for packet in packets))

    def control(self, report: bytes) -> None:
        self._wire.send(frame(self._channels[1], report))

    def close(self) -> None:
        """The wire is its owner's."""


class UdpPair:
    """Large pictures, and pictures that have waited, are spread over time: a burst overflows the server's socket.

    A server that is gone answers with ICMP, which is an OSError here. One that hangs is noticed over the RTSP connection.
    """

    def __init__(self, wire: Wire, stall_s: float, stopped: threading.Event) -> None:
        self._wire = wire
        self._stall_s = stall_s
        self._stopped = stopped
        self._rtp, self._rtcp = bind_pair(wire.local)
        self._backlog = BacklogPace()
        self._burst = 0

    @property
    def port(self) -> int:
        """Ours for RTP; RTCP has the next."""
        return int(self._rtp.getsockname()[1])

    def connect(self, rtp: int, rtcp: int) -> None:
        self._rtp.connect((self._wire.peer, rtp))
        self._rtcp.connect((self._wire.peer, rtcp))

    def media(self, packets: Sequence[bytes], dts_90k: int) -> None:
        self._pause(self._backlog.wait_s(dts_90k, time.monotonic()))
        for packet in packets:
            if self._burst == UDP_BURST:
                self._pause(UDP_PAUSE_S)
                self._burst = 0
            self._send(self._rtp, packet)
            self._burst += 1

    def control(self, report: bytes) -> None:
        self._send(self._rtcp, report)

    def close(self) -> None:
        self._rtp.close()
        self._rtcp.close()

    def _send(self, to: socket.socket, packet: bytes) -> None:
        until_mono = time.monotonic() + self._stall_s
        while True:
            try:
                to.send(packet)
            except BlockingIOError:
                self._wire.wait(to.fileno(), select.POLLOUT, until_mono)
            else:
                return

    def _pause(self, seconds: float) -> None:
        if seconds > 0 and self._stopped.wait(seconds):
            raise Stopped
