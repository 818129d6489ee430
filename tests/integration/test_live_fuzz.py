"""The socket of live pictures under whatever a peer may send, or leave unsent, by everybody: nobody is let in who may not watch,
nothing breaks, and who watches beside it goes on watching.

Bytes are written by hand, because a library would not send what is forbidden. The seed is fixed; `VIGIL_LIVE_ATTACKS` sets
how many attacks each makes.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import logging
import os
import random
import socket
import struct
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest
import uvicorn
from structlog.testing import capture_logs
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from tests.unit.gateway.world import CAMERA, World, make_world, populate
from vigil.center.sockets import SocketProtocol
from vigil.gateway.auth import COOKIE
from vigil.model.ids import CameraId
from vigil.model.live import LiveInit, LiveMessage
from vigil.model.media import Fragment, StreamKind
from vigil.model.people import PERMISSIONS, Permission, Role
from vigil.store.database import Database
from vigil.uplink.protocol import MAX_FRAGMENT_BYTES

ATTACKS: Final = int(os.environ.get("VIGIL_LIVE_ATTACKS", "40"))
WITHIN_S: Final = 10
"""What takes longer has failed."""
PATH: Final = f"/api/v1/cameras/{CAMERA}/live"
INIT: Final = LiveInit('video/mp4; codecs="avc1.64001F"', 1920, 1080, b"ftypmoov")
TEXT, BINARY, CLOSE = 1, 2, 8
PICTURE: Final = b"picture"


class Broadcast:
    """A source whose viewers each get what is told, until they go."""

    def __init__(self) -> None:
        self.viewers: list[Viewer] = []

    def subscribe(self, _camera: CameraId, _stream: StreamKind) -> Viewer:
        self.viewers.append(Viewer())
        return self.viewers[-1]

    def tell(self, number: int) -> None:
        for one in list(self.viewers):
            one.tell(Fragment(PICTURE + b" %d" % number, key=True))


class Viewer:
    def __init__(self) -> None:
        self._loop, self._told = asyncio.get_running_loop(), asyncio.Queue[LiveMessage]()
        self._told.put_nowait(INIT)
        self.gone = threading.Event()

    def tell(self, message: LiveMessage) -> None:
        self._loop.call_soon_threadsafe(self._told.put_nowait, message)

    async def __aiter__(self) -> AsyncIterator[LiveMessage]:
        while True:
            yield await self._told.get()

    async def aclose(self) -> None:
        self.gone.set()


@dataclass(frozen=True, slots=True)
class Centre:
    port: int
    world: World
    source: Broadcast

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def watch(self, token: str) -> ClientConnection:
        headers = {"Cookie": f"{COOKIE}={token}"}
        address = f"ws://127.0.0.1:{self.port}{PATH}"
        return connect(address, origin=Origin(self.origin), additional_headers=headers)


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    """Served as vigil/center/center.py does."""
    database = Database.in_file(tmp_path / "vigil.db")
    populate(database)
    source = Broadcast()
    world = make_world(tmp_path, database, live=source)
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        world.app, log_config=None, access_log=False, ws=SocketProtocol, ws_max_size=MAX_FRAGMENT_BYTES
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    yield Centre(listener.getsockname()[1], world, source)
    server.should_exit = True
    thread.join(WITHIN_S)
    listener.close()
    database.close()


@dataclass(slots=True)
class Peer:
    """A connection of bytes, and what came back: the status of the handshake, and the frames after it."""

    line: socket.socket
    status: int = 0
    frames: list[tuple[int, bytes]] = field(default_factory=list)

    def shake(self, path: str, headers: dict[str, str]) -> None:
        lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        self.line.sendall("\r\n".join(lines).encode("utf-8", "surrogateescape"))

    def hear(self, *, until_close: bool = False) -> None:
        """All that comes until the other side ends it, or is done with answering a handshake that it refused."""
        heard = b""
        with contextlib.suppress(ConnectionError):
            while chunk := self.line.recv(65536):
                heard += chunk
                head, ended, body = heard.partition(b"\r\n\r\n")
                self.status = int(head.split(b" ", 2)[1]) if ended else 0
                self.frames = list(_frames(body)) if self.status == 101 else []
                if self.status not in {0, 101} or (until_close and CLOSE in {opcode for opcode, _ in self.frames}):
                    return

    def say_no_more(self) -> None:
        with contextlib.suppress(OSError):  # the other side may have ended it already
            self.line.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """As a machine that is switched off: no close, nothing more is read."""
        self.line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.line.close()


def _frames(body: bytes) -> Iterator[tuple[int, bytes]]:
    while len(body) >= 2:
        size, start = body[1] & 0x7F, 2
        if size >= 126:
            start = 4 if size == 126 else 10
            size = int.from_bytes(body[2:start], "big")
        yield body[0] & 0x0F, body[start : start + size]
        body = body[start + size :]


def frame(first: int, payload: bytes, *, masked: bool = True, claimed: int | None = None) -> bytes:
    """`first`: FIN, reserved bits and opcode. `claimed`: a length that is not the payload's."""
    size = len(payload) if claimed is None else claimed
    mark = 0x80 if masked else 0
    if size < 126:
        length = bytes([mark | size])
    else:
        length = (
            bytes([mark | 126]) + struct.pack(">H", size)
            if size < 65536
            else bytes([mark | 127]) + struct.pack(">Q", size)
        )
    key = b"\x11\x22\x33\x44" if masked else b""
    return bytes([first]) + length + key + bytes(one ^ key[at % 4] if masked else one for at, one in enumerate(payload))


