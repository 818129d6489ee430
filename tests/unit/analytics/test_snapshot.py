from __future__ import annotations

import cv2
import numpy as np
import pytest

from tests.unit.analytics.halls import AT_ONE, NINE, STAFF_ONE
from vigil.analytics import snapshot
from vigil.analytics.detector import Bgr
from vigil.model.ids import CameraId
from vigil.model.media import Frame
from vigil.testing import frame_of


def grey(height: int, width: int) -> Frame:
    return frame_of(CameraId("a"), NINE, np.full((height, width, 3), 120, np.uint8))


def read(jpeg: bytes) -> Bgr:
    decoded = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    return np.asarray(decoded, np.uint8)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((360, 640), (360, 640)),
        ((1080, 1920), (540, 960)),
        ((1520, 2688), (543, 960)),
        ((720, 480), (720, 480)),
        ((2, 4000), (1, 960)),
    ],
)
def test_a_snapshot_is_a_jpeg_of_at_most_960_pixels_width(shape: tuple[int, int], expected: tuple[int, int]) -> None:
    jpeg = snapshot.draw(grey(*shape), (), ())
    assert jpeg[:2] == b"\xff\xd8"
    assert read(jpeg).shape[:2] == expected


def test_boxes_and_zones_are_drawn_where_they_are() -> None:
    drawn = read(snapshot.draw(grey(360, 640), [AT_ONE], [STAFF_ONE.polygon])).astype(int)
    changed = np.abs(drawn - 120).max(axis=2) > 40
    left = round(AT_ONE.x0 * 640)
    assert changed[100, left - 2 : left + 3].any()
    bottom = round(STAFF_ONE.polygon[2][1] * 360)
    assert changed[bottom - 2 : bottom + 3, 70].any()
    assert not changed[250:, :].any()


@pytest.mark.parametrize("shape", [(360, 640), (1080, 1920)])
def test_the_frame_itself_stays_as_it_is(shape: tuple[int, int]) -> None:
    frame = grey(*shape)
    snapshot.draw(frame, [AT_ONE], [STAFF_ONE.polygon])
    assert (frame.bgr == 120).all()
