"""Video as FLV has it, which is what RTMP carries: H.264 (FLV 10.1, annex E), and H.265 as Enhanced RTMP 1 has it. Pure."""

from __future__ import annotations

from typing import Final

from vigil.model import nal
from vigil.model.media import CLOCK_RATE, Codec, Packet

_KEY: Final = 1
_INTER: Final = 2
_AVC: Final = 7
_ENHANCED: Final = 0x80
_FOUR_CC: Final = b"hvc1"
_SEQUENCE: Final = 0
_PICTURE: Final = 1
_LENGTH_BYTES: Final = 4

CODEC_ID: Final[dict[Codec, float]] = {Codec.H264: _AVC, Codec.H265: int.from_bytes(_FOUR_CC, "big")}
"""`videocodecid` of onMetaData."""


def header(codec: Codec, sets: tuple[bytes, ...]) -> bytes:
    """The body of the message that comes before the pictures. Raises ValueError for sets that cannot be read."""
    if codec is Codec.H264:
        return bytes((_KEY << 4 | _AVC, _SEQUENCE, 0, 0, 0)) + avc_record(sets)
    return bytes((_ENHANCED | _KEY << 4 | _SEQUENCE,)) + _FOUR_CC + hevc_record(sets)


def picture(codec: Codec, packet: Packet) -> bytes:
    """The body of one picture's message. Parameter sets stand in the header, delimiters mean nothing here."""
    frame = _KEY if packet.key else _INTER
    late_ms = round((packet.pts_90k - packet.dts_90k) * 1000 / CLOCK_RATE).to_bytes(3, "big", signed=True)
    head = bytes((frame << 4 | _AVC, _PICTURE)) if codec is Codec.H264 else _enhanced(frame)
    units = (unit for unit in nal.split(packet.data) if not nal.is_parameter_set(codec, unit))
    return head + late_ms + b"".join(len(unit).to_bytes(_LENGTH_BYTES, "big") + unit for unit in units)


def _enhanced(frame: int) -> bytes:
    return bytes((_ENHANCED | frame << 4 | _PICTURE,)) + _FOUR_CC


def avc_record(sets: tuple[bytes, ...]) -> bytes:
    """AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1)."""
    sps = [unit for unit in sets if nal.nal_type(Codec.H264, unit) == nal.H264_SPS]
    pps = [unit for unit in sets if nal.nal_type(Codec.H264, unit) == nal.H264_PPS]
    first = nal.find_sps(Codec.H264, sets)
    if len(first) < 4 or not pps:
        raise ValueError("no whole SPS, or no PPS")
    head = bytes((1, *first[1:4], 0xFC | _LENGTH_BYTES - 1, 0xE0 | len(sps)))
    return head + _sized(sps) + bytes((len(pps),)) + _sized(pps) + _high_profile(first)


def _high_profile(sps: bytes) -> bytes:
    """High profiles say chroma format and depths again."""
    if sps[1] in (66, 77, 88):
        return b""
    bits = _Bits(nal.unescape(sps)[4:])
    bits.golomb()  # seq_parameter_set_id
    chroma = bits.golomb()
    if chroma == 3:
        bits.take(1)
    return bytes((0xFC | chroma & 3, 0xF8 | bits.golomb() & 7, 0xF8 | bits.golomb() & 7, 0))


def hevc_record(sets: tuple[bytes, ...]) -> bytes:
    """HEVCDecoderConfigurationRecord (ISO/IEC 14496-15, 8.3.3.1)."""
    sps = nal.unescape(nal.find_sps(Codec.H265, sets))
    if len(sps) < 15:
        raise ValueError("an SPS cut short")
    layers, nested = sps[2] >> 1 & 7, sps[2] & 1
    bits = _Bits(sps[15:])
    _skip_layers(bits, layers)
    bits.golomb()  # sps_seq_parameter_set_id
    chroma = bits.golomb()
    if chroma == 3:
        bits.take(1)
    bits.golomb(), bits.golomb()  # width and height
    if bits.take(1):  # conformance window
        for _ in range(4):
            bits.golomb()
    depths = bytes((0xF8 | bits.golomb() & 7, 0xF8 | bits.golomb() & 7))
    timing = bytes((0, 0, (layers + 1) << 3 | nested << 2 | _LENGTH_BYTES - 1))
    head = b"\x01" + sps[3:15] + b"\xf0\x00\xfc" + bytes((0xFC | chroma & 3,)) + depths + timing
    arrays = []
    for kind in (nal.H265_VPS, nal.H265_SPS, nal.H265_PPS):
        units = [unit for unit in sets if nal.nal_type(Codec.H265, unit) == kind]
        arrays.append(bytes((0x80 | kind,)) + len(units).to_bytes(2, "big") + _sized(units))
    return head + bytes((len(arrays),)) + b"".join(arrays)


def _skip_layers(bits: _Bits, layers: int) -> None:
    """What profile_tier_level says of temporal sub-layers (ITU-T H.265, 7.3.3)."""
    told = [(bits.take(1), bits.take(1)) for _ in range(layers)]
    if layers:
        bits.take(2 * (8 - layers))
    for profile, level in told:
        bits.take(88 * profile + 8 * level)


def _sized(units: list[bytes]) -> bytes:
    return b"".join(len(unit).to_bytes(2, "big") + unit for unit in units)


class _Bits:
    """Bits of a parameter set, highest first. Raises ValueError past the end."""

    def __init__(self, data: bytes) -> None:
        self._bits = "".join(f"{byte:08b}" for byte in data[:64])
        self._at = 0

    def take(self, count: int) -> int:
        part = self._bits[self._at : self._at + count]
        if len(part) < count:
            raise ValueError("a parameter set cut short")
        self._at += count
        return int(part, 2) if part else 0

    def golomb(self) -> int:
        """ue(v), ITU-T H.264, 9.1."""
        zeros = 0
        while not self.take(1):
            zeros += 1
        return (1 << zeros) - 1 + self.take(zeros)
