"""vigil's RTSP server with real sockets and other people's players: FFmpeg (PyAV, ffprobe) and GStreamer."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import subprocess
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import av
import pytest

from tests.rtsp_player import client
from vigil.clock import SystemClock
from vigil.forward.rtsp import Limits, Mount, RtspServer
from vigil.ingest.file_source import Clip, loop_clip, open_clip
from vigil.model import nal
from vigil.model.media import Codec

SECONDS = 4
FRAME_90K = 3600
ENCODERS = {Codec.H264: "libx264", Codec.H265: "libx265"}


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[Codec, Clip]:
    folder = tmp_path_factory.mktemp("clips")
    return {codec: open_clip(make_clip(folder / f"{codec}.mp4", codec)) for codec in Codec}


def make_clip(path: Path, codec: Codec) -> Path:
    """720p with a key frame each second, of some 100 kB, and no B-frames, as cameras send."""
    rate = {Codec.H264: ["-x264-params", "bframes=0"], Codec.H265: ["-x265-params", "bframes=0:log-level=none"]}
    command = [
        *("ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"testsrc2=size=1280x720:rate=25:duration={SECONDS}"),
        *("-c:v", ENCODERS[codec], "-preset", "ultrafast", "-crf", "10", "-g", "25", "-pix_fmt", "yuv420p"),
        *(*rate[codec], str(path)),
    ]
    subprocess.run(command, check=True)
    return path


async def feed(mount: Mount, clip: Clip, *, speed: float = 1.0) -> None:
    """Publish the clip for ever, `speed` times as fast as it was made."""
    clock = SystemClock()
    start_mono = clock.mono()
    for packet in loop_clip(clip, clock.now()):
        await asyncio.sleep(start_mono + packet.dts_90k / 90_000 / speed - clock.mono())
        mount.publish(packet)


@contextlib.asynccontextmanager
async def camera(
    clip: Clip, *, speed: float = 1.0, users: dict[str, str] | None = None, limits: Limits | None = None
) -> AsyncIterator[tuple[RtspServer, Mount]]:
    """A server with one camera at /hall/camera that never stops."""
    async with RtspServer(port=0, users=users, limits=limits) as server:
        mount = server.mount("/hall/camera", clip.parameters)
        feeding = asyncio.create_task(feed(mount, clip, speed=speed))
        yield server, mount
        feeding.cancel()
        await asyncio.wait([feeding])


def url(server: RtspServer, credentials: str = "") -> str:
    return f"rtsp://{credentials}127.0.0.1:{server.port}/hall/camera"


def read_units(address: str, codec: Codec, *, transport: str, packets: int) -> list[bytes]:
    """The NAL units that PyAV gets, without those that belong to no picture."""
    units: list[bytes] = []
    with av.open(address, options={"rtsp_transport": transport}, timeout=(10, 10)) as container:
        for count, packet in enumerate(container.demux(video=0), start=1):
            units += nal.split(bytes(packet))
            if count == packets:
                break
    return [unit for unit in units if nal.is_slice(codec, unit)]


def is_run_of(units: list[bytes], clip: Clip) -> bool:
    """True when `units` are the clip's slices one after the other, from some key frame on."""
    slices = [
        unit
        for picture in clip.pictures()
        for unit in nal.split(picture.data)
        if nal.is_slice(clip.parameters.codec, unit)
    ]
    begin = slices.index(units[0])
    return [slices[(begin + index) % len(slices)] for index in range(len(units))] == units


@pytest.mark.parametrize("codec", list(Codec))
@pytest.mark.parametrize("transport", ["tcp", "udp"])
async def test_a_player_gets_every_byte(clips: dict[Codec, Clip], codec: Codec, transport: str) -> None:
    async with camera(clips[codec]) as (server, _):
        units = await asyncio.to_thread(read_units, url(server), codec, transport=transport, packets=80)
        stats = server.stats()
    assert nal.is_key(codec, units[0])
    assert is_run_of(units, clips[codec])
    assert stats.dropped_gops == 0


@pytest.mark.parametrize("codec", list(Codec))
async def test_ffprobe_sees_what_was_promised(clips: dict[Codec, Clip], codec: Codec) -> None:
    async with camera(clips[codec]) as (server, _):
        command = [
            *("ffprobe", "-v", "error", "-rtsp_transport", "tcp", "-of", "csv=p=0"),
            *("-show_entries", "stream=codec_name,width,height,avg_frame_rate", url(server)),
        ]
        output = await asyncio.to_thread(subprocess.check_output, command, timeout=30)
    assert output.decode().strip() == f"{codec},1280,720,25/1"


