"""When windows and queues were to be served: the hours of their calendar without the times at which nobody had to be there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from vigil.calendar import ServiceHours, ServiceSpan
from vigil.model.ids import GroupId, WindowId
from vigil.model.site import Calendar, Site

_MINUTE = timedelta(minutes=1)
_END = datetime.max.replace(tzinfo=UTC)
Stretch = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Service:
    """Spans without overlap, in order. Two services are equal when their spans are, so one query can serve both."""

    spans: tuple[ServiceSpan, ...]

    @property
    def minutes(self) -> tuple[ServiceSpan, ...]:
        """The same on the grid of minutes, a minute that is in service for a part of it included."""
        grown = (ServiceSpan(span.day, _floor(span.from_at), _ceil(span.to_at)) for span in self.spans)
        return _without_overlap(grown)

    def seconds(self) -> dict[date, float]:
        found: defaultdict[date, float] = defaultdict(float)
        for span in self.spans:
            found[span.day] += span.seconds
        return dict(found)


@dataclass(frozen=True, slots=True)
class Timetable:
    windows: dict[WindowId, Service] = field(default_factory=dict)
    groups: dict[GroupId, Service] = field(default_factory=dict)
    """A queue is in service while one of its windows is."""


def timetable(
    site: Site, first: date, last: date, suspended: Mapping[WindowId, Sequence[Stretch]], until_at: datetime
) -> Timetable:
    """Of every window and queue of the site, up to `until_at`. Raises CalendarError for a year that is not known.

    Windows of one calendar share one service, and so do their queues: a city has a thousand windows and a few calendars.
    """
    known: dict[Calendar, Service] = {}
    joined: dict[frozenset[int], Service] = {}
    found = Timetable()
    for hall in site.halls:
        for group in hall.groups:
            for window in group.windows:
                calendar = site.calendar_of(hall, window)
                if calendar not in known:
                    spans = ServiceHours(calendar, site.time_zone).spans(first, last)
                    known[calendar] = Service(tuple(_cut(spans, (until_at, _END))))
                found.windows[window.id] = _without(known[calendar], suspended.get(window.id, ()))
            services = {id(service): service for service in (found.windows[one.id] for one in group.windows)}
            key = frozenset(services)
            if key not in joined:
                joined[key] = Service(_without_overlap(span for one in services.values() for span in one.spans))
            found.groups[group.id] = joined[key]
    return found


def _without(service: Service, stretches: Sequence[Stretch]) -> Service:
    if not stretches:
        return service
    left: Iterable[ServiceSpan] = service.spans
    for stretch in stretches:
        left = _cut(left, stretch)
    return Service(tuple(left))


def _cut(spans: Iterable[ServiceSpan], stretch: Stretch) -> list[ServiceSpan]:
    """What the stretch leaves of the spans."""
    from_at, to_at = stretch
    left = []
    for span in spans:
        if to_at <= span.from_at or span.to_at <= from_at:
            left.append(span)
            continue
        if span.from_at < from_at:
            left.append(ServiceSpan(span.day, span.from_at, from_at))
        if to_at < span.to_at:
            left.append(ServiceSpan(span.day, to_at, span.to_at))
    return left


def _without_overlap(spans: Iterable[ServiceSpan]) -> tuple[ServiceSpan, ...]:
    """Spans of one day that touch or overlap become one."""
    joined: list[ServiceSpan] = []
    for span in sorted(spans, key=lambda one: (one.from_at, one.to_at)):
        last = joined[-1] if joined else None
        if last is None or last.day != span.day or last.to_at < span.from_at:
            joined.append(span)
        else:
            joined[-1] = ServiceSpan(last.day, last.from_at, max(last.to_at, span.to_at))
    return tuple(joined)


def _floor(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def _ceil(at: datetime) -> datetime:
    return at if at == _floor(at) else _floor(at) + _MINUTE
