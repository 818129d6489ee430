"""One client's RTSP connection: reads requests, answers them, owns at most one session. Ends with its TCP connection.

RFC 2326 lets a session outlive its connection. Here it does not, over UDP either: a player that vanished must not be
sent video for another minute.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote, urlsplit

import structlog

from vigil.clock import Clock
from vigil.forward.rtsp import sdp, transport
from vigil.forward.rtsp.digest import DigestGuard, Verdict
from vigil.forward.rtsp.limits import Limits
from vigil.forward.rtsp.link import Link, TcpLink, UdpLink, UdpPorts
from vigil.forward.rtsp.message import Interleaved, MalformedMessage, MessageParser, Request, Response
from vigil.forward.rtsp.mount import Mount
from vigil.forward.rtsp.rtcp import is_receiver_report
from vigil.forward.rtsp.session import PlayStart, Session

_READ_BYTES: Final = 16 * 1024
_WRITE_BUFFER_BYTES: Final = 64 * 1024
"""Beyond it a session waits, and its own queue fills."""
_FLUSH_S: Final = 2.0
"""After hanging up, for a peer to take the last bytes."""
_MINUTE_S: Final = 60.0

_log: structlog.stdlib.BoundLogger = structlog.get_logger()


@dataclass(slots=True)
class Counters:
    """What happened since the server's start."""

    refused_connections: int = 0
    failed_logins: int = 0
    timeouts: int = 0
    malformed: int = 0


@dataclass(frozen=True, slots=True)
class Service:
    """What all connections of one server share. `guard` is None when everyone may read."""

    mounts: Mapping[str, Mount]
    guard: DigestGuard | None
    udp: UdpPorts
    clock: Clock
    limits: Limits
    counters: Counters = field(default_factory=Counters)


