"""Cut the contact sheets into tight sprites, one WebP atlas per character and pitch, and enter them into looks.json.

    python pack.py SHEETS OUT

Characters that looks.json has already and that have no sheet stay as they are.
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from characters import LOOKS

ATLAS_WIDTH = 1024
SEAT_M = 0.46
"""A clerk is kept from the seat upward: the rest is under the desk."""
FIELDS = ["pose", "frame", "dir", "x", "y", "w", "h", "anchor_x", "anchor_y"]
NOTE = (
    "dir: 0 faces the camera, 90 faces image right; mirror for left. "
    "Anchor: the floor point under the body, px from the sprite's corner."
)


def sprites(record: dict[str, Any], sheet: np.ndarray) -> list[tuple[dict[str, Any], np.ndarray, float, float]]:
    """(item, picture, anchor x, anchor y) of each, the tallest first."""
    found = []
    for item in record["items"]:
        (left, top), cell = _cell(record, item, sheet.shape)
        alone = _largest(sheet[top : cell[1], left : cell[0]].copy())
        x0, y0, x1, y1 = _bounds(alone[:, :, 3], soft_foot=not item["pose"].startswith("clerk"))
        cut = _bled(alone[y0:y1, x0:x1])
        found.append((item, cut, item["anchor"][0] - left - x0, item["anchor"][1] - top - y0))
    return sorted(found, key=lambda sprite: -sprite[1].shape[0])


def _cell(
    record: dict[str, Any], item: dict[str, Any], shape: tuple[int, ...]
) -> tuple[tuple[int, int], tuple[int, int]]:
    (x, y), (width, height) = item["anchor"], record["cell"]
    left, right = max(0, round(x - width / 2)), min(shape[1], round(x + width / 2))
    top, bottom = max(0, round(y + record["below"] - height)), min(shape[0], round(y + record["below"]))
    if item["pose"].startswith("clerk"):
        seat = SEAT_M * record["px_per_m"] * math.cos(math.radians(record["pitch"]))
        bottom = min(bottom, round(y - seat))
    return (left, top), (right, bottom)


def _largest(picture: np.ndarray) -> np.ndarray:
    """Without a neighbour's stray pixels."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats((picture[:, :, 3] > 8).astype(np.uint8))
    picture[labels != 1 + stats[1:, 4].argmax()] = 0
    return picture


def _bounds(alpha: np.ndarray, *, soft_foot: bool) -> tuple[int, int, int, int]:
    ys, xs = np.nonzero(alpha > 8)
    return max(0, xs.min() - 2), max(0, ys.min() - 2), xs.max() + 3, ys.max() + (3 if soft_foot else 1)


def _bled(picture: np.ndarray) -> np.ndarray:
    """Colours go on under the transparent pixels, so that scaling brings no dark fringe."""
    alpha = picture[:, :, 3:].astype(np.float32) / 255
    colour = cv2.GaussianBlur(picture[:, :, :3] * alpha, (0, 0), 3)
    colour /= np.maximum(cv2.GaussianBlur(alpha, (0, 0), 3), 1e-3)[:, :, None]
    kept = np.where(alpha > 0.02, picture[:, :, :3], np.clip(colour, 0, 255)).astype(np.uint8)
    return np.dstack([kept, picture[:, :, 3]])


def atlas(cut: list[tuple[dict[str, Any], np.ndarray, float, float]]) -> tuple[np.ndarray, list[list[Any]]]:
    """Rows of sprites, and the record of each: FIELDS."""
    x = y = row = 0
    places = []
    for _, picture, _, _ in cut:
        height, width = picture.shape[:2]
        if x + width > ATLAS_WIDTH:
            x, y, row = 0, y + row, 0
        places.append((x, y))
        x, row = x + width, max(row, height)
    canvas = np.zeros((y + row, ATLAS_WIDTH, 4), np.uint8)
    records = []
    for (item, picture, anchor_x, anchor_y), (left, top) in zip(cut, places, strict=True):
        height, width = picture.shape[:2]
        canvas[top : top + height, left : left + width] = picture
        place = [left, top, width, height, round(anchor_x, 1), round(anchor_y, 1)]
        records.append([item["pose"], item["frame"], item["dir"], *place])
    return canvas, sorted(records)


def main() -> None:
    sheets, out = Path(sys.argv[1]), Path(sys.argv[2])
    path = out / "looks.json"
    index = json.loads(path.read_text())["characters"] if path.exists() else {}
    for file in sorted(sheets.glob("*.json")):
        record = json.loads(file.read_text())
        name, kind = record["char"], file.stem.rpartition("_")[2]
        cut = sprites(record, cv2.imread(str(file.with_suffix(".png")), cv2.IMREAD_UNCHANGED))
        canvas, records = atlas(cut)
        cv2.imwrite(str(out / f"{name}_{kind}.webp"), canvas, [cv2.IMWRITE_WEBP_QUALITY, 88])
        tallest = max(item["height"] for item in record["items"] if item["pose"] == "stand")
        scale = record["px_per_m"] * tallest / LOOKS[name].height_m
        entry = index.setdefault(name, {"role": record["role"], "height_m": LOOKS[name].height_m, "sets": {}})
        entry["sets"][kind] = {
            "file": f"{name}_{kind}.webp",
            "pitch": record["pitch"],
            "px_per_m": round(scale, 2),
            "sprites": records,
        }
    ordered = dict(sorted(index.items(), key=lambda pair: (pair[0][0], int(pair[0][1:]))))
    looks = {"licence": "CC0-1.0", "fields": FIELDS, "note": NOTE, "characters": ordered}
    path.write_text(json.dumps(looks) + "\n")


if __name__ == "__main__":
    main()
