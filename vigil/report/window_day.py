"""A day of one window by the hour: what its minutes come to, as a report counts them, and what nobody told.

Of a minute that several nodes told of, the node counts that knew most of it, of two that know the same the first by name; as
`vigil/store/told.py` has it for days.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from vigil.calendar import ServiceSpan
from vigil.model.ids import NodeId, WindowId
from vigil.model.minutes import WindowMinute
from vigil.model.site import Site
from vigil.report.figures import UNTOLD
from vigil.report.hours import Service
from vigil.report.period import Period, PeriodKind
from vigil.report.sums import times_of
from vigil.store.minutes import Told
from vigil.store.stores import Stores

_HOUR = timedelta(hours=1)
_ROUNDING_S = 0.5


@dataclass(slots=True)
class Hour:
    """Seconds in the hour that begins `at`. `service_s` are those of the calendar without suspensions."""

    at: datetime
    service_s: float = 0.0
    staffed_s: float = 0.0
    unstaffed_s: float = 0.0
    unknown_by_s: dict[str, float] = field(default_factory=dict)
    visitor_s: float = 0.0

    @property
    def told_s(self) -> float:
        return self.staffed_s + self.unstaffed_s + sum(self.unknown_by_s.values())


def hours_of(site: Site, stores: Stores, window: WindowId, day: date, now: datetime) -> list[Hour]:
    """Those in which the window was in service, as far as the day has passed. The window must be one of the site.

    Raises CalendarError for a year whose workdays are not known, and StoreError.
    """
    zone, period = ZoneInfo(site.time_zone), Period(PeriodKind.SPAN, day, day)
    from_at, to_at = period.bounds(zone)
    service = times_of(site, stores, period, min(to_at, now)).windows[window]
    hours = {hour.at: hour for hour in _hours(service, zone)}
    told = stores.minutes.of_window(window, from_at - timedelta(minutes=1), to_at)
    for at, minutes in _counted(told, service):
        hour = hours.setdefault(_begin(at, zone), Hour(_begin(at, zone)))
        for minute in minutes:
            hour.staffed_s += minute.staffed_s
            hour.unstaffed_s += minute.unstaffed_s
            hour.visitor_s += minute.visitor_s
            for why, seconds in minute.unknown_s.items():
                hour.unknown_by_s[why] = hour.unknown_by_s.get(why, 0.0) + seconds
    for hour in hours.values():
        untold_s = hour.service_s - hour.told_s
        if untold_s > _ROUNDING_S:
            hour.unknown_by_s[UNTOLD] = untold_s
    return [hours[at] for at in sorted(hours)]


def _hours(service: Service, zone: ZoneInfo) -> Iterator[Hour]:
    found: defaultdict[datetime, float] = defaultdict(float)
    for span in service.spans:
        at = span.from_at
        while at < span.to_at:
            end = min(span.to_at, _begin(at, zone) + _HOUR)
            found[_begin(at, zone)] += (end - at).total_seconds()
            at = end
    return (Hour(at, seconds) for at, seconds in found.items())


def _counted(
    told: Iterable[tuple[Told, WindowMinute]], service: Service
) -> Iterator[tuple[datetime, Sequence[WindowMinute]]]:
    """The parts of each minute that begins in service, by the one node that counts."""
    found: defaultdict[datetime, defaultdict[NodeId, list[WindowMinute]]] = defaultdict(lambda: defaultdict(list))
    for by, minute in told:
        found[by.at][by.node].append(minute)
    spans = service.minutes
    for at, nodes in found.items():
        if _within(at, spans):
            yield at, nodes[min(nodes, key=lambda node: (-_known_s(nodes[node]), node))]


def _known_s(parts: Sequence[WindowMinute]) -> float:
    return sum(part.staffed_s + part.unstaffed_s for part in parts)


def _within(at: datetime, spans: Iterable[ServiceSpan]) -> bool:
    return any(span.from_at <= at < span.to_at for span in spans)


def _begin(at: datetime, zone: ZoneInfo) -> datetime:
    """Of the hour on the wall."""
    return at - (at.astimezone(zone) - at.astimezone(zone).replace(minute=0, second=0, microsecond=0))
