"""The ledger (台账): what is to be put right at a hall, by whom and until when, and how it was seen to.

Its entries are confirmed alerts, complaints, and findings of inspections. A finding is nobody's business outside the
inspection until it is released, and has no number before: a hole in the numbers would tell of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from vigil.model.ids import AlertId, HallId, LedgerId, WindowId
from vigil.model.site import Strict


@dataclass(frozen=True, slots=True)
class LedgerRules(Strict):
    """Also the shape of `center.ledger`. Seconds."""

    candidate_s: float = 900
    """A confirmed absence of this length is offered for the ledger: local rules deduct points from 15 min on."""
    remind_before_s: float = 86_400
    """How long before its deadline an entry is told to be due: a day is what a rectification still takes."""


class EntryKind(StrEnum):
    ALERT = "alert"  # a confirmed one
    COMPLAINT = "complaint"  # 投诉、差评
    FINDING = "finding"  # 明察暗访


class EntryState(StrEnum):
    DUE = "due"  # 待整改
    FIXED = "fixed"  # 待复核
    ACCEPTED = "accepted"  # 复核通过
    CLOSED = "closed"  # 已办结
    WITHDRAWN = "withdrawn"  # 已撤销: it should not have been entered


class LedgerStep(StrEnum):
    ENTER = "enter"
    RELEASE = "release"  # a finding is made known, and gets its number
    CHANGE = "change"  # of owner or deadline
    ATTACH = "attach"  # of evidence
    REMARK = "remark"
    REPORT_FIXED = "report-fixed"
    SEND_BACK = "send-back"
    ACCEPT = "accept"
    CLOSE = "close"
    WITHDRAW = "withdraw"
    DUE_SOON = "due-soon"  # the centre's own reminders
    OVERDUE = "overdue"


_LIVE: Final = frozenset({EntryState.DUE, EntryState.FIXED, EntryState.ACCEPTED})
"""Not over."""
_STEPS: Final[dict[LedgerStep, tuple[frozenset[EntryState], EntryState | None]]] = {
    LedgerStep.RELEASE: (_LIVE, None),
    LedgerStep.CHANGE: (frozenset({EntryState.DUE, EntryState.FIXED}), None),
    LedgerStep.ATTACH: (_LIVE, None),
    LedgerStep.REMARK: (_LIVE, None),
    LedgerStep.REPORT_FIXED: (frozenset({EntryState.DUE}), EntryState.FIXED),
    LedgerStep.SEND_BACK: (frozenset({EntryState.FIXED}), EntryState.DUE),
    LedgerStep.ACCEPT: (frozenset({EntryState.FIXED}), EntryState.ACCEPTED),
    LedgerStep.CLOSE: (frozenset({EntryState.ACCEPTED}), EntryState.CLOSED),
    LedgerStep.WITHDRAW: (_LIVE, EntryState.WITHDRAWN),
    LedgerStep.DUE_SOON: (frozenset({EntryState.DUE}), None),
    LedgerStep.OVERDUE: (frozenset({EntryState.DUE}), None),
}


def after(state: EntryState, step: LedgerStep) -> EntryState | None:
    """The state that a step leads to; None when the state does not allow it. An entry that is over stays so."""
    allowed, result = _STEPS.get(step, (frozenset(), None))
    if state not in allowed:
        return None
    return state if result is None else result


@dataclass(frozen=True, slots=True)
class LedgerNumber:
    """Counted by year, from 1, without holes."""

    year: int
    serial: int

    def __str__(self) -> str:
        return f"{self.year}-{self.serial:04}"


@dataclass(frozen=True, slots=True)
class Duty:
    """Who is to see to it, and until when (限期整改). A unit answers; a person may be named."""

    unit: str
    person: str | None
    deadline: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """`number` is None of a finding that was not released."""

    id: LedgerId
    kind: EntryKind
    hall: HallId
    window: WindowId | None
    title: str
    details: str
    duty: Duty
    state: EntryState
    entered_at: datetime
    entered_by: str
    alert: AlertId | None = None
    number: LedgerNumber | None = None

    @property
    def released(self) -> bool:
        return self.number is not None

    @property
    def live(self) -> bool:
        return self.state in _LIVE

    def overdue(self, at: datetime) -> bool:
        """Nobody reported it fixed in time."""
        return self.state is EntryState.DUE and at >= self.duty.deadline


class EvidenceKind(StrEnum):
    FILE = "file"
    ALERT = "alert"
    CLIP = "clip"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """`name` is the uploader's and is shown; the object's key is ours."""

    name: str
    object_key: str
    size: int
    sha256: str
    content_type: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """`subject` is the id of an alert or a clip; `file` is set of a file."""

    id: str
    kind: EvidenceKind
    at: datetime
    by: str
    subject: str | None = None
    file: StoredFile | None = None
