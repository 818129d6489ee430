from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.sim.scenes import (
    LOOKS,
    hall,
    of_role,
    plan,
    scenario,
    staffed,
    tenths,
    watch,
    whole,
    without_visits,
)
from vigil.errors import ScenarioError
from vigil.model.truth import PersonRole, PictureFault, VisitTruth
from vigil.sim.clerk import staff_way
from vigil.sim.events import (
    Break,
    Cleaning,
    Closing,
    Event,
    Handover,
    Hold,
    LeanOver,
    NewArrivals,
    NewService,
    Release,
    Rush,
    StandAway,
    StepAside,
    Unserved,
)
from vigil.sim.figures import Pose
from vigil.sim.hall import Hall
from vigil.sim.routine import expand
from vigil.sim.scenario import Arrivals, FaultEvent, Routine, Shifts
from vigil.sim.world import HallPlan, load_world, window_id

BUSY: dict[str, Any] = {
    "arrivals": (Arrivals(0, 6),),
    "service_s": (20, 60),
    "warm_up_s": 30.0,
    "seated": 2,
    "pairs_share": 0.3,
}
FULL: tuple[Event, ...] = (
    Break(at_s=10, until_s=60, window=1),
    Handover(at_s=20, window=2, gap_s=12),
    StepAside(at_s=20, until_s=50, window=3),
    Cleaning(at_s=5, window=2, pause_s=4),
    LeanOver(at_s=70, until_s=85, window=3),
    Unserved(at_s=40, window=1, stay_s=30),
)


def test_the_same_seed_lives_the_same_life() -> None:
    one, other = (whole(hall(7, events=FULL, **BUSY), 100) for _ in range(2))
    assert one == other
    assert without_visits(one) != without_visits(whole(hall(8, events=FULL, **BUSY), 100))


@settings(max_examples=5)
@given(st.lists(st.integers(0, 600), max_size=20))
def test_a_moment_does_not_depend_on_those_asked_before(asked: list[int]) -> None:
    target = [25.0, 40.05, 60.0]
    alone = without_visits(watch(hall(3, events=FULL, **BUSY), target))
    times = sorted({*(n / 10 for n in asked), *target})
    among = [moment for moment in watch(hall(3, events=FULL, **BUSY), times) if moment.t_s in target]
    assert without_visits(among) == alone


def test_the_hall_does_not_go_back() -> None:
    scene = hall()
    scene.at(5.0)
    with pytest.raises(ValueError, match="cannot go back"):
        scene.at(4.9)


def test_between_two_steps_people_are_between_two_places() -> None:
    scene = hall(5, **BUSY)
    before, half, after = watch(scene, [40.0, 40.05, 40.1])
    places = [{figure.id: figure.place for figure in moment.figures} for moment in (before, half, after)]
    both = places[0].keys() & places[1].keys() & places[2].keys()
    assert any(places[0][one] != places[2][one] for one in both)
    for one in both:
        assert places[1][one] == pytest.approx(
            [(a + b) / 2 for a, b in zip(places[0][one], places[2][one], strict=True)]
        )


@pytest.mark.parametrize("mirrored", [False, True])
def test_nobody_jumps_or_appears_but_at_a_door(mirrored: bool) -> None:
    where = plan(mirrored=mirrored)
    scene = hall(2, of=where, events=(*FULL, Closing(at_s=90)), patience_s=(20, 40), **BUSY)
    moments = watch(scene, tenths(0, 118))
    doors = (where.doors.entrance, where.doors.exit, where.doors.staff)
    for one, other in pairwise(moments):
        before, after = ({figure.id: figure.place for figure in moment.figures} for moment in (one, other))
        for person in before.keys() & after.keys():
            assert math.dist(before[person], after[person]) < 0.2
        for person in before.keys() ^ after.keys():
            place = before.get(person) or after[person]
            assert min(math.dist(place, door) for door in doors) < 0.2


