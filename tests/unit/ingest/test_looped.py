from __future__ import annotations

from itertools import islice, pairwise
from pathlib import Path

import pytest

from tests.media import Footage, fragmented, pictures_of, slices, without_sound
from vigil.errors import SourceError
from vigil.ingest.looped import LoopedFile
from vigil.ingest.pace import Pace
from vigil.ingest.source import StreamAddress
from vigil.model.media import CLOCK_RATE


def test_it_goes_round_with_rising_times(stream: Footage, tmp_path: Path) -> None:
    clip = tmp_path / "counter #1?.mp4"
    clip.write_bytes(fragmented(stream))
    codec, count, slept = stream.parameters.codec, len(stream.packets), 0.0

    def sleep(seconds: float) -> None:
        nonlocal slept
        slept += seconds

    pace = Pace(lambda: slept, sleep)
    with LoopedFile(StreamAddress("hall-counter", f"file:{clip}"), number=3, pace=pace) as source:
        assert source.parameters.connection == 3
        assert source.parameters.parameter_sets == stream.parameters.parameter_sets
        packets = list(islice(without_sound(source.packets()), 2 * count + 1))
    sent = pictures_of(codec, stream.packets)
    assert [slices(codec, packet.data) for packet in packets] == [*sent, *sent, sent[0]]
    times = [packet.dts_90k or 0 for packet in packets]
    assert all(before < after for before, after in pairwise(times))
    assert slept == pytest.approx((times[-1] - times[0]) / CLOCK_RATE)


@pytest.mark.parametrize(
    "content", [None, b"", b"no video", b"#EXTM3U\n#EXTINF:2,\nhttp://127.0.0.1:9/1.ts\n#EXT-X-ENDLIST\n"]
)
def test_what_is_no_recording_is_told(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "clip.m3u8"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SourceError, match=r"camera hall-counter: file:.*: no recording: "):
        LoopedFile(StreamAddress("hall-counter", f"file:{path}"), number=1)


def test_a_list_of_files_is_no_recording(h264: Footage, tmp_path: Path) -> None:
    """Or a file could have any other read."""
    (tmp_path / "clip.mp4").write_bytes(fragmented(h264))
    path = tmp_path / "list.ffconcat"
    path.write_text("ffconcat version 1.0\nfile clip.mp4\n")
    with pytest.raises(SourceError, match="no recording"):
        LoopedFile(StreamAddress("hall-counter", f"file:{path}"), number=1)
