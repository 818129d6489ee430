"""A clothed person that can be posed. Clothes and hair are helper geometry of the same base mesh, pushed outward.

person = Person(LOOKS["v1"])
parts = person.posed(poses.stand())   # part → (vertices (n, 3) in metres, faces); feet at z = 0, facing -y
"""

from __future__ import annotations

from collections.abc import Collection

import makehuman
import numpy as np
from characters import Look
from poses import Pose

HAND = ("hand", "index", "middle", "ring", "pinky", "thumb")

Faces = list[list[int]]
Mesh = tuple[np.ndarray, Faces]


class Person:
    def __init__(self, look: Look) -> None:
        self.look = look
        _, self.groups = makehuman.base()
        self.rig, self.names, self.weights = makehuman.rig()
        self.bone_of = np.array(self.names)[self.weights.argmax(1)]
        self.bare = _shaped(look)
        self.heads = {name: makehuman.joint(self.rig[name]["head"], self.bare, self.groups) for name in self.names}
        self.parts = self._dressed()
        self.clothed = self._pushed_out()
        self.hairs = _Hair(self).layers()
        self.hair_normals = _normals(self.bare, self.groups["body"] + self.groups["helper-hair"])
        self.skin = np.array(sorted({i for face in self.groups["body"] for i in face}))
        self.height_m = 0.0

    def posed(self, pose: Pose, drop: Collection[str] = ()) -> dict[str, Mesh]:
        moves = self._bone_moves(pose)
        clothed, bare = _moved(self.clothed, moves), _moved(self.bare, moves)
        ground = bare[self.skin][:, 1].min()
        self.height_m = float((bare[self.skin][:, 1].max() - ground) * 0.1)
        found = {name: _cut(clothed, faces, ground) for name, faces in self.parts.items() if name not in drop and faces}
        for number, (faces, offset) in enumerate(self.hairs):
            if faces:
                hair = _moved(self.bare + self.hair_normals * offset, moves)
                found[f"hair{number}"] = _cut(hair, faces, ground)
        return found

    def _bone_moves(self, pose: Pose) -> np.ndarray:
        """The affine move (3 x 4) of each vertex."""
        found: dict[str, np.ndarray] = {}

        def move(bone: str) -> np.ndarray:
            if bone not in found:
                head, turn = self.heads[bone], pose.get(bone, np.eye(3))
                own = np.eye(4)
                own[:3, :3], own[:3, 3] = turn, head - turn @ head
                parent = self.rig[bone].get("parent")
                found[bone] = move(parent) @ own if parent else own
            return found[bone]

        stacked = np.stack([move(bone)[:3].ravel() for bone in self.names])
        return (self.weights @ stacked).reshape(-1, 3, 4)

    def _dressed(self) -> dict[str, Faces]:
        parts: dict[str, Faces] = {"skin": [face for face in self.groups["body"] if self._is_bare(face)]}
        parts["eye"] = self.groups["helper-l-eye"] + self.groups["helper-r-eye"]
        parts |= {"top": [], "vest": [], "bottom": [], "shoe": []}
        for face in self.groups["helper-tights"]:
            part = self._cloth(face)
            if part:
                parts[part].append(face)
        if self.look.legs == "skirt":
            parts["bottom"] = self.groups["helper-skirt"]
        return parts

    def _cloth(self, face: list[int]) -> str | None:
        """Which piece of clothing covers a face of the body, or None where skin shows."""
        bone, centre = self.bone_of[face[0]], self.bare[face].mean(0)
        thigh, spine = self.heads["thigh_l"][1], self.heads["spine_01"][1]
        waist = thigh + 0.9 * (spine - thigh) + (0.1 if self.look.vest else 0.0)
        if bone.startswith(("foot", "ball")):
            return "shoe"
        if bone.startswith(HAND) or bone.startswith("head"):
            return None
        if bone.startswith(("upperarm", "lowerarm")):
            return None if self.look.sleeves == "short" and bone.startswith("lowerarm") else "top"
        if centre[1] <= waist:
            return "bottom"
        return "vest" if self.look.vest and self._under_vest(bone, centre, waist) else "top"

    def _under_vest(self, bone: str, centre: np.ndarray, waist: float) -> bool:
        """A waistcoat: open in a V at the front, closed at the back."""
        front = bone.startswith(("spine", "pelvis", "thigh")) and abs(centre[0]) > max(
            0, 0.34 * (centre[1] - waist - 2.6)
        )
        back = centre[2] < self.heads["spine_03"][2] and bone.startswith(("spine", "clavicle"))
        return front or back

    def _is_bare(self, face: list[int]) -> bool:
        bone, centre = self.bone_of[face[0]], self.bare[face].mean(0)
        if bone.startswith(("head", "neck", *HAND)):
            return True
        if self.look.sleeves == "short" and bone.startswith("lowerarm"):
            return True
        if self.look.legs == "skirt" and bone.startswith("calf"):
            hem = min(self.bare[i][1] for one in self.groups["helper-skirt"] for i in one)
            if centre[1] < hem + 0.3:
                return True
        return bone.startswith("spine_03") and centre[1] > self.heads["neck_01"][1] - 0.35 and abs(centre[0]) < 0.75

    def _pushed_out(self) -> np.ndarray:
        loose = self.look.loose
        normals = _normals(self.bare, self.groups["helper-tights"])
        moved = self.bare.copy()
        for part, offset in (("bottom", loose * 0.8), ("top", loose), ("vest", loose * 1.25), ("shoe", 0.10)):
            vertices = sorted({i for face in self.parts[part] for i in face})
            if vertices and not (part == "bottom" and self.look.legs == "skirt"):
                moved[vertices] = self.bare[vertices] + normals[vertices] * offset
        return moved


