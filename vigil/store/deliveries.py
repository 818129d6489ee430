"""Deliveries: how notices leave. A channel is held by one attempt at a time, whichever process makes it.

`claim` takes the channel, draws the message and writes the attempt down, in one transaction, before anything is sent; `finish`
writes what came of it. A process that dies in between leaves an attempt without a verdict: once its lease is over the same
message is sent again, under the same id, for nobody knows whether it arrived.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from secrets import token_urlsafe
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from vigil.model.alerts import AlertState
from vigil.model.ids import ChannelName, MessageId
from vigil.model.limits import Limit, free_at, longest_s
from vigil.model.notices import Answer, Due, NoticeState, Stage, Verdict
from vigil.model.people import Role
from vigil.store.alerts import alert_of
from vigil.store.database import Database, insert_if_absent
from vigil.store.tables import AlertRow, NoticeAttemptRow, NoticeChannelRow, NoticeMessageRow, NoticeRow

MOST_ALERTS: Final = 500
"""Alerts in one message; what waits beyond them leaves with the next."""

Draw = Callable[[MessageId, Sequence[Due]], dict[str, Any]]
"""Makes the body of a message. Called within the transaction, so it must be quick and touch nothing else."""


class MessageState(StrEnum):
    OPEN = "open"  # drawn, and an attempt is under way
    UNCERTAIN = "uncertain"  # it may have arrived: it is repeated as it is
    SENT = "sent"
    DROPPED = "dropped"  # it did not arrive; what it told of waits for another, or for a person


_UNDER_WAY: Final = (MessageState.OPEN, MessageState.UNCERTAIN)


@dataclass(frozen=True, slots=True)
class Claim:
    """Leave to send one message once, until `until_at`."""

    attempt: int
    channel: ChannelName
    message: MessageId
    body: dict[str, Any]
    notices: int
    until_at: datetime
    failures: int
    """Attempts in a row, before this one, that came to nothing."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing may be sent now. `until_at`: when to ask again; None: nothing waits."""

    until_at: datetime | None


@dataclass(frozen=True, slots=True)
class ChannelRecord:
    """`answer` is the last; `rest_until`: it is left alone till then."""

    failures: int = 0
    rest_until: datetime | None = None
    answer: Answer | None = None
    delivered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """`answer` is None while it is under way, or where nobody will know. `notices`: how many stages the message tells of."""

    number: int
    at: datetime
    until_at: datetime
    channel: ChannelName
    message: MessageId
    test: bool
    notices: int
    body: dict[str, Any]
    answer: Answer | None


@dataclass(frozen=True, slots=True)
class AttemptPage:
    """`next`: ask for the attempts before this number; None: there are none."""

    items: tuple[Attempt, ...]
    next: int | None


class Deliveries:
    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(
        self,
        channel: ChannelName,
        draw: Draw,
        *,
        limits: Iterable[Limit],
        now: datetime,
        lease: timedelta,
        patience: timedelta,
        together: timedelta = timedelta(0),
    ) -> Claim | Wait:
        """What is to be sent next, drawn and written down: as soon as something is due, and with it what is due within
        `together`. What waited for longer than `patience` expires instead.
        """
        with self._database.write() as session:
            row = _hold(session, channel)
            if row is None:
                return Wait(now + timedelta(seconds=1))  # another centre has it this moment
            for until_at in (row.leased_until, row.rest_until):
                if until_at is not None and until_at > now:
                    return Wait(until_at)
            _settle_interrupted(session, row)
            _expire(session, channel, now - patience)
            message = _repeated(session, channel)
            if message is None:
                first = _first_due(session, channel)
                if first is None or first > now:
                    return Wait(first)
            free = _free_at(session, channel, limits, now)
            if free > now:
                return Wait(free)
            message = message or _drawn(session, channel, draw, now, now + together)
            return _begin(session, row, message, now, lease)

    def claim_test(
        self, channel: ChannelName, draw: Draw, *, limits: Iterable[Limit], now: datetime, lease: timedelta
    ) -> Claim | Wait:
        """A message that tells of no alert. It waits for its turn and the channel's limits, not for a rest of our choice."""
        with self._database.write() as session:
            row = _hold(session, channel)
            if row is None:
                return Wait(now + timedelta(seconds=1))
            throttled = row.rest_until if row.verdict == Verdict.THROTTLED else None
            for until_at in (row.leased_until, throttled):
                if until_at is not None and until_at > now:
                    return Wait(until_at)
            _settle_interrupted(session, row)
            free = _free_at(session, channel, limits, now)
            if free > now:
                return Wait(free)
            name = MessageId(token_urlsafe(16))
            message = _message(channel, name, draw(name, ()), now, test=True)
            session.add(message)
            return _begin(session, row, message, now, lease)

    def finish(self, claim: Claim, answer: Answer, *, now: datetime, rest_until: datetime | None) -> None:
        """Write down what came of an attempt, once. What a lost lease brings late counts only if it arrived."""
        with self._database.write() as session:
            row = session.get_one(NoticeChannelRow, claim.channel, with_for_update=True)
            attempt = session.get_one(NoticeAttemptRow, claim.attempt)
            attempt.verdict, attempt.answer, attempt.until_at = answer.verdict, answer.text, min(now, claim.until_at)
            message = session.get_one(NoticeMessageRow, claim.message)
            holds = row.attempt == claim.attempt
            if holds:
                row.attempt, row.leased_until = None, None
                _judge(row, answer, now, rest_until)
            if answer.verdict is Verdict.DELIVERED or (holds and message.state in _UNDER_WAY):
                _settle(session, message, answer.verdict)

    def record(self, channel: ChannelName) -> ChannelRecord:
        with self._database.read() as session:
            row = session.get(NoticeChannelRow, channel)
            if row is None:
                return ChannelRecord()
            return ChannelRecord(row.failures, row.rest_until, _answer(row.verdict, row.answer), row.delivered_at)

    def wake(self, channel: ChannelName) -> None:
        """End the channel's rest: a person says that its fault has been put right."""
        with self._database.write() as session:
            session.execute(
                update(NoticeChannelRow).where(NoticeChannelRow.channel == channel).values(rest_until=None, failures=0)
            )

    def log(self, *, channel: ChannelName | None = None, before: int | None = None, limit: int = 50) -> AttemptPage:
        """Attempts, newest first."""
        query = (
            select(NoticeAttemptRow, NoticeMessageRow)
            .join(NoticeMessageRow, NoticeMessageRow.id == NoticeAttemptRow.message)
            .order_by(NoticeAttemptRow.number.desc())
            .limit(limit + 1)
        )
        if channel is not None:
            query = query.where(NoticeAttemptRow.channel == channel)
        if before is not None:
            query = query.where(NoticeAttemptRow.number < before)
        with self._database.read() as session:
            found = [_attempt(attempt, message) for attempt, message in session.execute(query)]
        items = tuple(found[:limit])
        return AttemptPage(items, items[-1].number if len(found) > limit else None)