def test_everybody_who_came_is_in_the_hall_or_has_left() -> None:
    scene = hall(4, events=FULL, **BUSY)
    ended: list[VisitTruth] = []
    ever: set[int] = set()
    for t in range(121):
        moment = scene.at(float(t))
        ended += moment.visits
        present = {visit.id for visit in scene.unfinished()}
        figures = {figure.id for figure in of_role(moment, PersonRole.VISITOR)}
        assert present <= figures
        assert not present & {visit.id for visit in ended}
        ever |= present
    assert ever <= {visit.id for visit in (*ended, *scene.unfinished())}
    assert len({visit.id for visit in ended}) == len(ended) >= 5


def test_the_times_of_a_visit_follow_each_other() -> None:
    scene = hall(4, seconds=400.0, **BUSY)
    visits = [visit for moment in whole(scene, 400) for visit in moment.visits]
    assert len(visits) > 15
    for visit in (*visits, *scene.unfinished()):
        times = [visit.entered_s, visit.joined_s, visit.called_s, visit.served_s, visit.left_s]
        known = [t for t in times if t is not None]
        assert known == sorted(known)
        assert times[: len(known)] == known, "nothing happens before what comes before it"


def test_who_came_first_is_called_first() -> None:
    scene = hall(6, seconds=400.0, **BUSY)
    visits = [visit for moment in whole(scene, 400) for visit in moment.visits]
    called = sorted(
        (visit for visit in (*visits, *scene.unfinished()) if visit.called_s), key=lambda v: v.called_s or 0
    )
    assert len(called) > 15
    joined = [visit.joined_s or 0 for visit in called]
    assert joined == sorted(joined)


def test_the_lane_never_holds_more_than_it_can() -> None:
    small = plan(places=5)
    moments = whole(hall(1, of=small, arrivals=(Arrivals(0, 20),), events=(Hold(at_s=0), Release(at_s=60))), 120)
    assert max(moment.queue for moment in moments) == 5
    for moment in moments:
        assert sum(figure.in_queue for figure in moment.figures) == moment.queue
    assert moments[90].queue == 5, "those outside come in"


def test_a_queue_stays_as_long_as_it_is_held() -> None:
    events = (Hold(at_s=0), Rush(at_s=0, size=11), Release(at_s=60))
    queue = [moment.queue for moment in whole(hall(1, events=events), 100)]
    assert max(queue) == 11
    assert queue[40:60] == [11] * 20
    assert queue[75] < 11


def test_visitors_go_to_the_window_that_was_free_longest() -> None:
    moments = whole(hall(1, events=(Rush(at_s=0, size=3),), service_s=(100, 100)), 60)
    assert all(state.visitor for state in moments[40].windows.values())


def test_nobody_is_called_to_a_window_without_clerk() -> None:
    moments = whole(hall(1, shifts=(Shifts(2, ()),), **BUSY), 100)
    assert not any(moment.windows[2].visitor or moment.windows[2].staffed for moment in moments)


def test_a_break_in_the_truth() -> None:
    seen = staffed(watch(hall(events=(Break(at_s=10, until_s=60, window=2),)), tenths(0, 100)), 2)
    left, back = seen.index(False) / 10, (len(seen) - seen[::-1].index(False)) / 10
    assert 10 < left < 11.5
    assert 58.5 < back < 60
    assert all(staffed(whole(hall(events=(Break(at_s=10, until_s=60, window=2),)), 100), 1))


def test_a_handover_brings_somebody_else() -> None:
    scene = hall(events=(Handover(at_s=30, window=1, gap_s=15),))
    moments = watch(scene, tenths(0, 60))
    seen = staffed(moments, 1)
    assert 13 < seen.count(False) / 10 < 16
    assert all(seen[450:])
    looks = [
        next(figure.look for figure in of_role(moment, PersonRole.CLERK) if figure.window == 1)
        for moment in (moments[0], moments[-1])
    ]
    assert looks[0] != looks[1]


def test_beside_the_seat_is_staffed_and_behind_it_is_not() -> None:
    events = (StepAside(at_s=10, until_s=50, window=1), StandAway(at_s=10, until_s=50, window=2))
    moments = whole(hall(events=events), 60)
    assert all(staffed(moments, 1))
    assert not any(staffed(moments[14:47], 2))
    clerks = {figure.window: figure for figure in of_role(moments[30], PersonRole.CLERK)}
    assert [clerks[n].pose for n in (1, 2)] == [Pose.STAND, Pose.STAND]


