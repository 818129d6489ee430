"""Render the background plates and their occluder masks, and write halls.json.

python plates.py OUT [hall_camera_light ...]        (environment: SAMPLES=n, THREADS=n)
"""

from __future__ import annotations

import json
import math
import os
import sys
from itertools import pairwise
from pathlib import Path

import blender
import bpy
import cv2
import numpy as np
from blender import material
from characters import Rgb
from halls import CHAIRS, DESK, HALLS, LIFT, SEAT_Y, SIZE, Hall, in_lane, record, view

LIGHTS = ("day", "dusk")
WARM = (1.0, 0.86, 0.66)
DARK = (0.05, 0.05, 0.06)


class Room:
    """Everything that does not move. `layers` are the things that may stand before people, by the name of their mask."""

    def __init__(self, hall: Hall, light: str) -> None:
        self.hall, self.dusk = hall, light == "dusk"
        self.layers: dict[str, list[bpy.types.Object]] = {"counter": [], "chairs": [], "belt": []}
        self.dark = material("dark", DARK, 0.4)
        self._shell()
        self._counter()
        for number, x in enumerate(hall.windows, start=1):
            self._window(number, x)
        self._lane()
        self._waiting()
        self._decoration()
        self._lamps()

    def _box(self, x0: float, x1: float, y0: float, y1: float, z0: float, z1: float, made, bevel: float = 0.0):
        side = self.hall.side
        low, high = sorted((side * x0, side * x1))
        return blender.box((low, high), (y0, y1), (z0, z1), made, bevel)

    def _shell(self) -> None:
        hall = self.hall
        floor = material("floor", hall.floor, 0.28, 0.22, 3)
        wall = material("wall", hall.wall, 0.9, 0.08, 2)
        grout, skirting = material("grout", (0.24, 0.23, 0.21), 0.8), material("skirting", (0.15, 0.14, 0.13), 0.6)
        self._box(-5.8, 7, -9, 2.6, -0.1, 0, floor)
        self._box(-5.8, 7, -9, 2.6, 3.3, 3.4, material("ceiling", (0.75, 0.75, 0.74), 0.9))
        for x0, x1, y0, y1 in ((-5.8, 7, 2.6, 2.7), (-5.9, -5.8, -9, 2.6), (7, 7.1, -9, 2.6), (-5.8, 7, -9.1, -9)):
            self._box(x0, x1, y0, y1, 0, 3.3, wall)
        for tile in range(-9, 12):
            self._box(tile * 0.6 - 0.006, tile * 0.6 + 0.006, -9, 2.6, 0, 0.0015, grout)
        for tile in range(-15, 5):
            self._box(-5.8, 7, tile * 0.6 - 0.006, tile * 0.6 + 0.006, 0, 0.0015, grout)
        self._box(-5.8, 7, 2.58, 2.6, 0, 0.1, skirting)
        self._box(6.98, 7, -9, 2.6, 0, 0.1, skirting)

    def _counter(self) -> None:
        hall = self.hall
        front, top = material("front", hall.front, 0.45, hall.grain, 6), material("top", hall.top, 0.3, 0.1, 30)
        pane = material("pane", (0.45, 0.52, 0.55), 0.15)
        self._box(5.0, 5.05, 0.0, 2.6, 0, 0.95, material("panel", (0.60, 0.59, 0.55), 0.6))
        self.layers["counter"] += [
            self._box(-5.8, 5.0, 0.0, 0.04, 0.1, DESK - 0.04, front),
            self._box(-5.8, 5.0, 0.03, 0.06, 0, 0.1, self.dark),
            self._box(-5.8, 5.06, -0.10, 0.68, DESK - 0.04, DESK, top, bevel=0.008),
            self._box(-5.8, 5.0, -0.012, 0.0, 0.40, 0.46, material("stripe", hall.sign, 0.5)),
        ]
        for x in (hall.windows[0] - 0.9, *(window + 0.9 for window in hall.windows)):
            self.layers["counter"].append(self._box(x - 0.015, x + 0.015, 0.02, 0.62, DESK, DESK + hall.glass, pane))

    def _window(self, number: int, x: float) -> None:
        self.layers["counter"] += self._monitor(x)
        paper = material("paper", (0.75, 0.74, 0.70), 0.8)
        self.layers["counter"] += [
            self._box(x - 0.55, x - 0.34, 0.30, 0.58, DESK, DESK + 0.05 - 0.02 * (number % 2), paper),
            self._box(x - 0.16, x + 0.02, -0.02, 0.10, DESK, DESK + 0.012, self.dark),
        ]
        self._box(x - 0.42, x + 0.42, 0.28, 0.32, 2.25, 2.58, material("sign", self.hall.sign, 0.5))
        for offset in (-0.3, 0.29):
            self._box(x + offset, x + offset + 0.01, 0.295, 0.305, 2.58, 3.3, self.dark)
        text = bpy.data.curves.new("number", "FONT")
        text.body, text.size, text.align_x = str(number), 0.34, "CENTER"
        sign = blender.add("number", text)
        sign.location, sign.rotation_euler = (self.hall.side * x, 0.275, 2.30), (math.pi / 2, 0, 0)
        sign.data.materials.append(material("number", (0.9, 0.9, 0.9), 0.6, emit=0.4))
        self._clerk_chair(x)

    def _monitor(self, x: float) -> list[bpy.types.Object]:
        """To the clerk's left, seen from behind."""
        side = self.hall.side
        holder = blender.empty(side * (x + 0.50), 0.46, DESK)
        parts = [
            blender.box((-0.24, 0.24), (-0.015, 0.02), (0.10, 0.40), self.dark, bevel=0.006),
            blender.box((-0.03, 0.03), (-0.03, 0.0), (0, 0.12), self.dark),
            blender.box((-0.11, 0.11), (-0.08, 0.08), (0, 0.012), self.dark),
        ]
        for part in parts:
            part.parent = holder
        holder.rotation_euler = (0, 0, math.radians(-28 * side))
        return parts

    def _clerk_chair(self, x: float) -> None:
        grey, height = material("chair", (0.03, 0.03, 0.035), 0.6), 0.46 + LIFT
        self._box(x - 0.23, x + 0.23, SEAT_Y - 0.2, SEAT_Y + 0.24, height - 0.06, height, grey, bevel=0.02)
        self._box(x - 0.03, x + 0.03, SEAT_Y, SEAT_Y + 0.06, 0.1, height, grey)
        self._box(x - 0.25, x + 0.25, SEAT_Y - 0.02, SEAT_Y + 0.06, 0.05, 0.1, grey)
        back = self._box(x - 0.21, x + 0.21, SEAT_Y + 0.26, SEAT_Y + 0.31, height + 0.10, height + 0.52, grey, 0.02)
        self.layers["chairs"].append(back)

    def _lane(self) -> None:
        post, belt = material("post", (0.35, 0.35, 0.37), 0.25, metal=0.9), material("belt", (0.28, 0.03, 0.03), 0.6)
        places = [in_lane(along, 0.5) for along in (-0.3, 1.35, 3.0, 4.65, 6.3, 7.6)]
        for x, y, _ in places:
            self.layers["belt"] += [
                self._box(x - 0.025, x + 0.025, y - 0.025, y + 0.025, 0, 0.95, post),
                self._box(x - 0.15, x + 0.15, y - 0.15, y + 0.15, 0, 0.02, post),
            ]
        side = self.hall.side
        for (x0, y0, _), (x1, y1, _) in pairwise(places):
            corners = [
                (side * x0, y0, 0.86),
                (side * x1, y1, 0.86),
                (side * x1, y1, 0.91),
                (side * x0, y0, 0.91),
            ]
            self.layers["belt"].append(blender.mesh("belt", corners, [[0, 1, 2, 3]], belt, smooth=False))

    def _waiting(self) -> None:
        """Chairs on the far wall."""
        for x, y in CHAIRS:
            seat = material("seat", self.hall.seat, 0.5)
            self._box(x - 0.22, x + 0.24, y - 0.23, y + 0.23, 0.41, 0.45, seat, bevel=0.015)
            self._box(x + 0.22, x + 0.26, y - 0.22, y + 0.22, 0.50, 0.88, seat, bevel=0.015)
            self._box(x - 0.02, x + 0.02, y - 0.02, y + 0.02, 0, 0.41, self.dark)
        self._box(6.5, 6.54, CHAIRS[0][1] - 0.2, CHAIRS[-1][1] + 0.2, 0.30, 0.34, self.dark)

    def _decoration(self) -> None:
        glass: Rgb = (0.02, 0.03, 0.06) if self.dusk else (0.30, 0.36, 0.38)
        self._box(3.95, 4.85, 2.57, 2.6, 0, 2.1, material("door", (0.52, 0.50, 0.46), 0.5, 0.1, 5))
        self._box(6.96, 7, -5.0, -3.2, 0, 2.2, material("glass", glass, 0.1))
        for y in (-5.0, -4.1, -3.2):
            self._box(6.93, 7, y - 0.04, y + 0.04, 0, 2.25, self.dark)
        frame = material("frame", (0.6, 0.6, 0.58), 0.5)
        for x, width, height, colour in (
            (-4.6, 0.9, 1.1, (0.10, 0.28, 0.24)),
            (-1.8, 1.0, 0.7, (0.42, 0.20, 0.09)),
            (0.1, 0.7, 1.0, (0.10, 0.18, 0.36)),
            (1.9, 1.1, 0.7, (0.40, 0.35, 0.15)),
        ):
            low, high, half = 1.75 - height / 2, 1.75 + height / 2, width / 2
            self._box(x - half - 0.03, x + half + 0.03, 2.57, 2.59, low - 0.03, high + 0.03, frame)
            self._box(x - half, x + half, 2.56, 2.575, low, high, material("poster", colour, 0.6, 0.7, 4))
        for y, colour in ((-6.6, (0.35, 0.12, 0.10)), (1.4, (0.10, 0.30, 0.20))):
            self._box(6.97, 6.99, y - 0.5, y + 0.5, 1.3, 2.2, material("poster", colour, 0.6, 0.7, 4))
        self._plant()

    def _plant(self) -> None:
        leaf = material("leaf", (0.04, 0.14, 0.03), 0.6, 0.5, 20)
        self._box(6.35, 6.65, 2.1, 2.4, 0, 0.35, material("pot", (0.35, 0.16, 0.08), 0.7))
        random = np.random.RandomState(1)
        for _ in range(40):
            angle, length, z = random.uniform(0, 6.28), random.uniform(0.1, 0.35), random.uniform(0.5, 1.2)
            x, y = 6.5 + length * math.cos(angle), 2.2 + length * math.sin(angle) * 0.8
            aside, ahead = 0.05 * math.sin(angle), 0.05 * math.cos(angle)
            corners = [
                (6.5, 2.2, z - 0.25),
                (x + aside, y - ahead, z - 0.05),
                (min(6.95, x * 1.6 - 3.9), min(2.55, y * 1.6 - 1.32), z + 0.05),
                (x - aside, y + ahead, z - 0.05),
            ]
            mirrored = [(self.hall.side * a, b, c) for a, b, c in corners]
            blender.mesh("leaf", mirrored, [[0, 1, 2, 3]], leaf)

    def _lamps(self) -> None:
        """At dusk the lamps are warmer and weaker, and those over the waiting area are off."""
        lamp = tuple(a * b for a, b in zip(self.hall.lamp, WARM, strict=True)) if self.dusk else self.hall.lamp
        lit, unlit = material("lamp", lamp, emit=4.0), material("unlit", (0.5, 0.5, 0.48), 0.6)
        for x in (-4.2, -1.4, 1.4, 4.2):
            for y in (-7.2, -4.8, -2.4, 0.0, 1.9):
                shines = not self.dusk or y > -2 or x < -3
                self._box(x - 0.6, x + 0.6, y - 0.15, y + 0.15, 3.285, 3.3, lit if shines else unlit)
                if shines:
                    self._shine(x, y, lamp)
        world = bpy.data.worlds.new("world")
        bpy.context.scene.world = world
        world.use_nodes = True
        background = world.node_tree.nodes["Background"]
        background.inputs[0].default_value = (0.8, 0.85, 0.9, 1)
        background.inputs[1].default_value = 0.06 if self.dusk else 0.2

    def _shine(self, x: float, y: float, colour: Rgb) -> None:
        area = bpy.data.lights.new("area", "AREA")
        area.shape, area.size, area.size_y = "RECTANGLE", 1.2, 0.9
        area.energy, area.color = 16 if self.dusk else 25, colour
        blender.add("area", area).location = (self.hall.side * x, y, 3.26)


