"""The simulated halls: where people sit, stand and walk, and what each camera sees of it. Read from halls.json.

World axes: x along the counter, y towards the staff, z up; the counter's front is y = 0; units are metres. Headings are
radians, counted from +x towards +y. A mirrored hall has its entrance, and its cameras, on the other side.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field, TypeAdapter, ValidationError

from vigil.errors import ScenarioError
from vigil.model.ids import WindowId
from vigil.model.site import Point, Strict, ZoneKind

FILE: Final = "halls.json"

Place = tuple[float, float]
"""x, y on the floor, metres."""


class Light(StrEnum):
    DAY = "day"
    DUSK = "dusk"


@dataclass(frozen=True, slots=True)
class WindowPlan(Strict):
    """`seat` is the clerk's, `spot` where a visitor stands; `footprint` (x0, y0, x1, y1) is the floor of the staff area."""

    id: int
    seat: Place
    spot: Place
    footprint: tuple[float, float, float, float]

    def holds(self, place: Place) -> bool:
        """Whether somebody who stands at `place` is at this window, on the staff's side."""
        x0, y0, x1, y1 = self.footprint
        return x0 <= place[0] <= x1 and y0 <= place[1] <= y1


@dataclass(frozen=True, slots=True)
class QueuePlan(Strict):
    """The lane: its first place, the direction in which the others follow, and the metres between them."""

    head: Place
    direction: Place
    step: float
    places: int


@dataclass(frozen=True, slots=True)
class Doors(Strict):
    entrance: Place
    exit: Place
    staff: Place


@dataclass(frozen=True, slots=True)
class Paths(Strict):
    """Corners on the way. `aisle_y` is the staff's way along the wall."""

    to_window: Place
    to_exit: Place
    staff_gate: Place
    aisle_y: float


@dataclass(frozen=True, slots=True)
class ZonePlan(Strict):
    """A zone as a person would draw it into this camera's picture. A queue has no window."""

    kind: ZoneKind
    polygon: tuple[Point, ...]
    window: int | None = None


@dataclass(frozen=True, slots=True)
class Occluder(Strict):
    """What may stand before people: a mask over the plate (0..255), and its line on the floor."""

    name: str
    mask: str
    line: tuple[Place, Place]


@dataclass(frozen=True, slots=True)
class CameraPlan(Strict):
    """`matrix` (3 x 4) takes world metres to pixels of a picture of `size`; `light` multiplies people's colours (B, G, R)."""

    size: tuple[int, int]
    matrix: tuple[tuple[float, float, float, float], ...]
    position: tuple[float, float, float]
    hfov: Annotated[float, Field(gt=0, lt=180)]
    plates: dict[Light, str]
    light: dict[Light, tuple[float, float, float]]
    occluders: tuple[Occluder, ...]
    zones: tuple[ZonePlan, ...]


@dataclass(frozen=True, slots=True)
class HallPlan(Strict):
    """`lift` is how much higher the clerks' seats stand than the floor, in metres."""

    mirrored: bool
    lift: float
    windows: tuple[WindowPlan, ...]
    queue: QueuePlan
    chairs: tuple[Place, ...]
    doors: Doors
    paths: Paths
    cameras: dict[str, CameraPlan]


@dataclass(frozen=True, slots=True)
class World(Strict):
    licence: str
    halls: dict[str, HallPlan]

    def hall(self, name: str) -> HallPlan:
        """Raises ScenarioError for a hall that is not there."""
        if name not in self.halls:
            raise ScenarioError(f"there is no hall {name!r}; there are {', '.join(sorted(self.halls))}")
        return self.halls[name]


_ADAPTER: Final = TypeAdapter(World)


def window_id(hall: str, window: int) -> WindowId:
    """What the window of a simulated hall is called outside of it: gongan-2."""
    return WindowId(f"{hall}-{window}")


def load_world(assets: Path) -> World:
    """The halls in a folder of assets. Raises ScenarioError."""
    path = assets / FILE
    try:
        return _ADAPTER.validate_python(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ScenarioError(f"{path}: the simulator's halls cannot be read: {error}") from error
    except (json.JSONDecodeError, ValidationError) as error:
        raise ScenarioError(f"{path}: this does not describe halls: {error}") from error
