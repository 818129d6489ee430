from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import av
import pytest

from tests.media import AT, FRAME_90K, RATE, Footage, boxes, footage, fragmented, numbers, pictures_of, play
from tests.sounds import Tone, heard, loudest_hz, loudness, muxed, tone
from vigil.errors import ArchiveError
from vigil.ingest.remux import Piece, remux
from vigil.model.media import CLOCK_RATE, Codec, SoundCodec

SECOND = timedelta(seconds=1)


def stored(folder: Path, line: Footage, *spans_s: tuple[float, float]) -> list[Piece]:
    """Segments of those spans of the footage, each with its own media time, as those of several connections have."""
    pieces = []
    for from_s, to_s in spans_s:
        path = folder / f"{from_s}.mp4"
        path.write_bytes(fragmented(Footage(line.parameters, line.between(from_s, to_s))))
        pieces.append(Piece(path, AT + from_s * SECOND))
    return pieces


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "clip.mp4"


class TestSpan:
    def test_begins_with_the_key_picture_before_and_ends_exactly(
        self, stream: Footage, tmp_path: Path, target: Path
    ) -> None:
        made = remux(stored(tmp_path, stream, (0, 8)), AT + 2.5 * SECOND, AT + 5.2 * SECOND, target)
        wanted = [packet for packet in stream.packets if AT + 2 * SECOND <= packet.at <= AT + 5.2 * SECOND]
        assert [played.slices for played in play(target)] == pictures_of(stream.parameters.codec, wanted)
        assert (made.start_at, made.end_at, made.packets) == (wanted[0].at, wanted[-1].at, len(wanted))

    @pytest.mark.parametrize(
        ("from_s", "to_s", "first", "last"),
        [
            (0, 8, 0, 199),  # all of it
            (-60, 60, 0, 199),  # more than there is
            (3, 4, 75, 100),  # from a key picture to another
            (3.48, 3.48, 75, 87),  # one moment
            (3.5, 3.5, 75, 87),  # between two pictures the first of them is shown
            (0, 0, 0, 0),
            (7.96, 60, 175, 199),
        ],
    )
    def test_the_pictures_of(
        self, h264: Footage, tmp_path: Path, target: Path, from_s: float, to_s: float, first: int, last: int
    ) -> None:
        pieces = stored(tmp_path, h264, (0, 8))
        remux(pieces, AT + from_s * SECOND, AT + to_s * SECOND, target)
        assert numbers(target) == list(range(first, last + 1))

    def test_of_several_segments(self, stream: Footage, tmp_path: Path, target: Path) -> None:
        pieces = stored(tmp_path, stream, (0, 2), (2, 4), (4, 6), (6, 8))
        made = remux(pieces, AT + 1.5 * SECOND, AT + 7 * SECOND, target)
        wanted = [packet for packet in stream.packets if AT + SECOND <= packet.at <= AT + 7 * SECOND]
        played = play(target)
        assert [one.slices for one in played] == pictures_of(stream.parameters.codec, wanted)
        assert [one.dts_90k - played[0].dts_90k for one in played] == [n * FRAME_90K for n in range(len(wanted))]
        assert made.packets == len(wanted)

    def test_a_gap_stays_as_long_as_it_was(self, stream: Footage, tmp_path: Path, target: Path) -> None:
        remux(stored(tmp_path, stream, (0, 2), (5, 8)), AT, AT + 8 * SECOND, target)
        played = play(target)
        assert len(played) == 5 * RATE
        assert played[50].dts_90k - played[49].dts_90k == 3 * 90_000 + FRAME_90K
        assert played[50].pts_90k - played[0].pts_90k == 5 * 90_000

    def test_that_begins_in_a_gap(self, h264: Footage, tmp_path: Path, target: Path) -> None:
        made = remux(stored(tmp_path, h264, (0, 2), (5, 8)), AT + 3 * SECOND, AT + 6 * SECOND, target)
        assert made.start_at == AT + 5 * SECOND
        assert numbers(target) == list(range(125, 151))

    def test_segments_that_overlap_a_little(self, h264: Footage, tmp_path: Path, target: Path) -> None:
        """After a correction of the clock a segment may begin before the last one's end."""
        pieces = stored(tmp_path, h264, (0, 2), (2, 4))
        pieces[1] = Piece(pieces[1].path, pieces[1].start_at - 0.3 * SECOND)
        remux(pieces, AT, AT + 8 * SECOND, target)
        assert numbers(target) == list(range(100))


