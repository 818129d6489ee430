"""A recorded range out of segments: from the key picture before it to its end, each picture once, whatever is missing."""

from __future__ import annotations

import asyncio
import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from tests.media import AT, FRAME, RATE, Footage, footage, fragmented, slices
from tests.sounds import muxed, tone
from vigil.archive.folder import FolderStore
from vigil.center.rtsp.archive import Reel, ReelWalk
from vigil.errors import ArchiveError
from vigil.model.ids import CameraId, SegmentId
from vigil.model.media import CLOCK_RATE, Codec, Packet, Segment, SoundCodec
from vigil.store.footage import SegmentRecord, SegmentState

COUNTER = CameraId("counter")
SECOND = timedelta(seconds=1)


class FakeIndex:
    """Segments of two seconds."""

    def __init__(self, records: list[SegmentRecord]) -> None:
        self.records = records
        self.spans: list[timedelta] = []

    def segments_overlapping(self, camera: CameraId, from_at: datetime, to_at: datetime) -> list[SegmentRecord]:
        self.spans.append(to_at - from_at)
        segments = [one for one in self.records if one.segment.camera == camera]
        return [one for one in segments if one.segment.start_at < to_at and one.segment.end_at > from_at]


class World:
    def __init__(self, folder: Path) -> None:
        self.objects = FolderStore(folder)
        self.index = FakeIndex([])
        self.packets: list[Packet] = []

    def store(
        self, shown: Footage, at_s: float, *, state: SegmentState = SegmentState.STORED, data: bytes = b""
    ) -> None:
        """The footage as one segment that begins so many seconds after AT."""
        number, start_at = len(self.index.records), AT + timedelta(seconds=at_s)
        content = data or fragmented(shown, fragment_s=0.5)
        sha256, key = hashlib.sha256(content).hexdigest(), f"segments/{number}.mp4"
        end_at = start_at + len(shown.packets) * FRAME
        path = Path(self.objects._root) / "source"
        path.write_bytes(content)
        self.objects.put(key, path, size=len(content), sha256=sha256)
        segment = Segment(
            SegmentId(str(number)),
            COUNTER,
            start_at,
            end_at,
            len(content),
            sha256,
            "",
            len(shown.packets),
            shown.parameters.codec,
            *(160, 96),
        )
        self.index.records.append(SegmentRecord(segment, state, key, backfilled=False))

    def read(self, from_s: float, to_s: float) -> list[Packet]:
        span = AT + timedelta(seconds=from_s), AT + timedelta(seconds=to_s)
        return [one for part in Reel(self.index, self.objects, COUNTER, span, AT).packets() for one in part]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture(scope="module", params=[0, 2], ids=["", "b-frames"])
def part(request: pytest.FixtureRequest) -> Footage:
    """Two seconds, a key picture a second."""
    return footage(Codec.H264, seconds=2, b_frames=request.param)


def contents(packets: list[Packet]) -> list[tuple[bytes, ...]]:
    return [slices(Codec.H264, packet.data) for packet in packets]


