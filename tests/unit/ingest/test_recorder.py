from __future__ import annotations

import errno
import hashlib
import os
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import pytest
from structlog.testing import capture_logs

from tests.media import AT, FRAME, FRAME_90K, RATE, Footage, footage, numbers, pictures_of, play
from tests.sounds import Tone, tone
from vigil import metrics
from vigil.ingest.recorder import FRAGMENT_S, GATHER_S, Recorder, RecorderSink
from vigil.ingest.resting import REST_S
from vigil.model.ids import CameraId
from vigil.model.media import Codec, Gap, GapCause, Segment, SoundCodec
from vigil.queues import ByteQueue

ONE = CameraId("hall-one")
TWO = CameraId("hall-two")
MEBIBYTE = 1024 * 1024
HALF_S = 0.5
"""Length of a fragment here: two writes for each GOP of a second."""
SECOND = timedelta(seconds=1)


class KeptIndex:
    """A SegmentIndex in memory. `failures` are raised, one a call, before anything is done."""

    def __init__(self, last: dict[CameraId, tuple[datetime, str]] | None = None) -> None:
        self.segments: list[tuple[Segment, Path]] = []
        self.gaps: list[Gap] = []
        self.failures: dict[str, list[Exception]] = {}
        self._last = last or {}
        self._changed = threading.Condition()

    def last(self, camera: CameraId) -> tuple[datetime, str] | None:
        return self._last.get(camera)

    def add_segment(self, segment: Segment, path: Path) -> None:
        self._fail(f"segment {segment.camera}")
        with self._changed:
            self.segments.append((segment, path))
            self._changed.notify_all()

    def add_gap(self, gap: Gap) -> None:
        self._fail(f"gap {gap.camera}")
        self.gaps.append(gap)

    def of(self, camera: CameraId) -> list[Segment]:
        return [segment for segment, _ in self.segments if segment.camera == camera]

    def paths(self, camera: CameraId) -> list[Path]:
        return [path for segment, path in self.segments if segment.camera == camera]

    def wait(self, count: int) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: len(self.segments) >= count, timeout=10)

    def _fail(self, what: str) -> None:
        if failures := self.failures.get(what):
            raise failures.pop(0)


class Disk:
    """Stands in for os.write: counts the calls of each camera, and fails those it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._write = os.write
        self.fails: dict[CameraId, range] = {}
        self.calls: Counter[CameraId] = Counter()
        monkeypatch.setattr(os, "write", self.write)

    def write(self, handle: int, data: bytes) -> int:
        camera = CameraId(Path(os.readlink(f"/proc/self/fd/{handle}")).parent.name)
        call = self.calls[camera]
        self.calls[camera] += 1
        if call in self.fails.get(camera, ()):
            raise OSError(errno.ENOSPC, "No space left on device")
        return self._write(handle, data)


class Setup:
    """A recorder and its index. `record` starts it, feeds it and stops it.

    Footage comes at once here and not as it is taken, so that many files wait to be closed.
    """

    def __init__(
        self, folder: Path, *, segment_s: float = 2.0, index: KeptIndex | None = None, most_waiting: int = 1000
    ) -> None:
        self.folder = folder
        self.index = index or KeptIndex()
        self.recorder = Recorder(
            folder,
            self.index,
            segment_s=segment_s,
            queue_bytes=64 * MEBIBYTE,
            fragment_s=HALF_S,
            most_waiting=most_waiting,
        )

    def record(self, camera: CameraId, *lines: Footage) -> None:
        """Each line is a connection that ends with the camera's loss."""
        sink = self.recorder.sink(camera)
        self.recorder.start()
        for line in lines:
            feed(sink, line)
            sink.lost(line.packets[-1].at, GapCause.CAMERA)
        assert self.recorder.stop(10)

    def leftovers(self) -> list[str]:
        listed = {path for _, path in self.index.segments}
        return [path.name for path in self.folder.glob("*/*") if path not in listed]


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    return Setup(tmp_path)


def eventually(condition: Callable[[], bool]) -> None:
    until_mono = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < until_mono
        time.sleep(0.01)


