from __future__ import annotations

from itertools import pairwise

import pytest

from tests.media import RATE, Footage, boxes, fragmented, numbers, pictures_of, play
from vigil.ingest.mux import FragmentMuxer
from vigil.model.media import Codec, Fragment


def fragments_of(footage: Footage, fragment_s: float | None) -> list[Fragment]:
    muxer = FragmentMuxer(footage.parameters, fragment_s=fragment_s)
    return [fragment for packet in footage.packets for fragment in muxer.write(packet)] + muxer.close()


@pytest.mark.parametrize("fragment_s", [1.0, None])
class TestBoth:
    def test_begins_with_the_header_and_goes_on_with_fragments(self, stream: Footage, fragment_s: float | None) -> None:
        header, *fragments = fragments_of(stream, fragment_s)
        assert [kind for kind, _, _ in boxes(header.data)] == ["ftyp", "moov"]
        assert header.init
        assert not header.key
        for fragment in fragments:
            assert not fragment.init
            assert [kind for kind, _, _ in boxes(fragment.data)] == ["moof", "mdat"]

    def test_all_together_play_every_picture_once(self, stream: Footage, fragment_s: float | None) -> None:
        data = fragmented(stream, fragment_s=fragment_s)
        codec = stream.parameters.codec
        assert [played.slices for played in play(data)] == pictures_of(codec, stream.packets)
        assert numbers(data) == list(range(len(stream.packets)))

    def test_times_are_kept(self, stream: Footage, fragment_s: float | None) -> None:
        """Also those of a stream that has been connected for forty days, and shows pictures out of order."""
        later = stream.later(40 * 86_400)
        played = play(fragmented(later, fragment_s=fragment_s))
        assert [(one.dts_90k, one.pts_90k) for one in played] == [
            (packet.dts_90k, packet.pts_90k) for packet in later.packets
        ]
        assert [one.key for one in played] == [packet.key for packet in later.packets]

    def test_says_where_a_player_can_begin(self, stream: Footage, fragment_s: float | None) -> None:
        header, *fragments = fragments_of(stream, fragment_s)
        for fragment in fragments:
            played = play(header.data + fragment.data)
            assert fragment.key == played[0].key

    def test_a_player_may_begin_at_any_key_fragment(self, stream: Footage, fragment_s: float | None) -> None:
        header, *fragments = fragments_of(stream, fragment_s)
        keys = [index for index, fragment in enumerate(fragments) if fragment.key]
        rest = b"".join(fragment.data for fragment in fragments[keys[4] :])
        assert numbers(header.data + rest) == list(range(4 * RATE, len(stream.packets)))


def test_a_fragment_is_no_longer_than_a_second(stream: Footage) -> None:
    header, *fragments = fragments_of(stream, 1.0)
    assert all(len(play(header.data + fragment.data)) <= RATE for fragment in fragments)


def test_without_key_pictures_too(h264: Footage) -> None:
    """A camera with a GOP of ten seconds: a crash may still cost only one."""
    long = Footage(h264.parameters, h264.packets[:1] + tuple(one for one in h264.packets if not one.key))
    muxer = FragmentMuxer(long.parameters, fragment_s=1.0)
    ready = [len(muxer.write(packet)) for packet in long.packets]
    assert sum(ready) == 1 + 7
    assert [fragment.key for fragment in muxer.close()] == [False]


def test_a_picture_leaves_when_the_next_one_comes(stream: Footage) -> None:
    """Live: one picture of delay, no more."""
    muxer = FragmentMuxer(stream.parameters, fragment_s=None)
    counts = [len(muxer.write(packet)) for packet in stream.packets]
    assert counts == [0, 2] + [1] * (len(stream.packets) - 2)
    assert len(muxer.close()) == 1


def test_h265_is_tagged_as_all_players_want_it(stream: Footage) -> None:
    header = fragments_of(stream, None)[0].data
    assert (b"hvc1" in header) == (stream.parameters.codec is Codec.H265)
    assert b"hev1" not in header


def test_irregular_times_are_kept(h264: Footage) -> None:
    """A camera that skips pictures in the dark."""
    sparse = Footage(h264.parameters, tuple(one for n, one in enumerate(h264.packets) if one.key or n % 7 == 0))
    played = play(fragmented(sparse))
    assert [one.dts_90k for one in played] == [packet.dts_90k for packet in sparse.packets]
    assert len({b.dts_90k - a.dts_90k for a, b in pairwise(played)}) > 2


def test_a_single_picture_is_a_file(h264: Footage) -> None:
    assert numbers(fragmented(Footage(h264.parameters, h264.packets[:1]))) == [0]
