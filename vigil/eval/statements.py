"""What a system says of a scene: its state each second, and its alerts. Vigil's own, or another's that is to be measured.

A statement at second t was made with what the system knew at t. Nothing here says whether it is right.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from vigil.model.alerts import AlertKind
from vigil.model.ids import CameraId, WindowId
from vigil.model.looks import Detection, Presence, Staffing, Unknown, WaitEstimate


@dataclass(frozen=True, slots=True)
class WindowStatements:
    """One entry a second, from the scene's beginning. Only `staffing` is measured; the others explain it."""

    staffing: tuple[Staffing, ...]
    whys: tuple[Unknown | None, ...] = ()
    visitors: tuple[Presence, ...] = ()


@dataclass(frozen=True, slots=True)
class StatedAlert:
    """`raised_s` is when it was told, `began_s` since when the system counts; None for `ended_s`: open to the end."""

    kind: AlertKind
    began_s: float
    raised_s: float
    ended_s: float | None = None
    window: WindowId | None = None
    camera: CameraId | None = None


@dataclass(frozen=True, slots=True)
class Statements:
    """All that `system` says of one scene. `queue` and `waits` are empty where it says nothing of the queue.

    Sequences shorter than the scene say nothing of the rest: staffing is then unknown.
    """

    system: str
    windows: dict[WindowId, WindowStatements] = field(default_factory=dict)
    queue: tuple[int | None, ...] = ()
    waits: tuple[WaitEstimate | None, ...] = ()
    alerts: tuple[StatedAlert, ...] = ()


@dataclass(frozen=True, slots=True)
class LookRecord:
    """What the detector found in one picture, and what that says of each staff area. With `why` nobody was looked for, or
    nothing could be seen.
    """

    camera: CameraId
    at_s: float
    people: tuple[Detection, ...] = ()
    why: Unknown | None = None
    staff: dict[WindowId, Presence] = field(default_factory=dict)
