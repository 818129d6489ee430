"""A stream published by WHIP (RFC 9725): WebRTC, with one HTTP request to begin and one to end. Needs `vigil[whip]`.

aiortc does ICE, DTLS and SRTP on a loop and a thread of its own; this side waits for it with deadlines. Not FFmpeg's muxer:
docs/design/forward.md says why. It stands in this package because aiortc takes coded pictures as packets of `av`.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
import time
from collections.abc import Coroutine
from concurrent.futures import TimeoutError as NotYet
from contextlib import ExitStack, suppress
from datetime import datetime
from typing import Any, Final, Protocol, TypeVar
from urllib.parse import urljoin

import httpx
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpSender,
    RTCRtpTransceiver,
    RTCSessionDescription,
)
from aiortc.exceptions import InvalidAccessError, InvalidStateError, OperationError
from av.packet import Packet as AvPacket

from vigil.errors import VigilError
from vigil.ingest.mux import TIME_BASE
from vigil.model.media import Codec, Packet, StreamParameters

_OFFERED: Final = "42e01f"
"""The profile that is offered whatever the stream's is: receivers that refuse High by its name decode it under this one."""
_WAITING: Final = 30
"""Pictures on their way to aiortc's loop, a second's worth: they leave it as fast as it can encrypt."""
_SLICE_S: Final = 0.2
_LEAVE_S: Final = 1.0
_MOST_BYTES: Final = 64 * 1024
"""Of an answer."""
_HINTS: Final = {401: " (bearer: a token that may publish)", 403: " (bearer: a token that may publish)"}
_GONE: Final = ("failed", "closed", "disconnected")

T = TypeVar("T")


class Server(Protocol):
    """What is asked of a Target of vigil/forward/push."""

    @property
    def url(self) -> str: ...

    @property
    def bearer(self) -> str | None: ...

    def error(self, reason: str) -> VigilError: ...

    def hidden(self, text: str) -> str: ...


class Patience(Protocol):
    """And of its Deadlines."""

    @property
    def open_s(self) -> float: ...

    @property
    def stall_s(self) -> float: ...

    @property
    def answer_s(self) -> float: ...


class WhipOutlet:
    """An Outlet of vigil/forward/push. A server that hangs is noticed by its missing receiver reports."""

    def __init__(
        self, target: Server, parameters: StreamParameters, deadlines: Patience, stopped: threading.Event
    ) -> None:
        if parameters.codec is not Codec.H264:
            raise target.error("WHIP carries H.264 alone. Let the camera send it, or push to an rtsp:// address")
        self._target = target
        self._deadlines = deadlines
        self._stopped = stopped
        self._heard_mono = 0.0
        self._heard_at: datetime | None = None
        self._peer: _Peer | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="whip", daemon=True)
        self._thread.start()
        with ExitStack() as undo:
            undo.callback(self.close)
            self._wait(self._open(), deadlines.open_s)
            undo.pop_all()

    def send(self, packet: Packet) -> None:
        assert self._peer is not None  # noqa: S101, the constructor made it
        coded = AvPacket(packet.data)
        coded.pts, coded.dts, coded.time_base = packet.pts_90k, packet.dts_90k, TIME_BASE
        self._wait(self._peer.pictures.put(coded), self._deadlines.stall_s)
        self.idle()

    def idle(self) -> None:
        assert self._peer is not None  # noqa: S101
        if self._peer.state in _GONE:
            raise ConnectionError("the server is gone")
        reported_at = self._peer.reported_at
        now = time.monotonic()
        if reported_at != self._heard_at:
            self._heard_at, self._heard_mono = reported_at, now
        elif now - self._heard_mono > self._deadlines.answer_s:
            raise TimeoutError("the server does not report any more what it receives")

    def close(self) -> None:
        peer, self._peer = self._peer, None
        with suppress(OSError, VigilError):  # nobody waits longer for a server that does not let us go
            asyncio.run_coroutine_threadsafe(_end(peer), self._loop).result(_LEAVE_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_LEAVE_S)
        if not self._thread.is_alive():
            self._loop.close()

    async def _open(self) -> None:
        self._peer = peer = _Peer(self._target, self._deadlines.open_s)
        await peer.publish()
        self._heard_mono = time.monotonic()

    def _wait(self, doing: Coroutine[Any, Any, T], timeout_s: float) -> T:
        """For what the loop does. Raises TimeoutError, and ConnectionAbortedError when vigil stops."""
        future = asyncio.run_coroutine_threadsafe(doing, self._loop)
        until_mono = time.monotonic() + timeout_s
        while True:
            try:
                return future.result(_SLICE_S)
            except NotYet:
                if future.done():
                    raise
            if self._stopped.is_set():
                future.cancel()
                raise ConnectionAbortedError("vigil stops")
            if time.monotonic() > until_mono:
                future.cancel()
                raise TimeoutError("nothing moved within the time-out")


