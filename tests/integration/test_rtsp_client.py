"""Our own RTSP client against odd cameras, each a script on a real socket. An ordinary one is in test_gst_rtsp.py."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import islice
from struct import pack
from types import TracebackType

import pytest
from structlog.testing import capture_logs

from tests.media import FRAME_90K, RATE, Footage, footage, pictures_of, without_sound
from vigil.errors import SourceError
from vigil.forward.rtsp.message import frame
from vigil.forward.rtsp.rtcp import goodbye, sender_report
from vigil.forward.rtsp.rtp import Packetiser
from vigil.forward.rtsp.sdp import describe
from vigil.ingest.connect import Connector
from vigil.ingest.ffmpeg import Connection
from vigil.ingest.g711 import Law, expanded
from vigil.ingest.rtsp.connection import RtspConnection
from vigil.ingest.rtsp.message import NotUnderstood
from vigil.ingest.source import RawPacket, RawSound, StreamAddress
from vigil.model.media import Codec, SoundCodec, SoundParameters

LINE = footage(Codec.H264)
SOON_S = 10.0
TIMEOUT_S = 1.0
SHORT_S = 0.3
"""A deadline that a test waits out."""
REPORT = frame(1, sender_report(1, at=LINE.packets[0].at, timestamp=0, packets=1, octets=1, cname="camera"))


@dataclass(frozen=True, slots=True)
class Asked:
    method: str
    uri: str
    text: str


class OddCamera:
    """Answers each method from `answers` (status line and headers), sends `stream` behind the answer to PLAY, and then does
    what `then` says: close, hold the line in silence, or send reports and never a picture."""

    def __init__(self, stream: Iterable[bytes], *, then: str = "hold", body: str = "", **answers: str) -> None:
        self.asked: list[Asked] = []
        self._stream = b"".join(stream)
        self._then = then
        self._body = body or describe(LINE.parameters, host="127.0.0.1", session=1)
        self._answers = {
            "OPTIONS": "200 OK\r\nPublic: OPTIONS, DESCRIBE, GET_PARAMETER",
            "SETUP": "200 OK\r\nSession: 7\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1",
            "TEARDOWN": "",
        } | answers
        self._changed = threading.Condition()
        self._over = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def address(self) -> StreamAddress:
        return StreamAddress("hall-counter", f"rtsp://127.0.0.1:{self._listening.getsockname()[1]}/ch1")

    def __enter__(self) -> OddCamera:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._over.set()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(SOON_S)

    def wait_for(self, method: str) -> Asked:
        with self._changed:
            assert self._changed.wait_for(lambda: self._of(method), SOON_S), f"{method} did not come"
            return self._of(method)[0]

    def _of(self, method: str) -> list[Asked]:
        return [asked for asked in self.asked if asked.method == method]

    def _serve(self) -> None:
        with suppress(OSError):
            while not self._over.is_set():
                connected, _ = self._listening.accept()
                with connected, suppress(OSError):
                    self._talk(connected)

    def _talk(self, connected: socket.socket) -> None:
        connected.settimeout(0.02)
        pending, playing = b"", False
        while not self._over.is_set():
            try:
                data = connected.recv(4096)
            except TimeoutError:
                if playing and self._then == "report":
                    connected.sendall(REPORT)
                continue
            if not data:
                return
            pending += data
            while b"\r\n\r\n" in pending:
                head, _, pending = pending.partition(b"\r\n\r\n")
                method = self._answer(connected, head.decode())
                playing = playing or method == "PLAY"
                if method == "PLAY" and self._then == "close":
                    return

    def _answer(self, connected: socket.socket, head: str) -> str:
        method, uri, _ = head.split(" ", 2)
        answer = self._answers.get(method, "200 OK")
        if uri.endswith("sound"):
            answer = self._answers.get("SOUND", answer)
        cseq = next(line for line in head.split("\r\n") if line.startswith("CSeq"))
        body = self._body if method == "DESCRIBE" and answer == "200 OK" else ""
        told = f"RTSP/1.0 {answer}\r\n{cseq}\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        if answer == "hang up":
            connected.shutdown(socket.SHUT_RDWR)
        elif answer and answer not in ("early", "silence"):
            connected.sendall(told.encode())
        if method == "PLAY":
            connected.sendall(self._stream)
        if answer == "early":
            connected.sendall(told.replace("early", "200 OK", 1).encode())
        with self._changed:
            self.asked.append(Asked(method, uri, head))
            self._changed.notify_all()
        return method


CHANNELS = "200 OK\r\nSession: 7"
"""An answer that leaves the channels as they were asked for."""


def hear(camera: OddCamera) -> tuple[list[RawPacket], list[RawSound]]:
    came: list[RawPacket | RawSound] = []
    with (
        RtspConnection(
            replace(camera.address, sound=True), number=1, open_timeout_s=TIMEOUT_S, read_timeout_s=SHORT_S
        ) as connection,
        pytest.raises(SourceError),
    ):
        assert connection.parameters.sound == SoundParameters(SoundCodec.LPCM, 8000, 1)
        came.extend(connection.packets())
    return (
        [one for one in came if isinstance(one, RawPacket)],
        [one for one in came if isinstance(one, RawSound)],
    )


def rtp(line: Footage = LINE, channel: int = 0) -> list[bytes]:
    to_rtp = Packetiser(line.parameters.codec, ssrc=1, sequence=7, timestamp=0)
    return [frame(channel, packet) for one in line.packets for packet in to_rtp.packetise(one)]


@contextmanager
def connected(camera: OddCamera, read_timeout_s: float = SHORT_S) -> Iterator[RtspConnection]:
    with RtspConnection(
        camera.address, number=3, open_timeout_s=TIMEOUT_S, read_timeout_s=read_timeout_s
    ) as connection:
        yield connection


def read_all(connection: RtspConnection) -> tuple[list[RawPacket], str]:
    pictures: list[RawPacket] = []
    with pytest.raises(SourceError) as caught:
        pictures.extend(without_sound(connection.packets()))
    return pictures, caught.value.reason


def same(pictures: Sequence[RawPacket], line: Footage = LINE) -> bool:
    return pictures_of(line.parameters.codec, pictures) == pictures_of(line.parameters.codec, line.packets)


@pytest.mark.parametrize("codec", list(Codec))
def test_all_that_a_camera_sends_is_read(codec: Codec) -> None:
    line = footage(codec)
    body = describe(line.parameters, host="::1", session=1)
    with OddCamera(rtp(line), then="close", body=body) as camera, connected(camera) as connection:
        assert connection.parameters == replace(line.parameters, connection=3)
        pictures, reason = read_all(connection)
    assert same(pictures, line)
    assert [picture.dts_90k for picture in pictures] == [packet.dts_90k for packet in line.packets]
    assert reason == "the stream ended"
    assert [asked.method for asked in camera.asked] == ["OPTIONS", "DESCRIBE", "SETUP", "PLAY"]


def test_it_says_when_it_goes() -> None:
    with OddCamera(rtp()) as camera:
        with connected(camera):
            pass
        assert "Session: 7" in camera.wait_for("TEARDOWN").text


def test_pictures_may_come_before_the_answer_that_they_will() -> None:
    with OddCamera(rtp(), then="close", PLAY="early") as camera, connected(camera) as connection:
        assert same(read_all(connection)[0])


def test_the_camera_chooses_the_channels() -> None:
    setup = "200 OK\r\nSession: 7\r\nTransport: RTP/AVP/TCP;interleaved=4-5;ssrc=1"
    with OddCamera(rtp(channel=4), then="close", SETUP=setup) as camera, connected(camera) as connection:
        assert same(read_all(connection)[0])


def test_sizes_come_from_the_pictures_where_the_description_has_none() -> None:
    bare = "v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:track1\r\n"
    with OddCamera(rtp(), body=bare) as camera, connected(camera) as connection:
        assert connection.parameters == replace(LINE.parameters, connection=3)


def test_a_camera_that_says_goodbye_is_not_waited_for() -> None:
    stream = [*rtp(), frame(1, goodbye(1, cname="camera"))]
    with OddCamera(stream) as camera, connected(camera, read_timeout_s=SOON_S) as connection:
        pictures, reason = read_all(connection)
    assert same(pictures)
    assert reason == "the stream ended"


@pytest.mark.parametrize("then", ["hold", "report"])
def test_a_camera_without_pictures_is_given_up_whatever_else_it_sends(then: str) -> None:
    """Reports keep the line busy, and nobody is seen on them."""
    with OddCamera(rtp(), then=then) as camera, connected(camera) as connection:
        pictures, reason = read_all(connection)
    assert same(pictures), "also the last one, whose end was marked"
    assert reason == "the stream broke: nothing came within the time-out"


def test_a_session_is_kept_alive_as_the_camera_wants_it() -> None:
    setup = "200 OK\r\nSession: 7;timeout=1\r\nTransport: RTP/AVP/TCP;interleaved=0-1"
    with OddCamera(rtp(), then="report", SETUP=setup) as camera, connected(camera, SOON_S) as connection:
        reading = threading.Thread(target=lambda: suppressed(connection), daemon=True)
        reading.start()
        asked = camera.wait_for("GET_PARAMETER")
    assert "Session: 7" in asked.text
    assert asked.uri.endswith("/ch1"), "the whole session's, not the track's"


def suppressed(connection: RtspConnection) -> None:
    with suppress(SourceError, OSError, ValueError):  # the test closes it under its hands
        for _ in connection.packets():
            pass


@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden", "404 Not Found", "503 Service Unavailable"])
def test_a_refusal_is_told(status: str) -> None:
    with OddCamera([], DESCRIBE=status) as camera, pytest.raises(SourceError, match=f"no connection: {status}"):
        RtspConnection(camera.address, number=1, open_timeout_s=TIMEOUT_S)


@pytest.mark.parametrize("method", ["OPTIONS", "SETUP", "PLAY"])
def test_a_camera_that_does_not_answer_is_waited_for_until_the_deadline(method: str) -> None:
    with OddCamera([], **{method: ""}) as camera, pytest.raises(SourceError, match="no connection: nothing came"):
        RtspConnection(camera.address, number=1, open_timeout_s=SHORT_S)


def test_a_camera_that_hangs_up_at_once() -> None:
    with OddCamera([], then="close") as camera, pytest.raises(SourceError, match="no connection: the stream ended"):
        RtspConnection(camera.address, number=1, open_timeout_s=TIMEOUT_S)


def test_nobody_listens() -> None:
    with OddCamera([]) as camera:
        address = camera.address
    with pytest.raises(SourceError, match="no connection: Connection refused"):
        RtspConnection(address, number=1, open_timeout_s=TIMEOUT_S)


SOUND = "m=audio 0 RTP/AVP 8\r\na=control:sound\r\n"


def with_sound() -> str:
    return describe(LINE.parameters, host="127.0.0.1", session=1) + SOUND


def interleaved() -> list[bytes]:
    """A piece of sound of 40 ms behind each picture."""
    to_rtp = Packetiser(LINE.parameters.codec, ssrc=1, sequence=7, timestamp=0)
    sent = []
    for index, one in enumerate(LINE.packets):
        sent += [frame(0, packet) for packet in to_rtp.packetise(one)]
        sent.append(frame(2, pack(">BBHII", 0x80, 8, index, 5000 + 320 * index, 9) + bytes([index]) * 320))
    return sent


class TestSound:
    def test_is_not_asked_for_by_itself(self) -> None:
        with OddCamera(interleaved(), then="close", body=with_sound()) as camera, connected(camera) as connection:
            pictures, _ = read_all(connection)
            assert same(pictures)
            assert connection.parameters.sound is None
            assert [asked.method for asked in camera.asked].count("SETUP") == 1

    def test_it_comes_beside_its_pictures(self) -> None:
        with OddCamera(interleaved(), then="close", body=with_sound(), SETUP=CHANNELS) as camera:
            pictures, sounds = hear(camera)
            assert same(pictures)
            (setup,) = [asked for asked in camera.asked if asked.uri.endswith("sound")]
            assert "interleaved=2-3" in setup.text
            assert "Session: 7" in setup.text
        assert [sound.data for sound in sounds] == [
            expanded(Law.A, bytes([index]) * 320) for index in range(len(pictures))
        ]
        off = [sound.time_90k - (picture.pts_90k or 0) for sound, picture in zip(sounds, pictures, strict=True)]
        assert max(map(abs, off)) <= FRAME_90K  # each ends with its picture

    @pytest.mark.parametrize(
        ("body", "setup", "why"),
        [
            ("", CHANNELS, "describes no sound"),
            (SOUND.replace("AVP 8", "AVP 14"), CHANNELS, "payload type 14"),
            (SOUND, "461 Unsupported Transport", "refuses it: SETUP: 461"),
            (SOUND, "403 Forbidden", "refuses it: 403"),
        ],
    )
    def test_a_camera_that_gives_none_is_read_without_and_that_is_told_once(
        self, body: str, setup: str, why: str
    ) -> None:
        connect = Connector(open_timeout_s=SOON_S, read_timeout_s=SHORT_S)
        described = describe(LINE.parameters, host="127.0.0.1", session=1) + body
        with OddCamera(rtp(), body=described, SOUND=setup) as camera, capture_logs() as logs:
            for number in (1, 2):
                with connect(replace(camera.address, sound=True), number=number) as connection:
                    assert isinstance(connection, RtspConnection)
                    assert connection.parameters.sound is None
                    assert same(read_all(connection)[0])
        (told,) = logs
        assert told["event"] == "camera_without_sound"
        assert why in told["reason"]

    @pytest.mark.parametrize("then", ["hang up", "silence"])
    def test_a_camera_that_breaks_when_it_is_asked_for_sound_is_read_without(self, then: str) -> None:
        connect = Connector(open_timeout_s=SHORT_S, read_timeout_s=SHORT_S)
        with OddCamera(rtp(), body=with_sound(), SOUND=then) as camera, capture_logs() as logs:
            for number in (1, 2):
                with connect(replace(camera.address, sound=True), number=number) as connection:
                    assert isinstance(connection, RtspConnection)
                    assert same(read_all(connection)[0])
            assert sum(asked.uri.endswith("sound") for asked in camera.asked) == 1
        assert [told["event"] for told in logs] == ["camera_without_sound"]

    def test_a_camera_that_sends_none_though_it_said_so(self) -> None:
        with OddCamera(rtp(), body=with_sound(), SOUND=CHANNELS) as camera:
            pictures, sounds = hear(camera)
            assert same(pictures)
            assert sounds == []

    def test_sound_alone_is_no_stream(self) -> None:
        """A camera whose pictures stop is lost, however much it goes on talking."""
        packets = interleaved()
        last = max(index for index, one in enumerate(packets) if one[1] == 0)
        only = [
            frame(2, pack(">BBHII", 0x80, 8, 200 + index, 70_000 + 320 * index, 9) + bytes(320))
            for index in range(2000)
        ]
        with OddCamera([*packets[: last + 1], *only], body=with_sound(), SOUND=CHANNELS) as camera:
            pictures, _ = hear(camera)
        assert same(pictures)


class TestNotUnderstood:
    @pytest.mark.parametrize(
        "answers",
        [
            {"DESCRIBE": "302 Found\r\nLocation: rtsp://192.0.2.9/"},
            {"SETUP": "461 Unsupported Transport"},
            {"SETUP": "200 OK\r\nTransport: RTP/AVP/TCP;interleaved=0-1"},
            {"PLAY": "455 Method Not Valid In This State"},
            {"body": "v=0\r\nm=video 0 RTP/AVP 26\r\n"},
        ],
    )
    def test_is_for_ffmpeg_to_try(self, answers: dict[str, str]) -> None:
        with OddCamera(rtp(), **answers) as camera, pytest.raises(NotUnderstood):
            RtspConnection(camera.address, number=1, open_timeout_s=TIMEOUT_S)

    def test_a_stream_without_key_pictures(self) -> None:
        line = Footage(LINE.parameters, LINE.packets[1:RATE])
        with OddCamera(rtp(line)) as camera, pytest.raises(NotUnderstood, match="no key picture among 23"):
            RtspConnection(camera.address, number=1, open_timeout_s=SHORT_S)

    def test_b_frames_are_read_by_ffmpeg_at_once(self) -> None:
        line = footage(Codec.H264, b_frames=2)
        connect = Connector(open_timeout_s=SOON_S, read_timeout_s=SHORT_S)
        body = describe(line.parameters, host="::1", session=1)
        with OddCamera(rtp(line), body=body) as camera, connect(camera.address, number=1) as connection:
            assert isinstance(connection, Connection)
            times = [(one.dts_90k, one.pts_90k) for one in islice(without_sound(connection.packets()), RATE)]
        assert any(dts != pts for dts, pts in times)

    def test_b_frames_that_the_stream_did_not_announce_are_read_by_ffmpeg_from_then_on(self) -> None:
        shown = [
            replace(one, pts_90k=one.pts_90k + (2 * FRAME_90K if n > 100 and n % 3 == 1 else 0))
            for n, one in enumerate(LINE.packets)
        ]
        connect = Connector(open_timeout_s=SOON_S, read_timeout_s=SHORT_S)
        with OddCamera(rtp(replace(LINE, packets=tuple(shown)))) as camera:
            with connect(camera.address, number=1) as ours:
                assert isinstance(ours, RtspConnection)
                assert "FFmpeg will read this camera" in read_all(ours)[1]
            with connect(camera.address, number=2) as second:
                assert isinstance(second, Connection)

    def test_noise_between_the_frames(self) -> None:
        packets = rtp()
        with (
            OddCamera([*packets[:100], b"\x00\x01\x02\x03", *packets[100:]]) as camera,
            connected(camera) as connection,
        ):
            _, reason = read_all(connection)
            assert "where a message or a frame was to begin" in reason
            assert not connection.understood
