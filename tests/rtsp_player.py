"""An RTSP player that does just what a test tells it to, over a real connection."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass

from vigil.forward.rtsp import RtspServer
from vigil.forward.rtsp.digest import REALM, Algorithm, answer, parse_authorization


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class SentPicture:
    """The RTP timestamp of a picture and the type of its first NAL unit."""

    timestamp: int
    first_type: int


class Player:
    """A player that does just what a test tells it to."""

    def __init__(self, base: str, path: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.base = base
        self.path = path
        self.reader = reader
        self.writer = writer
        self.session = ""
        self._cseq = 0
        self._challenge = ""

    async def request(self, method: str, path: str | None = None, **headers: str) -> Reply:
        path = self.path if path is None else path
        self._cseq += 1
        if self.session:
            headers = {"Session": self.session} | headers
        lines = [f"{method} {self.base}{path} RTSP/1.0", f"CSeq: {self._cseq}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.writer.write("\r\n".join((*lines, "", "")).encode())
        reply = await self._read_reply()
        self._challenge = reply.headers.get("www-authenticate", self._challenge)
        return reply

    async def play(self, transport: str = "RTP/AVP/TCP;unicast;interleaved=0-1") -> Reply:
        path, mark, query = self.path.partition("?")
        reply = await self.request("SETUP", f"{path}/trackID=0{mark}{query}", Transport=transport)
        assert reply.status == 200
        self.session = reply.headers["session"].partition(";")[0]
        return await self.request("PLAY")

    async def ask_as_live555(self, method: str, user: str, password: str, track: str = "", **headers: str) -> Reply:
        """As LIVE555's RTSPClient, which VLC is made of: it answers the challenge of the DESCRIBE in every later request, and
        whatever a request is about, the answer names the description's base. Without `track` the request names that, too.
        """
        base = self.path if "?" in self.path else f"{self.path}/"
        headers |= {"User-Agent": "LibVLC/3.0.24 (LIVE555 Streaming Media v2024.06.26)"}
        headers |= {"Authorization": self.login(user, password, method=method, path=base)}
        return await self.request(method, track or base, **headers)

    async def ask(self, method: str, user: str, password: str, path: str | None = None, **headers: str) -> Reply:
        """A request that answers the challenge which it gets first."""
        await self.request(method, path, **headers)
        login = self.login(user, password, method=method, path=path)
        return await self.request(method, path, Authorization=login, **headers)

    def login(self, user: str, password: str, *, method: str = "DESCRIBE", path: str | None = None) -> str:
        """A digest answer to the last challenge, or to a made-up one."""
        parameters = parse_authorization(self._challenge) if self._challenge else {"nonce": "0"}
        assert parameters is not None
        given = {
            "realm": "vigil",
            "nonce": parameters["nonce"],
            "uri": self.base + (self.path if path is None else path),
        }
        secret = hashlib.md5(f"{user}:{REALM}:{password}".encode(), usedforsecurity=False).hexdigest()
        given |= {"username": user, "response": answer(Algorithm.MD5, secret, method, given)}
        return "Digest " + ", ".join(f'{name}="{value}"' for name, value in given.items())

    async def read_frame(self) -> tuple[int, bytes]:
        head = await self.reader.readexactly(4)
        assert head[:1] == b"$"
        return head[1], await self.reader.readexactly(int.from_bytes(head[2:], "big"))

    async def read_pictures(self, count: int) -> list[SentPicture]:
        """What the next packets tell of their H.264 pictures."""
        pictures: list[SentPicture] = []
        begins = True
        while len(pictures) < count:
            channel, packet = await self.read_frame()
            if channel != 0:
                continue
            if begins:
                pictures.append(SentPicture(int.from_bytes(packet[4:8], "big"), packet[12] & 0x1F))
            begins = bool(packet[1] & 0x80)
        return pictures

    async def is_hung_up(self) -> bool:
        async with asyncio.timeout(10):
            with contextlib.suppress(ConnectionError):
                while await self.reader.read(65536):
                    pass
        return True

    async def _read_reply(self) -> Reply:
        async with asyncio.timeout(10):
            while True:
                first = await self.reader.readexactly(1)
                if first == b"R":
                    break
                size = int.from_bytes((await self.reader.readexactly(3))[1:], "big")
                await self.reader.readexactly(size)
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
            status, *lines = head.strip().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
            body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        return Reply(int(status.split(" ")[1]), headers, body)


@contextlib.asynccontextmanager
async def client(
    server: RtspServer, path: str = "/hall/camera", *, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Player]:
    """Connected, over TLS where a context is given."""
    port = server.port if tls is None else server.tls_port
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls)
    try:
        yield Player(f"rtsp{'s' if tls else ''}://127.0.0.1:{port}", path, reader, writer)
    finally:
        writer.transport.abort()
