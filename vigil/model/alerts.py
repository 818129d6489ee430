"""Alerts: candidates that a person confirms or dismisses. One alert an episode."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from vigil.model.ids import AlertId, CameraId, GroupId, HallId, WindowId
from vigil.model.trace import TracePoint

Fact = str | int | float | list[str] | None


class AlertKind(StrEnum):
    WINDOW_UNSTAFFED = "window-unstaffed"
    QUEUE_BUILDUP = "queue-buildup"
    CAMERA_FAULT = "camera-fault"
    UNSERVED_VISITOR = "unserved-visitor"  # a visitor waits at a window that nobody staffs


class EndReason(StrEnum):
    RESOLVED = "resolved"  # staffed again, the visitor or the queue is gone, the camera is back
    CLOSED = "closed"  # the window's hours ended
    SUSPENDED = "suspended"  # nobody need be at the window now (vigil/model/suspensions.py)
    LOST_SIGHT = "lost-sight"  # unknown for too long to go on
    REMOVED = "removed"  # the window, group or camera left the configuration


@dataclass(frozen=True, slots=True)
class Alert:
    """What a node says of an episode. The same id comes again, with a higher `revision`, when it escalates or ends.

    `clip_from_at` and `clip_to_at` bound the footage that belongs to it, pre- and post-roll included.
    `facts` hold the figures behind it: absent_s of an absence, with present and required where a window needs more than one
    clerk; waited_s and absent_s of an unserved visitor; waiting, staffed, unknown, in_service, empty_windows and, where it
    is known, wait_s, wait_low_s and wait_high_s of a queue, with source and longest_wait_s where a ticket machine counted;
    why of a camera's fault; the detector's name and, of a window, its marks confidence and doubt.
    `trace` is what the looks said from a minute before it began until this revision, as far as the node remembers; of a
    camera's fault there is none.
    """

    id: AlertId
    revision: int
    kind: AlertKind
    hall: HallId
    camera: CameraId | None
    began_at: datetime
    raised_at: datetime
    window: WindowId | None = None
    group: GroupId | None = None
    escalated_at: datetime | None = None
    ended_at: datetime | None = None
    end_reason: EndReason | None = None
    clip_from_at: datetime | None = None
    clip_to_at: datetime | None = None
    facts: dict[str, Fact] = field(default_factory=dict)
    trace: tuple[TracePoint, ...] = ()


class AlertState(StrEnum):
    """Where a person has taken the alert. An absence counts only when confirmed."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    RECTIFIED = "rectified"  # confirmed, and put right

    @property
    def is_confirmed(self) -> bool:
        """A person said that it was so, put right or not."""
        return self in (AlertState.CONFIRMED, AlertState.RECTIFIED)


class ClipState(StrEnum):
    WAITING = "waiting"  # its footage has not all arrived yet
    READY = "ready"
    PARTIAL = "partial"  # ready, with gaps that the clip's record lists
    FAILED = "failed"
    EXPIRED = "expired"  # it was kept for as long as it may be
