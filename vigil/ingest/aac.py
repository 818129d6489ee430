"""AAC as cameras send it: what its configuration says, and the frames of ADTS, which name it each time (ISO/IEC 14496-3)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Final

import av
from av.audio.codeccontext import AudioCodecContext

from vigil.ingest.source import NoSound
from vigil.model.media import SoundCodec, SoundParameters

_RATES: Final = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
_EXPLICIT_RATE: Final = 15
_LOW_COMPLEXITY: Final = 2
_MOST_CHANNELS: Final = 2
_MOST_BYTES: Final = 64
"""Of a configuration; those of cameras have two, or five."""
UNIT: Final = 1024
"""Samples of each channel in an access unit."""
_ADTS_HEADER: Final = 7
_PRIMING: Final = 4
"""Units until the encoder has nothing in it but silence."""


def parameters_of(config: bytes) -> SoundParameters:
    """Of an AudioSpecificConfig. Raises NoSound for all but the low-complexity profile (AAC-LC) of one channel or two.

    Its units have 1024 samples: a clip must be able to hold silence of the same kind.
    """
    bits = _Bits(config)
    kind, rate = bits.take(5), bits.take(4)
    rate = bits.take(24) if rate == _EXPLICIT_RATE else _RATES[rate] if rate < len(_RATES) else 0
    channels, short = bits.take(4), bits.take(1)
    if kind != _LOW_COMPLEXITY or rate not in _RATES or not 0 < channels <= _MOST_CHANNELS or short:
        raise NoSound(
            f"AAC of type {kind} with {rate} samples a second in channels of kind {channels}, which is not recorded"
        )
    if len(config) > _MOST_BYTES:
        raise NoSound(f"AAC with a configuration of {len(config)} bytes")
    return SoundParameters(SoundCodec.AAC, rate, channels, config)


def config_of(rate: int, channels: int) -> bytes:
    """The AudioSpecificConfig of AAC-LC. Raises NoSound."""
    if rate not in _RATES:
        raise NoSound(f"AAC with {rate} samples a second")
    return (_LOW_COMPLEXITY << 11 | _RATES.index(rate) << 7 | channels << 3).to_bytes(2, "big")


def units(data: bytes) -> Iterator[bytes]:
    """The access units of whole ADTS frames (1.A.2); data without such a header is one unit. A broken rest is left out."""
    if not _is_adts(data, 0):
        yield data
        return
    at = 0
    while _is_adts(data, at):
        size = (data[at + 3] & 3) << 11 | data[at + 4] << 3 | data[at + 5] >> 5
        header = _ADTS_HEADER + (0 if data[at + 1] & 1 else 2)
        if size <= header or at + size > len(data):
            return
        yield data[at + header : at + size]
        at += size


@cache
def silent_unit(rate: int, channels: int) -> bytes:
    """An access unit in which nothing is heard, for AAC-LC of this rate and number of channels."""
    encoder = av.CodecContext.create("aac", "w")
    assert isinstance(encoder, AudioCodecContext)  # noqa: S101, the encoder is one of sound
    encoder.sample_rate, encoder.layout = rate, "mono" if channels == 1 else "stereo"
    encoder.format = "fltp"
    made: list[bytes] = []
    while len(made) < _PRIMING:
        frame = av.AudioFrame(format="fltp", layout=encoder.layout, samples=UNIT)
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        frame.sample_rate = rate
        made += [bytes(packet) for packet in encoder.encode(frame)]
    return made[-1]


def _is_adts(data: bytes, at: int) -> bool:
    return len(data) - at >= _ADTS_HEADER and data[at] == 0xFF and data[at + 1] & 0xF6 == 0xF0


class _Bits:
    def __init__(self, data: bytes) -> None:
        self._value, self._left = int.from_bytes(data, "big"), 8 * len(data)

    def take(self, count: int) -> int:
        """Raises NoSound when there are no more."""
        self._left -= count
        if self._left < 0:
            raise NoSound("AAC with a configuration that ends too early")
        return self._value >> self._left & (1 << count) - 1
