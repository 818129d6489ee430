"""What the gateway asks of whoever makes reports (vigil/center/report_desk.py)."""

from __future__ import annotations

from typing import Protocol

from vigil.report.period import Period


class ReportDesk(Protocol):
    """Both raise StoreError, ReportsBusy where too many wait, and ReportsDied where it may be asked again."""

    async def figures(self, period: Period, *, before: bool = False) -> bytes:
        """FiguresReport as JSON, of what has passed of the period, `before` with the period before. Raises CalendarError, too."""
        ...

    async def filing(self) -> bytes:
        """A workbook."""
        ...
