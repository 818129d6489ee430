from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.uplink.conftest import MakeSpool
from tests.unit.uplink.samples import CAMERA, OTHER_CAMERA, at, gap, segment, segment_file
from vigil.model.media import Gap, GapCause
from vigil.uplink.local import LocalDatabase
from vigil.uplink.outbox import Outbox
from vigil.uplink.spool import Spool


def fill(spool: Spool, *starts: float) -> None:
    for start in starts:
        spool.add_segment(*segment_file(spool.folder, start))


def start_of_next(spool: Spool) -> float | None:
    spooled = spool.next_to_bring()
    return None if spooled is None else (spooled.segment.start_at - at(0)).total_seconds()


def gaps(outbox: Outbox) -> list[tuple[str, str, str]]:
    return [
        (record.body["camera"], record.body["start_at"][11:19], record.body["cause"])
        for record in outbox.pending(0, 1000)
        if record.kind == "gap"
    ]


def test_brings_the_oldest_first_whatever_camera_it_is_of(spool: Spool) -> None:
    fill(spool, 20, 10)
    spool.add_segment(*segment_file(spool.folder, 5, camera=OTHER_CAMERA))
    spooled = spool.next_to_bring()
    assert spooled is not None
    assert (spooled.segment, spooled.path.read_bytes()[:5]) == (segment(5, camera=OTHER_CAMERA), b"b-cam")


def test_released_means_row_and_file_are_gone(spool: Spool) -> None:
    one, path = segment_file(spool.folder, 0)
    spool.add_segment(one, path)
    assert spool.knows(path)
    spool.release(one.id)
    spool.release(one.id)
    assert (path.exists(), spool.knows(path), spool.next_to_bring(), spool._bytes) == (False, False, None, 0)


def test_a_crash_between_row_and_file_leaves_a_file_without_a_row(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, path = segment_file(spool.folder, 0)
    spool.add_segment(one, path)
    monkeypatch.setattr(Path, "unlink", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        spool.release(one.id)
    assert (path.exists(), spool.knows(path)) == (True, False)


def test_a_file_that_cannot_be_deleted_does_not_stop_the_others(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    one, path = segment_file(spool.folder, 0)
    spool.add_segment(one, path)
    monkeypatch.setattr(Path, "unlink", lambda *_, **__: (_ for _ in ()).throw(PermissionError("no")))
    spool.release(one.id)
    assert spool.next_to_bring() is None


@pytest.mark.lesson(7)
def test_when_full_the_oldest_goes_and_is_a_gap(make_spool: MakeSpool, outbox: Outbox) -> None:
    spool = make_spool(3500)
    fill(spool, 0, 10, 20, 30, 40)
    assert start_of_next(spool) == 20
    assert sorted(path.name for path in spool.folder.glob("*/*")) == [f"{segment(s).id}.mp4" for s in (20, 30, 40)]
    assert gaps(outbox) == [(CAMERA, "01:00:00", "spool-full"), (CAMERA, "01:00:10", "spool-full")]
    assert spool._bytes == 3000


def test_a_segment_beyond_the_bound_leaves_a_gap_and_an_empty_spool(make_spool: MakeSpool, outbox: Outbox) -> None:
    spool = make_spool(500)
    fill(spool, 0)
    assert spool.next_to_bring() is None
    assert len(gaps(outbox)) == 1


def test_the_bound_counts_what_an_earlier_process_left(make_spool: MakeSpool) -> None:
    fill(make_spool(10_000), 0, 10, 20)
    fill(make_spool(2000), 30)
    assert start_of_next(make_spool(2000)) == 20


def test_the_same_segment_twice_counts_once(spool: Spool) -> None:
    fill(spool, 0, 0)
    assert spool._bytes == 1000


def test_the_end_of_a_chain_outlives_its_segments_and_never_goes_back(spool: Spool) -> None:
    assert spool.last(CAMERA) is None
    fill(spool, 0, 50, 10)
    for start in (0, 50, 10):
        spool.release(segment(start).id)
    assert spool.last(CAMERA) == (at(60), segment(50).sha256)
    assert spool.last(OTHER_CAMERA) is None


def test_what_fails_goes_behind_what_did_not(spool: Spool) -> None:
    fill(spool, 0, 10, 20)
    seen = []
    for _ in range(5):
        spooled = spool.next_to_bring()
        assert spooled is not None
        seen.append((spooled.segment.start_at - at(0)).total_seconds())
        spool.failed(spooled.segment)
    assert seen == [0, 10, 20, 0, 10]


def test_eviction_takes_the_oldest_also_when_it_failed(make_spool: MakeSpool, outbox: Outbox) -> None:
    spool = make_spool(2500)
    fill(spool, 0, 10)
    spool.failed(segment(0))
    fill(spool, 20)
    assert gaps(outbox) == [(CAMERA, "01:00:00", "spool-full")]


@pytest.mark.parametrize("ruin", ["missing", "altered"])
def test_a_file_that_is_not_what_was_recorded_is_a_gap(spool: Spool, outbox: Outbox, ruin: str) -> None:
    one, path = segment_file(spool.folder, 0)
    spool.add_segment(one, path)
    if ruin == "missing":
        path.unlink()
    else:
        path.write_bytes(b"x" * 1000)
    spool.failed(one)
    assert (spool.next_to_bring(), path.exists(), spool._bytes) == (None, False, 0)
    assert gaps(outbox) == [(CAMERA, "01:00:00", "disk")]
    spool.failed(one)
    assert len(gaps(outbox)) == 1


def test_a_file_that_cannot_be_read_now_is_kept(spool: Spool, outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(spool, 0)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", lambda *_, **__: (_ for _ in ()).throw(OSError(24, "Too many open files")))
        spool.failed(segment(0))
    assert start_of_next(spool) == 0
    assert gaps(outbox) == []


def test_what_the_centre_got_meanwhile_is_no_gap(spool: Spool, outbox: Outbox) -> None:
    fill(spool, 0)
    spool.release(segment(0).id)
    spool._give_up(segment(0), GapCause.SPOOL_FULL)
    assert gaps(outbox) == []


def test_a_gap_is_a_record_once(spool: Spool, outbox: Outbox) -> None:
    spool.add_gap(gap())
    spool.add_gap(gap())
    assert len(outbox.pending(0, 9)) == 1
    spool.add_gap(Gap(CAMERA, at(1), at(2), GapCause.DISK))
    assert len(outbox.pending(0, 9)) == 2


def test_a_failing_disk_is_what_the_recorder_understands(spool: Spool, database: LocalDatabase) -> None:
    database.close()
    with pytest.raises(OSError, match="node's database"):
        fill(spool, 0)
    with pytest.raises(OSError, match="node's database"):
        spool.add_gap(gap())