def test_a_cleaner_staffs_no_window() -> None:
    away = tuple(Shifts(window, ()) for window in (1, 2, 3))
    moments = whole(hall(events=(Cleaning(at_s=2, window=2, pause_s=20),), shifts=away), 60)
    assert any(of_role(moment, PersonRole.CLEANER) for moment in moments)
    assert not any(state.staffed for moment in moments for state in moment.windows.values())
    behind = [figure.place[0] for moment in moments for figure in of_role(moment, PersonRole.CLEANER)]
    assert min(behind) == pytest.approx(-2.7, abs=1), "walks to the far end"
    assert of_role(moments[-1], PersonRole.CLEANER) == []


def test_a_cleaner_pauses_behind_the_window() -> None:
    moments = whole(hall(events=(Cleaning(at_s=0, window=2, pause_s=20),)), 40)
    still = [f for moment in moments for f in of_role(moment, PersonRole.CLEANER) if f.pose is Pose.STAND]
    assert 18 <= len(still) <= 21
    assert {round(figure.place[0], 6) for figure in still} == {-0.9}


def test_an_unserved_visitor_waits_at_the_empty_window() -> None:
    events = (Break(at_s=0, until_s=110, window=3), Unserved(at_s=30, window=3, stay_s=50))
    scene = hall(events=events, arrivals=(Arrivals(0, 0),))
    moments = whole(scene, 120)
    assert [t for t in range(120) if moments[t].windows[3].visitor] == list(range(30, 80))
    assert not any(staffed(moments[30:80], 3))
    (visit,) = [visit for moment in moments for visit in moment.visits]
    assert (visit.window, visit.joined_s, visit.served_s) == (window_id("hall", 3), None, None)


def test_an_unserved_visitor_at_a_staffed_window_is_served() -> None:
    scene = hall(events=(Unserved(at_s=30, window=3, stay_s=20),))
    (visit,) = [visit for moment in whole(scene, 110) for visit in moment.visits]
    assert visit.served_s == pytest.approx(30, abs=1)


def test_whoever_is_at_the_window_becomes_the_unserved_visitor() -> None:
    events = (Rush(at_s=0, size=1), Unserved(at_s=60, window=1, stay_s=40))
    scene = hall(events=events, service_s=(30, 35), of=plan(windows=1))
    moments = whole(scene, 90)
    assert all(moment.windows[1].visitor for moment in moments[62:90])
    at_spot = [f for moment in moments for f in moment.figures if f.window == 1 and f.role is PersonRole.VISITOR]
    for moment in moments:
        assert sum(f.window == 1 and f.role is PersonRole.VISITOR for f in moment.figures) <= 1
    assert at_spot


def test_a_visitor_leans_over_the_counter() -> None:
    moments = whole(hall(events=(LeanOver(at_s=30, until_s=60, window=2),)), 100)
    (leaning,) = [figure for figure in moments[45].figures if figure.role is PersonRole.VISITOR]
    assert leaning.place[1] == pytest.approx(-0.12, abs=0.03)
    assert leaning.pose is Pose.LEAN
    assert [moments[t].windows[2].visitor for t in (20, 45, 100)] == [False, True, False]


def test_a_visitor_who_is_there_already_leans_over_and_steps_back() -> None:
    events = (Rush(at_s=0, size=1), LeanOver(at_s=40, until_s=60, window=1))
    moments = whole(hall(events=events, service_s=(100, 100), of=plan(windows=1)), 80)
    visitors = [next(f for f in moments[t].figures if f.window == 1 and f.role is PersonRole.VISITOR) for t in (50, 70)]
    assert visitors[0].id == visitors[1].id
    assert [figure.place[1] for figure in visitors] == pytest.approx([-0.12, -0.42], abs=0.03)


def test_who_loses_patience_leaves_unserved() -> None:
    scene = hall(events=(Rush(at_s=0, size=4),), shifts=tuple(Shifts(n, ()) for n in (1, 2, 3)), patience_s=(20, 30))
    moments = whole(scene, 80)
    visits = [visit for moment in moments for visit in moment.visits]
    assert len(visits) >= 4
    assert all((visit.called_s, visit.served_s, visit.window) == (None, None, None) for visit in visits)


