"""Makes packs of figures: one thread, those that are due by themselves and those that people ask for, oldest first.

What became due while the centre was down is made when it is up again.
"""

from __future__ import annotations

import io
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from vigil.archive.objects import ObjectStore
from vigil.center.report_orders import Order, Press, Wanted
from vigil.clock import Clock
from vigil.errors import ArchiveError, CalendarError, ReportError, ReportsDied, StoreError
from vigil.model.ids import ReportId
from vigil.model.site import Site
from vigil.report.pack import CONTENT_TYPES
from vigil.report.period import Period, PeriodKind, due_since
from vigil.store.reports import ReportFile, ReportRecord, ReportState
from vigil.store.stores import Stores

_POLL_S = 60.0
_RETRY_S = 10.0
_MOST_DEATHS: Final = 3
"""So often a pack may end the process that makes it, before it is given up."""
SETTLE: Final = timedelta(hours=4)
"""After midnight a pack that is due waits so long for what nodes still bring of the last day."""
FURTHEST_BACK: Final = timedelta(days=190)
"""A centre that was down for longer makes no packs of what was before."""

log = structlog.get_logger()


class ReportMaker:
    """`keep` adds up what days of a period are over, so that no pack adds up minutes that are added up anyway."""

    def __init__(
        self,
        site: Site,
        stores: Stores,
        objects: ObjectStore,
        clock: Clock,
        press: Press,
        keep: Callable[[Period], object],
    ) -> None:
        self._site = site
        self._press, self._keep = press, keep
        self._deaths: Counter[ReportId] = Counter()
        self._stores = stores
        self._objects = objects
        self._clock = clock
        self._stop = threading.Event()
        self._work = threading.Event()
        self._thread = threading.Thread(target=self._run, name="reports", daemon=True)

    def wake(self) -> None:
        """Somebody asked for a pack. From any thread."""
        self._work.set()

    def change(self, site: Site) -> None:
        """From the next pack on. From any thread."""
        self._site = site

    def start(self) -> None:
        """Raises StoreError."""
        self._stores.reports.retry_due()
        self._work.set()
        self._thread.start()

    def stop(self, timeout_s: float) -> None:
        self._stop.set()
        self._work.set()
        self._press.kill()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._work.wait(_POLL_S)
            self._work.clear()
            try:
                self.enter_due()
                self.make_all()
            except (StoreError, ArchiveError, ReportsDied) as error:
                if not self._stop.is_set():
                    log.error("reports_waiting", error=str(error))
                self._stop.wait(_RETRY_S)
                self._work.set()
            except Exception:  # this loop is the packs' supervisor
                log.exception("reports_failed")

    def enter_due(self) -> None:
        """Asks for every pack that is due and was not asked for yet. Raises StoreError."""
        for period in self._due():
            name = ReportId(period.name)
            if self._stores.reports.find(name) is None:
                now = self._clock.now()
                record = ReportRecord(name, period.kind, period.first, period.last, ReportState.WAITING, now)
                self._stores.reports.ask(record)

    def make_all(self) -> None:
        """Makes what is asked for. Raises StoreError, ArchiveError and ReportsDied: the pack is tried again then."""
        try:
            for record in self._stores.reports.waiting():
                if self._stop.is_set():
                    return
                self._try(record)
        finally:
            self._press.close()

    def _try(self, record: ReportRecord) -> None:
        try:
            self._make(record)
        except (StoreError, ArchiveError):
            raise
        except ReportsDied:
            self._deaths[record.id] += 1
            if self._stop.is_set() or self._deaths[record.id] < _MOST_DEATHS:
                raise
            log.warning("report_failed", report=record.id, error=f"its process died {_MOST_DEATHS} times")
            self._stores.reports.mark_failed(record.id, "the process that made it died; the centre's log says more")
        except (CalendarError, ReportError) as error:
            log.warning("report_failed", report=record.id, error=str(error))
            self._stores.reports.mark_failed(record.id, str(error))
        except Exception:  # one pack that cannot be made must not be met for ever, nor stop the others
            log.exception("report_broke", report=record.id)
            self._stores.reports.mark_failed(record.id, "an error in vigil; the centre's log says more")

    def _due(self) -> Iterator[Period]:
        zone = ZoneInfo(self._site.time_zone)
        told_at = self._stores.minutes.first_told()
        if told_at is None:
            return
        today: date = (self._clock.now() - SETTLE).astimezone(zone).date()
        earliest = told_at.astimezone(zone).date()
        yield from due_since(max(earliest, today - FURTHEST_BACK), today)

    def _make(self, record: ReportRecord) -> None:
        period = Period(PeriodKind(record.kind), record.first_day, record.last_day)
        self._keep(period)
        now = self._clock.now()
        files = []
        for file in self._press.make(Order(Wanted.PACK, period), self._site, now):
            key, size = f"reports/{record.id}.{file.format}", len(file.content)
            self._objects.put(
                key, io.BytesIO(file.content), size=size, sha256=file.sha256, content_type=CONTENT_TYPES[file.format]
            )
            files.append(ReportFile(file.format, key, size, file.sha256))
        self._stores.reports.mark_ready(record.id, files, at=now)
        log.info("report_made", report=record.id, first_day=str(period.first), last_day=str(period.last))
