"""Sound as the second track of a segment, read back by libav, which did not write it."""

from __future__ import annotations

import io
from dataclasses import replace
from itertools import pairwise

import av
import pytest

from tests.media import AT, Footage, boxes, fragmented, numbers, pictures_of, play
from tests.sounds import Tone, heard, loudest_hz, loudness, muxed, tone
from vigil.ingest.mux import FragmentMuxer
from vigil.ingest.sound_track import LEAD_S
from vigil.model.media import CLOCK_RATE, Sound, SoundCodec

FORTY_DAYS_S = 40 * 86_400
CODECS = pytest.mark.parametrize("codec", list(SoundCodec))


@CODECS
def test_it_plays_beside_the_same_pictures(codec: SoundCodec, stream: Footage) -> None:
    data = muxed(stream, tone(codec))
    assert [one.slices for one in play(data)] == pictures_of(stream.parameters.codec, stream.packets)
    assert [(one.dts_90k, one.pts_90k) for one in play(data)] == [(one.dts_90k, one.pts_90k) for one in stream.packets]
    assert numbers(data) == list(range(len(stream.packets)))
    sound = heard(data)
    assert sound.rate == 16_000
    assert loudest_hz(sound.between(1.0, 7.0), sound.rate) == pytest.approx(1000.0, abs=1.0)


@CODECS
@pytest.mark.parametrize("later_s", [0, 1.5, FORTY_DAYS_S])
def test_its_time_is_that_of_its_pictures(codec: SoundCodec, later_s: float, stream: Footage) -> None:
    """Whatever the stream's clock says, and where pictures are shown later than they are decoded."""
    line = stream.later(later_s)
    data = muxed(line, tone(codec))
    assert heard(data).begins_s == pytest.approx(line.packets[0].pts_90k / CLOCK_RATE, abs=0.001)


def test_lpcm_is_exact(h264: Footage) -> None:
    sound = tone(SoundCodec.LPCM)
    data = muxed(h264, sound)
    with av.open(io.BytesIO(data), "r") as container:
        stream = container.streams.audio[0]
        assert stream.codec_context.name == "pcm_s16le"
        sent = b"".join(piece.data for piece in sound.pieces)
        came = b"".join(bytes(packet) for packet in container.demux(stream))
    assert len(came) >= 7.9 * 2 * 16_000
    assert came == sent[: len(came)]


def test_aac_is_as_it_came(h264: Footage) -> None:
    sound = tone(SoundCodec.AAC)
    with av.open(io.BytesIO(muxed(h264, sound)), "r") as container:
        stream = container.streams.audio[0]
        assert bytes(stream.codec_context.extradata or b"") == sound.parameters.config
        came = [bytes(packet) for packet in container.demux(stream) if packet.size]
    assert len(came) > 120
    assert came == [piece.data for piece in sound.pieces][: len(came)]


@CODECS
def test_what_comes_late_has_its_own_time(codec: SoundCodec, h264: Footage) -> None:
    """Also sound of before the segment's first picture."""
    muxer = FragmentMuxer(h264.parameters, fragment_s=0.3, sound=tone(codec).parameters)
    line = h264.later(100.0)
    data = b"".join(fragment.data for packet in line.packets[:50] for fragment in muxer.write(packet))
    for piece in tone(codec).pieces[:20]:
        assert muxer.hear(replace(piece, time_90k=piece.time_90k + round(99.5 * CLOCK_RATE)))
    data += b"".join(fragment.data for fragment in muxer.close())
    assert heard(data).begins_s == pytest.approx(99.5, abs=0.001)


