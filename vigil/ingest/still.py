"""One recorded picture by itself: the first key picture of a segment, decoded and coded anew as JPEG, as wide as is asked for."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction
from typing import Final

import av
import numpy as np
import numpy.typing as npt
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from vigil.ingest.frames import KeyFrameDecoder
from vigil.ingest.segment_reader import Read, SegmentReader
from vigil.model.ids import CameraId
from vigil.model.media import CLOCK_RATE, Packet, Still

_COARSEST: Final = 6
"""The quantiser at most, of 1 to 31: a picture of 1280 x 720 takes some hundred kilobytes."""


def still_of(read: Read, camera: CameraId, start_at: datetime, width: int) -> Still | None:
    """None where there is no key picture, or none that can be decoded. `read` gives the segment, which begins at `start_at`.

    `width` in pixels at most. Raises FragmentError, and whatever `read` raises.
    """
    segment = SegmentReader(read)
    first_90k: int | None = None
    for pictures in segment.fragments():
        for picture in pictures:
            first_90k = picture.dts_90k if first_90k is None else first_90k
            if not picture.key:
                continue
            at = start_at + timedelta(seconds=(picture.dts_90k - first_90k) / CLOCK_RATE)
            packet = Packet(picture.data, picture.dts_90k, picture.pts_90k, key=True, at=at)
            frame = KeyFrameDecoder(camera).decode(segment.parameters, packet)
            return None if frame is None else Still(_jpeg(frame.bgr, width), at)
    return None


def _jpeg(bgr: npt.NDArray[np.uint8], width: int) -> bytes:
    """Of `bgr`, uint8 (height, width, 3), at most as wide as `width`."""
    rows, columns = bgr.shape[:2]
    scale = min(1.0, width / columns)
    picture = VideoFrame.from_ndarray(bgr, format="bgr24").reformat(
        width=_even(columns * scale), height=_even(rows * scale), format="yuvj420p", interpolation="AREA"
    )
    picture.pts = 0
    encoder = av.CodecContext.create("mjpeg", "w")
    assert isinstance(encoder, VideoCodecContext)  # noqa: S101, JPEG is pictures
    encoder.width, encoder.height, encoder.pix_fmt = picture.width, picture.height, "yuvj420p"
    encoder.time_base = picture.time_base = Fraction(1, CLOCK_RATE)
    encoder.qmin, encoder.qmax = 2, _COARSEST
    return b"".join(bytes(packet) for packet in (*encoder.encode(picture), *encoder.encode(None)))


def _even(pixels: float) -> int:
    """Colour is kept for each two by two pixels."""
    return max(2, round(pixels / 2) * 2)
