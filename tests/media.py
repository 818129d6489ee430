"""Footage for tests: small numbered pictures, encoded once a run, as the packets of a camera.

A picture's number is drawn into it as bars, so that no two packets are equal and a decoded picture tells which it is.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.container import InputContainer
from av.video.codeccontext import VideoCodecContext

from vigil.ingest.mux import FragmentMuxer
from vigil.ingest.source import RawPacket, RawSound
from vigil.model import nal
from vigil.model.media import CLOCK_RATE, Codec, Packet, StreamParameters

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
RATE = 25
FRAME_90K = CLOCK_RATE // RATE
FRAME = timedelta(seconds=1) / RATE
SIZE = (160, 96)

_BITS = 10
_ENCODERS = {Codec.H264: "libx264", Codec.H265: "libx265"}


@dataclass(frozen=True, slots=True)
class Footage:
    """Packets of one connection from AT on, the first with media time 0. The order is that of decoding."""

    parameters: StreamParameters
    packets: tuple[Packet, ...]

    @property
    def raw(self) -> list[RawPacket]:
        """As they come from a connection."""
        return [RawPacket(one.data, one.dts_90k, one.pts_90k, one.key) for one in self.packets]

    def later(self, seconds: float) -> Footage:
        """The same that many seconds later, by the stream's clock and by the wall's."""
        by_90k, by = round(seconds * CLOCK_RATE), timedelta(seconds=seconds)
        return Footage(
            self.parameters,
            tuple(
                replace(one, dts_90k=one.dts_90k + by_90k, pts_90k=one.pts_90k + by_90k, at=one.at + by)
                for one in self.packets
            ),
        )

    def between(self, from_s: float, to_s: float) -> tuple[Packet, ...]:
        return tuple(one for one in self.packets if from_s <= (one.at - AT).total_seconds() < to_s)


@functools.cache
def footage(
    codec: Codec, *, b_frames: int = 0, seconds: int = 8, gop: int = RATE, size: tuple[int, int] = SIZE
) -> Footage:
    """A key picture every `gop` pictures, and parameter sets in band before each."""
    encoder = _encoder(codec, b_frames, gop, size)
    coded = []
    for number in range(seconds * RATE):
        frame = av.VideoFrame.from_ndarray(numbered(number, size), format="gray").reformat(format="yuv420p")
        frame.pts, frame.time_base = number, Fraction(1, RATE)
        coded += encoder.encode(frame)
    coded += encoder.encode(None)
    first = coded[0].dts or 0
    packets = []
    for packet in coded:
        dts_90k = ((packet.dts or 0) - first) * FRAME_90K
        pts_90k = ((packet.pts or 0) - first) * FRAME_90K
        at = AT + timedelta(seconds=dts_90k / CLOCK_RATE)
        packets.append(Packet(bytes(packet), dts_90k, pts_90k, packet.is_keyframe, at))
    sets = nal.parameter_sets(codec, nal.split(packets[0].data))
    return Footage(StreamParameters(codec, *size, sets), tuple(packets))


def _encoder(codec: Codec, b_frames: int, gop: int, size: tuple[int, int]) -> VideoCodecContext:
    encoder = av.CodecContext.create(_ENCODERS[codec], "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.width, encoder.height = size
    encoder.pix_fmt, encoder.time_base, encoder.framerate = "yuv420p", Fraction(1, RATE), Fraction(RATE)
    encoder.thread_count = 1
    parameters = f"keyint={gop}:min-keyint={gop}:scenecut=0:bframes={b_frames}:b-adapt=0:repeat-headers=1"
    if codec is Codec.H264:
        encoder.options = {"preset": "ultrafast", "crf": "30", "x264-params": parameters}
    else:
        quiet = "open-gop=0:pools=none:frame-threads=1:log-level=none"
        encoder.options = {"preset": "ultrafast", "crf": "30", "x265-params": f"{parameters}:{quiet}"}
    return encoder


def numbered(number: int, size: tuple[int, int] = SIZE) -> npt.NDArray[np.uint8]:
    """A grey picture (height, width) with `number` in bars, black 0 and white 1, the lowest bit on the left.

    At the bottom is noise, for a codec says the same of two pictures that change alike.
    """
    bits = [255 if number >> bit & 1 else 0 for bit in range(_BITS)]
    row = np.repeat(np.array(bits, np.uint8), -(-size[0] // _BITS))[: size[0]]
    picture = np.tile(row, (size[1], 1))
    picture[-8:] = np.random.default_rng(number).integers(0, 256, (8, size[0]), np.uint8)
    return picture


def number_in(grey: npt.NDArray[np.uint8]) -> int:
    """The inverse of `numbered`, for a decoded picture of one channel."""
    return sum(1 << bit for bit, part in enumerate(np.array_split(grey, _BITS, axis=1)) if part.mean() > 127)


def without_sets(packet: RawPacket, codec: Codec) -> RawPacket:
    """The same with its parameter sets taken out, as cameras send that name them in the SDP only."""
    units = [unit for unit in nal.split(packet.data) if not nal.is_parameter_set(codec, unit)]
    return replace(packet, data=nal.join(units))


def slices(codec: Codec, data: bytes) -> tuple[bytes, ...]:
    """What is left of a picture by whatever container it went through."""
    return tuple(unit for unit in nal.split(data) if nal.is_slice(codec, unit))


@dataclass(frozen=True, slots=True)
class Played:
    """A picture as a player gets it: its times from the file, and its slices."""

    dts_90k: int
    pts_90k: int
    key: bool
    slices: tuple[bytes, ...]


def play(source: Path | bytes) -> list[Played]:
    """All packets of an MP4, in the file's order."""
    with _opened(source) as container:
        stream = container.streams.video[0]
        codec = Codec(stream.codec_context.name)
        return [
            Played(
                round((packet.dts or 0) * packet.time_base * CLOCK_RATE),
                round((packet.pts or 0) * packet.time_base * CLOCK_RATE),
                packet.is_keyframe,
                _slices_of_mp4(codec, bytes(packet)),
            )
            for packet in container.demux(stream)
            if packet.size
        ]


