"""A number within each picture, by which it is known again wherever it arrives: simulated cameras put it there to be counted.

It is an SEI message of the kind user_data_unregistered (ITU-T H.264, D.1.7, and H.265, D.2.7): decoders and muxers pass over
what is in it. Pure functions on Annex B.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from vigil.model import nal
from vigil.model.media import Codec

OURS: Final = UUID("5b0f6a4e-0b0c-4a52-9c2c-7d5f1f0f3a61").bytes
"""What tells our messages from those of encoders, which use the same kind."""
_SEI: Final = {Codec.H264: (b"\x06", 6), Codec.H265: (b"\x4e\x01", 39)}
"""The unit's header, and its type: H.264's SEI, H.265's prefix SEI."""
_NUMBER_BYTES: Final = 8
_USER_DATA: Final = bytes([5, len(OURS) + _NUMBER_BYTES]) + OURS
"""payloadType, payloadSize, uuid_iso_iec_11578."""
_STOP_BIT: Final = b"\x80"


def numbered(codec: Codec, data: bytes, number: int) -> bytes:
    """The picture with its number, from 0 to 2^64 - 1, before its first slice: behind parameter sets and other messages."""
    units = nal.split(data)
    first = next((index for index, unit in enumerate(units) if nal.is_slice(codec, unit)), len(units))
    return nal.join([*units[:first], _unit(codec, number), *units[first:]])


def number_of(codec: Codec, data: bytes) -> int | None:
    """The picture's number; None when it carries none."""
    header, kind = _SEI[codec]
    for unit in nal.split(data):
        if nal.nal_type(codec, unit) != kind:
            continue
        message = nal.unescape(unit)[len(header) :]
        if message.startswith(_USER_DATA):
            return int.from_bytes(message[len(_USER_DATA) :][:_NUMBER_BYTES], "big")
    return None


def _unit(codec: Codec, number: int) -> bytes:
    header, _ = _SEI[codec]
    return header + nal.escape(_USER_DATA + number.to_bytes(_NUMBER_BYTES, "big") + _STOP_BIT)
