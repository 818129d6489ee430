from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from tests.unit.analytics.halls import (
    COUNTER,
    COUNTER_CAMERA,
    GROUP,
    HALL,
    HALL_CAMERA,
    LANE,
    NINE,
    ONE,
    STAFF_ONE,
    STAFF_TWO,
    TWO,
    camera,
    site,
)
from tests.unit.eval.recordings import header
from vigil.eval.merge import merge
from vigil.eval.scene import SceneTruth
from vigil.model.site import Camera
from vigil.model.truth import (
    Condition,
    PictureFault,
    SecondTruth,
    Truth,
    TruthHeader,
    VisitTruth,
    WindowTruth,
)

FAULT = PictureFault.DARK


def counter(*rows: SecondTruth, of: TruthHeader | None = None) -> Truth:
    return Truth(of or header(len(rows)), rows)


def hall(*rows: SecondTruth, visits: Sequence[VisitTruth] = (), **changes: object) -> Truth:
    return Truth(header(len(rows), camera=HALL, **changes), rows, tuple(visits))


def row(
    t_s: int,
    one: bool | None = None,
    *,
    visible: bool = True,
    fault: PictureFault | None = None,
    queue: int | None = None,
    in_view: int | None = None,
) -> SecondTruth:
    return SecondTruth(t_s, {ONE: WindowTruth(one, visitor=one, visible=visible)}, queue, in_view, fault)


def merged(*truths: Truth, cameras: Sequence[Camera] = (COUNTER_CAMERA, HALL_CAMERA)) -> SceneTruth:
    return merge(truths, site(*cameras))


def test_windows_are_those_whose_staff_area_a_camera_looks_at() -> None:
    assert [one.window for one in merged(counter(row(0, one=True))).windows] == [ONE, TWO]
    only_one = camera(COUNTER, STAFF_ONE)
    assert [one.window for one in merged(counter(row(0, one=True)), cameras=[only_one]).windows] == [ONE]


def test_the_first_camera_that_knows_says_what_is_true() -> None:
    found = merged(counter(row(0), row(1, one=True), row(2)), hall(row(0, one=False), row(1), row(2)))
    assert found.windows[0].staffed == (False, True, None)
    assert found.windows[0].visitor == (False, True, None)


def test_a_window_is_visible_to_a_camera_that_looks_at_it_and_has_a_picture() -> None:
    rows = (row(0, one=True), row(1, one=True, visible=False), row(2, one=True, fault=FAULT))
    found = merged(counter(*rows), hall(row(0), row(1), row(2)))
    assert found.windows[0].visible == (True, False, False)
    assert found.windows[0].faulty == (False, False, True)
    assert found.windows[0].spot_visible == (True, True, False)


def test_one_of_two_cameras_that_look_at_a_window_is_enough() -> None:
    second = camera(HALL, STAFF_ONE)
    rows = (row(0, one=True, fault=FAULT), row(1, one=True, fault=FAULT))
    found = merged(counter(*rows), hall(row(0, one=True), row(1, fault=FAULT)), cameras=[COUNTER_CAMERA, second])
    assert found.windows[0].visible == (True, False)
    assert found.windows[0].faulty == (True, True)


def test_a_second_of_which_nothing_was_written_is_not_known_and_not_seen() -> None:
    found = merged(counter(row(0, one=True), row(2, one=True), of=header(3)))
    assert found.windows[0].staffed == (True, None, True)
    assert found.windows[0].visible == (True, False, True)


def test_the_longest_camera_tells_how_long_the_scene_is() -> None:
    found = merged(counter(of=header(2)), hall(row(0), row(1), row(2), row(3)))
    assert found.seconds == len(found.windows[0].staffed) == 4


def test_hours_are_those_of_the_site() -> None:
    found = merged(counter(row(0), row(1), row(2), of=header(3, start_at=NINE - timedelta(minutes=30, seconds=1))))
    assert found.windows[0].in_service == (False, True, True)


def test_people_in_view_are_the_most_that_one_camera_of_the_lane_sees() -> None:
    second = camera(COUNTER, STAFF_ONE, LANE)
    mine = counter(row(0, queue=9, in_view=4), row(1, queue=9, in_view=7), row(2, queue=9, fault=FAULT))
    other = hall(row(0, queue=9, in_view=6), row(1, queue=9, fault=FAULT), row(2, queue=9, fault=FAULT))
    lane = merged(mine, other, cameras=[second, HALL_CAMERA]).queue
    assert lane is not None
    assert (lane.length, lane.in_view, lane.visible) == ((9, 9, 9), (6, 7, None), (True, True, False))


def test_a_label_that_counts_the_queue_counts_whom_it_sees() -> None:
    lane = merged(counter(row(0)), hall(row(0, queue=5))).queue
    assert lane is not None
    assert (lane.group, lane.in_view) == (GROUP, (5,))


def test_without_a_camera_of_the_lane_there_is_no_queue() -> None:
    assert merged(counter(row(0, queue=5)), cameras=[COUNTER_CAMERA]).queue is None


def test_windows_serve_unless_somebody_could_see_that_they_do_not() -> None:
    rows = (row(0, one=True), row(1, one=False), row(2, one=False, visible=False), row(3))
    lane = merged(
        counter(*rows), hall(row(0), row(1), row(2), row(3)), cameras=[camera(COUNTER, STAFF_ONE), HALL_CAMERA]
    )
    assert lane.queue is not None
    # Window two has no camera at all, and so counts as serving throughout.
    assert lane.queue.serving == (2, 1, 2, 2)


def test_the_last_who_joined_tells_how_long_one_waits_while_anybody_does() -> None:
    visits = [VisitTruth(1, 0, 1.5, 30, 31.5), VisitTruth(2, 0, 3.0), VisitTruth(3, 0, 4.0, None, 9.0)]
    rows = [row(second, queue=queue) for second, queue in enumerate((1, 1, 1, 1, 1, 0))]
    lane = merged(counter(row(0)), hall(*rows, visits=visits)).queue
    assert lane is not None
    assert lane.wait_s == (None, None, 30, None, 5, None)


def test_conditions_and_tags_are_those_of_the_cameras_concerned() -> None:
    both = Condition("cleaner", 0, 1)
    own = Condition("monitor", 0, 1, TWO)
    mine = counter(row(0), of=header(1, conditions=(both, own), tags=("hall:gongan", "camera:counter")))
    other = hall(row(0), conditions=(both, Condition("dark", 0, 1)), tags=("hall:gongan", "camera:hall"))
    found = merged(mine, other)
    assert [one.conditions for one in found.windows] == [(both,), (both, own)]
    assert found.windows[0].tags == ("hall:gongan", "camera:counter")
    assert found.queue is not None
    assert found.queue.conditions == (both, Condition("dark", 0, 1))
    assert found.queue.tags == ("hall:gongan", "camera:hall")
    assert found.tags == ("hall:gongan", "camera:counter", "camera:hall")


def test_a_staff_area_of_the_configuration_counts_and_not_that_of_the_truth(tmp_path: Path) -> None:
    found = merged(counter(row(0, one=True)), cameras=[camera(COUNTER, STAFF_TWO)])
    assert [one.window for one in found.windows] == [TWO]
