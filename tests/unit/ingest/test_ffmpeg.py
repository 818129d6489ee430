from __future__ import annotations

import io
import traceback
import wave
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from av.container import InputContainer
from av.video.stream import VideoStream

from tests.media import RATE, Footage, footage, fragmented, pictures_of, slices, without_sound
from tests.sounds import write_with_tone
from vigil.errors import SourceError
from vigil.ingest import ffmpeg
from vigil.ingest.ffmpeg import Connection
from vigil.ingest.opening import Opening
from vigil.ingest.pace import Pace
from vigil.ingest.source import RawPacket, RawSound, StreamAddress
from vigil.model.media import CLOCK_RATE, Codec, Packet, SoundCodec

CAMERA = "hall-counter"


def transport_stream(path: Path, line: Footage) -> Path:
    """Annex B with times, as RTSP brings it, and no socket."""
    with av.open(str(path), "w", format="mpegts") as container:
        stream = container.add_mux_stream(line.parameters.codec.value, width=160, height=96)
        for packet in line.packets:
            mux = av.Packet(packet.data)
            mux.pts, mux.dts, mux.time_base = packet.pts_90k, packet.dts_90k, Fraction(1, CLOCK_RATE)
            mux.is_keyframe, mux.stream = packet.key, stream
            container.mux_one(mux)
    return path


def connection_to(path: Path, *, number: int = 1, **more: Any) -> Connection:
    """As to a camera, but to a file: no address of one opens a file by FFmpeg."""
    address = StreamAddress(CAMERA, "rtsp://camera/1")
    return Connection(address, number=number, **{"opening": Opening(str(path)), **more})


class TestPackets:
    def test_are_every_picture_with_its_times(self, stream: Footage, tmp_path: Path) -> None:
        codec = stream.parameters.codec
        path = transport_stream(tmp_path / "camera.ts", stream)
        with connection_to(path, number=7) as connection:
            assert connection.parameters.codec is codec
            assert (connection.parameters.width, connection.parameters.height) == (160, 96)
            assert connection.parameters.connection == 7
            assert connection.parameters.parameter_sets == stream.parameters.parameter_sets
            packets, reason = read_to_the_end(connection)
        assert [slices(codec, packet.data) for packet in packets] == pictures_of(codec, stream.packets)
        assert [packet.key for packet in packets] == [packet.key for packet in stream.packets]
        assert steps(packets) == steps(stream.packets)
        assert reason == "the stream ended"

    def test_times_are_ticks_of_90_khz_whatever_the_container_counts(self, h264: Footage, tmp_path: Path) -> None:
        path = tmp_path / "camera.avi"
        with av.open(str(path), "w", format="avi") as container:
            stream = container.add_mux_stream("h264", width=160, height=96, rate=RATE, time_base=Fraction(1, RATE))
            for number, packet in enumerate(h264.packets):
                mux = av.Packet(packet.data)
                mux.pts = mux.dts = number
                mux.time_base, mux.is_keyframe, mux.stream = Fraction(1, RATE), packet.key, stream
                container.mux_one(mux)
        with connection_to(path) as connection:
            packets, _ = read_to_the_end(connection)
        assert [packet.dts_90k for packet in packets] == [packet.dts_90k for packet in h264.packets]

    def test_one_that_is_too_large_ends_it(
        self, h264: Footage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ffmpeg, "MAX_PACKET_BYTES", 100)
        with connection_to(transport_stream(tmp_path / "camera.ts", h264)) as connection:
            packets, reason = read_to_the_end(connection)
        assert packets == []
        assert "bytes, more than 100" in reason

    def test_without_any_times_it_cannot_be_dated(self, h264: Footage, tmp_path: Path) -> None:
        path = tmp_path / "camera.h264"
        path.write_bytes(b"".join(packet.data for packet in h264.packets))
        with connection_to(path) as connection:
            packets, reason = read_to_the_end(connection)
        assert len(packets) == 50
        assert reason == "51 pictures in a row without a time"


def read_to_the_end(connection: Connection) -> tuple[list[RawPacket], str]:
    packets = []
    try:
        for packet in without_sound(connection.packets()):
            packets.append(packet)  # noqa: PERF402, what came before the error counts
    except SourceError as error:
        return packets, error.reason
    raise AssertionError("the end of a stream is an error")


def steps(packets: list[RawPacket] | tuple[Packet, ...]) -> list[tuple[int, int]]:
    """Times of decoding and showing, counted from the first picture's."""
    first = packets[0].dts_90k or 0
    return [((packet.dts_90k or 0) - first, (packet.pts_90k or 0) - first) for packet in packets]


