"""How packets leave: as frames in the RTSP connection (RFC 2326, section 10.12), or from a pair of UDP ports."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

from vigil.forward.rtsp.message import frame
from vigil.forward.rtsp.rtcp import is_receiver_report
from vigil.forward.rtsp.transport import ClientPorts, Interleaving
from vigil.model.media import CLOCK_RATE

UDP_BURST: Final = 8
"""Packets that go out at once over UDP. A key frame sent in one go overflows the socket buffer of many a player."""
UDP_PAUSE_S: Final = 0.001
"""Between bursts: about 90 Mbit/s, a key frame of 300 kB takes 27 ms."""
UDP_BACKLOG_SPEED: Final = 3.0
"""Times real time: a player that has just begun is busy with probing, and its socket buffer holds about 200 packets."""
LAST_S: Final = 0.5
"""Before the goodbye. Over UDP it comes to another port, and a player that hears it first throws away the last pictures; over
TCP, GStreamer that hears it at once after them sometimes waited for ever."""
FAREWELL_S: Final = 1.0
"""After it, for the player to hang up itself: GStreamer takes a connection that we close at once for a failure."""
_BACKLOG_STEP_S: Final = 0.5
"""At most between two pictures: where GOPs were dropped, their time is not waited for."""
_UDP_SEND_BUFFER: Final = 1024 * 1024
_PORT_PAIR_TRIES: Final = 50

Address = tuple[str, int]


class Link(Protocol):
    """Where a session sends to."""

    async def send_media(self, packets: Sequence[bytes], dts_90k: int) -> None:
        """Send the RTP packets of one picture; waits while the peer or the network is slow. Raises ConnectionError."""
        ...

    async def send_control(self, report: bytes) -> None: ...

    async def send_last(self, goodbye: bytes) -> None:
        """Like `send_control`, for what ends the stream and must not come before the media. Then we may hang up."""
        ...

    def close(self) -> None: ...


class TcpLink:
    """Frames in the RTSP connection. Nothing is kept here: to wait for the writer's buffer is the back-pressure."""

    def __init__(self, writer: asyncio.StreamWriter, channels: Interleaving) -> None:
        self._writer = writer
        self._channels = channels

    async def send_media(self, packets: Sequence[bytes], dts_90k: int) -> None:  # noqa: ARG002  TCP paces itself
        self._writer.writelines([frame(self._channels.rtp, packet) for packet in packets])
        await self._writer.drain()

    async def send_control(self, report: bytes) -> None:
        self._writer.write(frame(self._channels.rtcp, report))
        await self._writer.drain()

    async def send_last(self, goodbye: bytes) -> None:
        await asyncio.sleep(LAST_S)
        await self.send_control(goodbye)
        await asyncio.sleep(FAREWELL_S)

    def close(self) -> None:
        """Nothing to give back: the connection is closed by its owner."""


class UdpPorts(asyncio.DatagramProtocol):
    """The server's own pair of UDP ports, shared by all its UDP readers: RTP on the even one, RTCP on the next.

    A full send buffer makes all UDP readers wait, never grow: they share one network card too.
    """

    def __init__(self) -> None:
        self._listeners: dict[Address, Callable[[], None]] = {}
        self._writable = asyncio.Event()
        self._writable.set()
        self._rtp: asyncio.DatagramTransport | None = None
        self._rtcp: asyncio.DatagramTransport | None = None
        self.rtp_port = 0

    @property
    def rtcp_port(self) -> int:
        return self.rtp_port + 1

    async def open(self, host: str) -> None:
        """Bind a free pair. Raises OSError when `host` is not ours or no pair is free."""
        loop = asyncio.get_running_loop()
        rtp, rtcp_socket = bind_pair(host)
        self.rtp_port = rtp.getsockname()[1]
        self._rtp, _ = await loop.create_datagram_endpoint(lambda: self, sock=rtp)
        self._rtcp, _ = await loop.create_datagram_endpoint(lambda: self, sock=rtcp_socket)

    def close(self) -> None:
        for transport in (self._rtp, self._rtcp):
            if transport is not None:
                transport.abort()
        self._writable.set()

    def listen(self, address: Address, on_report: Callable[[], None]) -> None:
        """Call `on_report` at each receiver report from `address`."""
        self._listeners[address] = on_report

    def forget(self, address: Address) -> None:
        self._listeners.pop(address, None)

    async def send_rtp(self, packet: bytes, address: Address) -> None:
        await self._writable.wait()
        if self._rtp is not None and not self._rtp.is_closing():
            self._rtp.sendto(packet, address)

    def send_rtcp(self, report: bytes, address: Address) -> None:
        if self._rtcp is not None and not self._rtcp.is_closing():
            self._rtcp.sendto(report, address)

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        listener = self._listeners.get((addr[0], addr[1]))
        if listener is not None and is_receiver_report(data):
            listener()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()


class BacklogPace:
    """Lets pictures that have waited, such as the GOP a reader begins with, go out at a multiple of their own speed.

    Pictures that come live are never held up.
    """

    def __init__(self) -> None:
        self._dts_90k: int | None = None
        self._due_mono = 0.0

    def wait_s(self, dts_90k: int, now_mono: float) -> float:
        """Seconds until the picture may go."""
        if self._dts_90k is not None:
            step_s = min((dts_90k - self._dts_90k) / CLOCK_RATE, _BACKLOG_STEP_S)
            self._due_mono += step_s / UDP_BACKLOG_SPEED
        self._dts_90k = dts_90k
        self._due_mono = max(self._due_mono, now_mono)
        return self._due_mono - now_mono


class UdpLink:
    """Packets to one client's ports, spread over time where a picture is large or several wait."""

    def __init__(self, ports: UdpPorts, host: str, client: ClientPorts, on_report: Callable[[], None]) -> None:
        self._ports = ports
        self._rtp_address = (host, client.rtp)
        self._rtcp_address = (host, client.rtcp)
        self._burst = 0
        self._backlog = BacklogPace()
        ports.listen(self._rtcp_address, on_report)

    async def send_media(self, packets: Sequence[bytes], dts_90k: int) -> None:
        wait_s = self._backlog.wait_s(dts_90k, asyncio.get_running_loop().time())
        if wait_s > 0:
            await asyncio.sleep(wait_s)
        for packet in packets:
            if self._burst == UDP_BURST:
                await asyncio.sleep(UDP_PAUSE_S)
                self._burst = 0
            await self._ports.send_rtp(packet, self._rtp_address)
            self._burst += 1

    async def send_control(self, report: bytes) -> None:
        self._ports.send_rtcp(report, self._rtcp_address)

    async def send_last(self, goodbye: bytes) -> None:
        await asyncio.sleep(LAST_S)
        await self.send_control(goodbye)
        await asyncio.sleep(FAREWELL_S)

    def close(self) -> None:
        self._ports.forget(self._rtcp_address)


def bind_pair(host: str) -> tuple[socket.socket, socket.socket]:
    """Two bound UDP sockets, the first on an even port, the second on the next (RFC 3550, section 11)."""
    for _ in range(_PORT_PAIR_TRIES):
        first = _bind(host, 0)
        port = first.getsockname()[1]
        if port % 2 == 0:
            try:
                return first, _bind(host, port + 1)
            except OSError:  # someone else's; try another pair
                pass
        first.close()
    raise OSError(f"no free pair of UDP ports on {host}")


def _bind(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setblocking(False)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _UDP_SEND_BUFFER)
        bound.bind(address)
    except OSError:
        bound.close()
        raise
    return bound
