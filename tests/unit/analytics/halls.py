"""A small hall for tests: two windows that share a queue, a counter camera and a hall camera, and people to stand in it.

In each picture the upper half is the staff's, the lower half the visitors'. Window 1 is on the left, window 2 on the right.
"""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from vigil.model.ids import CameraId, GroupId, HallId, WindowId
from vigil.model.looks import Detection
from vigil.model.site import (
    Calendar,
    Camera,
    ClipRules,
    Hall,
    Point,
    Site,
    Thresholds,
    Window,
    WindowGroup,
    Workdays,
    Zone,
    ZoneKind,
)

COUNTER, HALL = CameraId("counter"), CameraId("hall")
ONE, TWO = WindowId("one"), WindowId("two")
GROUP = GroupId("group")
DETECTOR = "fake-0x0@00000000"


def local(text: str) -> datetime:
    """A local time in Shanghai as aware UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai")).astimezone(UTC)


NINE = local("2026-03-02T09:00")
"""A Monday morning."""


def box(x0: float, y0: float, x1: float, y1: float) -> tuple[Point, ...]:
    return ((x0, y0), (x1, y0), (x1, y1), (x0, y1))


def person(x: float, foot: float, height: float = 0.2, width: float = 0.06) -> Detection:
    return Detection(x - width / 2, foot - height, x + width / 2, foot, 0.9)


AT_ONE = person(0.25, 0.45)
"""Behind the counter of window 1."""
AT_TWO = person(0.75, 0.45)
VISITOR_ONE = person(0.25, 0.75)
QUEUE = tuple(person(0.05 + 0.1 * n, 0.97, 0.1, 0.05) for n in range(10))
"""Ten people in the lane."""

STAFF_ONE = Zone(ZoneKind.STAFF_AREA, box(0.1, 0.2, 0.4, 0.5), window=ONE)
STAFF_TWO = Zone(ZoneKind.STAFF_AREA, box(0.6, 0.2, 0.9, 0.5), window=TWO)
SPOT_ONE = Zone(ZoneKind.VISITOR_SPOT, box(0.1, 0.6, 0.4, 0.85), window=ONE)
SPOT_TWO = Zone(ZoneKind.VISITOR_SPOT, box(0.6, 0.6, 0.9, 0.85), window=TWO)
LANE = Zone(ZoneKind.QUEUE, box(0.0, 0.9, 1.0, 1.0), group=GROUP)

USUAL = Calendar()
ALWAYS = Calendar(workdays=Workdays.EVERY_DAY, hours=("00:00-24:00",))


def camera(name: CameraId, *zones: Zone) -> Camera:
    return Camera(id=name, name=name, url=f"rtsp://192.0.2.7/{name}", zones=zones)


COUNTER_CAMERA = camera(COUNTER, STAFF_ONE, STAFF_TWO, SPOT_ONE, SPOT_TWO)
HALL_CAMERA = camera(HALL, LANE)


def site(
    *cameras: Camera,
    calendar: Calendar = USUAL,
    second_calendar: Calendar | None = None,
    thresholds: Thresholds = Thresholds(),  # noqa: B008, frozen
) -> Site:
    """One hall. Window 2 may have a calendar of its own."""
    windows = (
        Window(ONE, "1号窗口"),
        Window(TWO, "2号窗口", calendar="second" if second_calendar else None),
    )
    hall = Hall(
        id=HallId("gongan"),
        name="公安分厅",
        department="市公安局",
        calendar="usual",
        groups=(WindowGroup(GROUP, "户籍业务", windows),),
        cameras=cameras or (COUNTER_CAMERA, HALL_CAMERA),
    )
    calendars = {"usual": calendar} | ({"second": second_calendar} if second_calendar else {})
    return Site(name="site", calendars=calendars, thresholds=thresholds, clips=ClipRules(), halls=(hall,))
