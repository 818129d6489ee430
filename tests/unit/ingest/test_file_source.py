from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.errors import SourceError
from vigil.ingest.file_source import Clip, Picture, common_periods, loop_clip, open_clip
from vigil.model.media import Codec, StreamParameters

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
PARAMETERS = StreamParameters(Codec.H264, 640, 360, (b"\x67", b"\x68"))


def clip(*pictures: tuple[int, int], duration_90k: int) -> Clip:
    kept = tuple(Picture(b"x", dts, pts, key=index == 0) for index, (dts, pts) in enumerate(pictures))
    return Clip(Path("clip.mp4"), PARAMETERS, duration_90k, kept)


class TestLoop:
    def test_goes_on_where_it_ended(self) -> None:
        packets = list(islice(loop_clip(clip((0, 0), (3600, 3600), duration_90k=7200), AT), 5))
        assert [packet.dts_90k for packet in packets] == [0, 3600, 7200, 10800, 14400]
        assert [packet.key for packet in packets] == [True, False, True, False, True]
        assert packets[3].at == AT + timedelta(milliseconds=120)

    def test_with_b_frames_the_first_picture_is_shown_at_the_start(self) -> None:
        packets = list(islice(loop_clip(clip((0, 7200), (3600, 14400), (7200, 10800), duration_90k=10800), AT), 4))
        assert [packet.pts_90k for packet in packets] == [7200, 14400, 10800, 18000]
        assert packets[0].at == AT
        assert packets[3].at == AT + timedelta(milliseconds=120)

    def test_a_longer_period_leaves_a_pause(self) -> None:
        packets = list(islice(loop_clip(clip((0, 0), duration_90k=3600), AT, period_90k=90_000), 3))
        assert [packet.at for packet in packets] == [AT + timedelta(seconds=n) for n in range(3)]

    def test_a_shorter_period_cuts_the_end(self) -> None:
        looped = loop_clip(clip((0, 0), (3600, 3600), duration_90k=7200), AT, period_90k=3600)
        assert all(packet.key for packet in islice(looped, 4))

    def test_stays_in_step_for_hours(self) -> None:
        # 29.97 frames a second, a length that is no whole number of frames.
        looped = loop_clip(clip((0, 0), (3003, 3003), duration_90k=5 * 90_000), AT)
        last = list(islice(looped, 2 * 7200 + 1))[-1]
        assert last.at == AT + timedelta(hours=10)

    @given(
        steps=st.lists(st.integers(0, 5000), min_size=1, max_size=10),
        period_90k=st.integers(1, 60_000),
    )
    def test_decoding_times_always_rise(self, steps: list[int], period_90k: int) -> None:
        dts = [sum(steps[:index]) for index in range(len(steps))]
        looped = loop_clip(clip(*((t, t) for t in dts), duration_90k=1), AT, period_90k=period_90k)
        packets = list(islice(looped, 40))
        assert all(a.dts_90k < b.dts_90k for a, b in pairwise(packets))
        assert all(packet.pts_90k >= packet.dts_90k for packet in packets)


@pytest.mark.parametrize(
    ("durations_s", "periods_s"),
    [
        ([], []),
        ([60], [60]),
        ([60, 59.96, 60.04], [60.04, 60.04, 60.04]),
        ([60, 20, 19.5], [60, 20, 20]),
        ([10, 9.5, 8.8], [10, 10, 8.8]),
    ],
)
def test_clips_of_one_scene_share_a_period(durations_s: list[float], periods_s: list[float]) -> None:
    durations = [round(seconds * 90_000) for seconds in durations_s]
    assert common_periods(durations) == [round(seconds * 90_000) for seconds in periods_s]


class TestOpen:
    def test_a_missing_file_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(SourceError, match="No such file"):
            open_clip(tmp_path / "none.mp4")

    def test_a_file_without_video_is_an_error(self, tmp_path: Path) -> None:
        path = tmp_path / "text.mp4"
        path.write_bytes(b"no video at all")
        with pytest.raises(SourceError, match="camera text"):
            open_clip(path)
