"""What a scenario can make happen: one class an event, `do` is its name in the file.

Times are seconds from the beginning of the scene; those of the warm-up are negative. A window is given by its number in the hall.
What is wrong with a picture is no event of the hall's life and stands in scenario.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from vigil.model.site import Strict

Span = tuple[float, float]
"""From and to, seconds of the scene."""

Range = tuple[float, float]
"""The lowest and the highest, both possible."""

Length = Annotated[float, Field(ge=0)]
"""Seconds, never negative."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Break(Strict):
    """The clerk leaves through the staff door at `at_s` and is seated again at `until_s`; None: does not come back.

    The clerk serves the visitor at the window to the end first, but for no longer than `finish_s`.
    """

    at_s: float
    until_s: float | None = None
    window: int
    finish_s: Length = 0
    do: Literal["break"] = "break"


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover(Strict):
    """The clerk leaves at `at_s`, and another one sits down `gap_s` later."""

    at_s: float
    window: int
    gap_s: Length = 15
    do: Literal["handover"] = "handover"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepAside(Strict):
    """The clerk stands up and stands beside the seat: the window stays staffed."""

    at_s: float
    until_s: float
    window: int
    do: Literal["step-aside"] = "step-aside"


@dataclass(frozen=True, slots=True, kw_only=True)
class StandAway(Strict):
    """The clerk stands in the aisle behind the window, in sight but not at it: the window is not staffed."""

    at_s: float
    until_s: float
    window: int
    do: Literal["stand-away"] = "stand-away"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeanOver(Strict):
    """The visitor at the window leans over the counter. Where there is none, one comes, so as to be there at `at_s`."""

    at_s: float
    until_s: float
    window: int
    do: Literal["lean-over"] = "lean-over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unserved(Strict):
    """A visitor comes to the window past the queue, is there at `at_s` and stays for `stay_s`, staffed or not.

    Where somebody is at the window already, that visitor stays as long.
    """

    at_s: float
    window: int
    stay_s: Length = 60
    do: Literal["unserved"] = "unserved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaning(Strict):
    """A cleaner comes in by the staff door, walks behind all clerks to the far end and back, and pauses behind `window`."""

    at_s: float
    window: int | None = None
    pause_s: Length = 0
    do: Literal["cleaner"] = "cleaner"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rush(Strict):
    """Visitors come in, one close behind the other, until the queue has `size`."""

    at_s: float
    size: Annotated[int, Field(gt=0)]
    do: Literal["queue"] = "queue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold(Strict):
    """Nobody is called from the queue any more."""

    at_s: float
    do: Literal["hold"] = "hold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Release(Strict):
    """People are called again."""

    at_s: float
    do: Literal["release"] = "release"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewArrivals(Strict):
    """From now on `per_min` visitors come in a minute, on average."""

    at_s: float
    per_min: Annotated[float, Field(ge=0)]
    do: Literal["arrivals"] = "arrivals"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewService(Strict):
    """From now on a service takes `seconds`, at `window` or, where that is None, everywhere."""

    at_s: float
    seconds: Range
    window: int | None = None
    do: Literal["service"] = "service"


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing(Strict):
    """The hall is closed: nobody comes in, who waits goes home within a minute. The clerks have shifts of their own."""

    at_s: float
    until_s: float | None = None
    do: Literal["close"] = "close"


Away = Break | StepAside | StandAway
"""What takes a clerk off the seat."""

Event = Annotated[
    Break
    | Handover
    | StepAside
    | StandAway
    | LeanOver
    | Unserved
    | Cleaning
    | Rush
    | Hold
    | Release
    | NewArrivals
    | NewService
    | Closing,
    Field(discriminator="do"),
]


def until(event: Event) -> float | None:
    """When the event is to end, for one that can say so: None where it goes on, or is over at once."""
    match event:
        case Break() | StepAside() | StandAway() | LeanOver() | Closing():
            return event.until_s
        case Handover():
            return event.at_s + event.gap_s
        case Unserved():
            return event.at_s + event.stay_s
        case _:
            return None


def window(event: Event) -> int | None:
    """The one window that the event is about, if it is about one."""
    match event:
        case Cleaning() | Rush() | Hold() | Release() | NewArrivals() | Closing():
            return None
        case _:
            return event.window
