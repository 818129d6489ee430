"""When a window serves: within its hours, unless it is suspended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from vigil.calendar import ServiceHours
from vigil.errors import CalendarError
from vigil.model.alerts import EndReason
from vigil.model.suspensions import Suspension, running


@dataclass(slots=True)
class Service:
    """One window's. What it says of now holds since the last `turn`."""

    hours: ServiceHours
    on: bool = False
    calendar_unknown: bool = False
    """Nobody knows whether today is a workday: it counts as one, and the window as unknown."""
    turned_at: datetime | None = None
    """When service began or ended."""
    suspensions: tuple[Suspension, ...] = ()
    suspended: Suspension | None = None
    """What keeps the window out of service within its hours."""

    @property
    def judged(self) -> bool:
        """Whether anything may be said of people at the window."""
        return self.on and not self.calendar_unknown

    def turn(self, now: datetime) -> None:
        was = self.on
        in_hours, self.calendar_unknown = within(self.hours, now)
        self.suspended = running(self.suspensions, now) if in_hours else None
        self.on = in_hours and self.suspended is None
        if was is not self.on or self.turned_at is None:
            self.turned_at = now

    def was_on(self, at: datetime) -> bool:
        """Whether the window served at any time `at`. An unknown calendar counts as within its hours."""
        return within(self.hours, at)[0] and running(self.suspensions, at) is None


def within(hours: ServiceHours, at: datetime) -> tuple[bool, bool]:
    """(in service, calendar unknown). An unknown calendar counts as in service."""
    try:
        return hours.in_service(at), False
    except CalendarError:
        return True, True


def why_ended(reason: EndReason, *services: Service) -> EndReason:
    """The rules know that a window is not in service, and not what for."""
    suspended = reason is EndReason.CLOSED and any(service.suspended for service in services)
    return EndReason.SUSPENDED if suspended else reason
