"""A camera's newest picture out of the archive, and what is not there."""

from __future__ import annotations

import hashlib
import io
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from tests.media import AT, Footage, footage, fragmented
from vigil.archive.folder import FolderStore
from vigil.center.stills import Stills
from vigil.model.ids import CameraId, SegmentId
from vigil.model.media import Codec, Segment
from vigil.store.stores import Stores

COUNTER = CameraId("counter")


@pytest.fixture(scope="module")
def part() -> Footage:
    return footage(Codec.H264, seconds=1)


@pytest.fixture
def stills(stores: Stores, objects: FolderStore) -> Stills:
    return Stills(stores.footage, objects)


def store(stores: Stores, objects: FolderStore, minute: int, data: bytes | None) -> None:
    """A segment that begins so many minutes after AT; None: its object is gone."""
    start_at, key, content = AT + timedelta(minutes=minute), f"segments/{minute}.mp4", data or b""
    sha256 = hashlib.sha256(content).hexdigest()
    if data is not None:
        objects.put(key, io.BytesIO(data), size=len(data), sha256=sha256)
    segment = Segment(
        SegmentId(str(minute)),
        COUNTER,
        start_at,
        start_at + timedelta(minutes=1),
        len(content),
        sha256,
        "",
        25,
        Codec.H264,
        *(160, 96),
    )
    stores.footage.announce(segment, key)
    stores.footage.mark_stored(segment.id)


def test_is_of_the_newest_segment(stores: Stores, objects: FolderStore, stills: Stills, part: Footage) -> None:
    for minute in (1, 3, 2):
        store(stores, objects, minute, fragmented(part))
    still = stills.newest(COUNTER, 80)
    assert still is not None
    assert still.at == AT + timedelta(minutes=3)
    assert still.jpeg.startswith(b"\xff\xd8")
    assert stills.newest(CameraId("other"), 80) is None


@pytest.mark.parametrize(("data", "event"), [(None, "segment_object_missing"), (b"what is none", "segment_unreadable")])
def test_what_cannot_be_shown_is_logged(
    stores: Stores, objects: FolderStore, stills: Stills, data: bytes | None, event: str
) -> None:
    store(stores, objects, 1, data)
    with capture_logs() as logs:
        assert stills.newest(COUNTER, 80) is None
    assert [log["event"] for log in logs] == [event]
