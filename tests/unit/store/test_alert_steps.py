from __future__ import annotations

import threading

import pytest
from sqlalchemy import text

from tests.unit.store.samples import alert, at
from vigil.errors import StoreError
from vigil.model.alerts import AlertState
from vigil.model.ids import AlertId
from vigil.model.people import Role
from vigil.model.steps import Assignee, DismissReason, Step
from vigil.store.alert_steps import Outcome, StepResult, Taking
from vigil.store.alerts import AlertRecord, StepTaken
from vigil.store.database import Database
from vigil.store.stores import Stores


def take(stores: Stores, step: Step, by: str = "li", seconds: float = 10, **more: object) -> StepResult:
    result = stores.alert_steps.take(alert().id, Taking(step, by, at(seconds), **more))  # type: ignore[arg-type]
    assert result is not None
    return result


def found(stores: Stores) -> AlertRecord:
    record = stores.alerts.find(alert().id)
    assert record is not None
    return record


@pytest.fixture
def stores(stores: Stores) -> Stores:
    stores.alerts.upsert(alert())
    return stores


def test_the_whole_way_is_told_in_order(stores: Stores) -> None:
    take(stores, Step.ACKNOWLEDGE, seconds=10)
    take(stores, Step.ASSIGN, seconds=20, to=Assignee(role=Role.SUPERVISOR))
    take(stores, Step.COMMENT, seconds=30, note="已电话询问")
    take(stores, Step.CONFIRM, "wang", 40)
    result = take(stores, Step.RECTIFY, "wang", 50, note="已到岗，已约谈")
    assert result.record.state is AlertState.RECTIFIED
    assert result.record.version == 5
    assert result.record.assigned == Assignee(role=Role.SUPERVISOR)
    assert result.record.history == (
        StepTaken(at(10), "li", Step.ACKNOWLEDGE),
        StepTaken(at(20), "li", Step.ASSIGN, to=Assignee(role=Role.SUPERVISOR)),
        StepTaken(at(30), "li", Step.COMMENT, "已电话询问"),
        StepTaken(at(40), "wang", Step.CONFIRM),
        StepTaken(at(50), "wang", Step.RECTIFY, "已到岗，已约谈"),
    )
    assert found(stores) == result.record


def test_a_wrong_decision_is_made_again_and_both_are_kept(stores: Stores) -> None:
    take(stores, Step.DISMISS, reason=DismissReason.FALSE_DETECTION)
    assert take(stores, Step.REOPEN, "wang", 20, note="录像中确无人").record.state is AlertState.ACKNOWLEDGED
    take(stores, Step.CONFIRM, "wang", 30)
    assert [(step.step, step.reason) for step in found(stores).history] == [
        (Step.DISMISS, DismissReason.FALSE_DETECTION),
        (Step.REOPEN, None),
        (Step.CONFIRM, None),
    ]


@pytest.mark.parametrize("step", Step)
def test_a_revision_of_the_node_leaves_what_people_did(stores: Stores, step: Step) -> None:
    take(stores, step, note="seen")
    before = found(stores)
    assert stores.alerts.upsert(alert(revision=2, ended_at=at(60)))
    after = found(stores)
    assert after.alert.revision == 2
    assert (after.state, after.history, after.version) == (before.state, before.history, before.version)


def test_a_step_that_is_not_allowed_leaves_no_trace(stores: Stores) -> None:
    take(stores, Step.CONFIRM)
    result = take(stores, Step.DISMISS, "wang", 20, reason=DismissReason.OTHER, note="no")
    assert (result.outcome, result.record.state) == (Outcome.REFUSED, AlertState.CONFIRMED)
    assert len(result.record.history) == 1
    assert stores.alert_steps.take(AlertId("none"), Taking(Step.CONFIRM, "li", at(10))) is None


def test_a_step_that_is_sent_again_is_taken_once(stores: Stores) -> None:
    assert take(stores, Step.COMMENT, note="一", key="k1").outcome is Outcome.TAKEN
    again = take(stores, Step.COMMENT, note="一", key="k1", seconds=99, seen=0)
    assert (again.outcome, len(again.record.history)) == (Outcome.REPEATED, 1)
    assert take(stores, Step.COMMENT, note="二", key="k1").outcome is Outcome.KEY_USED
    assert take(stores, Step.CONFIRM, key="k1").outcome is Outcome.KEY_USED
    assert take(stores, Step.COMMENT, "wang", note="一", key="k1").outcome is Outcome.TAKEN  # another person's key


def test_a_step_upon_what_is_no_longer_so_is_not_taken(stores: Stores) -> None:
    take(stores, Step.ACKNOWLEDGE, seen=0)
    result = take(stores, Step.CONFIRM, "wang", seen=0)
    assert (result.outcome, result.record.state) == (Outcome.OVERTAKEN, AlertState.ACKNOWLEDGED)
    assert take(stores, Step.CONFIRM, "wang", seen=1).outcome is Outcome.TAKEN


def test_of_many_who_decide_at_once_one_does(stores: Stores) -> None:
    outcomes: list[Outcome] = []
    ready = threading.Barrier(8)

    def decide(number: int) -> None:
        ready.wait()
        outcomes.append(take(stores, Step.CONFIRM if number % 2 else Step.DISMISS, f"p{number}", seen=0).outcome)

    threads = [threading.Thread(target=decide, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [Outcome.OVERTAKEN] * 7 + [Outcome.TAKEN]
    assert len(found(stores).history) == 1


def test_the_log_is_followed_by_number(stores: Stores) -> None:
    stores.alerts.upsert(alert("other"))
    take(stores, Step.ACKNOWLEDGE)
    stores.alert_steps.take(AlertId("other"), Taking(Step.COMMENT, "wang", at(20), "x"))
    take(stores, Step.CONFIRM)
    first = stores.alert_steps.log(0, limit=2)
    assert [(step.alert, step.taken.step) for step in first] == [
        (alert().id, Step.ACKNOWLEDGE),
        (AlertId("other"), Step.COMMENT),
    ]
    assert [step.taken.step for step in stores.alert_steps.log(first[-1].number)] == [Step.CONFIRM]


@pytest.mark.parametrize("statement", ["DELETE FROM alert_steps", "UPDATE alert_steps SET by = 'somebody else'"])
def test_nobody_alters_the_history(stores: Stores, database: Database, statement: str) -> None:
    take(stores, Step.CONFIRM)
    with pytest.raises(StoreError, match="append-only"), database.write() as session:
        session.execute(text(statement))
    assert found(stores).history[0].by == "li"
