"""A very small folder of assets: people are boards of one colour, so that a test can tell whose a pixel is."""

from __future__ import annotations

import json
import math
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

SIZE = (320, 180)
HALL = "mini"
CLERK = (200, 40, 40)
VISITOR = (40, 200, 40)
CLEANER = (40, 40, 200)
"""Blue, green, red of the boards."""

_PX_PER_M = 36.0
_HEIGHT_PX = 61
_WIDTH_PX = 20
_HFOV = 70.0


def make_assets(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    cameras = {"front": _camera((0.0, -6.0, 2.6), (0.0, 0.5, 0.9)), "side": _camera((-4.0, -4.0, 2.6), (1.0, 0.5, 0.9))}
    for name, camera in cameras.items():
        cv2.imwrite(str(folder / f"{name}_day.png"), _plate())
        cv2.imwrite(str(folder / f"{name}_dusk.png"), _plate() // 2)
        cv2.imwrite(str(folder / f"{name}_counter.png"), _counter(camera))
    halls = {name: {"size": list(SIZE), **_camera_plan(name, camera)} for name, camera in cameras.items()}
    (folder / "halls.json").write_text(json.dumps({"licence": "CC0-1.0", "halls": {HALL: _hall(halls)}}))
    looks = {"c1": ("staff", CLERK), "c2": ("staff", CLERK), "v1": ("visitor", VISITOR), "v2": ("visitor", VISITOR)}
    looks |= {"w1": ("cleaner", CLEANER)}
    characters = {name: _look(folder, name, role, colour) for name, (role, colour) in looks.items()}
    index = {"licence": "CC0-1.0", "fields": [], "note": "", "characters": characters}
    (folder / "looks.json").write_text(json.dumps(index))
    return folder


class _Camera:
    """A pinhole at `position` that looks at `target`."""

    def __init__(self, position: tuple[float, float, float], target: tuple[float, float, float]) -> None:
        self.position = np.array(position)
        forward = np.array(target) - self.position
        forward /= np.linalg.norm(forward)
        right = np.cross(forward, [0, 0, 1])
        right /= np.linalg.norm(right)
        axes = np.array([right, np.cross(forward, right), forward])
        focal = SIZE[0] / 2 / math.tan(math.radians(_HFOV / 2))
        inner = np.array([[focal, 0, SIZE[0] / 2], [0, focal, SIZE[1] / 2], [0, 0, 1]])
        self.matrix = inner @ np.c_[axes, -axes @ self.position]

    def project(self, x: float, y: float, z: float) -> tuple[float, float]:
        u, v, w = self.matrix @ [x, y, z, 1]
        return u / w, v / w


def _camera(position: tuple[float, float, float], target: tuple[float, float, float]) -> _Camera:
    return _Camera(position, target)


def _plate() -> npt.NDArray[np.uint8]:
    """Grey blocks: something to be moved, blurred and covered."""
    blocks = np.random.default_rng(3).integers(90, 190, (18, 32), np.uint8)
    return np.repeat(cv2.resize(blocks, SIZE, interpolation=cv2.INTER_NEAREST)[:, :, None], 3, axis=2)


def _counter(camera: _Camera) -> npt.NDArray[np.uint8]:
    """Its front and its top, up to 0.9 m: all that is behind it below that is hidden."""
    mask = np.zeros((SIZE[1], SIZE[0]), np.uint8)
    for corners in (((0, 0), (0, 0.9)), ((0, 0.9), (0.3, 0.9))):
        (y0, z0), (y1, z1) = corners
        points = [camera.project(*point) for point in ((-5, y0, z0), (5, y0, z0), (5, y1, z1), (-5, y1, z1))]
        cv2.fillConvexPoly(mask, np.array(points, np.float64).round().astype(np.int32), 255)
    return mask


def _camera_plan(name: str, camera: _Camera) -> dict[str, object]:
    return {
        "matrix": camera.matrix.tolist(),
        "position": camera.position.tolist(),
        "hfov": _HFOV,
        "plates": {"day": f"{name}_day.png", "dusk": f"{name}_dusk.png"},
        "light": {"day": [1, 1, 1], "dusk": [0.5, 0.5, 0.5]},
        "occluders": [{"name": "counter", "mask": f"{name}_counter.png", "line": [[-5, 0.3], [5, 0.3]]}],
        "zones": [*(_zone(camera, "staff-area", window) for window in (1, 2)), _queue(camera)],
    }


def _zone(camera: _Camera, kind: str, window: int) -> dict[str, object]:
    x = _seat(window)[0]
    return {"kind": kind, "window": window, "polygon": _polygon(camera, (x - 0.5, 0.6), (x + 0.5, 1.4))}


def _queue(camera: _Camera) -> dict[str, object]:
    return {"kind": "queue", "polygon": _polygon(camera, (0.3, -2.4), (2.4, -1.6))}


def _polygon(camera: _Camera, low: tuple[float, float], high: tuple[float, float]) -> list[list[float]]:
    corners = ((low[0], low[1]), (high[0], low[1]), (high[0], high[1]), (low[0], high[1]))
    points = (camera.project(x, y, 0.0) for x, y in corners)
    return [[min(1, max(0, u / SIZE[0])), min(1, max(0, v / SIZE[1]))] for u, v in points]


def _seat(window: int) -> tuple[float, float]:
    return (-1.5, 1.0) if window == 1 else (0.5, 1.0)


def _hall(cameras: dict[str, dict[str, object]]) -> dict[str, object]:
    windows = [
        {
            "id": window,
            "seat": list(_seat(window)),
            "spot": [_seat(window)[0] + 0.2, -0.42],
            "footprint": [_seat(window)[0] - 0.6, 0.5, _seat(window)[0] + 0.6, 1.45],
        }
        for window in (1, 2)
    ]
    return {
        "mirrored": False,
        "lift": 0.25,
        "windows": windows,
        "queue": {"head": [0.5, -2.0], "direction": [1.0, 0.0], "step": 0.5, "places": 4},
        "chairs": [[3.4, -1.0], [3.4, -0.3]],
        "doors": {"entrance": [4.5, -2.5], "exit": [4.5, -2.0], "staff": [3.0, 2.3]},
        "paths": {"to_window": [1.5, -1.0], "to_exit": [3.0, -1.2], "staff_gate": [2.6, 1.8], "aisle_y": 1.8},
        "cameras": cameras,
    }


def _look(folder: Path, name: str, role: str, colour: tuple[int, int, int]) -> dict[str, object]:
    """One board for standing, seen from all sides, and its upper part for sitting at the desk."""
    atlas = np.zeros((_HEIGHT_PX, 2 * _WIDTH_PX, 4), np.uint8)
    atlas[:, :] = (*colour, 255)
    cv2.imwrite(str(folder / f"{name}.png"), atlas)
    seated_px = 30
    below_px = round(0.46 * _PX_PER_M)
    rows = [["stand", 0, side, 0, 0, _WIDTH_PX, _HEIGHT_PX, _WIDTH_PX / 2, _HEIGHT_PX] for side in (0, 90, 180)]
    rows.append(["clerk_type", 0, 0, _WIDTH_PX, 0, _WIDTH_PX, seated_px, _WIDTH_PX / 2, seated_px + below_px])
    far = {"file": f"{name}.png", "pitch": 14, "px_per_m": _PX_PER_M, "sprites": rows}
    return {"role": role, "height_m": 1.7, "sets": {"far": far}}
