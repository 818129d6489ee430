"""The ledger's entries, their evidence and their history. Entries are ended, and never removed; histories only grow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, tuple_
from sqlalchemy.orm import Session

from vigil.model.ids import AlertId, HallId, LedgerId, WindowId
from vigil.model.ledger import (
    Duty,
    Entry,
    EntryKind,
    EntryState,
    Evidence,
    EvidenceKind,
    LedgerNumber,
    LedgerStep,
    StoredFile,
    after,
)
from vigil.model.people import ALL_HALLS, NO_HALLS, Halls
from vigil.store.database import Database, insert_if_absent
from vigil.store.tables import LedgerEntryRow, LedgerEvidenceRow, LedgerStepRow, LedgerYearRow


@dataclass(frozen=True, slots=True)
class LedgerStepTaken:
    """`duty` is what it is from this step on, where the step says so; `evidence` what it brought."""

    at: datetime
    by: str
    step: LedgerStep
    note: str | None = None
    duty: Duty | None = None
    evidence: str | None = None


@dataclass(frozen=True, slots=True)
class LedgerRecord:
    entry: Entry
    history: tuple[LedgerStepTaken, ...]
    evidence: tuple[Evidence, ...]

    @property
    def version(self) -> int:
        return len(self.history)


@dataclass(frozen=True, slots=True)
class LedgerTaking:
    """A step to be taken; `seen` and `key` as of an alert's (vigil/store/alert_steps.py).

    `year` is that of the site's calendar, for a finding that is released.
    """

    step: LedgerStep
    by: str
    at: datetime
    note: str | None = None
    duty: Duty | None = None
    evidence: Evidence | None = None
    year: int | None = None
    seen: int | None = None
    key: str | None = None


class LedgerOutcome(StrEnum):
    TAKEN = "taken"
    REPEATED = "repeated"
    REFUSED = "refused"
    OVERTAKEN = "overtaken"
    KEY_USED = "key-used"


@dataclass(frozen=True, slots=True)
class LedgerResult:
    record: LedgerRecord
    outcome: LedgerOutcome


@dataclass(frozen=True, slots=True)
class LedgerFilter:
    """None: any. `overdue_at`: those that are overdue then.

    `within`: in none but these halls. What has no number yet is there in the halls of `unreleased` alone.
    """

    within: Halls = ALL_HALLS
    unreleased: Halls = NO_HALLS
    kind: EntryKind | None = None
    state: EntryState | None = None
    hall: HallId | None = None
    alert: AlertId | None = None
    live: bool | None = None
    overdue_at: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        if self.within.named is not None:
            found.append(LedgerEntryRow.hall.in_(sorted(self.within.named)))
        if self.unreleased.named is not None:
            theirs = LedgerEntryRow.hall.in_(sorted(self.unreleased.named))
            found.append(LedgerEntryRow.serial.is_not(None) | theirs)
        pairs = ((LedgerEntryRow.kind, self.kind), (LedgerEntryRow.state, self.state), (LedgerEntryRow.hall, self.hall))
        found += [column == value for column, value in pairs if value is not None]
        if self.alert is not None:
            found.append(LedgerEntryRow.alert == self.alert)
        if self.live is not None:
            over = (EntryState.CLOSED, EntryState.WITHDRAWN)
            found.append(LedgerEntryRow.state.not_in(over) if self.live else LedgerEntryRow.state.in_(over))
        if self.overdue_at is not None:
            found += [LedgerEntryRow.state == EntryState.DUE, LedgerEntryRow.deadline <= self.overdue_at]
        return found


@dataclass(frozen=True, slots=True)
class LedgerCursor:
    entered_at: datetime
    id: LedgerId


@dataclass(frozen=True, slots=True)
class LedgerPage:
    items: tuple[LedgerRecord, ...]
    next: LedgerCursor | None


@dataclass(frozen=True, slots=True)
class _Parts:
    history: list[LedgerStepTaken] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)


class Ledger:
    def __init__(self, database: Database) -> None:
        self._database = database

    def enter(self, entry: Entry, *, year: int, note: str | None = None, key: str | None = None) -> LedgerResult:
        """A complaint or an alert gets its number at once, a finding when it is released.

        REPEATED with the entry that was made before with this key, REFUSED with the one that is about the alert already.
        """
        with self._database.write() as session:
            before = self._before(session, entry, key)
            if before is not None:
                return before
            row = LedgerEntryRow(
                id=entry.id,
                kind=entry.kind,
                state=entry.state,
                hall=entry.hall,
                window=entry.window,
                title=entry.title,
                details=entry.details,
                unit=entry.duty.unit,
                person=entry.duty.person,
                deadline=entry.duty.deadline,
                alert=entry.alert,
                entered_at=entry.entered_at,
                entered_by=entry.entered_by,
                key=key,
            )
            session.add(row)
            if entry.kind is not EntryKind.FINDING:
                _number(session, row, year)
            session.flush()
            taking = LedgerTaking(LedgerStep.ENTER, entry.entered_by, entry.entered_at, note, entry.duty)
            _write(session, row, taking)
            return LedgerResult(_records(session, [row])[0], LedgerOutcome.TAKEN)

    def take(self, entry_id: LedgerId, taking: LedgerTaking) -> LedgerResult | None:
        """None when there is no such entry. A release needs `year`."""
        with self._database.write() as session:
            row = session.get(LedgerEntryRow, entry_id, with_for_update=True)
            if row is None:
                return None
            outcome = _outcome(session, row, taking)
            if outcome is LedgerOutcome.TAKEN:
                _apply(session, row, taking)
                _write(session, row, taking)
            return LedgerResult(_records(session, [row])[0], outcome)

    def find(self, entry_id: LedgerId) -> LedgerRecord | None:
        with self._database.read() as session:
            row = session.get(LedgerEntryRow, entry_id)
            return None if row is None else _records(session, [row])[0]

    def page(self, chosen: LedgerFilter, *, after: LedgerCursor | None = None, limit: int = 50) -> LedgerPage:
        """The latest first."""
        order = (LedgerEntryRow.entered_at, LedgerEntryRow.id)
        query = select(LedgerEntryRow).where(*chosen.conditions()).limit(limit + 1)
        if after is not None:
            query = query.where(tuple_(*order) < (after.entered_at, after.id))
        with self._database.read() as session:
            rows = session.scalars(query.order_by(*(column.desc() for column in order))).all()
            items = tuple(_records(session, rows[:limit]))
        last = items[-1].entry if len(rows) > limit else None
        return LedgerPage(items, None if last is None else LedgerCursor(last.entered_at, last.id))

    def of_alerts(self, alerts: Sequence[AlertId]) -> frozenset[AlertId]:
        """Those that an entry is about which was not withdrawn."""
        query = select(LedgerEntryRow.alert).where(
            LedgerEntryRow.alert.in_(alerts), LedgerEntryRow.state != EntryState.WITHDRAWN
        )
        with self._database.read() as session:
            return frozenset(AlertId(one) for one in session.scalars(query) if one is not None)

    def to_remind(self, *, soon: datetime, now: datetime, limit: int = 500) -> list[LedgerRecord]:
        """What is due before `soon` or was before `now`, and was not reminded of yet; released, and not reported fixed."""
        reminded = LedgerEntryRow.reminded
        query = (
            select(LedgerEntryRow)
            .where(
                LedgerEntryRow.state == EntryState.DUE,
                LedgerEntryRow.serial.is_not(None),
                LedgerEntryRow.deadline <= soon,
                or_(reminded.is_(None), (LedgerEntryRow.deadline <= now) & (reminded != LedgerStep.OVERDUE)),
            )
            .order_by(LedgerEntryRow.deadline)
            .limit(limit)
        )
        with self._database.read() as session:
            return _records(session, session.scalars(query).all())

    def _before(self, session: Session, entry: Entry, key: str | None) -> LedgerResult | None:
        """What stands in the way of a new entry."""
        if key is not None:
            mine = select(LedgerEntryRow).where(
                LedgerEntryRow.entered_by == entry.entered_by, LedgerEntryRow.key == key
            )
            row = session.scalars(mine).one_or_none()
            if row is not None:
                same = (row.kind, row.hall, row.window, row.title, row.alert) == (
                    entry.kind,
                    entry.hall,
                    entry.window,
                    entry.title,
                    entry.alert,
                )
                outcome = LedgerOutcome.REPEATED if same else LedgerOutcome.KEY_USED
                return LedgerResult(_records(session, [row])[0], outcome)
        if entry.alert is not None:
            other = select(LedgerEntryRow).where(
                LedgerEntryRow.alert == entry.alert, LedgerEntryRow.state != EntryState.WITHDRAWN
            )
            row = session.scalars(other).first()
            if row is not None:
                return LedgerResult(_records(session, [row])[0], LedgerOutcome.REFUSED)
        return None


def _number(session: Session, row: LedgerEntryRow, year: int) -> None:
    """The year's next. The counter is in the transaction, so a number that is given back leaves no hole."""
    insert_if_absent(session, LedgerYearRow, {"year": year, "last": 0})
    counter = session.get_one(LedgerYearRow, year, with_for_update=True)
    counter.last += 1
    row.year, row.serial = year, counter.last


