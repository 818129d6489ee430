"""Fragmented MP4, as our own muxer writes it, back into pictures: whole fragments in, Annex B out. Sound is passed over.

Read by hand and not by libav, because a container of libav's wants a thread that waits in `read` for each live stream,
and a header parsed anew for each picture. Only what vigil/ingest/mux.py writes is understood (ISO/IEC 14496-12 and -15):
the pictures' track first, one track in a fragment, default-base-is-moof, no encryption. What comes from a node is not trusted:
every length is held to the bytes that are there. Nothing here reads files or objects; vigil/ingest/segment_reader.py does.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct, unpack_from
from typing import Final

from vigil.errors import FragmentError
from vigil.ingest.file_source import Picture
from vigil.model import nal
from vigil.model.media import CLOCK_RATE, Codec, StreamParameters

MOST_SAMPLES: Final = 4096
"""Pictures in one fragment; ours have a dozen."""

_HEADER: Final = Struct(">I4s")
_SAMPLE_ENTRY: Final = 78
"""Bytes of a VisualSampleEntry before the boxes within it (14496-12, 12.1.3)."""
_CODECS: Final = {b"avc1": Codec.H264, b"avc3": Codec.H264, b"hvc1": Codec.H265, b"hev1": Codec.H265}


@dataclass(frozen=True, slots=True)
class Box:
    """A box's content lies in `begin` to `end` of the data that it was found in."""

    kind: bytes
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class _Defaults:
    duration: int
    size: int


class FragmentDemuxer:
    """Made of an initialisation segment, then given fragments. Raises FragmentError for what is none of ours."""

    def __init__(self, init: bytes) -> None:
        try:
            self._track, self._timescale, self._defaults = _timing(init)
            codec, width, height, record = _sample_entry(init)
            self._length_size, sets = _decoder_record(codec, init[record.begin : record.end])
        except (struct.error, IndexError) as error:
            raise FragmentError("an initialisation segment that ends too early") from error
        self._codec = codec
        self._sets = sets
        self.parameters = StreamParameters(codec, width, height, sets)

    def demux(self, fragment: bytes) -> list[Picture]:
        """The pictures of one moof and its mdat, in decoding order; none of a fragment of sound. A key picture carries its
        parameter sets."""
        try:
            return list(self._pictures(fragment))
        except (struct.error, IndexError) as error:
            raise FragmentError("a fragment that ends too early") from error

    def _pictures(self, data: bytes) -> Iterator[Picture]:
        moof = _find(data, Box(b"", 0, len(data)), b"moof")
        traf = _find(data, moof, b"traf")
        header = _find(data, traf, b"tfhd")
        if unpack_from(">I", data, header.begin + 4) != (self._track,):
            return
        defaults = self._header(data, header)
        dts = _decode_time(data, _find(data, traf, b"tfdt"))
        position = 0
        for run in (box for box in boxes(data, traf.begin, traf.end) if box.kind == b"trun"):
            offset, samples = _run(data, run, defaults)
            position = moof.begin - _HEADER.size + offset if offset is not None else position
            for duration, size, shift in samples:
                if position < 0 or position + size > len(data):
                    raise FragmentError("a picture outside its fragment")
                yield self._picture(data[position : position + size], dts, dts + shift)
                position += size
                dts += duration

    def _header(self, data: bytes, box: Box) -> _Defaults:
        """The track fragment header; what it leaves out is as the movie's header says (14496-12, 8.8.7)."""
        flags = _flags(data, box)
        at = box.begin + 8 + (8 if flags & 0x1 else 0) + (4 if flags & 0x2 else 0)
        duration, size = self._defaults.duration, self._defaults.size
        if flags & 0x8:
            (duration,), at = unpack_from(">I", data, at), at + 4
        if flags & 0x10:
            (size,) = unpack_from(">I", data, at)
        return _Defaults(duration, size)

    def _picture(self, sample: bytes, dts: int, pts: int) -> Picture:
        units = list(self._units(sample))
        key = any(nal.is_key(self._codec, unit) for unit in units)
        if key and not nal.parameter_sets(self._codec, units):
            units = [*self._sets, *units]
        return Picture(nal.join(units), self._ticks(dts), self._ticks(pts), key)

    def _units(self, sample: bytes) -> Iterator[bytes]:
        at = 0
        while at < len(sample):
            size = int.from_bytes(sample[at : at + self._length_size], "big")
            at += self._length_size
            if at + size > len(sample):
                raise FragmentError("a NAL unit longer than its picture")
            if size:
                yield sample[at : at + size]
            at += size

    def _ticks(self, time: int) -> int:
        return time if self._timescale == CLOCK_RATE else round(time * CLOCK_RATE / self._timescale)