def feed(sink: RecorderSink, line: Footage) -> None:
    sink.begin(line.parameters)
    for packet in line.packets:
        sink.packet(packet)


def joined(*parts: Footage) -> Footage:
    return Footage(parts[0].parameters, tuple(packet for part in parts for packet in part.packets))


def part(line: Footage, from_s: float, to_s: float) -> Footage:
    return Footage(line.parameters, line.between(from_s, to_s))


def recorded(index: KeptIndex, camera: CameraId) -> list[tuple[bytes, ...]]:
    return [played.slices for path in index.paths(camera) for played in play(path)]


def gaps_of(index: KeptIndex) -> list[tuple[float, float, GapCause]]:
    """In seconds since AT."""
    return [((gap.start_at - AT) / SECOND, (gap.end_at - AT) / SECOND, gap.cause) for gap in index.gaps]


class TestBoundaries:
    @pytest.mark.lesson(6)
    def test_no_picture_is_lost_between_two_files_and_none_is_in_both(self, stream: Footage, setup: Setup) -> None:
        setup.record(ONE, stream)
        assert len(setup.index.segments) == 4
        assert recorded(setup.index, ONE) == pictures_of(stream.parameters.codec, stream.packets)
        assert setup.index.gaps == []
        assert setup.leftovers() == []

    def test_every_file_plays_by_itself(self, stream: Footage, setup: Setup) -> None:
        setup.record(ONE, stream)
        shown = [numbers(path) for path in setup.index.paths(ONE)]
        assert shown == [list(range(begin, begin + 2 * RATE)) for begin in range(0, 8 * RATE, 2 * RATE)]

    @pytest.mark.lesson(6)
    def test_the_times_add_up_over_minutes(self, h264: Footage, tmp_path: Path) -> None:
        long = joined(*(h264.later(8 * n) for n in range(15)))
        setup = Setup(tmp_path, segment_s=3)
        setup.record(ONE, long)
        segments = setup.index.of(ONE)
        assert len(segments) == 40
        assert all(before.end_at == after.start_at for before, after in pairwise(segments))
        assert segments[0].start_at == AT
        assert segments[-1].end_at == AT + 120 * SECOND
        assert sum((segment.duration for segment in segments), timedelta()) == 120 * SECOND
        assert sum(segment.packets for segment in segments) == len(long.packets)

    def test_the_hashes_make_a_chain(self, h264: Footage, tmp_path: Path) -> None:
        setup = Setup(tmp_path, index=KeptIndex({ONE: (AT, "of-the-run-before")}))
        setup.record(ONE, h264)
        previous = "of-the-run-before"
        for segment, path in setup.index.segments:
            assert segment.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
            assert segment.size == path.stat().st_size
            assert segment.previous_sha256 == previous
            previous = segment.sha256

    def test_two_cameras_do_not_mix(self, h264: Footage, setup: Setup) -> None:
        h265 = footage(Codec.H265)
        one, two = setup.recorder.sink(ONE), setup.recorder.sink(TWO)
        setup.recorder.start()
        one.begin(h264.parameters)
        two.begin(h265.parameters)
        for first, second in zip(h264.packets, h265.packets, strict=True):
            one.packet(first)
            two.packet(second)
        assert setup.recorder.stop(10)
        assert recorded(setup.index, ONE) == pictures_of(Codec.H264, h264.packets)
        assert recorded(setup.index, TWO) == pictures_of(Codec.H265, h265.packets)
        assert {path.parent.name for path in setup.index.paths(TWO)} == {TWO}
        assert {segment.codec for segment in setup.index.of(TWO)} == {Codec.H265}

    def test_a_segment_lasts_until_the_next_key_picture(self, tmp_path: Path, h264: Footage) -> None:
        setup = Setup(tmp_path, segment_s=2.5)
        setup.record(ONE, h264)
        assert [segment.duration / SECOND for segment in setup.index.of(ONE)] == [3, 3, 2]

    def test_a_new_time_line_begins_a_new_segment(self, h264: Footage, setup: Setup) -> None:
        """Media time of another connection begins anew; wall time goes on."""
        again = Footage(
            replace(h264.parameters, connection=2),
            tuple(replace(packet, at=packet.at + 8 * SECOND) for packet in h264.packets),
        )
        setup.record(ONE, h264, again)
        segments = setup.index.of(ONE)
        assert len(segments) == 8
        assert segments[-1].end_at == AT + 16 * SECOND
        assert recorded(setup.index, ONE) == 2 * pictures_of(Codec.H264, h264.packets)

    def test_a_new_size_begins_a_new_segment(self, h264: Footage, setup: Setup) -> None:
        larger = footage(Codec.H264, seconds=2, size=(320, 192)).later(3)
        setup.record(ONE, part(h264, 0, 3), larger)
        assert [(segment.width, segment.height) for segment in setup.index.of(ONE)] == [
            *((160, 96), (160, 96)),
            (320, 192),
        ]


