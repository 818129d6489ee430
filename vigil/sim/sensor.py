"""What a cheap camera makes of the light that falls into it: blur, a sharpening halo, dark corners, unsteady gain, noise."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from vigil.sim.assets import Picture
from vigil.sim.world import Light

_MARGIN: Final = 96
"""The noise is a larger picture of which another part is taken each time, pixels."""
_GRAIN: Final = 0.6
"""Sigma of the blur that makes grains of the noise, pixels."""
_DRIFT_S: Final = 57.0
_WOBBLE_S: Final = 2.3


@dataclass(frozen=True, slots=True)
class Sensor:
    """Shares of full light, but where said. A property that is 0 is not there."""

    noise: float = 2.0
    """Sigma of the temporal noise, grey levels of 255."""
    drift: float = 0.018
    """By how much the gain goes up and down within a minute."""
    wobble: float = 0.010
    """By how much the exposure control hunts, with a period of seconds."""
    vignette: float = 0.10
    """How much darker the corners are."""
    blur: float = 0.5
    """Sigma of the lens, pixels."""
    halo: float = 0.25
    """Strength of the sharpening."""


SENSORS: Final = {
    Light.DAY: Sensor(),
    Light.DUSK: Sensor(noise=4.5, drift=0.025, wobble=0.016, vignette=0.16, blur=0.7, halo=0.35),
}


class Exposure:
    """One camera's sensor at work. What it adds depends on the seed, the time and how many pictures were before."""

    def __init__(self, sensor: Sensor, size: tuple[int, int], rng: np.random.Generator) -> None:
        """`size` is (width, height) in pixels."""
        self._sensor = sensor
        self._rng = rng
        self._phases: tuple[float, float] = (float(rng.uniform(0, math.tau)), float(rng.uniform(0, math.tau)))
        self._corners = _corners(size, sensor.vignette)
        self._grain = _grain(size, rng)
        self._noise = {1.0: _noise(self._grain, sensor.noise)}

    def expose(self, picture: Picture, t_s: float, noise_factor: float = 1.0) -> Picture:
        """The picture as the camera gives it, uint8 of the same shape. `noise_factor`: of the sensor's own noise."""
        picture = self._focus(picture)
        if self._sensor.vignette or self._sensor.drift or self._sensor.wobble:
            picture = cv2.multiply(picture, self._corners, scale=self.gain(t_s) / 255)
        if not self._sensor.noise:
            return picture
        if noise_factor not in self._noise:
            self._noise[noise_factor] = _noise(self._grain, self._sensor.noise * noise_factor)
        y, x = (int(offset) for offset in self._rng.integers(0, _MARGIN, 2))
        height, width = picture.shape[:2]
        noisy: Picture = cv2.add(picture, self._noise[noise_factor][y : y + height, x : x + width], dtype=cv2.CV_8U)
        return noisy

    def gain(self, t_s: float) -> float:
        sensor, (slow, fast) = self._sensor, self._phases
        drift = sensor.drift * math.sin(math.tau * t_s / _DRIFT_S + slow)
        return 1 + drift + sensor.wobble * math.sin(math.tau * t_s / _WOBBLE_S + fast)

    def _focus(self, picture: Picture) -> Picture:
        if self._sensor.blur:
            picture = cv2.GaussianBlur(picture, (3, 3), self._sensor.blur)
        if self._sensor.halo:
            soft = cv2.GaussianBlur(picture, (5, 5), 1.2)
            picture = cv2.addWeighted(picture, 1 + self._sensor.halo, soft, -self._sensor.halo, 0)
        return picture


def _corners(size: tuple[int, int], vignette: float) -> Picture:
    """What is left of the light at each pixel, 0..255, three channels."""
    width, height = size
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    left = 255 * (1 - vignette * ((x * x + y * y) / 2) ** 2)
    corners: Picture = cv2.cvtColor(np.rint(left).astype(np.uint8), cv2.COLOR_GRAY2BGR)
    return corners


def _grain(size: tuple[int, int], rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Of sigma 1."""
    raw = rng.standard_normal((size[1] + _MARGIN, size[0] + _MARGIN, 3), np.float32)
    grain: npt.NDArray[np.float32] = cv2.GaussianBlur(raw, (0, 0), _GRAIN)
    grain /= grain.std()
    return grain


def _noise(grain: npt.NDArray[np.float32], sigma: float) -> npt.NDArray[np.int16]:
    noise: npt.NDArray[np.int16] = np.rint(grain * sigma).astype(np.int16)
    return noise