class _Hair:
    """The scalp faces of the body, pushed out; for longer cuts and a scarf also the helper hair volume."""

    def __init__(self, person: Person) -> None:
        self._look, self._groups, self._bare = person.look, person.groups, person.bare
        self._bone_of, self._heads = person.bone_of, person.heads
        self._eye = self._bare[sorted({i for face in person.parts["eye"] for i in face})].mean(0)
        head = np.array(
            sorted({i for face in self._groups["body"] for i in face if self._bone_of[i].startswith("head")})
        )
        head = head[self._bare[head][:, 1] > self._eye[1]]
        self._top = self._bare[head][:, 1].max()
        self._back, self._front = self._bare[head][:, 2].min(), self._bare[head][:, 2].max()
        high = self._bare[head][self._bare[head][:, 1] > self._eye[1] + 0.4 * (self._top - self._eye[1])]
        self._wide = np.abs(high[:, 0]).max()

    def layers(self) -> list[tuple[Faces, float]]:
        """Faces and how far each layer is pushed out, decimetres."""
        cut = self._look.hair
        if cut == "none":
            return []
        scalp = [face for face in self._groups["body"] if self._is_scalp(face)]
        crown = [face for face in scalp if self._place(face)[0] > 0.45]
        layers = [(scalp, 0.13 if cut == "short" else 0.16), (crown, 0.22)]
        lowest = {
            "medium": self._heads["head"][1] - 0.35,
            "long": -99.0,
            "scarf": self._heads["head"][1] - 1.0,
        }.get(cut)
        if lowest is not None:
            hair = self._groups["helper-hair"]
            volume = [face for face in hair if self._bare[face][:, 1].min() > lowest and not self._is_face(face)]
            layers.append((volume, 0.10 if cut == "scarf" else 0.13))
        return layers

    def _place(self, face: list[int]) -> tuple[float, float]:
        """Height above the eyes (1 at the top) and depth (-1 at the back, 1 at the front)."""
        centre = self._bare[face].mean(0)
        height = (centre[1] - self._eye[1]) / (self._top - self._eye[1])
        depth = (centre[2] - (self._back + self._front) / 2) / ((self._front - self._back) / 2)
        return height, depth

    def _is_scalp(self, face: list[int]) -> bool:
        if not all(self._bone_of[i].startswith(("head", "neck")) for i in face):
            return False
        height, depth = self._place(face)
        if abs(self._bare[face].mean(0)[0]) > 0.98 * self._wide and height < 0.3:
            return False
        return bool(height > np.interp(depth, [-1, -0.35, -0.05, 0.3, 0.6, 1], [-0.75, -0.6, 0.0, 0.32, 0.55, 0.66]))

    def _is_face(self, face: list[int]) -> bool:
        """The front of the head below the hairline: kept free of hair."""
        height, depth = self._place(face)
        return depth > 0.12 and height < 0.62


def _shaped(look: Look) -> np.ndarray:
    vertices, _ = makehuman.base()
    vertices = vertices.copy()
    for name, share in (("male", look.gender), ("female", 1 - look.gender)):
        if share <= 0:
            continue
        weight = "maxweight" if look.heavy > 0 else "minweight"
        universal = f"macrodetails/universal-{name}-{look.age}-averagemuscle-"
        vertices += share * makehuman.target(f"macrodetails/{look.race}-{name}-{look.age}")
        vertices += share * (1 - abs(look.heavy)) * makehuman.target(universal + "averageweight")
        vertices += share * abs(look.heavy) * makehuman.target(universal + weight)
        if look.tall:
            end = "maxheight" if look.tall > 0 else "minheight"
            stature = f"macrodetails/height/{name}-{look.age}-averagemuscle-averageweight-{end}"
            if (makehuman.folder() / "targets" / f"{stature}.target.gz").exists():
                vertices += share * abs(look.tall) * makehuman.target(stature)
    return vertices


def _normals(vertices: np.ndarray, faces: Faces) -> np.ndarray:
    normals = np.zeros_like(vertices)
    corners = np.array(faces)
    across = np.cross(
        vertices[corners[:, 1]] - vertices[corners[:, 0]], vertices[corners[:, 2]] - vertices[corners[:, 0]]
    )
    for corner in range(corners.shape[1]):
        np.add.at(normals, corners[:, corner], across)
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)


def _moved(vertices: np.ndarray, moves: np.ndarray) -> np.ndarray:
    return np.einsum("vij,vj->vi", moves[:, :, :3], vertices) + moves[:, :, 3]


def _cut(vertices: np.ndarray, faces: Faces, ground: float) -> Mesh:
    """The part's own vertices, from decimetres and y up into metres and z up."""
    used = sorted({i for face in faces for i in face})
    number = {vertex: index for index, vertex in enumerate(used)}
    points = vertices[used]
    placed = np.stack([points[:, 0], -points[:, 2], points[:, 1] - ground], 1) * 0.1
    return placed, [[number[i] for i in face] for face in faces]
