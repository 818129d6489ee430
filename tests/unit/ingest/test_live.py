from __future__ import annotations

from dataclasses import replace

import pytest

from tests.media import AT, RATE, Footage, footage, numbers
from vigil.ingest import live
from vigil.ingest.live import LiveTap
from vigil.ingest.mux import FragmentMuxer
from vigil.model import nal
from vigil.model.media import Codec, Fragment, GapCause, Packet, StreamParameters


class Viewers:
    """Keeps what a tap emits, one list for each time it began anew."""

    def __init__(self) -> None:
        self.films: list[list[Fragment]] = []
        self.told: list[tuple[StreamParameters, str]] = []
        self.tap = LiveTap(self._emit)

    def _emit(self, parameters: StreamParameters, codecs: str, fragment: Fragment) -> None:
        if fragment.init:
            self.films.append([])
            self.told.append((parameters, codecs))
        self.films[-1].append(fragment)

    def send(self, line: Footage, from_s: float = 0, to_s: float = 60) -> None:
        self.tap.begin(line.parameters)
        self.go_on(line, from_s, to_s)

    def go_on(self, line: Footage, from_s: float, to_s: float = 60) -> None:
        for packet in line.between(from_s, to_s):
            self.tap.packet(packet)

    def shown(self, film: int = -1) -> list[int]:
        return numbers(b"".join(fragment.data for fragment in self.films[film]))


@pytest.fixture
def viewers() -> Viewers:
    return Viewers()


class Counting(FragmentMuxer):
    made = 0

    def __init__(self, parameters: StreamParameters, *, fragment_s: float | None) -> None:
        Counting.made += 1
        super().__init__(parameters, fragment_s=fragment_s)


def test_while_nobody_watches_nothing_is_muxed(
    viewers: Viewers, h264: Footage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "FragmentMuxer", Counting)
    monkeypatch.setattr(Counting, "made", 0)
    viewers.send(h264)
    viewers.tap.watch()
    viewers.tap.unwatch()
    after = viewers.films[-1].copy()
    viewers.go_on(h264.later(8), 8)
    assert Counting.made == 1
    assert viewers.films == [after]


def test_begins_with_the_current_gop_at_once(viewers: Viewers, stream: Footage) -> None:
    viewers.send(stream, 0, 3.6)
    viewers.tap.watch()
    header, first, *_ = viewers.films[0]
    assert header.init
    assert first.key
    # The newest picture waits for the next, which tells how long it lasts.
    assert len(viewers.films[0]) == 15
    viewers.go_on(stream, 3.6)
    assert viewers.shown()[0] == 3 * RATE


def test_says_whether_somebody_wants_each_picture_at_once(viewers: Viewers) -> None:
    assert not viewers.tap.watched
    viewers.tap.watch()
    assert viewers.tap.watched
    viewers.tap.unwatch()
    assert not viewers.tap.watched


def test_shows_every_picture_from_there_on(viewers: Viewers, h264: Footage) -> None:
    viewers.send(h264, 0, 3.6)
    viewers.tap.watch()
    viewers.go_on(h264, 3.6)
    assert viewers.shown() == list(range(75, 199))


def test_watched_before_the_camera_is_there(viewers: Viewers, h264: Footage) -> None:
    viewers.tap.watch()
    viewers.send(h264)
    assert viewers.shown() == list(range(199))


def test_begins_anew_for_one_who_comes_later(viewers: Viewers, h264: Footage) -> None:
    viewers.send(h264, 0, 2.4)
    viewers.tap.watch()
    viewers.go_on(h264, 2.4, 5.2)
    viewers.tap.watch()
    viewers.go_on(h264, 5.2)
    assert viewers.shown(0) == list(range(50, 129))
    assert viewers.shown(1) == list(range(125, 199))