def test_who_is_left_alone_at_a_window_leaves_in_the_end() -> None:
    events = (Rush(at_s=0, size=1), Break(at_s=30, window=1))
    scene = hall(events=events, service_s=(100, 100), alone_s=(30, 40), of=plan(windows=1))
    moments = whole(scene, 120)
    assert moments[50].windows[1].visitor
    assert not moments[80].windows[1].visitor


def test_a_clerk_on_a_break_with_time_to_finish_serves_to_the_end() -> None:
    events = (Rush(at_s=0, size=1), Break(at_s=30, until_s=115, window=1, finish_s=60))
    moments = whole(hall(events=events, service_s=(40, 40), of=plan(windows=1)), 90)
    for moment in moments[:85]:
        state = moment.windows[1]
        assert state.staffed or not state.visitor
    assert not moments[80].windows[1].staffed


def test_a_closed_hall_empties() -> None:
    scene = hall(2, seconds=300.0, events=(Closing(at_s=100),), **BUSY)
    moments = whole(scene, 300)
    assert moments[99].queue > 0
    assert moments[170].queue == 0
    assert all(figure.role is PersonRole.CLERK for figure in moments[300].figures)
    assert all(visit.entered_s <= 100 for moment in moments for visit in moment.visits)


def test_a_closed_hall_opens_again() -> None:
    scene = hall(2, seconds=300.0, events=(Closing(at_s=0, until_s=150),), **BUSY)
    entered = [visit.entered_s for moment in whole(scene, 300) for visit in moment.visits if visit.entered_s > 0]
    assert min(entered) >= 150


def test_arrivals_and_service_change_when_told() -> None:
    events = (
        NewArrivals(at_s=0, per_min=8),
        NewArrivals(at_s=60, per_min=0),
        NewService(at_s=0, seconds=(5, 6), window=1),
    )
    scene = hall(1, events=events, service_s=(90, 95), seconds=300.0)
    visits = [visit for moment in whole(scene, 300) for visit in moment.visits]
    assert len(visits) > 4
    assert max(visit.entered_s for visit in visits) < 90, "the last of those outside"
    served = [v for v in visits if v.window == window_id("hall", 1)]
    assert len(served) > len(visits) / 2


def test_one_event_more_leaves_other_people_as_they_are() -> None:
    plain = hall(5, **BUSY)
    more = hall(5, **BUSY, events=(Cleaning(at_s=5), StepAside(at_s=20, until_s=40, window=2)))
    one, other = ({figure.place for figure in of_role(scene.at(20.0), PersonRole.VISITOR)} for scene in (plain, more))
    assert one == other


def test_the_first_rate_holds_in_the_warm_up() -> None:
    moments = whole(hall(1, arrivals=(Arrivals(0, 10),), warm_up_s=60.0), 1)
    assert of_role(moments[0], PersonRole.VISITOR)


def test_people_of_one_time_look_different() -> None:
    scene = hall(3, events=(Hold(at_s=0), Rush(at_s=0, size=10)))
    waiting = [figure.look for figure in scene.at(60.0).figures if figure.in_queue]
    assert len(set(waiting)) == len(waiting) == 10
    clerks = [figure.look for figure in of_role(scene.at(61.0), PersonRole.CLERK)]
    assert len(set(clerks)) == 3


def test_companions_do_not_wait_and_are_not_counted() -> None:
    scene = hall(3, arrivals=(Arrivals(0, 10),), pairs_share=1.0, events=(Hold(at_s=0),))
    moment = whole(scene, 60)[-1]
    assert moment.queue == sum(figure.in_queue for figure in moment.figures) > 2
    alone = [f for f in of_role(moment, PersonRole.VISITOR) if not f.in_queue]
    assert len(alone) >= moment.queue
    assert len(scene.unfinished()) <= len(of_role(moment, PersonRole.VISITOR)) / 2


