"""When a window is in service. A year whose workdays are not known is an error, never a guess.

Workdays with make-up days (调休) come from `chinesecalendar`, which raises for a year it lacks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import chinese_calendar

from vigil.errors import CalendarError
from vigil.model.site import Calendar, Site, Workdays

_RANGE = re.compile(r"([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")


def parse_hours(hours: Iterable[str]) -> tuple[tuple[int, int], ...]:
    """Minutes of the local day, half open, in order. Raises ValueError with what is wrong."""
    ranges: list[tuple[int, int]] = []
    for text in hours:
        match = _RANGE.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is not a range HH:MM-HH:MM")
        h0, m0, h1, m1 = (int(part) for part in match.groups())
        start, end = h0 * 60 + m0, h1 * 60 + m1
        if not start < end <= 24 * 60:
            raise ValueError(f"{text!r} does not end after it begins, within the day")
        if ranges and start < ranges[-1][1]:
            raise ValueError(f"{text!r} overlaps the range before it or stands out of order")
        ranges.append((start, end))
    if not ranges:
        raise ValueError("no hours are given")
    return tuple(ranges)


@dataclass(frozen=True, slots=True)
class ServiceSpan:
    """A stretch of service on a local day, half open, in UTC."""

    day: date
    from_at: datetime
    to_at: datetime

    @property
    def seconds(self) -> float:
        return (self.to_at - self.from_at).total_seconds()


class ServiceHours:
    """One calendar in one time zone."""

    def __init__(self, calendar: Calendar, time_zone: str) -> None:
        self._workdays = calendar.workdays
        self._ranges = parse_hours(calendar.hours)
        self._closed = frozenset(date.fromisoformat(day) for day in calendar.closed)
        self._open = frozenset(date.fromisoformat(day) for day in calendar.open)
        self._zone = ZoneInfo(time_zone)
        self._known: tuple[date, bool] | None = None

    def in_service(self, at: datetime) -> bool:
        """Raises CalendarError when the year's workdays are not known."""
        local = at.astimezone(self._zone)
        minute = local.hour * 60 + local.minute
        return any(start <= minute < end for start, end in self._ranges) and self._works_on(local.date())

    def spans(self, first: date, last: date) -> Iterator[ServiceSpan]:
        """All service from the first local day to the last, both included, in order.

        Raises CalendarError when the workdays of a year are not known.
        """
        for number in range((last - first).days + 1):
            day = first + timedelta(days=number)
            if not self._works_on(day):
                continue
            for start, end in self._ranges:
                yield ServiceSpan(day, self._at(day, start), self._at(day, end))

    def _at(self, day: date, minute: int) -> datetime:
        """Where the zone changes its clocks, the wall time counts, as in `in_service`."""
        days, minute = divmod(minute, 24 * 60)
        local = datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=self._zone)
        return (local + timedelta(days=days)).astimezone(UTC)

    def require_year(self, at: datetime) -> None:
        """Raises CalendarError at start rather than in the first hour of service."""
        self._works_on(at.astimezone(self._zone).date())

    def _works_on(self, day: date) -> bool:
        """The last answer is kept: a node asks for every window in every second, and the calendar's library is slow."""
        if self._known is None or self._known[0] != day:
            self._known = day, self._looked_up(day)
        return self._known[1]

    def _looked_up(self, day: date) -> bool:
        if day in self._closed or day in self._open:
            return day in self._open
        match self._workdays:
            case Workdays.EVERY_DAY:
                return True
            case Workdays.WEEKDAYS:
                return day.weekday() < 5
            case Workdays.CHINA:
                try:
                    return bool(chinese_calendar.is_workday(day))
                except NotImplementedError as error:
                    raise CalendarError(
                        f"the workdays of {day.year} are not known. Upgrade the package chinesecalendar, "
                        "or list the year's days under open: and closed: with workdays: weekdays"
                    ) from error


def require_years(site: Site, at: datetime) -> None:
    """Raises CalendarError when a calendar of the site does not know the year. Recording goes on all the same at nodes."""
    for calendar in site.calendars.values():
        ServiceHours(calendar, site.time_zone).require_year(at)
