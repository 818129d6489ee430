"""All that makes figures at the centre: the desk for people, the maker of packs, and the keeper of sums that both live on."""

from __future__ import annotations

from dataclasses import dataclass

from prometheus_client import Histogram

from vigil.archive.objects import ObjectStore
from vigil.center.report_desk import ReportDesk
from vigil.center.report_process import ReportProcess
from vigil.center.reports import ReportMaker
from vigil.center.sums import SumKeeper
from vigil.clock import Clock
from vigil.config import Configuration
from vigil.model.site import Site
from vigil.store.stores import Stores


@dataclass(frozen=True, slots=True)
class Reporting:
    """Packs have a process of their own, while there are any to be made: nobody waits for figures behind one."""

    desk: ReportDesk
    packs: ReportMaker
    sums: SumKeeper

    def change(self, site: Site) -> None:
        """From any thread."""
        self.desk.change(site)
        self.packs.change(site)
        self.sums.change(site)

    def start(self) -> None:
        """Raises StoreError."""
        self.desk.start()
        self.packs.start()
        self.sums.start()

    def stop(self, timeout_s: float) -> None:
        """The sums first: a pack may wait for them."""
        self.sums.stop(timeout_s)
        self.desk.stop(timeout_s)
        self.packs.stop(timeout_s)


def build_reporting(
    configuration: Configuration, site: Site, stores: Stores, objects: ObjectStore, clock: Clock, seconds: Histogram
) -> Reporting:
    """`seconds`: what each took to make."""
    desk, packs = (ReportProcess(configuration, seconds) for _ in range(2))
    sums = SumKeeper(site, stores, clock)
    return Reporting(ReportDesk(desk, site, clock), ReportMaker(site, stores, objects, clock, packs, sums.keep), sums)
