from __future__ import annotations

from itertools import islice, pairwise
from pathlib import Path

import pytest

from tests.media import FRAME_90K, Footage, fragmented, pictures_of, slices, without_sound
from tests.sounds import write_with_tone
from vigil.errors import SourceError
from vigil.ingest.looped import LoopedFile
from vigil.ingest.pace import Pace
from vigil.ingest.source import RawPacket, RawSound, StreamAddress
from vigil.model.media import CLOCK_RATE, SoundCodec


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


@pytest.mark.parametrize("codec", list(SoundCodec))
def test_its_sound_goes_round_with_it(codec: SoundCodec, h264: Footage, tmp_path: Path) -> None:
    clip = tmp_path / ("counter.mkv" if codec is SoundCodec.AAC else "counter.flv")
    write_with_tone(clip, h264, "aac" if codec is SoundCodec.AAC else "pcm_alaw")
    address = StreamAddress("hall-counter", f"file:{clip}", sound=True)
    with LoopedFile(address, number=1, pace=Pace(lambda: 0.0, lambda seconds: None)) as source:
        assert source.parameters.sound is not None
        assert (source.parameters.sound.codec, source.parameters.sound.rate) == (codec, 8000)
        came = list(islice(source.packets(), 3 * len(h264.packets)))
    sounds = [one for one in came if isinstance(one, RawSound)]
    pictures = [one for one in came if isinstance(one, RawPacket)]
    assert len(pictures) > 1.3 * len(h264.packets)
    times = [sound.time_90k for sound in sounds]
    assert all(before < after for before, after in pairwise(times))
    once = [sound.data for sound in sounds if sound.time_90k < len(h264.packets) * FRAME_90K]
    assert len(sounds) > 1.3 * len(once)
    assert all(sound.data == once[index % len(once)] for index, sound in enumerate(sounds))
    shown = 0
    for one in came:
        if isinstance(one, RawPacket):
            shown = one.pts_90k or 0
        else:
            assert 0 <= shown - one.time_90k < FRAME_90K


def test_a_recording_without_sound_says_so(h264: Footage, tmp_path: Path) -> None:
    clip = tmp_path / "counter.mp4"
    clip.write_bytes(fragmented(h264))
    with LoopedFile(StreamAddress("hall-counter", f"file:{clip}", sound=True), number=1) as source:
        assert source.parameters.sound is None
        assert str(source.no_sound) == "the source has no sound"
