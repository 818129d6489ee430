"""A simulated camera: one hall's moments become its pictures, and what is true of them."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from typing import Final

import cv2
import numpy as np

from vigil.model.ids import CameraId, GroupId, WindowId
from vigil.model.site import Zone, ZoneKind
from vigil.model.truth import Condition, PersonRole, PersonTruth, PictureFault, SecondTruth, WindowTruth
from vigil.sim.assets import Assets, Picture
from vigil.sim.figures import Moment
from vigil.sim.monitor import monitor_place, place_monitor, seated_clerk
from vigil.sim.painter import Painter, Sight, Thing
from vigil.sim.patches import Body
from vigil.sim.picture_faults import DARK_NOISE, PictureFaults
from vigil.sim.scenario import FaultEvent, MonitorEvent, Scenario
from vigil.sim.sensor import SENSORS, Exposure
from vigil.sim.view import View
from vigil.sim.world import CameraPlan, HallPlan, Place, WindowPlan, window_id

QUEUE_VISIBILITY: Final = 0.3
"""Somebody in the queue of whom less is seen does not count as seen."""
BLINDS_FROM: Final = 0.7
"""Where this share of a clerk on the seat is, or would be, hidden, nobody can say whether the window is staffed."""
MONITOR: Final = "monitor"
"""The name of a condition: a monitor hides part of the clerk."""
_SENSOR_SEED: Final = 1
_FAULT_SEED: Final = 2


class HallCamera:
    """One camera of one scene. Moments must come in order of time. Not thread-safe."""

    def __init__(
        self, name: str, plan: HallPlan, scenario: Scenario, assets: Assets, *, size: tuple[int, int], seed: int
    ) -> None:
        """`name` is one of `plan.cameras`; `size` is (width, height) in pixels. Raises ScenarioError for missing assets."""
        camera = plan.cameras[name]
        self.name = name
        self.size = size
        self.zones = zones_of(scenario.hall, camera)
        view = View(camera, scenario.light, size, assets)
        own = (seed, zlib.crc32(f"{scenario.hall}-{name}".encode()))
        events = faults_of(scenario.faults, name)
        self._hall = scenario.hall
        self._painter = Painter(view, assets.wardrobe)
        self._exposure = Exposure(SENSORS[scenario.light], size, np.random.default_rng([*own, _SENSOR_SEED]))
        self._faults = PictureFaults(events, size, (*own, _FAULT_SEED))
        self._monitors = tuple(_things(scenario.monitors, plan, view, assets))
        self._seats = tuple(_seats(self.zones, scenario.hall, plan, view, assets))
        self._blinded: frozenset[WindowId] = frozenset()
        self._last: Picture | None = None
        self.conditions = (*_fault_conditions(events), *_monitor_conditions(scenario))

    def picture(self, moment: Moment) -> Picture | None:
        """What the camera gives at that moment, uint8 (height, width, 3); None while it is offline.

        A frozen camera gives the same array again. Nobody may write to it. The first picture comes in any case, for a
        clip's times are counted from it.
        """
        trouble = self._faults.at(moment.t_s)
        if trouble is not None and self._last is not None:
            if trouble.fault is PictureFault.OFFLINE:
                return None
            if trouble.fault is PictureFault.FROZEN:
                return self._last
        picture = self._painter.paint(moment.figures, self._things(moment.t_s))
        noise = 1.0
        if trouble is not None:
            picture = self._faults.spoil(picture, trouble)
            noise = DARK_NOISE if trouble.fault is PictureFault.DARK else 1.0
        self._last = self._exposure.expose(picture, moment.t_s, noise)
        if trouble is not None:
            self._last = self._faults.develop(self._last, trouble)
        return self._last

    def second(self, moment: Moment, *, looked: bool) -> SecondTruth:
        """What is true at the beginning of a second. `looked`: the camera takes a picture within it.

        People are told of only where they are in a picture of the view as its zones were drawn: never during a fault. Between
        two pictures a window is as visible as in the last one.
        """
        trouble = self._faults.at(moment.t_s)
        fault = trouble.fault if trouble is not None else None
        if looked:
            self._blinded = self._hidden(moment)
        watched = {window for window, _, _ in self._seats} - self._blinded
        windows = {}
        for number, state in moment.windows.items():
            window = window_id(self._hall, number)
            windows[window] = WindowTruth(state.staffed, state.visitor, fault is None and window in watched)
        if fault is not None or not looked:
            return SecondTruth(round(moment.t_s), windows, moment.queue, None, fault)
        sights = self._painter.sights(moment.figures, self._things(moment.t_s))
        in_view = sum(
            sight.figure.in_queue and sight.foot_inside and sight.visibility >= QUEUE_VISIBILITY for sight in sights
        )
        people = tuple(self._person(sight) for sight in sights)
        return SecondTruth(round(moment.t_s), windows, moment.queue, in_view, None, people)

    def _person(self, sight: Sight) -> PersonTruth:
        figure = sight.figure
        window = window_id(self._hall, figure.window) if figure.window is not None else None
        return PersonTruth(
            figure.id, figure.role, sight.box, sight.visible_box, sight.visibility, window, figure.in_queue
        )

    def _things(self, t_s: float) -> list[Thing]:
        return [thing for event, thing in self._monitors if thing is not None and event.from_s <= t_s < event.to_s]

    def _hidden(self, moment: Moment) -> frozenset[WindowId]:
        """Windows before whose seat somebody or something stands."""
        things = self._things(moment.t_s)
        return frozenset(
            window
            for window, seat, clerk in self._seats
            if self._painter.hidden_share(clerk, seat, moment.figures, things) >= BLINDS_FROM
        )


def substream(picture: Picture, size: tuple[int, int]) -> Picture:
    """The same picture as the camera's smaller stream has it; `size` is (width, height)."""
    smaller: Picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return smaller


