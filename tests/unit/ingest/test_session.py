from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.media import AT, FRAME, FRAME_90K, RATE, Footage, footage, without_sets
from tests.sinks import KeptSink
from vigil.clock import FakeClock
from vigil.ingest.opening import HLS_SETTLE_S
from vigil.ingest.session import ParametersChanged, Session
from vigil.ingest.source import SETTLE_S, RawPacket, RawSound
from vigil.ingest.timeline import Broken
from vigil.model import nal
from vigil.model.media import CLOCK_RATE, Codec, GapCause, Packet, StreamParameters


class Camera:
    """Feeds a session in real time, as a fake clock goes."""

    def __init__(self, parameters: StreamParameters, settle_s: float = SETTLE_S, *, hears: bool = False) -> None:
        self.clock = FakeClock(AT)
        self.sink = KeptSink()
        self.other = KeptSink()
        self.session = Session(
            parameters, [self.sink, self.other], self.clock, settle_s=settle_s, hears=self.sink if hears else None
        )

    def send(self, packets: list[RawPacket]) -> list[Broken]:
        broken = []
        for raw in packets:
            broken.append(self.session.take(raw))
            self.clock.advance(1 / RATE)
        return [one for one in broken if one is not None]


@pytest.fixture
def camera(h264: Footage) -> Camera:
    return Camera(h264.parameters)


def moved(raw: RawPacket, by_90k: int) -> RawPacket:
    dts = None if raw.dts_90k is None else raw.dts_90k + by_90k
    return replace(raw, dts_90k=dts, pts_90k=None if raw.pts_90k is None else raw.pts_90k + by_90k)


def untimed(raw: RawPacket) -> RawPacket:
    return replace(raw, dts_90k=None, pts_90k=None)


class TestOrder:
    def test_every_sink_gets_every_packet(self, stream: Footage) -> None:
        camera = Camera(stream.parameters)
        camera.send(stream.raw)
        camera.session.close(GapCause.CAMERA)
        assert camera.sink.packets == list(stream.packets)
        assert camera.other.packets == list(stream.packets)
        assert camera.sink.time_lines[0].parameters == stream.parameters
        assert camera.sink.losses == [(stream.packets[-1].at, GapCause.CAMERA)]

    def test_begins_with_a_key_picture(self, camera: Camera, h264: Footage) -> None:
        camera.send(h264.raw[10:60])
        assert camera.sink.packets[0].dts_90k == h264.packets[RATE].dts_90k
        assert camera.session.open

    def test_nothing_is_told_of_a_stream_that_never_had_a_key_picture(self, camera: Camera, h264: Footage) -> None:
        camera.send([raw for raw in h264.raw if not raw.key])
        camera.session.close(GapCause.CAMERA)
        assert camera.sink.time_lines == []

    def test_the_first_second_is_held_back(self, camera: Camera, h264: Footage) -> None:
        camera.send(h264.raw[:RATE])
        assert not camera.session.open
        camera.send(h264.raw[RATE : RATE + 1])
        assert len(camera.sink.packets) == RATE + 1

    def test_pieces_of_a_playlist_are_never_dated_before_they_came(self, h264: Footage) -> None:
        """The first was ready for 2 s when it was loaded: it alone would date those that follow 2 s into the future."""
        camera = Camera(h264.parameters, HLS_SETTLE_S)
        line = [*h264.raw, *h264.later(8).raw]
        pieces = [line[begin : begin + 4 * RATE] for begin in range(0, len(line), 4 * RATE)]
        for piece, pause_s in zip(pieces, (0, 2, 4, 4), strict=True):
            camera.clock.advance(pause_s)
            for raw in piece:
                camera.session.take(raw)
        assert len(camera.sink.packets) == len(line)
        assert camera.sink.packets[-1].at == camera.clock.now()

    @pytest.mark.lesson(9)
    def test_what_is_held_is_bounded_in_bytes(self, camera: Camera, h264: Footage) -> None:
        huge = replace(h264.raw[0], data=h264.raw[0].data + b"\x01" * 17 * 1024 * 1024)
        camera.session.take(huge)
        assert camera.session.open

    def test_what_is_held_is_passed_on_at_the_end(self, camera: Camera, h264: Footage) -> None:
        camera.send(h264.raw[:5])
        camera.session.close(GapCause.NODE)
        assert len(camera.sink.packets) == 5
        assert camera.sink.losses == [(camera.sink.packets[-1].at, GapCause.NODE)]
        camera.session.close(GapCause.NODE)  # telling it twice would fail in the sink

    def test_a_burst_is_dated_back(self, camera: Camera, h264: Footage) -> None:
        """The server sends its newest GOP at once; its pictures were taken before now."""
        for raw in h264.raw[: 2 * RATE]:
            camera.session.take(raw)
        camera.clock.advance(1 / RATE)
        camera.send(h264.raw[2 * RATE : 4 * RATE])
        assert camera.sink.packets[2 * RATE].at == AT + FRAME
        assert camera.sink.packets[0].at == AT + FRAME - timedelta(seconds=2)

    def test_a_wall_clock_set_back_does_not_hold_packets_for_hours(self, camera: Camera, h264: Footage) -> None:
        camera.send(h264.raw[:5])
        camera.clock.at -= timedelta(hours=1)
        camera.send(h264.raw[5 : 2 * RATE])
        assert camera.session.open


