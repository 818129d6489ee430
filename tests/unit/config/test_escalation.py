"""`center.escalation`: roles that can do something about an alert, and waits that pass."""

from __future__ import annotations

import pytest

from tests.unit.config.files import GOOD, faults, read
from vigil.model.escalation import Escalation
from vigil.model.people import Role


def text(section: str) -> str:
    return GOOD.replace("nodes:", f"  escalation: {section}\nnodes:")


def test_a_good_section_and_none() -> None:
    configuration = read(text("{acknowledge_s: 60, roles: [supervisor, operator]}"))
    assert configuration.center is not None
    expected = Escalation(acknowledge_s=60, roles=(Role.SUPERVISOR, Role.OPERATOR))
    assert configuration.center.escalation == expected
    plain = read()
    assert plain.center is not None
    assert plain.center.escalation == Escalation()


@pytest.mark.parametrize(
    ("section", "where"),
    [
        ("{candidate_s: 0}", "candidate_s"),
        ("{remind_before_s: 0}", "remind_before_s"),
        ("{remind_before_s: 2678401}", "remind_before_s"),
        ("{due: 3}", "due"),
    ],
)
def test_a_ledger_section_that_is_wrong(section: str, where: str) -> None:
    (found,) = faults(GOOD.replace("nodes:", f"  ledger: {section}\nnodes:"))
    assert found.where == f"center.ledger.{where}"


@pytest.mark.parametrize(
    ("section", "where", "what"),
    [
        ("{acknowledge_s: 0}", "acknowledge_s", "needs time"),
        ("{decide_s: -1}", "decide_s", "needs time"),
        ("{roles: [admin]}", "roles[0]", "cannot take an alert"),
        ("{roles: [operator, operator]}", "roles[1]", "stands already above"),
        ("{roles: [king]}", "roles[0]", ""),
        ("{roles: operator}", "roles", ""),
        ("{often: 3}", "often", "unknown key"),
    ],
)
def test_a_section_that_is_wrong(section: str, where: str, what: str) -> None:
    (found,) = faults(text(section))
    assert found.where == f"center.escalation.{where}"
    assert what in found.what
