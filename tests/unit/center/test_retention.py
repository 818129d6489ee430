from __future__ import annotations

import hashlib
import io
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.unit.store.samples import alert
from vigil.archive.folder import FolderStore
from vigil.archive.objects import ObjectStore
from vigil.center.retention import SYSTEM, Sweeper
from vigil.clock import FakeClock
from vigil.errors import ArchiveError
from vigil.model.alerts import AlertState, ClipState
from vigil.model.ids import AlertId, CameraId, ClipId, HallId, HoldId, SegmentId
from vigil.model.media import Codec, GapCause, Segment
from vigil.model.register import Action
from vigil.model.site import Camera, ClipRules, Hall, Retention, Site
from vigil.model.steps import Step
from vigil.store.alert_steps import Taking
from vigil.store.footage import SegmentState, Span
from vigil.store.holds import Hold
from vigil.store.stores import Stores

ONE, TWO = CameraId("one"), CameraId("two")
NOW = datetime(2026, 6, 1, 4, tzinfo=UTC)
SECONDS = timedelta(seconds=1)
KEEP_FIGURES = timedelta(days=1100)
SITE = Site(
    name="hall",
    retention=Retention(at_least_days=30, at_most_days=60),
    clips=ClipRules(keep_days=100),
    halls=(
        Hall(
            id=HallId("hall-1"),
            name="hall",
            department="d",
            calendar="usual",
            cameras=(
                Camera(ONE, "one", "rtsp://192.0.2.1/"),
                Camera(TWO, "two", "rtsp://192.0.2.2/", retention=Retention(at_least_days=90, at_most_days=90)),
            ),
        ),
    ),
)


@dataclass
class Archive:
    stores: Stores
    objects: ObjectStore
    clock: FakeClock

    def keep(self, camera: CameraId, days: float, *, seconds: float = 30, later: float = 0) -> SegmentId:
        """A segment of so many days ago."""
        start_at = NOW - timedelta(days=days) + later * SECONDS
        data = f"{camera} {start_at}".encode()
        identity = SegmentId(f"{camera}_{start_at.strftime('%Y%m%dT%H%M%S')}")
        key = f"segments/{camera}/{identity}.mp4"
        sha256 = hashlib.sha256(data).hexdigest()
        self.objects.put(key, io.BytesIO(data), size=len(data), sha256=sha256)
        end_at = start_at + seconds * SECONDS
        segment = Segment(identity, camera, start_at, end_at, 1000, sha256, "", 25, Codec.H264, 64, 48)
        self.stores.footage.announce(segment, key)
        self.stores.footage.mark_stored(identity)
        return identity

    def sweeper(self, *, at_most_bytes: int | None = None, site: Site = SITE) -> Sweeper:
        return Sweeper(
            self.stores, self.objects, site, self.clock, at_most_bytes=at_most_bytes, keep_figures=KEEP_FIGURES
        )

    def left(self) -> set[str]:
        """By index and by store, which must agree."""
        keys = {stat.key.rpartition("/")[2].removesuffix(".mp4") for stat in self.objects.list("segments/")}
        spans = [
            record.segment.id
            for camera in (ONE, TWO)
            for days in range(130)
            for record in self.stores.footage.segments_overlapping(
                camera, NOW - timedelta(days=days + 1), NOW - timedelta(days=days)
            )
        ]
        assert keys == set(spans)
        return keys

    def hold(self, camera: CameraId, from_days: float, to_days: float, until_at: datetime | None = None) -> HoldId:
        span = NOW - timedelta(days=from_days), NOW - timedelta(days=to_days)
        hold = Hold(HoldId(f"hold-{from_days}"), camera, *span, "案件 7", "li", NOW, until_at)
        self.stores.holds.add(hold)
        return hold.id


@pytest.fixture
def archive(stores: Stores, objects: FolderStore) -> Archive:
    archive = Archive(stores, objects, FakeClock(NOW))
    archive.keep(ONE, 0.01)  # something comes, so the clock is right
    return archive


