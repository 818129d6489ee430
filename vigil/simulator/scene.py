"""One hall and its cameras, and the times at which they are looked at."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from vigil.errors import ScenarioError
from vigil.model.media import CLOCK_RATE
from vigil.model.truth import Condition, TruthHeader, TruthSource
from vigil.sim.assets import Assets
from vigil.sim.camera import HallCamera, camera_id, group_id
from vigil.sim.hall import Hall
from vigil.sim.routine import expand
from vigil.sim.scenario import Scenario
from vigil.sim.world import HallPlan, window_id
from vigil.simulator.job import Size


@dataclass(frozen=True, slots=True)
class Tick:
    """A time at which something is asked of the hall, `t_90k` after the scene's beginning."""

    t_90k: int
    picture: bool
    """The cameras take a picture."""
    second: bool
    """A second begins."""
    looked: bool
    """A picture is taken within the second that begins."""

    @property
    def t_s(self) -> float:
        return self.t_90k / CLOCK_RATE


def timeline(seconds: float, fps: float) -> Iterator[Tick]:
    """All pictures and all beginnings of seconds, in order, each time once."""
    whole = math.ceil(seconds)
    pictures = math.ceil(round(seconds * fps, 6))
    number, second = 0, 0
    while number < pictures or second < whole:
        picture_90k = picture_time_90k(number, fps)
        second_90k = second * CLOCK_RATE
        is_picture = number < pictures and (picture_90k <= second_90k or second >= whole)
        is_second = second < whole and (second_90k <= picture_90k or number >= pictures)
        looked = number < pictures and picture_90k < second_90k + CLOCK_RATE
        yield Tick(picture_90k if is_picture else second_90k, is_picture, is_second, is_second and looked)
        number += is_picture
        second += is_second


def picture_time_90k(number: int, fps: float) -> int:
    """When the picture of that number, from 0, is taken."""
    return round(number * CLOCK_RATE / fps)


class Scene:
    """A hall that lives, and cameras that see the same of it. Not thread-safe."""

    def __init__(self, assets: Assets, scenario: Scenario, seed: int, cameras: Sequence[str], size: Size) -> None:
        """Raises ScenarioError for a hall, a camera or an asset that is not there."""
        plan = assets.world.hall(scenario.hall)
        names = _chosen(plan, scenario.hall, cameras)
        _require_known(scenario, plan)
        self.scenario = expand(scenario, seed)
        self.seed = seed
        self.hall = Hall(plan, self.scenario, seed, assets.wardrobe.by_role())
        self.cameras = tuple(HallCamera(name, plan, self.scenario, assets, size=size, seed=seed) for name in names)
        self._plan = plan

    def header(self, camera: HallCamera, *, suffix: str, size: Size, fps: float, seconds: float) -> TruthHeader:
        """Of one camera's clip. A substream is a scene of its own, so that no picture counts twice."""
        scenario = self.scenario
        hall_conditions = (condition for condition, _ in self.hall.conditions())
        return TruthHeader(
            scene=f"{scenario.name}-{scenario.hall}-{self.seed}{suffix}",
            camera=camera_id(scenario.hall, camera.name),
            source=TruthSource.SIMULATOR,
            start_at=scenario.start_at,
            seconds=seconds,
            width=size[0],
            height=size[1],
            fps=fps,
            windows=tuple(window_id(scenario.hall, window.id) for window in self._plan.windows),
            group=group_id(scenario.hall),
            zones=camera.zones,
            scenario=scenario.name,
            seed=self.seed,
            tags=(
                f"hall:{scenario.hall}",
                f"light:{scenario.light}",
                f"camera:{camera.name}",
                f"stream:{suffix.lstrip('-') or 'main'}",
                f"rate:{fps:g}",
            ),
            conditions=tuple(_within(seconds, (*hall_conditions, *camera.conditions))),
        )


def _within(seconds: float, conditions: Iterable[Condition]) -> Iterator[Condition]:
    """What of them lies in a scene that may have been cut short."""
    for one in conditions:
        if one.from_s < seconds and one.to_s > 0:
            yield replace(one, from_s=max(0.0, one.from_s), to_s=min(seconds, one.to_s))


def _chosen(plan: HallPlan, hall: str, cameras: Sequence[str]) -> tuple[str, ...]:
    for name in cameras:
        if name not in plan.cameras:
            raise ScenarioError(f"hall {hall} has no camera {name!r}; it has {', '.join(plan.cameras)}")
    return tuple(dict.fromkeys(cameras)) or tuple(plan.cameras)


def _require_known(scenario: Scenario, plan: HallPlan) -> None:
    """What the scenario says of cameras, windows and light must be there in this hall."""
    named = {fault.camera for fault in scenario.faults} | set(
        scenario.routine.fault_cameras if scenario.routine else ()
    )
    for name in sorted(named - {None, *plan.cameras}, key=str):
        raise ScenarioError(
            f"{scenario.name}: a fault is to befall camera {name!r}, but hall {scenario.hall} has"
            f" {', '.join(plan.cameras)}"
        )
    windows = [window.id for window in plan.windows]
    for monitor in scenario.monitors:
        if monitor.window not in windows:
            raise ScenarioError(
                f"{scenario.name}: a monitor is to stand at window {monitor.window}, but hall {scenario.hall} has"
                f" {', '.join(map(str, windows))}"
            )
    for name, camera in plan.cameras.items():
        if scenario.light not in camera.plates:
            raise ScenarioError(
                f"{scenario.name}: camera {name} of hall {scenario.hall} was never painted at {scenario.light}; there is"
                f" {', '.join(camera.plates)}"
            )
