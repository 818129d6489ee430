"""Windows that need two clerks (双岗): one is not enough, and one serves a visitor all the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.unit.analytics.halls import (
    COUNTER,
    HALL,
    ONE,
    SPOT_ONE,
    STAFF_ONE,
    TWO,
    VISITOR_ONE,
    box,
    camera,
    person,
    site,
)
from tests.unit.analytics.test_analyst import Scene, Scenes, absences
from vigil.analytics.zones import ZoneMap
from vigil.model.alerts import AlertKind
from vigil.model.ids import CameraId
from vigil.model.looks import Detection, Presence, Staffing, Unknown
from vigil.model.site import Site, Zone, ZoneKind

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
LEFT, RIGHT = person(0.17, 0.45), person(0.33, 0.45)
"""Two places behind the counter of window 1."""
FAINT = replace(RIGHT, score=0.15, sure=False)
SEEN, CLEAR, UNKNOWN = Presence.SEEN, Presence.CLEAR, Presence.UNKNOWN


def look(*people: Detection, required: int = 2) -> tuple[Presence, int]:
    seen = ZoneMap(camera(CameraId("counter"), STAFF_ONE, SPOT_ONE), {ONE: required}).look(people, AT)
    return seen.staff[ONE], seen.present[ONE]


def double() -> Site:
    """Window 1 needs two clerks, window 2 one."""
    plain = site()
    (hall,) = plain.halls
    (group,) = hall.groups
    windows = (replace(group.windows[0], staff=2), group.windows[1])
    return replace(plain, halls=(replace(hall, groups=(replace(group, windows=windows),)),))


def test_a_look_counts_those_who_are_sure() -> None:
    assert look(LEFT, RIGHT) == (SEEN, 2)
    assert look(LEFT) == (CLEAR, 1)
    assert look() == (CLEAR, 0)
    assert look(LEFT, VISITOR_ONE) == (CLEAR, 1), "a visitor is no clerk"


def test_a_second_clerk_in_doubt_or_hidden_is_not_missing() -> None:
    assert look(LEFT, FAINT) == (UNKNOWN, 1)
    close = Detection(0.1, 0.1, 0.4, 0.8, 0.9)  # a visitor before the whole place
    assert look(LEFT, close) == (UNKNOWN, 1)
    assert look(LEFT, RIGHT, FAINT) == (SEEN, 2)


def test_with_one_clerk_everything_is_as_it_is_without_a_number() -> None:
    for people in ((), (LEFT,), (LEFT, RIGHT), (FAINT,), (LEFT, FAINT)):
        plain = ZoneMap(camera(CameraId("counter"), STAFF_ONE, SPOT_ONE)).look(people, AT)
        assert look(*people, required=1) == (plain.staff[ONE], plain.present[ONE])
    assert look(FAINT, required=1) == (UNKNOWN, 0)


def test_two_places_of_one_window_are_counted_together() -> None:
    left, right = (Zone(ZoneKind.STAFF_AREA, box(x, 0.2, x + 0.1, 0.5), window=ONE) for x in (0.1, 0.28))
    zones = ZoneMap(camera(CameraId("counter"), left, right), {ONE: 2})
    assert zones.look((LEFT, RIGHT), AT).staff == {ONE: SEEN}
    assert zones.look((LEFT,), AT).staff == {ONE: CLEAR}


def test_one_of_two_is_an_absence_whose_alert_says_how_many_were_seen() -> None:
    hall = Scenes(of=double())
    hall.play({COUNTER: (LEFT, RIGHT), HALL: ()}, 20)
    assert hall.staffing(ONE) == (Staffing.STAFFED, None)
    hall.play({COUNTER: (LEFT,), HALL: ()}, 302)
    raised = next(alert for alert in hall.alerts if alert.window == ONE)
    assert raised.kind is AlertKind.WINDOW_UNSTAFFED
    assert (raised.facts["present"], raised.facts["required"]) == (1, 2)
    hall.play({COUNTER: (LEFT, RIGHT), HALL: ()}, 12)
    ended = [alert for alert in hall.alerts if alert.window == ONE][-1]
    assert (ended.ended_at is not None, ended.facts["present"]) == (True, 1), "as it was while somebody was missing"


def test_a_window_for_one_says_nothing_of_numbers() -> None:
    hall = Scenes(of=double())
    hall.play({COUNTER: (), HALL: ()}, 302)
    facts = {alert.window: alert.facts for alert in absences(hall.alerts)}
    assert (facts[ONE]["present"], facts[ONE]["required"]) == (0, 2)
    assert {"present", "required"} & facts[TWO].keys() == set()


@pytest.mark.parametrize(
    ("clerks", "unserved"),
    [((), True), ((LEFT,), False), ((FAINT,), False), ((LEFT, RIGHT), False)],
    ids=["nobody", "one", "one in doubt", "two"],
)
def test_a_visitor_whom_one_of_two_serves_waits_for_nobody(clerks: tuple[Detection, ...], unserved: bool) -> None:
    hall = Scenes(of=double())
    scene: Scene = {COUNTER: (*clerks, VISITOR_ONE), HALL: ()}
    hall.play(scene, 120)
    assert (AlertKind.UNSERVED_VISITOR in {alert.kind for alert in hall.alerts}) is unserved


def test_a_camera_that_lost_the_picture_accuses_nobody() -> None:
    hall = Scenes(of=double())
    hall.play({COUNTER: (LEFT,), HALL: ()}, 20)
    hall.play({COUNTER: Unknown.DARK, HALL: ()}, 400)
    assert absences(hall.alerts) == []
