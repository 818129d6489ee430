"""A hall drawn with lines: enough edges to know it again, people to walk through it, and what may go wrong with a camera."""

from __future__ import annotations

import cv2
import numpy as np

from vigil.analytics.detector import Bgr

WIDTH, HEIGHT = 640, 360


def hall(*, poster_x: int = 90, light: float = 1.0) -> Bgr:
    """Wall, signs, posters, a counter with monitors, a door and a tiled floor. `light` is a share."""
    picture = np.full((HEIGHT, WIDTH, 3), (205, 212, 214), np.uint8)
    cv2.fillPoly(picture, [np.array([(0, 360), (0, 200), (420, 120), (640, 170), (640, 360)])], (170, 175, 178))
    for x in range(-400, 1100, 70):
        cv2.line(picture, (x, 360), (420 + (x - 420) // 4, 120), (140, 145, 150), 1, cv2.LINE_AA)
    for y in (190, 225, 270, 325):
        cv2.line(picture, (0, y + 20), (640, y - 15), (140, 145, 150), 1, cv2.LINE_AA)
    cv2.fillPoly(picture, [np.array([(0, 330), (0, 250), (380, 130), (420, 150), (60, 300)])], (60, 90, 125))
    cv2.line(picture, (0, 252), (380, 132), (245, 245, 245), 4, cv2.LINE_AA)
    for number, (x, y) in enumerate(((40, 205), (150, 172), (245, 142), (325, 118))):
        cv2.rectangle(picture, (x, y), (x + 46 - 8 * number, y + 34 - 6 * number), (40, 42, 45), -1)
        cv2.rectangle(picture, (x + 10, 70 + 6 * number), (x + 70 - 8 * number, 96 + 4 * number), (150, 70, 20), -1)
        cv2.putText(picture, str(number + 1), (x + 24, 92 + 5 * number), 0, 0.6, (255, 255, 255), 2, cv2.LINE_AA)
    cv2.rectangle(picture, (poster_x, 20), (poster_x + 70, 62), (60, 110, 170), -1)
    cv2.rectangle(picture, (520, 70), (590, 165), (120, 110, 100), -1)
    cv2.rectangle(picture, (460, 85), (500, 125), (50, 120, 60), -1)
    for x in range(430, 640, 34):
        cv2.rectangle(picture, (x, 180), (x + 22, 206), (130, 60, 40), 2)
    for x in range(0, 640, 110):
        cv2.line(picture, (x, 8), (x + 60, 4), (255, 255, 255), 5)
    return dimmed(picture, light)


def with_people(picture: Bgr, seed: int, number: int = 6) -> Bgr:
    """People of another place and colour for each seed, on the floor and behind the counter."""
    chance = np.random.default_rng(seed)
    crowded = picture.copy()
    for _ in range(number):
        x, y = int(chance.integers(20, WIDTH - 20)), int(chance.integers(150, 300))
        colour = [int(one) for one in chance.integers(20, 230, 3)]
        cv2.ellipse(crowded, (x, y), (16, 48), 0, 0, 360, colour, -1, cv2.LINE_AA)
        cv2.circle(crowded, (x, y - 52), 11, (120, 150, 190), -1, cv2.LINE_AA)
    return crowded


def crowded_below(picture: Bgr, seed: int, share: float = 0.5) -> Bgr:
    """Heads and shoulders hide the lower `share` of the view."""
    top = round(HEIGHT * (1 - share))
    crowd = with_people(picture, seed, 200)
    return np.concatenate((picture[:top], crowd[top:]))


def dimmed(picture: Bgr, light: float) -> Bgr:
    return np.asarray(np.clip(picture * light, 0, 255), np.uint8)


def half_lit(picture: Bgr) -> Bgr:
    """The lamps on the right are off."""
    across = np.linspace(0, 1, picture.shape[1])[None, :, None]
    return np.asarray(picture * (0.3 + 0.7 / (1 + np.exp((across - 0.5) * 14))), np.uint8)


def warm(picture: Bgr) -> Bgr:
    """Under lamps of 3000 K, with a white balance for 4000."""
    return tinted(picture, (0.8, 0.95, 1.05))


def tinted(picture: Bgr, cast: tuple[float, float, float]) -> Bgr:
    """`cast` is what becomes of blue, green and red."""
    return np.asarray(np.clip(picture * np.array(cast), 0, 255), np.uint8)


def grey(picture: Bgr) -> Bgr:
    """As a camera sees by the light of its infrared lamp."""
    return np.asarray(cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR), np.uint8)


def noisy(picture: Bgr, seed: int, strength: float = 3.0) -> Bgr:
    noise = np.random.default_rng(seed).normal(0, strength, picture.shape)
    return np.asarray(np.clip(picture + noise, 0, 255), np.uint8)


def gamma(picture: Bgr, power: float) -> Bgr:
    return np.asarray(255 * (picture / 255.0) ** power, np.uint8)


def coded(picture: Bgr, quality: int = 12) -> Bgr:
    """As JPEG of low quality: blocks and ringing, as a starved encoder makes them."""
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def turned(picture: Bgr, across: float = 0.0, down: float = 0.0, roll: float = 0.0, zoom: float = 1.0) -> Bgr:
    """`across` and `down` in shares of width and height, `roll` in degrees. What comes into view is mirrored."""
    height, width = picture.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), roll, zoom)
    matrix[:, 2] += (across * width, down * height)
    return np.asarray(cv2.warpAffine(picture, matrix, (width, height), borderMode=cv2.BORDER_REFLECT_101), np.uint8)


def blurred(picture: Bgr, sigma: float) -> Bgr:
    """`sigma` in pixels at a width of 640."""
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma * picture.shape[1] / WIDTH), np.uint8)
