"""The second track of a segment: sound in fragments of its own, between those of the pictures (ISO/IEC 14496-12).

Written by hand and not by libav's muxer, which writes nothing at all before each track has something, and holds pictures back
until it knows which sound belongs before them. So pictures are muxed as if there were no sound. What comes late, or was heard
before the first picture, needs room before the segment's beginning: the track begins LEAD_S earlier, and its edit list says so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from struct import pack, unpack_from
from typing import Final

from vigil.ingest.continuity import Continuity, samples_at
from vigil.model.media import CLOCK_RATE, Sound, SoundCodec, SoundParameters

LEAD_S: Final = 2
"""How much later than its pictures sound may come, and still be in the segment that is open then."""

SOUND_TRACK: Final = 2
"""Its number; the pictures' is 1."""

_HEADER: Final = 8
_MOVIE_RATE: Final = 1000
"""Ticks a second of the movie's own clock, in which edits last, as our muxer writes it."""
_MATRIX: Final = pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_SAMPLE_BITS: Final = 16
_SYNC: Final = 0x02000000
"""Flags of a sample that depends on no other."""


@dataclass(slots=True)
class _Run:
    """Pieces that lie one behind the other from `begin`, in samples of the track."""

    begin: int
    pieces: list[bytes] = field(default_factory=list)
    samples: list[int] = field(default_factory=list)


class SoundTrack:
    """Of one file, whose first picture is shown at `origin_90k`. Not thread-safe."""

    def __init__(self, parameters: SoundParameters, origin_90k: int) -> None:
        self._parameters = parameters
        self._lead_90k = max(0, min(LEAD_S * CLOCK_RATE, origin_90k))  # nothing is heard before a stream begins
        self._begin_90k = origin_90k - self._lead_90k
        self._continuity = Continuity(parameters.rate)
        self._runs: list[_Run] = []

    def add(self, sound: Sound) -> bool:
        """False where it has no place."""
        due = samples_at(sound.time_90k - self._begin_90k, self._parameters.rate)
        before = self._continuity.end
        begin = self._continuity.place(due, sound.samples)
        if begin is None:
            return False
        if not self._runs or begin != before:
            self._runs.append(_Run(begin))
        self._runs[-1].pieces.append(sound.data)
        self._runs[-1].samples.append(sound.samples)
        return True

    def fragments(self, sequence: int) -> list[bytes]:
        """What was added since, each a moof and its mdat, numbered from `sequence` on. A hole parts two of them."""
        runs, self._runs = self._runs, []
        return [self._fragment(run, sequence + index) for index, run in enumerate(runs)]

    def with_track(self, header: bytes) -> bytes:
        """An initialisation segment of one track of pictures (ftyp, moov), and this one behind it."""
        return b"".join(self._movie(box) if kind == b"moov" else box for kind, box in _boxes(header))

    def _movie(self, moov: bytes) -> bytes:
        parts = []
        begins_s = _begins_s(moov)
        for kind, box in _boxes(moov[_HEADER:]):
            match kind:
                case b"mvhd":
                    parts.append(box[:-4] + pack(">I", SOUND_TRACK + 1))  # the next number that is free
                case b"mvex":
                    parts.append(_box(b"mvex", box[_HEADER:], self._defaults()))
                case _:
                    parts.append(box)
            if kind == b"trak":
                parts.append(self._trak(begins_s))
        return _box(b"moov", *parts)

    def _defaults(self) -> bytes:
        return _full(b"trex", 0, 0, pack(">IIIII", SOUND_TRACK, 1, 0, 0, _SYNC))

    def _trak(self, begins_s: Fraction) -> bytes:
        rate = self._parameters.rate
        shown = _full(
            b"tkhd", 0, 3, pack(">IIIII8xHHHH", 0, 0, SOUND_TRACK, 0, 0, 0, 1, 0x0100, 0), _MATRIX, pack(">II", 0, 0)
        )
        edits = _box(b"edts", self._edits(begins_s))
        clock = _full(b"mdhd", 0, 0, pack(">IIIIHH", 0, 0, rate, 0, 0x55C4, 0))  # in no language
        handler = _full(b"hdlr", 0, 0, pack(">I4s12x", 0, b"soun"), b"SoundHandler\0")
        where = _box(b"dinf", _full(b"dref", 0, 0, pack(">I", 1), _full(b"url ", 0, 1)))
        empty = [_full(kind, 0, 0, pack(">I", 0)) for kind in (b"stts", b"stsc", b"stco")]
        samples = _box(
            b"stbl",
            _full(b"stsd", 0, 0, pack(">I", 1), self._entry()),
            *empty,
            _full(b"stsz", 0, 0, pack(">II", 0, 0)),
        )
        media = _box(b"minf", _full(b"smhd", 0, 0, pack(">HH", 0, 0)), where, samples)
        return _box(b"trak", shown, edits, _box(b"mdia", clock, handler, media))

    def _edits(self, begins_s: Fraction) -> bytes:
        """First nothing, up to where the track begins (8.6.6). An edit from within the track would be taken for an encoder's
        delay, and what lies before it left out."""
        nothing = round((begins_s - Fraction(self._lead_90k, CLOCK_RATE)) * _MOVIE_RATE)
        edits = [_edit(nothing, -1), _edit(0, 0)] if nothing > 0 else [_edit(0, 0)]
        return _full(b"elst", 1, 0, pack(">I", len(edits)), *edits)

    def _entry(self) -> bytes:
        """AudioSampleEntry (12.2.3)."""
        sound = self._parameters
        rate = sound.rate if sound.rate < 1 << 16 else 0  # then the track's time scale says it
        common = pack(">6xH8xHHHHI", 1, sound.channels, _SAMPLE_BITS, 0, 0, rate << 16)
        if sound.codec is SoundCodec.AAC:
            return _box(b"mp4a", common, _full(b"esds", 0, 0, _elementary(sound.config)))
        return _box(
            b"ipcm", common, _full(b"pcmC", 0, 0, pack(">BB", 1, _SAMPLE_BITS))
        )  # ISO/IEC 23003-5; low byte first

    def _fragment(self, run: _Run, sequence: int) -> bytes:
        """Each piece is a sample, also of LPCM: one for each value would be ten thousand to read for each second."""
        each = b"".join(
            pack(">II", samples, len(piece)) for samples, piece in zip(run.samples, run.pieces, strict=True)
        )
        track = _full(b"tfhd", 0, 0x020000, pack(">I", SOUND_TRACK))
        time = _full(b"tfdt", 1, 0, pack(">Q", run.begin))

        def moof(offset: int) -> bytes:
            trun = _full(b"trun", 0, 0x301, pack(">Ii", len(run.pieces), offset), each)
            return _box(b"moof", _full(b"mfhd", 0, 0, pack(">I", sequence)), _box(b"traf", track, time, trun))

        return moof(len(moof(0)) + _HEADER) + _box(b"mdat", *run.pieces)