class TestCut:
    def test_at_the_first_key_picture_behind(self, h264: Footage, tmp_path: Path) -> None:
        setup = Setup(tmp_path, segment_s=60)
        sink = setup.recorder.sink(ONE)
        setup.recorder.cut_after(ONE, AT + 2.5 * SECOND)
        setup.recorder.start()
        feed(sink, h264)
        assert setup.recorder.stop(10)
        assert [segment.duration / SECOND for segment in setup.index.of(ONE)] == [3, 5]
        assert recorded(setup.index, ONE) == pictures_of(Codec.H264, h264.packets)

    def test_of_a_camera_that_is_not_recorded(self, setup: Setup) -> None:
        setup.recorder.cut_after(TWO, AT)


class TestGaps:
    def test_a_lost_camera(self, h264: Footage, setup: Setup) -> None:
        setup.record(ONE, part(h264, 0, 3), part(h264.later(10), 10, 18))
        assert gaps_of(setup.index) == [(3, 10, GapCause.CAMERA)]
        assert setup.index.of(ONE)[1].end_at == AT + 3 * SECOND

    def test_its_length_is_counted(self, h264: Footage, setup: Setup) -> None:
        counter = metrics.gap_seconds.labels(ONE, GapCause.CAMERA)
        before = counter._value.get()
        setup.record(ONE, part(h264, 0, 3), h264.later(10))
        assert counter._value.get() - before == 7

    @pytest.mark.parametrize(("away_s", "count"), [(0.4, 0), (0.6, 1)])
    def test_a_hiccup_is_none(self, h264: Footage, setup: Setup, away_s: float, count: int) -> None:
        setup.record(ONE, h264, h264.later(8 + away_s))
        assert len(setup.index.gaps) == count

    def test_the_node_was_not_running(self, h264: Footage, tmp_path: Path) -> None:
        setup = Setup(tmp_path, index=KeptIndex({ONE: (AT - 60 * SECOND, "x")}))
        setup.record(ONE, h264)
        assert gaps_of(setup.index) == [(-60, 0, GapCause.NODE)]

    def test_the_first_time_there_is_none(self, h264: Footage, setup: Setup) -> None:
        setup.record(ONE, h264)
        assert setup.index.gaps == []

    def test_a_broken_time_line(self, h264: Footage, setup: Setup) -> None:
        sink = setup.recorder.sink(ONE)
        setup.recorder.start()
        feed(sink, part(h264, 0, 3))
        feed(sink, h264.later(5))
        assert setup.recorder.stop(10)
        assert gaps_of(setup.index) == [(3, 5, GapCause.DAMAGE)]

    def test_lost_twice_is_one_gap(self, h264: Footage, setup: Setup) -> None:
        sink = setup.recorder.sink(ONE)
        setup.recorder.start()
        feed(sink, part(h264, 0, 3))
        sink.lost(AT + 3 * SECOND, GapCause.CAMERA)
        sink.lost(AT + 4 * SECOND, GapCause.DISK)
        feed(sink, h264.later(5))
        assert setup.recorder.stop(10)
        assert gaps_of(setup.index) == [(3, 5, GapCause.CAMERA)]

    def test_an_index_that_fails_at_first_gets_the_same_gap_later(self, h264: Footage, tmp_path: Path) -> None:
        index = KeptIndex({ONE: (AT - 60 * SECOND, "x")})
        index.failures[f"gap {ONE}"] = [OSError(errno.EIO, "Input/output error")]
        setup = Setup(tmp_path, index=index)
        setup.record(ONE, h264)
        assert gaps_of(index) == [(-60, 0, GapCause.NODE)]
        assert recorded(index, ONE) == pictures_of(Codec.H264, h264.packets)
        assert setup.leftovers() == []