def boxes(data: bytes, begin: int, end: int) -> Iterator[Box]:
    """The boxes between two places. Raises FragmentError for one that reaches beyond the end."""
    while end - begin >= _HEADER.size:
        size, kind = _HEADER.unpack_from(data, begin)
        if size < _HEADER.size or begin + size > end:
            raise FragmentError("a box of an impossible size")
        yield Box(kind, begin + _HEADER.size, begin + size)
        begin += size


def _find(data: bytes, within: Box, *path: bytes) -> Box:
    """The first box along the path of types."""
    for kind in path:
        found = next((box for box in boxes(data, within.begin, within.end) if box.kind == kind), None)
        if found is None:
            raise FragmentError(f"no {kind.decode('latin-1')} box where one belongs")
        within = found
    return within


def _flags(data: bytes, box: Box) -> int:
    return int.from_bytes(data[box.begin + 1 : box.begin + 4], "big")


def _timing(init: bytes) -> tuple[int, int, _Defaults]:
    """The first track's number, its ticks a second, and the movie's defaults for its fragments."""
    moov = _find(init, Box(b"", 0, len(init)), b"moov")
    mdhd = _find(init, moov, b"trak", b"mdia", b"mdhd")
    (timescale,) = unpack_from(">I", init, mdhd.begin + (20 if init[mdhd.begin] == 1 else 12))
    if not timescale:
        raise FragmentError("a track without a time scale")
    trex = _find(init, moov, b"mvex", b"trex")
    track, _, duration, size = unpack_from(">IIII", init, trex.begin + 4)
    return track, timescale, _Defaults(duration, size)


def _sample_entry(init: bytes) -> tuple[Codec, int, int, Box]:
    """Codec, size and decoder configuration record of the only sample entry."""
    stsd = _find(init, Box(b"", 0, len(init)), b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd")
    entry = next(boxes(init, stsd.begin + 8, stsd.end), None)
    codec = _CODECS.get(entry.kind) if entry is not None else None
    if entry is None or codec is None:
        raise FragmentError("a track that is neither H.264 nor H.265")
    width, height = unpack_from(">HH", init, entry.begin + 24)
    inner = Box(b"", entry.begin + _SAMPLE_ENTRY, entry.end)
    return codec, width, height, _find(init, inner, b"avcC" if codec is Codec.H264 else b"hvcC")


def _decoder_record(codec: Codec, record: bytes) -> tuple[int, tuple[bytes, ...]]:
    """(bytes of a NAL unit's length, parameter sets) of avcC or hvcC (14496-15, 5.3.3.1 and 8.3.3.1)."""
    if codec is Codec.H264:
        size, at = record[4] & 3, 6
        sps, at = _units_at(record, at, record[5] & 0x1F)
        pps, _ = _units_at(record, at + 1, record[at])
        found = sps + pps
    else:
        size, at, found = record[21] & 3, 23, []
        for _ in range(record[22]):
            (count,) = unpack_from(">H", record, at + 1)
            units, at = _units_at(record, at + 3, count)
            found += units
    return size + 1, nal.parameter_sets(codec, found)


def _units_at(record: bytes, at: int, count: int) -> tuple[list[bytes], int]:
    units = []
    for _ in range(count):
        (size,) = unpack_from(">H", record, at)
        if not size or at + 2 + size > len(record):
            raise FragmentError("a parameter set of an impossible size")
        units.append(record[at + 2 : at + 2 + size])
        at += 2 + size
    return units, at


def _decode_time(data: bytes, box: Box) -> int:
    (time,) = unpack_from(">Q" if data[box.begin] == 1 else ">I", data, box.begin + 4)
    return int(time)


def _run(data: bytes, box: Box, defaults: _Defaults) -> tuple[int | None, list[tuple[int, int, int]]]:
    """(offset of the first picture from the moof, (duration, size, pts - dts) of each picture) (14496-12, 8.8.8)."""
    flags, signed = _flags(data, box), data[box.begin] == 1
    (count,) = unpack_from(">I", data, box.begin + 4)
    if count > MOST_SAMPLES:
        raise FragmentError(f"{count} pictures in one fragment")
    at, offset = box.begin + 8, None
    if flags & 0x1:
        (offset,), at = unpack_from(">i", data, at), at + 4
    at += 4 if flags & 0x4 else 0
    fields = [bit for bit in (0x100, 0x200, 0x400, 0x800) if flags & bit]
    layout = Struct(">" + "".join("i" if bit == 0x800 and signed else "I" for bit in fields))
    samples = []
    for _ in range(count):
        values = dict(zip(fields, layout.unpack_from(data, at), strict=True))
        at += layout.size
        samples.append((values.get(0x100, defaults.duration), values.get(0x200, defaults.size), values.get(0x800, 0)))
    if at > box.end:
        raise FragmentError("a run of pictures longer than its box")
    return offset, samples