@pytest.mark.parametrize("codec", list(Codec))
@pytest.mark.parametrize("transport", ["tcp", "udp"])
async def test_gstreamer_plays(clips: dict[Codec, Clip], codec: Codec, transport: str) -> None:
    assert shutil.which("gst-launch-1.0"), "no GStreamer: make test installs it (scripts/system_packages.sh)"
    kind = "h264" if codec is Codec.H264 else "h265"
    async with camera(clips[codec], users={"viewer": "secret"}) as (server, _):
        command = [
            *("gst-launch-1.0", "-v", "rtspsrc", f"location={url(server)}", f"protocols={transport}", "latency=0"),
            *("user-id=viewer", "user-pw=secret", "!", f"rtp{kind}depay", "!", f"avdec_{kind}", "!"),
            *("identity", "silent=false", "!", "fakesink", "num-buffers=30"),
        ]
        # Not by its exit status: now and then it is 1 after all has come, when it takes its pipeline down.
        done = await asyncio.to_thread(
            lambda: subprocess.run(command, timeout=30, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        )
    assert len(re.findall(rb"last-message = chain ", done.stdout)) >= 30, done.stdout[-2000:]


class TestAuthentication:
    @pytest.mark.parametrize("credentials", ["", "viewer:wrong@", "nobody:secret@"])
    async def test_without_the_password_there_is_nothing(self, clips: dict[Codec, Clip], credentials: str) -> None:
        async with camera(clips[Codec.H264], users={"viewer": "secret"}) as (server, _):
            with pytest.raises(av.HTTPUnauthorizedError):
                await asyncio.to_thread(read_units, url(server, credentials), Codec.H264, transport="tcp", packets=1)
            assert server.stats().failed_logins == (1 if credentials else 0)

    async def test_with_it_there_is(self, clips: dict[Codec, Clip]) -> None:
        async with camera(clips[Codec.H264], users={"viewer": "secret"}) as (server, _):
            address = url(server, "viewer:secret@")
            assert await asyncio.to_thread(read_units, address, Codec.H264, transport="tcp", packets=5)

    async def test_who_guesses_is_hung_up_on(self, clips: dict[Codec, Clip]) -> None:
        limits = Limits(failed_logins=3)
        users = {"viewer": "secret"}
        async with camera(clips[Codec.H264], users=users, limits=limits) as (server, _), client(server) as player:
            for _ in range(3):
                answered = await player.request("DESCRIBE", Authorization=player.login("viewer", "guess"))
                assert answered.status == 401
            assert await player.is_hung_up()


class TestReaders:
    async def test_a_slow_reader_does_not_hold_up_another(self, clips: dict[Codec, Clip]) -> None:
        clip = clips[Codec.H264]
        limits = Limits(reader_bytes=2_000_000, gop_bytes=2_000_000)
        async with camera(clip, speed=4, limits=limits) as (server, mount), client(server) as slow:
            await slow.play()  # and read nothing from now on
            units = await asyncio.to_thread(read_units, url(server), Codec.H264, transport="tcp", packets=500)
            assert is_run_of(units, clip)
            assert mount.dropped_gops > 0
            assert mount.readers <= 2

    async def test_what_a_slow_reader_gets_can_be_decoded(self, clips: dict[Codec, Clip]) -> None:
        clip = clips[Codec.H264]
        limits = Limits(reader_bytes=500_000, gop_bytes=500_000)
        async with camera(clip, speed=10, limits=limits) as (server, mount), client(server) as slow:
            await slow.play()
            async with asyncio.timeout(30):
                while mount.dropped_gops < 20:
                    await asyncio.sleep(0.05)
            pictures = await slow.read_pictures(100)
        jumps = [after for before, after in pairwise(pictures) if after.timestamp - before.timestamp != FRAME_90K]
        assert jumps
        assert all(jump.first_type == nal.H264_SPS for jump in jumps)

    async def test_a_withdrawn_mount_lets_its_readers_go(self, clips: dict[Codec, Clip]) -> None:
        async with camera(clips[Codec.H264]) as (server, mount), client(server) as player:
            await player.play()
            server.unmount(mount.path)
            assert await player.is_hung_up()
            async with client(server) as late:
                assert (await late.request("DESCRIBE")).status == 404

    @pytest.mark.lesson(10)
    async def test_many_players_come_and_go_and_leave_nothing(self, clips: dict[Codec, Clip]) -> None:
        async with camera(clips[Codec.H264]) as (server, mount):
            await come_and_go(server, 5)
            files, tasks = len(os.listdir("/proc/self/fd")), len(asyncio.all_tasks())
            await come_and_go(server, 100)
            assert len(os.listdir("/proc/self/fd")) <= files
            assert len(asyncio.all_tasks()) <= tasks
            assert (server.stats().connections, server.stats().playing, mount.readers) == (0, 0, 0)


class TestProtocol:
    async def test_teardown_ends_the_stream_but_not_the_connection(self, clips: dict[Codec, Clip]) -> None:
        async with camera(clips[Codec.H264]) as (server, mount), client(server) as player:
            await player.play()
            assert mount.readers == 1
            assert (await player.request("TEARDOWN")).status == 200
            assert mount.readers == 0
            assert (await player.request("PLAY")).status == 454
            player.session = ""
            await player.play()
            assert mount.readers == 1

    async def test_answers_what_it_does_not_do(self, clips: dict[Codec, Clip]) -> None:
        async with camera(clips[Codec.H264]) as (server, _), client(server) as player:
            assert (await player.request("OPTIONS")).status == 200
            assert (await player.request("PLAY")).status == 454
            assert (await player.request("DESCRIBE", Accept="text/plain")).status == 406
            assert (await player.request("SETUP", Transport="RTP/AVP;multicast")).status == 461
            elsewhere = "RTP/AVP;unicast;client_port=40000-40001;destination=192.0.2.1"
            assert (await player.request("SETUP", Transport=elsewhere)).status == 461
            assert (await player.request("SETUP", "/other", Transport="RTP/AVP/TCP")).status == 404
            assert (await player.request("ANNOUNCE")).status == 501
            assert (await player.request("GET_PARAMETER", Session="x")).status == 454
            await player.play()
            assert (await player.request("PAUSE")).status == 405
            assert (await player.request("PLAY")).status == 200
            assert (await player.request("GET_PARAMETER")).status == 200
            assert (await player.request("SETUP", Transport="RTP/AVP/TCP")).status == 455

    async def test_another_connection_cannot_use_a_session(self, clips: dict[Codec, Clip]) -> None:
        async with camera(clips[Codec.H264]) as (server, mount), client(server) as player, client(server) as thief:
            await player.play()
            thief.session = player.session
            assert (await thief.request("TEARDOWN")).status == 454
            assert mount.readers == 1

    @pytest.mark.parametrize("raw", [b"GET / HTTP/1.1\r\n\r\n", b"x" * 10_000])
    async def test_hangs_up_on_nonsense(self, clips: dict[Codec, Clip], raw: bytes) -> None:
        async with camera(clips[Codec.H264]) as (server, _), client(server) as player:
            player.writer.write(raw)
            assert await player.is_hung_up()
            assert server.stats().malformed == 1

    async def test_hangs_up_on_a_flood(self, clips: dict[Codec, Clip]) -> None:
        limits = Limits(requests_per_minute=10)
        async with camera(clips[Codec.H264], limits=limits) as (server, _), client(server) as player:
            statuses = [(await player.request("OPTIONS")).status for _ in range(11)]
            assert statuses == [200] * 10 + [453]
            assert await player.is_hung_up()

    async def test_takes_no_more_connections_than_agreed(self, clips: dict[Codec, Clip]) -> None:
        cameras = camera(clips[Codec.H264], limits=Limits(connections=1))
        async with cameras as (server, _), client(server) as first, client(server) as second:
            assert (await first.request("OPTIONS")).status == 200
            assert await second.is_hung_up()
            assert server.stats().refused_connections == 1

    async def test_silence_ends_a_connection(self, clips: dict[Codec, Clip]) -> None:
        async with camera(clips[Codec.H264], limits=Limits(handshake_s=0.1)) as (server, _), client(server) as silent:
            assert await silent.is_hung_up()
            assert server.stats().timeouts == 1

    async def test_tells_the_time_of_the_first_picture(self, clips: dict[Codec, Clip]) -> None:
        async with camera(clips[Codec.H264]) as (server, _), client(server) as player:
            reply = await player.play()
            sequence = int(re.findall(r"seq=(\d+)", reply.headers["rtp-info"])[0])
            channel, packet = await player.read_frame()
            assert channel == 0
            assert int.from_bytes(packet[2:4], "big") == sequence


async def come_and_go(server: RtspServer, times: int) -> None:
    """Players that hang up at every stage, politely and not."""
    for number in range(times):
        async with client(server) as player:
            if number % 4 == 1:
                await player.request("DESCRIBE")
            elif number % 4 == 2:
                await player.play()
            elif number % 4 == 3:
                await player.play("RTP/AVP;unicast;client_port=40000-40001")
                await player.request("TEARDOWN")
    async with asyncio.timeout(10):
        while server.stats().connections:
            await asyncio.sleep(0.01)
