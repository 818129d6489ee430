"""Packets, frames, fragments and segments: what moves through ingest, and what is kept.

Media time is an integer of 1/90000 s in the stream's own time line (`*_90k`). Wall time is an aware UTC datetime
(`*_at`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from vigil.model.ids import CameraId, SegmentId

CLOCK_RATE: Final = 90_000
"""Ticks of media time in a second, as RTP counts video (RFC 6184, section 8.2.1)."""


class Codec(StrEnum):
    H264 = "h264"
    H265 = "hevc"


class StreamKind(StrEnum):
    MAIN = "main"
    SUB = "sub"


class SoundCodec(StrEnum):
    AAC = "aac"
    LPCM = "lpcm"
    """16-bit samples, low byte first, those of the channels beside each other: what G.711 stands for, exactly."""


@dataclass(frozen=True, slots=True)
class SoundParameters:
    """`rate` is in samples a second of each channel. `config` is AAC's AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1)."""

    codec: SoundCodec
    rate: int
    channels: int
    config: bytes = b""


@dataclass(frozen=True, slots=True)
class StreamParameters:
    """What a reader must know before the first packet.

    `parameter_sets` are the VPS (H.265), SPS and PPS, in that order, each a NAL unit without a start code.
    `connection` counts the connections of this source: media times of two connections are not comparable.
    `sound` is None where there is none, or nobody asked for it; only a SoundSink is given any.
    """

    codec: Codec
    width: int
    height: int
    parameter_sets: tuple[bytes, ...]
    connection: int = 0
    sound: SoundParameters | None = None


@dataclass(frozen=True, slots=True)
class Packet:
    """One coded picture, as Annex B (start codes). A key packet carries its parameter sets in band.

    `dts_90k` rises strictly within a connection; `pts_90k` differs from it where there are B-frames.
    `at` is the wall time of the picture by the node's clock.
    """

    data: bytes
    dts_90k: int
    pts_90k: int
    key: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Sound:
    """One access unit of AAC, or some samples of LPCM. It lasts for `samples` of its parameters' rate.

    `time_90k` is when it is heard, on the time line on which its pictures are shown (`pts_90k`); it may come before or
    after the pictures of that time, and nothing may be there for any time.
    """

    data: bytes
    samples: int
    time_90k: int
    at: datetime


Plane = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Planes:
    """A picture as decoders give it: I420 in studio range (ITU-R BT.601), luma and the blue and red differences.

    `y` is uint8 (height, width), `u` and `v` are uint8 (height / 2, width / 2), rounded up. Nobody may write to them.
    """

    y: Plane
    u: Plane
    v: Plane

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self.y.shape[0], self.y.shape[1]


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A decoded picture. Its colours are painted when somebody asks for them: most are looked at as they were decoded."""

    camera: CameraId
    at: datetime
    planes: Planes
    paint: Callable[[], npt.NDArray[np.uint8]]

    @property
    def bgr(self) -> npt.NDArray[np.uint8]:
        """uint8 (height, width, 3), blue first; made anew by each call."""
        return self.paint()


@dataclass(frozen=True, slots=True)
class Still:
    """One picture by itself, as JPEG."""

    jpeg: bytes = field(repr=False)
    at: datetime


@dataclass(frozen=True, slots=True)
class Fragment:
    """A movie fragment (moof + mdat) of fragmented MP4, or the initialisation segment (ftyp + moov) when `init`."""

    data: bytes
    key: bool
    """True when a player can begin here."""
    init: bool = False


@dataclass(frozen=True, slots=True)
class Segment:
    """A closed file of fragmented MP4 that begins with a key frame, and its place in time.

    `sha256` is of the whole file; `previous_sha256` is that of the camera's segment before, '' for its first one.
    """

    id: SegmentId
    camera: CameraId
    start_at: datetime
    end_at: datetime
    size: int
    sha256: str
    previous_sha256: str
    packets: int
    codec: Codec
    width: int
    height: int
    recovered: bool = False
    """True when a crash cut the file and it was closed at the next start."""

    @property
    def duration(self) -> timedelta:
        return self.end_at - self.start_at


class GapCause(StrEnum):
    CAMERA = "camera"  # no connection, or no packets
    NODE = "node"  # the node was not running
    DISK = "disk"  # storage slower than the camera, or failing
    SPOOL_FULL = "spool-full"  # evicted before it reached the centre
    DAMAGE = "damage"  # a discontinuity in the stream
    UNWANTED = "unwanted"  # the camera is recorded at certain hours or around events, and this was neither
    EXPIRED = "expired"  # it was there, and was kept for as long as it may be
    UNEXPLAINED = "unexplained"  # nobody said why


@dataclass(frozen=True, slots=True)
class Gap:
    """Time of which there is no footage, and why. Never left out silently."""

    camera: CameraId
    start_at: datetime
    end_at: datetime
    cause: GapCause