@pytest.mark.parametrize(("mirrored", "heading"), [(False, math.pi), (True, 0.0)])
def test_people_on_chairs(mirrored: bool, heading: float) -> None:
    moment = hall(1, of=plan(mirrored=mirrored), seated=3).at(10.0)
    seated = of_role(moment, PersonRole.SEATED)
    assert len({figure.place for figure in seated}) == 3
    assert {(figure.pose, figure.heading) for figure in seated} == {(Pose.CHAIR, heading)}


def test_those_on_chairs_come_and_go() -> None:
    scene = hall(1, seated=3, seconds=3000.0, of=plan(windows=1))
    moments = watch(scene, [float(t) for t in range(0, 3000, 100)])
    assert len({figure.id for moment in moments for figure in of_role(moment, PersonRole.SEATED)}) > 4
    assert max(len(of_role(moment, PersonRole.SEATED)) for moment in moments) == 3


def test_conditions_are_known_from_the_start() -> None:
    events = (
        Rush(at_s=-20, size=12),
        Hold(at_s=-20),
        Release(at_s=40),
        Break(at_s=10, window=1),
        Cleaning(at_s=5, window=2, pause_s=7),
        Closing(at_s=-20, until_s=-5),
    )
    scene = hall(warm_up_s=30.0, events=events)
    found = {condition.name: (condition.from_s, condition.to_s, window) for condition, window in scene.conditions()}
    assert found.keys() == {"queue", "held-queue", "break", "cleaner"}, "the closing was over before"
    assert found["held-queue"] == (0.0, 40, None)
    assert found["break"] == (10, 120, 1)
    assert 20 < found["cleaner"][1] < 45
    assert {condition.window for condition, _ in scene.conditions()} == {window_id("hall", 1), None}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"windows": (1, 9)}, "no window 9"),
        ({"events": (Break(at_s=0, window=4),)}, "no window 4"),
        ({"events": (Rush(at_s=0, size=16),)}, "15 places"),
        ({"seated": 5}, "4 chairs"),
        ({"faults": (FaultEvent(PictureFault.DARK, 0, 9, "attic"),)}, "no camera 'attic'"),
        ({"routine": Routine(), "windows": (1,)}, "expand the scenario first"),
    ],
)
def test_a_scenario_that_does_not_fit_the_hall(fields: dict[str, object], said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        Hall(plan(), scenario(**fields), 1, LOOKS)


def test_a_role_without_sprites() -> None:
    with pytest.raises(ScenarioError, match="no sprites for a cleaner"):
        Hall(plan(), scenario(events=(Cleaning(at_s=1),)), 1, {**LOOKS, PersonRole.CLEANER: []})


def test_a_hall_at_modest_load_stays_bounded() -> None:
    """Four windows serve 2.4 a minute; half as many come."""
    routine = Routine(breaks_per_hour=2, handovers_per_day=4, unserved_per_hour=2, step_asides_per_hour=2)
    given = scenario(
        seconds=1200.0, windows=(1, 2, 3, 4), arrivals=(Arrivals(0, 1.2),), service_s=(50, 150), routine=routine
    )
    scene = Hall(plan(windows=4), replace(expand(given, 2), warm_up_s=0.0), 2, LOOKS)
    moments = whole(scene, 1200)
    visits = [visit for moment in moments for visit in moment.visits]
    assert max(moment.queue for moment in moments) <= 10
    assert len(scene.unfinished()) < 15
    assert sum(visit.served_s is not None for visit in visits) > 0.9 * len(visits) > 12


ASSETS = Path(__file__).parents[3] / "sample_streams" / "hall"


@pytest.mark.parametrize("where", load_world(ASSETS).halls.values(), ids=load_world(ASSETS).halls)
def test_in_the_halls_that_we_ship_only_the_seat_and_beside_it_staff_a_window(where: HallPlan) -> None:
    for window in where.windows:
        for lane in (-0.12, 0.12):
            way = staff_way(where, window, lane)
            assert window.holds(way.route.at(0))
            assert window.holds(way.route.at(way.beside))
            aisle = [way.route.at(way.aisle + n * 0.1) for n in range(math.ceil((way.out - way.aisle) * 10))]
            assert not any(other.holds(place) for other in where.windows for place in aisle)
