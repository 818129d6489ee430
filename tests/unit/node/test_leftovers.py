"""What a crash left in the spool, with real segment files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.media import footage, fragmented
from tests.unit.uplink.samples import CAMERA, OTHER_CAMERA, at
from vigil.ingest.segments import PART, segment_id
from vigil.model.ids import CameraId
from vigil.model.media import Codec, Segment
from vigil.node import leftovers
from vigil.uplink.local import LocalDatabase
from vigil.uplink.outbox import Outbox
from vigil.uplink.spool import Spool

VIDEO = fragmented(footage(Codec.H264, seconds=3))


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    database = LocalDatabase(tmp_path / "node.db")
    yield Spool(database, Outbox(database, max_bytes=10**6), tmp_path / "spool", max_bytes=10**8)
    database.close()


def leave(spool: Spool, start: float, data: bytes = VIDEO, *, suffix: str = "", camera: CameraId = CAMERA) -> Path:
    path = spool.folder / camera / f"{segment_id(camera, at(start))}.mp4{suffix}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def taken_in(spool: Spool) -> list[Segment]:
    found = []
    while (spooled := spool.next_to_bring()) is not None:
        assert hashlib.sha256(spooled.path.read_bytes()).hexdigest() == spooled.segment.sha256
        found.append(spooled.segment)
        spool.release(spooled.segment.id)
    return found


def test_an_empty_spool_has_no_leftovers(spool: Spool) -> None:
    leftovers.take_in(spool)
    assert taken_in(spool) == []


def test_a_file_that_was_cut_becomes_a_segment_of_its_whole_fragments(spool: Spool) -> None:
    leave(spool, 0, VIDEO[:-100], suffix=PART)
    leftovers.take_in(spool)
    (one,) = taken_in(spool)
    assert (one.camera, one.start_at, one.recovered, one.previous_sha256) == (CAMERA, at(0), True, "")
    assert one.end_at == at(2)  # of three fragments of a second two are whole


def test_a_whole_file_that_the_index_does_not_know_is_entered(spool: Spool) -> None:
    leave(spool, 0)
    leftovers.take_in(spool)
    (one,) = taken_in(spool)
    assert (one.sha256, one.size) == (hashlib.sha256(VIDEO).hexdigest(), len(VIDEO))


def test_what_the_index_knows_stays_as_it_is(spool: Spool) -> None:
    path = leave(spool, 0)
    leftovers.take_in(spool)
    before = spool.next_to_bring()
    leftovers.take_in(spool)
    assert spool.next_to_bring() == before
    assert path.exists()


def test_the_chain_of_hashes_goes_on_over_the_crash(spool: Spool) -> None:
    leave(spool, 0)
    leave(spool, 10, VIDEO[:-100], suffix=PART)
    leave(spool, 0, camera=OTHER_CAMERA)
    leftovers.take_in(spool)
    assert {(one.camera, one.previous_sha256) for one in taken_in(spool)} == {
        (CAMERA, ""),
        (CAMERA, hashlib.sha256(VIDEO).hexdigest()),
        (OTHER_CAMERA, ""),
    }
    last = spool.last(CAMERA)
    assert last is not None
    assert last[0] == at(12)


def test_a_file_without_a_whole_fragment_is_put_away_and_stops_nothing(spool: Spool) -> None:
    bad = leave(spool, 0, b"\x00\x00\x00\x20ftyp nothing more", suffix=PART)
    leave(spool, 10, VIDEO, suffix=PART)
    leftovers.take_in(spool)
    assert [one.start_at for one in taken_in(spool)] == [at(10)]
    assert not bad.exists()
    leftovers.take_in(spool)
    assert taken_in(spool) == []
