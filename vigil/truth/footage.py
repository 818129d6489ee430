"""From boxes in pictures to people in seconds: what the loaders of other people's labels have in common.

Such labels say where people are and nothing of windows. So staffing stays unknown, and a queue is counted only where a
zone says where people wait.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from vigil.model.ids import CameraId, GroupId, WindowId
from vigil.model.site import Point, Zone, ZoneKind
from vigil.model.truth import Box, PersonRole, PersonTruth, SecondTruth, TruthHeader, TruthSource


@dataclass(frozen=True, slots=True)
class Footage:
    """What labels do not say of the clip that they belong to. `start_at` is the time of its first picture."""

    scene: str
    camera: CameraId
    start_at: datetime
    windows: tuple[WindowId, ...] = ()
    group: GroupId | None = None
    zones: tuple[Zone, ...] = ()
    tags: tuple[str, ...] = ()

    def header(self, source: TruthSource, *, seconds: float, size: tuple[int, int], fps: float) -> TruthHeader:
        """`size` is (width, height) in pixels."""
        return TruthHeader(
            scene=self.scene,
            camera=self.camera,
            source=source,
            start_at=self.start_at,
            seconds=seconds,
            width=size[0],
            height=size[1],
            fps=fps,
            windows=self.windows,
            group=self.group,
            zones=self.zones,
            tags=self.tags,
        )


def shares(left: float, top: float, width: float, height: float, size: tuple[int, int]) -> Box | None:
    """A box in pixels as shares of the picture, cut at its edges; None when it lies outside."""
    x0, x1 = (min(max(x / size[0], 0.0), 1.0) for x in (left, left + width))
    y0, y1 = (min(max(y / size[1], 0.0), 1.0) for y in (top, top + height))
    return (round(x0, 5), round(y0, 5), round(x1, 5), round(y1, 5)) if x0 < x1 and y0 < y1 else None


def second(t_s: int, people: Mapping[int, tuple[Box, float]], zones: Sequence[Zone]) -> SecondTruth:
    """`people` maps ids to (box, visibility). Without a queue zone the queue is not known, rather than empty."""
    lanes = [zone.polygon for zone in zones if zone.kind is ZoneKind.QUEUE]
    found = tuple(
        PersonTruth(
            id=number,
            role=PersonRole.UNKNOWN,
            box=box,
            visibility=visibility,
            in_queue=any(holds(lane, foot(box)) for lane in lanes),
        )
        for number, (box, visibility) in sorted(people.items())
    )
    in_view = sum(person.in_queue for person in found) if lanes else None
    return SecondTruth(t_s, {}, queue_in_view=in_view, people=found)


def foot(box: Box) -> Point:
    """Where somebody stands: the middle of the box's lower edge."""
    return (box[0] + box[2]) / 2, box[3]


def holds(polygon: Sequence[Point], point: Point) -> bool:
    """Even-odd rule: how often a ray to the right crosses the polygon's edges."""
    x, y = point
    inside = False
    for (x0, y0), (x1, y1) in zip(polygon, [*polygon[1:], *polygon[:1]], strict=True):
        if (y0 > y) != (y1 > y) and x < x0 + (y - y0) / (y1 - y0) * (x1 - x0):
            inside = not inside
    return inside
