"""NAL units of H.264 and H.265: splitting Annex B, telling types apart, naming the codec.

Pure functions on bytes. A "unit" is a NAL unit without its start code; Annex B is what `Packet.data` holds. Decoding
anything beyond the first bytes of a sequence parameter set does not belong here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from vigil.model.media import Codec

START_CODE: Final = b"\x00\x00\x00\x01"
_SHORT_START_CODE: Final = b"\x00\x00\x01"

H264_IDR: Final = 5
H264_SPS: Final = 7
H264_PPS: Final = 8
H265_FIRST_IRAP: Final = 16  # BLA, IDR and CRA pictures are 16..21, ITU-T H.265, table 7-1
H265_LAST_IRAP: Final = 21
H265_VPS: Final = 32
H265_SPS: Final = 33
H265_PPS: Final = 34

_PARAMETER_SETS: Final[dict[Codec, frozenset[int]]] = {
    Codec.H264: frozenset({H264_SPS, H264_PPS}),
    Codec.H265: frozenset({H265_VPS, H265_SPS, H265_PPS}),
}
_KEY_SLICES: Final[dict[Codec, frozenset[int]]] = {
    Codec.H264: frozenset({H264_IDR}),
    Codec.H265: frozenset(range(H265_FIRST_IRAP, H265_LAST_IRAP + 1)),
}
_SLICES: Final[dict[Codec, frozenset[int]]] = {
    Codec.H264: frozenset(range(1, H264_IDR + 1)),
    Codec.H265: frozenset(range(32)),
}
_SPS: Final[dict[Codec, int]] = {Codec.H264: H264_SPS, Codec.H265: H265_SPS}
_TO_ESCAPE: Final = re.compile(rb"\x00\x00(?=[\x00-\x03])")


def split(data: bytes) -> list[bytes]:
    """The NAL units of Annex B `data` in order, without start codes (ITU-T H.264 and H.265, annex B).

    Start codes of three and four bytes are understood, zeros after a unit are dropped. Bytes before the first start
    code belong to no unit and are left out, so data without any start code has no units.
    """
    units = []
    start = data.find(_SHORT_START_CODE)
    while start >= 0:
        begin = start + len(_SHORT_START_CODE)
        start = data.find(_SHORT_START_CODE, begin)
        # A unit never ends in zero: those before the next start code are its fourth byte or trailing_zero_8bits.
        unit = data[begin : start if start >= 0 else len(data)].rstrip(b"\x00")
        if unit:
            units.append(unit)
    return units


def begins(data: bytes, within: int) -> bool:
    """True when a NAL unit with something in it begins in the first `within` bytes of Annex B `data`."""
    start = data.find(_SHORT_START_CODE, 0, within)
    return start >= 0 and any(data[start + len(_SHORT_START_CODE) : within])


def join(units: Iterable[bytes]) -> bytes:
    """Annex B of `units`, each behind a start code of four bytes."""
    return b"".join(START_CODE + unit for unit in units)


def nal_type(codec: Codec, unit: bytes) -> int:
    """nal_unit_type of a unit that is not empty: 0..31 for H.264, 0..63 for H.265."""
    return unit[0] & 0x1F if codec is Codec.H264 else unit[0] >> 1 & 0x3F


def is_parameter_set(codec: Codec, unit: bytes) -> bool:
    """True for a VPS, SPS or PPS."""
    return nal_type(codec, unit) in _PARAMETER_SETS[codec]


def is_slice(codec: Codec, unit: bytes) -> bool:
    """True for a piece of a coded picture (a VCL unit), in contrast to parameter sets, delimiters and SEI."""
    return nal_type(codec, unit) in _SLICES[codec]


def begins_picture(codec: Codec, unit: bytes) -> bool:
    """True for a slice that is the first of its picture: the first bit behind the unit's header says so.

    H.264: first_mb_in_slice is 0, whose code is one bit (7.3.3); H.265: first_slice_segment_in_pic_flag (7.3.6.1).
    """
    header = 1 if codec is Codec.H264 else 2
    return len(unit) > header and unit[header] >= 0x80


def is_key(codec: Codec, unit: bytes) -> bool:
    """True for a slice of a picture at which decoding can begin: IDR, or with H.265 any IRAP."""
    return nal_type(codec, unit) in _KEY_SLICES[codec]


def parameter_sets(codec: Codec, units: Iterable[bytes]) -> tuple[bytes, ...]:
    """The distinct parameter sets among `units` as `StreamParameters` wants them: VPS, SPS, PPS."""
    found = dict.fromkeys(unit for unit in units if is_parameter_set(codec, unit))
    return tuple(sorted(found, key=lambda unit: nal_type(codec, unit)))


def find_sps(codec: Codec, sets: Sequence[bytes]) -> bytes:
    """The first sequence parameter set of `sets`. Raises ValueError when there is none."""
    for unit in sets:
        if nal_type(codec, unit) == _SPS[codec]:
            return unit
    raise ValueError(f"no sequence parameter set among {len(sets)} {codec} parameter sets")


def unescape(unit: bytes) -> bytes:
    """The unit without its emulation prevention bytes (00 00 03 becomes 00 00; ITU-T H.264, 7.4.1)."""
    # bytes.replace goes on behind what it replaced, so two zeros are never shared by two escapes: just as the
    # standard's own loop does.
    return unit.replace(b"\x00\x00\x03", b"\x00\x00")


def escape(payload: bytes) -> bytes:
    """The inverse of `unescape`, for bytes that do not end in zero: no start code comes about within them."""
    return _TO_ESCAPE.sub(b"\x00\x00\x03", payload)


def codec_string(codec: Codec, sets: Sequence[bytes]) -> str:
    """The `codecs` parameter of RFC 6381 for a stream with these parameter sets, e.g. "avc1.64001F", "hvc1.1.6.L93.B0".

    Raises ValueError when `sets` hold no sequence parameter set, or one cut short.
    """
    sps = unescape(find_sps(codec, sets))
    return _avc1(sps) if codec is Codec.H264 else _hvc1(sps)


def _avc1(sps: bytes) -> str:
    if len(sps) < 4:
        raise ValueError(f"an SPS of {len(sps)} bytes ends before its level")
    return f"avc1.{sps[1:4].hex().upper()}"


def _hvc1(sps: bytes) -> str:
    """ISO/IEC 14496-15, annex E.3; profile_tier_level (ITU-T H.265, 7.3.3) begins in the SPS's fourth byte."""
    if len(sps) < 15:
        raise ValueError(f"an SPS of {len(sps)} bytes ends before its level")
    space = ("", "A", "B", "C")[sps[3] >> 6]
    tier = "H" if sps[3] & 0x20 else "L"
    profile = sps[3] & 0x1F
    # The flags are written with the bit of profile 0 first and named with it last.
    compatible = int(f"{int.from_bytes(sps[4:8], 'big'):032b}"[::-1], 2)
    constraints = "".join(f".{byte:X}" for byte in sps[8:14].rstrip(b"\x00"))
    return f"hvc1.{space}{profile}.{compatible:X}.{tier}{sps[14]}{constraints}"
