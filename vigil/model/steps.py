"""What is done with an alert: which step its state allows, and where it leads.

A step is written to the alert's history and never changed. A decision that was wrong is reopened, with a reason, and the
history says both.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

from vigil.model.alerts import AlertState
from vigil.model.people import Role


class Step(StrEnum):
    ACKNOWLEDGE = "acknowledge"
    CONFIRM = "confirm"
    DISMISS = "dismiss"
    RECTIFY = "rectify"  # what was confirmed has been put right
    REOPEN = "reopen"  # a decision was wrong: it is to be made again
    ASSIGN = "assign"
    COMMENT = "comment"
    ESCALATE = "escalate"  # the centre's own: nobody took the alert in time


class DismissReason(StrEnum):
    """Why it is no absence. A fixed list, so that reports can count what the system gets wrong."""

    FALSE_DETECTION = "false-detection"  # 误报: the clerk was there
    APPROVED_LEAVE = "approved-leave"  # 已批准请假, and not on the roster
    OFFICIAL_ERRAND = "official-errand"  # 因公离开: in the back office, at another window
    EQUIPMENT_FAULT = "equipment-fault"  # 设备故障
    OTHER = "other"  # needs words


@dataclass(frozen=True, slots=True)
class Assignee:
    """Who is to see to it: one person, or whoever of a role comes first. Exactly one of the two is set."""

    user: str | None = None
    role: Role | None = None

    def __post_init__(self) -> None:
        if (self.user is None) == (self.role is None):
            raise ValueError("an assignee is a person or a role")

    def __str__(self) -> str:
        return f"user:{self.user}" if self.user is not None else f"role:{self.role}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Of what `str` made. Raises ValueError."""
        kind, _, name = text.partition(":")
        if kind == "user" and name:
            return cls(user=name)
        if kind == "role":
            return cls(role=Role(name))
        raise ValueError(f"not an assignee: {text!r}")


UNDECIDED: Final = frozenset({AlertState.OPEN, AlertState.ACKNOWLEDGED})
"""Nobody has said yet what it was."""
_DECIDED: Final = frozenset(AlertState) - UNDECIDED
_STEPS: Final[dict[Step, tuple[frozenset[AlertState], AlertState | None]]] = {
    Step.ACKNOWLEDGE: (frozenset({AlertState.OPEN}), AlertState.ACKNOWLEDGED),
    Step.CONFIRM: (UNDECIDED, AlertState.CONFIRMED),
    Step.DISMISS: (UNDECIDED, AlertState.DISMISSED),
    Step.RECTIFY: (frozenset({AlertState.CONFIRMED}), AlertState.RECTIFIED),
    # Whoever reopens has seen it: what is open again is the decision.
    Step.REOPEN: (_DECIDED, AlertState.ACKNOWLEDGED),
    Step.ASSIGN: (frozenset(AlertState), None),
    Step.COMMENT: (frozenset(AlertState), None),
    Step.ESCALATE: (UNDECIDED, None),
}
"""Step: the states that allow it, and the one that it leads to; None: it leaves the state as it is."""


def after(state: AlertState, step: Step) -> AlertState | None:
    """The state that a step leads to; None when the state does not allow it."""
    allowed, result = _STEPS[step]
    if state not in allowed:
        return None
    return state if result is None else result
