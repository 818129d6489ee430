"""Deadlines of the ledger: each is told once when it comes near, and once when it has passed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog

from vigil.clock import Clock
from vigil.model.ids import LedgerId
from vigil.model.ledger import LedgerStep
from vigil.store.alert_steps import SYSTEM
from vigil.store.ledger import Ledger, LedgerOutcome, LedgerRecord, LedgerTaking

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Reminded:
    """`step` is DUE_SOON or OVERDUE. What is told to whoever sends messages; the entry's history has it, too."""

    entry: LedgerId
    step: LedgerStep


class Reminders:
    """`told` is called in the thread of the rounds, after the step is in the database; it must return at once."""

    def __init__(self, ledger: Ledger, before: timedelta, clock: Clock, told: Callable[[Reminded], None]) -> None:
        self._ledger = ledger
        self._before = before
        self._clock = clock
        self._told = told

    def run(self) -> int:
        """One round; how many reminders. Raises StoreError. What was missed while the centre was down is told now, once."""
        now = self._clock.now()
        due = self._ledger.to_remind(soon=now + self._before, now=now)
        return sum(self._remind(record) for record in due)

    def _remind(self, record: LedgerRecord) -> bool:
        now, entry = self._clock.now(), record.entry
        step = LedgerStep.OVERDUE if entry.overdue(now) else LedgerStep.DUE_SOON
        # Upon the version that was read: a deadline that somebody moves meanwhile is judged in the next round.
        result = self._ledger.take(entry.id, LedgerTaking(step, SYSTEM, now, seen=record.version))
        if result is None or result.outcome is not LedgerOutcome.TAKEN:
            return False
        log.info("ledger_reminded", entry=entry.id, step=step)
        self._told(Reminded(entry.id, step))
        return True
