"""To whom an alert goes that nobody takes further, and after how long. Also the shape of `center.escalation`.

Each rung has its whole time from when it was told: a centre that was down for an hour begins with the next rung and not with the
last, because nobody could have seen what came in between.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from vigil.model.alerts import Alert, AlertKind, AlertState
from vigil.model.people import Role
from vigil.model.site import Strict


@dataclass(frozen=True, slots=True)
class Escalation(Strict):
    """Seconds, and the roles from the first rung on. One role, or none: nothing is escalated."""

    acknowledge_s: float = 300
    """Nobody acknowledged it. As long again as the absence took to become an alert: it is then ten minutes old."""
    unserved_acknowledge_s: float = 120
    """Likewise of a visitor whom nobody serves, who is standing there."""
    decide_s: float = 3600
    """Somebody acknowledged it, or it is over, and nobody decided: nothing burns, but memories and good reasons fade."""
    roles: tuple[Role, ...] = (Role.OPERATOR, Role.SUPERVISOR)

    def wait(self, alert: Alert, state: AlertState) -> timedelta:
        """How long a rung has."""
        if state is not AlertState.OPEN or alert.ended_at is not None:
            return timedelta(seconds=self.decide_s)
        unserved = alert.kind is AlertKind.UNSERVED_VISITOR
        return timedelta(seconds=self.unserved_acknowledge_s if unserved else self.acknowledge_s)

    @property
    def shortest(self) -> timedelta:
        return timedelta(seconds=min(self.acknowledge_s, self.unserved_acknowledge_s, self.decide_s))

    def role_above(self, level: int) -> Role | None:
        """The next rung's, for an alert that was escalated `level` times; None: there is nobody above."""
        return self.roles[level + 1] if level + 1 < len(self.roles) else None


def waits_from(alert: Alert, waits_since: datetime, muted_until: datetime | None, now: datetime) -> datetime | None:
    """From when on a rung's time counts; None while the alert is muted, and when its episode ended while it was."""
    if muted_until is None:
        return waits_since
    if now < muted_until or (alert.ended_at is not None and alert.ended_at <= muted_until):
        return None
    return max(waits_since, muted_until)
