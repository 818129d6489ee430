from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from vigil.clock import FakeClock
from vigil.forward.rtsp.gop_queue import GopQueue
from vigil.forward.rtsp.limits import Limits
from vigil.forward.rtsp.link import UDP_BACKLOG_SPEED, BacklogPace
from vigil.forward.rtsp.mount import GOP_FRESH_S, GopCache, Mount, Reader
from vigil.model.media import Codec, Packet, StreamParameters

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
PARAMETERS = StreamParameters(Codec.H264, 1280, 720, (b"\x67", b"\x68"))


def packet(number: int, *, key: bool = False, size: int = 10) -> Packet:
    return Packet(bytes(size), number, number, key, AT)


def gops(*lengths: int) -> list[Packet]:
    keys = [index == 0 for length in lengths for index in range(length)]
    return [packet(number, key=key) for number, key in enumerate(keys)]


def drain(queue: GopQueue) -> list[int]:
    numbers = []
    while (taken := queue.pop()) is not None:
        numbers.append(taken.dts_90k)
    return numbers


def put(queue: GopQueue, packets: list[Packet]) -> None:
    for given_packet in packets:
        queue.put(given_packet)


class TestGopQueue:
    def test_begins_with_a_key_packet(self) -> None:
        queue = GopQueue(100)
        assert not queue.put(packet(0))
        assert queue.put(packet(1, key=True))
        assert drain(queue) == [1]
        assert queue.dropped_gops == 0

    def test_jumps_to_the_newest_gop_when_full(self) -> None:
        queue = GopQueue(60)
        put(queue, gops(2, 2, 3))
        assert drain(queue) == [4, 5, 6]
        assert queue.dropped_gops == 2

    def test_a_key_packet_pushes_out_all_that_waits(self) -> None:
        queue = GopQueue(40)
        put(queue, gops(4, 1))
        assert drain(queue) == [4]
        assert queue.dropped_gops == 1

    def test_a_gop_longer_than_the_queue_is_left_out(self) -> None:
        queue = GopQueue(30)
        put(queue, gops(5, 2))
        assert drain(queue) == [5, 6]
        assert queue.dropped_gops == 1

    def test_a_gop_that_had_begun_to_go_out_counts_once(self) -> None:
        queue = GopQueue(30)
        put(queue, gops(3)[:3])
        queue.pop()
        put(queue, [packet(3), packet(4), packet(5), packet(6, key=True)])
        assert drain(queue) == [6]
        assert queue.dropped_gops == 1

    def test_a_packet_larger_than_the_queue_is_dropped_with_its_gop(self) -> None:
        queue = GopQueue(30)
        put(queue, [packet(0, key=True, size=31), packet(1), packet(2, key=True)])
        assert drain(queue) == [2]
        assert queue.dropped_gops == 1

    @given(
        lengths=st.lists(st.integers(1, 6), max_size=12),
        pops=st.lists(st.integers(0, 4), min_size=80, max_size=80),
        limit=st.integers(10, 100),
    )
    def test_what_comes_out_can_always_be_decoded(self, lengths: list[int], pops: list[int], limit: int) -> None:
        queue = GopQueue(limit)
        given_packets, out = gops(*lengths), []
        for given_packet, count in zip(given_packets, pops, strict=False):
            queue.put(given_packet)
            assert queue.bytes <= limit
            out += [taken for _ in range(count) if (taken := queue.pop()) is not None]
        while (taken := queue.pop()) is not None:
            out.append(taken)
        assert queue.bytes == 0
        for before, after in zip([None, *out], out, strict=False):
            assert after.key or (before is not None and after.dts_90k == before.dts_90k + 1)
        complete = len(out) == len(given_packets)
        assert complete == (queue.dropped_gops == 0)
        assert queue.dropped_gops <= len(lengths)


class TestGopCache:
    def test_keeps_the_current_gop(self) -> None:
        cache = GopCache(100)
        for given_packet in gops(3, 2):
            cache.add(given_packet)
        assert [kept.dts_90k for kept in cache.packets()] == [3, 4]

    def test_lets_go_a_gop_that_outgrows_it(self) -> None:
        cache = GopCache(25)
        for given_packet in gops(3):
            cache.add(given_packet)
        assert cache.packets() == ()
        cache.add(packet(9))
        assert cache.packets() == ()


