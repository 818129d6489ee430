"""The site: halls, their windows and queues, their cameras and the zones drawn into the pictures.

These classes are also the shape of the configuration file (vigil/config reads it into them), so a rule about one value
alone stands here as a type or a default, and a rule between values stands in vigil/config/check.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar

from vigil.model.ids import CameraId, GroupId, HallId, NodeId, WindowId
from vigil.model.media import StreamKind

Point = tuple[float, float]
"""x, y as shares of the picture's width and height, origin at the top left, both in 0..1."""


class Strict:
    """Mixin: an unknown key in the file is an error, not a silence."""

    __slots__ = ()
    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}


class Workdays(StrEnum):
    CHINA = "china"
    """Statutory workdays with make-up days (调休), from chinesecalendar."""
    WEEKDAYS = "weekdays"
    EVERY_DAY = "every-day"


@dataclass(frozen=True, slots=True)
class Calendar(Strict):
    """When a hall or a window is in service. Outside it nobody is absent."""

    workdays: Workdays = Workdays.CHINA
    hours: tuple[str, ...] = ("08:30-12:00", "14:30-18:00")
    """Local time ranges HH:MM-HH:MM, half open; 24:00 is the end of the day."""
    closed: tuple[str, ...] = ()
    """Local dates YYYY-MM-DD on which the hall is closed whatever the workday calendar says."""
    open: tuple[str, ...] = ()
    """Local dates YYYY-MM-DD on which the hall works whatever the workday calendar says."""


@dataclass(frozen=True, slots=True)
class Thresholds(Strict):
    """When a state is believed and when an alert is raised, in seconds and people (docs/reference/configuration.md)."""

    on_duty_after_s: float = 10
    absent_after_s: float = 30
    absence_alert_s: float = 300
    absence_escalate_s: float = 600
    queue_per_window_enter: float = 6
    queue_per_window_exit: float = 4
    queue_alert_s: float = 180
    queue_clear_s: float = 60
    stale_after_s: float = 8
    """A zone not looked at for this long is unknown."""
    resume_within_s: float = 120
    """An absence interrupted by less unknown time than this goes on; after more it starts anew."""
    camera_alert_s: float = 10
    """A camera without pictures, or with useless ones, for this long raises an alert of its own."""
    unserved_alert_s: float = 60
    """A visitor who waits for this long at a window that nobody staffs."""
    queue_wait_alert_s: float = 1800
    """An estimated wait from which on a queue has built up, however many people wait; below two thirds it has not."""
    service_time_s: float = 180
    """Mean time of one service, which the estimated wait begins with until services have been seen."""


class WindowKind(StrEnum):
    GENERAL = "general"  # 无差别综合
    SECTOR = "sector"  # 分领域综合
    ISSUING = "issuing"  # 综合出件
    OTHER = "other"  # 其他


@dataclass(frozen=True, slots=True)
class Window(Strict):
    id: WindowId
    name: str
    kind: WindowKind = WindowKind.GENERAL
    calendar: str | None = None
    """Name of a calendar of its own; None: the hall's."""
    staff: int = 1
    """How many clerks it needs while in service: 1 (单岗), 2 (双岗), at most 4."""


@dataclass(frozen=True, slots=True)
class TicketFeed(Strict):
    """Where a ticket machine says over HTTP how many people of a window group wait. The paths are JSON Pointers (RFC 6901)."""

    url: str
    """http:// or https://, answered by GET with JSON."""
    every_s: float = 10
    bearer: Secret | None = None
    """What goes as `Authorization: Bearer`."""
    waiting: str = "/waiting"
    longest_wait_s: str = "/longest_wait_s"
    """May be missing from the answer."""


@dataclass(frozen=True, slots=True)
class WindowGroup(Strict):
    """Windows that share one queue."""

    id: GroupId
    name: str
    windows: tuple[Window, ...]
    tickets: TicketFeed | None = None
    """Where visitors take a ticket and sit: counted there, and in the lane only while that is not known."""


class ZoneKind(StrEnum):
    STAFF_AREA = "staff-area"
    VISITOR_SPOT = "visitor-spot"
    QUEUE = "queue"


@dataclass(frozen=True, slots=True)
class Rates(Strict):
    """How often, and for how long, the detector errs at a staff area."""

    miss: float
    """Share of the looks at a window with its clerk that see nobody."""
    false_alarm: float
    """Share of the looks at an unstaffed window that see somebody."""
    run_s: float
    """From a look that misses the clerk to the next that does not, in seconds, on average."""


@dataclass(frozen=True, slots=True)
class Zone(Strict):
    """A polygon in one camera's picture. Staff areas and visitor spots belong to a window, queues to a group."""

    kind: ZoneKind
    polygon: tuple[Point, ...]
    window: WindowId | None = None
    group: GroupId | None = None
    rates: Rates | None = None
    """Of a staff area, as `vigil calibrate` finds them; None: those of a window that is seen well."""


