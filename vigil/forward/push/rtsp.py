"""A stream recorded to an RTSP server: ANNOUNCE, SETUP, RECORD (RFC 2326, section 10), RTP over TCP or UDP."""

from __future__ import annotations

import re
import secrets
import threading
import time
from contextlib import ExitStack
from typing import Final

from vigil.errors import ForwardError
from vigil.forward.push.answers import Answer, AnswerParser
from vigil.forward.push.rtp_way import Interleaved, RtpWay, UdpPair
from vigil.forward.push.target import Deadlines, Target
from vigil.forward.push.wire import Wire
from vigil.forward.rtsp import rtcp, sdp
from vigil.forward.rtsp.message import VERSION, MalformedMessage
from vigil.forward.rtsp.rtp import Packetiser
from vigil.login import Login
from vigil.model.media import Packet, StreamParameters
from vigil.model.site import Transport

_REPORT_EVERY_S: Final = 5.0
_CNAME: Final = "vigil"
_GONE: Final = 454
"""Session Not Found: any other answer says that the server is there."""
_HINTS: Final = {
    401: "username: and password: of an account that may publish",
    403: "the account may not publish there",
    404: "the server has no such path",
    405: "the server takes no streams",
    455: "the server takes no streams",
    461: "the server wants the other transport:",
    501: "the server takes no streams",
}


