from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from tests.media import AT, Footage
from vigil.ingest.recording_gate import RecordingGate
from vigil.model.media import GapCause, Packet, Sound, StreamParameters


class Recorded:
    """A sink that keeps what it is given: stretches of pictures, by their second, and why each ended."""

    def __init__(self) -> None:
        self.stretches: list[list[float]] = []
        self.heard: list[list[float]] = []
        self.ends: list[tuple[float, GapCause]] = []

    def begin(self, parameters: StreamParameters) -> None:
        self.stretches.append([])
        self.heard.append([])

    def packet(self, packet: Packet) -> None:
        self.stretches[-1].append(_second(packet.at))

    def sound(self, sound: Sound) -> None:
        self.heard[-1].append(_second(sound.at))

    def lost(self, at: datetime, cause: GapCause) -> None:
        self.ends.append((_second(at), cause))

    @property
    def spans(self) -> list[tuple[float, float]]:
        return [(stretch[0], stretch[-1]) for stretch in self.stretches]


def _second(at: datetime) -> float:
    return round((at - AT).total_seconds(), 2)


def between(*spans: tuple[float, float]) -> Callable[[datetime], bool]:
    return lambda at: any(first <= _second(at) < last for first, last in spans)


def run(
    footage: Footage, wanted: Callable[[datetime], bool], pre_roll_s: float = 0, *, sound: bool = False, **options: int
) -> tuple[Recorded, RecordingGate]:
    """With `sound` a piece of it comes behind each picture."""
    recorded = Recorded()
    gate = RecordingGate(recorded, wanted, timedelta(seconds=pre_roll_s), **options)
    gate.begin(footage.parameters)
    for packet in footage.packets:
        gate.packet(packet)
        if sound:
            gate.sound(Sound(bytes(1000), 320, packet.pts_90k, packet.at))
    return recorded, gate


def test_by_the_clock_whole_gops_are_recorded(h264: Footage) -> None:
    recorded, _ = run(h264, between((1.5, 3.5), (6, 7)))
    assert recorded.spans == [(1.0, 3.96), (6.0, 6.96)]
    assert recorded.ends == [(4.0, GapCause.UNWANTED), (7.0, GapCause.UNWANTED)]


def test_every_picture_of_a_stretch_is_there_once(h264: Footage) -> None:
    recorded, _ = run(h264, between((1.5, 3.5)), 1.0)
    (stretch,) = recorded.stretches
    assert stretch == [_second(one.at) for one in h264.packets if stretch[0] <= _second(one.at) <= stretch[-1]]


@pytest.mark.parametrize(("pre_roll_s", "first"), [(0.0, 5.0), (0.5, 5.0), (0.6, 4.0), (2.0, 3.0), (60.0, 0.0)])
def test_around_an_event_what_came_before_it_is_recorded_too(h264: Footage, pre_roll_s: float, first: float) -> None:
    recorded, _ = run(h264, between((5.52, 6.5)), pre_roll_s)
    assert recorded.spans == [(first, 6.96)]


def test_what_is_not_wanted_at_all_is_not_recorded_and_bounded(h264: Footage) -> None:
    recorded, gate = run(h264, lambda at: False, 60.0, max_bytes=4000)
    assert recorded.stretches == []
    assert gate._bytes <= 4000
    assert gate._bytes == sum(len(packet.data) for packet in gate._kept)


def test_sound_is_recorded_where_its_pictures_are(h264: Footage) -> None:
    recorded, _ = run(h264, between((1.5, 3.5), (6, 7)), 1.0, sound=True)
    assert recorded.spans == [(0.0, 3.96), (5.0, 6.96)]
    assert recorded.heard == recorded.stretches


def test_sound_counts_in_what_is_kept_in_memory(h264: Footage) -> None:
    silent, _ = run(h264, between((5.5, 6.5)), 60.0, max_bytes=100_000)
    heard, gate = run(h264, between((5.5, 6.5)), 60.0, sound=True, max_bytes=100_000)
    assert (silent.spans[0][0], heard.spans[0][0]) == (3.0, 4.0)
    assert gate._bytes == sum(len(one.data) for one in gate._kept)


def test_an_event_that_goes_on_over_a_new_connection_is_recorded_on(h264: Footage) -> None:
    recorded, gate = run(h264, lambda at: True)
    gate.lost(h264.packets[-1].at, GapCause.CAMERA)
    gate.begin(h264.parameters)
    for packet in h264.later(20).packets:
        gate.packet(packet)
    assert recorded.spans == [(0.0, 7.96), (20.0, 27.96)]
    assert recorded.ends == [(7.96, GapCause.CAMERA)]


def test_a_connection_that_ends_while_nothing_is_wanted_is_no_gap_of_its_own(h264: Footage) -> None:
    recorded, gate = run(h264, between((0, 1)))
    gate.lost(h264.packets[-1].at, GapCause.CAMERA)
    assert recorded.ends == [(1.0, GapCause.UNWANTED)]


def test_a_new_connection_forgets_what_was_kept_of_the_old(h264: Footage) -> None:
    wanted_from: list[datetime] = []
    recorded, gate = run(h264, lambda at: bool(wanted_from), 60.0)
    gate.lost(h264.packets[-1].at, GapCause.CAMERA)
    gate.begin(h264.parameters)
    wanted_from.append(AT)
    for packet in h264.later(20).packets:
        gate.packet(packet)
    assert recorded.spans == [(20.0, 27.96)]
