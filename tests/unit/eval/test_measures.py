from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.eval.scenes import ONE, TWO, alert, queue, statements, truth, window
from vigil.eval import slices
from vigil.eval.measures import Measures, measure, queue_units, window_units
from vigil.eval.scene import SceneTruth
from vigil.eval.statements import Statements
from vigil.model.alerts import AlertKind
from vigil.model.looks import WaitEstimate
from vigil.model.truth import Condition, VisitTruth

TRUE = "S" * 10 + "U" * 40 + "S" * 10
"""Away from 10 s to 50 s: an alert is due at 30 s."""


def measured(of: SceneTruth, told: Statements, name: str = slices.ALL) -> Measures:
    return measure(window_units(of, told), queue_units(of, told), name)


def value(measures: Measures, name: str) -> float | None:
    return measures[name].value


def visit(joined_s: float, served_s: float | None) -> VisitTruth:
    return VisitTruth(1, joined_s - 5, joined_s, served_s, served_s)


def test_perfect_statements_are_perfectly_right() -> None:
    told = statements(TRUE, alerts=[alert(30, began_s=10, ended_s=50)])
    found = measured(truth(window(TRUE)), told)
    for state in ("unstaffed", "staffed"):
        assert value(found, f"staffing.{state}.precision") == value(found, f"staffing.{state}.recall") == 1
    assert (value(found, "absence.precision"), value(found, "absence.recall")) == (1, 1)
    assert (value(found, "absence.time_error_s.median"), value(found, "absence.time_error_s.abs_p95")) == (0, 0)
    assert value(found, "absence.false_per_window_day") == 0
    assert value(found, "staffing.unknown.visible") == 0


@given(st.text("SU", min_size=1, max_size=80))
@settings(max_examples=40)
def test_who_says_what_is_so_is_never_wrong(true: str) -> None:
    found = measured(truth(window(true)), statements(true))
    for state in ("unstaffed", "staffed"):
        assert value(found, f"staffing.{state}.precision") in (1, None)
        assert value(found, f"staffing.{state}.recall") in (1, None)


def test_a_late_alert_is_found_with_its_delay() -> None:
    found = measured(truth(window(TRUE)), statements(TRUE, alerts=[alert(37, began_s=17)]))
    assert (value(found, "absence.precision"), value(found, "absence.recall")) == (1, 1)
    assert value(found, "absence.time_error_s.median") == 7


def test_an_early_alert_finds_the_absence_and_is_false_all_the_same() -> None:
    found = measured(truth(window(TRUE)), statements(TRUE, alerts=[alert(20, began_s=10)]))
    assert (value(found, "absence.precision"), value(found, "absence.recall")) == (0, 1)
    assert (found["absence.false_per_window_day"].value or 0) > 0
    assert value(found, "absence.time_error_s.abs_p95") == 10


def test_a_missing_alert_costs_recall_alone() -> None:
    found = measured(truth(window(TRUE)), statements(TRUE))
    assert (value(found, "absence.precision"), value(found, "absence.recall")) == (None, 0)
    assert value(found, "absence.expected") == 1


def test_a_false_alert_costs_precision_and_counts_by_window_day() -> None:
    found = measured(truth(window("S" * 60)), statements("S" * 60, alerts=[alert(30, began_s=10)]))
    assert (value(found, "absence.precision"), value(found, "absence.recall")) == (0, None)
    assert value(found, "absence.false_per_window_day") == pytest.approx(25_200 / 60)


def test_an_alert_of_another_window_finds_nothing() -> None:
    of = truth(window(TRUE), window("S" * 60, name=TWO))
    found = measured(of, statements(TRUE, "S" * 60, alerts=[alert(30, began_s=10, name=TWO)]))
    assert (value(found, "absence.precision"), value(found, "absence.recall")) == (0, 0)


def test_statements_that_lag_are_wrong_for_as_long_as_they_lag_beyond_the_rule() -> None:
    lagging = TRUE[:1] * 10 + TRUE[:-10]
    found = measured(truth(window(TRUE)), statements(lagging))
    # 4 s and 3 s of the lag are the rule's own delay.
    assert value(found, "staffing.unstaffed.recall") == pytest.approx(30 / 36)
    assert value(found, "staffing.staffed.recall") == pytest.approx(10 / 17)
    assert value(found, "staffing.left_out") == pytest.approx(7 / 60)


def test_an_absence_alert_that_a_fault_caused_is_counted() -> None:
    of = truth(window("S" * 10 + "s" * 30 + "S" * 20, fault="." * 10 + "x" * 30 + "." * 20))
    found = measured(of, statements("S" * 60, alerts=[alert(35, began_s=12)]))
    assert value(found, "absence.camera_fault_alerts") == 1


