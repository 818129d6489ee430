"""One clerk goes and another comes: a change of shift is no absence, and no visitor is let down by it."""

from __future__ import annotations

import pytest

from tests.unit.analytics.halls import AT_ONE, AT_TWO, COUNTER, HALL, ONE, VISITOR_ONE, person
from tests.unit.analytics.test_analyst import ONE_LEFT, STAFFED, UNSERVED, Scene, Scenes
from vigil.model.looks import Staffing

NEXT_CLERK: Scene = {COUNTER: (person(0.35, 0.48), AT_TWO), HALL: ()}
SERVED_BY_NEXT: Scene = {COUNTER: (person(0.35, 0.48), AT_TWO, VISITOR_ONE), HALL: ()}


def staffings(hall: Scenes, scene: Scene, seconds: int) -> set[Staffing]:
    """What was believed of window 1 in each of these seconds."""
    found = set()
    for _ in range(seconds):
        hall.second(scene)
        found.add(hall.window(ONE).staffing)
    return found


@pytest.mark.parametrize("gap_s", [1, 15, 20, 29])
def test_a_handover_within_absent_after_s_leaves_the_window_staffed_and_raises_nothing(gap_s: int) -> None:
    hall = Scenes()
    hall.play(STAFFED, 60)
    since_at = hall.window(ONE).since_at

    believed = staffings(hall, ONE_LEFT, gap_s) | staffings(hall, NEXT_CLERK, 600)

    assert believed == {Staffing.STAFFED}
    assert hall.window(ONE).since_at == since_at
    assert hall.alerts == []


def test_handovers_do_not_add_up() -> None:
    hall = Scenes()
    hall.play(STAFFED, 60)
    believed = set()
    for _ in range(30):
        believed |= staffings(hall, ONE_LEFT, 25) | staffings(hall, NEXT_CLERK, 5)
    assert believed == {Staffing.STAFFED}
    assert hall.alerts == []


def test_a_visitor_who_stands_there_during_a_handover_is_served() -> None:
    hall = Scenes()
    hall.play({COUNTER: (AT_ONE, AT_TWO, VISITOR_ONE), HALL: ()}, 120)
    hall.play(UNSERVED, 25)
    hall.play(SERVED_BY_NEXT, 600)
    assert hall.alerts == []


def test_a_gap_longer_than_that_is_an_absence_whoever_comes_then() -> None:
    hall = Scenes()
    hall.play(STAFFED, 60)
    assert Staffing.UNSTAFFED in staffings(hall, ONE_LEFT, 32)
    assert staffings(hall, NEXT_CLERK, 12) == {Staffing.UNSTAFFED, Staffing.STAFFED}
    assert hall.alerts == [], "and half a minute is no alert"


def test_the_two_may_be_there_together() -> None:
    hall = Scenes()
    hall.play(STAFFED, 60)
    both: Scene = {COUNTER: (AT_ONE, person(0.35, 0.48), AT_TWO), HALL: ()}
    assert staffings(hall, both, 60) | staffings(hall, NEXT_CLERK, 60) == {Staffing.STAFFED}
