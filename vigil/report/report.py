"""A report: all figures of a period, by department, hall, window, queue, camera and day. Made once, shown in several forms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from vigil import __version__
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
class Report:
    """In the order of the site. `foreign_alerts`: of halls that the site no longer has, counted nowhere else."""

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

    @property
    def finished(self) -> bool:
        """Whether the period was over when the report was made."""
        return self.made_at >= self.period.bounds(ZoneInfo(self.time_zone))[1]


def make_report(site: Site, stores: Stores, period: Period, now: datetime) -> Report:
    """Raises CalendarError for a year whose workdays are not known, and StoreError."""
    atoms, foreign = gather(site, stores, period, now)
    return Report(
        site=site.name,
        time_zone=site.time_zone,
        period=period,
        made_at=now,
        version=__version__,
        total=atoms.by(lambda _: True).get(True, Figures()),
        departments=_departments(site, atoms),
        halls=_halls(site, atoms),
        windows=_windows(site, atoms),
        groups=_groups(site, atoms),
        cameras=_cameras(site, atoms),
        days=_days(period, atoms),
        foreign_alerts=foreign,
    )


def _departments(site: Site, atoms: Atoms) -> tuple[DepartmentFigures, ...]:
    found = atoms.by(lambda place: place.department)
    halls: dict[str, int] = {}
    for hall in site.halls:
        halls[hall.department] = halls.get(hall.department, 0) + 1
    return tuple(DepartmentFigures(name, number, found.get(name, Figures())) for name, number in halls.items())


def _halls(site: Site, atoms: Atoms) -> tuple[HallFigures, ...]:
    found: Mapping[HallId, Figures] = atoms.by(lambda place: place.hall)
    return tuple(HallFigures(hall, found.get(hall.id, Figures())) for hall in site.halls)


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


def _days(period: Period, atoms: Atoms) -> tuple[DayFigures, ...]:
    found = atoms.by(lambda place: place.day)
    days = (period.first + timedelta(days=number) for number in range(period.days))
    return tuple(DayFigures(day, found.get(day, Figures())) for day in days)
