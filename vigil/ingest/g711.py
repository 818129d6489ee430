"""G.711, of which each byte stands for a sample of 13 or 14 bits: expanded into 16, as its tables say, and nothing is lost."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from vigil.ingest.source import NoSound
from vigil.model.media import SoundCodec, SoundParameters


class Law(StrEnum):
    A = "PCMA"
    MU = "PCMU"


_RATES: Final = range(8000, 48_001)
"""Samples a second; 8000 is usual (RFC 3551, 4.5.14)."""


def _a_law(byte: int) -> int:
    byte ^= 0x55  # each second bit is sent inverted
    exponent, mantissa = byte >> 4 & 7, byte & 0x0F
    size = (mantissa << 4) + 8 if not exponent else (mantissa << 4) + 0x108 << exponent - 1
    return size if byte & 0x80 else -size


def _mu_law(byte: int) -> int:
    byte ^= 0xFF
    size = ((byte & 0x0F) << 3) + 0x84 << (byte >> 4 & 7)
    return 0x84 - size if byte & 0x80 else size - 0x84


def _tables(samples: list[int]) -> tuple[bytes, bytes]:
    """The low and the high byte of each."""
    return bytes(sample & 0xFF for sample in samples), bytes(sample >> 8 & 0xFF for sample in samples)


_TABLES: Final = {
    Law.A: _tables([_a_law(byte) for byte in range(256)]),
    Law.MU: _tables([_mu_law(byte) for byte in range(256)]),
}


def parameters_of(rate: int, channels: int) -> SoundParameters:
    """Of what it is expanded into. Raises NoSound for what no microphone gives."""
    if rate not in _RATES or channels not in (1, 2):
        raise NoSound(f"G.711 with {rate} samples a second in {channels} channels, which is not recorded")
    return SoundParameters(SoundCodec.LPCM, rate, channels)


def expanded(law: Law, data: bytes) -> bytes:
    """As LPCM: 16 bits a sample, low byte first."""
    low, high = _TABLES[law]
    samples = bytearray(2 * len(data))
    samples[::2], samples[1::2] = data.translate(low), data.translate(high)
    return bytes(samples)