def camera_id(hall: str, camera: str) -> CameraId:
    return CameraId(f"{hall}-{camera}")


def group_id(hall: str) -> GroupId:
    """All windows of a simulated hall share one queue."""
    return GroupId(f"{hall}-queue")


def zones_of(hall: str, camera: CameraPlan) -> tuple[Zone, ...]:
    """As a person would draw them, with the ids that truth and pictures use."""
    return tuple(
        Zone(one.kind, one.polygon, window_id(hall, one.window))
        if one.window is not None
        else Zone(one.kind, one.polygon, group=group_id(hall))
        for one in camera.zones
    )


def faults_of(events: Sequence[FaultEvent], camera: str) -> tuple[FaultEvent, ...]:
    """Those that befall this camera."""
    return tuple(event for event in events if event.camera in (None, camera))


def _fault_conditions(events: Sequence[FaultEvent]) -> list[Condition]:
    return [Condition(event.fault.value, event.from_s, event.to_s) for event in events]


def _monitor_conditions(scenario: Scenario) -> list[Condition]:
    return [
        Condition(MONITOR, event.from_s, event.to_s, window_id(scenario.hall, event.window))
        for event in scenario.monitors
    ]


def _seats(
    zones: Sequence[Zone], hall: str, plan: HallPlan, view: View, assets: Assets
) -> Iterator[tuple[WindowId, Place, Body]]:
    """The seats behind the staff areas that are drawn, each with what the camera sees of a clerk who sits there."""
    drawn = {zone.window for zone in zones if zone.kind is ZoneKind.STAFF_AREA}
    look = assets.wardrobe.by_role()[PersonRole.CLERK][0]
    for one in plan.windows:
        window = window_id(hall, one.id)
        clerk = seated_clerk(one, plan.lift, view, assets.wardrobe, look) if window in drawn else None
        if clerk is not None:
            yield window, one.seat, clerk


def _things(
    events: Sequence[MonitorEvent], plan: HallPlan, view: View, assets: Assets
) -> list[tuple[MonitorEvent, Thing | None]]:
    """Each monitor as this camera sees it; None where it does not see the clerk anyway."""
    windows: dict[int, WindowPlan] = {window.id: window for window in plan.windows}
    clerk = assets.wardrobe.by_role()[PersonRole.CLERK][0]
    things: list[tuple[MonitorEvent, Thing | None]] = []
    for event in events:
        window = windows[event.window]
        body = place_monitor(window, plan.lift, event.share, view, assets.wardrobe, clerk)
        thing = Thing(monitor_place(window, view), body) if body is not None else None
        things.append((event, thing))
    return things
