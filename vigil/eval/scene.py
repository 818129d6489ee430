"""The truth of a scene by columns: what was so at each window and in the queue, and whether a camera could see it.

`merge` fills them. Plain tuples, so that a result may go from one process to another.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from vigil.model.ids import CameraId, GroupId, WindowId
from vigil.model.site import Thresholds
from vigil.model.truth import Condition, VisitTruth


@dataclass(frozen=True, slots=True)
class WindowColumns:
    """One window; one entry a second in each column. None says "not known".

    `visible` is the staff area's, `spot_visible` the visitor spot's. `faulty`: a camera that looks at the staff area has
    no good picture. `conditions` and `tags` are those of the cameras that look at either.
    """

    window: WindowId
    thresholds: Thresholds
    in_service: tuple[bool, ...]
    staffed: tuple[bool | None, ...]
    visitor: tuple[bool | None, ...]
    visible: tuple[bool, ...]
    spot_visible: tuple[bool, ...]
    faulty: tuple[bool, ...]
    conditions: tuple[Condition, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QueueColumns:
    """The queue; one entry a second in each column. `in_view` is the most that one camera of the lane can see.

    `serving` counts the windows in service that are staffed, or that nobody could see and that therefore count as staffed.
    `wait_s` is how long the visitor waited who was the last to join; None while nobody waits, or where it is not known.
    """

    group: GroupId
    thresholds: Thresholds
    in_service: tuple[bool, ...]
    length: tuple[int | None, ...]
    in_view: tuple[int | None, ...]
    visible: tuple[bool, ...]
    serving: tuple[int, ...]
    wait_s: tuple[float | None, ...]
    conditions: tuple[Condition, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SceneTruth:
    """`windows` are those whose staff area a camera looks at, `queue` is None where no camera looks at the lane."""

    scene: str
    start_at: datetime
    seconds: int
    cameras: tuple[CameraId, ...]
    tags: tuple[str, ...]
    windows: tuple[WindowColumns, ...]
    queue: QueueColumns | None
    visits: tuple[VisitTruth, ...]
