from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.clock import FakeClock
from vigil.errors import ArchiveError
from vigil.forward.rtsp.playback import LONGEST_GAP_S, Pacer, Playback, PlaybackFeed
from vigil.forward.rtsp.source import Recorded, Refusal
from vigil.model.media import CLOCK_RATE, Codec, Packet, StreamParameters

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
FRAME_90K = 3600
PARAMETERS = StreamParameters(Codec.H264, 1280, 720, (b"\x67", b"\x68"))


def packet(at_s: float) -> Packet:
    dts_90k = round(at_s * CLOCK_RATE)
    return Packet(b"picture", dts_90k, dts_90k + 10, at_s == int(at_s), AT + timedelta(seconds=at_s))


def recording(*spans: tuple[float, float]) -> list[Packet]:
    """25 pictures a second."""
    return [packet(n / 25) for begin, end in spans for n in range(round(begin * 25), round(end * 25))]


class FakeWalk:
    def __init__(self, packets: Sequence[Packet], *, fails: bool = False) -> None:
        self._parts = [packets[n : n + 10] for n in range(0, len(packets), 10)]
        self._fails = fails
        self.closed = False

    async def next(self) -> Sequence[Packet] | None:
        await asyncio.sleep(0)
        if self._parts:
            return self._parts.pop(0)
        if self._fails:
            raise ArchiveError("the store is away")
        return None

    def close(self) -> None:
        self.closed = True


class Player:
    """A feed with a clock that moves by what the feed sleeps."""

    def __init__(self, packets: Sequence[Packet], *, fails: bool = False) -> None:
        self.clock = FakeClock()
        self.walks: list[FakeWalk] = []
        self.slept_s = 0.0

        def walk_from(after_s: float) -> FakeWalk:
            begin = max(
                (n for n, one in enumerate(packets) if one.key and one.dts_90k <= after_s * CLOCK_RATE), default=0
            )
            rest = packets[begin:] if packets and packets[-1].dts_90k >= after_s * CLOCK_RATE else []
            self.walks.append(FakeWalk(rest, fails=fails))
            return self.walks[-1]

        self.feed = PlaybackFeed("/archive/counter", walk_from, self.clock, self._sleep)

    async def _sleep(self, seconds: float) -> None:
        self.slept_s += seconds
        self.clock.advance(seconds)
        await asyncio.sleep(0)

    async def rest(self) -> list[Packet]:
        found = []
        while (one := await self.feed.next()) is not None:
            found.append(one)
        return found


class TestPacer:
    def test_goes_as_life_went(self) -> None:
        pacer = Pacer()
        places = [pacer.place(n * FRAME_90K) for n in range(5)]
        assert places == [0, 3600, 7200, 10800, 14400]
        assert [round(pacer.wait_s(out, 100.0), 3) for out in places] == [0, 0.04, 0.08, 0.12, 0.16]

    def test_a_gap_takes_two_seconds_at_most(self) -> None:
        pacer = Pacer()
        places = [pacer.place(round(at_s * CLOCK_RATE)) for at_s in (0, 1.5, 3600)]
        assert [b - a for a, b in pairwise(places)] == [1.5 * CLOCK_RATE, LONGEST_GAP_S * CLOCK_RATE]

    def test_a_reader_who_was_held_up_goes_on_from_there(self) -> None:
        pacer = Pacer()
        first, second, third = (pacer.place(n * FRAME_90K) for n in range(3))
        pacer.wait_s(first, 100.0)
        assert pacer.wait_s(second, 110.0) == 0
        assert pacer.wait_s(third, 110.0) == pytest.approx(0.04), "he is not flooded with what he missed"

    @given(st.lists(st.integers(-(10**9), 10**9), max_size=30), st.integers(0, 29))
    def test_time_rises_whatever_comes(self, times: list[int], jump_at: int) -> None:
        pacer = Pacer()
        places = []
        for index, time in enumerate(times):
            if index == jump_at:
                pacer.jump()
            places.append(pacer.place(time))
        assert all(0 < b - a <= LONGEST_GAP_S * CLOCK_RATE for a, b in pairwise(places))


class TestFeed:
    async def test_sends_everything_in_its_own_time(self) -> None:
        packets = recording((0, 3))
        player = Player(packets)
        assert await player.feed.begin(0.0, None)
        assert player.feed.first() is not None
        sent = await player.rest()
        assert [one.data for one in sent] == [one.data for one in packets]
        assert [one.at for one in sent] == [one.at for one in packets]
        assert [one.dts_90k for one in sent] == [one.dts_90k for one in packets]
        assert [one.pts_90k - one.dts_90k for one in sent] == [10] * len(packets)
        assert player.slept_s == pytest.approx(3 - 0.04)

    async def test_jumps_a_gap(self) -> None:
        player = Player(recording((0, 1), (3600, 3601)))
        await player.feed.begin(None, None)
        sent = await player.rest()
        assert sent[25].dts_90k - sent[24].dts_90k == LONGEST_GAP_S * CLOCK_RATE
        assert sent[25].at == AT + timedelta(hours=1)
        assert player.slept_s == pytest.approx(0.96 + LONGEST_GAP_S + 0.96)

    async def test_seeks_and_goes_on_in_rtp_time(self) -> None:
        player = Player(recording((0, 10)))
        await player.feed.begin(0.0, None)
        before = [await player.feed.next() for _ in range(5)]
        assert await player.feed.begin(7.0, None)
        after = await player.feed.next()
        assert after is not None
        assert before[-1] is not None
        assert after.at == AT + timedelta(seconds=7)
        assert 0 < after.dts_90k - before[-1].dts_90k <= LONGEST_GAP_S * CLOCK_RATE
        assert [walk.closed for walk in player.walks] == [True, False]

    async def test_a_pause_loses_no_picture_and_takes_no_time(self) -> None:
        packets = recording((0, 2))
        player = Player(packets)
        await player.feed.begin(0.0, None)
        sent = [await player.feed.next() for _ in range(10)]
        waiting = asyncio.ensure_future(player.feed.next())
        await asyncio.sleep(0)
        waiting.cancel()
        player.clock.advance(60)
        assert await player.feed.begin(None, None)
        sent += await player.rest()
        assert [one.at for one in sent if one is not None] == [one.at for one in packets]
        assert player.slept_s < 2.1

    async def test_ends_where_the_player_wants(self) -> None:
        player = Player(recording((0, 5)))
        await player.feed.begin(1.0, 2.0)
        sent = await player.rest()
        assert (sent[0].at, sent[-1].at) == (AT + timedelta(seconds=1), AT + timedelta(seconds=2))

    async def test_says_when_there_is_nothing(self) -> None:
        assert not await Player([]).feed.begin(0.0, None)

    async def test_an_archive_that_fails_ends_the_stream(self) -> None:
        player = Player(recording((0, 1)), fails=True)
        await player.feed.begin(0.0, None)
        assert len(await player.rest()) == 25
        assert player.walks[0].closed


async def test_a_playback_has_one_reader_and_lets_go_of_the_archive() -> None:
    walks: list[FakeWalk] = []

    def walk_from(_: float) -> FakeWalk:
        walks.append(FakeWalk(recording((0, 1))))
        return walks[-1]

    recorded = Recorded(AT, AT + timedelta(seconds=1))
    playback = Playback("/archive/counter", PARAMETERS, recorded, walk_from, FakeClock())
    feed = playback.subscribe()
    await feed.begin(0.0, None)
    with pytest.raises(Refusal):
        playback.subscribe()
    playback.unsubscribe(feed)
    assert walks[0].closed
    playback.subscribe()
