from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.analytics.halls import (
    AT_ONE,
    AT_TWO,
    COUNTER_CAMERA,
    GROUP,
    HALL_CAMERA,
    LANE,
    ONE,
    QUEUE,
    SPOT_ONE,
    STAFF_ONE,
    TWO,
    VISITOR_ONE,
    box,
    camera,
    person,
)
from vigil.analytics.zones import Look, ZoneMap
from vigil.model.ids import CameraId
from vigil.model.looks import Detection, Presence, Unknown
from vigil.model.site import Zone, ZoneKind

SEEN, CLEAR = Presence.SEEN, Presence.CLEAR
AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
EVERYTHING = camera(CameraId("all"), *COUNTER_CAMERA.zones, LANE)


def look(*people: Detection) -> Look:
    return ZoneMap(EVERYTHING).look(people, AT)


def test_a_look_without_people_is_clear_everywhere() -> None:
    nobody = look()
    assert nobody.staff == {ONE: CLEAR, TWO: CLEAR}
    assert nobody.visitors == {ONE: CLEAR, TWO: CLEAR}
    assert nobody.waiting == {GROUP: 0}
    assert (nobody.why, nobody.people, nobody.camera, nobody.at) == (None, (), "all", AT)


def test_a_person_behind_the_counter_staffs_that_window_alone() -> None:
    assert look(AT_ONE).staff == {ONE: SEEN, TWO: CLEAR}
    assert look(AT_TWO).staff == {ONE: CLEAR, TWO: SEEN}
    assert look(AT_ONE).visitors == {ONE: CLEAR, TWO: CLEAR}


def in_front(share: float) -> Detection:
    """Somebody whose feet are out of the picture and who hides that share of the first staff area, from the left."""
    xs = [x for x, _ in STAFF_ONE.polygon]
    ys = [y for _, y in STAFF_ONE.polygon]
    return Detection(min(xs) - 0.01, min(ys) - 0.05, min(xs) + share * (max(xs) - min(xs)), 0.99, 0.9)


@pytest.mark.parametrize(
    ("share", "said"), [(0.3, CLEAR), (0.6, CLEAR), (0.8, Presence.UNKNOWN), (1.0, Presence.UNKNOWN)]
)
def test_a_staff_area_behind_people_is_not_called_empty(share: float, said: Presence) -> None:
    assert look(in_front(share)).staff == {ONE: said, TWO: CLEAR}


def test_two_people_hide_together_what_neither_hides_alone() -> None:
    left = in_front(0.4)
    right = Detection(left.x1, left.y0, left.x1 + (left.x1 - left.x0), left.y1, 0.9)
    assert look(left).staff[ONE] is look(right).staff[ONE] is CLEAR
    assert look(left, right).staff[ONE] is Presence.UNKNOWN


def test_the_score_of_a_staff_area_is_the_best_in_it_sure_or_not() -> None:
    perhaps = replace(AT_ONE, score=0.15, sure=False)
    assert look().scores == {ONE: 0.0, TWO: 0.0}
    assert look(perhaps, replace(AT_TWO, score=0.3), AT_TWO).scores == {ONE: 0.15, TWO: 0.9}


def test_a_visitor_who_leans_over_the_counter_gives_no_score() -> None:
    leaning = Detection(0.15, 0.25, 0.35, 0.7, 0.9)
    assert look(leaning).visitors[ONE] is SEEN
    assert look(leaning).scores[ONE] == 0.0


def test_where_two_clerks_are_needed_the_score_is_that_of_the_second() -> None:
    both = ZoneMap(EVERYTHING, {ONE: 2})
    second = replace(AT_ONE, x0=AT_ONE.x0 + 0.08, x1=AT_ONE.x1 + 0.08, score=0.4)
    assert both.look((AT_ONE,), AT).scores[ONE] == 0.0
    assert both.look((AT_ONE, second), AT).scores[ONE] == 0.4


def test_where_the_detector_is_in_doubt_nobody_is_called_absent() -> None:
    perhaps = replace(AT_ONE, score=0.15, sure=False)
    doubtful = look(perhaps)
    assert doubtful.staff == {ONE: Presence.UNKNOWN, TWO: CLEAR}
    assert (doubtful.doubts, doubtful.people) == ({ONE: Unknown.DOUBTFUL}, ())
    assert look(perhaps, AT_ONE).staff[ONE] is SEEN


def test_who_may_be_a_visitor_is_neither_seen_nor_missed() -> None:
    perhaps = replace(VISITOR_ONE, score=0.15, sure=False)
    assert look(perhaps).visitors == {ONE: Presence.UNKNOWN, TWO: CLEAR}
    assert look(perhaps, VISITOR_ONE).visitors[ONE] is look(VISITOR_ONE, perhaps).visitors[ONE] is SEEN
    assert look(perhaps).staff[ONE] is CLEAR


@pytest.mark.parametrize(("score", "counted"), [(0.14, 0), (0.15, 10), (0.3, 10)])
def test_in_a_queue_a_lower_score_counts(score: float, counted: int) -> None:
    waiting = [replace(one, score=score, sure=score >= 0.25) for one in QUEUE]
    assert look(*waiting).waiting[GROUP] == counted


def test_a_clerk_who_is_seen_is_there_however_many_stand_before() -> None:
    assert look(AT_ONE, in_front(0.9)).staff[ONE] is SEEN


