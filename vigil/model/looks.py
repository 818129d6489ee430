"""What the analytics saw: detections in a frame, and what one look says of a zone.

Three answers, never two: seen, clear where it looked, unknown. Nothing here says who a person is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from vigil.model.ids import CameraId, GroupId, WindowId
from vigil.model.suspensions import SuspensionKind


@dataclass(frozen=True, slots=True)
class Detection:
    """A person in a frame: the box's corners as shares of width and height (0..1), and the detector's score (0..1).

    One that is not `sure` scored too low to count as a person, and too high to say that nobody is there. Of one that is
    `cut` only a part was looked at: the box ends where the look did, so nobody knows where the feet are.
    """

    x0: float
    y0: float
    x1: float
    y1: float
    score: float
    sure: bool = True
    cut: bool = False

    @property
    def plain(self) -> bool:
        """Whether it is sure that somebody is there, and where."""
        return self.sure and not self.cut

    @property
    def centre(self) -> tuple[float, float]:
        return (self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2

    @property
    def foot(self) -> tuple[float, float]:
        return (self.x0 + self.x1) / 2, self.y1


class Presence(StrEnum):
    """What one look says of a zone."""

    SEEN = "seen"
    CLEAR = "clear"
    UNKNOWN = "unknown"


class Unknown(StrEnum):
    """Why a look says nothing."""

    STARTING = "starting"  # nothing was looked at yet
    NO_SIGNAL = "no-signal"  # no frame for stale_after_s
    FROZEN = "frozen"  # the same picture again and again
    DARK = "dark"
    OCCLUDED = "occluded"  # covered, or without any detail
    MOVED = "moved"  # not the view that the zones were drawn for
    DEFOCUSED = "defocused"
    OVEREXPOSED = "overexposed"  # so bright that most of it is white
    CAST = "cast"  # the colours of the whole picture lean to one side
    HIDDEN = "hidden"  # people stand before the place
    DOUBTFUL = "doubtful"  # something there may be a person
    DETECTOR = "detector"  # the detector failed
    CLOSED = "closed"  # nothing in the picture is in service, so nobody was looked for
    CALENDAR = "calendar"  # the workdays of this year are not known
    UNSETTLED = "unsettled"  # looked at, but not long enough to say
    UNDECIDED = "undecided"  # looked at for long enough, and what the detector sees here does not tell


class Staffing(StrEnum):
    STAFFED = "staffed"
    UNSTAFFED = "unstaffed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class WindowStatus:
    """What is believed of a window now. `why` is set exactly when `staffing` is unknown."""

    window: WindowId
    in_service: bool
    staffing: Staffing
    since_at: datetime
    why: Unknown | None = None
    visitor: Presence = Presence.UNKNOWN
    suspended: SuspensionKind | None = None
    """Why the window is not in service within its hours."""
    confidence: float | None = field(default=None, compare=False)
    """The probability of what is said, 0..1; None when that is unknown. That it alone has changed is no news."""


@dataclass(frozen=True, slots=True)
class WaitEstimate:
    """How long somebody would wait who joined the queue now, in seconds; nine in ten wait from `low_s` to `high_s`."""

    median_s: float
    low_s: float
    high_s: float


class QueueSource(StrEnum):
    """Who counted the people of a queue."""

    LANE = "lane"  # cameras that look at the lane
    TICKETS = "tickets"  # the ticket machine


@dataclass(frozen=True, slots=True)
class QueueStatus:
    """People waiting for a window group; `waiting` is None when neither the lane nor a ticket machine says.

    `wait` is None when nothing can be said: nobody counted, or no window is known to be staffed.
    `longest_wait_s` is how long the first of them has waited, as the ticket machine says.
    """

    group: GroupId
    waiting: int | None
    staffed: int
    unknown: int
    in_service: int
    at: datetime
    wait: WaitEstimate | None = None
    source: QueueSource = QueueSource.LANE
    longest_wait_s: float | None = None


class CameraHealth(StrEnum):
    ONLINE = "online"
    OFFLINE = "offline"
    IMPAIRED = "impaired"  # pictures come, and nothing can be seen on them


@dataclass(frozen=True, slots=True)
class CameraStatus:
    """Health is the age of the last frame and what is on it, nothing else."""

    camera: CameraId
    health: CameraHealth
    since_at: datetime
    last_frame_at: datetime | None = None
    why: Unknown | None = None
    drifting: bool = False
    """Its clock runs away from the node's. Its pictures are dated by the node and stay good."""
