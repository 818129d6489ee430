"""A scenario: what happens in a hall, when, and what is wrong with its pictures. Read from a YAML file.

`shifts`, `lunch` and `routine` are what a file says in short; vigil/sim/routine.py spells them out.
sample_streams/scenarios/morning.yaml explains the form by example. All times are seconds from the beginning of the scene.
"""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError

from vigil.errors import ScenarioError
from vigil.model.site import Strict
from vigil.model.truth import PictureFault
from vigil.sim import events as hall_events
from vigil.sim.events import Event, Range, Span
from vigil.sim.form import Form, Key, read_form
from vigil.sim.rules import faults_of
from vigil.sim.world import Light

Rate = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]


USUAL_FAULTS: Final = (
    PictureFault.OFFLINE,
    PictureFault.FROZEN,
    PictureFault.DARK,
    PictureFault.COVERED,
    PictureFault.MOVED,
    PictureFault.DEFOCUSED,
)
"""What a routine draws from where it names none. Never longer: the same seed would draw another day."""


@dataclass(frozen=True, slots=True)
class FaultEvent(Strict):
    """Something is wrong with the picture of `camera`, or of all cameras where that is None."""

    fault: PictureFault
    from_s: float
    to_s: float
    camera: str | None = None


@dataclass(frozen=True, slots=True)
class MonitorEvent(Strict):
    """A monitor stands so that it hides this share (0..1) of the window's clerk from the camera."""

    window: int
    from_s: float
    to_s: float
    share: Share


@dataclass(frozen=True, slots=True)
class Arrivals(Strict):
    """From `from_s` on `per_min` visitors come in a minute, on average. The first rate holds before its time, too."""

    from_s: float
    per_min: Rate


@dataclass(frozen=True, slots=True)
class Service(Strict):
    """How long a service takes at one window."""

    window: int
    seconds: Range


@dataclass(frozen=True, slots=True)
class Shifts(Strict):
    """When a clerk is meant to sit at a window: seated at the beginning of each span, off at its end."""

    window: int
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Routine(Strict):
    """What happens by chance. Rates are per hour on duty, and a day has seven; of the hall where the key does not say else.

    All that is drawn keeps 30 s from the edges of shifts, and from what happens at the same window.
    """

    breaks_per_hour: Rate = 0
    """Per clerk."""
    short_s: Range = (60, 240)
    long_s: Range = (330, 900)
    long_share: Share = 0.25
    most_away: Count | None = None
    """Clerks on a break at once. None: all but one."""
    handovers_per_day: Rate = 0
    """Per window."""
    handover_gap_s: Range = (8, 20)
    step_asides_per_hour: Rate = 0
    """Per clerk."""
    step_aside_s: Range = (10, 90)
    lean_overs_per_hour: Rate = 0
    lean_over_s: Range = (8, 40)
    cleaners_per_hour: Rate = 0
    cleaner_pause_s: Range = (0, 60)
    unserved_per_hour: Rate = 0
    """A visitor goes to a window during one of its long breaks. At most one in each."""
    unserved_stay_s: Range = (60, 240)
    faults_per_day: Rate = 0
    fault_s: Range = (30, 300)
    faults: tuple[PictureFault, ...] = USUAL_FAULTS
    """The kinds to draw from."""
    fault_cameras: tuple[str, ...] = ()
    """A fault befalls one of these. Empty: all cameras at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario(Strict):
    name: str
    hall: str
    light: Light = Light.DAY
    start_at: AwareDatetime
    """Wall time at which the scene begins."""
    seconds: Annotated[float, Field(gt=0)]
    windows: tuple[int, ...] = ()
    """Those that are open. Empty: all that the hall has. `lunch` and `routine` want them named."""
    warm_up_s: Rate = 60
    """For so long the hall lives before the scene begins, unseen."""
    arrivals: tuple[Arrivals, ...] = ()
    service_s: Range = (40, 180)
    service: tuple[Service, ...] = ()
    patience_s: Range | None = None
    """After so long in the queue a visitor gives up. None: nobody does."""
    alone_s: Range = (240, 600)
    """After so long in a row at a window without a clerk a visitor from the queue leaves."""
    pairs_share: Share = 0
    """Of the visitors, so many bring somebody along, who stands beside them and does not count as waiting."""
    seated: Count = 0
    """People on chairs."""
    shifts: tuple[Shifts, ...] = ()
    """A window that has none is staffed throughout."""
    lunch: Span | None = None
    """All clerks leave a little before it begins, and are back a little before it ends. The hall is closed."""
    events: tuple[Event, ...] = ()
    routine: Routine | None = None
    faults: tuple[FaultEvent, ...] = ()
    """In the file these are events with `do: fault`, at_s and until_s; monitors likewise."""
    monitors: tuple[MonitorEvent, ...] = ()


_ADAPTER: Final = TypeAdapter(Scenario)
_PICTURE: Final = {"fault": "faults", "monitor": "monitors"}
"""Event in the file: field of the scenario."""
_NAMES: Final = {"from_s": "at_s", "to_s": "until_s"}
"""Key of a picture's event: the key in the file."""