def test_somebody_behind_the_staff_area_hides_nothing() -> None:
    xs = [x for x, _ in STAFF_ONE.polygon]
    ys = [y for _, y in STAFF_ONE.polygon]
    width = max(xs) - min(xs)
    behind = Detection(min(xs) + 0.05 * width, min(ys) - 0.2, max(xs) + width, max(ys) - 0.005, 0.9)
    assert look(behind).staff[ONE] is CLEAR


@pytest.mark.parametrize(
    "seated",
    [
        person(0.25, 0.45),  # wholly within
        person(0.25, 0.62, height=0.3),  # the counter's edge cuts the box, its centre lies within
        person(0.25, 0.72, height=0.5),  # the centre within, the foot far below
        person(0.25, 0.22, height=0.2),  # only the foot within
        person(0.25, 0.26, height=0.2),  # only the lower quarter within
    ],
)
def test_centre_lower_body_or_foot_in_the_staff_area_is_enough(seated: Detection) -> None:
    only_staff = ZoneMap(camera(CameraId("staff"), STAFF_ONE))
    assert only_staff.look((seated,), AT).staff == {ONE: SEEN}


def test_a_visitor_who_leans_over_the_counter_does_not_staff_the_window() -> None:
    leaning = person(0.25, 0.62, height=0.4)  # feet in the spot, body in the staff area
    assert STAFF_ONE.polygon[0][1] < leaning.centre[1] < STAFF_ONE.polygon[2][1]
    seen = look(leaning)
    assert seen.staff[ONE] is CLEAR
    assert seen.visitors[ONE] is SEEN


def test_a_person_in_the_lane_is_neither_staff_nor_visitor() -> None:
    tall = person(0.25, 0.95, height=0.9)  # reaches up into the staff area
    seen = look(tall)
    assert seen.waiting == {GROUP: 1}
    assert seen.staff[ONE] is CLEAR
    assert seen.visitors[ONE] is CLEAR


def test_people_in_the_lane_are_counted() -> None:
    assert look(*QUEUE[:7], AT_ONE, VISITOR_ONE).waiting == {GROUP: 7}


def test_somebody_elsewhere_counts_for_nothing() -> None:
    seen = look(person(0.5, 0.55, height=0.1))
    assert set(seen.staff.values()) | set(seen.visitors.values()) == {CLEAR}
    assert seen.waiting == {GROUP: 0}


def test_the_edge_belongs_to_the_zone() -> None:
    on_the_edge = person(0.1, 0.7)  # the foot at the left edge of the spot
    assert look(on_the_edge).visitors[ONE] is SEEN


def test_a_zone_may_be_hollow_on_one_side() -> None:
    bay = Zone(
        ZoneKind.STAFF_AREA, ((0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.6, 0.9), (0.6, 0.4), (0.4, 0.4), (0.4, 0.9), (0.1, 0.9)),
        window=ONE,
    )  # fmt: skip
    zones = ZoneMap(camera(CameraId("bay"), bay))
    assert zones.look((person(0.5, 0.9),), AT).staff == {ONE: CLEAR}
    assert zones.look((person(0.3, 0.8),), AT).staff == {ONE: SEEN}


def test_a_window_may_have_more_than_one_area() -> None:
    twice = camera(CameraId("twice"), STAFF_ONE, Zone(ZoneKind.STAFF_AREA, box(0.6, 0.2, 0.9, 0.5), window=ONE))
    assert ZoneMap(twice).look((AT_TWO,), AT).staff == {ONE: SEEN}


def test_a_map_knows_what_its_camera_sees() -> None:
    zones = ZoneMap(camera(CameraId("some"), STAFF_ONE, SPOT_ONE))
    assert (zones.windows, zones.spots, zones.groups) == (frozenset({ONE}), frozenset({ONE}), frozenset())
    zones = ZoneMap(HALL_CAMERA)
    assert (zones.windows, zones.spots, zones.groups) == (frozenset(), frozenset(), frozenset({GROUP}))


def test_a_blind_look_says_nothing_of_anybody() -> None:
    blind = Look.blind(EVERYTHING.id, AT, Unknown.DARK)
    assert (blind.staff, blind.visitors, blind.waiting, blind.why) == ({}, {}, {}, Unknown.DARK)


shares = st.floats(0, 1)


@given(st.lists(st.tuples(shares, shares, shares, shares), max_size=12))
def test_everybody_is_one_thing_at_most(corners: list[tuple[float, float, float, float]]) -> None:
    people = [Detection(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1), 0.5) for x0, y0, x1, y1 in corners]
    seen = look(*people)
    told = sum(seen.waiting.values())
    told += [*seen.staff.values(), *seen.visitors.values()].count(SEEN)
    assert told <= len(people)
    assert seen.people == tuple(people)


def test_who_is_cut_off_matters_to_the_window_in_whose_zones_the_box_lies() -> None:
    clerk, visitor, passer = (replace(one, cut=True) for one in (AT_TWO, VISITOR_ONE, person(0.5, 0.58)))
    said = look(clerk, visitor, passer)
    assert said.cut == {ONE, TWO}
    assert (said.staff[TWO], said.visitors[ONE]) == (Presence.UNKNOWN, Presence.UNKNOWN)
    assert look(passer).cut == set()
    assert look(AT_ONE, passer).staff == {ONE: SEEN, TWO: CLEAR}
