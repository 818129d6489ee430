"""The three halls: colours, windows, cameras, and the floor plan that they share. Units are metres and degrees.

World axes: x along the counter, y towards the staff, z up; the counter's front is y = 0. A mirrored hall has every x
negated: its entrance and its cameras are on the other side.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from characters import Rgb

SEAT_Y, LIFT, DESK = 0.98, 0.25, 0.85
"""The clerk's seat, how much higher it stands than the floor, and the height of the desk."""
QUEUE_HEAD, QUEUE_ALONG, QUEUE_ACROSS = (0.75, -2.6), (0.82, -0.572), (-0.572, -0.82)
QUEUE_STEP, QUEUE_PLACES = 0.50, 15
CHAIRS = ((6.45, -1.9), (6.45, -1.15), (6.45, -0.4), (6.45, 0.35))
SIZE = (1280, 720)

Point3 = tuple[float, float, float]


@dataclass(frozen=True)
class Camera:
    """`windows` are those whose zones are drawn into its picture: what it sees badly a person would leave to another."""

    position: Point3
    heading: float
    pitch: float
    hfov: float
    windows: tuple[int, ...] = (1, 2, 3, 4)
    lane: bool = True


@dataclass(frozen=True)
class Hall:
    """`windows` are the places of their centres along the counter; `glass` is how high the panes between them are."""

    windows: tuple[float, ...]
    floor: Rgb
    wall: Rgb
    front: Rgb
    top: Rgb
    sign: Rgb
    seat: Rgb
    lamp: Rgb
    glass: float
    grain: float
    cameras: dict[str, Camera] = field(default_factory=dict)
    side: int = 1
    """-1: mirrored."""


HALLS = {
    "gongan": Hall(
        windows=(-2.7, -0.9, 0.9, 2.7),
        floor=(0.40, 0.385, 0.36),
        wall=(0.66, 0.65, 0.60),
        front=(0.30, 0.17, 0.085),
        top=(0.50, 0.49, 0.46),
        sign=(0.03, 0.11, 0.30),
        seat=(0.04, 0.09, 0.20),
        lamp=(1, 0.98, 0.95),
        glass=0.22,
        grain=0.5,
        cameras={
            "counter": Camera((-5.2, -3.0, 2.95), 31.0, 17.5, 76.0, lane=False),
            "hall": Camera((-4.4, -6.6, 3.1), 35.0, 17.0, 88.0, windows=(1, 2, 3)),
        },
    ),
    "renshe": Hall(
        windows=(-3.0, -1.1, 0.8, 2.7),
        floor=(0.24, 0.25, 0.27),
        wall=(0.55, 0.64, 0.60),
        front=(0.68, 0.68, 0.66),
        top=(0.22, 0.22, 0.23),
        sign=(0.26, 0.04, 0.04),
        seat=(0.30, 0.05, 0.04),
        lamp=(0.92, 0.97, 1.0),
        glass=0.40,
        grain=0.08,
        cameras={
            "counter": Camera((-5.5, -2.7, 2.7), 28.0, 15.5, 80.0, lane=False),
            "hall": Camera((-3.4, -7.4, 3.2), 42.0, 16.5, 90.0, windows=(1, 2, 3)),
        },
    ),
    "canlian": Hall(
        windows=(-2.6, -0.5, 1.6),
        floor=(0.36, 0.27, 0.19),
        wall=(0.70, 0.66, 0.55),
        front=(0.12, 0.07, 0.04),
        top=(0.34, 0.28, 0.22),
        sign=(0.02, 0.18, 0.14),
        seat=(0.12, 0.12, 0.12),
        lamp=(1.0, 0.88, 0.72),
        glass=0.16,
        grain=0.6,
        cameras={"counter": Camera((-5.0, -3.4, 2.85), 34.0, 16.5, 78.0, lane=False)},
        side=-1,
    ),
}


def in_lane(along: float, across: float) -> Point3:
    """A point of the queue's lane, metres from its head and from its middle."""
    return (
        QUEUE_HEAD[0] + QUEUE_ALONG[0] * along + QUEUE_ACROSS[0] * across,
        QUEUE_HEAD[1] + QUEUE_ALONG[1] * along + QUEUE_ACROSS[1] * across,
        0.0,
    )


def view(camera: Camera, side: int) -> tuple[np.ndarray, np.ndarray]:
    """(3 x 4 matrix from world to pixels, 4 x 4 place of the camera in the world)."""
    turn = math.radians(camera.heading if side > 0 else 180 - camera.heading)
    pitch = math.radians(camera.pitch)
    ahead = np.array([math.cos(turn) * math.cos(pitch), math.sin(turn) * math.cos(pitch), -math.sin(pitch)])
    right = np.array([math.sin(turn), -math.cos(turn), 0])
    up = np.cross(right, ahead)
    focal = SIZE[0] / 2 / math.tan(math.radians(camera.hfov) / 2)
    inner = np.array([[focal, 0, SIZE[0] / 2], [0, focal, SIZE[1] / 2], [0, 0, 1]])
    axes, centre = np.stack([right, -up, ahead]), np.array(camera.position) * (side, 1, 1)
    placed = np.eye(4)
    placed[:3, :3], placed[:3, 3] = np.stack([right, up, -ahead], 1), centre
    return inner @ np.c_[axes, -axes @ centre], placed


