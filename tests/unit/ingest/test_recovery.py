from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest

from tests.media import AT, FRAME, Footage, boxes, fragmented, pictures_of, play
from tests.sounds import heard, muxed, tone
from vigil.ingest.recovery import recover
from vigil.ingest.segments import segment_id
from vigil.model.ids import CameraId
from vigil.model.media import Codec, SoundCodec

CAMERA = CameraId("hall-counter")
NAME = f"{segment_id(CAMERA, AT)}.mp4"


def left(folder: Path, data: bytes, name: str = NAME) -> Path:
    part = folder / f"{name}.part"
    part.write_bytes(data)
    return part


def cuts(data: bytes) -> list[int]:
    """Byte counts at, just before and just behind each box's begin, its header's end, its middle and its end."""
    found = set()
    for _, begin, end in boxes(data):
        for place in (begin, begin + 4, begin + 8, (begin + end) // 2, end):
            found |= {place - 1, place, place + 1}
    return sorted(cut for cut in found if 0 <= cut <= len(data))


def whole_fragments(data: bytes, cut: int) -> int:
    return sum(kind == "mdat" and end <= cut for kind, _, end in boxes(data))


def test_wherever_it_was_cut_only_the_last_fragment_is_lost(stream: Footage, tmp_path: Path) -> None:
    data = fragmented(stream)
    codec = stream.parameters.codec
    pictures = pictures_of(codec, stream.packets)
    ends = [end for kind, _, end in boxes(data) if kind == "mdat"]
    counts = [len(play(data[:end])) for end in ends]
    for cut in cuts(data):
        whole = whole_fragments(data, cut)
        closed = recover(left(tmp_path, data[:cut]), "before")
        if whole == 0:
            assert closed is None, cut
            continue
        assert closed is not None, cut
        kept = closed.path.read_bytes()
        assert kept == data[: ends[whole - 1]], cut
        assert closed.segment.packets == counts[whole - 1], cut
        assert [played.slices for played in play(kept)] == pictures[: counts[whole - 1]], cut


@pytest.mark.parametrize("codec", list(SoundCodec))
def test_a_file_with_sound_is_measured_by_its_pictures(codec: SoundCodec, h264: Footage, tmp_path: Path) -> None:
    """Wherever it was cut, also between pictures and the sound that stands behind them."""
    data = muxed(Footage(h264.parameters, h264.between(0, 2)), tone(codec, seconds=2.0))
    for cut in (place for place in cuts(data) if whole_fragments(data, place)):
        closed = recover(left(tmp_path, data[:cut]), "before")
        assert closed is not None, cut
        kept = closed.path.read_bytes()
        segment = closed.segment
        assert (segment.packets, segment.codec, segment.width) == (len(play(kept)), Codec.H264, 160), cut
        assert segment.end_at - segment.start_at == pytest.approx(segment.packets * FRAME, abs=FRAME), cut
    assert heard(kept).ends_s == pytest.approx(1.9, abs=0.1)


def test_the_row_is_as_if_it_had_been_closed(stream: Footage, tmp_path: Path) -> None:
    data = fragmented(stream)
    closed = recover(left(tmp_path, data), "before")
    assert closed is not None
    segment = closed.segment
    assert closed.path == tmp_path / NAME
    assert segment.sha256 == hashlib.sha256(data).hexdigest()
    assert segment.size == len(data)
    assert segment.previous_sha256 == "before"
    assert (segment.id, segment.camera, segment.start_at) == (segment_id(CAMERA, AT), CAMERA, AT)
    assert (segment.codec, segment.width, segment.height) == (stream.parameters.codec, 160, 96)
    assert segment.packets == len(stream.packets)
    assert segment.recovered


def test_its_end_is_where_the_last_picture_ends(stream: Footage, tmp_path: Path) -> None:
    data = fragmented(stream.later(40 * 86_400))
    closed = recover(left(tmp_path, data), "")
    assert closed is not None
    assert closed.segment.end_at - AT == pytest.approx(
        stream.packets[-1].at - AT + FRAME, abs=timedelta(milliseconds=1)
    )


@pytest.mark.parametrize(
    "data", [b"", b"\x00", b"\x00" * 5000, b"not a film at all", b"\x00\x00\x00\x10mdat garbage garbage garbage"]
)
def test_what_holds_no_picture_is_put_aside_with_every_byte(tmp_path: Path, data: bytes) -> None:
    assert recover(left(tmp_path, data), "") is None
    (lost,) = tmp_path.iterdir()
    assert lost.name == f"{NAME}.lost"
    assert lost.read_bytes() == data


def test_a_header_alone_is_put_aside_with_what_follows(stream: Footage, tmp_path: Path) -> None:
    """Half a fragment holds pictures that somebody may want to rescue by hand."""
    data = fragmented(stream)
    first_mdat = next(end for kind, _, end in boxes(data) if kind == "mdat")
    assert recover(left(tmp_path, data[: first_mdat - 1]), "") is None
    assert (tmp_path / f"{NAME}.lost").read_bytes() == data[: first_mdat - 1]


@pytest.mark.parametrize("name", ["holiday.mp4", "counter_2026.mp4"])
def test_a_file_of_somebody_else_is_put_aside(h264: Footage, tmp_path: Path, name: str) -> None:
    assert recover(left(tmp_path, fragmented(h264), name), "") is None
    assert [path.name for path in tmp_path.iterdir()] == [f"{name}.lost"]


def test_a_file_that_is_not_there_is_the_disk_failing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        recover(tmp_path / f"{NAME}.part", "")
