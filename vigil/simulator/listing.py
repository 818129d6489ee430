"""The simulator's halls in words, and their zones in the form of a configuration file."""

from __future__ import annotations

from collections.abc import Iterator

from vigil.model.site import Zone
from vigil.sim.camera import camera_id, zones_of
from vigil.sim.world import HallPlan, World


def halls(world: World) -> str:
    """A line a hall, then a line a camera."""
    return "\n".join(line for name in sorted(world.halls) for line in _hall(name, world.halls[name]))


def zones(world: World) -> str:
    """YAML: the cameras of each hall with their zones, to be copied below `halls:` of a site."""
    return "\n".join(line for name in sorted(world.halls) for line in _zones(name, world.halls[name]))


def _hall(name: str, plan: HallPlan) -> Iterator[str]:
    windows = ", ".join(str(window.id) for window in plan.windows)
    yield f"{name}: windows {windows}; a queue of {plan.queue.places} places; {len(plan.chairs)} chairs"
    for camera, view in plan.cameras.items():
        width, height = view.size
        kinds = [zone.kind.value for zone in view.zones]
        counted = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))
        yield f"  {camera_id(name, camera)}  painted at {width}x{height}, {' and '.join(view.plates)}; zones: {counted}"


def _zones(name: str, plan: HallPlan) -> Iterator[str]:
    yield f"- id: {name}"
    yield "  cameras:"
    for camera, view in plan.cameras.items():
        yield f"    - id: {camera_id(name, camera)}"
        yield "      zones:"
        for zone in zones_of(name, view):
            yield f"        - {_flow(zone)}"


def _flow(zone: Zone) -> str:
    owner = f"window: {zone.window}" if zone.window is not None else f"group: {zone.group}"
    points = ", ".join(f"[{x:g}, {y:g}]" for x, y in zone.polygon)
    return f"{{kind: {zone.kind.value}, {owner}, polygon: [{points}]}}"
