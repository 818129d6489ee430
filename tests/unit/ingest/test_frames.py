from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
import pytest
from structlog.testing import capture_logs

from tests.media import AT, RATE, Footage, footage, number_in
from vigil.ingest.frames import CodedPicture, KeyFrameDecoder, KeyFrameTap
from vigil.model.ids import CameraId
from vigil.model.media import Codec, Frame, GapCause, Packet, StreamParameters

CAMERA = CameraId("hall-counter")


def number_of(frame: Frame | None) -> int:
    assert frame is not None
    return number_in(frame.bgr.mean(axis=2).astype(np.uint8))


class Taken:
    def __init__(self) -> None:
        self.pictures: list[CodedPicture] = []
        self.tap = KeyFrameTap(CAMERA, self.pictures.append)

    def send(self, line: Footage) -> None:
        self.tap.begin(line.parameters)
        for packet in line.packets:
            self.tap.packet(packet)


def test_each_key_picture_is_one_frame(stream: Footage) -> None:
    taken = Taken()
    taken.send(stream)
    frames = [picture.decode() for picture in taken.pictures]
    assert [number_of(frame) for frame in frames] == list(range(0, 8 * RATE, RATE))
    for picture, frame in zip(taken.pictures, frames, strict=True):
        assert frame is not None
        assert frame.camera == CAMERA
        assert frame.at == picture.at
        assert frame.bgr.shape == (96, 160, 3)
        assert frame.bgr.dtype == np.uint8


def test_a_picture_of_full_range_is_given_in_studio_range() -> None:
    """As many cheap cameras send it: white is 255 in the stream and 235 for whoever looks."""
    white = av.VideoFrame.from_ndarray(np.full((96, 160), 255, np.uint8), format="gray")
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = 160, 96, "yuvj420p", Fraction(1, 25)
    data = b"".join(bytes(packet) for packet in [*encoder.encode(white.reformat(format="yuvj420p")), *encoder.encode()])
    parameters = StreamParameters(Codec.H264, 160, 96, (), 1)
    frame = KeyFrameDecoder(CAMERA).decode(parameters, Packet(data, 0, 0, True, AT))
    assert frame is not None
    assert frame.planes.size == (96, 160)
    assert abs(float(frame.planes.y.mean()) - 235) < 2
    assert [abs(float(plane.mean()) - 128) < 2 for plane in (frame.planes.u, frame.planes.v)] == [True, True]


def test_nothing_is_decoded_on_the_readers_thread(h264: Footage, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> Frame:
        raise AssertionError

    monkeypatch.setattr(KeyFrameDecoder, "decode", refuse)
    taken = Taken()
    taken.send(h264)
    assert [picture.at for picture in taken.pictures] == [packet.at for packet in h264.packets if packet.key]


def test_those_that_were_skipped_do_no_harm(stream: Footage) -> None:
    """Analytics take the newest only: between two that are decoded many may be missing."""
    taken = Taken()
    taken.send(stream)
    assert [number_of(taken.pictures[n].decode()) for n in (5, 2, 7)] == [125, 50, 175]


def test_goes_on_after_the_camera_was_lost(h264: Footage) -> None:
    taken = Taken()
    taken.send(h264)
    taken.tap.lost(AT, GapCause.CAMERA)
    taken.send(h264)
    assert [number_of(picture.decode()) for picture in taken.pictures] == 2 * list(range(0, 8 * RATE, RATE))


def test_another_size_and_codec(h264: Footage) -> None:
    larger = footage(Codec.H265, seconds=2, size=(320, 192))
    taken = Taken()
    for line in (h264, larger, h264):
        taken.send(line)
    frames = [picture.decode() for picture in taken.pictures]
    shapes = [frame.bgr.shape[:2] for frame in frames if frame is not None]
    assert shapes == 8 * [(96, 160)] + 2 * [(192, 320)] + 8 * [(96, 160)]


class TestDamage:
    @pytest.mark.parametrize(
        "damaged",
        [
            pytest.param(lambda data: b"", id="empty"),
            pytest.param(lambda data: b"\x00\x00\x00\x01\x65garbage", id="garbage"),
            pytest.param(lambda data: data[:40], id="cut"),
            pytest.param(lambda data: bytes(byte ^ 0x5A for byte in data), id="scrambled"),
        ],
    )
    def test_is_at_worst_no_frame_and_the_next_is_decoded(self, stream: Footage, damaged: object) -> None:
        assert callable(damaged)
        decoder = KeyFrameDecoder(CAMERA)
        keys = [packet for packet in stream.packets if packet.key]
        assert number_of(decoder.decode(stream.parameters, keys[0])) == 0
        decoder.decode(stream.parameters, replace(keys[1], data=damaged(keys[1].data)))
        assert number_of(decoder.decode(stream.parameters, keys[2])) == 50

    def test_what_cannot_be_decoded_is_none_and_told_once_a_connection(self, h264: Footage) -> None:
        decoder = KeyFrameDecoder(CAMERA)
        bad = replace(h264.packets[0], data=b"\x00\x00\x00\x01\x65garbage")
        again = replace(h264.parameters, connection=2)
        with capture_logs() as logs:
            for _ in range(5):
                assert decoder.decode(h264.parameters, bad) is None
            assert decoder.decode(again, bad) is None
        assert [entry["event"] for entry in logs] == 2 * ["picture_not_decoded"]
