"""A report: all figures of a period, by department, hall, window, queue, camera and day. Made once, shown in several forms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from vigil import __version__
from vigil.errors import CalendarError
from vigil.model.ids import CameraId, GroupId, HallId, WindowId
from vigil.model.site import Camera, Hall, Site, Window, WindowGroup
from vigil.report.atoms import Atoms
from vigil.report.figures import Figures
from vigil.report.gather import gather
from vigil.report.period import Period
from vigil.store.stores import Stores


@dataclass(frozen=True, slots=True)
class DepartmentFigures:
    department: str
    halls: int
    figures: Figures


@dataclass(frozen=True, slots=True)
class HallFigures:
    hall: Hall
    figures: Figures


@dataclass(frozen=True, slots=True)
class WindowFigures:
    hall: Hall
    window: Window
    figures: Figures


@dataclass(frozen=True, slots=True)
class GroupFigures:
    hall: Hall
    group: WindowGroup
    figures: Figures


@dataclass(frozen=True, slots=True)
class CameraFigures:
    hall: Hall
    camera: Camera
    figures: Figures


@dataclass(frozen=True, slots=True)
class DayFigures:
    day: date
    figures: Figures


@dataclass(frozen=True, slots=True)
class Before:
    """The figures of the period before, of the site as it is when the report is made."""

    period: Period
    total: Figures
    departments: Mapping[str, Figures]
    halls: Mapping[HallId, Figures]


@dataclass(frozen=True, slots=True)
class Report:
    """In the order of the site. `foreign_alerts`: of halls that the site no longer has, counted nowhere else.

    `before` is None where nobody asked for it, the period was not over, or no workdays are known of the one before.
    """

    site: str
    time_zone: str
    period: Period
    made_at: datetime
    version: str
    total: Figures
    departments: tuple[DepartmentFigures, ...]
    halls: tuple[HallFigures, ...]
    windows: tuple[WindowFigures, ...]
    groups: tuple[GroupFigures, ...]
    cameras: tuple[CameraFigures, ...]
    days: tuple[DayFigures, ...]
    foreign_alerts: int
    before: Before | None = None

    @property
    def finished(self) -> bool:
        """Whether the period was over when the report was made."""
        return self.made_at >= self.period.bounds(ZoneInfo(self.time_zone))[1]


HallDays = Mapping[tuple[HallId, date], Figures]
"""What each hall's day came to: all that is larger than a window, a queue or a camera is made of these."""


def make_report(site: Site, stores: Stores, period: Period, now: datetime, *, before: bool = False) -> Report:
    """What it reads of the store is of one moment. With `before` the period before stands beside, which costs as much again.

    Raises CalendarError for a year whose workdays are not known, and StoreError.
    """
    with stores.database.snapshot():
        atoms, foreign = gather(site, stores, period, now)
        over = now >= period.bounds(ZoneInfo(site.time_zone))[1]
        earlier = _before(site, stores, period.before, now) if before and over else None
    hall_days: HallDays = atoms.by(lambda place: (place.hall, place.day))
    days = _days(period, hall_days)
    return Report(
        site=site.name,
        time_zone=site.time_zone,
        period=period,
        made_at=now,
        version=__version__,
        total=Figures.total(one.figures for one in days),
        departments=_departments(site, hall_days),
        halls=_halls(site, hall_days),
        windows=_windows(site, atoms),
        groups=_groups(site, atoms),
        cameras=_cameras(site, atoms),
        days=days,
        foreign_alerts=foreign,
        before=earlier,
    )


def _before(site: Site, stores: Stores, period: Period, now: datetime) -> Before | None:
    try:
        atoms, _ = gather(site, stores, period, now)
    except CalendarError:  # of the period itself everything is known
        return None
    hall_days: HallDays = atoms.by(lambda place: (place.hall, place.day))
    return Before(
        period,
        Figures.total(hall_days.values()),
        {one.department: one.figures for one in _departments(site, hall_days)},
        {one.hall.id: one.figures for one in _halls(site, hall_days)},
    )


def _departments(site: Site, hall_days: HallDays) -> tuple[DepartmentFigures, ...]:
    halls: dict[str, set[HallId]] = {}
    for hall in site.halls:
        halls.setdefault(hall.department, set()).add(hall.id)
    return tuple(
        DepartmentFigures(name, len(ids), Figures.total(one for (hall, _), one in hall_days.items() if hall in ids))
        for name, ids in halls.items()
    )


def _halls(site: Site, hall_days: HallDays) -> tuple[HallFigures, ...]:
    return tuple(
        HallFigures(hall, Figures.total(one for (name, _), one in hall_days.items() if name == hall.id))
        for hall in site.halls
    )


def _windows(site: Site, atoms: Atoms) -> tuple[WindowFigures, ...]:
    found: Mapping[WindowId, Figures] = atoms.by(lambda place: place.window)
    pairs = ((hall, window) for hall in site.halls for _, window in hall.windows())
    return tuple(WindowFigures(hall, window, found.get(window.id, Figures())) for hall, window in pairs)


def _groups(site: Site, atoms: Atoms) -> tuple[GroupFigures, ...]:
    found: Mapping[GroupId, Figures] = atoms.by(lambda place: place.group)
    pairs = ((hall, group) for hall in site.halls for group in hall.groups)
    return tuple(GroupFigures(hall, group, found.get(group.id, Figures())) for hall, group in pairs)


def _cameras(site: Site, atoms: Atoms) -> tuple[CameraFigures, ...]:
    found: Mapping[CameraId, Figures] = atoms.by(lambda place: place.camera)
    return tuple(CameraFigures(hall, camera, found.get(camera.id, Figures())) for hall, camera in site.cameras())


def _days(period: Period, hall_days: HallDays) -> tuple[DayFigures, ...]:
    days = (period.first + timedelta(days=number) for number in range(period.days))
    return tuple(
        DayFigures(day, Figures.total(one for (_, other), one in hall_days.items() if other == day)) for day in days
    )
