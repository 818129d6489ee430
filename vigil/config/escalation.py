"""Rules of `center.escalation` and `center.ledger`: waits that pass, and roles that can do something about an alert."""

from __future__ import annotations

from vigil.config.document import Path
from vigil.config.faults import FaultSink
from vigil.model.escalation import Escalation
from vigil.model.ledger import LedgerRules
from vigil.model.people import PERMISSIONS, Permission


def check_escalation(escalation: Escalation, fault: FaultSink) -> None:
    path: Path = ("center", "escalation")
    for key in ("acknowledge_s", "unserved_acknowledge_s", "decide_s"):
        if not getattr(escalation, key) > 0:
            fault((*path, key), "a rung needs time", "Seconds above 0; to escalate nothing, name one role alone")
    for index, role in enumerate(escalation.roles):
        if Permission.ACKNOWLEDGE not in PERMISSIONS[role]:
            fault((*path, "roles", index), f"a {role} cannot take an alert", "operator or supervisor")
        if role in escalation.roles[:index]:
            fault((*path, "roles", index), f"{role} stands already above", "Name each role once")


def check_ledger(rules: LedgerRules, fault: FaultSink) -> None:
    path: Path = ("center", "ledger")
    if not rules.candidate_s > 0:
        fault((*path, "candidate_s"), "every absence would be a candidate", "Seconds above 0, for example 900")
    if not 0 < rules.remind_before_s <= 31 * 86_400:
        fault((*path, "remind_before_s"), "a reminder comes before the deadline", "Seconds above 0, at most 31 days")
