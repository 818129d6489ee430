from __future__ import annotations

import re

import pytest
from sqlalchemy import text

from tests.unit.store.samples import CAMERA, T0, at, segment
from vigil.model.ids import CameraId, SegmentId
from vigil.model.media import Gap, GapCause
from vigil.store.database import Database
from vigil.store.footage import SegmentState, Span, joined
from vigil.store.stores import Stores


def store(stores: Stores, *numbers: int) -> None:
    for number in numbers:
        stores.footage.announce(segment(number), f"segments/{number}.mp4")
        stores.footage.mark_stored(segment(number).id)


def test_a_segment_is_announced_once_and_then_stored(stores: Stores) -> None:
    assert stores.footage.announce(segment(1), "segments/1.mp4", backfilled=True)
    assert not stores.footage.announce(segment(1), "elsewhere.mp4")
    record = stores.footage.find(segment(1).id)
    assert record is not None
    assert record.segment == segment(1)
    assert (record.state, record.object_key, record.backfilled) == (SegmentState.PENDING, "segments/1.mp4", True)
    assert stores.footage.mark_stored(segment(1).id)
    assert not stores.footage.announce(segment(1), "elsewhere.mp4")
    stored = stores.footage.find(segment(1).id)
    assert stored is not None
    assert stored.state is SegmentState.STORED
    assert not stores.footage.mark_stored(SegmentId("none"))
    assert stores.footage.find(SegmentId("none")) is None


def test_finds_the_segments_of_a_span(stores: Stores) -> None:
    store(stores, *range(10))
    stores.footage.announce(segment(3, camera=CameraId("other")), "other/3.mp4")
    found = stores.footage.segments_overlapping(CAMERA, at(120), at(240))
    assert [record.segment.id for record in found] == [segment(2).id, segment(3).id]
    found = stores.footage.segments_overlapping(CAMERA, at(119.9), at(240.1))
    assert [record.segment.id for record in found] == [segment(n).id for n in (1, 2, 3, 4)]


def test_a_gap_is_kept_once(stores: Stores) -> None:
    gap = Gap(CAMERA, at(10), at(20), GapCause.CAMERA)
    assert stores.footage.add_gap(gap)
    assert not stores.footage.add_gap(gap)
    assert stores.footage.add_gap(Gap(CAMERA, at(10), at(20), GapCause.DISK))
    assert stores.footage.gaps_overlapping(CAMERA, at(20), at(30)) == []
    assert len(stores.footage.gaps_overlapping(CAMERA, at(19), at(30))) == 2


def test_uncovered_time_counts_only_what_is_stored(stores: Stores) -> None:
    store(stores, 0, 1, 4)
    stores.footage.announce(segment(2), "pending.mp4")
    assert stores.footage.uncovered(CAMERA, at(30), at(330)) == [Span(at(120), at(240)), Span(at(300), at(330))]
    assert stores.footage.uncovered(CAMERA, at(0), at(120)) == []
    assert stores.footage.uncovered(CAMERA, at(-60), at(10)) == [Span(at(-60), at(0))]
    assert stores.footage.uncovered(CameraId("none"), at(0), at(9)) == [Span(at(0), at(9))]


def test_a_seam_is_no_hole(stores: Stores) -> None:
    for number, start in ((1, 0), (2, 60.2), (3, 121.5)):
        stores.footage.announce(segment(number, start=start), f"{number}.mp4")
        stores.footage.mark_stored(segment(number).id)
    assert stores.footage.uncovered(CAMERA, at(0), at(181.5)) == [Span(at(120.2), at(121.5))]


def test_a_timeline_joins_segments_and_cuts_to_its_span(stores: Stores) -> None:
    store(stores, 0, 1, 2, 5, 6)
    stores.footage.add_gap(Gap(CAMERA, at(180), at(300), GapCause.NODE))
    stores.footage.add_gap(Gap(CAMERA, at(400), at(9000), GapCause.CAMERA))
    timeline = stores.footage.timeline(CAMERA, at(30), at(410))
    assert timeline.segments == (Span(at(30), at(180)), Span(at(300), at(410)))
    assert timeline.gaps == (
        Gap(CAMERA, at(180), at(300), GapCause.NODE),
        Gap(CAMERA, at(400), at(410), GapCause.CAMERA),
    )


def test_overlapping_segments_join() -> None:
    spans = [(at(0), at(60)), (at(10), at(20)), (at(59), at(90)), (at(100), at(110))]
    assert list(joined(spans)) == [Span(at(0), at(90)), Span(at(100), at(110))]
    assert list(joined([])) == []


@pytest.mark.lesson(12)
def test_a_span_is_found_by_its_index(database: Database) -> None:
    query = "SELECT * FROM segments WHERE camera = 'c' AND start_at > :a AND start_at < :b"
    values = {"a": str(T0), "b": str(at(60))}
    with database.read() as session:
        if session.get_bind().dialect.name == "sqlite":
            plan = session.execute(text(f"EXPLAIN QUERY PLAN {query}"), values).one().detail
            assert "segments_by_camera (camera=? AND start_at>? AND start_at<?)" in plan
        else:
            session.execute(text("SET LOCAL enable_seqscan = off"))  # an empty table is read whole otherwise
            plan = " ".join(session.scalars(text(f"EXPLAIN {query}"), values))
            assert "segments_by_camera" in plan
            assert re.search(r"Index Cond: \(\(camera = .*start_at > .*start_at < ", plan), plan


def test_the_newest_is_the_last_that_is_stored(stores: Stores) -> None:
    assert stores.footage.newest(CAMERA) is None
    store(stores, 2, 4, 3)
    stores.footage.announce(segment(5), "pending.mp4")
    stores.footage.announce(segment(6, camera=CameraId("other")), "other.mp4")
    stores.footage.mark_stored(segment(6, camera=CameraId("other")).id)
    newest = stores.footage.newest(CAMERA)
    assert newest is not None
    assert newest.segment.id == segment(4).id