class TestLateness:
    """What tells the reader whether it keeps up."""

    def test_is_not_known_before_the_wall_time_is(self, camera: Camera, h264: Footage) -> None:
        camera.send(h264.raw[:RATE])
        assert camera.session.late_s is None

    def test_is_that_of_the_newest_packet(self, camera: Camera, h264: Footage) -> None:
        camera.send(h264.raw[: 2 * RATE])
        assert camera.session.late_s == 0
        camera.clock.advance(0.3)
        camera.send(h264.raw[2 * RATE : 2 * RATE + 1])
        assert camera.session.late_s == pytest.approx(0.3)


@pytest.mark.parametrize("data", [b"", b"\x00" * 3, b"\x00\x00\x00\x01", b"no start code"])
def test_a_packet_without_a_picture_is_left_out(camera: Camera, h264: Footage, data: bytes) -> None:
    """It would make every file unreadable that it went into."""
    raw = list(h264.raw)
    raw[30] = replace(raw[30], data=data)
    assert camera.send(raw) == []
    assert [packet.data for packet in camera.sink.packets] == [
        one.data for n, one in enumerate(h264.packets) if n != 30
    ]


class TestUntimed:
    """FFmpeg has no time for the first pictures of some servers."""

    @pytest.mark.parametrize("count", [1, 3, 12, 30])
    def test_no_picture_is_lost(self, camera: Camera, h264: Footage, count: int) -> None:
        camera.send([untimed(raw) for raw in h264.raw[:count]] + h264.raw[count:])
        assert [packet.data for packet in camera.sink.packets] == [packet.data for packet in h264.packets]
        steps = [b.dts_90k - a.dts_90k for a, b in zip(camera.sink.packets, camera.sink.packets[1:], strict=False)]
        assert set(steps) == {FRAME_90K}

    def test_in_the_middle_it_comes_just_behind(self, camera: Camera, h264: Footage) -> None:
        camera.send([*h264.raw[:50], untimed(h264.raw[50]), *h264.raw[51:60]])
        assert len(camera.sink.packets) == 60
        assert camera.sink.packets[50].dts_90k == camera.sink.packets[49].dts_90k + 1


