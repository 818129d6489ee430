"""What may be ordered of the process that makes reports, and what passes between it and the centre."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from vigil.errors import VigilError
from vigil.model.site import Site
from vigil.report.pack import PackFile
from vigil.report.period import Period

Files = tuple[PackFile, ...]


class Wanted(StrEnum):
    FIGURES = "figures"  # one file, FiguresReport as JSON
    PACK = "pack"
    FILING = "filing"  # one workbook


@dataclass(frozen=True, slots=True)
class Order:
    """`period` is None of the filing, and of nothing else; `before`: figures with those of the period before. A pack has them."""

    wanted: Wanted
    period: Period | None = None
    before: bool = False


class Press(Protocol):
    """Makes what is ordered. One thread asks it; `kill` alone is called from any."""

    def start(self) -> None:
        """Beforehand, so that who orders need not wait for it. Raises ReportsDied."""
        ...

    def make(self, order: Order, site: Site, now: datetime) -> Files:
        """Blocks. Raises CalendarError, ReportError, StoreError, and ReportsDied where it may be made another time."""
        ...

    def close(self) -> None:
        """It takes no memory until the next order."""
        ...

    def kill(self) -> None:
        """What is being made ends with ReportsDied, and so does whatever is ordered afterwards."""
        ...


@dataclass(frozen=True, slots=True)
class Call:
    """`site` is pickled: once where it is asked, and taken apart there only where it is another than before."""

    order: Order
    site: bytes
    now: datetime


@dataclass(frozen=True, slots=True)
class Broken:
    """A defect in vigil. Its traceback is in the log."""

    error: str


Answer = Files | VigilError | Broken