def _hold(session: Session, channel: ChannelName) -> NoticeChannelRow | None:
    """The channel's row, locked until the transaction ends; None while another transaction has it (PostgreSQL)."""
    insert_if_absent(session, NoticeChannelRow, {"channel": channel, "failures": 0})
    query = select(NoticeChannelRow).where(NoticeChannelRow.channel == channel)
    return session.scalars(query.with_for_update(skip_locked=True)).one_or_none()


def _settle_interrupted(session: Session, row: NoticeChannelRow) -> None:
    """An attempt whose lease is over and that nobody finished: what it sent may have arrived."""
    if row.attempt is None:
        return
    attempt = session.get_one(NoticeAttemptRow, row.attempt)
    attempt.verdict, attempt.answer = Verdict.UNCERTAIN, "interrupted"
    _settle(session, session.get_one(NoticeMessageRow, attempt.message), Verdict.UNCERTAIN)
    row.attempt, row.leased_until = None, None
    session.flush()


def _expire(session: Session, channel: ChannelName, before: datetime) -> None:
    stale = (NoticeRow.channel == channel, NoticeRow.state == NoticeState.WAITING, NoticeRow.due_at < before)
    messages = list(session.scalars(select(NoticeRow.message).where(*stale, NoticeRow.message.is_not(None)).distinct()))
    session.execute(
        update(NoticeRow).where(*stale).values(state=NoticeState.EXPIRED).execution_options(synchronize_session=False)
    )
    for name in filter(None, messages):
        # Its other notices, which are younger, wait for a message of their own.
        session.get_one(NoticeMessageRow, name).state = MessageState.DROPPED
        _move(session, name, NoticeState.WAITING, None)
    session.flush()


def _repeated(session: Session, channel: ChannelName) -> NoticeMessageRow | None:
    query = select(NoticeMessageRow).where(
        NoticeMessageRow.channel == channel, NoticeMessageRow.state == MessageState.UNCERTAIN
    )
    return session.scalars(query.order_by(NoticeMessageRow.created_at).limit(1)).one_or_none()


def _first_due(session: Session, channel: ChannelName) -> datetime | None:
    query = select(NoticeRow.due_at).where(NoticeRow.channel == channel, NoticeRow.state == NoticeState.WAITING)
    return session.scalars(query.order_by(NoticeRow.due_at).limit(1)).one_or_none()


def _free_at(session: Session, channel: ChannelName, limits: Iterable[Limit], now: datetime) -> datetime:
    limits = tuple(limits)
    since = now - timedelta(seconds=longest_s(limits))
    query = select(NoticeAttemptRow.until_at).where(
        NoticeAttemptRow.channel == channel, NoticeAttemptRow.until_at > since
    )
    return free_at(limits, list(session.scalars(query)), now)


