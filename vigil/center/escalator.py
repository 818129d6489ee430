"""Sees to it that no alert lies: what nobody takes in time goes to the next role, as a step in its history.

That people are to be told is entered in the transaction of the step, so that none is escalated of which nobody will hear.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

from vigil.center.notices import Notices
from vigil.clock import Clock
from vigil.model.escalation import Escalation, waits_from
from vigil.model.ids import AlertId
from vigil.model.notices import Passed
from vigil.model.people import Role
from vigil.model.steps import Assignee, Step
from vigil.store.alert_steps import SYSTEM, Outcome, StepResult, Taking
from vigil.store.alerts import AlertRecord
from vigil.store.stores import Stores

_BATCH: Final = 500

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Escalated:
    """What the screens are told. It is told at most once; the history (`AlertSteps.log`) has all of them."""

    alert: AlertId
    to: Role
    level: int


class Escalator:
    """`told` is called after the step is in the database, in the thread that runs the rounds; it must return at once."""

    def __init__(
        self,
        stores: Stores,
        escalation: Escalation,
        notices: Notices,
        clock: Clock,
        told: Callable[[Escalated], None],
    ) -> None:
        self._stores = stores
        self._escalation = escalation
        self._notices = notices
        self._clock = clock
        self._told = told

    def run(self) -> int:
        """One round; how many were escalated. Raises StoreError."""
        now = self._clock.now()
        before, top = now - self._escalation.shortest, len(self._escalation.roles) - 1
        count, after = 0, None
        while True:
            page = self._stores.alerts.waiting(before=before, below_level=top, after=after, limit=_BATCH)
            count += sum(self._escalate(record) for record in page)
            if len(page) < _BATCH:
                return count
            after = page[-1].alert.id

    def _escalate(self, record: AlertRecord) -> bool:
        now, role = self._clock.now(), self._escalation.role_above(record.level)
        since = waits_from(record.alert, record.waits_since, record.muted_until, now)
        if role is None or since is None or now - since < self._escalation.wait(record.alert, record.state):
            return False
        taking = Taking(
            Step.ESCALATE,
            by=SYSTEM,
            at=now,
            to=Assignee(role=role),
            seen=record.version,  # whatever somebody did meanwhile, the next round judges
            key=f"escalate {record.waits_since.isoformat()}",
        )
        result = self._pass_on(record.alert.id, taking, role)
        if result is None:
            return False
        self._notices.wake()
        log.info("alert_escalated", alert=record.alert.id, to=role, level=result.record.level)
        self._told(Escalated(record.alert.id, role, result.record.level))
        return True

    def _pass_on(self, alert: AlertId, taking: Taking, role: Role) -> StepResult | None:
        """None when the step was not taken."""
        with self._stores.database.write():
            result = self._stores.alert_steps.take(alert, taking)
            if result is None or result.outcome is not Outcome.TAKEN:
                return None
            self._notices.overdue(result.record.alert, Passed(role, result.record.version))
            return result
