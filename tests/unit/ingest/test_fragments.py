"""Our own reader of fragmented MP4 gives what libav gives, and nothing that is not there."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.media import Footage, footage, fragmented, play, slices
from tests.sounds import muxed, tone
from vigil.errors import FragmentError
from vigil.ingest.file_source import Picture
from vigil.ingest.fragments import FragmentDemuxer
from vigil.ingest.mux import FragmentMuxer
from vigil.ingest.segment_reader import SegmentReader
from vigil.model import nal
from vigil.model.media import CLOCK_RATE, Codec, SoundCodec


def read(data: bytes) -> list[Picture]:
    return [picture for pictures in SegmentReader(io.BytesIO(data).read).fragments() for picture in pictures]


@pytest.mark.parametrize("fragment_s", [1.0, None])
class TestSegment:
    def test_gives_what_libav_gives(self, stream: Footage, fragment_s: float | None) -> None:
        """Times begin at 0: where an edit list would put them is of no use to anybody here."""
        later_90k, codec = 40 * 86_400 * CLOCK_RATE, stream.parameters.codec
        data = fragmented(stream.later(40 * 86_400), fragment_s=fragment_s)
        ours = [
            (one.dts_90k + later_90k, one.pts_90k + later_90k, one.key, slices(codec, one.data)) for one in read(data)
        ]
        assert ours == [(one.dts_90k, one.pts_90k, one.key, one.slices) for one in play(data)]

    def test_knows_the_parameters(self, stream: Footage, fragment_s: float | None) -> None:
        reader = SegmentReader(io.BytesIO(fragmented(stream, fragment_s=fragment_s)).read)
        assert reader.parameters == stream.parameters

    def test_a_key_picture_carries_its_parameter_sets(self, stream: Footage, fragment_s: float | None) -> None:
        codec = stream.parameters.codec
        for picture in read(fragmented(stream, fragment_s=fragment_s)):
            sets = nal.parameter_sets(codec, nal.split(picture.data))
            assert sets == (stream.parameters.parameter_sets if picture.key else ())


def test_live_fragments_come_one_picture_each(h264: Footage) -> None:
    muxer = FragmentMuxer(h264.parameters, fragment_s=None)
    header, *fragments = [fragment for packet in h264.packets for fragment in muxer.write(packet)]
    demuxer = FragmentDemuxer(header.data)
    pictures = [demuxer.demux(fragment.data) for fragment in fragments]
    assert [len(of_one) for of_one in pictures] == [1] * len(fragments)
    assert [of_one[0].key for of_one in pictures] == [fragment.key for fragment in fragments]


def test_a_short_read_is_read_on(h264: Footage) -> None:
    data = fragmented(h264)
    source = io.BytesIO(data)
    reader = SegmentReader(lambda size: source.read(min(size, 777)))
    assert [picture for pictures in reader.fragments() for picture in pictures] == read(data)


class TestNonsense:
    @pytest.mark.parametrize("data", [b"", b"\x00\x00\x00\x08free", b"\x7f\xff\xff\xffmoov", b"no box at all"])
    def test_is_refused(self, data: bytes) -> None:
        with pytest.raises(FragmentError):
            read(data)

    def test_a_segment_that_was_cut_is_refused_where_it_ends(self, h264: Footage) -> None:
        data = fragmented(h264)
        fragments = SegmentReader(io.BytesIO(data[: len(data) // 2]).read).fragments()
        assert next(fragments)
        with pytest.raises(FragmentError):
            list(fragments)

    @given(st.integers(0, 10**6), st.integers(0, 255), st.booleans())
    def test_a_changed_byte_is_a_picture_or_an_error(self, place: int, value: int, live: bool) -> None:
        data = bytearray(fragmented(footage(Codec.H264, seconds=1), fragment_s=None if live else 1.0))
        data[place % len(data)] = value
        try:
            pictures = read(bytes(data))
        except FragmentError:
            return
        assert sum(len(picture.data) for picture in pictures) < 4 * len(data)

    @given(st.binary(max_size=200))
    def test_never_fails_otherwise(self, junk: bytes) -> None:
        with pytest.raises(FragmentError):
            FragmentDemuxer(junk)


@pytest.mark.parametrize("codec", list(SoundCodec))
def test_sound_is_passed_over(codec: SoundCodec, stream: Footage) -> None:
    data = muxed(stream, tone(codec))
    assert SegmentReader(io.BytesIO(data).read).parameters == stream.parameters
    assert read(data) == read(fragmented(stream))