@dataclass(frozen=True, slots=True)
class Secret(Strict):
    """Where a secret is kept, never the secret: the name of an environment variable or the path of a file."""

    env: str | None = None
    file: str | None = None


class Transport(StrEnum):
    TCP = "tcp"
    UDP = "udp"


class RecordingMode(StrEnum):
    CONTINUOUS = "continuous"
    HOURS = "hours"
    EVENTS = "events"


@dataclass(frozen=True, slots=True)
class Recording(Strict):
    """What of a camera is recorded. The others are for cameras that nobody must be able to look back at, or for thin disks."""

    mode: RecordingMode = RecordingMode.CONTINUOUS
    calendar: str | None = None
    """With `hours`: when; None: the hall's."""
    pre_roll_s: float = 60
    """With `events`: from so long before, out of memory."""
    post_roll_s: float = 30
    """And until so long after."""


@dataclass(frozen=True, slots=True)
class Forward(Strict):
    """A media server that a camera's stream is pushed to."""

    url: str
    """rtsp://, rtsps://, rtmp:// or rtmps:// address that takes the stream, or http(s):// for WHIP; without credentials."""
    stream: StreamKind = StreamKind.MAIN
    transport: Transport = Transport.TCP
    """Of RTSP."""
    username: str | None = None
    """Of RTSP."""
    password: Secret | None = None
    stream_key: Secret | None = None
    """Of RTMP: what comes behind the address's path."""
    bearer: Secret | None = None
    """Of WHIP: what goes as `Authorization: Bearer`."""


@dataclass(frozen=True, slots=True)
class Retention(Strict):
    """How long footage is kept, in days: by law 30 at least, and no longer than it serves (decree 799, article 17)."""

    at_least_days: float = 30
    """Younger footage stays, however full the archive is."""
    at_most_days: float = 90
    """Older footage goes, unless somebody holds it."""


@dataclass(frozen=True, slots=True)
class Camera(Strict):
    id: CameraId
    name: str
    url: str
    """Of the main stream, without credentials: rtsp(s)://, http(s)://, or file: and a path (vigil/model/source_url.py)."""
    node: NodeId | None = None
    """The node that takes this camera; may be left out when there is one node."""
    substream: str | None = None
    """URL of a smaller stream of the same picture, used for analysis and the wall."""
    transport: Transport = Transport.TCP
    username: str | None = None
    password: Secret | None = None
    tls_ca: str | None = None
    """File with the certificates (PEM) that vouch for the camera's; None: the system's."""
    tls_verify: bool = True
    """False: whoever answers is believed."""
    recording: Recording = Recording()
    retention: Retention | None = None
    """Its own; None: the site's."""
    forward: tuple[Forward, ...] = ()
    """Media servers that its pictures are pushed to."""
    zones: tuple[Zone, ...] = ()


@dataclass(frozen=True, slots=True)
class Hall(Strict):
    id: HallId
    name: str
    department: str
    calendar: str
    groups: tuple[WindowGroup, ...] = ()
    cameras: tuple[Camera, ...] = ()
    thresholds: Thresholds | None = None
    """The hall's own thresholds; None: the site's."""

    def windows(self) -> Iterator[tuple[WindowGroup, Window]]:
        for group in self.groups:
            for window in group.windows:
                yield group, window


@dataclass(frozen=True, slots=True)
class ClipRules(Strict):
    """What footage belongs to an alert, in seconds."""

    pre_roll_s: float = 15
    """Before the episode began."""
    post_roll_s: float = 15
    """After the alert was raised."""
    longest_s: float = 600
    """A longer clip loses its beginning; the footage itself stays in the archive."""
    keep_days: float = 365
    """A clip and its alert's snapshot go so many days after the clip was asked for, unless they are held or nobody decided."""


@dataclass(frozen=True, slots=True)
class Site(Strict):
    """All that centre and nodes know of the halls. The part a node runs comes down to it over the uplink."""

    name: str
    time_zone: str = "Asia/Shanghai"
    notice: str | None = None
    """A line shown on every screen, for example that thresholds are those of a demonstration."""
    calendars: dict[str, Calendar] = field(default_factory=dict)
    thresholds: Thresholds = Thresholds()
    clips: ClipRules = ClipRules()
    retention: Retention = Retention()
    halls: tuple[Hall, ...] = ()

    def cameras(self) -> Iterator[tuple[Hall, Camera]]:
        for hall in self.halls:
            for camera in hall.cameras:
                yield hall, camera

    def thresholds_of(self, hall: Hall) -> Thresholds:
        return hall.thresholds or self.thresholds

    def retention_of(self, camera: Camera) -> Retention:
        return camera.retention or self.retention

    def calendar_of(self, hall: Hall, window: Window | None = None) -> Calendar:
        return self.calendars[(window.calendar if window else None) or hall.calendar]
