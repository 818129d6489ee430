"""Frames for the analytics: key pictures only, each decoded by itself. At rest this is all the decoding that a camera costs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import av
import numpy as np
import numpy.typing as npt
import structlog
from av.error import FFmpegError
from av.packet import Packet as AvPacket
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane
from av.video.reformatter import ColorRange

from vigil.model.ids import CameraId
from vigil.model.media import Frame, GapCause, Packet, Plane, Planes, StreamParameters

_I420 = "yuv420p"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class CodedPicture:
    """A key packet with what is needed to decode it. `decode` belongs to the analytics thread."""

    camera: CameraId
    parameters: StreamParameters
    packet: Packet
    decoder: KeyFrameDecoder

    @property
    def at(self) -> datetime:
        return self.packet.at

    def decode(self) -> Frame | None:
        """The picture, or None when it cannot be decoded."""
        return self.decoder.decode(self.parameters, self.packet)


class KeyFrameTap:
    """A sink that hands key packets to whoever decodes. Decoding does not happen on the reader's thread."""

    def __init__(self, camera: CameraId, offer: Callable[[CodedPicture], None]) -> None:
        self._camera = camera
        self._offer = offer
        self._decoder = KeyFrameDecoder(camera)
        self._parameters: StreamParameters | None = None

    def begin(self, parameters: StreamParameters) -> None:
        self._parameters = parameters

    def packet(self, packet: Packet) -> None:
        if packet.key and self._parameters is not None:
            self._offer(CodedPicture(self._camera, self._parameters, packet, self._decoder))

    def lost(self, at: datetime, cause: GapCause) -> None:
        pass  # the age of the last frame tells


class KeyFrameDecoder:
    """Decodes key packets of one camera. Not thread-safe."""

    def __init__(self, camera: CameraId) -> None:
        self._camera = camera
        self._context: VideoCodecContext | None = None
        self._of: StreamParameters | None = None
        self._told_of: StreamParameters | None = None

    def decode(self, parameters: StreamParameters, packet: Packet) -> Frame | None:
        """The picture, or None when the packet cannot be decoded, which is logged once a connection."""
        context = self._context_for(parameters)
        try:
            # One packet, then a drain: nothing is held back for reordering that never comes.
            pictures = [*context.decode(AvPacket(packet.data)), *context.decode(None)]
        except FFmpegError as error:
            if self._told_of is not parameters:
                log.warning("picture_not_decoded", camera=self._camera, error=error.strerror)
            self._told_of, self._context = parameters, None
            return None
        context.flush_buffers()
        if not pictures:
            return None
        return _frame(self._camera, packet.at, pictures[-1])

    def _context_for(self, parameters: StreamParameters) -> VideoCodecContext:
        if self._context is None or self._of is not parameters:
            context = av.CodecContext.create(parameters.codec.value, "r")
            assert isinstance(context, VideoCodecContext)  # noqa: S101, both codecs are video
            context.thread_count = 1  # the node has many cameras; threads of one would only get in the others' way
            self._context, self._of = context, parameters
        return self._context


def _frame(camera: CameraId, at: datetime, picture: VideoFrame) -> Frame:
    if picture.format.name != _I420:  # full range, or colour at every pixel: scaled to what detectors are trained with
        picture = picture.reformat(format=_I420, dst_color_range=ColorRange.MPEG)
    y, u, v = (_plane(plane) for plane in picture.planes)

    def paint() -> npt.NDArray[np.uint8]:
        return np.asarray(picture.to_ndarray(format="bgr24"), np.uint8)

    return Frame(camera, at, Planes(y, u, v), paint)


def _plane(plane: VideoPlane) -> Plane:
    """Without a copy: the array keeps the decoder's memory."""
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
    return rows[:, : plane.width]
