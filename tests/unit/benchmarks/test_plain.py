from __future__ import annotations

from dataclasses import replace

from benchmarks.baselines.naive import NaiveRules
from benchmarks.baselines.plain import GAP_S, count, plain
from tests.unit.analytics.halls import AT_ONE, AT_TWO, COUNTER, GROUP, HALL, ONE, QUEUE, STAFF_ONE, STAFF_TWO, TWO, box
from tests.unit.truth.samples import HEADER
from vigil.eval.statements import LookRecord
from vigil.model.looks import Detection, Staffing, Unknown
from vigil.model.site import Zone, ZoneKind

LANE = Zone(ZoneKind.QUEUE, box(0.0, 0.9, 1.0, 1.0), group=GROUP)
AT_THE_COUNTER = replace(HEADER, camera=COUNTER, windows=(ONE, TWO), zones=(STAFF_ONE, STAFF_TWO), seconds=30.0)
IN_THE_HALL = replace(AT_THE_COUNTER, camera=HALL, zones=(LANE,))


def look(at_s: float, *people: Detection) -> LookRecord:
    return LookRecord(COUNTER, at_s, people)


def test_boxes_are_counted_by_their_middle_and_queues_by_the_foot() -> None:
    both = replace(AT_THE_COUNTER, zones=(STAFF_ONE, STAFF_TWO, LANE))
    (_, counted) = count(both, [look(1.0, AT_ONE, *QUEUE[:3])]).counts[:2]
    assert (counted.at_s, counted.staff, counted.queue) == (1.0, {ONE: 1, TWO: 0}, 3)


def test_a_camera_without_a_lane_says_nothing_of_a_queue() -> None:
    assert {one.queue for one in count(AT_THE_COUNTER, [look(1.0, AT_ONE)]).counts} == {None}


def test_a_picture_in_which_nothing_can_be_seen_counts_zero() -> None:
    dark = LookRecord(COUNTER, 2.0, why=Unknown.DARK)
    told = plain([AT_THE_COUNTER], [look(0.0, AT_ONE, AT_TWO), dark], 4)
    assert told.windows[ONE].staffing == (
        Staffing.STAFFED,
        Staffing.STAFFED,
        Staffing.UNSTAFFED,
        Staffing.UNSTAFFED,
    )


def test_pictures_that_do_not_come_count_zero_after_a_while() -> None:
    looks = [look(0.0, AT_ONE), look(2.0, AT_ONE), look(20.0, AT_ONE)]
    times = [(one.at_s, one.staff[ONE]) for one in count(AT_THE_COUNTER, looks).counts]
    assert times == [(0.0, 0), (0.0, 1), (2.0 + GAP_S, 0), (20.0, 1), (20.0 + GAP_S, 0)]


def test_an_offline_camera_accuses() -> None:
    told = plain([AT_THE_COUNTER], [look(0.0, AT_ONE, AT_TWO)], 30, NaiveRules(absence_alert_s=20))
    assert [(alert.window, alert.raised_s) for alert in told.alerts] == [(ONE, GAP_S + 20), (TWO, GAP_S + 20)]


def test_cameras_of_a_scene_are_put_together() -> None:
    told = plain(
        [AT_THE_COUNTER, IN_THE_HALL],
        [look(0.0, AT_ONE), LookRecord(HALL, 0.0, QUEUE[:4]), LookRecord(HALL, 1.0, QUEUE[:6])],
        3,
        NaiveRules(service_time_s=60),
    )
    assert told.system == "plain"
    assert told.queue == (4, 6, 6)
    assert [wait.median_s for wait in told.waits if wait] == [120, 180, 180]
    assert set(told.windows) == {ONE, TWO}
