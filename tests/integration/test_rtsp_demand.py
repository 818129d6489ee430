"""Streams that are opened when a player asks for them, over plain connections and over TLS, and what a hostile one gets."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from tests.media import AT, FRAME_90K, footage
from tests.rtsp_player import Player, Reply, client
from tests.tls import make_certificate
from vigil.clock import SystemClock
from vigil.forward.rtsp import Limits, Mount, RtspServer, TlsSettings
from vigil.forward.rtsp.playback import Playback
from vigil.forward.rtsp.source import Ask, Recorded, Refusal, Source
from vigil.model.media import CLOCK_RATE, Codec, Packet

SECONDS = 4
SHOWN = footage(Codec.H264, seconds=SECONDS)
USERS = {"platform": "platform-password"}
CAMERA = "/archive/counter?from=a&to=b"


class FakeWalk:
    def __init__(self, packets: Sequence[Packet]) -> None:
        self._parts = [packets[n : n + 25] for n in range(0, len(packets), 25)]

    async def next(self) -> Sequence[Packet] | None:
        return self._parts.pop(0) if self._parts else None

    def close(self) -> None:
        pass


def walk_from(after_s: float) -> FakeWalk:
    key = max(index for index, one in enumerate(SHOWN.packets) if one.key and one.dts_90k <= after_s * CLOCK_RATE)
    return FakeWalk(SHOWN.packets[key:])


@dataclass
class FakeOpened:
    source: Source
    provider: FakeProvider

    async def admit(self) -> None:
        if self.provider.refuse:
            raise Refusal(503, "the register cannot be written")
        self.provider.admitted += 1

    async def close(self) -> None:
        self.provider.closed += 1


@dataclass
class FakeProvider:
    asked: list[Ask] = field(default_factory=list)
    admitted: int = 0
    closed: int = 0
    refuse: bool = False
    hangs: bool = False

    async def open(self, ask: Ask) -> FakeOpened:
        self.asked.append(ask)
        if self.hangs:
            await asyncio.sleep(60)
        if ask.path.startswith("/archive/"):
            recorded = Recorded(AT, AT + timedelta(seconds=SECONDS))
            return FakeOpened(Playback(ask.path, SHOWN.parameters, recorded, walk_from, SystemClock()), self)
        if ask.path.startswith("/live/"):
            loop = asyncio.get_running_loop()
            mount = Mount(ask.path, SHOWN.parameters, loop=loop, clock=SystemClock(), limits=Limits())
            return FakeOpened(mount, self)
        raise Refusal(404, "no such stream")


@contextlib.asynccontextmanager
async def serving(
    *, limits: Limits | None = None, users: dict[str, str] | None = None, tls: TlsSettings | None = None
) -> AsyncIterator[tuple[RtspServer, FakeProvider]]:
    provider = FakeProvider()
    async with RtspServer(port=0, users=users, limits=limits, provider=provider, tls=tls) as server:
        yield server, provider


async def all_gone(server: RtspServer) -> None:
    async with asyncio.timeout(10):
        while server.stats().connections:
            await asyncio.sleep(0.01)


class TestOpening:
    async def test_from_describe_to_the_end_one_stream(self) -> None:
        async with serving(users=USERS) as (server, provider):
            async with client(server, CAMERA) as player:
                described = await describe(player)
                assert described.status == 200
                body = described.body.decode()
                assert f"a=control:{player.base}/archive/counter/trackID=0?from=a&to=b" in body
                assert "a=range:npt=0-4.000" in body
                track = "/archive/counter/trackID=0?from=a&to=b"
                setup = await player.ask(
                    "SETUP", "platform", USERS["platform"], track, Transport="RTP/AVP/TCP;interleaved=0-1"
                )
                player.session = setup.headers["session"].partition(";")[0]
                assert provider.admitted == 0, "nothing was shown yet"
                reply = await player.request("PLAY", Range="npt=0.000-")
                assert reply.status == 200
                assert reply.headers["range"] == "npt=0.000-4.000"
                assert provider.admitted == 1
                assert (await player.request("PLAY")).status == 200
            await all_gone(server)
        assert [ask.user for ask in provider.asked] == ["platform"]
        assert (provider.asked[0].path, provider.asked[0].query) == ("/archive/counter", "from=a&to=b")
        assert (provider.admitted, provider.closed) == (1, 1)

    async def test_a_player_may_leave_at_every_stage(self) -> None:
        async with serving() as (server, provider):
            for stage in range(5):
                async with client(server, CAMERA) as player:
                    if stage:
                        await player.request("DESCRIBE")
                    if stage > 1:
                        await player.play()
                    if stage == 3:
                        await player.request("PAUSE")
                    if stage == 4:
                        await player.request("TEARDOWN")
            await all_gone(server)
        assert len(provider.asked) == provider.closed == 4
        assert provider.admitted == 3

    async def test_without_the_register_no_picture(self) -> None:
        async with serving() as (server, provider), client(server, CAMERA) as player:
            provider.refuse = True
            assert (await player.play()).status == 503
            provider.refuse = False
            assert (await player.request("PLAY")).status == 200

    async def test_a_provider_that_hangs_is_given_up(self) -> None:
        async with serving(limits=Limits(open_s=0.1)) as (server, provider), client(server, CAMERA) as player:
            provider.hangs = True
            assert (await player.request("DESCRIBE")).status == 503
            provider.hangs = False
            assert (await player.request("DESCRIBE")).status == 200

    async def test_one_stream_a_connection(self) -> None:
        async with serving() as (server, provider), client(server, CAMERA) as player:
            await player.request("DESCRIBE")
            assert (await player.request("DESCRIBE", "/live/counter")).status == 200
            assert provider.closed == 1, "what nobody plays makes room"
            player.path = "/live/counter"
            await player.play()
            assert (await player.request("DESCRIBE", CAMERA)).status == 455
            assert (await player.request("DESCRIBE", "/elsewhere")).status == 455

    async def test_a_path_that_nobody_knows(self) -> None:
        async with serving() as (server, _), client(server, "/etc/passwd") as player:
            for path in ("/etc/passwd", "/../../etc/passwd", "/%2e%2e/secret", "/", ""):
                assert (await player.request("DESCRIBE", path)).status == 404


async def describe(player: Player) -> Reply:
    return await player.ask("DESCRIBE", "platform", USERS["platform"])


class TestRecorded:
    async def test_ends_by_itself_with_a_goodbye(self) -> None:
        async with serving() as (server, _), client(server, CAMERA) as player:
            await player.play()
            await player.request("PLAY", Range="npt=3.2-")
            last = b""
            with contextlib.suppress(asyncio.IncompleteReadError):
                async with asyncio.timeout(10):
                    while True:
                        channel, packet = await player.read_frame()
                        last = packet if channel == 1 else last
            assert last[-8 + 1] == 203, "RTCP BYE"

    async def test_seeks_and_pauses(self) -> None:
        async with serving() as (server, _), client(server, CAMERA) as player:
            await player.play()
            first = await player.read_pictures(5)
            assert (await player.request("PAUSE")).status == 200
            reply = await player.request("PLAY", Range="npt=2.500-3.0")
            assert reply.headers["range"] == "npt=2.000-3.000", "the key picture before it"
            assert f"clock={AT:%Y%m%dT%H%M}01.000Z" in (await clocked(player, 1)).headers["range"]
            pictures = await player.read_pictures(3)
            assert [b.timestamp - a.timestamp for a, b in pairwise(pictures)][1:] == [FRAME_90K]
            assert pictures[0].timestamp > first[-1].timestamp

    async def test_a_range_that_is_none(self) -> None:
        async with serving() as (server, _), client(server, CAMERA) as player:
            await player.play()
            for header in ("npt=4.000-", "npt=x-", "smpte=0:00:01-", "clock=20300101T000000Z-"):
                assert (await player.request("PLAY", Range=header)).status == 457

    async def test_live_is_neither_paused_nor_sought_in(self) -> None:
        async with serving() as (server, _), client(server, "/live/counter") as player:
            await player.play()
            refused = await player.request("PAUSE")
            assert refused.status == 405
            assert "PAUSE" not in refused.headers["allow"]
            assert (await player.request("PLAY", Range="npt=5-")).headers.get("range") is None


async def clocked(player: Player, second: int) -> Reply:
    at = (AT + timedelta(seconds=second)).astimezone(UTC)
    return await player.request("PLAY", Range=f"clock={at:%Y%m%dT%H%M%S}Z-")


class TestLimits:
    async def test_strangers_do_not_take_all_connections(self) -> None:
        limits = Limits(strangers=2)
        async with serving(limits=limits, users=USERS) as (server, _), client(server, CAMERA) as known:
            await describe(known)
            async with client(server) as first, client(server) as second, client(server) as third:
                assert (await first.request("OPTIONS")).status == 200
                assert (await second.request("OPTIONS")).status == 200
                assert await third.is_hung_up()
                assert (await known.request("OPTIONS")).status == 200

    async def test_a_user_has_so_many_connections(self) -> None:
        limits = Limits(user_connections=1)
        async with serving(limits=limits, users=USERS) as (server, _), client(server, CAMERA) as first:
            assert (await describe(first)).status == 200
            async with client(server, CAMERA) as second:
                assert (await describe(second)).status == 453
            first.writer.transport.abort()
            await all_gone(server)
            async with client(server, CAMERA) as third:
                assert (await describe(third)).status == 200

    async def test_guesses_on_many_connections_are_shut_out(self) -> None:
        async with serving(users=USERS) as (server, _):
            statuses = []
            for _ in range(6):
                async with client(server, CAMERA) as guesser:
                    statuses.append((await guesser.ask("DESCRIBE", "platform", "guess")).status)
            assert statuses == [401] * 5 + [403]

    async def test_an_old_nonce_is_stale_and_not_a_failure(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async with serving(users=USERS) as (server, _), client(server, CAMERA) as player:
            await player.request("DESCRIBE")
            login = player.login("platform", USERS["platform"])
            monkeypatch.setattr("vigil.forward.rtsp.digest.NONCE_LIFETIME_S", -1.0)
            stale = await player.request("DESCRIBE", Authorization=login)
            assert stale.status == 401
            assert "stale=true" in stale.headers["www-authenticate"]
            assert server.stats().failed_logins == 0

    async def test_silence_ends_a_session_and_a_keep_alive_prolongs_it(self) -> None:
        limits = Limits(session_s=1)
        async with serving(limits=limits) as (server, provider), client(server, "/live/counter") as player:
            await player.play()
            for _ in range(5):
                await asyncio.sleep(0.5)
                assert (await player.request("GET_PARAMETER")).status == 200
            assert await player.is_hung_up()
            assert server.stats().timeouts == 1
            await all_gone(server)
            assert provider.closed == 1


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_certificate(tmp_path_factory.mktemp("tls"))


class TestTls:
    @pytest.fixture
    def settings(self, certificate: tuple[Path, Path]) -> TlsSettings:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        return TlsSettings("127.0.0.1", 0, context)

    @pytest.fixture
    def trust(self, certificate: tuple[Path, Path]) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(certificate[0]))

    async def test_serves_the_same(self, settings: TlsSettings, trust: ssl.SSLContext) -> None:
        async with serving(tls=settings) as (server, _), client(server, CAMERA, tls=trust) as player:
            assert (await player.request("DESCRIBE")).status == 200
            assert (await player.play()).status == 200
            assert len(await player.read_pictures(5)) == 5

    async def test_offers_no_udp(self, settings: TlsSettings, trust: ssl.SSLContext) -> None:
        async with serving(tls=settings) as (server, _), client(server, CAMERA, tls=trust) as player:
            refused = await player.request("SETUP", Transport="RTP/AVP;unicast;client_port=40000-40001")
            assert refused.status == 461

    async def test_who_does_not_shake_hands_is_hung_up_on(self, settings: TlsSettings, trust: ssl.SSLContext) -> None:
        limits = Limits(tls_handshake_s=0.2, strangers=3)
        async with serving(tls=settings, limits=limits) as (server, _):
            silent = [await asyncio.open_connection("127.0.0.1", server.tls_port) for _ in range(6)]
            async with asyncio.timeout(5):
                assert [await reader.read() for reader, _ in silent] == [b""] * 6
            for _, writer in silent:
                writer.transport.abort()
            async with client(server, CAMERA, tls=trust) as player:
                assert (await player.request("OPTIONS")).status == 200

    async def test_plain_text_gets_nothing(self, settings: TlsSettings) -> None:
        async with serving(tls=settings) as (server, _):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.tls_port)
            writer.write(b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n")
            async with asyncio.timeout(5):
                assert b"RTSP/1.0" not in await reader.read()
            writer.transport.abort()
            assert server.stats().connections == 0

    async def test_stops_while_somebody_shakes_hands(self, settings: TlsSettings) -> None:
        async with serving(tls=settings) as (server, _):
            _, writer = await asyncio.open_connection("127.0.0.1", server.tls_port)
            await asyncio.sleep(0.05)
        writer.transport.abort()
