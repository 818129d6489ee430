from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.eval.scenes import alert, window
from vigil.eval.expected import Episode, absent_clock, unserved_clock
from vigil.eval.scene import WindowColumns
from vigil.eval.statements import StatedAlert
from vigil.eval.verdicts import Outcome, TrueClock, Verdict, judge
from vigil.model.alerts import AlertKind

KIND = AlertKind.WINDOW_UNSTAFFED
KNOWN = [True] * 2000
EXPECTED = Episode(began_s=100, ended_s=500, counted_s=400, near_s=395, due_s=400)
NEAR = Episode(began_s=100, ended_s=398, counted_s=298, near_s=395, due_s=None)


def outcomes(alerts: list[StatedAlert], episodes: list[Episode], known: Sequence[bool] = KNOWN) -> list[Outcome]:
    return [verdict.outcome for verdict in judge(KIND, alerts, episodes, known)]


def only(verdicts: list[Verdict]) -> Verdict:
    (verdict,) = verdicts
    return verdict


def test_an_alert_on_time_is_found_with_its_error() -> None:
    verdict = only(judge(KIND, [alert(402, began_s=101)], [EXPECTED], KNOWN))
    assert (verdict.outcome, verdict.error_s, verdict.from_s, verdict.to_s) == (Outcome.FOUND, 2, 101, 402)


def test_an_alert_that_never_came_is_missed() -> None:
    verdict = only(judge(KIND, [], [EXPECTED], KNOWN))
    assert (verdict.outcome, verdict.error_s, verdict.from_s, verdict.to_s) == (Outcome.MISSED, None, 100, 500)


def test_an_alert_without_an_absence_is_false() -> None:
    assert outcomes([alert(402)], []) == [Outcome.FALSE]


def test_an_alert_where_the_truth_is_not_known_is_neither_right_nor_wrong() -> None:
    known = [not 400 <= second < 420 for second in range(2000)]
    assert outcomes([alert(402), alert(430)], [], known) == [Outcome.UNJUDGED, Outcome.FALSE]
    assert outcomes([alert(402)], [EXPECTED], known) == [Outcome.FOUND]


@pytest.mark.parametrize(
    ("raised_s", "outcome"),
    [
        (94, [Outcome.FALSE, Outcome.MISSED]),
        (95, [Outcome.EARLY]),
        (394, [Outcome.EARLY]),
        (395, [Outcome.FOUND]),
        (505, [Outcome.FOUND]),
        (506, [Outcome.FALSE, Outcome.MISSED]),
    ],
)
def test_an_alert_belongs_to_the_episode_in_which_it_was_told(raised_s: float, outcome: list[Outcome]) -> None:
    assert sorted(outcomes([alert(raised_s)], [EXPECTED])) == sorted(outcome)


@pytest.mark.parametrize(
    ("raised_s", "outcome"), [(394, Outcome.FALSE), (400, Outcome.BORDERLINE), (404, Outcome.FALSE)]
)
def test_an_alert_on_an_absence_just_too_short_is_false_unless_it_came_at_its_end(
    raised_s: float, outcome: Outcome
) -> None:
    assert outcomes([alert(raised_s)], [NEAR]) == [outcome]


def test_an_absence_just_too_short_need_not_be_told() -> None:
    assert outcomes([], [NEAR]) == []


def test_each_episode_has_one_alert() -> None:
    assert outcomes([alert(401), alert(420)], [EXPECTED]) == [Outcome.FOUND, Outcome.FALSE]


def test_two_episodes_have_an_alert_each() -> None:
    later = Episode(began_s=600, ended_s=1000, counted_s=400, near_s=895, due_s=900)
    verdicts = judge(KIND, [alert(903), alert(401)], [later, EXPECTED], KNOWN)
    assert sorted((one.outcome, one.error_s) for one in verdicts) == [(Outcome.FOUND, 1), (Outcome.FOUND, 3)]


# Faults


def fault_of(told: StatedAlert, columns: WindowColumns) -> bool:
    return only(judge(KIND, [told], [], KNOWN, columns)).camera_fault


def test_an_alert_told_while_a_fault_hides_the_window_is_the_faults() -> None:
    columns = window("S" * 10 + "s" * 10, fault="." * 10 + "x" * 10)
    assert fault_of(alert(15, began_s=12), columns)
    assert not fault_of(alert(5), columns)


