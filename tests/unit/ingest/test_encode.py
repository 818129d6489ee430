from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from tests.media import AT, play
from vigil.ingest.encode import ClipWriter, PictureEncoder
from vigil.ingest.file_source import open_clip, read_pictures
from vigil.ingest.frames import KeyFrameDecoder
from vigil.model import nal
from vigil.model.ids import CameraId
from vigil.model.media import CLOCK_RATE, Codec, Packet

SIZE = (160, 96)
FPS = 5
STEP = CLOCK_RATE // FPS

BOTH = pytest.mark.parametrize("codec", list(Codec))


def picture(number: int) -> npt.NDArray[np.uint8]:
    """Smooth colours that wander with the number."""
    y, x = np.mgrid[0 : SIZE[1], 0 : SIZE[0]]
    waves = [127 + 90 * np.sin((x * (1 + channel) + y + 9 * number) / 40) for channel in range(3)]
    return np.dstack(waves).astype(np.uint8)


def encoder(codec: Codec, *, keyframe_s: float = 1.0, fps: float = FPS, crf: int = 18) -> PictureEncoder:
    return PictureEncoder(codec, SIZE, fps=fps, start_at=AT, crf=crf, keyframe_s=keyframe_s)


def coded(codec: Codec, times_90k: list[int], **settings: float) -> tuple[PictureEncoder, list[Packet]]:
    one = encoder(codec, **settings)  # type: ignore[arg-type]
    return one, [one.encode(picture(number), t_90k) for number, t_90k in enumerate(times_90k)]


def psnr(a: npt.NDArray[np.uint8], b: npt.NDArray[np.uint8]) -> float:
    error = float(((a.astype(np.float64) - b.astype(np.float64)) ** 2).mean())
    return 10 * math.log10(255**2 / max(error, 1e-9))


@BOTH
class TestPackets:
    def test_key_pictures_come_at_even_distances_and_bear_their_parameter_sets(self, codec: Codec) -> None:
        one, packets = coded(codec, [number * STEP for number in range(12)])
        assert [packet.key for packet in packets] == [number % 5 == 0 for number in range(12)]
        assert one.parameters is not None
        for packet in packets:
            sets = nal.parameter_sets(codec, nal.split(packet.data))
            assert sets == (one.parameters.parameter_sets if packet.key else ())
            assert any(nal.is_key(codec, unit) for unit in nal.split(packet.data)) == packet.key

    def test_each_picture_leaves_at_once_with_its_time(self, codec: Codec) -> None:
        _, packets = coded(codec, [0, 7000, 90_000])
        assert [(packet.dts_90k, packet.pts_90k) for packet in packets] == [(0, 0), (7000, 7000), (90_000, 90_000)]
        assert packets[2].at - packets[0].at == (packets[2].at - AT)
        assert (packets[2].at - AT).total_seconds() == 1

    def test_the_first_picture_after_a_gap_is_a_key_picture(self, codec: Codec) -> None:
        _, packets = coded(codec, [0, STEP, 60 * STEP, 61 * STEP])
        assert [packet.key for packet in packets] == [True, False, True, False]

    def test_below_one_picture_a_second_each_may_be_a_key_picture(self, codec: Codec) -> None:
        _, packets = coded(codec, [0, 180_000, 360_000], fps=0.5, keyframe_s=2.0)
        assert [packet.key for packet in packets] == [True, True, True]

    def test_a_key_packet_decodes_to_the_picture(self, codec: Codec) -> None:
        one, packets = coded(codec, [number * STEP for number in range(6)])
        assert one.parameters is not None
        frame = KeyFrameDecoder(CameraId("one")).decode(one.parameters, packets[5])
        assert frame is not None
        assert psnr(frame.bgr, picture(5)) > 35

    def test_one_input_gives_one_output(self, codec: Codec) -> None:
        first, second = (coded(codec, [0, STEP, 2 * STEP])[1] for _ in range(2))
        assert [packet.data for packet in first] == [packet.data for packet in second]

    def test_a_coarse_quality_takes_less_room(self, codec: Codec) -> None:
        fine, coarse = (sum(len(packet.data) for packet in coded(codec, [0, STEP], crf=crf)[1]) for crf in (16, 40))
        assert coarse < 0.7 * fine

    def test_wrong_sizes_and_times_are_refused(self, codec: Codec) -> None:
        one = encoder(codec)
        with pytest.raises(ValueError, match="160x96"):
            one.encode(np.zeros((90, 160, 3), np.uint8), 0)
        one.encode(picture(0), 100)
        with pytest.raises(ValueError, match="does not come after"):
            one.encode(picture(1), 100)


def written(path: Path, codec: Codec, times_90k: list[int]) -> list[Packet]:
    one, packets = coded(codec, times_90k)
    assert one.parameters is not None
    with ClipWriter(path, one.parameters) as clip:
        for packet in packets:
            clip.write(packet, STEP)
    return packets


@BOTH
class TestClips:
    def test_hold_every_picture_at_its_time(self, codec: Codec, tmp_path: Path) -> None:
        times = [number * STEP for number in range(7)]
        packets = written(tmp_path / "one.mp4", codec, times)
        played = play(tmp_path / "one.mp4")
        assert [(one.dts_90k, one.key) for one in played] == [(packet.dts_90k, packet.key) for packet in packets]

    def test_a_gap_stays_a_gap(self, codec: Codec, tmp_path: Path) -> None:
        written(tmp_path / "one.mp4", codec, [0, STEP, 2 * STEP, 50 * STEP, 51 * STEP])
        times = [one.dts_90k for one in read_pictures(tmp_path / "one.mp4")]
        assert [after - before for before, after in pairwise(times)] == [STEP, STEP, 48 * STEP, STEP]

    def test_are_read_as_a_camera(self, codec: Codec, tmp_path: Path) -> None:
        written(tmp_path / "one.mp4", codec, [number * STEP for number in range(10)])
        clip = open_clip(tmp_path / "one.mp4")
        assert (clip.parameters.codec, clip.parameters.width, clip.parameters.height) == (codec, *SIZE)
        assert clip.duration_90k == pytest.approx(10 * STEP, rel=0.01)

    def test_begin_with_their_index_and_bear_a_name_that_all_players_take(self, codec: Codec, tmp_path: Path) -> None:
        written(tmp_path / "one.mp4", codec, [0, STEP])
        data = (tmp_path / "one.mp4").read_bytes()
        assert data.index(b"moov") < data.index(b"mdat")
        assert (b"avc1" if codec is Codec.H264 else b"hvc1") in data
        assert b"hev1" not in data


def test_a_clip_that_cannot_be_written_is_an_error_with_its_path(tmp_path: Path) -> None:
    one, (packet,) = coded(Codec.H264, [0])
    assert one.parameters is not None
    with (
        pytest.raises(OSError, match=r"none/one\.mp4"),
        ClipWriter(tmp_path / "none" / "one.mp4", one.parameters) as clip,
    ):
        clip.write(packet, STEP)