@CODECS
def test_it_holds_no_picture_back(codec: SoundCodec, h264: Footage) -> None:
    """The pictures' fragments come at the same packets, and are the same but for their number, whether sound comes or not."""

    def fragments(parameters: Tone | None, every: int) -> list[list[bytes]]:
        sound = parameters.parameters if parameters else None
        muxer = FragmentMuxer(h264.parameters, fragment_s=0.3, sound=sound)
        came = []
        for index, packet in enumerate(h264.packets):
            made = [fragment.data for fragment in muxer.write(packet) if not fragment.init]
            came.append([data[:20] + data[24:] for data in made if b"avcC" not in data and _track(data) == 1])
            if parameters and every and index % every == 0:
                muxer.hear(parameters.pieces[index // every])
        return came

    silent = fragments(None, 0)
    assert sum(map(len, silent)) >= 20
    assert fragments(tone(codec), 0) == silent
    assert fragments(tone(codec), 2) == silent


def _track(fragment: bytes) -> int:
    at = fragment.index(b"tfhd")
    return int.from_bytes(fragment[at + 8 : at + 12], "big")


@CODECS
def test_its_fragments_are_as_short_and_numbered_with_those_of_the_pictures(codec: SoundCodec, h264: Footage) -> None:
    data = muxed(h264, tone(codec))
    kinds = [kind for kind, _, _ in boxes(data)]
    assert kinds[:2] == ["ftyp", "moov"]
    assert kinds[2:] == ["moof", "mdat"] * (len(kinds) // 2 - 1)
    moofs = [data[begin:end] for kind, begin, end in boxes(data) if kind == "moof"]
    assert [int.from_bytes(moof[20:24], "big") for moof in moofs] == list(range(1, len(moofs) + 1))
    tracks = [_track(moof) for moof in moofs]
    assert tracks.count(2) >= 20
    assert all(pair != (2, 2) for pair in pairwise(tracks))


@CODECS
def test_a_hole_is_silence_and_nothing_moves(codec: SoundCodec, h264: Footage) -> None:
    sound = heard(muxed(h264, tone(codec), without=(3.0, 5.0)))
    assert loudness(sound.between(1.0, 2.9)) > 0.3
    assert loudness(sound.between(3.2, 4.9)) == 0
    assert loudness(sound.between(5.3, 7.0)) > 0.3


def test_small_steps_of_its_clock_make_no_hole(h264: Footage) -> None:
    pieces = [replace(one, time_90k=one.time_90k + 90 * (index * 7 % 41)) for index, one in enumerate(tone().pieces)]
    sound = heard(muxed(h264, replace(tone(), pieces=tuple(pieces))))
    ends = [at + len(wave) / sound.rate for at, wave in sound.parts]
    assert [at for at, _ in sound.parts[1:]] == pytest.approx(ends[:-1], abs=1e-6)


def test_what_comes_twice_is_there_once(h264: Footage) -> None:
    muxer = FragmentMuxer(h264.parameters, fragment_s=0.3, sound=tone().parameters)
    data = b"".join(fragment.data for packet in h264.packets[:50] for fragment in muxer.write(packet))
    taken = [muxer.hear(piece) for piece in (*tone().pieces[:10], *tone().pieces[:10])]
    assert taken == [True] * 10 + [False] * 9 + [True]  # the last one is due so little too early that it goes on
    data += b"".join(fragment.data for fragment in muxer.close())
    assert heard(data).ends_s == pytest.approx(11 * 1024 / 16_000, abs=0.001)


def test_more_than_the_lead_too_early_or_before_all_pictures_it_has_no_place(h264: Footage) -> None:
    muxer = FragmentMuxer(h264.parameters, fragment_s=0.3, sound=tone().parameters)
    (piece,) = tone().pieces[:1]
    assert not muxer.hear(piece)
    muxer.write(h264.later(100).packets[0])
    assert not muxer.hear(replace(piece, time_90k=round((100 - LEAD_S - 0.1) * CLOCK_RATE)))
    assert muxer.hear(replace(piece, time_90k=round((100 - LEAD_S + 0.1) * CLOCK_RATE)))


def test_a_track_of_which_nothing_came(h264: Footage) -> None:
    data = muxed(h264, replace(tone(), pieces=()))
    assert numbers(data) == list(range(len(h264.packets)))
    with av.open(io.BytesIO(data), "r") as container:
        assert [packet for packet in container.demux(container.streams.audio[0]) if packet.size] == []


def test_without_it_the_file_is_as_it_was(h264: Footage) -> None:
    muxer = FragmentMuxer(h264.parameters, fragment_s=1.0)
    assert not muxer.hear(Sound(b"1", 1, 0, AT))
    assert b"soun" not in fragmented(h264)