class TestTime:
    def test_what_is_older_than_it_may_be_goes_and_nothing_else(self, archive: Archive) -> None:
        gone = archive.keep(ONE, 60.1)
        stays = {archive.keep(ONE, 59.9), archive.keep(TWO, 89.9)}
        later = archive.keep(TWO, 90.1)
        swept = archive.sweeper().sweep()
        assert (swept.segments, swept.bytes) == (2, 2000)
        left = archive.left()
        assert stays <= left
        assert not {gone, later} & left

    def test_a_camera_that_is_no_more_has_the_rule_of_the_site(self, archive: Archive) -> None:
        archive.keep(CameraId("removed"), 60.1)
        assert archive.sweeper().sweep().segments == 1

    def test_a_second_sweep_finds_nothing(self, archive: Archive) -> None:
        archive.keep(ONE, 61)
        sweeper = archive.sweeper()
        assert (sweeper.sweep().segments, sweeper.sweep().segments) == (1, 0)

    def test_more_than_a_batch(self, archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("vigil.center.retention._BATCH", 3)
        for number in range(10):
            archive.keep(ONE, 70, later=30 * number)
        assert archive.sweeper().sweep().segments == 10
        assert len(archive.left()) == 1

    def test_a_clock_of_another_year_empties_no_archive(self, archive: Archive) -> None:
        archive.keep(ONE, 61)
        archive.clock.advance(86400 * 365)
        with capture_logs() as logs:
            assert archive.sweeper(at_most_bytes=1).sweep().segments == 0
        assert [entry["event"] for entry in logs] == ["retention_waits_for_footage"]
        assert len(archive.left()) == 2


class TestProof:
    def test_the_register_says_what_went_and_why(self, archive: Archive) -> None:
        first, second = archive.keep(ONE, 61), archive.keep(ONE, 61, later=30)
        lines = "".join(
            f"{one} {record.segment.sha256}\n"
            for one in (first, second)
            if (record := archive.stores.footage.find(one)) is not None
        )
        archive.sweeper().sweep()
        (entry,) = archive.stores.register.page().items
        assert (entry.action, entry.username, entry.reason) == (Action.DELETE, SYSTEM.username, "保存期限已满")
        found = re.fullmatch(r"camera one, (\S+)/(\S+): 2 segments, 2000 bytes, list (\w+)", entry.subject)
        assert found is not None
        begin, end, listed = found.groups()
        assert datetime.fromisoformat(begin) == NOW - timedelta(days=61)
        assert datetime.fromisoformat(end) == NOW - timedelta(days=61) + 60 * SECONDS
        assert listed == hashlib.sha256(lines.encode()).hexdigest()

    def test_where_it_was_is_a_gap_that_says_so_and_one_row_a_stretch(self, archive: Archive) -> None:
        archive.keep(ONE, 61)
        archive.keep(ONE, 61, later=30)
        archive.keep(ONE, 61, later=300)
        archive.sweeper().sweep()
        archive.keep(ONE, 61, later=60)  # came late, and goes in another round
        archive.sweeper().sweep()
        begin = NOW - timedelta(days=61)
        gaps = archive.stores.footage.gaps_overlapping(ONE, begin, NOW)
        assert [((one.start_at - begin) / SECONDS, (one.end_at - begin) / SECONDS, one.cause) for one in gaps] == [
            (0, 90, GapCause.EXPIRED),
            (300, 330, GapCause.EXPIRED),
        ]

    def test_how_complete_a_day_was_is_known_when_its_footage_is_gone(self, archive: Archive) -> None:
        day = (NOW - timedelta(days=61)).replace(hour=0)
        archive.keep(ONE, 61, seconds=600)
        before = archive.stores.footage_hours.of_day(day, day + timedelta(days=1))
        archive.sweeper().sweep()
        after = archive.stores.footage_hours.of_day(day, day + timedelta(days=1))
        assert [(one.stored_s, one.gaps_s) for one in after] == [(600, {})]
        assert [one.stored_s for one in before] == [600]
        assert abs(after[0].expected_s - before[0].expected_s) <= 3600


class FailingStore(FolderStore):
    """Deletes so many objects and then fails."""

    deletes = 1

    def delete(self, key: str) -> None:
        if not self.deletes:
            raise ArchiveError("the store is away")
        self.deletes -= 1
        super().delete(key)


class TestFailure:
    def test_what_was_begun_is_not_shown_and_is_finished_later(self, stores: Stores, tmp_path: Path) -> None:
        objects = FailingStore(tmp_path / "failing")
        archive = Archive(stores, objects, FakeClock(NOW))
        archive.keep(ONE, 0.01)
        archive.keep(ONE, 61)
        second = archive.keep(ONE, 61, later=30)
        with pytest.raises(ArchiveError):
            archive.sweeper().sweep()
        begin = NOW - timedelta(days=61)
        assert stores.footage.segments_overlapping(ONE, begin, begin + 60 * SECONDS) == []
        assert stores.register.page().items == (), "nothing is said to be gone that may be there"
        found = stores.footage.find(second)
        assert found is not None
        assert found.state is SegmentState.EXPIRING
        objects.deletes = 10
        assert archive.sweeper().sweep().segments == 2
        assert len(archive.left()) == 1
        assert "2 segments" in stores.register.page().items[0].subject


class TestHolds:
    def test_what_is_held_stays_with_all_that_touches_the_span(self, archive: Archive) -> None:
        before = archive.keep(ONE, 61.1)
        held = archive.keep(ONE, 61)
        hold = archive.hold(ONE, 61 - 29 / 86400, 60.5)
        assert archive.sweeper(at_most_bytes=1).sweep().segments == 1
        assert held in archive.left()
        assert before not in archive.left()
        archive.stores.holds.release(hold, by="li", at=NOW, why="办结")
        assert archive.sweeper().sweep().segments == 1

    def test_of_another_camera_it_holds_nothing(self, archive: Archive) -> None:
        archive.keep(ONE, 61)
        archive.hold(TWO, 62, 60)
        assert archive.sweeper().sweep().segments == 1

    def test_one_with_an_end_holds_until_then(self, archive: Archive) -> None:
        archive.keep(ONE, 61)
        archive.hold(ONE, 62, 60, until_at=NOW + timedelta(hours=1))
        assert archive.sweeper().sweep().segments == 0
        archive.clock.advance(3601)
        assert archive.sweeper().sweep().segments == 1

    def test_a_clip_that_waits_keeps_what_it_is_to_be_made_of(self, archive: Archive) -> None:
        archive.keep(ONE, 61)
        span = Span(NOW - timedelta(days=61), NOW - timedelta(days=61) + 10 * SECONDS)
        clip = ClipId("pull-1")
        archive.stores.clips.request(clip, ONE, span, by="li", reason="r", at=NOW)
        assert archive.sweeper().sweep().segments == 0
        archive.stores.clips.mark_failed(clip)
        assert archive.sweeper().sweep().segments == 1


class TestRoom:
    def test_the_oldest_go_that_need_not_be_kept(self, archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("vigil.center.retention._FEW", 1)
        oldest, older = archive.keep(ONE, 50), archive.keep(ONE, 40)
        by_law = archive.keep(TWO, 80)
        swept = archive.sweeper(at_most_bytes=3000).sweep()
        assert swept.segments == 1
        assert archive.left() >= {older, by_law}
        assert oldest not in archive.left()
        assert archive.stores.register.page().items[0].reason == "超过最短保存期限，存储空间不足"

    def test_what_must_be_kept_stays_however_full_it_is_and_that_is_told(self, archive: Archive) -> None:
        archive.keep(ONE, 29.9)
        archive.keep(TWO, 89)
        with capture_logs() as logs:
            assert archive.sweeper(at_most_bytes=1).sweep().segments == 0
        assert [entry["event"] for entry in logs] == ["archive_over_its_bound"]
        assert len(archive.left()) == 3


class TestClips:
    def clip(self, archive: Archive, days: float, *, decided: bool = True) -> ClipId:
        at = NOW - timedelta(days=days)
        raised = replace(alert("a1"), camera=ONE, began_at=at, raised_at=at)
        archive.stores.alerts.upsert(raised, snapshot_key="snapshots/a1.jpg")
        if decided:
            archive.stores.alert_steps.take(AlertId("a1"), Taking(Step.CONFIRM, by="s", at=at))
        span = Span(at, at + 30 * SECONDS)
        archive.stores.clips.request_for_alert(ClipId("clip-1"), AlertId("a1"), ONE, span, at=at)
        for key in ("clips/one/clip-1.mp4", "snapshots/a1.jpg"):
            archive.objects.put(key, io.BytesIO(b"x"), size=1, sha256=hashlib.sha256(b"x").hexdigest())
        archive.stores.clips.mark_ready(ClipId("clip-1"), "clips/one/clip-1.mp4", 1, "ab")
        return ClipId("clip-1")

    def objects(self, archive: Archive) -> list[str]:
        return [stat.key for stat in archive.objects.list("clips/")] + [
            stat.key for stat in archive.objects.list("snapshots/")
        ]

    def test_goes_with_its_snapshot_when_its_time_is_over(self, archive: Archive) -> None:
        clip = self.clip(archive, 101)
        assert archive.sweeper().sweep().clips == 1
        found = archive.stores.clips.find(clip)
        assert found is not None
        assert (found.state, found.object_key, found.sha256, found.playable) == (ClipState.EXPIRED, None, "ab", False)
        record = archive.stores.alerts.find(AlertId("a1"))
        assert record is not None
        assert (record.snapshot_key, record.state) == (None, AlertState.CONFIRMED)
        assert self.objects(archive) == []
        assert archive.stores.register.page().items[0].subject.startswith("clip clip-1: camera one, ")
        assert archive.sweeper().sweep().clips == 0

    def test_stays_before(self, archive: Archive) -> None:
        self.clip(archive, 99)
        assert archive.sweeper().sweep().clips == 0

    def test_stays_while_nobody_has_decided(self, archive: Archive) -> None:
        self.clip(archive, 101, decided=False)
        assert archive.sweeper().sweep().clips == 0
        assert len(self.objects(archive)) == 2

    def test_stays_while_it_is_held(self, archive: Archive) -> None:
        self.clip(archive, 101)
        archive.hold(ONE, 102, 100.9999)
        assert archive.sweeper().sweep().clips == 0


def test_the_plan_counts_what_is_there_and_what_came_in_a_day(archive: Archive) -> None:
    archive.keep(TWO, 40)
    archive.keep(TWO, 0.5)
    plan = archive.sweeper(at_most_bytes=10**6).make_plan()
    assert [(one.camera, one.bytes, one.day_bytes, one.at_most_days) for one in plan.cameras] == [
        (ONE, 1000, 1000, 60),
        (TWO, 2000, 1000, 90),
    ]
    assert plan.cameras[1].first_at == NOW - timedelta(days=40)
    assert plan.room_bytes == 10**6


def test_without_a_bound_the_disk_is_the_room(archive: Archive) -> None:
    free = archive.objects.free_bytes()
    assert free is not None
    room = archive.sweeper().make_plan().room_bytes
    assert room is not None
    assert abs(room - free - 1000) < 10**9
