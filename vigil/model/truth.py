"""What is true in a clip: the answers that `vigil eval` holds the pipeline's statements against.

A scene is one hall at one time, seen by one or more cameras. Windows, queue and visits are true of the hall and so the
same in the truth of each of its cameras; people, their boxes and what can be seen are true of one camera alone. Times
are seconds since the beginning of the scene. None says "not known", never "no".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from vigil.model.ids import CameraId, GroupId, WindowId
from vigil.model.site import Strict, Zone

Box = tuple[float, float, float, float]
"""x0, y0, x1, y1 as shares of the picture's width and height (0..1)."""


class TruthSource(StrEnum):
    """Who says so."""

    SIMULATOR = "simulator"
    LABEL = "label"  # a person, with `vigil label`
    MOT = "mot"  # a MOTChallenge gt.txt
    COCO = "coco"  # COCO annotations


class PersonRole(StrEnum):
    CLERK = "clerk"
    VISITOR = "visitor"
    SEATED = "seated"  # a visitor on a chair of the waiting area
    CLEANER = "cleaner"
    UNKNOWN = "unknown"  # the label does not say


class PictureFault(StrEnum):
    """What is wrong with a camera's picture."""

    OFFLINE = "offline"  # no pictures
    FROZEN = "frozen"
    DARK = "dark"  # the lights are off
    COVERED = "covered"
    MOVED = "moved"
    DEFOCUSED = "defocused"
    OVEREXPOSED = "overexposed"  # the exposure control fails, and most is white
    CAST = "cast"  # all colours lean to one side: an infrared filter sticks, the white balance fails


@dataclass(frozen=True, slots=True)
class PersonTruth(Strict):
    """A person in one camera's picture. `box` bounds the whole silhouette within the frame, `visible_box` what is seen of it.

    `visibility` is the share of the silhouette that is seen, 0..1.
    """

    id: int
    role: PersonRole
    box: Box
    visible_box: Box | None = None
    visibility: float = 1.0
    window: WindowId | None = None
    in_queue: bool = False


@dataclass(frozen=True, slots=True)
class WindowTruth(Strict):
    """`visible` is whether this camera can see the window's staff area at all: no fault, no obstacle before it."""

    staffed: bool | None
    visitor: bool | None = None
    visible: bool = True


@dataclass(frozen=True, slots=True)
class SecondTruth(Strict):
    """One second, as it is at its beginning. `queue_in_view` counts those of the queue whom this camera can see."""

    t_s: int
    windows: dict[WindowId, WindowTruth]
    queue: int | None = None
    queue_in_view: int | None = None
    fault: PictureFault | None = None
    people: tuple[PersonTruth, ...] = ()


@dataclass(frozen=True, slots=True)
class VisitTruth(Strict):
    """One visitor from the door to the exit. None for what had not happened when the scene ended."""

    id: int
    entered_s: float
    joined_s: float | None = None
    called_s: float | None = None
    served_s: float | None = None
    left_s: float | None = None
    window: WindowId | None = None

    @property
    def wait_s(self) -> float | None:
        """From joining the queue to being served."""
        if self.joined_s is None or self.served_s is None:
            return None
        return self.served_s - self.joined_s


@dataclass(frozen=True, slots=True)
class Condition(Strict):
    """A difficulty and when it was there, so that figures can be given by condition. `window`: of that one alone."""

    name: str
    from_s: float
    to_s: float
    window: WindowId | None = None


@dataclass(frozen=True, slots=True)
class TruthHeader(Strict):
    """`tags` hold for the whole clip (hall, light, rate); `zones` are what a person would draw into this camera's picture.

    Windows and group belong to one queue. `width` and `height` are in pixels; `fps` is 0 where it is not known.
    """

    scene: str
    camera: CameraId
    source: TruthSource
    start_at: datetime
    seconds: float
    width: int
    height: int
    fps: float
    windows: tuple[WindowId, ...]
    group: GroupId | None = None
    zones: tuple[Zone, ...] = ()
    scenario: str = ""
    seed: int | None = None
    tags: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    version: int = 1


@dataclass(frozen=True, slots=True)
class Truth:
    """All that is true of one clip. `seconds` rise by one from the first; `visits` are in the order of arrival."""

    header: TruthHeader
    seconds: tuple[SecondTruth, ...]
    visits: tuple[VisitTruth, ...] = ()

    def of_window(self, window: WindowId) -> Iterator[tuple[int, WindowTruth]]:
        """(second, truth) of each second in which something is known of the window."""
        for second in self.seconds:
            if window in second.windows:
                yield second.t_s, second.windows[window]
