from __future__ import annotations

from benchmarks.baselines.counts import CameraCounts, Counts
from benchmarks.baselines.naive import NaiveRules, state
from vigil.eval.statements import StatedAlert, Statements
from vigil.model.alerts import AlertKind
from vigil.model.ids import CameraId, WindowId
from vigil.model.looks import Staffing, WaitEstimate

ONE, TWO = WindowId("one"), WindowId("two")
RULES = NaiveRules(absence_alert_s=10, service_time_s=100)


def camera(*counts: tuple[float, int, int | None], window: WindowId = ONE, name: str = "counter") -> CameraCounts:
    """(time, boxes in the staff area, boxes in the lane)."""
    return CameraCounts("test", "scene", CameraId(name), tuple(Counts(t, {window: n}, q) for t, n, q in counts))


def stated(*cameras: CameraCounts, seconds: int = 30, in_service: tuple[bool, ...] = ()) -> Statements:
    return state("test", cameras, seconds, RULES, in_service)


def staffed_at(statements: Statements, window: WindowId = ONE) -> set[int]:
    told = statements.windows[window].staffing
    return {t_s for t_s, staffing in enumerate(told) if staffing is Staffing.STAFFED}


def absences(statements: Statements) -> list[tuple[float, float, float | None]]:
    return [(alert.began_s, alert.raised_s, alert.ended_s) for alert in statements.alerts]


def test_a_count_holds_until_the_next_one() -> None:
    assert staffed_at(stated(camera((2.0, 1, None), (4.5, 0, None), (6.0, 2, None)), seconds=8)) == {2, 3, 4, 6, 7}


def test_it_never_says_that_it_does_not_know() -> None:
    told = stated(camera((20.0, 1, None))).windows[ONE].staffing
    assert set(told) == {Staffing.STAFFED, Staffing.UNSTAFFED}
    assert len(told) == 30


def test_an_alert_comes_after_as_many_seconds_without_a_box() -> None:
    told = stated(camera((0.0, 1, None), (5.0, 0, None), (18.0, 1, None), (20.0, 0, None)))
    assert told.alerts == (
        StatedAlert(AlertKind.WINDOW_UNSTAFFED, 5.0, 15.0, 18.0, ONE),
        StatedAlert(AlertKind.WINDOW_UNSTAFFED, 20.0, 30.0, None, ONE),
    )


def test_who_comes_in_time_is_not_told_of() -> None:
    assert absences(stated(camera((0.0, 0, None), (10.0, 1, None)))) == []
    assert absences(stated(camera((0.0, 0, None), (10.1, 1, None)))) == [(0.0, 10.0, 10.1)]
    assert absences(stated(camera((0.0, 0, None)), seconds=9)) == []


def test_any_box_sets_the_clock_back() -> None:
    assert absences(stated(camera((0.0, 0, None), (9.0, 1, None), (9.1, 0, None)), seconds=19)) == []


def test_whom_one_camera_sees_is_there() -> None:
    told = stated(
        camera((0.0, 0, None)), camera((0.0, 1, None), (12.0, 0, None), name="hall"), camera((0.0, 0, None), window=TWO)
    )
    assert absences(told) == [(0.0, 10.0, None), (12.0, 22.0, None)]
    assert [alert.window for alert in told.alerts] == [TWO, ONE]
    assert staffed_at(told) == set(range(12))


def test_out_of_hours_no_clock_runs() -> None:
    closed = tuple(not 8 <= t_s < 15 for t_s in range(30))
    assert absences(stated(camera((0.0, 0, None)), in_service=closed)) == [(15, 25, None)]


def test_the_longest_lane_is_the_queue_and_the_wait_a_number_without_a_range() -> None:
    told = stated(
        camera((0.0, 1, 3), (2.0, 1, 5)),
        camera((0.0, 1, 4), window=TWO, name="hall"),
        camera((0.0, 1, None)),
        seconds=4,
    )
    assert told.queue == (4, 4, 5, 5)
    assert told.waits[0] == WaitEstimate(200, 200, 200)  # 4 people, 100 s each, two windows


def test_without_a_lane_nothing_is_said_of_the_queue() -> None:
    told = stated(camera((0.0, 1, None)))
    assert (told.queue, told.waits) == ((), ())
    assert stated(CameraCounts("test", "scene", CameraId("hall"), (Counts(0, {}, 2),)), seconds=2).waits == (None, None)