class Stalled:
    """A demuxer whose read ends at the deadline, with the picture that the parser had kept, as RTSP's does."""

    def __init__(self, container: InputContainer, monkeypatch: pytest.MonkeyPatch, timeout_s: float) -> None:
        self._container = container
        self._now_s = 0.0
        self._timeout_s = timeout_s
        monkeypatch.setattr("vigil.ingest.ffmpeg.time.monotonic", lambda: self._now_s)

    def demux(self, stream: VideoStream) -> Iterator[object]:
        for number, packet in enumerate(self._container.demux(stream)):
            if number == 10:
                self._now_s += self._timeout_s
            yield packet
            if number == 10:
                raise AssertionError("it reads on after the deadline")

    def close(self) -> None:
        self._container.close()


class Live:
    """A demuxer whose every fifth picture must be waited for: those between came with it."""

    def __init__(self, container: InputContainer, monkeypatch: pytest.MonkeyPatch) -> None:
        self._container = container
        self._now_s = 0.0
        monkeypatch.setattr("vigil.ingest.ffmpeg.time.monotonic", lambda: self._now_s)

    def demux(self, stream: VideoStream) -> Iterator[object]:
        for number, packet in enumerate(self._container.demux(stream)):
            self._now_s += 0.04 if number % 5 == 0 else 0.0001
            yield packet

    def close(self) -> None:
        self._container.close()


@pytest.mark.parametrize(("may_rest", "rests"), [(True, 40), (False, 0)])
def test_the_reader_may_rest_behind_what_had_to_be_waited_for(
    h264: Footage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, may_rest: bool, rests: int
) -> None:
    path = transport_stream(tmp_path / "camera.ts", h264)
    told: list[int] = []
    with connection_to(path, opening=Opening(str(path), may_rest=may_rest)) as connection:
        monkeypatch.setattr(connection, "_container", Live(connection._container, monkeypatch))
        packets: list[RawPacket] = []
        with pytest.raises(SourceError):
            for packet in without_sound(connection.packets(lambda: told.append(len(packets)))):
                packets.append(packet)  # noqa: PERF402, what came before the error counts
    assert told == [5 * number + 1 for number in range(rests)]


