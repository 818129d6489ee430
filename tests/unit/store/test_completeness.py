from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.unit.store.samples import CAMERA, T0, at, segment
from vigil.model.media import Gap, GapCause, Segment
from vigil.store.completeness import Completeness
from vigil.store.stores import Stores

HOUR = timedelta(hours=1)


def footage(start_s: float, end_s: float) -> Segment:
    name = segment(0)
    return replace(name, id=type(name.id)(f"{CAMERA}_{start_s}"), start_at=at(start_s), end_at=at(end_s))


def store(stores: Stores, one: Segment) -> None:
    stores.footage.announce(one, f"segments/{one.id}.mp4")
    stores.footage.mark_stored(one.id)


@pytest.mark.lesson(12)
def test_what_is_stored_missing_and_neither(stores: Stores) -> None:
    store(stores, footage(0, 600))
    store(stores, footage(700, 1300))
    stores.footage.announce(footage(1300, 1330), "pending.mp4")
    stores.footage.add_gap(Gap(CAMERA, at(600), at(700), GapCause.CAMERA))
    (found,) = stores.footage_hours.of_day(T0, T0 + timedelta(seconds=1400))
    assert found == Completeness(CAMERA, 1400.0, 1200.0, {GapCause.CAMERA: 100.0})
    assert found.unexplained_s == 100.0
    assert found.share == pytest.approx(1200 / 1400)


def test_a_segment_that_is_told_stored_twice_counts_once(stores: Stores) -> None:
    store(stores, footage(0, 600))
    stores.footage.mark_stored(footage(0, 600).id)
    (found,) = stores.footage_hours.of_day(T0, T0 + HOUR)
    assert found.stored_s == 600.0


def test_footage_over_the_turn_of_an_hour_counts_to_both(stores: Stores) -> None:
    store(stores, footage(3590, 3620))
    assert [stores.footage_hours.of_day(T0 + n * HOUR, T0 + (n + 1) * HOUR)[0].stored_s for n in (0, 1)] == [10, 20]


def test_nothing_is_expected_before_there_was_a_camera(stores: Stores) -> None:
    store(stores, footage(1800, 3600))
    (found,) = stores.footage_hours.of_day(T0, T0 + HOUR)
    assert (found.expected_s, found.share) == (1800.0, 1.0)
    assert stores.footage_hours.of_day(T0 - 2 * HOUR, T0 - HOUR) == []


def test_gaps_are_cut_to_the_span(stores: Stores) -> None:
    store(stores, footage(0, 10))
    stores.footage.add_gap(Gap(CAMERA, at(10), at(7200), GapCause.NODE))
    (found,) = stores.footage_hours.of_day(T0, T0 + HOUR)
    assert found.gaps_s == {GapCause.NODE: 3590.0}
    assert found.unexplained_s == 0.0
