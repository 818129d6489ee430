from __future__ import annotations

import pytest

from vigil.model.alerts import AlertState
from vigil.model.people import Role
from vigil.model.steps import Assignee, Step, after

OPEN, ACKNOWLEDGED, CONFIRMED, DISMISSED, RECTIFIED = AlertState
ALLOWED = {
    (OPEN, Step.ACKNOWLEDGE): ACKNOWLEDGED,
    (OPEN, Step.CONFIRM): CONFIRMED,
    (OPEN, Step.DISMISS): DISMISSED,
    (OPEN, Step.ESCALATE): OPEN,
    (ACKNOWLEDGED, Step.CONFIRM): CONFIRMED,
    (ACKNOWLEDGED, Step.DISMISS): DISMISSED,
    (ACKNOWLEDGED, Step.ESCALATE): ACKNOWLEDGED,
    (CONFIRMED, Step.RECTIFY): RECTIFIED,
    (CONFIRMED, Step.REOPEN): ACKNOWLEDGED,
    (DISMISSED, Step.REOPEN): ACKNOWLEDGED,
    (RECTIFIED, Step.REOPEN): ACKNOWLEDGED,
    **{(state, step): state for state in AlertState for step in (Step.ASSIGN, Step.COMMENT)},
}


@pytest.mark.parametrize("state", AlertState)
@pytest.mark.parametrize("step", Step)
def test_what_each_state_allows(state: AlertState, step: Step) -> None:
    assert after(state, step) is ALLOWED.get((state, step))


@pytest.mark.parametrize("to", [Assignee(user="li"), Assignee(user="a:b"), Assignee(role=Role.SUPERVISOR)])
def test_an_assignee_survives_its_text(to: Assignee) -> None:
    assert Assignee.parse(str(to)) == to


@pytest.mark.parametrize("text", ["", "li", "user:", "role:king", "team:a"])
def test_what_is_no_assignee(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Assignee.parse(text)


def test_an_assignee_is_one_of_two() -> None:
    with pytest.raises(ValueError, match="a person or a role"):
        Assignee()
    with pytest.raises(ValueError, match="a person or a role"):
        Assignee("li", Role.ADMIN)