class TestReel:
    def test_segments_follow_each_other_without_a_seam(self, world: World, part: Footage) -> None:
        for n in range(5):
            world.store(part, 2 * n)
        packets = world.read(0, 10)
        assert contents(packets) == contents(list(part.packets)) * 5
        assert {b.dts_90k - a.dts_90k for a, b in pairwise(packets)} == {CLOCK_RATE // RATE}
        assert [one.at for one in packets[:50]] == [one.at for one in part.packets]
        assert [one.key for one in packets[:50]] == [one.key for one in part.packets]

    @pytest.mark.parametrize("codec", list(SoundCodec))
    def test_of_segments_with_sound_the_pictures_come_as_without(
        self, codec: SoundCodec, world: World, part: Footage
    ) -> None:
        for n in range(3):
            world.store(part, 2 * n)
        silent = world.read(0.5, 5.5)
        world.index.records.clear()
        for n in range(3):
            world.store(part, 2 * n, data=muxed(part, tone(codec)) if n != 1 else b"")
        assert world.read(0.5, 5.5) == silent

    def test_begins_with_the_key_picture_before_and_ends_in_time(self, world: World, part: Footage) -> None:
        for n in range(5):
            world.store(part, 2 * n)
        packets = world.read(3.5, 6.1)
        assert packets[0].key
        assert packets[0].at == AT + 3 * SECOND
        assert packets[0].dts_90k == 3 * CLOCK_RATE
        assert packets[-1].at == AT + 6.08 * SECOND

    def test_a_gap_is_as_long_as_it_was(self, world: World, part: Footage) -> None:
        world.store(part, 0)
        world.store(part, 3600)
        packets = world.read(0, 3601)
        assert packets[50].dts_90k == 3600 * CLOCK_RATE
        assert packets[50].at == AT + timedelta(hours=1)

    def test_what_is_not_there_is_passed_over(self, world: World, part: Footage) -> None:
        world.store(part, 0)
        world.store(part, 2, state=SegmentState.PENDING)
        world.store(part, 4)
        world.store(part, 6, data=b"\0\0\0\x10moovdamaged!")
        world.store(part, 8)
        world.objects.delete("segments/2.mp4")
        packets = world.read(0, 10)
        assert [one.at for one in packets if one.key] == [AT + n * SECOND for n in (0, 1, 8, 9)]

    def test_a_store_that_is_away_is_told(self, world: World, part: Footage, monkeypatch: pytest.MonkeyPatch) -> None:
        def away(*_: object) -> None:
            raise ArchiveError("the store is away")

        world.store(part, 0)
        monkeypatch.setattr(world.objects, "open", away)
        with pytest.raises(ArchiveError):
            world.read(0, 1)

    def test_ends_where_the_codec_changes(self, world: World, part: Footage) -> None:
        world.store(part, 0)
        world.store(footage(Codec.H265, seconds=2), 2)
        assert world.read(0, 4)[-1].at == AT + 1.96 * SECOND

    def test_a_moment_between_two_pictures_is_the_gop_before(self, world: World, part: Footage) -> None:
        world.store(part, 0)
        packets = world.read(1.41, 1.42)
        assert (packets[0].at, packets[-1].at) == (AT + SECOND, AT + 1.4 * SECOND)

    def test_there_may_be_nothing(self, world: World, part: Footage) -> None:
        world.store(part, 0)
        assert world.read(5, 6) == []

    def test_a_day_is_looked_up_hour_by_hour_and_each_segment_comes_once(self, world: World, part: Footage) -> None:
        world.store(part, 3599)
        packets = world.read(0, 86_400)
        assert len(packets) == 50
        assert max(world.index.spans) == timedelta(hours=1)

    def test_gives_the_object_back_when_it_is_left(self, world: World, part: Footage) -> None:
        world.store(part, 0)
        opened: list[object] = []
        original = world.objects.open

        def remembered(key: str) -> object:
            opened.append(original(key))
            return opened[-1]

        world.objects.open = remembered  # type: ignore[method-assign, assignment]
        packets = Reel(world.index, world.objects, COUNTER, (AT, AT + 2 * SECOND), AT).packets()
        next(packets)
        packets.close()
        assert opened[0]._file.closed  # type: ignore[attr-defined]


async def test_a_walk_can_be_left_at_any_time(world: World, part: Footage) -> None:
    world.store(part, 0)
    executor = ThreadPoolExecutor(2)
    walk = ReelWalk(Reel(world.index, world.objects, COUNTER, (AT, AT + 2 * SECOND), AT), executor)
    assert await walk.next()
    waiting = asyncio.ensure_future(walk.next())
    await asyncio.sleep(0)
    walk.close()
    waiting.cancel()
    executor.shutdown()
    walk.close()