def _outcome(session: Session, row: LedgerEntryRow, taking: LedgerTaking) -> LedgerOutcome:
    mine = select(LedgerStepRow).where(LedgerStepRow.entry == row.id)
    if taking.key is not None:
        keyed = mine.where(LedgerStepRow.by == taking.by, LedgerStepRow.key == taking.key)
        before = session.scalars(keyed).one_or_none()
        if before is not None:
            same = (before.step, before.note) == (taking.step, taking.note)
            return LedgerOutcome.REPEATED if same else LedgerOutcome.KEY_USED
    if taking.seen is not None:
        count = select(func.count()).select_from(mine.subquery())
        if session.scalar(count) != taking.seen:
            return LedgerOutcome.OVERTAKEN
    released_again = taking.step is LedgerStep.RELEASE and row.serial is not None
    refused = released_again or after(EntryState(row.state), taking.step) is None
    return LedgerOutcome.REFUSED if refused else LedgerOutcome.TAKEN


def _apply(session: Session, row: LedgerEntryRow, taking: LedgerTaking) -> None:
    state = after(EntryState(row.state), taking.step)
    assert state is not None  # noqa: S101 (_outcome has asked)
    if taking.duty is not None:
        if taking.duty.deadline != row.deadline:
            row.reminded = None
        row.unit, row.person, row.deadline = taking.duty.unit, taking.duty.person, taking.duty.deadline
    row.state = state
    if taking.step is LedgerStep.RELEASE:
        assert taking.year is not None  # noqa: S101 (what `take` asks for)
        _number(session, row, taking.year)
    if taking.step in (LedgerStep.DUE_SOON, LedgerStep.OVERDUE):
        row.reminded = taking.step
    if taking.evidence is not None:
        one, file = taking.evidence, taking.evidence.file
        session.add(
            LedgerEvidenceRow(
                id=one.id,
                entry=row.id,
                at=one.at,
                by=one.by,
                kind=one.kind,
                subject=one.subject,
                name=file.name if file else None,
                object_key=file.object_key if file else None,
                size=file.size if file else None,
                sha256=file.sha256 if file else None,
                content_type=file.content_type if file else None,
            )
        )