def test_unserved_visitors_have_verdicts_of_their_own() -> None:
    of = truth(window(TRUE, "." * 20 + "V" * 20 + "." * 20))
    told = [alert(30, began_s=10), alert(32, began_s=20, kind=AlertKind.UNSERVED_VISITOR)]
    found = measured(of, statements(TRUE, alerts=told))
    assert (value(found, "unserved.precision"), value(found, "unserved.recall")) == (1, 1)
    assert value(found, "unserved.time_error_s.median") == 2
    assert value(found, "absence.raised") == 1


# Queues


def test_lengths_are_told_by_band() -> None:
    people = [2] * 20 + [7] * 20 + [12] * 20
    told = statements(people=[3] * 20 + [5] * 20 + [None] * 10 + [12] * 10)
    found = measured(truth(lane=queue(people)), told)
    assert (value(found, "queue.mae.0-4"), value(found, "queue.bias.0-4")) == (1, 1)
    assert (value(found, "queue.mae.5-9"), value(found, "queue.bias.5-9")) == (2, -2)
    assert (value(found, "queue.mae.10-15"), value(found, "queue.stated.10-15")) == (0, 0.5)
    assert value(found, "queue.mae") == pytest.approx(60 / 50)


def test_lengths_count_only_while_a_camera_sees_the_lane() -> None:
    told = statements(people=[4] * 20)
    found = measured(truth(lane=queue([4] * 10 + [9] * 10, visible="y" * 10 + "n" * 10)), told)
    assert (value(found, "queue.mae"), found["queue.stated"].count) == (0, 10)


def test_build_ups_are_alerts_of_the_queue() -> None:
    told = statements(people=[8] * 40, alerts=[alert(12, began_s=0, kind=AlertKind.QUEUE_BUILDUP, name=None)])
    found = measured(truth(lane=queue([8] * 40)), told)
    assert (value(found, "queue_alert.precision"), value(found, "queue_alert.recall")) == (1, 1)
    assert value(found, "queue_alert.time_error_s.median") == 2


def test_waits_are_those_told_when_a_visitor_joined() -> None:
    told = [None] * 60
    waits: list[WaitEstimate | None] = [*told]
    waits[10], waits[20] = WaitEstimate(15, 10, 25), WaitEstimate(10, 5, 15)
    visits = [visit(10.7, 30.7), visit(20.0, 50.0), visit(40.0, 50.0), visit(41.0, None)]
    found = measured(truth(lane=queue([3] * 60), visits=visits), statements(waits=waits))
    assert (value(found, "wait.coverage"), found["wait.coverage"].count) == (0.5, 2)
    assert value(found, "wait.mae_s") == pytest.approx((5 + 20) / 2)
    assert value(found, "wait.width_s.median") == pytest.approx(12.5)
    assert value(found, "wait.stated") == pytest.approx(2 / 3)


# Slices


def test_a_condition_is_measured_apart_and_the_plain_rest_too() -> None:
    dark = Condition("dark", 20, 40)
    of = truth(window("S" * 60, conditions=[dark]))
    told = statements("S" * 20 + "U" * 10 + "S" * 30)
    assert value(measured(of, told, "condition:dark"), "staffing.staffed.recall") == 0.5
    assert value(measured(of, told, slices.PLAIN), "staffing.staffed.recall") == 1


def test_an_alert_belongs_to_the_conditions_that_it_touches() -> None:
    of = truth(window(TRUE, conditions=[Condition("cleaner", 12, 14)]))
    told = statements(TRUE, alerts=[alert(30, began_s=10)])
    assert value(measured(of, told, "condition:cleaner"), "absence.recall") == 1
    assert value(measured(of, told, slices.PLAIN), "absence.recall") is None


def test_a_condition_of_one_window_is_not_the_others() -> None:
    of = truth(window("S" * 20, conditions=[Condition("monitor", 0, 20, ONE)]), window("S" * 20, name=TWO))
    found = measured(of, statements("S" * 20, "U" * 20), "condition:monitor")
    assert (value(found, "staffing.staffed.recall"), found["staffing.staffed.recall"].count) == (1, 20)


def test_a_tag_holds_for_the_whole_of_a_window() -> None:
    of = truth(window("S" * 20, tags=["light:dusk"]), window("S" * 20, name=TWO))
    found = measured(of, statements("S" * 20, "U" * 20), "tag:light:dusk")
    assert found["staffing.staffed.recall"].count == 20
    assert slices.names(unit.setting for unit in window_units(of, statements())) == ["all", "tag:light:dusk"]


def test_every_slice_has_every_measure() -> None:
    of = truth(window(TRUE, conditions=[Condition("dark", 0, 5)], tags=["hall:gongan"]), lane=queue([1] * 60))
    names = slices.names(unit.setting for unit in window_units(of, statements(TRUE)))
    assert names == ["all", "condition:none", "condition:dark", "tag:hall:gongan"]
    assert len({tuple(measured(of, statements(TRUE), name)) for name in names}) == 1
