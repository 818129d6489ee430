"""Render person sprites: one orthographic contact sheet per character and pitch.

    python sprites.py SHEETS [character ...]        (environment: THREADS=n, SETS=far,near)

The camera is orthographic, pitched down by `pitch`. A point (x right, z up) of the vertical plane through the foot
point lands at u = S x, v = S z cos(pitch) from the anchor, so that the painter can put the sprite back as a billboard
and project it with the true camera. Yaw 0 faces the camera, 90 faces image right; left-facing ones are mirrored later.
"""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import blender
import bpy
import poses
from body import Person
from characters import LOOKS

DIRECTIONS = (0, 45, 90, 135, 180)
STEPS = 4
CELL_M, BELOW_M, ABOVE_M = 1.12, 0.40, 1.95
COLUMNS = 9

Item = tuple[str, int, int]
"""Pose, frame, direction in degrees."""

WALK = [("walk", step, direction) for direction in DIRECTIONS for step in range(STEPS)]
STAND = [("stand", 0, direction) for direction in DIRECTIONS]
STAND_B = [("stand_b", 0, direction) for direction in DIRECTIONS]
CLERK = ("clerk_type", "clerk_down", "clerk_turn", "clerk_talk")
ITEMS: dict[str, list[Item]] = {
    "visitor": [
        *STAND,
        *STAND_B,
        *(("phone", 0, direction) for direction in DIRECTIONS),
        *(("lean", 0, direction) for direction in (110, 135, 160)),
        *WALK,
        *(("chair", 0, direction) for direction in (20, 60)),
    ],
    "staff": [*((pose, 0, direction) for pose in CLERK for direction in (15, 35, 58)), *WALK, *STAND],
    "cleaner": [*WALK, *STAND, *STAND_B],
}
POSES: dict[str, Callable[[int], poses.Pose]] = {
    "walk": lambda step: poses.walk((step + 0.5) / STEPS),
    **{name: (lambda _, name=name: getattr(poses, name)()) for name in ("stand", "stand_b", "phone", "lean", "chair")},
    **{name: (lambda _, name=name: getattr(poses, name)()) for name in CLERK},
}


@dataclass(frozen=True)
class Sheet:
    """`px_per_m` is of the sheet; `near` is for cameras that look down steeply."""

    pitch: int
    px_per_m: int


SHEETS = {"near": Sheet(27, 190), "far": Sheet(14, 150)}
STAFF_SHEET = Sheet(14, 170)


def lighting() -> None:
    """Uniform hall light: bright ceiling, grey horizon, warm floor bounce, four soft suns for the lamp panels."""
    world = bpy.data.worlds.new("world")
    bpy.context.scene.world = world
    world.use_nodes = True
    tree = world.node_tree
    coordinates, axes = tree.nodes.new("ShaderNodeTexCoord"), tree.nodes.new("ShaderNodeSeparateXYZ")
    height, ramp = tree.nodes.new("ShaderNodeMapRange"), tree.nodes.new("ShaderNodeValToRGB")
    height.inputs[1].default_value = -1
    stops = ramp.color_ramp.elements
    stops[0].position, stops[0].color = 0, (0.30, 0.28, 0.26, 1)
    stops[1].position, stops[1].color = 1, (0.95, 0.96, 1.0, 1)
    stops.new(0.5).color = (0.42, 0.41, 0.39, 1)
    tree.links.new(coordinates.outputs["Generated"], axes.inputs[0])
    tree.links.new(axes.outputs["Z"], height.inputs[0])
    tree.links.new(height.outputs[0], ramp.inputs[0])
    tree.links.new(ramp.outputs[0], tree.nodes["Background"].inputs[0])
    tree.nodes["Background"].inputs[1].default_value = 0.85
    for tilt, turn in ((28, 20), (35, 110), (28, 200), (35, 290)):
        sun = bpy.data.lights.new("sun", "SUN")
        sun.energy, sun.angle = 0.7, math.radians(50)
        blender.add("sun", sun).rotation_euler = (math.radians(tilt), 0, math.radians(turn))


def render(name: str, sheet: Sheet, out: Path, samples: int) -> None:
    """Writes `out`.png and `out`.json."""
    blender.reset()
    lighting()
    look = LOOKS[name]
    items = ITEMS[look.role]
    rows = math.ceil(len(items) / COLUMNS)
    width, height = round(COLUMNS * CELL_M * sheet.px_per_m), round(rows * (BELOW_M + ABOVE_M) * sheet.px_per_m)
    placed = _place_people(name, items, sheet)
    _aim(sheet, width, height)
    scene = blender.renderer(width, height, samples, int(os.environ.get("THREADS", "2")))
    scene.render.film_transparent = True
    scene.render.image_settings.color_mode = "RGBA"
    blender.render_to(scene, out.with_suffix(".png"))
    for item in placed:
        column, row = item["cell"]
        item["anchor"] = [
            (column + 0.5) * CELL_M * sheet.px_per_m,
            height - (row * (BELOW_M + ABOVE_M) + BELOW_M) * sheet.px_per_m,
        ]
    cell = [CELL_M * sheet.px_per_m, (BELOW_M + ABOVE_M) * sheet.px_per_m]
    record = {"char": name, "role": look.role, "cell": cell, "below": BELOW_M * sheet.px_per_m, "items": placed}
    out.with_suffix(".json").write_text(json.dumps(record | asdict(sheet)))


def _place_people(name: str, items: list[Item], sheet: Sheet) -> list[dict[str, object]]:
    look = LOOKS[name]
    person, stuff = Person(look), blender.look_materials(look)
    step_m = (BELOW_M + ABOVE_M) / math.sin(math.radians(sheet.pitch))
    placed: list[dict[str, object]] = []
    for index, (pose, frame, direction) in enumerate(items):
        column, row = index % COLUMNS, index // COLUMNS
        parts = person.posed(POSES[pose](frame), drop=("shoe",) if pose in CLERK else ())
        blender.place(parts, stuff, column * CELL_M, row * step_m, direction)
        item = {"pose": pose, "frame": frame, "dir": direction, "cell": [column, row]}
        placed.append(item | {"height": round(person.height_m, 3)})
    return placed


def _aim(sheet: Sheet, width: int, height: int) -> None:
    pitch = math.radians(sheet.pitch)
    camera = blender.camera(type="ORTHO", ortho_scale=width / sheet.px_per_m, clip_end=1000)
    up = height / sheet.px_per_m / 2 - BELOW_M
    away = 120
    camera.location = (
        (COLUMNS - 1) / 2 * CELL_M,
        up * math.sin(pitch) - away * math.cos(pitch),
        up * math.cos(pitch) + away * math.sin(pitch),
    )
    camera.rotation_euler = (math.pi / 2 - pitch, 0, 0)


def main() -> None:
    out, names = Path(sys.argv[1]), sys.argv[2:] or list(LOOKS)
    out.mkdir(parents=True, exist_ok=True)
    wanted = os.environ.get("SETS", "far,near").split(",")
    for name in names:
        visitor = LOOKS[name].role == "visitor"
        for kind in wanted if visitor else ["far"]:
            sheet = STAFF_SHEET if LOOKS[name].role == "staff" else SHEETS[kind]
            render(name, sheet, out / f"{name}_{kind}", int(os.environ.get("SAMPLES", "8")))
            print("sheet", name, kind, flush=True)


if __name__ == "__main__":
    main()
