from __future__ import annotations

import hashlib
import io
from datetime import timedelta
from pathlib import Path

import pytest

from tests.media import footage, fragmented
from tests.sounds import muxed, tone
from tests.unit.uplink.samples import CAMERA, OTHER_CAMERA, at
from vigil.archive.folder import FolderStore
from vigil.center.reindex import reindex
from vigil.ingest.recovery import measure
from vigil.ingest.segments import segment_id
from vigil.model.ids import CameraId, SegmentId
from vigil.model.media import Codec, SoundCodec
from vigil.store.footage import SegmentState
from vigil.store.stores import Stores

VIDEO = fragmented(footage(Codec.H264, seconds=3))


def put(objects: FolderStore, start_s: float, data: bytes = VIDEO, camera: CameraId = CAMERA) -> SegmentId:
    identity = segment_id(camera, at(start_s))
    key = f"segments/{camera}/2026/03/02/{identity}.mp4"
    objects.put(key, io.BytesIO(data), size=len(data), sha256=hashlib.sha256(data).hexdigest())
    return identity


@pytest.mark.lesson(13)
def test_what_is_in_the_archive_is_in_the_index_again(stores: Stores, objects: FolderStore, tmp_path: Path) -> None:
    first, second = put(objects, 0), put(objects, 30)
    other = put(objects, 0, camera=OTHER_CAMERA)
    found = reindex(stores.footage, objects, measure, tmp_path)
    assert (found.entered, found.known, found.unreadable) == (3, 0, [])
    one, two, three = (stores.footage.find(identity) for identity in (first, second, other))
    assert one is not None
    assert two is not None
    assert three is not None
    assert (one.state, one.segment.start_at, one.segment.packets) == (SegmentState.STORED, at(0), 75)
    assert one.segment.end_at - at(0) == timedelta(seconds=3)
    assert one.segment.sha256 == hashlib.sha256(VIDEO).hexdigest()
    assert (one.segment.previous_sha256, two.segment.previous_sha256) == ("", one.segment.sha256)
    assert three.segment.previous_sha256 == ""
    assert stores.footage.uncovered(CAMERA, at(0), at(3)) == []


@pytest.mark.parametrize("codec", list(SoundCodec))
def test_a_segment_with_sound_is_measured_by_its_pictures(
    codec: SoundCodec, stores: Stores, objects: FolderStore, tmp_path: Path
) -> None:
    identity = put(objects, 0, muxed(footage(Codec.H264, seconds=3), tone(codec)))
    assert reindex(stores.footage, objects, measure, tmp_path).entered == 1
    found = stores.footage.find(identity)
    assert found is not None
    assert (found.segment.packets, found.segment.end_at) == (75, at(3))
    assert (found.segment.codec, found.segment.width) == (Codec.H264, 160)


def test_what_is_known_stays_as_it_is(stores: Stores, objects: FolderStore, tmp_path: Path) -> None:
    identity = put(objects, 0)
    reindex(stores.footage, objects, measure, tmp_path)
    before = stores.footage.find(identity)
    found = reindex(stores.footage, objects, measure, tmp_path)
    assert (found.entered, found.known) == (0, 1)
    assert stores.footage.find(identity) == before


@pytest.mark.parametrize("data", [b"", b"no video", VIDEO[:200]])
def test_what_is_damaged_is_named_and_left(stores: Stores, objects: FolderStore, tmp_path: Path, data: bytes) -> None:
    put(objects, 0, data)
    good = put(objects, 30)
    found = reindex(stores.footage, objects, measure, tmp_path)
    assert found.entered == 1
    assert found.unreadable == [f"segments/{CAMERA}/2026/03/02/{segment_id(CAMERA, at(0))}.mp4"]
    assert objects.stat(found.unreadable[0]).size == len(data)
    assert stores.footage.find(good) is not None


def test_an_object_of_another_name_is_no_segment(stores: Stores, objects: FolderStore, tmp_path: Path) -> None:
    objects.put(
        "segments/a-cam/notes.mp4", io.BytesIO(VIDEO), size=len(VIDEO), sha256=hashlib.sha256(VIDEO).hexdigest()
    )
    objects.put("clips/one.mp4", io.BytesIO(b"x"), size=1, sha256=hashlib.sha256(b"x").hexdigest())
    found = reindex(stores.footage, objects, measure, tmp_path)
    assert (found.entered, found.unreadable) == (0, ["segments/a-cam/notes.mp4"])
