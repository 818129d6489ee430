"""Where the detector is asked to look, and what is said of the places where it is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from tests.unit.analytics.halls import (
    AT_ONE,
    AT_TWO,
    COUNTER,
    GROUP,
    LANE,
    NINE,
    ONE,
    QUEUE,
    SPOT_ONE,
    SPOT_TWO,
    STAFF_ONE,
    STAFF_TWO,
    TWO,
    VISITOR_ONE,
    camera,
    person,
)
from vigil.analytics.attention import THOROUGH, USUAL, Attention, Plan, Schedule
from vigil.analytics.detector import Bgr, Region
from vigil.analytics.zones import Look, ZoneMap
from vigil.model.ids import WindowId
from vigil.model.looks import Detection, Presence, Unknown
from vigil.model.site import Camera
from vigil.testing import frame_of

CAMERA = camera(COUNTER, STAFF_ONE, STAFF_TWO, SPOT_ONE, SPOT_TWO, LANE)
EMPTY: Bgr = np.random.default_rng(7).integers(60, 180, (45, 80, 3), np.uint8).repeat(8, 0).repeat(8, 1)


def showing(*people: Detection) -> Bgr:
    """The hall with somebody in dark clothes for each."""
    picture = EMPTY.copy()
    for one in people:
        picture[round(one.y0 * 360) : round(one.y1 * 360), round(one.x0 * 640) : round(one.x1 * 640)] = 20
    return picture


class Hall:
    """A camera's pictures every two seconds, and a detector that finds whom it is told to, wherever it looks."""

    def __init__(self, schedule: Schedule = USUAL, of: Camera = CAMERA) -> None:
        self.attention = Attention(of, ZoneMap(of).look, schedule)
        self.at = NINE

    def sees(
        self, *people: Detection, finds: Sequence[Detection] | None = None, pressing: frozenset[WindowId] = frozenset()
    ) -> tuple[Plan, Look]:
        self.at += timedelta(seconds=2)
        plan = self.attention.plan(frame_of(COUNTER, self.at, showing(*people)), pressing)
        found = people if finds is None else finds
        return plan, self.attention.look(plan, [_within(found, region) for region in plan.regions])

    def after(self, seconds: float) -> Hall:
        self.at += timedelta(seconds=seconds)
        return self


def _within(people: Sequence[Detection], region: object) -> tuple[Detection, ...]:
    left, top, right, bottom = (getattr(region, side) for side in ("left", "top", "right", "bottom"))
    inside = [one for one in people if left <= one.centre[0] * 640 <= right and top <= one.centre[1] * 360 <= bottom]
    return tuple(inside)


def bounds(region: Region) -> tuple[int, int, int, int]:
    return region.left, region.top, region.right, region.bottom


def looked_at(plan: Plan) -> set[int]:
    return {cell for cells in plan.cells for cell in cells}


def test_the_first_look_is_at_the_whole_picture() -> None:
    plan, look = Hall().sees(AT_ONE, *QUEUE[:3])
    assert plan.whole
    assert looked_at(plan) == {0, 1, 2}
    assert look.staff == {ONE: Presence.SEEN, TWO: Presence.CLEAR}
    assert look.waiting == {GROUP: 3}
    assert look.repeated == frozenset()


def test_where_nothing_changed_the_detector_is_not_asked_and_the_look_says_so() -> None:
    hall = Hall()
    _, before = hall.sees(AT_ONE, VISITOR_ONE, *QUEUE[:3])
    plan, look = hall.sees(AT_ONE, VISITOR_ONE, *QUEUE[:3])
    assert plan.regions == ()
    assert look == replace(before, at=hall.at, repeated=frozenset({ONE, TWO}))


def test_where_somebody_came_it_is_asked_about_that_place_alone() -> None:
    hall = Hall()
    hall.sees(AT_ONE)
    plan, look = hall.sees(AT_ONE, AT_TWO)
    assert looked_at(plan) == {1}
    assert look.staff == {ONE: Presence.SEEN, TWO: Presence.SEEN}
    assert look.repeated == {ONE}


def test_whoever_left_is_missed_at_once() -> None:
    hall = Hall()
    hall.sees(AT_ONE, AT_TWO)
    _, look = hall.sees(AT_TWO)
    assert look.staff == {ONE: Presence.CLEAR, TWO: Presence.SEEN}
    assert ONE not in look.repeated


def test_who_sits_still_is_never_forgotten() -> None:
    hall = Hall()
    looks = [hall.sees(AT_ONE)[1] for _ in range(60)]
    assert all(look.staff[ONE] is Presence.SEEN for look in looks)


def test_a_phantom_that_never_changes_is_met_with_fresh_eyes_every_ten_seconds() -> None:
    hall = Hall()
    hall.sees(AT_ONE, finds=(AT_ONE,))
    answers = [hall.sees(AT_ONE, finds=()) for _ in range(5)]
    assert [bool(plan.regions) for plan, _ in answers] == [False, False, False, False, True]
    assert [look.staff[ONE] for _, look in answers] == 4 * [Presence.SEEN] + [Presence.CLEAR]


