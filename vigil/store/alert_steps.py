"""The steps that are taken with alerts: one at a time, written down in the transaction that changes the alert.

What a caller was told to be done is in the database, and what was done is told once, however often it is sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from vigil.model.alerts import AlertState
from vigil.model.ids import AlertId
from vigil.model.steps import Assignee, DismissReason, Step, after
from vigil.store.alerts import AlertRecord, StepTaken, records_of, step_of
from vigil.store.database import Database, Lock, take_lock
from vigil.store.tables import AlertRow, AlertStepRow

SYSTEM: Final = "vigil"
"""Who takes the centre's own steps. No user has a step that is only the centre's, so a user of this name is no confusion."""


@dataclass(frozen=True, slots=True)
class Taking:
    """A step to be taken. `seen` is the version of the alert that whoever takes it had before them; None: whatever it is.

    `key` names this very step among all that the person takes with the alert.
    """

    step: Step
    by: str
    at: datetime
    note: str | None = None
    reason: DismissReason | None = None
    to: Assignee | None = None
    seen: int | None = None
    key: str | None = None


class Outcome(StrEnum):
    TAKEN = "taken"
    REPEATED = "repeated"  # it was taken when it was sent before
    REFUSED = "refused"  # the alert's state does not allow it
    OVERTAKEN = "overtaken"  # somebody took a step that the caller had not seen
    KEY_USED = "key-used"  # another step was sent with this key


@dataclass(frozen=True, slots=True)
class StepResult:
    """The alert as it stands."""

    record: AlertRecord
    outcome: Outcome

    @property
    def applied(self) -> bool:
        return self.outcome is Outcome.TAKEN


@dataclass(frozen=True, slots=True)
class LoggedStep:
    """A step of any alert, by the number under which the database has it. Numbers rise."""

    number: int
    alert: AlertId
    taken: StepTaken


class AlertSteps:
    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, alert_id: AlertId, taking: Taking) -> StepResult | None:
        """Durable on return. None when there is no such alert."""
        with self._database.write() as session:
            row = session.get(AlertRow, alert_id, with_for_update=True)
            if row is None:
                return None
            outcome = _outcome(session, row, taking)
            if outcome is Outcome.TAKEN:
                _write(session, row, taking)
            return StepResult(records_of(session.connection(), [row])[0], outcome)

    def log(self, after_number: int, limit: int = 500) -> list[LoggedStep]:
        """The steps of all alerts behind that number, in their order: what whoever tells others of them follows.

        One writer at a time gives out numbers, so none appears before one that was read already.
        """
        query = select(AlertStepRow).where(AlertStepRow.number > after_number).order_by(AlertStepRow.number)
        with self._database.read() as session:
            rows = session.scalars(query.limit(limit)).all()
            return [LoggedStep(row.number, AlertId(row.alert), step_of(row)) for row in rows]


def _outcome(session: Session, row: AlertRow, taking: Taking) -> Outcome:
    if taking.key is not None:
        mine = select(AlertStepRow).where(
            AlertStepRow.alert == row.id, AlertStepRow.by == taking.by, AlertStepRow.key == taking.key
        )
        before = session.scalars(mine).one_or_none()
        if before is not None:
            return Outcome.REPEATED if _is_same(step_of(before), taking) else Outcome.KEY_USED
    if taking.seen is not None:
        count = select(func.count()).select_from(AlertStepRow).where(AlertStepRow.alert == row.id)
        if session.scalar(count) != taking.seen:
            return Outcome.OVERTAKEN
    return Outcome.REFUSED if after(AlertState(row.state), taking.step) is None else Outcome.TAKEN


def _is_same(taken: StepTaken, taking: Taking) -> bool:
    return (taken.step, taken.note, taken.reason, taken.to) == (taking.step, taking.note, taking.reason, taking.to)


def _write(session: Session, row: AlertRow, taking: Taking) -> None:
    state = after(AlertState(row.state), taking.step)
    if state is not None and state != row.state:
        row.state, row.waits_since, row.level = state, taking.at, 0
    if taking.step is Step.ESCALATE:
        row.waits_since, row.level = taking.at, row.level + 1
    if taking.to is not None:
        row.assigned = str(taking.to)
    take_lock(session, Lock.ALERT_STEPS)  # until the commit, so that the log grows at its end alone
    session.add(
        AlertStepRow(
            alert=row.id,
            at=taking.at,
            by=taking.by,
            step=taking.step,
            note=taking.note,
            reason=taking.reason,
            to=None if taking.to is None else str(taking.to),
            key=taking.key,
        )
    )
    session.flush()
