"""Which alerts belong together: not one episode, but what happened at the same place about the same time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from vigil.model.alerts import Alert, AlertKind
from vigil.model.ids import GroupId, WindowId
from vigil.model.site import Hall

NEAR: Final = timedelta(minutes=10)
"""How far apart two episodes may lie. A camera that failed ten minutes before may be why nobody was seen to come back."""


class Relation(StrEnum):
    """The nearest first."""

    WINDOW = "window"  # the same window
    CAMERA = "camera"  # a fault of a camera that looks at the place, or the place of a camera at fault
    GROUP = "group"  # another window of the group, or its queue
    HALL = "hall"


@dataclass(frozen=True, slots=True)
class _Place:
    windows: frozenset[WindowId]
    groups: frozenset[GroupId]


def relation(alert: Alert, other: Alert, hall: Hall | None) -> Relation | None:
    """How `other` is related to `alert`; None when it is not. `hall` is the alert's, None when it is no longer configured."""
    if alert.id == other.id or alert.hall != other.hall or not _near(alert, other):
        return None
    if alert.window is not None and alert.window == other.window:
        return Relation.WINDOW
    one, two = _place(alert, hall), _place(other, hall)
    if AlertKind.CAMERA_FAULT in (alert.kind, other.kind):
        same = alert.camera is not None and alert.camera == other.camera
        if same or one.windows & two.windows or (one.groups & two.groups and not (alert.window or other.window)):
            return Relation.CAMERA
        return Relation.HALL
    return Relation.GROUP if one.groups & two.groups else Relation.HALL


def _near(alert: Alert, other: Alert) -> bool:
    """Whether less than NEAR lies between the two episodes. One that goes on has no end."""
    first, second = sorted((alert, other), key=lambda one: one.began_at)
    return first.ended_at is None or second.began_at - first.ended_at < NEAR


def _place(alert: Alert, hall: Hall | None) -> _Place:
    """The windows and groups that an alert is about; of a camera's fault those that it looks at."""
    if hall is None:
        groups = frozenset() if alert.group is None else frozenset({alert.group})
        return _Place(frozenset() if alert.window is None else frozenset({alert.window}), groups)
    group_of = {window.id: group.id for group in hall.groups for window in group.windows}
    windows: set[WindowId] = set()
    queues: set[GroupId] = set()
    if alert.kind is AlertKind.CAMERA_FAULT:
        zones = [zone for camera in hall.cameras if camera.id == alert.camera for zone in camera.zones]
        windows = {zone.window for zone in zones if zone.window is not None}
        queues = {zone.group for zone in zones if zone.group is not None}
    if alert.window is not None:
        windows.add(alert.window)
    if alert.group is not None:
        queues.add(alert.group)
    return _Place(frozenset(windows), frozenset(queues | {group_of[one] for one in windows if one in group_of}))
