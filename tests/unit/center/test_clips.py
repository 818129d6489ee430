"""The clip maker over a real database and folder; the remuxer is a stand-in that joins bytes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.unit.uplink.samples import CAMERA, OTHER_CAMERA, OWNERS, at, content, gap, segment
from vigil.archive.folder import FolderStore
from vigil.center import clips as clips_module
from vigil.center.clips import Arrivals, ClipMaker
from vigil.clock import FakeClock
from vigil.errors import ArchiveError, StoreError
from vigil.model.alerts import ClipState
from vigil.model.ids import AlertId, CameraId, ClipId
from vigil.model.media import Gap, GapCause, Segment
from vigil.store.clips import ClipRecord
from vigil.store.footage import Span
from vigil.store.stores import Stores

CLIP = ClipId("clip-1")
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0


class World:
    def __init__(self, stores: Stores, objects: FolderStore, scratch: Path) -> None:
        self.stores, self.objects, self.clock = stores, objects, FakeClock(at(30))
        self.linked_since: datetime | None = at(-HOUR)
        self.made: list[ClipId] = []
        self.remuxed: list[list[float]] = []
        self.fail: Exception | None = None
        self.arrivals = Arrivals(OWNERS, self.clock)
        scratch.mkdir()
        self.maker = ClipMaker(
            stores,
            objects,
            self._remux,
            scratch,
            self.clock,
            linked_since=lambda _: self.linked_since,
            arrivals=self.arrivals,
            made=self.made.append,
        )
        self.scratch = scratch

    def _remux(self, pieces: list[tuple[Path, datetime]], from_at: datetime, to_at: datetime, target: Path) -> None:
        if self.fail is not None:
            raise self.fail
        self.remuxed.append([(start_at - at(0)).total_seconds() for _, start_at in pieces])
        target.write_bytes(b"".join(path.read_bytes() for path, _ in pieces))

    def announce(self, start: float, camera: CameraId = CAMERA, *, first: bool = False) -> Segment:
        one = replace(segment(start, camera=camera), previous_sha256="" if first else "f" * 64)
        self.stores.footage.announce(one, f"segments/{one.id}.mp4")
        return one

    def store(self, *starts: float, camera: CameraId = CAMERA, first: bool = False) -> None:
        """Segments of 10 s that have come, been verified, and are known."""
        for start in starts:
            one = self.announce(start, camera, first=first)
            path = self.scratch.parent / "incoming"
            path.write_bytes(content(start, camera))
            self.objects.put(f"segments/{one.id}.mp4", path, size=one.size, sha256=one.sha256)
            self.stores.footage.mark_stored(one.id)
            self.arrivals.stored(one)

    def ask(self, start: float = 0, end: float = 20, name: str = "clip-1", camera: CameraId = CAMERA) -> None:
        span = Span(at(start), at(end))
        self.stores.clips.request_for_alert(ClipId(name), AlertId(f"of {name}"), camera, span, at=self.clock.now())

    def clip(self, name: str = "clip-1") -> ClipRecord:
        found = self.stores.clips.find(ClipId(name))
        assert found is not None
        return found

    def state(self, name: str = "clip-1") -> ClipState:
        self.maker.make_all()
        return self.clip(name).state


@pytest.fixture
def world(stores: Stores, objects: FolderStore, tmp_path: Path) -> World:
    return World(stores, objects, tmp_path / "scratch")


def test_is_made_as_soon_as_all_its_footage_is_there(world: World) -> None:
    world.ask()
    assert world.state() is ClipState.WAITING
    world.store(0)
    assert world.state() is ClipState.WAITING
    world.store(10)
    assert world.state() is ClipState.READY
    clip = world.clip()
    assert (clip.size, clip.gaps) == (2000, ())
    assert clip.object_key == f"clips/{CAMERA}/2026/03/02/clip-1.mp4"
    assert clip.sha256 is not None
    assert world.objects.verify(clip.object_key, clip.sha256)
    assert (world.remuxed, world.made) == ([[0, 10]], [CLIP])
    assert world.state() is ClipState.READY
    assert world.made == [CLIP]
    assert list(world.scratch.iterdir()) == []


def test_footage_that_is_only_announced_is_waited_for(world: World) -> None:
    world.ask()
    world.store(0)
    world.announce(10)
    assert world.state() is ClipState.WAITING


def test_a_clip_whose_end_has_not_come_waits(world: World) -> None:
    world.ask(0, 60)
    world.store(0, 10, 20)
    assert world.state() is ClipState.WAITING


def test_with_a_known_gap_it_is_partial_and_says_why(world: World) -> None:
    world.ask(0, 30)
    world.store(0, 20)
    world.stores.footage.add_gap(gap(10, 20, GapCause.CAMERA))
    assert world.state() is ClipState.PARTIAL
    assert world.clip().gaps == (Gap(CAMERA, at(10), at(20), GapCause.CAMERA),)


def test_from_before_the_cameras_very_first_footage_nothing_is_waited_for(world: World) -> None:
    world.ask(-20, 20)
    world.store(0, first=True)
    world.store(10)
    assert world.state() is ClipState.PARTIAL
    assert world.clip().gaps == (Gap(CAMERA, at(-20), at(0), GapCause.UNEXPLAINED),)


def test_a_hole_before_a_later_segment_is_waited_for(world: World) -> None:
    world.ask(-20, 20)
    world.store(0, 10)
    assert world.state() is ClipState.WAITING


def test_what_nobody_explains_is_a_gap_after_five_minutes(world: World) -> None:
    world.ask()
    world.store(0)
    world.store(60)
    world.clock.advance(5 * MINUTE)
    assert world.state() is ClipState.WAITING
    world.clock.advance(1)
    assert world.state() is ClipState.PARTIAL
    assert world.clip().gaps == (Gap(CAMERA, at(10), at(20), GapCause.UNEXPLAINED),)


def test_while_a_node_catches_up_its_clips_wait_however_long_it_takes(world: World) -> None:
    """Records come first after an outage; the footage behind them may take hours."""
    world.ask(2 * HOUR, 2 * HOUR + 20)
    for number in range(30):
        world.clock.advance(4 * MINUTE)
        world.store(number * 10, camera=CAMERA)
        assert world.state() is ClipState.WAITING
    world.clock.at = at(5 * HOUR)
    world.store(2 * HOUR, 2 * HOUR + 10)
    assert world.state() is ClipState.READY


def test_another_nodes_catching_up_keeps_nobody_waiting(world: World) -> None:
    world.ask()
    world.store(0)
    for _ in range(6):
        world.clock.advance(MINUTE)
        world.store(world.clock.mono_s - 10 * HOUR, camera=OTHER_CAMERA)
    assert world.state() is ClipState.PARTIAL


def test_while_the_node_is_away_it_waits_for_days_and_not_for_ever(world: World) -> None:
    world.ask()
    world.store(0)
    world.linked_since = None
    world.clock.advance(2.9 * DAY)
    assert world.state() is ClipState.WAITING
    world.clock.advance(0.2 * DAY)
    assert world.state() is ClipState.PARTIAL


def test_a_node_that_comes_back_has_its_five_minutes(world: World) -> None:
    world.ask()
    world.linked_since = None
    world.clock.advance(2 * HOUR)
    world.linked_since = world.clock.now()
    assert world.state() is ClipState.WAITING
    world.store(0, 10)
    assert world.state() is ClipState.READY


def test_without_any_footage_it_failed(world: World) -> None:
    world.ask()
    world.stores.footage.add_gap(gap(-10, 30, GapCause.CAMERA))
    assert world.state() is ClipState.FAILED
    assert world.clip().gaps == (Gap(CAMERA, at(0), at(20), GapCause.CAMERA),)
    assert world.made == [CLIP]


def test_footage_that_cannot_be_joined_failed_and_stops_no_other(world: World) -> None:
    world.ask()
    world.store(0, 10)
    world.fail = ArchiveError("damaged")
    assert world.state() is ClipState.FAILED
    world.fail = None
    world.ask(name="clip-2")
    assert world.state("clip-2") is ClipState.READY


def test_a_defect_costs_one_clip_and_not_the_thread(world: World) -> None:
    world.ask()
    world.store(0, 10)
    world.fail = ZeroDivisionError("a defect")
    with capture_logs() as logs:
        assert world.state() is ClipState.FAILED
    assert "clip_broke" in {line["event"] for line in logs}


def test_while_the_store_is_down_it_waits_and_is_made_afterwards(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.ask()
    world.store(0, 10)

    @contextmanager
    def away(*_: object) -> Iterator[Path]:
        raise ArchiveError("bucket away")
        yield

    with monkeypatch.context() as patch:
        patch.setattr(world.objects, "local_path", away)
        with pytest.raises(ArchiveError):
            world.maker.make_all()
        assert world.clip().state is ClipState.WAITING
    with monkeypatch.context() as patch:
        patch.setattr(world.objects, "put", lambda *_, **__: (_ for _ in ()).throw(ArchiveError("bucket full")))
        with pytest.raises(ArchiveError):
            world.maker.make_all()
        assert world.clip().state is ClipState.WAITING
    assert world.state() is ClipState.READY


def test_an_object_that_is_gone_is_a_gap(world: World) -> None:
    world.ask()
    world.store(0, 10)
    world.objects.delete(f"segments/{segment(10).id}.mp4")
    assert world.state() is ClipState.PARTIAL
    assert world.clip().gaps == (Gap(CAMERA, at(10), at(20), GapCause.UNEXPLAINED),)
    world.ask(10, 20, name="clip-2")
    assert world.state("clip-2") is ClipState.FAILED


def test_clips_that_wait_do_not_hide_those_that_need_not(world: World) -> None:
    for number in range(150):
        world.ask(HOUR, HOUR + 10, name=f"waits-{number}")
    world.clock.advance(1)
    world.ask(name="clip-1")
    world.store(0, 10)
    assert world.state() is ClipState.READY


@pytest.mark.parametrize("fails", [False, True])
def test_a_clip_that_grew_while_it_was_made_is_made_again(
    world: World, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    world.ask()
    world.store(0, 10)

    def grow(pieces: object, from_at: object, to_at: object, target: Path) -> None:
        world.ask(0, 30)
        if fails:
            raise ArchiveError("damaged")
        target.write_bytes(b"short")

    with monkeypatch.context() as patch:
        patch.setattr(world.maker, "_remux", grow)
        world.maker.make_all()
    assert (world.clip().state, world.clip().to_at) == (ClipState.WAITING, at(30))
    world.store(20)
    assert world.state() is ClipState.READY


def test_the_thread_makes_what_it_is_woken_for_outlives_a_failing_store_and_stops(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clips_module, "_POLL_S", 0.01)
    monkeypatch.setattr(clips_module, "_REST_S", 0.0)
    world.ask()
    world.store(0, 10)
    made, real, failures = threading.Event(), world.stores.clips.pending, [StoreError("away"), KeyError("a defect")]

    def pending(_self: object, limit: int) -> list[ClipRecord]:
        if failures:
            raise failures.pop()
        return real(limit)

    monkeypatch.setattr(type(world.stores.clips), "pending", pending)
    monkeypatch.setattr(world.maker, "_made", lambda _: made.set())
    world.maker.start()
    world.maker.wake()
    assert made.wait(5)
    world.maker.stop(5)
    assert not world.maker._thread.is_alive()
    assert world.clip().state is ClipState.READY


def test_an_arrival_is_news_only_for_clips_that_end_later() -> None:
    clock = FakeClock(at(500))
    arrivals = Arrivals(OWNERS, clock)
    assert arrivals.last_before(CAMERA, at(100)) is None
    arrivals.stored(segment(50))
    assert arrivals.last_before(CAMERA, at(100)) == at(500)
    assert arrivals.last_before(CAMERA, at(50)) is None
    assert arrivals.last_before(OTHER_CAMERA, at(100)) is None
