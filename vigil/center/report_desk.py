"""Where people order figures and the filing: a line of bounded length before one process that makes them, and one thread between.

Nobody's thread waits meanwhile. Who orders what another has ordered already, and what is not begun yet, is given the same answer.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Final

import structlog

from vigil.center.report_orders import Files, Order, Press, Wanted
from vigil.clock import Clock
from vigil.errors import ReportsBusy, ReportsDied
from vigil.model.site import Site
from vigil.report.period import Period

MOST_WAITING: Final = 8
"""Orders that are not begun; each takes a second or two of a large site."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, eq=False)
class _Turn:
    order: Order
    site: Site
    files: Future[Files] = field(default_factory=Future)


class ReportDesk:
    """What the gateway asks (vigil/gateway/report_desk.py)."""

    def __init__(self, press: Press, site: Site, clock: Clock) -> None:
        self._press, self._site, self._clock = press, site, clock
        self._line: deque[_Turn] = deque()
        self._changed = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="report-desk", daemon=True)

    def change(self, site: Site) -> None:
        """For what is ordered from now on. From any thread."""
        with self._changed:
            self._site = site

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout_s: float) -> None:
        """Whoever still waits is told that it was given up."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._press.kill()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    async def figures(self, period: Period, *, before: bool = False) -> bytes:
        return await self._made(Order(Wanted.FIGURES, period, before))

    async def filing(self) -> bytes:
        return await self._made(Order(Wanted.FILING))

    async def _made(self, order: Order) -> bytes:
        # A request that is given up must not take the answer from the others.
        (file,) = await asyncio.shield(asyncio.wrap_future(self._ordered(order)))
        return file.content

    def _ordered(self, order: Order) -> Future[Files]:
        with self._changed:
            if self._stopping:
                raise ReportsDied("the centre is stopping")
            for turn in self._line:
                if turn.order == order and turn.site is self._site:
                    return turn.files
            if len(self._line) >= MOST_WAITING:
                raise ReportsBusy(f"{MOST_WAITING} reports are waiting to be made")
            turn = _Turn(order, self._site)
            self._line.append(turn)
            self._changed.notify()
            return turn.files

    def _run(self) -> None:
        self._prepare()
        while (turn := self._next()) is not None:
            self._serve(turn)
        for turn in self._line:
            turn.files.set_exception(ReportsDied("the centre is stopping"))
        self._press.close()

    def _next(self) -> _Turn | None:
        """The oldest order; None: there will be no more."""
        with self._changed:
            self._changed.wait_for(lambda: self._line or self._stopping)
            return None if self._stopping else self._line.popleft()

    def _serve(self, turn: _Turn) -> None:
        try:
            turn.files.set_result(self._press.make(turn.order, turn.site, self._clock.now()))
        except ReportsDied as error:
            turn.files.set_exception(error)
            self._prepare()
        except Exception as error:  # noqa: BLE001, an executor: it goes to whoever asks for the result
            turn.files.set_exception(error)

    def _prepare(self) -> None:
        """The process takes a second to start, which nobody who orders need wait for."""
        try:
            if not self._stopping:
                self._press.start()
        except ReportsDied as error:  # who orders next is told
            log.error("report_process_not_started", error=str(error))