class TestParameterSets:
    @pytest.mark.parametrize("codec", list(Codec))
    def test_are_put_in_band(self, codec: Codec) -> None:
        told = footage(codec)
        camera = Camera(told.parameters)
        camera.send([without_sets(raw, codec) for raw in told.raw])
        for packet in camera.sink.packets:
            sets = nal.parameter_sets(codec, nal.split(packet.data))
            assert sets == (told.parameters.parameter_sets if packet.key else ())

    @pytest.mark.parametrize("codec", list(Codec))
    def test_those_lacking_are_added(self, codec: Codec) -> None:
        """A camera that repeats only its PPS; the SPS is in the SDP."""
        told = footage(codec)
        camera = Camera(told.parameters)
        pps = told.parameters.parameter_sets[-1]
        bare = [without_sets(raw, codec) for raw in told.raw]
        camera.send([replace(raw, data=nal.join([pps]) + raw.data) if raw.key else raw for raw in bare])
        keys = [packet for packet in camera.sink.packets if packet.key]
        assert len(keys) == 8
        assert all(nal.parameter_sets(codec, nal.split(key.data)) == told.parameters.parameter_sets for key in keys)

    def test_what_is_in_the_stream_is_right_and_the_sdp_may_be_old(self, h264: Footage) -> None:
        other = footage(Codec.H264, seconds=2, size=(320, 192)).parameters
        camera = Camera(replace(h264.parameters, parameter_sets=other.parameter_sets))
        camera.send(h264.raw)
        assert camera.sink.time_lines[0].parameters.parameter_sets == h264.parameters.parameter_sets

    def test_another_sps_asks_for_a_new_connection(self, camera: Camera, h264: Footage) -> None:
        larger = footage(Codec.H264, seconds=2, size=(320, 192)).later(8)
        camera.send(h264.raw)
        with pytest.raises(ParametersChanged):
            camera.session.take(larger.raw[0])
        camera.session.close(GapCause.DAMAGE)
        assert len(camera.sink.packets) == len(h264.packets)
        assert camera.sink.losses == [(h264.packets[-1].at, GapCause.DAMAGE)]

    def test_another_pps_is_used_from_then_on(self, camera: Camera, h264: Footage) -> None:
        sps, pps = h264.parameters.parameter_sets
        new = pps + b"\x01"
        second = [without_sets(raw, Codec.H264) for raw in h264.later(8).raw]
        second[0] = replace(second[0], data=nal.join([sps, new]) + second[0].data)
        camera.send(h264.raw + second)
        last_key = [packet for packet in camera.sink.packets if packet.key][-1]
        assert nal.parameter_sets(Codec.H264, nal.split(last_key.data)) == (sps, new)


class TestBreaks:
    @pytest.mark.parametrize("by_s", [3600, -5])
    @pytest.mark.lesson(4)
    def test_a_jump_ends_the_time_line_and_begins_another(self, camera: Camera, h264: Footage, by_s: int) -> None:
        after = [moved(raw, by_s * 90_000) for raw in h264.raw[100:]]
        broken = camera.send(h264.raw[:100] + after)
        camera.session.close(GapCause.CAMERA)
        assert len(broken) == 1
        one, two = camera.sink.time_lines
        assert one.lost == (h264.packets[99].at, GapCause.DAMAGE)
        assert [packet.data for packet in one.packets] == [packet.data for packet in h264.packets[:100]]
        assert [packet.data for packet in two.packets] == [packet.data for packet in h264.packets[100:]]
        assert two.packets[0].at == one.packets[-1].at + FRAME

    def test_a_jump_within_a_gop_costs_the_rest_of_it(self, camera: Camera, h264: Footage) -> None:
        camera.send(h264.raw[:60] + [moved(raw, 10**9) for raw in h264.raw[60:]])
        one, two = camera.sink.time_lines
        assert len(one.packets) == 60
        assert two.packets[0].data == h264.packets[75].data

    def test_a_jump_while_packets_are_held_loses_none(self, camera: Camera, h264: Footage) -> None:
        camera.send(h264.raw[15:30] + [moved(raw, 10**9) for raw in h264.raw[50:]])
        one, two = camera.sink.time_lines
        assert [packet.data for packet in one.packets] == [packet.data for packet in h264.packets[25:30]]
        assert [packet.data for packet in two.packets] == [packet.data for packet in h264.packets[50:]]

    def test_a_small_step_back_loses_nothing(self, camera: Camera, h264: Footage) -> None:
        raw = list(h264.raw)
        raw[50], raw[51] = raw[51], raw[50]
        assert camera.send(raw) == []
        assert len(camera.sink.packets) == len(h264.packets)

    @pytest.mark.parametrize("by", [timedelta(hours=1), -timedelta(hours=1)])
    @pytest.mark.lesson(5)
    def test_a_wall_clock_that_was_set_begins_another(self, camera: Camera, by: timedelta) -> None:
        long = [moved(raw, loop * 8 * 90_000) for loop in range(12) for raw in footage(Codec.H264).raw]
        broken = camera.send(long[: 25 * RATE])
        camera.clock.at += by
        broken += camera.send(long[25 * RATE :])
        assert [one.reason for one in broken] == [f"stream and wall clock are {by.total_seconds():.0f} s apart"]
        one, two = camera.sink.time_lines
        assert one.lost is not None
        assert one.lost[1] is GapCause.DAMAGE
        assert two.packets[-1].at == camera.clock.now() - FRAME


