"""Which scenes are measured. Published figures come from the seeds below 100, and nothing is ever tuned on those.

Who looks for better rules or thresholds does so on the seeds from 101 on (`--tuning`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from vigil.sim.scenario import Scenario, load_scenario
from vigil.sim.world import Light
from vigil.simulator.job import RenderJob, StreamSettings

SCENARIOS: Final = Path(__file__).parent / "scenarios"
TUNING_FROM: Final = 101
_WINDOWS: Final = {"gongan": 4, "renshe": 4, "canlian": 3}
_SIZE: Final = (640, 360)
"""That of a substream, which is what a node analyses."""
_CRF: Final = 28


@dataclass(frozen=True, slots=True)
class Take:
    """A scenario in one hall and one light, under one seed. `keyframe_s`: seconds between the pictures, all of them key pictures.

    `ultralytics`: this scene is also given to Ultralytics' region counter, which takes too long for all of them. `every_picture`:
    also to vigil with the detector at the whole of every picture, and to the counter of boxes that feeds on the same.
    """

    scenario: str
    hall: str
    light: Light
    seed: int
    cameras: tuple[str, ...] = ("counter",)
    keyframe_s: float = 2.0
    ultralytics: bool = False
    every_picture: bool = False

    @property
    def name(self) -> str:
        return f"{self.scenario}-{self.hall}-{self.light}-{self.seed}"

    @property
    def calibration(self) -> Take:
        """What this hall in this light is calibrated with."""
        return next(one for one in CALIBRATION if (one.hall, one.light) == (self.hall, self.light))

    def job(self, out: Path, seconds: float | None = None) -> RenderJob:
        """Raises ScenarioError."""
        stream = StreamSettings(_SIZE, 1 / self.keyframe_s, crf=_CRF, keyframe_s=self.keyframe_s)
        return RenderJob(self._cast(), out, self.seed, self.cameras, stream, seconds)

    def _cast(self) -> Scenario:
        """The scenario in this hall. What it says of windows that the hall has not is left out."""
        scenario = load_scenario(SCENARIOS / f"{self.scenario}.yaml")
        windows = tuple(range(1, _WINDOWS[self.hall] + 1))
        events = tuple(event for event in scenario.events if getattr(event, "window", None) in (None, *windows))
        monitors = tuple(one for one in scenario.monitors if one.window in windows)
        cast = replace(scenario, hall=self.hall, light=self.light, windows=windows, events=events, monitors=monitors)
        return replace(cast, name=f"{scenario.name}-{self.light}")


_BOTH: Final = ("counter", "hall")
_DAY_KEYFRAME_S: Final = 4.0
"""Of the whole days, so that they can be looked at in an hour; nodes are told to expect 1 to 4 s."""

PUBLISHED: Final = (
    Take("hour", "gongan", Light.DAY, 1, ultralytics=True, every_picture=True),
    Take("hour", "renshe", Light.DUSK, 2, every_picture=True),
    Take("hour", "canlian", Light.DAY, 3, every_picture=True),
    Take("hour", "gongan", Light.DUSK, 4),
    Take("hour", "renshe", Light.DAY, 5),
    Take("hour", "canlian", Light.DUSK, 6),
    Take("faults", "gongan", Light.DAY, 11, ultralytics=True, every_picture=True),
    Take("faults", "renshe", Light.DUSK, 12),
    Take("queue", "gongan", Light.DAY, 21, _BOTH, ultralytics=True, every_picture=True),
    Take("queue", "renshe", Light.DUSK, 22, _BOTH),
    Take("day", "gongan", Light.DAY, 31, keyframe_s=_DAY_KEYFRAME_S),
    Take("day", "renshe", Light.DAY, 32, keyframe_s=_DAY_KEYFRAME_S),
    Take("day", "canlian", Light.DUSK, 33, keyframe_s=_DAY_KEYFRAME_S),
    Take("day", "renshe", Light.DUSK, 34, keyframe_s=_DAY_KEYFRAME_S),
)
"""Together 20 window-days of service."""

TUNING: Final = (
    Take("hour", "renshe", Light.DUSK, 101, every_picture=True),
    Take("hour", "canlian", Light.DAY, 102, every_picture=True),
    Take("faults", "gongan", Light.DUSK, 103),
    Take("queue", "gongan", Light.DAY, 104, _BOTH),
)

CALIBRATION: Final = (
    Take("hour", "renshe", Light.DUSK, 106),
    Take("hour", "canlian", Light.DAY, 107),
    Take("hour", "gongan", Light.DUSK, 108),
    Take("hour", "gongan", Light.DAY, 109),
    Take("hour", "canlian", Light.DUSK, 110),
    Take("hour", "renshe", Light.DAY, 111),
)
"""An hour of each hall in each light, from which its windows' rates are taken. Nothing is measured on them."""

QUICK: Final = (Take("hour", "gongan", Light.DAY, 199, keyframe_s=4.0, every_picture=True),)
"""For a smoke run; the seed is one of those for tuning."""
