"""One picture out of a segment: which it is, how wide, and when it was taken."""

from __future__ import annotations

import io

import av
import numpy as np
import numpy.typing as npt
import pytest

from tests.media import AT, FRAME, Footage, fragmented, number_in
from vigil.errors import FragmentError
from vigil.ingest.mux import FragmentMuxer
from vigil.ingest.still import still_of
from vigil.model.ids import CameraId
from vigil.model.media import Still

CAMERA = CameraId("counter")


def taken(data: bytes, width: int = 1280) -> Still:
    still = still_of(io.BytesIO(data).read, CAMERA, AT, width)
    assert still is not None
    return still


def decoded(still: Still) -> npt.NDArray[np.uint8]:
    with av.open(io.BytesIO(still.jpeg), "r", format="jpeg_pipe") as container:
        (frame,) = container.decode(video=0)
    return np.asarray(frame.to_ndarray(format="gray"), np.uint8)


def test_is_the_first_key_picture(stream: Footage) -> None:
    still = taken(fragmented(stream))
    assert still.at == AT
    picture = decoded(still)
    assert picture.shape == (96, 160)
    assert number_in(picture) == 0


def test_what_comes_before_it_is_passed_over_and_counts_as_time(h264: Footage) -> None:
    muxer = FragmentMuxer(h264.parameters, fragment_s=None)
    pieces = [piece.data for packet in h264.packets[:30] for piece in muxer.write(packet)]
    still = taken(pieces[0] + b"".join(pieces[2:]))
    assert number_in(decoded(still)) == 25
    assert still.at == AT + 24 * FRAME


@pytest.mark.parametrize(("width", "shape"), [(80, (48, 80)), (53, (32, 52)), (1280, (96, 160))])
def test_is_no_wider_than_asked_for(h264: Footage, width: int, shape: tuple[int, int]) -> None:
    picture = decoded(taken(fragmented(h264), width))
    assert picture.shape == shape
    assert number_in(picture) == 0


def test_there_may_be_none(h264: Footage) -> None:
    muxer = FragmentMuxer(h264.parameters, fragment_s=None)
    pieces = [piece.data for packet in h264.packets[:20] for piece in muxer.write(packet)]
    assert still_of(io.BytesIO(pieces[0] + b"".join(pieces[2:])).read, CAMERA, AT, 1280) is None


def test_what_is_no_segment_is_told() -> None:
    with pytest.raises(FragmentError):
        still_of(io.BytesIO(b"\0\0\0\0mdat").read, CAMERA, AT, 1280)