class Connection:
    def __init__(self, service: Service, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._service = service
        self._reader = reader
        self._writer = writer
        self._id = secrets.token_hex(8)
        self._peer: str = writer.get_extra_info("peername")[0]
        self._local: str = writer.get_extra_info("sockname")[0]
        self._session: Session | None = None
        self._seen_mono = service.clock.mono()
        self._failed_logins = 0
        self._window_mono = self._seen_mono
        self._window_requests = 0
        self._handlers: dict[str, Callable[[Request], Response]] = {
            "OPTIONS": self._options,
            "DESCRIBE": self._describe,
            "SETUP": self._setup,
            "PLAY": self._play,
            "GET_PARAMETER": self._parameter,
            "SET_PARAMETER": self._parameter,
        }
        writer.transport.set_write_buffer_limits(high=_WRITE_BUFFER_BYTES)

    @property
    def playing(self) -> bool:
        return self._session is not None and self._session.playing

    async def run(self) -> None:
        """Serve until either side hangs up."""
        parser = MessageParser(self._service.limits)
        try:
            while data := await self._reader.read(_READ_BYTES):
                for message in parser.feed(data):
                    await self._take(message)
                    if self._failed_logins >= self._service.limits.failed_logins:
                        return
        except MalformedMessage as error:
            self._service.counters.malformed += 1
            _log.info("rtsp_malformed", peer=self._peer, reason=str(error))
            self._writer.write(Response(error.status).encode(None))
        except ConnectionError:
            pass  # a player that goes away without a word is nothing to report
        finally:
            await self._end_session()
            self.hang_up()

    def hang_up(self) -> None:
        """Close after what is written has gone out, or after two seconds whatever became of it."""
        if not self._writer.transport.is_closing():
            self._writer.close()
            asyncio.get_running_loop().call_later(_FLUSH_S, self._writer.transport.abort)

    def abort(self) -> None:
        """Close now."""
        self._writer.transport.abort()

    def check_idle(self) -> None:
        """Abort when the peer has been silent for too long; the server calls it every few seconds."""
        limits = self._service.limits
        patience_s = limits.handshake_s if self._session is None else limits.session_s
        if self._service.clock.mono() - self._seen_mono > patience_s:
            self._service.counters.timeouts += 1
            _log.info("rtsp_timeout", peer=self._peer)
            self.abort()

    async def _take(self, message: Request | Interleaved) -> None:
        if isinstance(message, Interleaved):
            if is_receiver_report(message.payload):
                self._seen()
            return
        self._seen()
        self._count_request()
        if message.method == "TEARDOWN":
            response = await self._teardown(message)
        else:
            response = self._handlers.get(message.method, self._unknown)(message)
        self._writer.write(response.encode(message.headers.get("cseq")))
        await self._writer.drain()

    def _seen(self) -> None:
        self._seen_mono = self._service.clock.mono()

    def _count_request(self) -> None:
        now = self._service.clock.mono()
        if now - self._window_mono > _MINUTE_S:
            self._window_mono, self._window_requests = now, 0
        self._window_requests += 1
        if self._window_requests > self._service.limits.requests_per_minute:
            raise MalformedMessage(453, "too many requests")

    # Methods, RFC 2326, section 10

    def _options(self, _: Request) -> Response:
        return Response(200, (("Public", ", ".join((*self._handlers, "TEARDOWN"))),))

    def _unknown(self, _: Request) -> Response:
        return Response(501, (("Public", ", ".join((*self._handlers, "TEARDOWN"))),))

    def _describe(self, request: Request) -> Response:
        if (refusal := self._refuse(request)) is not None:
            return refusal
        mount = self._find_mount(request.uri)
        if mount is None:
            return Response(404)
        if "application/sdp" not in request.headers.get("accept", "application/sdp"):
            return Response(406)
        body = sdp.describe(mount.parameters, host=self._local, session=secrets.randbits(62))
        base = request.uri if request.uri.endswith("/") else f"{request.uri}/"
        headers = (("Content-Base", base), ("Content-Type", "application/sdp"), ("Cache-Control", "no-cache"))
        return Response(200, headers, body.encode())

    def _setup(self, request: Request) -> Response:
        if (refusal := self._refuse(request)) is not None:
            return refusal
        if self._session is not None:
            return Response(455)  # there is one track, and its transport is not changed under way
        mount = self._find_mount(request.uri)
        if mount is None:
            return Response(404)
        chosen = transport.choose(request.headers.get("transport", ""))
        if chosen is None:
            return Response(461)
        self._session = Session(mount, self._make_link(chosen), clock=self._service.clock, on_end=self.hang_up)
        return Response(200, (("Transport", self._describe_transport(chosen)), self._session_header()))

    def _play(self, request: Request) -> Response:
        session = self._session
        if session is None or not _names(request, session):
            return Response(454)
        headers = (self._session_header(), ("Range", "npt=now-"))
        if session.playing:  # some players repeat PLAY to stay alive
            return Response(200, headers)
        start = session.play()
        _log.info("rtsp_playing", path=session.mount.path, peer=self._peer, session=session.id[:8])
        return Response(200, (*headers, ("RTP-Info", _rtp_info(request.uri, start))))

    def _parameter(self, request: Request) -> Response:
        """GET_PARAMETER and SET_PARAMETER without a body keep a session alive; there are no parameters."""
        if "session" in request.headers and (self._session is None or not _names(request, self._session)):
            return Response(454)
        return Response(451 if request.body.strip() else 200)

    async def _teardown(self, request: Request) -> Response:
        if self._session is None or not _names(request, self._session):
            return Response(454)
        await self._end_session()
        return Response(200)

    # Steps

    def _refuse(self, request: Request) -> Response | None:
        """None when the request may go on, else the challenge. A session's id then stands for who opened it."""
        guard = self._service.guard
        if guard is None:
            return None
        stale = False
        if (given := request.headers.get("authorization")) is not None:
            verdict = guard.verify(given, method=request.method, uri=request.uri, connection=self._id)
            if verdict is Verdict.ACCEPTED:
                return None
            stale = verdict is Verdict.STALE
            if not stale:
                self._count_failed_login()
        challenges = guard.challenges(self._id, stale=stale)
        return Response(401, tuple(("WWW-Authenticate", challenge) for challenge in challenges))

    def _count_failed_login(self) -> None:
        self._service.counters.failed_logins += 1
        self._failed_logins += 1
        if self._failed_logins == 1:
            _log.warning("rtsp_login_failed", peer=self._peer)

    def _find_mount(self, uri: str) -> Mount | None:
        return self._service.mounts.get(mount_path(uri))

    def _make_link(self, chosen: transport.Interleaving | transport.ClientPorts) -> Link:
        if isinstance(chosen, transport.Interleaving):
            return TcpLink(self._writer, chosen)
        return UdpLink(self._service.udp, self._peer, chosen, self._seen)

    def _describe_transport(self, chosen: transport.Interleaving | transport.ClientPorts) -> str:
        if isinstance(chosen, transport.Interleaving):
            return f"RTP/AVP/TCP;unicast;interleaved={chosen.rtp}-{chosen.rtcp}"
        udp = self._service.udp
        ports = f"client_port={chosen.rtp}-{chosen.rtcp};server_port={udp.rtp_port}-{udp.rtcp_port}"
        return f"RTP/AVP;unicast;{ports}"

    def _session_header(self) -> tuple[str, str]:
        name = self._session.id if self._session is not None else ""
        return "Session", f"{name};timeout={self._service.limits.session_s}"

    async def _end_session(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()
            _log.info("rtsp_ended", path=session.mount.path, peer=self._peer, session=session.id[:8])


def mount_path(uri: str) -> str:
    """The path of a request's mount: without host, query, trailing slash and the track."""
    bare = uri.rstrip("/").removesuffix(f"/{sdp.CONTROL}")
    try:
        return unquote(urlsplit(bare).path).rstrip("/")
    except ValueError:  # a URI that is none names no mount
        return ""


def _names(request: Request, session: Session) -> bool:
    given = request.headers.get("session", "").partition(";")[0].strip()
    return secrets.compare_digest(given.encode(), session.id.encode())


def _rtp_info(uri: str, start: PlayStart) -> str:
    track = f"{uri.rstrip('/').removesuffix('/' + sdp.CONTROL)}/{sdp.CONTROL}"
    timestamp = "" if start.timestamp is None else f";rtptime={start.timestamp}"
    return f"url={track};seq={start.sequence}{timestamp}"
