"""What a report asks of the store's sums, and asks it to keep beforehand, so that a large site's report reads no minutes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from vigil.model.ids import GroupId, WindowId
from vigil.model.site import Site
from vigil.report.hours import Service, Stretch, Timetable, timetable
from vigil.report.period import Period
from vigil.store.spans import Asked
from vigil.store.stores import Stores

Id = TypeVar("Id", WindowId, GroupId)


def times_of(site: Site, stores: Stores, period: Period, until_at: datetime) -> Timetable:
    """When windows and queues were to be served, without suspensions. Raises CalendarError and StoreError."""
    from_at, to_at = period.bounds(ZoneInfo(site.time_zone))
    suspended: defaultdict[WindowId, list[Stretch]] = defaultdict(list)
    for record in stores.suspensions.in_force(from_at, to_at):
        suspended[record.suspension.window].append((record.suspension.from_at, record.until_at))
    return timetable(site, period.first, period.last, suspended, until_at)


def alike(services: Mapping[Id, Service]) -> dict[Service, list[Id]]:
    """Windows with the same hours are asked for together."""
    found: defaultdict[Service, list[Id]] = defaultdict(list)
    for one, service in services.items():
        found[service].append(one)
    return dict(found)


def asked(services: Mapping[Service, list[Id]]) -> list[Asked]:
    return [Asked(names, service.minutes) for service, names in services.items()]


def keep(site: Site, stores: Stores, period: Period) -> Iterator[int]:
    """Keeps the sums of each day of the period, which must be over, the latest first. How many were not kept, day by day.

    Raises CalendarError and StoreError.
    """
    _, over_at = period.bounds(ZoneInfo(site.time_zone))
    times = times_of(site, stores, period, over_at)
    windows, groups = asked(alike(times.windows)), asked(alike(times.groups))
    for number in range(period.days):
        day = period.last - timedelta(days=number)
        yield stores.window_sums.keep(_on(windows, day)) + stores.queue_sums.keep(_on(groups, day))


def _on(every: list[Asked], day: date) -> list[Asked]:
    found = (Asked(one.names, one.by_day().get(day.toordinal(), ())) for one in every)
    return [one for one in found if one.spans]