class TestSound:
    def hear(
        self, line: Footage, *, hears: bool = True, off_s: float = 0.0, raw: list[RawPacket] | None = None
    ) -> Camera:
        """A piece of sound `off_s` beside each picture."""
        camera = Camera(line.parameters, hears=hears)
        for one in line.raw if raw is None else raw:
            camera.session.hear(RawSound(b"sound", 640, (one.pts_90k or 0) + round(off_s * CLOCK_RATE)))
            camera.send([one])
        return camera

    def test_it_is_dated_as_its_pictures_are(self, stream: Footage) -> None:
        """Also where pictures are shown later than they are decoded: the file begins with the first one."""
        camera = self.hear(stream)
        (line,) = camera.sink.time_lines
        lead_90k = stream.packets[0].pts_90k - stream.packets[0].dts_90k
        later = {one.pts_90k: (one.at, one.pts_90k - one.dts_90k - lead_90k) for one in line.packets}
        shown = {pts: at + timedelta(seconds=by_90k / CLOCK_RATE) for pts, (at, by_90k) in later.items()}
        assert len(line.heard) >= len(line.packets) - 3
        for sound in line.heard:
            assert abs(sound.at - shown[sound.time_90k]) < timedelta(milliseconds=1)

    def test_only_who_wants_it_is_given_any(self, h264: Footage) -> None:
        camera = self.hear(h264)
        assert camera.sink.time_lines[0].heard
        assert not camera.other.time_lines[0].heard
        assert not self.hear(h264, hears=False).sink.time_lines[0].heard

    def test_it_changes_nothing_for_the_pictures(self, h264: Footage) -> None:
        for off_s in (0.0, 1.5, -1.5, 3600.0):
            with_sound = self.hear(h264, off_s=off_s)
            assert with_sound.sink.packets == self.hear(h264, hears=False).sink.packets
            assert with_sound.session.drift_s == 0

    def test_what_is_held_back_comes_among_its_pictures(self, h264: Footage) -> None:
        """Where pieces of a playlist come every ten seconds, sound must not come ten seconds behind its pictures."""
        camera = Camera(h264.parameters, HLS_SETTLE_S, hears=True)
        for one in h264.raw:
            camera.session.take(one)
        for one in h264.raw:
            camera.session.hear(RawSound(b"sound", 640, one.pts_90k or 0))
        camera.session.close(GapCause.CAMERA)
        order = camera.sink.time_lines[0].order
        times = [one.pts_90k if isinstance(one, Packet) else one.time_90k for one in order]
        assert len(times) == 2 * len(h264.packets)
        assert times == sorted(times)

    @pytest.mark.parametrize("off_s", [60.0, -60.0])
    def test_what_lies_far_from_its_pictures_is_left_out_and_counted(self, h264: Footage, off_s: float) -> None:
        camera = self.hear(h264.later(100), off_s=off_s)
        assert not camera.sink.time_lines[0].heard
        assert camera.session.sound_lost == (len(h264.packets) if off_s > 0 else 0)

    def test_before_the_first_picture_nothing_is_heard(self, h264: Footage) -> None:
        camera = self.hear(h264, raw=h264.raw[10:60])
        first = camera.sink.packets[0]
        assert camera.sink.time_lines[0].heard[0].time_90k == first.pts_90k

    def test_its_own_jumps_break_no_time_line(self, h264: Footage) -> None:
        camera = Camera(h264.parameters, hears=True)
        for index, one in enumerate(h264.raw):
            camera.session.hear(RawSound(b"sound", 640, (one.pts_90k or 0) + (index % 7) * 10**9))
            assert camera.send([one]) == []
        assert len(camera.sink.time_lines) == 1

    def test_it_follows_a_new_time_line(self, h264: Footage) -> None:
        camera = self.hear(h264, raw=[*h264.raw, *h264.later(500).raw])
        old, new = camera.sink.time_lines
        assert old.heard[-1].time_90k <= old.packets[-1].pts_90k
        assert new.heard[0].time_90k == new.packets[1].pts_90k  # the first one came before anybody knew of the jump
