"""Hand-made moments and scenarios of the miniature hall."""

from __future__ import annotations

import math
from datetime import UTC, datetime

from tests.unit.sim.miniature import HALL
from vigil.model.truth import PersonRole, PictureFault
from vigil.sim.assets import Assets
from vigil.sim.camera import HallCamera
from vigil.sim.figures import Figure, Moment, Pose, WindowState
from vigil.sim.scenario import FaultEvent, MonitorEvent, Scenario
from vigil.sim.world import Light, Place

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def clerk(window: int = 1, *, number: int = 1, place: Place | None = None) -> Figure:
    """Seated, unless `place` says where to stand."""
    seat = (-1.5, 1.0) if window == 1 else (0.5, 1.0)
    pose = Pose.CLERK_TYPE if place is None else Pose.STAND
    return Figure(number, "c1", PersonRole.CLERK, pose, 0, place or seat, -math.pi / 2, 0.25, window)


def visitor(place: Place, *, number: int = 10, in_queue: bool = False) -> Figure:
    return Figure(number, "v1", PersonRole.VISITOR, Pose.STAND, 0, place, math.pi / 2, in_queue=in_queue)


def moment(t_s: float, *figures: Figure) -> Moment:
    staffed = {figure.window for figure in figures if figure.role is PersonRole.CLERK}
    windows = {window: WindowState(window in staffed, visitor=False) for window in (1, 2)}
    return Moment(t_s, figures, windows, sum(figure.in_queue for figure in figures))


def scenario(
    *,
    seconds: float = 20,
    faults: tuple[FaultEvent, ...] = (),
    monitors: tuple[MonitorEvent, ...] = (),
    light: Light = Light.DAY,
) -> Scenario:
    return Scenario(
        name="mini", hall=HALL, start_at=AT, seconds=seconds, faults=faults, monitors=monitors, light=light, warm_up_s=0
    )


def fault(kind: PictureFault, from_s: float = 2, to_s: float = 8, camera: str | None = None) -> FaultEvent:
    return FaultEvent(kind, from_s, to_s, camera)


def camera(assets: Assets, story: Scenario, *, name: str = "front", seed: int = 0) -> HallCamera:
    plan = assets.world.hall(HALL)
    return HallCamera(name, plan, story, assets, size=plan.cameras[name].size, seed=seed)
