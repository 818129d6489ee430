"""The tables as they are now. How a database comes to have them stands in migrations; queries in the module of their noun."""

from __future__ import annotations

from vigil.store.tables.alerts import AlertRow, AlertStepRow, AlertTraceRow, MuteRow
from vigil.store.tables.base import Base, UtcDateTime
from vigil.store.tables.footage import ClipRow, FootageHourRow, GapRow, HoldRow, SegmentRow
from vigil.store.tables.ledger import LedgerEntryRow, LedgerEvidenceRow, LedgerStepRow, LedgerYearRow
from vigil.store.tables.nodes import NodeClockRow, NodeKeyRow, NodeTokenRow
from vigil.store.tables.notices import NoticeAttemptRow, NoticeChannelRow, NoticeMessageRow, NoticeRow
from vigil.store.tables.observations import MinuteRow, ObservationRow, QueueMinuteRow, SuspensionRow, WindowMinuteRow
from vigil.store.tables.people import ApiTokenRow, IdentityRow, RecoveryCodeRow, SecondFactorRow, SessionRow, UserRow
from vigil.store.tables.register import RegisterHeadRow, RegisterRow
from vigil.store.tables.reports import ReportRow
from vigil.store.tables.site import SiteVersionRow
from vigil.store.tables.sums import QueueDayRow, WindowDayRow

__all__ = [
    "AlertRow",
    "AlertStepRow",
    "AlertTraceRow",
    "ApiTokenRow",
    "Base",
    "ClipRow",
    "FootageHourRow",
    "GapRow",
    "HoldRow",
    "IdentityRow",
    "LedgerEntryRow",
    "LedgerEvidenceRow",
    "LedgerStepRow",
    "LedgerYearRow",
    "MinuteRow",
    "MuteRow",
    "NodeClockRow",
    "NodeKeyRow",
    "NodeTokenRow",
    "NoticeAttemptRow",
    "NoticeChannelRow",
    "NoticeMessageRow",
    "NoticeRow",
    "ObservationRow",
    "QueueDayRow",
    "QueueMinuteRow",
    "RecoveryCodeRow",
    "RegisterHeadRow",
    "RegisterRow",
    "ReportRow",
    "SecondFactorRow",
    "SegmentRow",
    "SessionRow",
    "SiteVersionRow",
    "SuspensionRow",
    "UserRow",
    "UtcDateTime",
    "WindowDayRow",
    "WindowMinuteRow",
]
