"""Who stands where at one moment: what the hall's life hands to the painter, and the truth is told of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from vigil.model.truth import PersonRole, VisitTruth
from vigil.sim.world import Place


class Pose(StrEnum):
    """As the sprites are drawn. A walk has four frames, all others one."""

    STAND = "stand"
    STAND_B = "stand_b"  # weight on one leg
    PHONE = "phone"
    LEAN = "lean"  # forearms on the counter
    WALK = "walk"
    CHAIR = "chair"
    CLERK_TYPE = "clerk_type"
    CLERK_DOWN = "clerk_down"
    CLERK_TURN = "clerk_turn"
    CLERK_TALK = "clerk_talk"


@dataclass(frozen=True, slots=True)
class Figure:
    """A person as painted. `look` names the sprites; `heading` is in radians of the world; `lift` raises the feet, metres."""

    id: int
    look: str
    role: PersonRole
    pose: Pose
    frame: int
    place: Place
    heading: float
    lift: float = 0.0
    window: int | None = None
    in_queue: bool = False


@dataclass(frozen=True, slots=True)
class WindowState:
    staffed: bool
    visitor: bool


@dataclass(frozen=True, slots=True)
class Moment:
    """The hall at one time, `t_s` seconds after the scene began."""

    t_s: float
    figures: tuple[Figure, ...]
    windows: dict[int, WindowState]
    queue: int
    visits: tuple[VisitTruth, ...] = ()
    """Those that ended since the moment before."""
