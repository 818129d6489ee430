"""The little of Blender that plates and sprites need: materials, meshes, boxes, people, a renderer."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import bpy
import numpy as np
from body import Faces, Mesh
from characters import Look, Rgb


def reset() -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)


def add(name: str, data) -> bpy.types.Object:
    thing = bpy.data.objects.new(name, data)
    bpy.context.scene.collection.objects.link(thing)
    return thing


def material(
    name: str,
    colour: Rgb,
    rough: float = 0.7,
    noise: float = 0.0,
    scale: float = 40,
    bump: float = 0.0,
    skin: float = 0.0,
    metal: float = 0,
    emit: float = 0,
):
    """A principled material; `noise` mottles its colour, `bump` roughens its surface, `skin` lets light in."""
    made = bpy.data.materials.new(name)
    made.use_nodes = True
    shader = made.node_tree.nodes["Principled BSDF"]
    shader.inputs["Base Color"].default_value = (*colour, 1)
    shader.inputs["Roughness"].default_value = rough
    shader.inputs["Metallic"].default_value = metal
    if emit:
        shader.inputs["Emission Color"].default_value = (*colour, 1)
        shader.inputs["Emission Strength"].default_value = emit
    if skin:
        shader.inputs["Subsurface Weight"].default_value = skin
        shader.inputs["Subsurface Scale"].default_value = 0.02
    if noise or bump:
        _texture(made.node_tree, shader, colour, noise, scale, bump)
    return made


def _texture(tree, shader, colour: Rgb, noise: float, scale: float, bump: float) -> None:
    coordinates = tree.nodes.new("ShaderNodeTexCoord")
    pattern = tree.nodes.new("ShaderNodeTexNoise")
    pattern.inputs["Scale"].default_value = scale
    pattern.inputs["Detail"].default_value = 6
    tree.links.new(coordinates.outputs["Object"], pattern.inputs["Vector"])
    if noise:
        mix = tree.nodes.new("ShaderNodeMix")
        mix.data_type, mix.blend_type = "RGBA", "MULTIPLY"
        mix.inputs["Factor"].default_value = noise
        mix.inputs["A"].default_value = (*colour, 1)
        tree.links.new(pattern.outputs["Fac"], mix.inputs["B"])
        tree.links.new(mix.outputs["Result"], shader.inputs["Base Color"])
    if bump:
        relief = tree.nodes.new("ShaderNodeBump")
        relief.inputs["Strength"].default_value = bump
        relief.inputs["Distance"].default_value = 0.03
        tree.links.new(pattern.outputs["Fac"], relief.inputs["Height"])
        tree.links.new(relief.outputs["Normal"], shader.inputs["Normal"])


def mesh(name: str, vertices, faces: Faces, made, smooth: bool = True, subdivide: int = 0, wrinkle: float = 0.0):
    data = bpy.data.meshes.new(name)
    data.from_pydata([tuple(vertex) for vertex in vertices], [], faces)
    data.update()
    if smooth:
        data.polygons.foreach_set("use_smooth", [True] * len(data.polygons))
    data.materials.append(made)
    thing = add(name, data)
    if subdivide:
        finer = thing.modifiers.new("finer", "SUBSURF")
        finer.levels = finer.render_levels = subdivide
    if wrinkle:
        clouds = bpy.data.textures.get("clouds") or bpy.data.textures.new("clouds", type="CLOUDS")
        clouds.noise_scale = 0.10
        folds = thing.modifiers.new("folds", "DISPLACE")
        folds.texture, folds.strength, folds.mid_level, folds.texture_coords = clouds, wrinkle, 0.5, "LOCAL"
    return thing


def box(x: tuple[float, float], y: tuple[float, float], z: tuple[float, float], made, bevel: float = 0.0):
    corners = [(a, b, c) for a in x for b in y for c in z]
    sides = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    thing = mesh("box", corners, sides, made, smooth=False)
    if bevel:
        edge = thing.modifiers.new("edge", "BEVEL")
        edge.width, edge.segments = bevel, 2
    return thing


def empty(x: float = 0, y: float = 0, z: float = 0, yaw: float = 0):
    """A place that other things hang on; `yaw` in degrees."""
    thing = add("place", None)
    thing.location = (x, y, z)
    thing.rotation_euler = (0, 0, math.radians(yaw))
    return thing


def look_materials(look: Look) -> dict[str, object]:
    return {
        "skin": material("skin", look.skin, 0.5, 0.25, 25, 0.1, 0.1),
        "eye": material("eye", (0.35, 0.33, 0.32), 0.2),
        "top": material("top", look.top, 0.85, 0.35, 14, 0.5),
        "vest": material("vest", look.vest or look.top, 0.8, 0.3, 14, 0.4),
        "bottom": material("bottom", look.bottom, 0.85, 0.35, 14, 0.5),
        "shoe": material("shoe", (0.03, 0.025, 0.02), 0.4),
        "hair": material("hair", look.hair_colour, 0.55, 0.6, 90, 0.8),
    }


def place(parts: Mapping[str, Mesh], materials: Mapping[str, object], x: float, y: float, yaw: float) -> None:
    holder = empty(x, y, 0, yaw)
    for name, (vertices, faces) in parts.items():
        stuff = "hair" if name.startswith("hair") else name
        wrinkle = {"top": 0.03, "bottom": 0.03, "vest": 0.03, "hair": 0.02}.get(stuff, 0)
        fine = 0 if stuff in ("skin", "eye") else 1
        mesh(name, vertices, faces, materials[stuff], subdivide=fine, wrinkle=wrinkle).parent = holder


def renderer(width: int, height: int, samples: int, threads: int) -> bpy.types.Scene:
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = width, height, 100
    scene.render.threads_mode, scene.render.threads = "FIXED", threads
    scene.render.image_settings.file_format = "PNG"
    scene.cycles.device, scene.cycles.samples, scene.cycles.max_bounces = "CPU", samples, 3
    scene.cycles.use_denoising, scene.cycles.denoiser = True, "OPENIMAGEDENOISE"
    scene.cycles.use_adaptive_sampling = True
    scene.view_settings.view_transform, scene.view_settings.exposure = "Standard", 0.2
    return scene


def render_to(scene: bpy.types.Scene, path: Path) -> None:
    scene.render.filepath = str(path.resolve())
    bpy.ops.render.render(write_still=True)


def camera(placed: np.ndarray | None = None, **settings: object) -> bpy.types.Object:
    """The scene's camera; `placed` is its 4 x 4 matrix in the world."""
    import mathutils  # noqa: PLC0415, comes with bpy and only after it

    data = bpy.data.cameras.new("camera")
    data.sensor_fit = "HORIZONTAL"
    for name, value in settings.items():
        setattr(data, name, value)
    thing = add("camera", data)
    if placed is not None:
        thing.matrix_world = mathutils.Matrix(placed.tolist())
    bpy.context.scene.camera = thing
    return thing