def _begins_s(moov: bytes) -> Fraction:
    """When the first picture is shown: behind an edit that shows nothing, which the muxer writes where that is not at once."""
    at = moov.find(b"elst")  # the pictures' is the only one
    if at < 0 or moov[at + 4] > 1:
        return Fraction(0)
    layout = ">qq" if moov[at + 4] else ">ii"
    lasts, media_time = unpack_from(layout, moov, at + 12)
    return Fraction(lasts, _MOVIE_RATE) if media_time == -1 else Fraction(0)


def _edit(lasts: int, media_time: int) -> bytes:
    return pack(">qqHH", lasts, media_time, 1, 0)


def _elementary(config: bytes) -> bytes:
    """The descriptors of an AAC stream (ISO/IEC 14496-1, 7.2.6)."""
    decoder = pack(">BB3sII", 0x40, 0x15, bytes(3), 0, 0) + _descriptor(5, config)
    return _descriptor(3, pack(">HB", SOUND_TRACK, 0) + _descriptor(4, decoder) + _descriptor(6, b"\x02"))


def _descriptor(tag: int, content: bytes) -> bytes:
    return pack(">BB", tag, len(content)) + content  # ours are shorter than 128 bytes


def _boxes(data: bytes) -> list[tuple[bytes, bytes]]:
    """(type, whole box) of what our own muxer wrote."""
    found, at = [], 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        found.append((data[at + 4 : at + 8], data[at : at + size]))
        at += size
    return found


def _box(kind: bytes, *content: bytes) -> bytes:
    size = _HEADER + sum(map(len, content))
    return b"".join((pack(">I4s", size, kind), *content))


def _full(kind: bytes, version: int, flags: int, *content: bytes) -> bytes:
    return _box(kind, pack(">I", version << 24 | flags), *content)