def _opened(source: Path | bytes) -> InputContainer:
    return av.open(io.BytesIO(source) if isinstance(source, bytes) else str(source), "r")


def _slices_of_mp4(codec: Codec, data: bytes) -> tuple[bytes, ...]:
    """Units behind a length of four bytes, ISO/IEC 14496-15."""
    units, at = [], 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        units.append(data[at + 4 : at + 4 + size])
        at += 4 + size
    return tuple(unit.rstrip(b"\x00") for unit in units if nal.is_slice(codec, unit))


def numbers(source: Path | bytes) -> list[int]:
    """The numbers of an MP4's decoded pictures, in the order in which they are shown."""
    with _opened(source) as container:
        pictures = (frame.to_ndarray(format="gray") for frame in container.decode(video=0))
        return [number_in(np.asarray(grey, np.uint8)) for grey in pictures]


def without_sound(came: Iterable[RawPacket | RawSound]) -> Iterator[RawPacket]:
    """What a connection gives, of one that was not asked for sound: any of it fails the test."""
    for one in came:
        assert isinstance(one, RawPacket), "sound that nobody asked for"
        yield one


def pictures_of(codec: Codec, packets: Iterable[Packet | RawPacket]) -> list[tuple[bytes, ...]]:
    return [slices(codec, packet.data) for packet in packets]


def fragmented(footage: Footage, *, fragment_s: float | None = 1.0) -> bytes:
    """The footage as one fragmented MP4."""
    muxer = FragmentMuxer(footage.parameters, fragment_s=fragment_s)
    fragments = [fragment for packet in footage.packets for fragment in muxer.write(packet)]
    return b"".join(fragment.data for fragment in (*fragments, *muxer.close()))


def boxes(data: bytes) -> Sequence[tuple[str, int, int]]:
    """(type, begin, end) of the top-level boxes of an MP4."""
    found, at = [], 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        found.append((data[at + 4 : at + 8].decode("latin-1"), at, at + size))
        at += size
    return found