class TestFile:
    def test_what_a_camera_sent_again_is_shown_once(self, h264: Footage, tmp_path: Path, target: Path) -> None:
        """A new connection begins with the GOP in which the one before was cut."""
        made = remux(stored(tmp_path, h264, (0, 3.6), (3, 8)), AT, AT + 8 * SECOND, target)
        assert numbers(target) == list(range(200))
        assert made.packets == 200
        assert {after.dts_90k - before.dts_90k for before, after in pairwise(play(target))} == {FRAME_90K}

    def test_begins_with_its_index(self, stream: Footage, tmp_path: Path, target: Path) -> None:
        """A browser begins to play before it has all."""
        remux(stored(tmp_path, stream, (0, 8)), AT, AT + 8 * SECOND, target)
        kinds = [kind for kind, _, _ in boxes(target.read_bytes())]
        assert kinds.index("moov") < kinds.index("mdat")
        assert "moof" not in kinds

    def test_its_time_begins_with_zero(self, stream: Footage, tmp_path: Path, target: Path) -> None:
        """Whatever the segments' media time: a player's clock shows the time since the clip's first picture."""
        remux(stored(tmp_path, stream.later(86_400), (86_402, 86_406)), AT, AT + 2 * 86_400 * SECOND, target)
        with av.open(str(target)) as container:
            frames = list(container.decode(video=0))
            times = [round(float(frame.time or 0), 3) for frame in frames]
            assert times == [round(n / RATE, 3) for n in range(100)]
            assert container.streams.video[0].average_rate == RATE
            assert container.duration == pytest.approx(4_000_000, abs=80_000)

    @pytest.mark.parametrize("b_frames", [0, 2])
    def test_h265_is_tagged_as_all_players_want_it(self, tmp_path: Path, target: Path, b_frames: int) -> None:
        line = footage(Codec.H265, b_frames=b_frames)
        remux(stored(tmp_path, line, (0, 8)), AT, AT + 8 * SECOND, target)
        data = target.read_bytes()
        assert b"hvc1" in data
        assert b"hev1" not in data

    def test_another_size_on_the_way_plays(self, h264: Footage, tmp_path: Path, target: Path) -> None:
        larger = footage(Codec.H264, seconds=2, size=(320, 192)).later(8)
        pieces = stored(tmp_path, h264, (0, 8)) + stored(tmp_path, larger, (8, 10))
        made = remux(pieces, AT, AT + 10 * SECOND, target)
        assert made.packets == 250
        with av.open(str(target)) as container:
            assert [frame.width for frame in container.decode(video=0)] == [160] * 200 + [320] * 50


class TestRefusal:
    def test_no_picture_in_that_time(self, h264: Footage, tmp_path: Path, target: Path) -> None:
        with pytest.raises(ArchiveError, match="no picture between"):
            remux(stored(tmp_path, h264, (0, 8)), AT + 60 * SECOND, AT + 90 * SECOND, target)

    def test_no_segment_at_all(self, target: Path) -> None:
        with pytest.raises(ArchiveError, match="no picture between"):
            remux([], AT, AT + SECOND, target)

    @pytest.mark.parametrize("size", [0, 8, 400])
    def test_an_altered_segment_is_named(self, h264: Footage, tmp_path: Path, target: Path, size: int) -> None:
        """Demuxing notices what was done to the header; what was done to the pictures is for the hash to tell."""
        pieces = stored(tmp_path, h264, (0, 2), (2, 4))
        pieces[1].path.write_bytes(bytes(size) + pieces[1].path.read_bytes()[size:] if size else b"")
        with pytest.raises(ArchiveError, match=r"segment 2\.mp4 cannot be read"):
            remux(pieces, AT, AT + 8 * SECOND, target)

    def test_a_segment_that_is_not_there(self, target: Path, tmp_path: Path) -> None:
        with pytest.raises(ArchiveError, match=r"segment none\.mp4 cannot be read"):
            remux([Piece(tmp_path / "none.mp4", AT)], AT, AT + SECOND, target)

    def test_another_codec_on_the_way(self, h264: Footage, tmp_path: Path, target: Path) -> None:
        h265 = footage(Codec.H265).later(8)
        pieces = stored(tmp_path, h264, (0, 8)) + stored(tmp_path, h265, (8, 16))
        with pytest.raises(ArchiveError, match="codec changed at 2026-03-02T01:00:08"):
            remux(pieces, AT, AT + 16 * SECOND, target)
        assert remux(pieces[1:], AT, AT + 16 * SECOND, target).packets == 200

    def test_a_target_that_cannot_be_written(self, h264: Footage, tmp_path: Path) -> None:
        with pytest.raises(ArchiveError, match="the clip cannot be written"):
            remux(stored(tmp_path, h264, (0, 8)), AT, AT + SECOND, tmp_path / "none" / "clip.mp4")


def with_sound(folder: Path, line: Footage, sound: Tone, *spans_s: tuple[float, float]) -> list[Piece]:
    """As `stored`; each segment's sound begins with its pictures, as that of several connections does."""
    pieces = []
    for from_s, to_s in spans_s:
        path = folder / f"{from_s}-{sound.hz}.mp4"
        path.write_bytes(muxed(Footage(line.parameters, line.between(from_s, to_s)), sound))
        pieces.append(Piece(path, AT + from_s * SECOND))
    return pieces


