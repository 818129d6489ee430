from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.unit.store.samples import CAMERA, T0, alert, at
from vigil.model.alerts import AlertKind, AlertState
from vigil.model.steps import DismissReason, Step
from vigil.store.alert_steps import Taking
from vigil.store.stores import Stores


def test_an_alert_comes_with_the_times_of_its_answers(stores: Stores) -> None:
    stores.alerts.upsert(alert(ended_at=at(60)), backfilled=True)
    stores.alert_steps.take(alert().id, Taking(Step.ACKNOWLEDGE, "operator", at(30)))
    stores.alert_steps.take(alert().id, Taking(Step.CONFIRM, "supervisor", at(90)))
    (found,) = stores.outcomes.raised(T0, at(1))
    assert (found.state, found.absent_s, found.backfilled) == (AlertState.CONFIRMED, 300.0, True)
    assert (found.acknowledged_at, found.decided_at, found.ended_at) == (at(30), at(90), at(60))


def test_a_decision_is_an_answer_too(stores: Stores) -> None:
    stores.alerts.upsert(alert())
    stores.alert_steps.take(alert().id, Taking(Step.DISMISS, "supervisor", at(90), "x", DismissReason.OTHER))
    (found,) = stores.outcomes.raised(T0, at(1))
    assert (found.acknowledged_at, found.decided_at) == (at(90), at(90))


def test_what_is_no_answer_counts_as_none_and_a_decision_that_was_reopened_does_not_stand(stores: Stores) -> None:
    stores.alerts.upsert(alert())
    for step, by, seconds in (
        (Step.COMMENT, "operator", 10),
        (Step.CONFIRM, "supervisor", 60),
        (Step.REOPEN, "supervisor", 70),
    ):
        stores.alert_steps.take(alert().id, Taking(step, by, at(seconds), "x"))
    (found,) = stores.outcomes.raised(T0, at(1))
    assert (found.acknowledged_at, found.decided_at) == (at(60), None)
    stores.alert_steps.take(alert().id, Taking(Step.CONFIRM, "supervisor", at(80)))
    stores.alert_steps.take(alert().id, Taking(Step.RECTIFY, "supervisor", at(90), "x"))
    (found,) = stores.outcomes.raised(T0, at(1))
    assert (found.state, found.decided_at) == (AlertState.RECTIFIED, at(80))
    assert found.state.is_confirmed


def test_nobody_answered(stores: Stores) -> None:
    stores.alerts.upsert(alert())
    (found,) = stores.outcomes.raised(T0, at(1))
    assert (found.acknowledged_at, found.decided_at, found.ended_at) == (None, None, None)


def test_the_span_is_of_when_alerts_were_raised(stores: Stores) -> None:
    for name, seconds in (("before", -1), ("first", 0), ("last", 59), ("after", 60)):
        stores.alerts.upsert(alert(name, raised_at=at(seconds)))
    assert [found.raised_at for found in stores.outcomes.raised(T0, at(60))] == [at(0), at(59)]


def test_faults_of_cameras_that_reach_into_the_span(stores: Stores) -> None:
    fault: dict[str, Any] = {
        "kind": AlertKind.CAMERA_FAULT,
        "camera": CAMERA,
        "window": None,
        "facts": {"why": "no-signal"},
    }
    for name, began, ended in (("over", -500, -400), ("into", -500, 10), ("open", 20, None), ("later", 100, None)):
        stores.alerts.upsert(
            alert(
                name,
                began_at=at(began),
                raised_at=at(began + 10),
                ended_at=None if ended is None else at(ended),
                **fault,
            )
        )
    stores.alerts.upsert(alert("absence"))
    found = stores.outcomes.camera_faults(T0, T0 + timedelta(seconds=60))
    assert [(one.began_at, one.ended_at, one.absent_s) for one in found] == [
        (at(-500), at(10), None),
        (at(20), None, None),
    ]
