"""The arithmetic behind a YOLO: its output into boxes. Pure functions, no model.

Pixels here are those of the model's input ("canvas"), and a Detection is in shares of it (0..1): vigil/analytics/packing.py
knows which picture lies where.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vigil.model.looks import Detection

Floats = npt.NDArray[np.float32]

Size = tuple[int, int]
"""(height, width) in pixels."""


def decode(
    output: Floats, person: int, canvas: Size, confidence: float, iou: float, doubt: float | None = None
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
    return _detections(corners[kept], scores[kept], canvas, confidence)


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


def _detections(corners: Floats, scores: Floats, canvas: Size, confidence: float) -> tuple[Detection, ...]:
    shares = np.clip(corners / np.array([canvas[1], canvas[0]] * 2, np.float32), 0, 1)
    return tuple(
        Detection(x0, y0, x1, y1, score, sure)
        for (x0, y0, x1, y1), score, sure in zip(
            shares.tolist(), scores.tolist(), (scores >= np.float32(confidence)).tolist(), strict=True
        )
        if x0 < x1 and y0 < y1  # a box beyond the canvas is nobody
    )
