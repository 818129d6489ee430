from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.eval.scenes import RULES, queue, window
from vigil.eval.expected import Episode, Tick, absences, build_ups, episodes, held, unserved
from vigil.model.site import Thresholds

ABSENT = "U" * 20
"""Just long enough for an alert."""


def due(found: list[Episode]) -> list[float | None]:
    return [one.due_s for one in found]


# Absences


def test_an_absence_is_due_when_its_clock_reaches_the_threshold() -> None:
    (one,) = absences(window("SSSSS" + "U" * 30 + "SSSSS"))
    assert one == Episode(began_s=5, ended_s=35, counted_s=30, near_s=20, due_s=25)


def test_a_shorter_absence_is_not_due_and_is_kept_only_when_it_came_near() -> None:
    assert due(absences(window("SSS" + "U" * 16 + "SSS"))) == [None]
    assert absences(window("SSS" + "U" * 14 + "SSS")) == []


def test_a_window_that_is_staffed_throughout_expects_nothing() -> None:
    assert absences(window("S" * 100)) == []


def test_presence_too_short_to_count_neither_ends_an_absence_nor_belongs_to_it() -> None:
    (one,) = absences(window("U" * 12 + "SS" + "U" * 12 + "SSS"))
    assert (one.began_s, one.due_s, one.ended_s, one.counted_s) == (0, 22, 26, 24)


def test_presence_that_counts_ends_it() -> None:
    assert absences(window("U" * 14 + "SSS" + "U" * 14 + "SSS")) == []


def test_invisible_time_pauses_the_clock() -> None:
    (one,) = absences(window("U" * 12 + "u" * 6 + "U" * 12 + "SSS"))
    assert one.due_s == 26


def test_too_much_invisible_time_begins_anew() -> None:
    first, second = absences(window("U" * 25 + "u" * 7 + "U" * 25))
    assert (first.began_s, first.due_s, first.ended_s) == (0, 20, 25)
    assert (second.began_s, second.due_s) == (32, 52)


def test_time_that_nobody_labelled_is_like_time_that_nobody_saw() -> None:
    (one,) = absences(window("U" * 12 + "-" * 6 + "U" * 14))
    assert one.due_s == 26


def test_who_came_unseen_was_not_absent() -> None:
    assert absences(window("U" * 14 + "sss" + "U" * 14)) == []


def test_the_hours_bound_an_absence_on_both_sides() -> None:
    assert absences(window("U" * 14 + "ccc" + "U" * 14)) == []
    (one,) = absences(window("ccc" + "U" * 30 + "ccc"))
    assert (one.began_s, one.ended_s, one.due_s) == (3, 33, 23)


@pytest.mark.parametrize("end", ["", "ccc", "uuuuuuu"])
def test_what_was_due_in_the_last_seconds_before_hours_scene_or_sight_end_is_asked_of_nobody(end: str) -> None:
    assert due(absences(window("U" * 24 + end))) == [None]
    assert due(absences(window("U" * 25 + end))) == [20]


def test_what_was_due_just_before_somebody_came_is_expected() -> None:
    assert due(absences(window("U" * 21 + "SSS"))) == [20]


def test_a_threshold_between_seconds_is_reached_between_seconds() -> None:
    (one,) = absences(window("U" * 30, rules=Thresholds(absence_alert_s=19.5, on_duty_after_s=3)))
    assert (one.near_s, one.due_s) == (14.5, 19.5)


# Visitors whom nobody serves


def test_a_visitor_at_a_window_that_nobody_staffs() -> None:
    (one,) = unserved(window("SSSSSUUUUUUUUUUUUUUUSSS", "...VVVVVVVVVVVVVVVVVVVV"))
    assert (one.began_s, one.due_s, one.ended_s) == (5, 15, 20)


def test_a_visitor_who_goes_ends_it() -> None:
    assert unserved(window("U" * 30, "VVVV.VVVV.VVVV.VVVV.VVVV.VVVV.")) == []