def _drawn(session: Session, channel: ChannelName, draw: Draw, now: datetime, due_by: datetime) -> NoticeMessageRow:
    """A message of every alert of which something is due; what else of these alerts waits goes along."""
    waiting = (NoticeRow.channel == channel, NoticeRow.state == NoticeState.WAITING)
    due = select(NoticeRow.alert).where(*waiting, NoticeRow.due_at <= due_by).distinct().limit(MOST_ALERTS)
    # Held while it is drawn: a revision that came in between would be told now, and its notice once more.
    alerts = session.scalars(
        select(AlertRow)
        .where(AlertRow.id.in_(due))
        .order_by(AlertRow.raised_at, AlertRow.id)
        .with_for_update(read=True, of=AlertRow)
    ).all()
    rows = session.scalars(select(NoticeRow).where(*waiting, NoticeRow.alert.in_([one.id for one in alerts]))).all()
    told: dict[str, list[NoticeRow]] = {}
    for row in rows:
        told.setdefault(row.alert, []).append(row)
    dues = [_due(alert, told[alert.id]) for alert in alerts]
    name = MessageId(token_urlsafe(16))
    message = _message(channel, name, draw(name, dues), now, notices=len(rows))
    session.add(message)
    for row in rows:
        row.message = name
    return message


def _due(alert: AlertRow, rows: Sequence[NoticeRow]) -> Due:
    """`rows`: the notices of this alert that wait."""
    passed = max((row for row in rows if row.stage == Stage.OVERDUE), key=lambda row: row.version, default=None)
    lies = alert.level > 0  # whoever takes it further begins a ladder anew
    return Due(
        alert_of(alert),
        AlertState(alert.state),
        alert.backfilled,
        frozenset(Stage(row.stage) for row in rows),
        Role(passed.role) if lies and passed is not None and passed.role is not None else None,
    )


def _message(
    channel: ChannelName, name: MessageId, body: dict[str, Any], now: datetime, *, notices: int = 0, test: bool = False
) -> NoticeMessageRow:
    return NoticeMessageRow(
        id=name, channel=channel, test=test, state=MessageState.OPEN, created_at=now, notices=notices, body=body
    )


def _begin(
    session: Session, row: NoticeChannelRow, message: NoticeMessageRow, now: datetime, lease: timedelta
) -> Claim:
    session.flush()
    attempt = NoticeAttemptRow(message=message.id, channel=row.channel, at=now, until_at=now + lease)
    session.add(attempt)
    session.flush()
    row.attempt, row.leased_until = attempt.number, now + lease
    name, channel = MessageId(message.id), ChannelName(row.channel)
    return Claim(attempt.number, channel, name, message.body, message.notices, now + lease, row.failures)


def _judge(row: NoticeChannelRow, answer: Answer, now: datetime, rest_until: datetime | None) -> None:
    """What an attempt says of its channel. A message that was rejected says nothing against it."""
    row.verdict, row.answer = answer.verdict, answer.text
    row.rest_until = rest_until
    if answer.verdict is Verdict.DELIVERED:
        row.delivered_at = now
    fine = answer.verdict in (Verdict.DELIVERED, Verdict.REJECTED)
    row.failures = 0 if fine else row.failures + 1


def _settle(session: Session, message: NoticeMessageRow, verdict: Verdict) -> None:
    """What an attempt says of its message."""
    repeated = message.state == MessageState.UNCERTAIN
    match verdict:
        case Verdict.DELIVERED:
            message.state = MessageState.SENT
            _move(session, message.id, NoticeState.SENT, message.id)
        case _ if message.test:
            message.state = MessageState.DROPPED  # who asked for it has seen the answer
        case Verdict.REFUSED | Verdict.REJECTED:
            message.state = MessageState.DROPPED
            _move(session, message.id, NoticeState.REFUSED, message.id)
        case Verdict.UNCERTAIN:
            message.state = MessageState.UNCERTAIN
        case Verdict.FAILED | Verdict.THROTTLED if not repeated:
            # It certainly did not arrive, so nothing need be repeated: the next message tells what is true by then.
            message.state = MessageState.DROPPED
            _move(session, message.id, NoticeState.WAITING, None)


def _move(session: Session, message: str, state: NoticeState, into: str | None) -> None:
    """The notices of a message that has not been settled otherwise."""
    session.flush()
    session.execute(
        update(NoticeRow)
        .where(NoticeRow.message == message, NoticeRow.state == NoticeState.WAITING)
        .values(state=state, message=into)
        .execution_options(synchronize_session=False)
    )


def _answer(verdict: str | None, text: str | None) -> Answer | None:
    return None if verdict is None else Answer(Verdict(verdict), text or "")


def _attempt(row: NoticeAttemptRow, message: NoticeMessageRow) -> Attempt:
    return Attempt(
        number=row.number,
        at=row.at,
        until_at=row.until_at,
        channel=ChannelName(row.channel),
        message=MessageId(row.message),
        test=message.test,
        notices=message.notices,
        body=message.body,
        answer=_answer(row.verdict, row.answer),
    )