class TestReader:
    async def test_gives_what_waits_before_the_end(self) -> None:
        reader = Reader(100)
        reader.offer(packet(0, key=True))
        reader.close()
        first = await reader.next()
        assert first is not None
        assert await reader.next() is None

    async def test_wakes_up_when_a_packet_comes(self) -> None:
        reader = Reader(100)
        waiting = asyncio.create_task(reader.next())
        await asyncio.sleep(0)
        reader.offer(packet(0, key=True))
        assert (await waiting) == packet(0, key=True)


class TestMount:
    def mount(self, clock: FakeClock, **limits: int) -> Mount:
        loop = asyncio.get_running_loop()
        return Mount("/a", PARAMETERS, loop=loop, clock=clock, limits=Limits(**limits))

    async def test_a_new_reader_begins_with_the_current_gop(self) -> None:
        mount = self.mount(FakeClock())
        for given_packet in gops(2, 2):
            mount.publish(given_packet)
        await asyncio.sleep(0)
        first = mount.subscribe().first()
        assert first is not None
        assert first.dts_90k == 2

    async def test_an_old_gop_is_not_shown(self) -> None:
        clock = FakeClock()
        mount = self.mount(clock)
        mount.publish(packet(0, key=True))
        await asyncio.sleep(0)
        clock.advance(GOP_FRESH_S + 0.1)
        assert mount.subscribe().first() is None

    async def test_a_slow_reader_loses_its_own_gops_only(self) -> None:
        mount = self.mount(FakeClock(), reader_bytes=30)
        slow, quick = mount.subscribe(), mount.subscribe()
        taken = []
        for given_packet in gops(2, 2, 2):
            mount.publish(given_packet)
            await asyncio.sleep(0)
            taken.append(await quick.next())
        assert taken == gops(2, 2, 2)
        assert (slow.dropped_gops, quick.dropped_gops, mount.dropped_gops) == (2, 0, 2)
        mount.unsubscribe(slow)
        mount.unsubscribe(slow)
        assert (mount.readers, mount.dropped_gops) == (1, 2)

    async def test_a_loop_that_does_not_keep_up_drops_whole_gops(self) -> None:
        mount = self.mount(FakeClock(), inbox_bytes=30)
        reader = mount.subscribe()
        for given_packet in gops(2, 2, 2):
            mount.publish(given_packet)
        await asyncio.sleep(0)
        assert [await reader.next(), await reader.next()] == gops(2, 2, 2)[4:]
        assert mount.dropped_gops == 2

    async def test_takes_packets_from_another_thread(self) -> None:
        mount = self.mount(FakeClock())
        reader = mount.subscribe()

        def publish_all() -> None:
            for given_packet in gops(3):
                mount.publish(given_packet)

        await asyncio.to_thread(publish_all)
        assert [await reader.next() for _ in range(3)] == gops(3)

    async def test_closing_ends_every_reader_and_silences_publishers(self) -> None:
        mount = self.mount(FakeClock())
        before = mount.subscribe()
        mount.close()
        mount.publish(packet(0, key=True))
        await asyncio.sleep(0)
        assert await before.next() is None
        assert await mount.subscribe().next() is None


class TestBacklogPace:
    def test_lets_live_pictures_go_at_once(self) -> None:
        pace = BacklogPace()
        assert [pace.wait_s(number * 3600, number * 0.04) for number in range(5)] == [0.0] * 5

    def test_spreads_what_has_waited(self) -> None:
        pace = BacklogPace()
        waits = [pace.wait_s(number * 9000, 100.0) for number in range(3)]
        step_s = 0.1 / UDP_BACKLOG_SPEED
        assert [round(wait_s, 6) for wait_s in waits] == [0.0, round(step_s, 6), round(2 * step_s, 6)]

    def test_does_not_wait_for_dropped_time(self) -> None:
        pace = BacklogPace()
        pace.wait_s(0, 100.0)
        assert pace.wait_s(90_000 * 60, 100.0) <= 0.5 / UDP_BACKLOG_SPEED + 1e-9