def test_a_pause_without_viewers_costs_nothing_later(viewers: Viewers, h264: Footage) -> None:
    viewers.send(h264, 0, 2)
    viewers.tap.watch()
    viewers.tap.unwatch()
    viewers.go_on(h264, 2, 6.2)
    viewers.tap.watch()
    viewers.go_on(h264, 6.2)
    assert viewers.shown() == list(range(150, 199))


def test_other_parameters_begin_anew(viewers: Viewers, h264: Footage) -> None:
    larger = footage(Codec.H265, seconds=2, size=(320, 192))
    viewers.send(h264, 0, 2)
    viewers.tap.watch()
    viewers.tap.lost(AT, GapCause.DAMAGE)
    viewers.send(larger)
    assert [parameters for parameters, _ in viewers.told] == [h264.parameters, larger.parameters]
    assert [codecs[:5] for _, codecs in viewers.told] == ["avc1.", "hvc1."]
    assert viewers.shown() == list(range(49))


def test_nothing_of_a_lost_camera_is_shown_again(viewers: Viewers, h264: Footage) -> None:
    viewers.send(h264)
    viewers.tap.lost(AT, GapCause.CAMERA)
    viewers.tap.watch()
    assert viewers.films == []


class TestBound:
    """Of the bytes that are kept of a GOP, lesson 9."""

    def long_gop(self, line: Footage) -> list[Packet]:
        """Its third picture goes over the bound."""
        key, *others = (replace(packet, data=packet.data + b"\x01" * 6_000_000) for packet in line.packets[:6])
        return [key, *others]

    @pytest.mark.lesson(9)
    def test_a_gop_too_long_is_not_kept(self, viewers: Viewers, h264: Footage) -> None:
        viewers.tap.begin(h264.parameters)
        for packet in self.long_gop(h264):
            viewers.tap.packet(packet)
        viewers.tap.watch()
        assert viewers.films == []
        viewers.go_on(h264, 1)
        assert viewers.shown() == list(range(25, 199))

    def test_who_watches_already_goes_on(self, viewers: Viewers, h264: Footage) -> None:
        viewers.tap.watch()
        viewers.tap.begin(h264.parameters)
        for packet in self.long_gop(h264):
            viewers.tap.packet(packet)
        assert len(viewers.films[0]) == 1 + 5


class TestFailure:
    """The recorder hangs on the same reader: nothing that goes wrong for viewers may come out of here."""

    @pytest.mark.lesson(2)
    def test_a_picture_that_cannot_be_muxed_costs_its_gop(self, viewers: Viewers, h264: Footage) -> None:
        packets = list(h264.packets)
        packets[60] = replace(packets[60], dts_90k=0)  # the muxer refuses times that go back
        viewers.tap.watch()
        viewers.send(Footage(h264.parameters, tuple(packets)))
        assert len(viewers.films) == 2
        assert viewers.shown(0) == list(range(59))
        assert viewers.shown(1) == list(range(75, 199))

    def test_one_in_the_gop_that_is_kept(self, viewers: Viewers, h264: Footage) -> None:
        packets = list(h264.packets)
        packets[60] = replace(packets[60], dts_90k=0)
        line = Footage(h264.parameters, tuple(packets))
        viewers.send(line, 0, 2.8)
        viewers.tap.watch()
        viewers.go_on(line, 2.8)
        assert viewers.shown() == list(range(75, 199))

    def test_parameter_sets_that_name_no_codec(self, viewers: Viewers, h264: Footage) -> None:
        short = tuple(unit[:2] for unit in h264.parameters.parameter_sets)
        viewers.tap.watch()
        viewers.send(Footage(replace(h264.parameters, parameter_sets=short), h264.packets))
        assert viewers.films == []


@pytest.mark.parametrize("codec", list(Codec))
def test_tells_the_codec_as_browsers_want_it(viewers: Viewers, codec: Codec) -> None:
    line = footage(codec)
    viewers.send(line, 0, 1)
    viewers.tap.watch()
    assert viewers.told == [(line.parameters, nal.codec_string(codec, line.parameters.parameter_sets))]
