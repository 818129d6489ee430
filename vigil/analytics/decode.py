"""The arithmetic around a YOLO: a picture into its input, its output into boxes. Pure functions, no model.

Pixels here are those of the model's input ("canvas"); a Detection is in shares of the picture (0..1).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from vigil.analytics.detector import Bgr
from vigil.model.looks import Detection

Floats = npt.NDArray[np.float32]

PAD: Final = 114
"""Grey level around the picture, the one that Ultralytics trains its models with (LetterBox, padding_value)."""


@dataclass(frozen=True, slots=True)
class Letterbox:
    """Where the picture lies on the canvas, in whole pixels: what was painted, so the way back is exact."""

    left: int
    top: int
    width: int
    height: int


def letterbox(picture: tuple[int, int], canvas: tuple[int, int]) -> Letterbox:
    """The largest place for a picture on a canvas, both (height, width), that keeps its aspect, centred.

    Rounds as Ultralytics does, so that both backends look at the same pixels; an odd pixel of padding goes below or
    to the right.
    """
    scale = min(canvas[0] / picture[0], canvas[1] / picture[1])
    height, width = (max(1, round(side * scale)) for side in picture)  # a strip 1 px high must not vanish
    return Letterbox((canvas[1] - width) // 2, (canvas[0] - height) // 2, width, height)


def paint(frame: Bgr, place: Letterbox, canvas: Bgr) -> None:
    """Scale the frame into its place on the canvas (uint8, height by width by 3). The padding is not touched."""
    target = canvas[place.top : place.top + place.height, place.left : place.left + place.width]
    if frame.shape == target.shape:
        np.copyto(target, frame)
    else:
        cv2.resize(frame, (place.width, place.height), dst=target, interpolation=cv2.INTER_LINEAR)


def decode(
    output: Floats, person: int, place: Letterbox, confidence: float, iou: float, doubt: float | None = None
) -> tuple[Detection, ...]:
    """The people in a YOLO's raw output, best score first; those from `doubt` to below `confidence` are not sure.

    `output` is (4 + classes, anchors): centre x, centre y, width and height in canvas pixels, then a score of 0..1 a
    class (Ultralytics' Detect head). An anchor counts for its best class only: a chair that is a little like a person
    stays a chair.
    """
    candidates = np.flatnonzero(output[4 + person] >= (confidence if doubt is None else doubt))
    if not candidates.size:
        return ()
    columns = output[:, candidates]
    columns = columns[:, columns[4:].argmax(axis=0) == person]
    centre, half = columns[:2], columns[2:4] * np.float32(0.5)
    corners = np.concatenate((centre - half, centre + half)).T
    scores = columns[4 + person]
    kept = suppress(corners, scores, iou)
    return _detections(corners[kept], scores[kept], place, confidence)


def suppress(corners: Floats, scores: Floats, iou: float) -> list[int]:
    """Greedy non-maximum suppression: indices of the boxes to keep, best score first.

    `corners` is (n, 4) as x0, y0, x1, y1. A box goes when it overlaps a better one by more than `iou`.
    """
    areas = (corners[:, 2] - corners[:, 0]) * (corners[:, 3] - corners[:, 1])
    order = np.argsort(-scores, kind="stable")
    kept: list[int] = []
    while order.size:
        best, rest = order[0], order[1:]
        kept.append(int(best))
        low = np.maximum(corners[best, :2], corners[rest, :2])
        high = np.minimum(corners[best, 2:], corners[rest, 2:])
        shared = np.prod(np.clip(high - low, 0, None), axis=1)
        order = rest[shared <= iou * (areas[best] + areas[rest] - shared)]
    return kept


def _detections(corners: Floats, scores: Floats, place: Letterbox, confidence: float) -> tuple[Detection, ...]:
    origin = np.array([place.left, place.top] * 2, np.float32)
    size = np.array([place.width, place.height] * 2, np.float32)
    shares = np.clip((corners - origin) / size, 0, 1)
    return tuple(
        Detection(x0, y0, x1, y1, score, sure)
        for (x0, y0, x1, y1), score, sure in zip(
            shares.tolist(), scores.tolist(), (scores >= np.float32(confidence)).tolist(), strict=True
        )
        if x0 < x1 and y0 < y1  # a box that lies in the padding alone is nobody
    )
