"""Alerts: what a node says of an episode, and beside it what a person has said. Neither overwrites the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, or_, select, tuple_

from vigil.model.alerts import Alert, AlertKind, AlertState, EndReason
from vigil.model.ids import AlertId, CameraId, GroupId, HallId, WindowId
from vigil.model.people import ALL_HALLS, Halls
from vigil.model.steps import UNDECIDED, Assignee, DismissReason, Step
from vigil.store.database import Database, insert_if_absent
from vigil.store.tables import AlertRow, AlertStepRow

AlertColumns = AlertRow | Row[Any]
"""A row of alerts as an object, or as nothing but its columns: lists are read so, for objects cost more."""
StepColumns = AlertStepRow | Row[Any]
_ALERTS, _STEPS = AlertRow.__table__.c, AlertStepRow.__table__.c
_TRACE = "trace"
"""Kept by Traces (vigil/store/traces.py): it grows from revision to revision, and lists need none of it."""


@dataclass(frozen=True, slots=True)
class StepTaken:
    """`by` is a user name; of a step of the centre itself it is SYSTEM. `to` is set of an assignment and an escalation."""

    at: datetime
    by: str
    step: Step
    note: str | None = None
    reason: DismissReason | None = None
    to: Assignee | None = None


@dataclass(frozen=True, slots=True)
class AlertRecord:
    """`backfilled`: the node told of it late, after a broken link. `level`: how often it was escalated since somebody
    last took it further. `received_at` is when the centre first heard of it; until `muted_until` it calls nobody.
    """

    alert: Alert
    state: AlertState
    backfilled: bool
    snapshot_key: str | None
    history: tuple[StepTaken, ...] = ()
    assigned: Assignee | None = None
    level: int = 0
    received_at: datetime | None = None
    since_at: datetime | None = None
    muted_until: datetime | None = None

    @property
    def waits_since(self) -> datetime:
        """Since when it is where it is: when it came, was last taken further, or was last escalated."""
        return self.since_at or self.alert.raised_at

    @property
    def version(self) -> int:
        """Rises with every step. A node's revisions leave it: they change what happened, not what was done about it."""
        return len(self.history)


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """None: any. `active`: the episode has not ended. `within`: in none but these halls."""

    hall: HallId | None = None
    kind: AlertKind | None = None
    state: AlertState | None = None
    active: bool | None = None
    assigned: Assignee | None = None
    within: Halls = ALL_HALLS

    def conditions(self) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        if self.hall is not None:
            found.append(_ALERTS.hall == self.hall)
        if self.within.named is not None:
            found.append(_ALERTS.hall.in_(sorted(self.within.named)))
        if self.kind is not None:
            found.append(_ALERTS.kind == self.kind)
        if self.state is not None:
            found.append(_ALERTS.state == self.state)
        if self.assigned is not None:
            found.append(_ALERTS.assigned == str(self.assigned))
        if self.active is not None:
            found.append(_ALERTS.ended_at.is_(None) if self.active else _ALERTS.ended_at.is_not(None))
        return found


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last alert of a page: the next one begins behind it, however many were raised meanwhile."""

    raised_at: datetime
    id: AlertId


@dataclass(frozen=True, slots=True)
class AlertPage:
    items: tuple[AlertRecord, ...]
    next: Cursor | None


class Alerts:
    def __init__(self, database: Database) -> None:
        self._database = database

    def upsert(
        self,
        alert: Alert,
        *,
        backfilled: bool = False,
        snapshot_key: str | None = None,
        at: datetime | None = None,
        muted_until: datetime | None = None,
    ) -> bool:
        """Take in a revision, once; an older one changes nothing, and no revision what a person decided.

        `at` is when it came; None: when it was raised. `muted_until` counts for one that is new.
        True when something changed that a screen should show.
        """
        values = _values(alert)
        fresh = values | {
            "state": AlertState.OPEN,
            "backfilled": backfilled,
            "snapshot_key": snapshot_key,
            "received_at": at or alert.raised_at,
            "waits_since": at or alert.raised_at,
            "level": 0,
            "muted_until": muted_until,
        }
        with self._database.write() as session:
            if insert_if_absent(session, AlertRow, fresh):
                return True
            row = session.get_one(AlertRow, alert.id, with_for_update=True)
            changed = alert.revision > row.revision
            if changed:
                for name, value in values.items():
                    setattr(row, name, value)
            if snapshot_key is not None and row.snapshot_key is None:
                row.snapshot_key = snapshot_key
                changed = True
            return changed

    def attach_snapshot(self, alert_id: AlertId, snapshot_key: str) -> bool:
        """The picture of an alert that came without. False when there is no such alert, or it has one."""
        with self._database.write() as session:
            row = session.get(AlertRow, alert_id, with_for_update=True)
            if row is None or row.snapshot_key is not None:
                return False
            row.snapshot_key = snapshot_key
            return True

    def find(self, alert_id: AlertId) -> AlertRecord | None:
        query = select(AlertRow.__table__).where(_ALERTS.id == alert_id)
        return next(iter(self._records(query)), None)

    def page(self, chosen: AlertFilter, *, after: Cursor | None = None, limit: int = 50) -> AlertPage:
        """Newest first."""
        conditions = chosen.conditions()
        if after is not None:
            conditions.append(tuple_(_ALERTS.raised_at, _ALERTS.id) < (after.raised_at, after.id))
        newest_first = (_ALERTS.raised_at.desc(), _ALERTS.id.desc())
        query = select(AlertRow.__table__).where(*conditions).order_by(*newest_first).limit(limit + 1)
        with self._database.snapshot(), self._database.ask() as connection:
            rows = connection.execute(query).all()
            items = records_of(connection, rows[:limit])
        last = items[-1].alert if len(rows) > limit else None
        return AlertPage(tuple(items), None if last is None else Cursor(last.raised_at, last.id))

    def waiting(
        self, *, before: datetime, below_level: int, after: AlertId | None = None, limit: int = 500
    ) -> list[AlertRecord]:
        """Undecided alerts that nobody took further since `before`, by id, behind `after`."""
        since = func.coalesce(_ALERTS.waits_since, _ALERTS.raised_at)
        query = (
            select(AlertRow.__table__)
            .where(_ALERTS.state.in_(UNDECIDED), since <= before, _ALERTS.level < below_level)
            .order_by(_ALERTS.id)
            .limit(limit)
        )
        return self._records(query if after is None else query.where(_ALERTS.id > after))

    def confirmed_absences(self, *, limit: int) -> list[AlertRecord]:
        """Of windows, the latest first; those that were put right, too."""
        query = (
            select(AlertRow.__table__)
            .where(
                _ALERTS.state.in_([state for state in AlertState if state.is_confirmed]),
                _ALERTS.kind.in_((AlertKind.WINDOW_UNSTAFFED, AlertKind.UNSERVED_VISITOR)),
            )
            .order_by(_ALERTS.raised_at.desc(), _ALERTS.id)
            .limit(limit)
        )
        return self._records(query)

    def about(self, hall: HallId, from_at: datetime, to_at: datetime, limit: int = 200) -> list[AlertRecord]:
        """Those of a hall whose episode touches the span, the latest first."""
        query = (
            select(AlertRow.__table__)
            .where(
                _ALERTS.hall == hall,
                _ALERTS.began_at <= to_at,
                or_(_ALERTS.ended_at.is_(None), _ALERTS.ended_at >= from_at),
            )
            .order_by(_ALERTS.raised_at.desc(), _ALERTS.id)
            .limit(limit)
        )
        return self._records(query)

    def _records(self, query: Select[Any]) -> list[AlertRecord]:
        with self._database.snapshot(), self._database.ask() as connection:
            return records_of(connection, connection.execute(query).all())


def _values(alert: Alert) -> dict[str, Any]:
    return {field.name: getattr(alert, field.name) for field in fields(alert) if field.name != _TRACE}


def records_of(connection: Connection, rows: Sequence[AlertColumns]) -> list[AlertRecord]:
    """The records of the rows, in their order, their histories read at once."""
    steps: dict[str, list[StepTaken]] = {row.id: [] for row in rows}
    query = select(AlertStepRow.__table__).where(_STEPS.alert.in_(steps)).order_by(_STEPS.number)
    for step in connection.execute(query) if rows else ():
        steps[step.alert].append(step_of(step))
    return [_record(row, tuple(steps[row.id])) for row in rows]


def step_of(row: StepColumns) -> StepTaken:
    return StepTaken(
        at=row.at,
        by=row.by,
        step=Step(row.step),
        note=row.note,
        reason=None if row.reason is None else DismissReason(row.reason),
        to=None if row.to is None else Assignee.parse(row.to),
    )


def _record(row: AlertColumns, history: tuple[StepTaken, ...]) -> AlertRecord:
    return AlertRecord(
        alert=alert_of(row),
        state=AlertState(row.state),
        backfilled=row.backfilled,
        snapshot_key=row.snapshot_key,
        history=history,
        assigned=None if row.assigned is None else Assignee.parse(row.assigned),
        level=row.level,
        received_at=row.received_at,
        since_at=row.waits_since,
        muted_until=row.muted_until,
    )


def alert_of(row: AlertColumns) -> Alert:
    return Alert(
        id=AlertId(row.id),
        revision=row.revision,
        kind=AlertKind(row.kind),
        hall=HallId(row.hall),
        camera=None if row.camera is None else CameraId(row.camera),
        window=None if row.window is None else WindowId(row.window),
        group=None if row.group is None else GroupId(row.group),
        began_at=row.began_at,
        raised_at=row.raised_at,
        escalated_at=row.escalated_at,
        ended_at=row.ended_at,
        end_reason=None if row.end_reason is None else EndReason(row.end_reason),
        clip_from_at=row.clip_from_at,
        clip_to_at=row.clip_to_at,
        facts=row.facts,
    )
