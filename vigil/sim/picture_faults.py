"""What goes wrong with a camera's picture: somebody turns the camera, hangs a cloth over it, switches off the light.

Or the camera itself goes wrong: it takes in too much light, or gives one colour too much weight.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from vigil.model.truth import PictureFault
from vigil.sim.assets import Picture
from vigil.sim.scenario import FaultEvent

_WORST_FIRST: Final = (
    PictureFault.OFFLINE,
    PictureFault.FROZEN,
    PictureFault.COVERED,
    PictureFault.DARK,
    PictureFault.OVEREXPOSED,
    PictureFault.MOVED,
    PictureFault.DEFOCUSED,
    PictureFault.CAST,
)
DARK_NOISE: Final = 2.0
"""The gain that a camera turns up in the dark makes the noise this much stronger."""
_DEFOCUS_S: Final = 5.0
"""From the picture in focus to the worst."""
_DEFOCUS_OF_WIDTH: Final = 1 / 80
"""Sigma of the worst blur."""
_DEFOCUS_SCALE: Final = 4
"""The blur is made in a picture this much smaller: nobody can tell, and it is far cheaper."""
_FINE_SIGMA: Final = 4.0
_CASTS: Final = (
    (1.05, 0.55, 1.2),  # pink: the infrared filter sticks
    (0.45, 0.9, 1.15),  # yellow and blue: the white balance is that of another light
    (1.3, 0.9, 0.5),
    (0.6, 1.1, 0.6),  # green
)
"""What becomes of blue, green and red."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """A fault that is there now, and for how long it has been."""

    fault: PictureFault
    since_s: float
    number: int


@dataclass(frozen=True, slots=True, eq=False)
class _Means:
    """How an event shows: drawn once, so that a picture that has moved stays where it is."""

    light: float
    cloth: Picture
    turn: npt.NDArray[np.float64]
    gain: float
    cast: tuple[float, float, float]


class PictureFaults:
    """The faults of one camera. Deterministic: the same events and seed, the same spoiled pictures."""

    def __init__(self, events: Sequence[FaultEvent], size: tuple[int, int], seed: Sequence[int]) -> None:
        """`size` is (width, height) in pixels; `seed` is the camera's own."""
        self._events = tuple(events)
        self._size = size
        self._seed = tuple(seed)
        self._means: dict[int, _Means] = {}

    def at(self, t_s: float) -> Trouble | None:
        """The worst fault at that time."""
        troubles = [
            Trouble(event.fault, t_s - event.from_s, number)
            for number, event in enumerate(self._events)
            if event.from_s <= t_s < event.to_s
        ]
        return min(troubles, key=lambda trouble: _WORST_FIRST.index(trouble.fault), default=None)

    def spoil(self, picture: Picture, trouble: Trouble) -> Picture:
        """What falls into the lens instead of `picture`. What is offline or frozen has nothing wrong with its lens."""
        match trouble.fault:
            case PictureFault.DARK:
                dark: Picture = cv2.convertScaleAbs(picture, alpha=self._of(trouble).light)
                return dark
            case PictureFault.COVERED:
                return self._of(trouble).cloth
            case PictureFault.MOVED:
                moved: Picture = cv2.warpAffine(
                    picture, self._of(trouble).turn, self._size, borderMode=cv2.BORDER_REFLECT_101
                )
                return moved
            case PictureFault.DEFOCUSED:
                worst = self._size[0] * _DEFOCUS_OF_WIDTH
                return _blurred(picture, worst * min(1.0, 0.1 + trouble.since_s / _DEFOCUS_S))
            case PictureFault.OFFLINE | PictureFault.FROZEN | PictureFault.OVEREXPOSED | PictureFault.CAST:
                return picture

    def develop(self, picture: Picture, trouble: Trouble) -> Picture:
        """What the camera makes of what its sensor gave, with dark corners and noise: white is white there, too."""
        match trouble.fault:
            case PictureFault.OVEREXPOSED:
                white: Picture = cv2.convertScaleAbs(picture, alpha=self._of(trouble).gain)
                return white
            case PictureFault.CAST:
                tinted: Picture = cv2.multiply(picture, (*self._of(trouble).cast, 0.0))
                return tinted
            case _:
                return picture

    def _of(self, trouble: Trouble) -> _Means:
        if trouble.number not in self._means:
            self._means[trouble.number] = _draw(np.random.default_rng([*self._seed, trouble.number]), self._size)
        return self._means[trouble.number]


def _draw(rng: np.random.Generator, size: tuple[int, int]) -> _Means:
    # In this order: what is drawn later leaves what was drawn before as it was.
    light = float(rng.uniform(0.02, 0.04))
    cloth, turn = _cloth(rng, size), _turn(rng, size)
    return _Means(light, cloth, turn, float(rng.uniform(6, 9)), _CASTS[int(rng.integers(len(_CASTS)))])


def _cloth(rng: np.random.Generator, size: tuple[int, int]) -> Picture:
    """One colour, with light that falls a little from one side."""
    colour = rng.uniform(30, 110) + rng.uniform(-8, 8, 3)
    angle = rng.uniform(0, math.tau)
    y, x = np.mgrid[-1 : 1 : size[1] * 1j, -1 : 1 : size[0] * 1j]
    fall = 4 * (x * math.cos(angle) + y * math.sin(angle))
    cloth: Picture = np.rint(np.clip(colour + fall[:, :, None], 0, 255)).astype(np.uint8)
    return cloth


def _turn(rng: np.random.Generator, size: tuple[int, int]) -> npt.NDArray[np.float64]:
    """A quarter to an eighth of the picture to one side, a little up or down, and slightly tilted."""
    width, height = size
    across = float(rng.uniform(0.12, 0.25) * rng.choice([-1, 1])) * width
    down = float(rng.uniform(-0.08, 0.08)) * height
    tilt_deg = float(rng.uniform(-3, 3))
    matrix: npt.NDArray[np.float64] = cv2.getRotationMatrix2D((width / 2, height / 2), tilt_deg, 1.0)
    matrix[:, 2] += (across, down)
    return matrix


def _blurred(picture: Picture, sigma: float) -> Picture:
    blurred: Picture
    if sigma < _FINE_SIGMA:
        blurred = cv2.GaussianBlur(picture, (0, 0), sigma)
        return blurred
    height, width = picture.shape[:2]
    small = cv2.resize(picture, (width // _DEFOCUS_SCALE, height // _DEFOCUS_SCALE), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / _DEFOCUS_SCALE)
    blurred = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    return blurred