def test_whom_the_detector_is_not_sure_of_it_looks_at_again() -> None:
    hall = Hall()
    doubt = replace(AT_ONE, score=0.15, sure=False)
    hall.sees(AT_ONE, AT_TWO, finds=(doubt, AT_TWO))
    plan, look = hall.sees(AT_ONE, AT_TWO, finds=(doubt, AT_TWO))
    assert looked_at(plan) == {0}
    assert look.staff[ONE] is Presence.UNKNOWN
    assert look.doubts[ONE] is Unknown.DOUBTFUL


def test_a_clerk_of_whom_it_is_hardly_sure_is_looked_at_again() -> None:
    hall = Hall()
    faint = replace(AT_ONE, score=0.3)
    hall.sees(AT_ONE, finds=(faint,))
    plan, _ = hall.sees(AT_ONE, finds=(faint,))
    assert looked_at(plan) == {0}


def test_a_doubt_beside_enough_clerks_is_no_reason_to_look_again() -> None:
    hall = Hall()
    doubt = replace(AT_ONE, score=0.15, sure=False, cut=True)
    hall.sees(AT_ONE, finds=(AT_ONE, doubt))
    plan, look = hall.sees(AT_ONE, finds=(AT_ONE, doubt))
    assert plan.regions == ()
    assert look.staff[ONE] is Presence.SEEN


def test_a_window_near_its_decision_is_looked_at_each_time() -> None:
    hall = Hall()
    hall.sees()
    plan, look = hall.sees(pressing=frozenset({TWO}))
    assert looked_at(plan) == {1}
    assert look.repeated == {ONE}


def test_who_is_cut_off_by_the_edge_of_a_cell_leaves_a_doubt_and_more_is_looked_at_next() -> None:
    hall = Hall()
    hall.sees()
    cut = replace(AT_ONE, cut=True)
    plan, look = hall.sees(AT_ONE, finds=(cut,))
    assert looked_at(plan) == {0}
    assert look.staff[ONE] is Presence.UNKNOWN
    (narrow,) = plan.regions
    plan, look = hall.sees(AT_ONE, finds=(cut,))
    (wide,) = plan.regions
    assert (wide.left, wide.right, wide.bottom) >= (0, narrow.right + 20, narrow.bottom + 20)
    assert wide.scale == narrow.scale
    assert look.staff[ONE] is Presence.UNKNOWN
    plan, look = hall.sees(AT_ONE)
    assert plan.whole
    assert look.staff[ONE] is Presence.SEEN


def test_where_more_was_enough_the_cell_is_as_small_as_before() -> None:
    hall = Hall()
    hall.sees()
    narrow = hall.sees(AT_ONE, finds=(replace(AT_ONE, cut=True),))[0].regions
    _, look = hall.sees(AT_ONE)
    assert look.staff[ONE] is Presence.SEEN
    plan, _ = hall.sees()
    assert [bounds(region) for region in plan.regions] == [bounds(region) for region in narrow]


def test_the_whole_picture_is_looked_at_once_a_minute() -> None:
    hall = Hall(of=camera(COUNTER, STAFF_ONE, STAFF_TWO, SPOT_ONE, SPOT_TWO))
    wholes = [hall.sees()[0].whole for _ in range(62)]
    assert [number for number, whole in enumerate(wholes) if whole] == [0, 30, 60]


def test_where_nearly_everything_is_due_the_whole_picture_is_looked_at() -> None:
    hall = Hall()
    hall.sees()
    plan, look = hall.sees(AT_ONE, AT_TWO, VISITOR_ONE, *QUEUE)
    assert plan.whole
    assert look.staff == {ONE: Presence.SEEN, TWO: Presence.SEEN}
    assert look.waiting == {GROUP: 10}


def test_a_thorough_schedule_is_the_whole_picture_each_time() -> None:
    hall = Hall(THOROUGH)
    assert all(hall.sees(AT_ONE)[0].whole for _ in range(5))


def test_those_in_a_lane_are_counted_once_though_cells_overlap() -> None:
    hall = Hall()
    hall.sees()
    _, look = hall.sees(VISITOR_ONE, *QUEUE[:4])
    assert look.waiting == {GROUP: 4}
    assert look.visitors[ONE] is Presence.SEEN
    assert len(look.people) == 5


@pytest.mark.parametrize("back_s", [30, 3600])
def test_a_clock_set_back_has_everything_looked_at_anew(back_s: float) -> None:
    hall = Hall()
    hall.sees(AT_ONE)
    plan, look = hall.after(-back_s).sees(AT_ONE)
    assert plan.whole
    assert look.staff[ONE] is Presence.SEEN


def test_somebody_who_passes_before_a_window_hides_it_and_is_no_clerk() -> None:
    hall = Hall()
    hall.sees(AT_ONE)
    passer = person(0.25, 0.58, height=0.5, width=0.35)
    _, look = hall.sees(passer)
    assert look.staff[ONE] is not Presence.CLEAR
