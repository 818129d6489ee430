"""A small hall, and what the tests ask of the life in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from vigil.model.truth import PersonRole
from vigil.sim.figures import Figure, Moment
from vigil.sim.hall import Hall
from vigil.sim.routine import expand
from vigil.sim.scenario import Scenario
from vigil.sim.world import Doors, HallPlan, Paths, QueuePlan, WindowPlan

START = datetime.fromisoformat("2026-03-02T09:00:00+08:00")
LOOKS = {
    PersonRole.CLERK: [f"s{n}" for n in range(1, 7)],
    PersonRole.VISITOR: [f"v{n}" for n in range(1, 11)],
    PersonRole.CLEANER: ["c1"],
}


def plan(*, mirrored: bool = False, windows: int = 3, places: int = 15) -> HallPlan:
    """As the real ones are laid out, with nothing to look at it."""
    side = -1 if mirrored else 1
    xs = [side * (-2.7 + 1.8 * n) for n in range(windows)]
    return HallPlan(
        mirrored=mirrored,
        lift=0.25,
        windows=tuple(
            WindowPlan(n, (x, 0.98), (x + 0.28 * side, -0.42), (x - 0.6, 0.5, x + 0.6, 1.45))
            for n, x in enumerate(xs, start=1)
        ),
        queue=QueuePlan((side * 0.75, -2.6), (side * 0.82, -0.572), 0.5, places),
        chairs=tuple((side * 6.45, y) for y in (-1.9, -1.15, -0.4, 0.35)),
        doors=Doors((side * 6.7, -3.7), (side * 6.7, -3.2), (side * 4.4, 2.35)),
        paths=Paths((side * 3.6, -1.2), (side * 4.9, -1.35), (side * 4.1, 1.78), 1.78),
        cameras={},
    )


def scenario(**fields: Any) -> Scenario:
    given: dict[str, Any] = {"name": "test", "hall": "hall", "start_at": START, "seconds": 120.0, "warm_up_s": 0.0}
    return Scenario(**{**given, **fields})


def hall(seed: int = 1, *, of: HallPlan | None = None, **fields: Any) -> Hall:
    """A hall that lives the scenario of these fields; its routine is drawn from the same seed."""
    given = scenario(**fields)
    return Hall(of or plan(), expand(given, seed), seed, LOOKS)


def watch(scene: Hall, times: Iterable[float]) -> list[Moment]:
    return [scene.at(t) for t in times]


def whole(scene: Hall, seconds: int) -> list[Moment]:
    """Once a second."""
    return watch(scene, [float(t) for t in range(seconds + 1)])


def tenths(begin: float, end: float) -> list[float]:
    return [n / 10 for n in range(round(begin * 10), round(end * 10) + 1)]


def staffed(moments: Iterable[Moment], window: int) -> list[bool]:
    return [moment.windows[window].staffed for moment in moments]


def of_role(moment: Moment, role: PersonRole) -> list[Figure]:
    return [figure for figure in moment.figures if figure.role is role]


def without_visits(moments: Iterable[Moment]) -> list[Moment]:
    """What a moment is, whenever the one before was."""
    return [replace(moment, visits=()) for moment in moments]