async def _end(peer: _Peer | None) -> None:
    """Leaves the server, and nothing running on the loop."""
    if peer is not None:
        await peer.leave()
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)


class _Pictures(MediaStreamTrack):  # type: ignore[misc]  # aiortc is not there for who does not want it
    """Coded pictures on their way to aiortc's sender."""

    kind = "video"

    def __init__(self) -> None:
        super().__init__()
        self._queue: asyncio.Queue[AvPacket[Any]] = asyncio.Queue(_WAITING)

    async def put(self, picture: AvPacket[Any]) -> None:
        await self._queue.put(picture)

    async def recv(self) -> AvPacket[Any]:
        return await self._queue.get()


class _Peer:
    """Our end of the WebRTC connection. Belongs to its loop, except what is read of `state` and `reported_at`."""

    def __init__(self, target: Server, timeout_s: float) -> None:
        self._target = target
        self._resource: str | None = None
        # No STUN servers: aiortc would ask one of Google's. The media server sees the address that we come from.
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._connected = asyncio.Event()
        self._connection.on("connectionstatechange", self._changed)
        headers = {"Authorization": f"Bearer {target.bearer}"} if target.bearer else {}
        self._http = httpx.AsyncClient(
            headers=headers, timeout=timeout_s, trust_env=False, verify=ssl.create_default_context()
        )
        self.pictures = _Pictures()
        transceiver: RTCRtpTransceiver = self._connection.addTransceiver(self.pictures, direction="sendonly")
        known = RTCRtpSender.getCapabilities("video").codecs
        transceiver.setCodecPreferences(
            [one for one in known if one.parameters.get("profile-level-id", "").lower() == _OFFERED]
        )
        self._sender = transceiver.sender
        self.reported_at: datetime | None = None
        self._listening: asyncio.Task[None] | None = None

    @property
    def state(self) -> str:
        return str(self._connection.connectionState)

    async def publish(self) -> None:
        """Returns when the server can be sent pictures."""
        await self._connection.setLocalDescription(await self._connection.createOffer())
        answer = await self._ask(self._connection.localDescription.sdp)
        try:
            await self._connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        except OperationError:
            raise self._target.error("the server does not take H.264") from None
        except (InvalidAccessError, InvalidStateError, ValueError, LookupError, AttributeError) as error:
            raise self._target.error(f"an answer that is no session: {type(error).__name__}") from None
        await self._connected.wait()
        if self.state in _GONE:
            raise self._target.error("no way to the server's media port (UDP), or another certificate than it told")
        self._listening = asyncio.create_task(self._listen())

    async def leave(self) -> None:
        if self._listening is not None:
            self._listening.cancel()
        if self._resource is not None:
            with suppress(httpx.HTTPError):
                await self._http.delete(self._resource, timeout=_LEAVE_S / 2)
        await self._connection.close()
        await self._http.aclose()

    async def _ask(self, offer: str) -> str:
        """The server's answer. The request names no secret in its errors."""
        try:
            response = await self._http.post(
                self._target.url, content=offer, headers={"Content-Type": "application/sdp"}
            )
        except httpx.HTTPError as error:
            said = self._target.hidden(str(error) or type(error).__name__)
            raise self._target.error(f"no answer: {said}") from None
        status = response.status_code
        if status != 201 or len(response.content) > _MOST_BYTES:
            raise self._target.error(f"status {status} where 201 and a session were to come{_HINTS.get(status, '')}")
        if "location" in response.headers:
            self._resource = urljoin(self._target.url, response.headers["location"])
        return response.text

    async def _listen(self) -> None:
        """Notes when the server last said what it received."""
        while True:
            for one in (await self._sender.getStats()).values():
                if one.type == "remote-inbound-rtp":
                    self.reported_at = one.timestamp
            await asyncio.sleep(_SLICE_S)

    async def _changed(self) -> None:
        if self.state == "connected" or self.state in _GONE:
            self._connected.set()