def test_a_visitor_at_a_staffed_window_is_served() -> None:
    assert unserved(window("S" * 60, "V" * 60)) == []


def test_a_handover_shorter_than_the_threshold_expects_nothing() -> None:
    gap = "S" * 10 + "U" * 20 + "S" * 10
    assert unserved(window(gap, "V" * 40, rules=Thresholds(unserved_alert_s=60))) == []


def test_a_visitor_whom_no_camera_sees_is_asked_of_nobody() -> None:
    assert unserved(window("u" * 60, "V" * 60)) == []


# Queues


def test_a_queue_builds_up_and_dissolves() -> None:
    (one,) = build_ups(queue([0] * 5 + [6] * 20 + [0] * 10))
    assert (one.began_s, one.due_s, one.ended_s) == (5, 15, 25)


def test_between_the_marks_a_queue_counts_no_further_and_does_not_end() -> None:
    (one,) = build_ups(queue([6] * 6 + [5] * 20 + [6] * 14))
    assert one.due_s == 30


def test_below_the_lower_mark_a_queue_that_was_not_due_begins_anew() -> None:
    assert build_ups(queue([6] * 4 + [3] + [6] * 4 + [3] + [6] * 4)) == []


def test_a_dip_shorter_than_queue_clear_s_does_not_end_what_was_due() -> None:
    (one,) = build_ups(queue([6] * 20 + [0] * 3 + [6] * 20 + [0] * 4))
    assert (one.due_s, one.ended_s) == (10, 43)


def test_the_marks_are_for_each_window_that_serves() -> None:
    assert build_ups(queue([11] * 40, serving=2)) == []
    assert due(build_ups(queue([12] * 40, serving=2))) == [10]
    assert due(build_ups(queue([6] * 40, serving=0))) == [10]


def test_a_long_wait_is_a_build_up_however_few_wait() -> None:
    assert due(build_ups(queue([2] * 40, waits=[1800.0] * 40))) == [10]
    assert build_ups(queue([2] * 40, waits=[1700.0] * 40)) == []


def test_a_lane_that_nobody_sees_pauses_the_clock() -> None:
    (one,) = build_ups(queue([6] * 30, visible="yyyyynnnnny"))
    assert one.due_s == 15


# The clock

TICKS = st.lists(st.sampled_from(list(Tick)), max_size=60)


@given(TICKS)
def test_episodes_lie_one_after_the_other_and_say_what_was_counted(ticks: list[Tick]) -> None:
    found = episodes(ticks, alert_s=8, resume_within_s=3)
    edges = [edge for one in found for edge in (one.began_s, one.ended_s)]
    assert edges == sorted(edges)
    for one in found:
        assert one.counted_s == ticks[one.began_s : one.ended_s].count(Tick.RUNS) >= 3
        assert one.began_s <= one.near_s <= one.ended_s
        assert one.due_s is None or (one.counted_s >= 8 and one.near_s < one.due_s <= one.ended_s)


@given(TICKS)
def test_blindness_alone_expects_nothing(ticks: list[Tick]) -> None:
    assert episodes([Tick.BLIND if tick is Tick.RUNS else tick for tick in ticks], 8, 3) == []


@given(st.lists(st.booleans(), max_size=30), st.integers(0, 6))
def test_only_long_stretches_are_held(flags: list[bool], at_least: int) -> None:
    kept = held(flags, at_least)
    text = "".join("x" if flag else "." for flag in flags)
    long = [part if len(part) >= at_least else "." * len(part) for part in text.replace(".", " . ").split()]
    assert "".join(long) == "".join("x" if flag else "." for flag in kept)


def test_the_rules_of_these_scenes_are_the_usual_ones_made_short() -> None:
    assert RULES.queue_per_window_enter == Thresholds().queue_per_window_enter == 6
