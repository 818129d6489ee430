"""One client's RTSP connection: reads requests, answers them, owns at most one session. Ends with its TCP connection.

RFC 2326 lets a session outlive its connection. Here it does not, over UDP either: a player that vanished must not be
sent video for another minute.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from vigil.forward.rtsp import address, play_range, sdp, transport
from vigil.forward.rtsp.demand import Demand
from vigil.forward.rtsp.limits import Limits
from vigil.forward.rtsp.link import Link, TcpLink, UdpLink
from vigil.forward.rtsp.login import Login
from vigil.forward.rtsp.message import Interleaved, MalformedMessage, MessageParser, Request, Response
from vigil.forward.rtsp.rtcp import is_receiver_report
from vigil.forward.rtsp.service import Service
from vigil.forward.rtsp.session import PlayStart, Session
from vigil.forward.rtsp.source import Ask, Refusal, Source

_READ_BYTES: Final = 16 * 1024
_WRITE_BUFFER_BYTES: Final = 64 * 1024
"""Beyond it a session waits, and its own queue fills."""
_FLUSH_S: Final = 2.0
"""After hanging up, for a peer to take the last bytes."""
_MINUTE_S: Final = 60.0

_log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Connection:
    def __init__(self, service: Service, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._service = service
        self._reader = reader
        self._writer = writer
        self.peer: str = writer.get_extra_info("peername")[0]
        self._local: str = writer.get_extra_info("sockname")[0]
        self._tls = writer.get_extra_info("sslcontext") is not None
        self.login = Login(service, secrets.token_hex(8), self.peer)
        self._demand = Demand(service)
        self._session: Session | None = None
        self._seen_mono = service.clock.mono()
        self._busy = False
        self._rate = _Rate(service.limits)
        self._handlers: dict[str, Callable[[Request], Awaitable[Response]]] = {
            "OPTIONS": self._options,
            "DESCRIBE": self._describe,
            "SETUP": self._setup,
            "PLAY": self._play,
            "PAUSE": self._pause,
            "TEARDOWN": self._teardown,
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
                    if self.login.failed >= self._service.limits.failed_logins:
                        return
        except MalformedMessage as error:
            self._service.counters.malformed += 1
            _log.info("rtsp_malformed", peer=self.peer, reason=str(error))
            self._writer.write(Response(error.status).encode(None))
        except OSError:  # of the connection, or of TLS on it
            pass  # a player that goes away without a word is nothing to report
        finally:
            self.login.leave()
            self.hang_up()
            await self._end_session()

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
        if self._busy:
            return  # it waits for us, and what we wait for has a deadline of its own
        limits = self._service.limits
        patience_s = limits.handshake_s if self._session is None else limits.session_s
        if self._service.clock.mono() - self._seen_mono > patience_s:
            self._service.counters.timeouts += 1
            _log.info("rtsp_timeout", peer=self.peer)
            self.abort()

    async def _take(self, message: Request | Interleaved) -> None:
        if isinstance(message, Interleaved):
            if is_receiver_report(message.payload):
                self._seen()
            return
        self._rate.count(self._service.clock.mono())
        self._busy = True
        try:
            response = await self._handlers.get(message.method, self._unknown)(message)
        except Refusal as refusal:
            response = self._refused(message, refusal)
        finally:
            self._busy = False
            self._seen()
        self._writer.write(response.encode(message.headers.get("cseq")))
        await self._writer.drain()

    def _seen(self) -> None:
        self._seen_mono = self._service.clock.mono()

    def _refused(self, request: Request, refusal: Refusal) -> Response:
        path, _ = address.stream_of(request.uri)
        who = {"peer": self.peer, "user": self.login.user}
        _log.info("rtsp_refused", path=path[:200], status=refusal.status, reason=str(refusal), **who)
        return Response(refusal.status)

    # Methods, RFC 2326, section 10

    async def _options(self, _: Request) -> Response:
        return Response(200, (("Public", ", ".join(self._handlers)),))

    async def _unknown(self, _: Request) -> Response:
        return Response(501, (("Public", ", ".join(self._handlers)),))

    async def _describe(self, request: Request) -> Response:
        if (refusal := self.login.check(request)) is not None:
            return refusal
        source = await self._find(request)
        if "application/sdp" not in request.headers.get("accept", "application/sdp"):
            return Response(406)
        body = sdp.describe(
            source.parameters,
            host=self._local,
            session=secrets.randbits(62),
            control=address.control_of(request.uri),
            duration_s=None if source.recorded is None else source.recorded.duration_s,
        )
        base = address.base_of(request.uri)
        headers = (("Content-Base", base), ("Content-Type", "application/sdp"), ("Cache-Control", "no-cache"))
        return Response(200, headers, body.encode())

    async def _setup(self, request: Request) -> Response:
        if (refusal := self.login.check(request)) is not None:
            return refusal
        if self._session is not None:
            return Response(455)  # there is one track, and its transport is not changed under way
        source = await self._find(request)
        # Over UDP the pictures would leave the encrypted connection.
        chosen = transport.choose(request.headers.get("transport", ""), self.peer, udp=not self._tls)
        if chosen is None:
            return Response(461)
        self._session = Session(source, self._make_link(chosen), clock=self._service.clock, on_end=self.hang_up)
        return Response(200, (("Transport", self._describe_transport(chosen)), self._session_header()))

    async def _play(self, request: Request) -> Response:
        session = self._named_session(request)
        recorded, chosen = session.source.recorded, play_range.PlayRange()
        if recorded is not None:
            try:
                chosen = play_range.parse(request.headers.get("range"), recorded)
            except ValueError as error:
                raise Refusal(457, str(error)) from error
        if session.playing and chosen.from_s is None:  # some players repeat PLAY to stay alive
            return Response(200, (self._session_header(),))
        await self._demand.admit()
        start = await session.play(chosen.from_s, chosen.until_s)
        if start is None:
            raise Refusal(457, "there is no picture")
        _log.info("rtsp_playing", path=session.source.path, peer=self.peer, session=session.id[:8])
        span = "npt=now-"
        if recorded is not None:
            at_s = 0.0 if start.at is None else max(0.0, (start.at - recorded.from_at).total_seconds())
            span = play_range.describe(chosen, at_s, recorded)
        return Response(200, (self._session_header(), ("Range", span), ("RTP-Info", _rtp_info(request.uri, start))))

    async def _pause(self, request: Request) -> Response:
        session = self._named_session(request)
        if session.source.recorded is None:
            return Response(405, (("Allow", ", ".join(name for name in self._handlers if name != "PAUSE")),))
        await session.pause()
        return Response(200, (self._session_header(),))

    async def _parameter(self, request: Request) -> Response:
        """GET_PARAMETER and SET_PARAMETER without a body keep a session alive; there are no parameters."""
        if "session" in request.headers:
            self._named_session(request)
        return Response(451 if request.body.strip() else 200)

    async def _teardown(self, request: Request) -> Response:
        self._named_session(request)
        await self._end_session()
        return Response(200)

    # Steps

    async def _find(self, request: Request) -> Source:
        path, query = address.stream_of(request.uri)
        mount = self._service.mounts.get(path)
        if mount is not None and not query:
            return mount
        return await self._demand.find(Ask(path, query, self.login.user, self.peer), in_use=self._session is not None)

    def _named_session(self, request: Request) -> Session:
        given = request.headers.get("session", "").partition(";")[0].strip()
        if self._session is None or not secrets.compare_digest(given.encode(), self._session.id.encode()):
            raise Refusal(454, "no such session")
        return self._session

    def _make_link(self, chosen: transport.Interleaving | transport.ClientPorts) -> Link:
        if isinstance(chosen, transport.Interleaving):
            return TcpLink(self._writer, chosen)
        return UdpLink(self._service.udp, self.peer, chosen, self._seen)

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
            _log.info("rtsp_ended", path=session.source.path, peer=self.peer, session=session.id[:8])
        await self._demand.close()


class _Rate:
    """Holds the requests of one connection to the limit."""

    def __init__(self, limits: Limits) -> None:
        self._most = limits.requests_per_minute
        self._since_mono = float("-inf")
        self._requests = 0

    def count(self, now_mono: float) -> None:
        if now_mono - self._since_mono > _MINUTE_S:
            self._since_mono, self._requests = now_mono, 0
        self._requests += 1
        if self._requests > self._most:
            raise MalformedMessage(453, "too many requests")


def _rtp_info(uri: str, start: PlayStart) -> str:
    timestamp = "" if start.timestamp is None else f";rtptime={start.timestamp}"
    return f"url={address.track_of(uri)};seq={start.sequence}{timestamp}"