def credit(dice: random.Random) -> bytes:
    """A viewer has none to give: what he says is not heard."""
    size = dice.choice([-1, 0, 2**31, 2**63, 1e308, None, "x" * 50])
    return frame(0x81, json.dumps({"type": "credit", "channel": 1, "size": size}).encode())


FRAMES: Final[dict[str, Callable[[random.Random], bytes]]] = {
    "whatever": lambda dice: dice.randbytes(dice.randrange(1, 200)),
    "reserved bits": lambda dice: frame(0x80 | dice.choice([0x10, 0x20, 0x40, 0x70]) | TEXT, b"x"),
    "no opcode": lambda dice: frame(0x80 | dice.choice([3, 4, 7, 11, 15]), b"x"),
    "not masked": lambda _: frame(0x81, b"hello", masked=False),
    "no UTF-8": lambda dice: frame(0x81, b"\xc3\x28" + dice.randbytes(5)),
    "a long ping": lambda _: frame(0x89, b"x" * 126),
    "a ping in parts": lambda _: frame(0x09, b"x"),
    "the end of nothing": lambda _: frame(0x80, b"x"),
    "a second beginning": lambda _: frame(0x01, b"x") + frame(0x01, b"y"),
    "too large": lambda _: frame(0x82, b"x" * 100, claimed=MAX_FRAGMENT_BYTES + 1),
    "larger than can be": lambda _: frame(0x82, b"x", claimed=2**64 - 1),
    "a close of one byte": lambda _: frame(0x88, b"\x03"),
    "a close with no code": lambda dice: frame(0x88, struct.pack(">H", dice.choice([0, 999, 1005, 1006, 5000, 65535]))),
    "a close with no text": lambda _: frame(0x88, struct.pack(">H", 1000) + b"\xff\xfe"),
    "credit": lambda dice: credit(dice) + frame(0x88, struct.pack(">H", 1000)),
    "texts": lambda dice: b"".join(frame(0x81, b"x" * dice.randrange(2000)) for _ in range(50)) + frame(0x88, b""),
    "a large text": lambda _: frame(0x81, b"x" * 300_000) + frame(0x88, b""),
    "pings": lambda _: frame(0x89, b"x" * 125) * 200 + frame(0x88, b""),
}
"""Each ends the connection, by what it is or with a close."""
CUTS: Final = ("at once", "in the handshake", "after it", "within a frame", "after a close")
SHAKES: Final = (
    {"Origin": "https://elsewhere.test"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "http://127.0.0.1"},
    {"Sec-WebSocket-Version": "8"},
    {"Sec-WebSocket-Key": "short"},
    {"Sec-WebSocket-Key": ""},
    {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits=99"},
    {"Sec-WebSocket-Protocol": ",,\t,"},
    {"Upgrade": "h2c"},
    {"Connection": "close"},
    {"Host": "elsewhere.test"},
)
PATHS: Final = (
    f"{PATH}?stream=both",
    f"{PATH}?stream=",
    f"{PATH}?credit=-1",
    "/api/v1/cameras/none/live",
    "/api/v1/cameras/%00/live",
    "/api/v1/cameras/..%2f..%2fetc/live",
    f"/api/v1/cameras/{'x' * 8000}/live",
    "/api/v1/cameras//live",
    "/api/v1/alerts",
    "/uplink",
    "/",
)


@dataclass(frozen=True, slots=True)
class Attacker:
    centre: Centre
    role: Role | None
    dice: random.Random

    def headers(self, changes: dict[str, str]) -> dict[str, str]:
        cookie = {} if self.role is None else {"Cookie": f"{COOKIE}={self.centre.world.log_in(self.role)}"}
        return {
            "Host": f"127.0.0.1:{self.centre.port}",
            "Origin": self.centre.origin,
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": base64.b64encode(self.dice.randbytes(16)).decode(),
            **cookie,
            **changes,
        }

    def attack(self) -> Peer:
        peer = Peer(socket.create_connection(("127.0.0.1", self.centre.port), timeout=WITHIN_S))
        self.dice.choice([self.sends, self.sends, self.shakes, self.goes_wrong, self.cuts])(peer)
        return peer

    def sends(self, peer: Peer) -> None:
        """After a handshake as it should be."""
        peer.shake(PATH, self.headers({}))
        with contextlib.suppress(ConnectionError):  # the other side may have had enough before all is sent
            peer.line.sendall(FRAMES[self.dice.choice(sorted(FRAMES))](self.dice))
        peer.say_no_more()
        peer.hear()

    def shakes(self, peer: Peer) -> None:
        changes = self.dice.choice(SHAKES)
        peer.shake(PATH, self.headers(changes))
        peer.say_no_more()
        peer.hear()
        if "Origin" in changes or "Host" in changes:
            assert peer.status == 403, changes

    def goes_wrong(self, peer: Peer) -> None:
        peer.shake(self.dice.choice(PATHS), self.headers({}))
        peer.say_no_more()
        peer.hear()
        assert BINARY not in {opcode for opcode, _ in peer.frames} or self.may_watch

    def cuts(self, peer: Peer) -> None:
        """The line breaks without a word."""
        where = self.dice.choice(CUTS)
        if where == "in the handshake":
            peer.line.sendall(f"GET {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: webs".encode())
        elif where != "at once":
            peer.shake(PATH, self.headers({}))
        if where in {"within a frame", "after a close"}:
            peer.line.recv(1)
            whole = frame(0x88, struct.pack(">H", 1000)) if where == "after a close" else frame(0x82, b"x" * 1000)
            peer.line.sendall(whole[: len(whole) if where == "after a close" else 500])
        peer.reset()

    @property
    def may_watch(self) -> bool:
        return self.role is not None and Permission.WATCH_LIVE in PERMISSIONS[self.role]


@pytest.mark.parametrize("role", [None, *Role])
def test_whatever_is_sent(centre: Centre, role: Role | None, caplog: pytest.LogCaptureFixture) -> None:
    attacker = Attacker(centre, role, random.Random(f"live {role}"))
    beside = centre.watch(centre.world.log_in("supervisor"))
    with capture_logs() as told, caplog.at_level(logging.WARNING), beside:
        assert json.loads(beside.recv(WITHIN_S))["type"] == "init"
        assert beside.recv(WITHIN_S) == INIT.data
        (first,) = centre.source.viewers
        for number in range(ATTACKS):
            peer = attacker.attack()
            centre.source.tell(number)
            assert beside.recv(WITHIN_S) == PICTURE + b" %d" % number
            peer.line.close()
            assert peer.status < 500, peer
            if not attacker.may_watch:
                assert not any(opcode == BINARY for opcode, _ in peer.frames), peer
        for viewer in centre.source.viewers[1:]:
            assert viewer.gone.wait(WITHIN_S)
        assert not first.gone.is_set()
        assert (len(centre.source.viewers) > 1) == attacker.may_watch
    watched = [entry for entry in centre.world.register() if entry[0] != "supervisor"]
    assert bool(watched) == (attacker.may_watch and role is not Role.SUPERVISOR)
    assert [one for one in told if one["log_level"] in {"error", "critical"}] == []
    assert [
        record.getMessage() for record in caplog.records if record.exc_info or record.levelno >= logging.ERROR
    ] == []


@pytest.mark.parametrize("role", [None, *(role for role in Role if Permission.WATCH_LIVE not in PERMISSIONS[role])])
def test_who_may_not_is_told_so_in_the_close(centre: Centre, role: Role | None) -> None:
    """Which shows, too, that the peer above is one that the server understands."""
    attacker = Attacker(centre, role, random.Random(1))
    peer = Peer(socket.create_connection(("127.0.0.1", centre.port), timeout=WITHIN_S))
    peer.shake(PATH, attacker.headers({}))
    peer.hear(until_close=True)
    peer.reset()
    assert peer.frames == [(CLOSE, struct.pack(">H", 4401 if role is None else 4403))]


@pytest.mark.parametrize(
    ("sent", "code"), [("reserved bits", 1002), ("not masked", 1002), ("no UTF-8", 1007), ("too large", 1009)]
)
def test_who_watches_is_told_what_was_wrong(centre: Centre, sent: str, code: int) -> None:
    attacker = Attacker(centre, Role.OPERATOR, random.Random(1))
    peer = Peer(socket.create_connection(("127.0.0.1", centre.port), timeout=WITHIN_S))
    peer.shake(PATH, attacker.headers({}))
    assert peer.line.recv(12) == b"HTTP/1.1 101"
    peer.line.sendall(FRAMES[sent](attacker.dice))
    heard = b"HTTP/1.1 101"
    while chunk := peer.line.recv(65536):
        heard += chunk
    peer.line.close()
    opcode, payload = list(_frames(heard.partition(b"\r\n\r\n")[2]))[-1]
    assert (opcode, int.from_bytes(payload[:2], "big")) == (CLOSE, code)
