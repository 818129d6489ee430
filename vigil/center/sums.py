"""Adds up days that are over, so that reports read sums and not minutes: one thread, a day at a time, the latest first.

The latest two months are looked through every few minutes, for late minutes and what was entered afterwards, and one older month
in turn.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from vigil.center.reports import SETTLE
from vigil.clock import Clock
from vigil.errors import CalendarError, StoreError
from vigil.model.site import Site
from vigil.report.period import Period, PeriodKind, due_since, period_of
from vigil.report.sums import keep
from vigil.store.stores import Stores

_EVERY_S: Final = 600.0
FURTHEST_BACK: Final = timedelta(days=800)
"""What was before is added up when somebody asks: two years of evaluation are at hand."""
_RECENT: Final = 2
"""Months that are looked through each time."""

log = structlog.get_logger()


class SumKeeper:
    """`run` may be called without the thread."""

    def __init__(self, site: Site, stores: Stores, clock: Clock) -> None:
        self._site, self._stores, self._clock = site, stores, clock
        self._turn = 0
        self._adding_up = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="sums", daemon=True)

    def change(self, site: Site) -> None:
        """From the next round on. From any thread."""
        self._site = site

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout_s: float) -> None:
        """After the day that is being added up."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _loop(self) -> None:
        while not self._stop.is_set():
            try:
                self.run()
            except (StoreError, CalendarError) as error:
                log.error("sums_waiting", error=str(error))
            except Exception:  # this loop is the keeper's supervisor
                log.exception("sums_failed")
            self._stop.wait(_EVERY_S)

    def run(self) -> int:
        """Keeps what is not kept of the months whose turn it is. How many sums. Raises StoreError and CalendarError."""
        kept = 0
        for period in self._due():
            kept += self._keep(period)
            if self._stop.is_set():
                break
        return kept

    def keep(self, period: Period) -> int:
        """Keeps the days of a period that are over, for whoever is about to read them. How many sums. From any thread.

        What the keeper adds up in that moment is waited for, and nothing is added up twice. Raises StoreError and CalendarError.
        """
        over = self._over()
        if over is None:
            return 0
        first, last = max(period.first, over.first), min(period.last, over.last)
        return self._keep(Period(PeriodKind.SPAN, first, last)) if first <= last else 0

    def _keep(self, period: Period) -> int:
        """One day at a time; whoever else keeps any takes turns with us."""
        kept, days = 0, keep(self._site, self._stores, period)
        while True:
            with self._adding_up:
                count = next(days, None)
            if count is None:
                return kept
            kept += count
            if self._stop.is_set():
                return kept

    def _due(self) -> Iterator[Period]:
        """At the first run all months, so that what an earlier vigil left is kept."""
        months = list(self._months())
        yield from months[:_RECENT]
        older = months[_RECENT:]
        if self._turn == 0:
            yield from older
        elif older:
            yield older[self._turn % len(older)]
        self._turn += 1

    def _months(self) -> Iterator[Period]:
        """The latest first, the one that goes on up to its last day that is over."""
        over = self._over()
        if over is None:
            return
        going_on = period_of(PeriodKind.MONTH, over.last)
        if over.last < going_on.last:
            yield Period(PeriodKind.SPAN, going_on.first, over.last)
        months = [one for one in due_since(over.first, over.due) if one.kind is PeriodKind.MONTH]
        yield from reversed(months)

    def _over(self) -> Period | None:
        """The days of which anything may have been told and that are over; None: there is none."""
        zone = ZoneInfo(self._site.time_zone)
        told_at = self._stores.minutes.first_told()
        if told_at is None:
            return None
        last: date = (self._clock.now() - SETTLE).astimezone(zone).date() - timedelta(days=1)
        first = max(told_at.astimezone(zone).date(), last - FURTHEST_BACK)
        return Period(PeriodKind.SPAN, first, last) if first <= last else None
