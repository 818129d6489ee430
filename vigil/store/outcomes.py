"""What became of alerts: who answered is not asked, only when. For figures, not for screens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, case, func, or_, select

from vigil.model.alerts import AlertKind, AlertState
from vigil.model.ids import CameraId, GroupId, HallId, WindowId
from vigil.model.steps import UNDECIDED, Step
from vigil.store.database import Database
from vigil.store.tables import AlertRow, AlertStepRow

_DECISIONS: Final = (Step.CONFIRM, Step.DISMISS)


@dataclass(frozen=True, slots=True)
class Outcome:
    """An alert and its answers. `absent_s`: known time that the window was unstaffed, as the node told last.

    `acknowledged_at` is the first answer, a decision included, but no comment and nothing that the centre did; `decided_at` is
    the decision that stands, and None while there is none. A backfilled alert came late: nobody could have answered in time.
    """

    kind: AlertKind
    hall: HallId
    camera: CameraId | None
    window: WindowId | None
    group: GroupId | None
    state: AlertState
    began_at: datetime
    raised_at: datetime
    ended_at: datetime | None
    absent_s: float | None
    backfilled: bool
    acknowledged_at: datetime | None
    decided_at: datetime | None


class Outcomes:
    def __init__(self, database: Database) -> None:
        self._database = database

    def raised(self, from_at: datetime, to_at: datetime) -> list[Outcome]:
        """Alerts that were raised within the span, by time."""
        return self._read([AlertRow.raised_at >= from_at, AlertRow.raised_at < to_at])

    def camera_faults(self, from_at: datetime, to_at: datetime) -> list[Outcome]:
        """Faults of cameras that went on at some time within the span, by time."""
        return self._read(
            [
                AlertRow.kind == AlertKind.CAMERA_FAULT,
                AlertRow.began_at < to_at,
                or_(AlertRow.ended_at.is_(None), AlertRow.ended_at > from_at),
            ]
        )

    def _read(self, conditions: Sequence[ColumnElement[bool]]) -> list[Outcome]:
        step = AlertStepRow
        answered = case((step.step.in_((Step.ACKNOWLEDGE, *_DECISIONS)), step.at))
        decided = case((step.step.in_(_DECISIONS), step.at))
        answers = (
            select(step.alert, func.min(answered).label("first_at"), func.max(decided).label("decided_at"))
            .join(AlertRow, AlertRow.id == step.alert)
            .where(*conditions)
            .group_by(step.alert)
            .subquery()
        )
        row = AlertRow
        query = (
            select(
                row.kind,
                row.hall,
                row.camera,
                row.window,
                row.group,
                row.state,
                row.began_at,
                row.raised_at,
                row.ended_at,
                row.facts["absent_s"].as_float(),
                row.backfilled,
                answers.c.first_at,
                answers.c.decided_at,
            )
            .outerjoin(answers, answers.c.alert == row.id)
            .where(*conditions)
            .order_by(row.raised_at, row.id)
        )
        with self._database.read() as session:
            return [_outcome(found) for found in session.execute(query)]


def _outcome(row: Any) -> Outcome:
    kind, hall, camera, window, group, state, *rest = row
    found = Outcome(AlertKind(kind), hall, camera, window, group, AlertState(state), *rest)
    return replace(found, decided_at=None) if found.state in UNDECIDED else found  # a decision may have been reopened