def load_scenario(path: Path) -> Scenario:
    """Raises ScenarioError with each fault: file, line, key, what is wrong, what would be right."""
    form = read_form(path)
    places = _move_picture_events(form)
    try:
        # By way of JSON: strict mode then takes lists for tuples and texts for enums, and still no "5" for 5.
        scenario = _ADAPTER.validate_json(json.dumps(form.value), strict=True)
    except ValidationError as error:
        for one in error.errors(include_url=False):
            form.fault(_place(tuple(one["loc"]), places), *_explain(dict(one)))
        form.raise_faults()
        raise ScenarioError(str(error)) from error
    for key, what, remedy in faults_of(scenario):
        form.fault(_place(key, places), what, remedy)
    form.raise_faults()
    return scenario


def _move_picture_events(form: Form) -> dict[Key, Key]:
    """Takes faults and monitors out of the events. Returns where each event has gone from, by where it is now."""
    places: dict[Key, Key] = {}
    kept: list[Any] = []
    for kind, name in _PICTURE.items():
        if form.value.pop(name, None) is not None:
            form.fault((name,), f"unknown key {name!r}", f"Write an event with do: {kind}")
    listed = form.value.get("events")
    if not isinstance(listed, list):
        return places
    for index, event in enumerate(listed):
        field = _PICTURE.get(str(event.get("do"))) if isinstance(event, dict) else None
        target = kept if field is None else form.value.setdefault(field, [])
        target.append(event if field is None else _renamed(event))
        places["events" if field is None else field, len(target) - 1] = ("events", index)
    form.value["events"] = kept
    return places


def _renamed(event: dict[str, Any]) -> dict[str, Any]:
    inner = {name: key for key, name in _NAMES.items()}
    return {inner.get(name, name): value for name, value in event.items() if name != "do"}


def _place(loc: Key, places: dict[Key, Key]) -> Key:
    """Where in the file that is. Pydantic puts an event's kind between its number and its key."""
    rest = loc[2:]
    if loc[0] == "events":
        rest = rest[1:] if rest and rest[0] in _kinds() else rest
    elif loc[0] in _PICTURE.values():
        rest = tuple(_NAMES.get(str(part), part) for part in rest)
    return (*places.get(loc[:2], loc[:2]), *rest)


def _explain(error: dict[str, Any]) -> tuple[str, str]:
    """What is wrong and what would be right."""
    last = _NAMES.get(str(error["loc"][-1]), str(error["loc"][-1])) if error["loc"] else "the file"
    match error["type"]:
        case "unexpected_keyword_argument" | "extra_forbidden":
            near = difflib.get_close_matches(last, sorted(_known_keys()), n=1)
            answer = f"unknown key {last!r}", f"Did you mean {near[0]!r}?" if near else "Remove it"
        case "missing" | "missing_argument" | "missing_keyword_only_argument":
            answer = f"the key {last!r} is missing", "Add it"
        case "union_tag_not_found":
            answer = "the event does not say what happens", f"Add do: with one of {', '.join(sorted(_kinds()))}"
        case "union_tag_invalid":
            answer = f"there is no event {error['ctx']['tag']!r}", f"One of {', '.join(sorted(_kinds()))}"
        case "enum":
            answer = f"{error['input']!r} is not known", f"One of {error['ctx']['expected']}"
        case "timezone_aware":
            answer = f"{error['input']!r} does not say the time zone", "For example 2026-03-02T08:20:00+08:00"
        case _:
            answer = f"{error['msg']}, not {error['input']!r}", "See morning.yaml in sample_streams/scenarios"
    return answer


def _kinds() -> set[str]:
    """Names of all events."""
    every = [field for kind in _classes(vars(hall_events).values()) for field in fields(kind)]
    return {str(field.default) for field in every if field.name == "do"} | _PICTURE.keys()


def _known_keys() -> set[str]:
    known = [*vars(hall_events).values(), Scenario, Routine, Shifts, Service, Arrivals, FaultEvent, MonitorEvent]
    names = {field.name for kind in _classes(known) for field in fields(kind)}
    return {_NAMES.get(name, name) for name in names}


def _classes(items: Any) -> list[Any]:
    return [item for item in items if isinstance(item, type) and is_dataclass(item)]