class RtspOutlet:
    """An Outlet. What the server says is read between pictures; that it is still there it is asked now and then."""

    def __init__(
        self, target: Target, parameters: StreamParameters, deadlines: Deadlines, stopped: threading.Event
    ) -> None:
        self._target = target
        self._deadlines = deadlines
        self._until_mono = time.monotonic() + deadlines.open_s
        self._login = None if target.username is None else Login(target.username, target.password or "")
        self._url = target.url
        self._cseq = 0
        self._session: tuple[tuple[str, str], ...] = ()
        self._answers = AnswerParser()
        self._waiting: list[Answer] = []
        self._asked_mono: float | None = None
        """Since when an answer is awaited while recording."""
        self._alive_mono = self._report_mono = 0.0
        self._way: RtpWay | None = None
        self._rtp = Packetiser(
            parameters.codec,
            ssrc=secrets.randbits(32),
            sequence=secrets.randbits(16),
            timestamp=secrets.randbits(32),
        )
        self._wire = Wire(
            target.host,
            target.port,
            tls=target.tls,
            until_mono=self._until_mono,
            stall_s=deadlines.stall_s,
            stopped=stopped,
        )
        with ExitStack() as undo:
            undo.callback(self.close)
            self._record(parameters, stopped)
            undo.pop_all()

    def send(self, packet: Packet) -> None:
        assert self._way is not None  # noqa: S101, the constructor made it
        self._way.media(self._rtp.packetise(packet), packet.dts_90k)
        now = time.monotonic()
        if now >= self._report_mono:
            self._report_mono = now + _REPORT_EVERY_S
            self._way.control(
                rtcp.sender_report(
                    self._rtp.ssrc,
                    at=packet.at,
                    timestamp=self._rtp.timestamp(packet.pts_90k),
                    packets=self._rtp.packets,
                    octets=self._rtp.octets,
                    cname=_CNAME,
                )
            )
        self.idle()

    def idle(self) -> None:
        """Reads what the server said, and asks it now and then whether it is there."""
        now = time.monotonic()
        for answer in self._parsed(self._wire.arrived()):
            self._asked_mono = None if answer.status else self._asked_mono
            if answer.status == _GONE:
                raise self._target.error("the server ended the session")
            if answer.status == 401 and self._login is not None:  # it let the old challenge expire
                self._login.challenged(answer.headers.get("www-authenticate", ""))
        if self._asked_mono is not None:
            if now - self._asked_mono > self._deadlines.answer_s:
                raise TimeoutError("the server does not answer any more")
        elif now >= self._alive_mono + self._deadlines.alive_every_s:
            self._alive_mono = self._asked_mono = now
            self._ask("OPTIONS", self._url)

    def close(self) -> None:
        if self._session:
            self._wire.say(self._request("TEARDOWN", self._url))
        if self._way is not None:
            self._way.close()
        self._wire.close()

    def _record(self, parameters: StreamParameters, stopped: threading.Event) -> None:
        described = sdp.describe(parameters, host=self._wire.local, session=secrets.randbits(62)).encode()
        self._talk("ANNOUNCE", self._url, ("Content-Type", "application/sdp"), body=described)
        track = f"{self._url.rstrip('/')}/{sdp.CONTROL}"
        if self._target.transport is Transport.TCP:
            self._set_up_tcp(track)
        else:
            self._set_up_udp(track, stopped)
        self._talk("RECORD", self._url, ("Range", "npt=0.000-"))
        self._alive_mono = time.monotonic()

    def _set_up_tcp(self, track: str) -> None:
        answer = self._talk("SETUP", track, ("Transport", "RTP/AVP/TCP;unicast;interleaved=0-1;mode=record"))
        self._take_session(answer)
        self._way = Interleaved(self._wire, *(_pair(answer, "interleaved") or (0, 1)))

    def _set_up_udp(self, track: str, stopped: threading.Event) -> None:
        self._way = pair = UdpPair(self._wire, self._deadlines.stall_s, stopped)
        asked = f"RTP/AVP;unicast;client_port={pair.port}-{pair.port + 1};mode=record"
        answer = self._talk("SETUP", track, ("Transport", asked))
        self._take_session(answer)
        ports = _pair(answer, "server_port")
        if ports is None:
            raise self._target.error("SETUP: the server names no ports of its own")
        # To the server's own address and no other, whatever it says (`destination`): else it could aim us at anybody.
        pair.connect(*ports)

    def _take_session(self, answer: Answer) -> None:
        session = answer.headers.get("session", "").partition(";")[0].strip()
        if not session:
            raise self._target.error("SETUP: an answer without a session")
        self._session = (("Session", session),)

    def _talk(self, method: str, uri: str, *headers: tuple[str, str], body: bytes = b"") -> Answer:
        """Asks, logs in where that is wanted, and waits for yes. Raises ForwardError for no."""
        self._ask(method, uri, *headers, body=body)
        answer = self._answer()
        if answer.status == 401 and self._challenged(answer):
            self._ask(method, uri, *headers, body=body)
            answer = self._answer()
        if answer.status == 200:
            return answer
        raise self._refused(method, answer)

    def _refused(self, method: str, answer: Answer) -> ForwardError:
        said = self._target.hidden(f"{answer.status} {answer.reason}")
        hint = _HINTS.get(answer.status)
        return self._target.error(f"{method}: {said}" + (f" ({hint})" if hint else ""))

    def _challenged(self, answer: Answer) -> bool:
        return self._login is not None and self._login.challenged(answer.headers.get("www-authenticate", ""))

    def _ask(self, method: str, uri: str, *headers: tuple[str, str], body: bytes = b"") -> None:
        self._wire.send(self._request(method, uri, *headers, body=body))

    def _request(self, method: str, uri: str, *headers: tuple[str, str], body: bytes = b"") -> bytes:
        self._cseq += 1
        whole = [("CSeq", str(self._cseq)), ("User-Agent", "vigil"), *self._session, *headers]
        login = self._login.authorization(method, uri) if self._login is not None else None
        if login is not None:
            whole.append(("Authorization", login))
        if body:
            whole.append(("Content-Length", str(len(body))))
        lines = [f"{method} {uri} {VERSION}", *(f"{name}: {value}" for name, value in whole)]
        return "\r\n".join((*lines, "", "")).encode() + body

    def _answer(self) -> Answer:
        """To the last request."""
        while True:
            while self._waiting:
                answer = self._waiting.pop(0)
                if answer.status and answer.headers.get("cseq", str(self._cseq)) == str(self._cseq):
                    return answer
            self._waiting += self._parsed(self._wire.receive(self._until_mono))

    def _parsed(self, data: bytes) -> list[Answer]:
        try:
            return list(self._answers.feed(data))
        except MalformedMessage as error:
            raise self._target.error(f"no RTSP: {error}") from None


def _pair(answer: Answer, name: str) -> tuple[int, int] | None:
    """Two numbers of the answer's transport, or one and the next."""
    found = re.search(rf"{name}\s*=\s*(\d{{1,5}})(?:\s*-\s*(\d{{1,5}}))?", answer.headers.get("transport", ""))
    if found is None:
        return None
    first = int(found[1])
    return first, int(found[2]) if found[2] else first + 1
