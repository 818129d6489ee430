"""What is to be rendered, and whether it can be."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vigil.errors import ScenarioError
from vigil.model.media import Codec
from vigil.sim.scenario import Scenario

Size = tuple[int, int]
"""Width and height in pixels."""

_SMALLEST: Final = 64
_FASTEST: Final = 60.0
_WORST_CRF: Final = 51


def default_assets() -> Path:
    """The assets of a checkout; an installed package alone has none."""
    return Path(__file__).resolve().parents[2] / "sample_streams" / "hall"


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """How a camera sends. `crf` is the encoder's constant quality, 0 (no loss) to 51; `keyframe_s` between key pictures.

    `fps` may be below 1: at 0.5 with a `keyframe_s` of 2 each picture is a key picture, and comes each 2 s. `sub` is the
    size of a second, smaller stream of the same pictures; None: there is none. `preset` is the encoder's own name for how
    much it takes care: "veryfast" gives small files, "ultrafast" costs a third of the time. Raises ScenarioError for what
    cannot be.
    """

    size: Size = (1280, 720)
    fps: float = 10.0
    codec: Codec = Codec.H264
    crf: int = 23
    keyframe_s: float = 2.0
    sub: Size | None = None
    preset: str = "veryfast"

    def __post_init__(self) -> None:
        for width, height in (self.size, self.sub or self.size):
            if min(width, height) < _SMALLEST or width % 2 or height % 2:
                raise ScenarioError(
                    f"a picture of {width}x{height} cannot be coded: both must be even, and at least {_SMALLEST}"
                )
        if not 0 < self.fps <= _FASTEST:
            raise ScenarioError(f"{self.fps:g} pictures a second: more than 0 and at most {_FASTEST:g} are possible")
        if not self.keyframe_s > 0:
            raise ScenarioError(f"{self.keyframe_s:g} s between key pictures: more than 0 are needed")
        if not 0 <= self.crf <= _WORST_CRF:
            raise ScenarioError(f"a crf of {self.crf}: 0 (no loss) to {_WORST_CRF} are possible")

    def streams(self) -> tuple[tuple[str, Size], ...]:
        """(suffix of its name, size) of each stream: "" for the main one, "-sub"."""
        main = ("", self.size)
        return (main, ("-sub", self.sub)) if self.sub is not None else (main,)


@dataclass(frozen=True, slots=True)
class RenderJob:
    """One scene to be written to `out`: the clips of its cameras, in step, each with its truth beside it.

    `cameras` are names within the hall, as "counter"; empty: all of them. `seconds` of None: as long as the scenario.
    """

    scenario: Scenario
    out: Path
    seed: int = 0
    cameras: tuple[str, ...] = ()
    stream: StreamSettings = StreamSettings()
    seconds: float | None = None
    assets: Path | None = None
    """None: those of the checkout."""

    def __post_init__(self) -> None:
        if self.seconds is not None and not 0 < self.seconds < math.inf:
            raise ScenarioError(f"{self.seconds:g} seconds of a scene: more than 0 are needed")
        if self.seed < 0:
            raise ScenarioError(f"a seed of {self.seed}: 0 or more is needed")