def test_a_read_past_the_deadline_is_the_last(h264: Footage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To read on for FFmpeg's error would take the deadline twice."""
    path = transport_stream(tmp_path / "camera.ts", h264)
    with connection_to(path, read_timeout_s=5.0) as connection:
        monkeypatch.setattr(connection, "_container", Stalled(connection._container, monkeypatch, 5.0))
        packets, reason = read_to_the_end(connection)
    assert len(packets) == 11
    assert reason == "the stream broke: nothing came within the time-out"


class Told:
    """A clock that a pace may turn."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now_s += seconds

    def pace(self) -> Pace:
        return Pace(lambda: self.now_s, self.sleep)


@pytest.mark.parametrize("suffix", [".mp4", ".ts", ".flv"])
def test_a_recording_is_annex_b_in_its_own_pace(stream: Footage, tmp_path: Path, suffix: str) -> None:
    path = remuxed(tmp_path / f"clip{suffix}", stream)
    codec, clock = stream.parameters.codec, Told()
    with connection_to(path, opening=Opening(str(path), finished=True, settle_s=9.0), pace=clock.pace()) as connection:
        assert connection.parameters.parameter_sets == stream.parameters.parameter_sets
        assert connection.settle_s == 1.0
        packets, _ = read_to_the_end(connection)
    assert [slices(codec, packet.data) for packet in packets] == pictures_of(codec, stream.packets)
    assert [packet.key for packet in packets] == [packet.key for packet in stream.packets]
    span_s = (stream.packets[-1].dts_90k - stream.packets[0].dts_90k) / CLOCK_RATE
    assert sum(clock.slept) == pytest.approx(span_s, abs=0.01)


def remuxed(path: Path, line: Footage) -> Path:
    with av.open(io.BytesIO(fragmented(line)), "r") as source, av.open(str(path), "w") as container:
        stream = container.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.size:
                packet.stream = stream
                container.mux_one(packet)
    return path


class TestRefusal:
    def test_no_such_stream(self, tmp_path: Path) -> None:
        with pytest.raises(SourceError, match=f"camera {CAMERA}: .*no connection: No such file"):
            connection_to(tmp_path / "none.ts")

    def test_neither_codec(self, tmp_path: Path) -> None:
        path = tmp_path / "camera.ts"
        with av.open(str(path), "w") as container:
            stream = container.add_stream("mpeg2video", RATE)
            stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
            for number in range(RATE):
                frame = av.VideoFrame(160, 96, "yuv420p")
                frame.pts = number
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        with pytest.raises(SourceError, match=r"neither H\.264 nor H\.265 \(mpeg2video\)"):
            connection_to(path)

    def test_no_video(self, tmp_path: Path) -> None:
        path = tmp_path / "camera.wav"
        with wave.open(str(path), "wb") as sound:
            sound.setparams((1, 2, 8000, 8000, "NONE", "not compressed"))
            sound.writeframes(bytes(16_000))
        with pytest.raises(SourceError, match="no video"):
            connection_to(path)

    def test_the_password_is_in_no_traceback(self) -> None:
        """FFmpeg's own errors name the whole URL."""
        opening = Opening("nothing://admin:s3cret@host/ch1")
        assert "s3cret" not in repr(opening)
        with pytest.raises(SourceError) as caught:
            Connection(StreamAddress(CAMERA, "rtsp://host/ch1"), number=1, opening=opening)
        told = "".join(traceback.format_exception(caught.value))
        assert "s3cret" not in told
        assert "no connection: Protocol not found" in told


def test_the_footage_has_no_picture_twice() -> None:
    """What other tests count on."""
    line = footage(Codec.H264)
    assert len(set(pictures_of(Codec.H264, line.packets))) == len(line.packets)


class TestSound:
    @pytest.mark.parametrize(
        ("name", "encoder", "codec"),
        [
            ("camera.ts", "aac", SoundCodec.AAC),
            ("camera.flv", "aac", SoundCodec.AAC),
            ("camera.flv", "pcm_mulaw", SoundCodec.LPCM),
        ],
    )
    def test_comes_with_the_times_of_its_pictures(
        self, name: str, encoder: str, codec: SoundCodec, h264: Footage, tmp_path: Path
    ) -> None:
        """In MPEG-TS each frame of AAC names its own form, in FLV the container does."""
        path = tmp_path / name
        write_with_tone(path, h264, encoder)
        with Connection(asking(), number=1, opening=Opening(str(path))) as connection:
            assert connection.parameters.sound is not None
            assert (connection.parameters.sound.codec, connection.parameters.sound.rate) == (codec, 8000)
            came, reason = all_of(connection)
        assert reason == "the stream ended"
        pictures = [one for one in came if isinstance(one, RawPacket)]
        sounds = [one for one in came if isinstance(one, RawSound)]
        assert [slices(Codec.H264, one.data) for one in pictures] == pictures_of(Codec.H264, h264.packets)
        first_90k = pictures[0].pts_90k or 0
        assert abs(sounds[0].time_90k - first_90k) <= 1024 * CLOCK_RATE // 8000 + 100  # an encoder begins a unit before
        ends = [one.time_90k + one.samples * CLOCK_RATE // 8000 for one in sounds]
        assert [one.time_90k for one in sounds[1:]] == pytest.approx(ends[:-1], abs=100)
        assert ends[-1] - first_90k == pytest.approx(8 * CLOCK_RATE, abs=CLOCK_RATE // 4)

    def test_is_left_out_where_nobody_asks(self, h264: Footage, tmp_path: Path) -> None:
        path = tmp_path / "camera.flv"
        write_with_tone(path, h264, "aac")
        with connection_to(path) as connection:
            assert connection.parameters.sound is None
            packets, _ = read_to_the_end(connection)
        assert len(packets) == len(h264.packets)

    @pytest.mark.parametrize(("encoder", "why"), [("mp2", "sound is mp2"), (None, "the source has no sound")])
    def test_why_there_is_none(self, encoder: str | None, why: str, h264: Footage, tmp_path: Path) -> None:
        path = transport_stream(tmp_path / "camera.ts", h264)
        if encoder is not None:
            path = tmp_path / "camera.mkv"
            write_with_tone(path, h264, encoder, rate=16_000)
        with Connection(asking(), number=1, opening=Opening(str(path))) as connection:
            assert connection.parameters.sound is None
            assert why in str(connection.no_sound)
            assert len(read_to_the_end(connection)[0]) == len(h264.packets)


def asking() -> StreamAddress:
    return StreamAddress(CAMERA, "rtsp://camera/1", sound=True)


def all_of(connection: Connection) -> tuple[list[RawPacket | RawSound], str]:
    came: list[RawPacket | RawSound] = []
    with pytest.raises(SourceError) as caught:
        came.extend(connection.packets())
    return came, caught.value.reason
