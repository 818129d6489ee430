from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from vigil.center.rtsp.live_line import LiveLine
from vigil.ingest.file_source import Picture
from vigil.model.media import CLOCK_RATE, Packet

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
FRAME_90K = 3600
GOP = 50


class Source:
    """A node that shows a camera of 25 pictures a second from `begin`: first the current GOP in one burst, then as they come.

    `origin` is the media time of picture 0, taken at second 0.
    """

    def __init__(self, line: LiveLine, origin_90k: int = 0) -> None:
        self.line = line
        self.origin_90k = origin_90k

    def show(self, begin_s: float, end_s: float) -> list[Packet]:
        now = round(begin_s * 25)
        packets: list[Packet] = []
        for number in range(now - now % GOP, round(end_s * 25)):
            mono = max(begin_s, number / 25)
            packets += self.take(number, mono)
        return packets

    def take(self, number: int, mono: float) -> list[Packet]:
        dts_90k = self.origin_90k + number * FRAME_90K
        picture = Picture(str(number).encode(), dts_90k, dts_90k, number % GOP == 0)
        return self.line.take(picture, mono, AT + timedelta(seconds=mono))


def numbers(packets: list[Packet]) -> list[int]:
    return [int(packet.data) for packet in packets]


def test_a_burst_and_what_follows_are_one_line() -> None:
    packets = Source(LiveLine(), origin_90k=10**10).show(3.0, 8.0)
    assert numbers(packets) == list(range(50, 200))
    assert {b.dts_90k - a.dts_90k for a, b in pairwise(packets)} == {FRAME_90K}
    assert packets[0].dts_90k == 0


def test_each_picture_has_its_own_wall_time_also_those_of_the_burst() -> None:
    packets = Source(LiveLine()).show(3.0, 8.0)
    for packet in packets:
        assert abs((packet.at - AT).total_seconds() - int(packet.data) / 25) < 0.05


def test_a_node_that_comes_back_goes_on_where_life_is() -> None:
    line = LiveLine()
    before = Source(line).show(1.0, 4.6)
    line.anew()
    after = Source(line, origin_90k=77_777_777).show(11.0, 15.0)
    assert after[0].key
    assert numbers(after)[0] == 250, "the GOP that was under way is shown from its key picture on"
    first, last = before[-1], after[0]
    media_s = (last.dts_90k - first.dts_90k) / CLOCK_RATE
    assert abs(media_s - (int(last.data) - int(first.data)) / 25) < 0.1
    assert abs((last.at - AT).total_seconds() - 10.0) < 0.1


def test_what_was_shown_before_is_not_shown_again() -> None:
    line = LiveLine()
    before = Source(line).show(0.0, 5.0)
    line.anew()
    after = Source(line, origin_90k=5).show(
        5.0, 8.0
    )  # the burst begins at picture 100, of which 124 was the last shown
    assert numbers(before)[-1] == 124
    assert numbers(after)[0] == 150, "it goes on with a picture that can be shown"
    assert all(b.dts_90k > a.dts_90k for a, b in pairwise(before + after))


def test_begins_with_a_key_picture() -> None:
    line = LiveLine()
    source = Source(line)
    packets = [packet for number in range(10, 120) for packet in source.take(number, number / 25)]
    assert numbers(packets)[0] == 50


def test_a_late_picture_does_not_move_the_clock() -> None:
    line = LiveLine()
    source = Source(line)
    source.show(0.0, 2.0)
    (late,) = source.take(50, 3.5)
    assert abs((late.at - AT).total_seconds() - 2.0) < 0.05
