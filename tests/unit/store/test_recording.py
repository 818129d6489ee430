from __future__ import annotations

from datetime import date, timedelta

from tests.unit.store.samples import CAMERA, T0, at, segment
from vigil.calendar import ServiceSpan
from vigil.model.ids import CameraId
from vigil.model.media import Codec, Gap, GapCause
from vigil.store.stores import Stores

DAY, NEXT = date(2026, 3, 2), date(2026, 3, 3)
DAYS = [
    ServiceSpan(DAY, T0 - timedelta(hours=9), T0 + timedelta(hours=15)),
    ServiceSpan(NEXT, T0 + timedelta(hours=15), T0 + timedelta(hours=39)),
]


def store(stores: Stores, number: int, start: float, seconds: float) -> None:
    one = segment(number, start=start, seconds=seconds)
    stores.footage.announce(one, f"segments/{number}")
    stores.footage.mark_stored(one.id)


def test_each_day_by_itself_and_expected_from_the_first_footage_on(stores: Stores) -> None:
    store(stores, 1, 0, 3600)
    store(stores, 2, 16 * 3600, 1800)
    (first, one), (second, two) = stores.recording.by_day([CAMERA], DAYS)
    assert (first, one.expected_s, one.stored_s) == (DAY, 15 * 3600, 3600)
    assert (second, two.expected_s, two.stored_s) == (NEXT, 24 * 3600, 1800)


def test_a_gap_over_midnight_is_shared_out(stores: Stores) -> None:
    store(stores, 1, 0, 3600)
    stores.footage.add_gap(Gap(CAMERA, at(14 * 3600), at(17 * 3600), GapCause.NODE))
    days = stores.recording.by_day([CAMERA], DAYS)
    assert [one.gaps_s for _, one in days] == [{GapCause.NODE: 3600.0}, {GapCause.NODE: 7200.0}]


def test_a_camera_without_footage_was_not_there(stores: Stores) -> None:
    assert stores.recording.by_day([CAMERA], DAYS) == []
    store(stores, 1, 20 * 3600, 60)
    assert [day for day, _ in stores.recording.by_day([CAMERA, CameraId("other")], DAYS)] == [NEXT]
    assert stores.recording.by_day([CAMERA], []) == []


def test_what_a_camera_was_last_seen_to_send(stores: Stores) -> None:
    assert stores.recording.last_seen(CAMERA) is None
    store(stores, 1, 0, 60)
    store(stores, 2, 3600, 60)
    seen = stores.recording.last_seen(CAMERA)
    assert seen is not None
    assert (seen.first_at, seen.last_at, seen.codec, seen.width, seen.height) == (T0, at(3660), Codec.H264, 1920, 1080)
