"""The picture that goes with an alert: what the camera showed, with the boxes that were seen and the zones in question."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import cv2
import numpy as np

from vigil.model.looks import Detection
from vigil.model.media import Frame
from vigil.model.site import Point

_WIDTH: Final = 960
_QUALITY: Final = 80
_BOX: Final = (90, 200, 90)  # BGR
_ZONE: Final = (60, 60, 230)


def draw(frame: Frame, people: Iterable[Detection], zones: Iterable[Sequence[Point]]) -> bytes:
    """A JPEG of at most 960 pixels width; the frame itself is left as it is."""
    painted = frame.bgr
    height, width = painted.shape[:2]
    scale = min(1.0, _WIDTH / width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    picture = cv2.resize(painted, size, interpolation=cv2.INTER_AREA)  # a copy, also where the size stays
    for zone in zones:
        corners = np.rint(np.asarray(zone) * size).astype(np.int32)
        cv2.polylines(picture, [corners], isClosed=True, color=_ZONE, thickness=2, lineType=cv2.LINE_AA)
    for person in people:
        corner = (round(person.x0 * size[0]), round(person.y0 * size[1]))
        opposite = (round(person.x1 * size[0]), round(person.y1 * size[1]))
        cv2.rectangle(picture, corner, opposite, _BOX, 2)
    done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    if not done:
        raise ValueError(f"a picture of {picture.shape} cannot be written as JPEG")
    return bytes(data)