def test_a_fault_of_one_camera_where_another_sees_the_window_is_not_blamed() -> None:
    assert not fault_of(alert(15), window("U" * 20, fault="x" * 20))


def test_an_alert_that_counts_time_in_which_somebody_was_there_unseen_is_the_faults() -> None:
    columns = window("UUUUUsssssUUUUUUUUUU")
    assert fault_of(alert(15, began_s=2), columns)
    assert not fault_of(alert(15, began_s=11), columns)


def test_counting_over_time_in_which_nobody_was_there_unseen_is_no_fault() -> None:
    assert not fault_of(alert(15, began_s=2), window("UUUUUuuuuuUUUUUUUUUU"))


@given(st.lists(st.integers(0, 2000), max_size=8), st.lists(st.integers(0, 19), unique=True, max_size=6))
def test_every_alert_and_every_expected_episode_is_judged_once(raised: list[int], places: list[int]) -> None:
    episodes = [Episode(100 * one, 100 * one + 60, 60, 100 * one + 45, 100 * one + 50) for one in sorted(places)]
    found = outcomes([alert(one) for one in raised], episodes)
    told = [Outcome.FOUND, Outcome.EARLY]
    assert len(found) - found.count(Outcome.MISSED) == len(raised)
    assert sum(found.count(one) for one in (*told, Outcome.MISSED)) == len(episodes)


def test_the_true_clock_counts_what_people_hide_and_not_what_a_fault_hides() -> None:
    assert absent_clock(window("SSSUUuuU")) == [0, 0, 0, 1, 2, 3, 4, 5]
    assert absent_clock(window("SSSUUuuU", fault="SSSUUxxU".replace("S", ".").replace("U", "."))) == [
        0,
        0,
        0,
        1,
        2,
        2,
        2,
        3,
    ]


def test_the_true_clock_begins_anew_after_presence_and_after_a_long_fault() -> None:
    assert absent_clock(window("UUUSSSUU")) == [1, 2, 3, 0, 0, 0, 1, 2]
    assert absent_clock(window("UUSUU")) == [1, 2, 2, 3, 4]
    long_fault = window("UU" + "u" * 7 + "UU", fault=".." + "x" * 7 + "..")
    assert absent_clock(long_fault)[-2:] == [1, 2]


def test_the_clock_of_a_visitor_runs_while_one_is_there() -> None:
    assert unserved_clock(window("UUuuUU", ".VVVV.")) == [0, 1, 1, 1, 2, 0]


CLOCK = TrueClock([max(0, second - 100) for second in range(2000)], alert_s=300)
"""Truly unstaffed from second 100 on."""
LATE = Episode(began_s=100, ended_s=700, counted_s=400, near_s=595, due_s=600)
"""The same absence, of which 200 s were hidden."""


@pytest.mark.parametrize(
    ("raised_s", "outcome", "error_s"),
    [
        (394, Outcome.EARLY, -206.0),
        (396, Outcome.FOUND, -4.0),
        (400, Outcome.FOUND, 0.0),
        (590, Outcome.FOUND, 0.0),
        (604, Outcome.FOUND, 4.0),
    ],
)
def test_an_alert_that_was_true_when_it_was_told_is_found_before_it_could_be_expected(
    raised_s: float, outcome: Outcome, error_s: float
) -> None:
    verdict = only(judge(KIND, [alert(raised_s)], [LATE], KNOWN, clock=CLOCK))
    assert (verdict.outcome, verdict.error_s) == (outcome, error_s)


def test_a_true_alert_of_which_nothing_could_be_expected_is_right() -> None:
    def outcome(raised_s: float) -> Outcome:
        return only(judge(KIND, [alert(raised_s)], [], KNOWN, clock=CLOCK)).outcome

    assert [outcome(at_s) for at_s in (300, 396, 450)] == [Outcome.FALSE, Outcome.BORDERLINE, Outcome.FOUND]


def test_the_same_absence_told_twice_is_false_the_second_time() -> None:
    told = [alert(450, began_s=100, ended_s=460), alert(500, began_s=110)]
    assert [one.outcome for one in judge(KIND, told, [], KNOWN, clock=CLOCK)] == [Outcome.FOUND, Outcome.FALSE]
