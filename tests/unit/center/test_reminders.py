from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.unit.store.samples import T0, at
from tests.unit.store.test_ledger import DUTY, enter, entry, found, take
from vigil.center.reminders import Reminded, Reminders
from vigil.clock import FakeClock
from vigil.model.ids import LedgerId
from vigil.model.ledger import EntryKind, LedgerStep
from vigil.store.alert_steps import SYSTEM
from vigil.store.database import Database
from vigil.store.stores import Stores

DAY = 86_400.0
DUE_SOON, OVERDUE = LedgerStep.DUE_SOON, LedgerStep.OVERDUE


class Office:
    def __init__(self, stores: Stores) -> None:
        self.stores, self.clock, self.told = stores, FakeClock(T0), list[Reminded]()
        self._reminders = Reminders(stores.ledger, timedelta(days=1), self.clock, self.told.append)

    def at_day(self, days: float) -> list[LedgerStep]:
        """What is told at that time, in days from the entry; the deadline is the seventh."""
        self.clock.at = at(days * DAY)
        before = len(self.told)
        self._reminders.run()
        return [one.step for one in self.told[before:]]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(Stores.over(Database.in_file(tmp_path / "vigil.db")))


def test_each_deadline_is_told_once_before_and_once_after(office: Office) -> None:
    enter(office.stores, entry())
    assert [office.at_day(day) for day in (0, 5.9, 6, 6.5, 6.99, 7, 7.1, 30)] == [
        [], [], [DUE_SOON], [], [], [OVERDUE], [], []
    ]  # fmt: skip
    steps = found(office.stores).history[1:]
    assert [(step.step, step.by) for step in steps] == [(DUE_SOON, SYSTEM), (OVERDUE, SYSTEM)]
    assert office.told[0] == Reminded(LedgerId("e-1"), DUE_SOON)


def test_what_was_missed_is_told_as_it_is_now(office: Office) -> None:
    enter(office.stores, entry())
    assert [office.at_day(9), office.at_day(9.1)] == [[OVERDUE], []]


def test_a_new_deadline_begins_anew(office: Office) -> None:
    enter(office.stores, entry())
    assert office.at_day(7) == [OVERDUE]
    take(office.stores, LedgerStep.CHANGE, duty=replace(DUTY, deadline=T0 + timedelta(days=10)))
    assert [office.at_day(day) for day in (8.9, 9, 10)] == [[], [DUE_SOON], [OVERDUE]]


def test_another_owner_is_no_new_deadline(office: Office) -> None:
    enter(office.stores, entry())
    assert office.at_day(7) == [OVERDUE]
    take(office.stores, LedgerStep.CHANGE, duty=replace(DUTY, person="陈某"))
    assert office.at_day(7.1) == []


def test_nobody_is_reminded_of_what_is_reported_fixed_or_not_released(office: Office) -> None:
    enter(office.stores, entry())
    take(office.stores, LedgerStep.REPORT_FIXED, note="已约谈")
    enter(office.stores, entry("f-1", EntryKind.FINDING))
    assert office.at_day(8) == []
    take(office.stores, LedgerStep.SEND_BACK, note="不够")
    take(office.stores, LedgerStep.RELEASE, "f-1", year=2026)
    assert office.at_day(8) == [OVERDUE, OVERDUE]
