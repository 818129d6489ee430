"""Reports made in place, where the centre has processes for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from vigil.center.report_orders import Files, Order, Wanted
from vigil.center.report_worker import make
from vigil.clock import Clock
from vigil.model.site import Site
from vigil.report.period import Period
from vigil.store.stores import Stores


@dataclass
class PressHere:
    stores: Stores

    def start(self) -> None:
        pass

    def make(self, order: Order, site: Site, now: datetime) -> Files:
        return make(order, site, self.stores, now)

    def close(self) -> None:
        pass

    def kill(self) -> None:
        pass


@dataclass
class DeskHere:
    site: Site
    stores: Stores
    clock: Clock

    async def figures(self, period: Period, *, before: bool = False) -> bytes:
        return self._made(Order(Wanted.FIGURES, period, before))

    async def filing(self) -> bytes:
        return self._made(Order(Wanted.FILING))

    def _made(self, order: Order) -> bytes:
        (file,) = make(order, self.site, self.stores, self.clock.now())
        return file.content