@pytest.mark.parametrize("codec", list(SoundCodec))
class TestSound:
    def test_it_is_joined_over_segments_without_a_hole(
        self, codec: SoundCodec, h264: Footage, tmp_path: Path, target: Path
    ) -> None:
        pieces = with_sound(tmp_path, h264, tone(codec), (0, 2), (2, 5), (5, 8))
        made = remux(pieces, AT, AT + 8 * SECOND, target)
        assert sound_in(target).startswith(b"".join(sound_in(piece.path) for piece in pieces))
        assert made.packets == len(h264.packets)
        assert numbers(target) == list(range(len(h264.packets)))
        sound = heard(target)
        assert sound.begins_s == 0
        assert sound.ends_s == pytest.approx(8, abs=0.1)
        ends = [at + len(wave) / sound.rate for at, wave in sound.parts]
        assert [at for at, _ in sound.parts[1:]] == pytest.approx(ends[:-1], abs=1e-6)
        assert loudest_hz(sound.between(0.5, 7.5), sound.rate) == pytest.approx(1000, abs=1)

    def test_it_lies_where_its_pictures_are(
        self, codec: SoundCodec, stream: Footage, tmp_path: Path, target: Path
    ) -> None:
        """A beep of a second in the archive's second 4 is in the second 2 of a clip that begins at 2."""
        beep = silence_but(tone(codec), 4, 5)
        remux(with_sound(tmp_path, stream, beep, (0, 8)), AT + 2 * SECOND, AT + 7 * SECOND, target)
        sound = heard(target)
        beep_s = [loudness(sound.between(at / 20, at / 20 + 0.05)) > 0.2 for at in range(100)]
        assert beep_s.index(True) / 20 == pytest.approx(2.0, abs=0.1)
        assert (100 - beep_s[::-1].index(True)) / 20 == pytest.approx(3.0, abs=0.15)  # units of 64 ms overlap

    def test_where_none_was_recorded_there_is_silence(
        self, codec: SoundCodec, h264: Footage, tmp_path: Path, target: Path
    ) -> None:
        """Before, between and behind segments with sound, and in the middle of one; and browsers see no hole."""
        silent = stored(tmp_path, h264, (0, 2), (4, 6))
        loud = with_sound(tmp_path, h264, tone(codec), (2, 4), (6, 7))
        pieces = [silent[0], loud[0], silent[1], loud[1], *stored(tmp_path, h264, (7, 8))]
        remux(pieces, AT, AT + 8 * SECOND, target)
        assert numbers(target) == list(range(len(h264.packets)))
        sound = heard(target)
        for from_s, to_s, is_loud in ((0, 1.8, 0), (2.2, 3.8, 1), (4.2, 5.8, 0), (6.2, 6.8, 1), (7.2, 7.9, 0)):
            assert (loudness(sound.between(from_s, to_s)) > 0.3) == bool(is_loud), from_s
        ends = [at + len(wave) / sound.rate for at, wave in sound.parts]
        assert [at for at, _ in sound.parts[1:]] == pytest.approx(ends[:-1], abs=1e-6)
        assert sound.ends_s == pytest.approx(8, abs=0.2)

    def test_a_gap_is_silence_of_the_same_length(
        self, codec: SoundCodec, h264: Footage, tmp_path: Path, target: Path
    ) -> None:
        remux(with_sound(tmp_path, h264, tone(codec), (0, 2), (6, 8)), AT, AT + 8 * SECOND, target)
        sound = heard(target)
        assert loudness(sound.between(2.2, 5.8)) < 0.01
        assert loudness(sound.between(6.2, 7.8)) > 0.3

    def test_what_two_segments_have_is_heard_once(
        self, codec: SoundCodec, h264: Footage, tmp_path: Path, target: Path
    ) -> None:
        remux(with_sound(tmp_path, h264, tone(codec), (0, 3.6), (3, 8)), AT, AT + 8 * SECOND, target)
        assert heard(target).ends_s == pytest.approx(8, abs=0.2)

    def test_another_kind_of_sound_is_silence(
        self, codec: SoundCodec, h264: Footage, tmp_path: Path, target: Path
    ) -> None:
        other = next(one for one in SoundCodec if one is not codec)
        first = with_sound(tmp_path, h264, tone(codec), (0, 4))
        second = with_sound(tmp_path, h264, tone(other, hz=800), (4, 8))
        remux([*first, *second], AT, AT + 8 * SECOND, target)
        sound = heard(target)
        assert loudness(sound.between(0.2, 3.8)) > 0.3
        assert loudness(sound.between(4.3, 7.8)) < 0.01


def sound_in(path: Path) -> bytes:
    with av.open(str(path)) as container:
        return b"".join(bytes(packet) for packet in container.demux(container.streams.audio[0]))


def silence_but(sound: Tone, from_s: float, to_s: float) -> Tone:
    pieces = tuple(one for one in sound.pieces if from_s <= one.time_90k / CLOCK_RATE < to_s)
    return replace(sound, pieces=pieces)


def test_a_clip_without_sound_has_no_track_of_it(h264: Footage, tmp_path: Path, target: Path) -> None:
    remux(stored(tmp_path, h264, (0, 8)), AT, AT + 8 * SECOND, target)
    with av.open(str(target)) as container:
        assert not container.streams.audio