def _write(session: Session, row: LedgerEntryRow, taking: LedgerTaking) -> None:
    duty = taking.duty
    session.add(
        LedgerStepRow(
            entry=row.id,
            at=taking.at,
            by=taking.by,
            step=taking.step,
            note=taking.note,
            unit=duty.unit if duty else None,
            person=duty.person if duty else None,
            deadline=duty.deadline if duty else None,
            evidence=taking.evidence.id if taking.evidence else None,
            key=taking.key,
        )
    )
    session.flush()


def _records(session: Session, rows: Sequence[LedgerEntryRow]) -> list[LedgerRecord]:
    parts = {row.id: _Parts() for row in rows}
    steps = select(LedgerStepRow).where(LedgerStepRow.entry.in_(parts)).order_by(LedgerStepRow.number)
    for step in session.scalars(steps):
        parts[step.entry].history.append(_step(step))
    pieces = select(LedgerEvidenceRow).where(LedgerEvidenceRow.entry.in_(parts))
    for piece in session.scalars(pieces.order_by(LedgerEvidenceRow.at, LedgerEvidenceRow.id)):
        parts[piece.entry].evidence.append(_evidence(piece))
    return [LedgerRecord(_entry(row), tuple(parts[row.id].history), tuple(parts[row.id].evidence)) for row in rows]


def _step(row: LedgerStepRow) -> LedgerStepTaken:
    duty = None if row.unit is None or row.deadline is None else Duty(row.unit, row.person, row.deadline)
    return LedgerStepTaken(row.at, row.by, LedgerStep(row.step), row.note, duty, row.evidence)


def _evidence(row: LedgerEvidenceRow) -> Evidence:
    file: StoredFile | None = None
    if row.object_key is not None:
        values: dict[str, Any] = {name: getattr(row, name) for name in StoredFile.__slots__}
        file = StoredFile(**values)
    return Evidence(row.id, EvidenceKind(row.kind), row.at, row.by, row.subject, file)


def _entry(row: LedgerEntryRow) -> Entry:
    numbered = row.year is not None and row.serial is not None
    return Entry(
        id=LedgerId(row.id),
        kind=EntryKind(row.kind),
        hall=HallId(row.hall),
        window=None if row.window is None else WindowId(row.window),
        title=row.title,
        details=row.details,
        duty=Duty(row.unit, row.person, row.deadline),
        state=EntryState(row.state),
        entered_at=row.entered_at,
        entered_by=row.entered_by,
        alert=None if row.alert is None else AlertId(row.alert),
        number=LedgerNumber(row.year or 0, row.serial or 0) if numbered else None,
    )
