"""Pictures into coded packets, and packets into a clip: the way of a camera, for simulated ones.

Footage of real cameras never comes here: it is recorded as it was sent (recorder.py) and never coded again.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import av
import numpy as np
import numpy.typing as npt
from av.error import FFmpegError
from av.packet import Packet as AvPacket
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame

from vigil.ingest.mux import TIME_BASE
from vigil.model import nal
from vigil.model.media import CLOCK_RATE, Codec, Packet, StreamParameters

_ENCODERS: Final = {Codec.H264: "libx264", Codec.H265: "libx265"}
_PARAMETERS: Final = {Codec.H264: "x264-params", Codec.H265: "x265-params"}
_COMMON: Final = f"keyint={1 << 20}:min-keyint=1:scenecut=0:bframes=0:repeat-headers=1"
_QUIET: Final = ":open-gop=0:pools=none:frame-threads=1:log-level=none"
"""libx265 alone: pictures leave at once, and nothing is said on standard error."""
_SEARCHED_BYTES: Final = 65536
"""The sample description stands within the first kilobytes of a file whose index is at its beginning."""


class PictureEncoder:
    """Codes the pictures of one camera as cameras do: no B-frames, no looking ahead, key pictures at even distances.

    A picture is a key picture when the last one is `keyframe_s` old, so the first one after a gap is one too. `crf` is
    the encoder's constant quality: 18 is fine, 23 usual, 32 coarse. One thread; not thread-safe.
    """

    def __init__(
        self,
        codec: Codec,
        size: tuple[int, int],
        *,
        fps: float,
        start_at: datetime,
        crf: int = 23,
        keyframe_s: float = 2.0,
        preset: str = "veryfast",
    ) -> None:
        """`size` is (width, height) in pixels, both even. `start_at` is the wall time of media time 0."""
        self._codec = codec
        self._size = size
        self._start_at = start_at
        # Half a picture early, for times that were rounded to ticks.
        self._key_after_90k = round((keyframe_s - 0.5 / fps) * CLOCK_RATE)
        self._last_key_90k = -math.inf
        self._last_90k = -math.inf
        self._context = _open(codec, size, fps, crf, preset)
        self.parameters: StreamParameters | None = None
        """Known with the first packet."""

    def encode(self, bgr: npt.NDArray[np.uint8], t_90k: int) -> Packet:
        """The picture, uint8 (height, width, 3), as a packet of media time `t_90k`, which must rise.

        A key packet carries its parameter sets. Raises ValueError for another size, and for a time that does not rise.
        """
        if bgr.shape != (self._size[1], self._size[0], 3):
            raise ValueError(f"a picture of shape {bgr.shape} for an encoder of {self._size[0]}x{self._size[1]}")
        if t_90k <= self._last_90k:
            raise ValueError(f"media time {t_90k} does not come after {self._last_90k}")
        frame = VideoFrame.from_ndarray(bgr, format="bgr24")
        frame.pts, frame.time_base = t_90k, TIME_BASE
        if t_90k - self._last_key_90k >= self._key_after_90k:
            frame.pict_type = PictureType.I
            self._last_key_90k = t_90k
        self._last_90k = t_90k
        (coded,) = self._context.encode(frame)
        return self._packet(bytes(coded), t_90k, key=coded.is_keyframe)

    def _packet(self, data: bytes, t_90k: int, *, key: bool) -> Packet:
        if self.parameters is None:
            sets = nal.parameter_sets(self._codec, nal.split(data))
            self.parameters = StreamParameters(self._codec, *self._size, sets)
        return Packet(data, t_90k, t_90k, key, self._start_at + timedelta(seconds=t_90k / CLOCK_RATE))


class ClipWriter:
    """Writes packets to an MP4 file that players and browsers can seek in. Gaps between packets stay gaps.

    Use as a context. Raises OSError where the file cannot be written. Not thread-safe.
    """

    def __init__(self, path: Path, parameters: StreamParameters) -> None:
        self._path = path
        self._codec = parameters.codec
        try:
            self._container = av.open(str(path), "w", format="mp4", options={"movflags": "faststart"})
            self._stream = self._container.add_mux_stream(
                parameters.codec.value, width=parameters.width, height=parameters.height, time_base=TIME_BASE
            )
        except FFmpegError as error:
            raise self._error(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def write(self, packet: Packet, duration_90k: int) -> None:
        """`duration_90k` is for how long the picture is shown where it is the last one."""
        mux = AvPacket(packet.data)
        mux.dts, mux.pts, mux.time_base = packet.dts_90k, packet.pts_90k, TIME_BASE
        mux.duration = duration_90k
        mux.is_keyframe = packet.key
        mux.stream = self._stream
        try:
            self._container.mux_one(mux)
        except FFmpegError as error:
            raise self._error(error) from error

    def close(self) -> None:
        """Finish the file. May be called again."""
        try:
            self._container.close()
        except FFmpegError as error:
            raise self._error(error) from error
        if self._codec is Codec.H265:
            _name_hvc1(self._path)

    def _error(self, error: FFmpegError) -> OSError:
        return OSError(f"{self._path}: the clip cannot be written: {error}")


def _open(codec: Codec, size: tuple[int, int], fps: float, crf: int, preset: str) -> VideoCodecContext:
    context = av.CodecContext.create(_ENCODERS[codec], "w")
    assert isinstance(context, VideoCodecContext)  # noqa: S101, both are encoders of video
    context.width, context.height = size
    context.pix_fmt, context.time_base = "yuv420p", TIME_BASE
    context.framerate = Fraction(fps).limit_denominator(1000)
    context.thread_count = 1
    parameters = _COMMON + (_QUIET if codec is Codec.H265 else "")
    context.options = {
        "preset": preset,
        "crf": str(crf),
        "tune": "zerolatency",
        "forced-idr": "1",  # a picture that is asked to be a key picture can be begun at
        _PARAMETERS[codec]: parameters,
    }
    return context


def _name_hvc1(path: Path) -> None:
    """Apple's players refuse the muxer's own choice for H.265; PyAV cannot tell it another."""
    with path.open("r+b") as file:
        at = file.read(_SEARCHED_BYTES).find(b"hev1")
        if at >= 0:
            file.seek(at)
            file.write(b"hvc1")
