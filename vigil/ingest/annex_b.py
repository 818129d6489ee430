"""Pictures of MP4, FLV and fragments, whose units have lengths, as Annex B. What is Annex B already passes untouched."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from av.bitstream import BitStreamFilterContext
from av.packet import Packet as AvPacket
from av.video.stream import VideoStream

from vigil.model import nal
from vigil.model.media import Codec

FILTERS: Final = {Codec.H264: "h264_mp4toannexb", Codec.H265: "hevc_mp4toannexb"}
_H264_LISTS_AT: Final = 5
_H265_LISTS_AT: Final = 22


class AnnexB:
    """Of one stream of one connection, on its thread. `sets` are the parameter sets that the container names beforehand."""

    def __init__(self, stream: VideoStream) -> None:
        codec = Codec(stream.codec_context.name)
        extradata = bytes(stream.codec_context.extradata or b"")
        # A configuration record begins with its version, which is 1, and Annex B with a start code (ISO/IEC 14496-15, 5.3.3.1).
        has_lengths = extradata[:1] == b"\x01"
        self.sets = nal.parameter_sets(codec, units_of(codec, extradata) if has_lengths else nal.split(extradata))
        self._filter = BitStreamFilterContext(FILTERS[codec], stream) if has_lengths else None

    def turn(self, packet: AvPacket[VideoStream]) -> list[AvPacket[VideoStream]]:
        """The same packet, or packets, with start codes. Raises FFmpegError where its lengths make no sense."""
        return self._filter.filter(packet) if self._filter is not None else [packet]


def units_of(codec: Codec, record: bytes) -> list[bytes]:
    """The parameter sets in an MP4's configuration record (avcC, hvcC). One that ends too early gives what was there."""
    return list(_h264_units(record) if codec is Codec.H264 else _h265_units(record))


def _h264_units(record: bytes) -> Iterator[bytes]:
    at = _H264_LISTS_AT
    for mask in (0x1F, 0xFF):  # the first list's count shares its byte with reserved bits
        if at >= len(record):
            return
        count, at = record[at] & mask, at + 1
        units, at = _list(record, at, count)
        yield from units


def _h265_units(record: bytes) -> Iterator[bytes]:
    at = _H265_LISTS_AT
    if at >= len(record):
        return
    lists, at = record[at], at + 1
    for _ in range(lists):
        count, at = (
            int.from_bytes(record[at + 1 : at + 3], "big"),
            at + 3,
        )  # before it the type, which each unit repeats
        units, at = _list(record, at, count)
        yield from units


def _list(record: bytes, at: int, count: int) -> tuple[list[bytes], int]:
    """`count` units, each behind its length of two bytes, and where they end."""
    ends = [at]
    for _ in range(count):
        size = int.from_bytes(record[ends[-1] : ends[-1] + 2], "big")
        if size == 0 or ends[-1] + 2 + size > len(record):
            return [record[begin + 2 : end] for begin, end in pairwise(ends)], len(record)
        ends.append(ends[-1] + 2 + size)
    return [record[begin + 2 : end] for begin, end in pairwise(ends)], ends[-1]