def render(out: Path, name: str, key: str, light: str) -> None:
    hall, samples = HALLS[name], int(os.environ.get("SAMPLES", "14"))
    blender.reset()
    room = Room(hall, light)
    camera = hall.cameras[key]
    _, placed = view(camera, hall.side)
    blender.camera(placed, angle=math.radians(camera.hfov))
    scene = blender.renderer(*SIZE, samples, int(os.environ.get("THREADS", "2")))
    picture = out / "plate.png"
    blender.render_to(scene, picture)
    plate = cv2.imread(str(picture))
    cv2.imwrite(str(out / f"{name}_{key}_{light}.webp"), plate, [cv2.IMWRITE_WEBP_QUALITY, 92])
    if light == "day":  # the masks are the same in any light
        _render_masks(scene, room, picture, out / f"{name}_{key}")
    picture.unlink()


def _render_masks(scene: bpy.types.Scene, room: Room, picture: Path, out: Path) -> None:
    scene.cycles.use_denoising, scene.cycles.use_adaptive_sampling = False, False
    scene.cycles.samples, scene.cycles.max_bounces = 12, 0
    scene.render.film_transparent = True
    scene.render.image_settings.color_mode = "RGBA"
    for layer, things in room.layers.items():
        for thing in bpy.data.objects:
            thing.is_holdout, thing.hide_render = thing not in things, thing.type == "LIGHT"
        blender.render_to(scene, picture)
        alpha = cv2.imread(str(picture), cv2.IMREAD_UNCHANGED)[:, :, 3]
        cv2.imwrite(f"{out}_{layer}.png", alpha, [cv2.IMWRITE_PNG_COMPRESSION, 9])


def light_of(out: Path, name: str, key: str) -> dict[str, list[float]]:
    """What dusk does to colours, measured on the plates: mean B, G, R at dusk over those by day."""
    day, dusk = (cv2.imread(str(out / f"{name}_{key}_{light}.webp")).reshape(-1, 3).mean(0) for light in LIGHTS)
    return {"day": [1.0, 1.0, 1.0], "dusk": [round(float(share), 3) for share in dusk / day]}


def main() -> None:
    out, wanted = Path(sys.argv[1]), sys.argv[2:]
    out.mkdir(parents=True, exist_ok=True)
    for name, hall in HALLS.items():
        for key in hall.cameras:
            for light in LIGHTS:
                if not wanted or f"{name}_{key}_{light}" in wanted:
                    render(out, name, key, light)
    world = {
        name: record(name, hall, {key: light_of(out, name, key) for key in hall.cameras})
        for name, hall in HALLS.items()
    }
    (out / "halls.json").write_text(json.dumps({"licence": "CC0-1.0", "halls": world}, indent=1) + "\n")


if __name__ == "__main__":
    main()