class TestFailingDisk:
    @pytest.mark.lesson(2)
    def test_is_a_gap_and_tried_again(self, h264: Footage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Each write is a header or half a second; the file's third second finds the disk full."""
        disk = Disk(monkeypatch)
        disk.fails[ONE] = range(5, 6)
        setup = Setup(tmp_path, segment_s=60)
        long = joined(h264, h264.later(8))
        setup.record(ONE, long)
        assert gaps_of(setup.index) == [(2, 8, GapCause.DISK)]
        first, second = setup.index.of(ONE)
        assert first.recovered
        assert first.end_at == AT + 2 * SECOND
        assert second.previous_sha256 == first.sha256
        assert recorded(setup.index, ONE) == pictures_of(Codec.H264, (*long.between(0, 2), *long.between(8, 16)))
        assert setup.leftovers() == []

    def test_other_cameras_go_on(self, h264: Footage, setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
        disk = Disk(monkeypatch)
        disk.fails[ONE] = range(1000)
        one, two = setup.recorder.sink(ONE), setup.recorder.sink(TWO)
        setup.recorder.start()
        feed(one, h264)
        feed(two, h264)
        assert setup.recorder.stop(10)
        assert setup.index.of(ONE) == []
        assert recorded(setup.index, TWO) == pictures_of(Codec.H264, h264.packets)

    def test_is_told_once_and_leaves_no_heap_of_files(
        self, h264: Footage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        disk = Disk(monkeypatch)
        disk.fails[ONE] = range(3, 13)
        setup = Setup(tmp_path, segment_s=60)
        long = joined(*(h264.later(8 * n) for n in range(10)))
        with capture_logs() as logs:
            setup.record(ONE, long)
        told = [entry["event"] for entry in logs if entry["event"].startswith("recording")]
        assert told == ["recording_failed", "recording_again"]
        assert setup.leftovers() == []
        # The first failure after 1 s of footage is noticed at 1.5 s; ten tries, 5 s and the wait for a key picture apart.
        ((start_s, end_s, cause),) = gaps_of(setup.index)
        assert (start_s, cause) == (1, GapCause.DISK)
        assert 50 <= end_s <= 65

    def test_a_disk_that_fails_from_the_first_byte_is_a_gap_too(
        self, h264: Footage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        opened = os.open
        refusals = [OSError(errno.EROFS, "Read-only file system")]

        def refuse(path: str | Path, flags: int, mode: int = 0o777) -> int:
            if flags & os.O_CREAT and refusals:
                raise refusals.pop()
            return opened(path, flags, mode)

        monkeypatch.setattr(os, "open", refuse)
        setup = Setup(tmp_path)
        setup.record(ONE, h264)
        assert gaps_of(setup.index) == [(0, 5, GapCause.DISK)]

    def test_a_file_that_does_not_reach_the_disk_is_measured_again(
        self, h264: Footage, setup: Setup, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fsync = os.fsync
        failures = [OSError(errno.EIO, "Input/output error")]

        def fail(handle: int) -> None:
            if failures:
                raise failures.pop()
            fsync(handle)

        monkeypatch.setattr(os, "fsync", fail)
        setup.record(ONE, h264)
        assert [segment.recovered for segment in setup.index.of(ONE)] == [True, False, False, False]
        assert gaps_of(setup.index) == []
        assert recorded(setup.index, ONE) == pictures_of(Codec.H264, h264.packets)
        assert setup.leftovers() == []

    def test_a_segment_that_the_index_refused_is_entered_later(self, h264: Footage, setup: Setup) -> None:
        setup.index.failures[f"segment {ONE}"] = [OSError(errno.ENOSPC, "No space left on device")]
        setup.record(ONE, h264)
        segments = setup.index.of(ONE)
        assert segments[0].end_at == AT + 2 * SECOND
        assert not any(segment.recovered for segment in segments)
        assert [segment.previous_sha256 for segment in segments[1:]] == [segment.sha256 for segment in segments[:-1]]
        assert gaps_of(setup.index) == []
        assert recorded(setup.index, ONE) == pictures_of(Codec.H264, h264.packets)
        assert setup.leftovers() == []

    def test_what_failed_is_done_while_recording_goes_on(
        self, h264: Footage, setup: Setup, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("vigil.ingest.closing.RETRY_S", 0.01)
        setup.index.failures[f"segment {ONE}"] = [OSError(errno.ENOSPC, "No space left on device")] * 3
        sink = setup.recorder.sink(ONE)
        setup.recorder.start()
        with capture_logs() as logs:
            feed(sink, h264)
            assert setup.index.wait(3), "nobody has told the recorder to stop"
        assert [entry["event"] for entry in logs] == ["segment_not_closed"]
        assert setup.recorder.stop(10)

    def test_a_file_that_somebody_took_away_stops_nothing(
        self, h264: Footage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        disk = Disk(monkeypatch)
        disk.fails[ONE] = range(3, 4)
        rename = Path.rename
        taken: list[Path] = []

        def take_away(path: Path, target: Path) -> Path:
            if not taken:
                taken.append(path)
                path.unlink()
            return rename(path, target)

        monkeypatch.setattr(Path, "rename", take_away)
        setup = Setup(tmp_path, segment_s=60)
        setup.record(ONE, joined(h264, h264.later(8)))
        assert len(taken) == 1
        assert len(setup.index.segments) == 1
        assert gaps_of(setup.index) == [(0, 7, GapCause.DISK)]

    def test_a_file_that_a_fault_of_ours_left_is_there_at_the_next_start_and_the_others_go_on(
        self, h264: Footage, setup: Setup
    ) -> None:
        setup.index.failures[f"segment {ONE}"] = [RuntimeError("a fault of ours")]
        one, two = setup.recorder.sink(ONE), setup.recorder.sink(TWO)
        setup.recorder.start()
        feed(one, h264)
        feed(two, h264)
        assert setup.recorder.stop(10)
        assert setup.leftovers() == ["hall-one_20260302T010000.000000Z.mp4"]
        assert recorded(setup.index, ONE) == pictures_of(Codec.H264, h264.between(2, 8))
        assert recorded(setup.index, TWO) == pictures_of(Codec.H264, h264.packets)

    def test_what_cannot_be_muxed_is_a_gap_and_stops_nothing(self, h264: Footage, setup: Setup) -> None:
        packets = list(h264.packets)
        packets[60] = replace(packets[60], dts_90k=0)  # the muxer refuses times that go back
        setup.record(ONE, Footage(h264.parameters, tuple(packets)))
        shown = [number for path in setup.index.paths(ONE) for number in numbers(path)]
        assert shown == [*range(50), *range(75, 200)]
        assert gaps_of(setup.index) == [(2, 3, GapCause.DAMAGE)]


class HangingFlush:
    """os.fsync that waits until it is told to go on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked = threading.Event()
        self._go = threading.Event()
        self._fsync = os.fsync
        monkeypatch.setattr(os, "fsync", self.fsync)

    def fsync(self, handle: int) -> None:
        self.asked.set()
        assert self._go.wait(10)
        self._fsync(handle)

    def go_on(self) -> None:
        self._go.set()


class TestHangingFlush:
    """The first file is complete, and the disk does not say that it has it."""

    @pytest.mark.lesson(7)
    def test_no_camera_waits_for_it(self, h264: Footage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        flush, wrote = HangingFlush(monkeypatch), threading.Semaphore(0)
        index = KeptIndex()
        recorder = Recorder(
            tmp_path, index, segment_s=4, queue_bytes=64 * MEBIBYTE, fragment_s=HALF_S, wrote=wrote.release
        )
        one, two = recorder.sink(ONE), recorder.sink(TWO)
        recorder.start()
        feed(one, part(h264, 0, 5))
        assert flush.asked.wait(10)
        feed(two, part(h264, 0, 2))
        for packet in h264.between(5, 7):
            one.packet(packet)

        def shown(camera: CameraId) -> list[int]:
            return [number for path in sorted((tmp_path / camera).glob("*.part")) for number in numbers(path)]

        # All but what the muxer holds until it knows how long it lasts.
        while len(shown(ONE)) < 6.5 * RATE or len(shown(TWO)) < 1.5 * RATE:
            assert wrote.acquire(timeout=10)
        assert index.segments == []
        flush.go_on()
        assert recorder.stop(10)
        assert recorded(index, ONE) == pictures_of(Codec.H264, h264.between(0, 7))
        assert [segment.recovered for segment in index.of(ONE)] == [False, False]

    def test_more_than_may_wait_is_a_gap(self, h264: Footage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        flush, setup = HangingFlush(monkeypatch), Setup(tmp_path, segment_s=1, most_waiting=2)
        sink = setup.recorder.sink(ONE)
        setup.recorder.start()
        with capture_logs() as logs:
            feed(sink, part(h264, 0, 6))
            eventually(lambda: bool(logs))
            flush.go_on()
            assert setup.index.wait(2)
            for packet in h264.between(6, 8):
                sink.packet(packet)
            assert setup.recorder.stop(10)
        assert [segment.duration for segment in setup.index.of(ONE)] == [SECOND, SECOND, SECOND]
        assert gaps_of(setup.index) == [(2, 7, GapCause.DISK)]
        assert [entry["event"] for entry in logs if entry["log_level"] == "error"] == ["recording_failed"]


class SlowDisk:
    """os.write that waits until it is told to go on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._go = threading.Event()
        self._write = os.write
        monkeypatch.setattr(os, "write", self.write)

    def write(self, handle: int, data: bytes) -> int:
        assert self._go.wait(10)
        return self._write(handle, data)

    def go_on(self) -> None:
        self._go.set()


class TestOverflow:
    """A disk slower than the cameras."""

    def overflow(self, tmp_path: Path, line: Footage) -> tuple[KeptIndex, int]:
        """Nothing is written at first, and the queue holds about two seconds. At 5.4 s the disk has caught up."""
        index = KeptIndex()
        bytes_a_second = sum(len(packet.data) for packet in line.packets) // 8
        recorder = Recorder(tmp_path, index, segment_s=60, queue_bytes=2 * bytes_a_second, fragment_s=HALF_S)
        sink = recorder.sink(ONE)
        dropped = metrics.recorder_dropped.labels(ONE)._value.get
        before = dropped()
        sink.begin(line.parameters)
        for packet in line.between(0, 5.4):
            sink.packet(packet)
        recorder.start()
        assert index.wait(1), "the loss closes the segment, and is the last in the queue"
        for packet in line.between(5.4, 8):
            sink.packet(packet)
        assert recorder.stop(10)
        return index, int(dropped() - before)

    @pytest.mark.lesson(7)
    def test_whole_gops_are_dropped_and_the_gap_says_so(self, h264: Footage, tmp_path: Path) -> None:
        index, dropped = self.overflow(tmp_path, h264)
        ((start_s, end_s, cause),) = gaps_of(index)
        assert cause is GapCause.DISK
        assert end_s == 6, "the rest of the GOP cannot be decoded either"
        kept = [number for path in index.paths(ONE) for number in numbers(path)]
        lost = list(range(round(start_s * RATE), 6 * RATE))
        assert kept == [number for number in range(8 * RATE) if number not in lost]
        assert dropped == len(lost) > RATE

    def test_is_told_once(self, h264: Footage, tmp_path: Path) -> None:
        with capture_logs() as logs:
            self.overflow(tmp_path, h264)
        assert [entry["event"] for entry in logs].count("disk_too_slow") == 1

    def test_stopping_gives_a_hanging_disk_its_deadline(
        self, h264: Footage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        disk = SlowDisk(monkeypatch)
        setup = Setup(tmp_path)
        sink = setup.recorder.sink(ONE)
        setup.recorder.start()
        feed(sink, h264)
        assert not setup.recorder.stop(0.01)
        disk.go_on()
        assert setup.recorder.stop(10)
        assert recorded(setup.index, ONE) == pictures_of(Codec.H264, h264.packets)


def test_what_kill_9_can_cost_is_a_second() -> None:
    """What waits in the kernel, in the queue and in the muxer, as docs/design/recording.md promises."""
    assert REST_S + GATHER_S + FRAGMENT_S <= 1.0


def test_packets_before_the_first_key_picture_are_not_recorded(h264: Footage, setup: Setup) -> None:
    setup.record(ONE, Footage(h264.parameters, h264.packets[10:]))
    assert setup.index.of(ONE)[0].start_at == AT + SECOND


def test_one_picture_is_a_segment(h264: Footage, setup: Setup) -> None:
    setup.record(ONE, Footage(h264.parameters, h264.packets[:1]))
    assert setup.index.of(ONE)[0].packets == 1


def test_the_last_picture_lasts_as_long_as_those_before(h264: Footage, setup: Setup) -> None:
    setup.record(ONE, part(h264, 0, 2))
    assert setup.index.of(ONE)[0].end_at == h264.packets[49].at + FRAME


class TestSound:
    def record(self, setup: Setup, line: Footage, sound: Tone, *, late: int = 0) -> None:
        """As a camera sends them: each piece behind the picture of its time, or `late` pictures later."""
        recorder = setup.recorder
        recorder.start()
        sink = recorder.sink(ONE)
        sink.begin(replace(line.parameters, sound=sound.parameters))
        pieces = deque(sound.pieces)
        for packet in line.packets:
            sink.packet(packet)
            while pieces and pieces[0].time_90k <= packet.pts_90k - late * FRAME_90K:
                sink.sound(pieces.popleft())
        sink.lost(line.packets[-1].at, GapCause.NODE)
        assert recorder.stop(10)

    @pytest.mark.parametrize("late", [0, 20])
    @pytest.mark.parametrize("codec", list(SoundCodec))
    def test_each_piece_is_in_one_segment_and_at_its_time(
        self, codec: SoundCodec, late: int, h264: Footage, setup: Setup
    ) -> None:
        """Also what comes when the segment of its pictures has been closed."""
        sound = tone(codec)
        self.record(setup, h264, sound, late=late)
        paths = setup.index.paths(ONE)
        assert len(paths) == 4
        came: list[tuple[int, bytes]] = []
        for path in paths:
            with av.open(str(path)) as container:
                stream = container.streams.audio[0]
                came += [(packet.pts or 0, bytes(packet)) for packet in container.demux(stream) if packet.size]
        assert len(came) >= len(sound.pieces) - 10 - late * FRAME_90K // sound.pieces[1].time_90k
        assert [data for _, data in came] == [piece.data for piece in sound.pieces[: len(came)]]
        each = sound.pieces[0].samples
        for index, (at, _) in enumerate(came):
            assert abs(at - index * each) <= 16, "a millisecond of 16 kHz"

    def test_pictures_are_counted_as_without(self, h264: Footage, setup: Setup) -> None:
        self.record(setup, h264, tone())
        assert sum(segment.packets for segment in setup.index.of(ONE)) == len(h264.packets)
        assert recorded(setup.index, ONE) == pictures_of(Codec.H264, h264.packets)

    def test_when_the_disk_is_too_slow_it_costs_no_picture(self) -> None:
        queue: ByteQueue[Any] = ByteQueue(1000, lambda item: 600)
        sink = RecorderSink(ONE, queue)
        before = metrics.sound_lost.labels(ONE)._value.get()
        for piece in tone().pieces[:5]:
            sink.sound(piece)
        assert metrics.sound_lost.labels(ONE)._value.get() == before + 4