def record(name: str, hall: Hall, lights: dict[str, dict[str, list[float]]]) -> dict[str, object]:
    """The entry of halls.json. `lights` are, by camera, what each light does to colours (B, G, R)."""

    def at(x: float, y: float) -> list[float]:
        return [round(hall.side * x, 3), round(y, 3)]

    windows = [
        {
            "id": number,
            "seat": at(x, SEAT_Y),
            "spot": at(x + (0.42 if number == 2 else 0.28), -0.42),
            "footprint": _footprint(hall.side * x),
        }
        for number, x in enumerate(hall.windows, start=1)
    ]
    return {
        "mirrored": hall.side < 0,
        "lift": LIFT,
        "windows": windows,
        "queue": {
            "head": at(*QUEUE_HEAD),
            "direction": at(*QUEUE_ALONG),
            "step": QUEUE_STEP,
            "places": QUEUE_PLACES,
        },
        "chairs": [at(*chair) for chair in CHAIRS],
        "doors": {"entrance": at(6.7, -3.7), "exit": at(6.7, -3.2), "staff": at(4.4, 2.35)},
        "paths": {"to_window": at(3.6, -1.2), "to_exit": at(4.9, -1.35), "staff_gate": at(4.1, 1.78), "aisle_y": 1.78},
        "cameras": {key: _camera(name, hall, key, lights[key]) for key in hall.cameras},
    }


def _footprint(x: float) -> list[float]:
    return [round(x - 0.6, 3), 0.5, round(x + 0.6, 3), 1.45]


def _camera(name: str, hall: Hall, key: str, light: dict[str, list[float]]) -> dict[str, object]:
    camera = hall.cameras[key]
    matrix, _ = view(camera, hall.side)

    def line(*points: tuple[float, ...]) -> list[list[float]]:
        return [[round(hall.side * point[0], 3), round(point[1], 3)] for point in points]

    lines = {
        "counter": line((-5.8, 0.3), (5.0, 0.3)),
        "chairs": line((-5.8, SEAT_Y + 0.2), (5.0, SEAT_Y + 0.2)),
        "belt": line(in_lane(-0.3, 0.5), in_lane(7.6, 0.5)),
    }
    return {
        "size": list(SIZE),
        "matrix": [[round(float(number), 5) for number in row] for row in matrix],
        "position": [hall.side * camera.position[0], *camera.position[1:]],
        "hfov": camera.hfov,
        "plates": {light: f"{name}_{key}_{light}.webp" for light in ("day", "dusk")},
        "light": light,
        "occluders": [
            {"name": thing, "mask": f"{name}_{key}_{thing}.png", "line": ends} for thing, ends in lines.items()
        ],
        "zones": _zones(hall, camera, matrix),
    }


def _zones(hall: Hall, camera: Camera, matrix: np.ndarray) -> list[dict[str, object]]:
    """What a person would draw: staff areas from the desk to a sitting head, visitor spots and the lane on the floor."""

    def drawn(*points: Point3) -> list[list[float]]:
        world = np.array([(hall.side * x, y, z, 1.0) for x, y, z in points]) @ matrix.T
        shares = world[:, :2] / world[:, 2:] / SIZE
        return [[round(min(1, max(0, float(x))), 4), round(min(1, max(0, float(y))), 4)] for x, y in shares]

    zones: list[dict[str, object]] = []
    for number, x in enumerate(hall.windows, start=1):
        if number not in camera.windows:
            continue
        left, right = x - 0.55, x + 0.55
        staff = drawn(
            (left, 0.66, DESK),
            (right, 0.66, DESK),
            (right, 1.2, DESK + 0.05),
            (x + 0.50, 1.2, 1.58),
            (x - 0.50, 1.2, 1.58),
            (left, 0.66, 1.3),
        )
        staff = _around(staff)
        spot = drawn((x - 0.45, -0.12, 0), (x + 0.80, -0.12, 0), (x + 0.80, -0.95, 0), (x - 0.45, -0.95, 0))
        zones.append({"kind": "staff-area", "window": number, "polygon": staff})
        zones.append({"kind": "visitor-spot", "window": number, "polygon": spot})
    if not camera.lane:
        return zones
    end = QUEUE_STEP * (QUEUE_PLACES - 1) + 0.5
    lane = drawn(in_lane(-0.45, 0.5), in_lane(end, 0.5), in_lane(end, -0.5), in_lane(-0.45, -0.5))
    return [*zones, {"kind": "queue", "polygon": lane}]


def _around(points: list[list[float]]) -> list[list[float]]:
    """In the order in which one goes around them: seen from far along the counter, front and back change places."""
    x, y = np.mean(points, axis=0)
    return sorted(points, key=lambda point: math.atan2(point[1] - y, point[0] - x))
