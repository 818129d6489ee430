from __future__ import annotations

import traceback
import wave
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import pytest
from av.container import InputContainer
from av.video.stream import VideoStream

from tests.media import RATE, Footage, footage, pictures_of, slices
from vigil.errors import SourceError
from vigil.ingest import source
from vigil.ingest.source import Connection, RawPacket, StreamAddress
from vigil.model.media import CLOCK_RATE, Codec, Packet
from vigil.model.site import Transport

CAMERA = "hall-counter"


def transport_stream(path: Path, line: Footage) -> StreamAddress:
    """Annex B with times, as RTSP brings it, and no socket."""
    with av.open(str(path), "w", format="mpegts") as container:
        stream = container.add_mux_stream(line.parameters.codec.value, width=160, height=96)
        for packet in line.packets:
            mux = av.Packet(packet.data)
            mux.pts, mux.dts, mux.time_base = packet.pts_90k, packet.dts_90k, Fraction(1, CLOCK_RATE)
            mux.is_keyframe, mux.stream = packet.key, stream
            container.mux_one(mux)
    return StreamAddress(CAMERA, str(path))


class TestAddress:
    def test_credentials_are_quoted(self) -> None:
        address = StreamAddress(CAMERA, "rtsp://10.0.0.7:554/ch1?a=b", username="ad:min", password="p@ss/w:rd%")
        assert address.with_credentials() == "rtsp://ad%3Amin:p%40ss%2Fw%3Ard%25@10.0.0.7:554/ch1?a=b"

    def test_without_a_name_there_are_none(self) -> None:
        address = StreamAddress(CAMERA, "rtsp://[fe80::1]:554/ch1", password="unused")
        assert address.with_credentials() == address.url

    def test_the_password_is_not_shown(self) -> None:
        assert "secret" not in repr(StreamAddress(CAMERA, "rtsp://host/", username="admin", password="secret"))


class TestPackets:
    def test_are_every_picture_with_its_times(self, stream: Footage, tmp_path: Path) -> None:
        codec = stream.parameters.codec
        address = transport_stream(tmp_path / "camera.ts", stream)
        with Connection(address, number=7) as connection:
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
        with Connection(StreamAddress(CAMERA, str(path)), number=1) as connection:
            packets, _ = read_to_the_end(connection)
        assert [packet.dts_90k for packet in packets] == [packet.dts_90k for packet in h264.packets]

    def test_one_that_is_too_large_ends_it(
        self, h264: Footage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(source, "MAX_PACKET_BYTES", 100)
        with Connection(transport_stream(tmp_path / "camera.ts", h264), number=1) as connection:
            packets, reason = read_to_the_end(connection)
        assert packets == []
        assert "bytes, more than 100" in reason

    def test_without_any_times_it_cannot_be_dated(self, h264: Footage, tmp_path: Path) -> None:
        path = tmp_path / "camera.h264"
        path.write_bytes(b"".join(packet.data for packet in h264.packets))
        with Connection(StreamAddress(CAMERA, str(path)), number=1) as connection:
            packets, reason = read_to_the_end(connection)
        assert len(packets) == 50
        assert reason == "51 pictures in a row without a time"


def read_to_the_end(connection: Connection) -> tuple[list[RawPacket], str]:
    packets = []
    try:
        for packet in connection.packets():
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
        monkeypatch.setattr("vigil.ingest.source.time.monotonic", lambda: self._now_s)

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
        monkeypatch.setattr("vigil.ingest.source.time.monotonic", lambda: self._now_s)

    def demux(self, stream: VideoStream) -> Iterator[object]:
        for number, packet in enumerate(self._container.demux(stream)):
            self._now_s += 0.04 if number % 5 == 0 else 0.0001
            yield packet

    def close(self) -> None:
        self._container.close()


@pytest.mark.parametrize(("transport", "rests"), [(Transport.TCP, 40), (Transport.UDP, 0)])
def test_the_reader_may_rest_behind_what_had_to_be_waited_for(
    h264: Footage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, transport: Transport, rests: int
) -> None:
    """Over UDP what nobody fetches is lost."""
    address = replace(transport_stream(tmp_path / "camera.ts", h264), transport=transport)
    told: list[int] = []
    with Connection(address, number=1) as connection:
        monkeypatch.setattr(connection, "_container", Live(connection._container, monkeypatch))
        packets: list[RawPacket] = []
        with pytest.raises(SourceError):
            for packet in connection.packets(lambda: told.append(len(packets))):
                packets.append(packet)  # noqa: PERF402, what came before the error counts
    assert told == [5 * number + 1 for number in range(rests)]


def test_a_read_past_the_deadline_is_the_last(h264: Footage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To read on for FFmpeg's error would take the deadline twice."""
    address = transport_stream(tmp_path / "camera.ts", h264)
    with Connection(address, number=1, read_timeout_s=5.0) as connection:
        monkeypatch.setattr(connection, "_container", Stalled(connection._container, monkeypatch, 5.0))
        packets, reason = read_to_the_end(connection)
    assert len(packets) == 11
    assert reason == "the stream broke: nothing came within the time-out"


class TestRefusal:
    def test_no_such_stream(self, tmp_path: Path) -> None:
        with pytest.raises(SourceError, match=f"camera {CAMERA}: .*no connection: No such file"):
            Connection(StreamAddress(CAMERA, str(tmp_path / "none.ts")), number=1)

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
            Connection(StreamAddress(CAMERA, str(path)), number=1)

    def test_no_video(self, tmp_path: Path) -> None:
        path = tmp_path / "camera.wav"
        with wave.open(str(path), "wb") as sound:
            sound.setparams((1, 2, 8000, 8000, "NONE", "not compressed"))
            sound.writeframes(bytes(16_000))
        with pytest.raises(SourceError, match="no video"):
            Connection(StreamAddress(CAMERA, str(path)), number=1)

    def test_the_password_is_in_no_traceback(self) -> None:
        """FFmpeg's own errors name the whole URL."""
        address = StreamAddress(CAMERA, "nothing://host/ch1", username="admin", password="s3cret")
        with pytest.raises(SourceError) as caught:
            Connection(address, number=1)
        told = "".join(traceback.format_exception(caught.value))
        assert "s3cret" not in told
        assert "no connection: Protocol not found" in told


def test_the_footage_has_no_picture_twice() -> None:
    """What other tests count on."""
    line = footage(Codec.H264)
    assert len(set(pictures_of(Codec.H264, line.packets))) == len(line.packets)
