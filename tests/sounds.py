"""Sound for tests: a tone, as AAC or as G.711, and what is to be heard in an MP4."""

from __future__ import annotations

import functools
import io
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.audio.codeccontext import AudioCodecContext
from av.audio.stream import AudioStream

from tests.media import AT, RATE, SIZE, Footage
from vigil.ingest import aac
from vigil.ingest.mux import FragmentMuxer
from vigil.model.media import CLOCK_RATE, Sound, SoundCodec, SoundParameters

Wave = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Tone:
    """Pieces of a sine of `hz`, the first at media time 0, without a hole."""

    parameters: SoundParameters
    pieces: tuple[Sound, ...]
    hz: float


def sine(hz: float, rate: int, seconds: float) -> Wave:
    return 0.5 * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)


@functools.cache
def tone(codec: SoundCodec = SoundCodec.AAC, *, hz: float = 1000.0, rate: int = 16_000, seconds: float = 8.0) -> Tone:
    """One channel. Pieces of LPCM last for 20 ms, as telephones and cameras send them."""
    wave = sine(hz, rate, seconds)
    if codec is SoundCodec.AAC:
        config = aac.config_of(rate, 1)
        return Tone(SoundParameters(codec, rate, 1, config), _pieces(aac_units(wave, rate), 1024, rate), hz)
    each = rate // 50
    samples = (wave * 32767).astype("<i2")
    units = [samples[at : at + each].tobytes() for at in range(0, len(samples), each)]
    return Tone(SoundParameters(codec, rate, 1), _pieces(units, each, rate), hz)


def aac_units(wave: Wave, rate: int) -> list[bytes]:
    encoder = av.CodecContext.create("aac", "w")
    assert isinstance(encoder, AudioCodecContext)
    encoder.sample_rate, encoder.layout, encoder.format, encoder.bit_rate = rate, "mono", "fltp", 64_000
    units: list[bytes] = []
    for at in range(0, len(wave) // 1024 * 1024, 1024):
        frame = av.AudioFrame.from_ndarray(wave[None, at : at + 1024].astype(np.float32), format="fltp", layout="mono")
        frame.sample_rate = rate
        units += [bytes(packet) for packet in encoder.encode(frame)]
    return units


def _pieces(units: list[bytes], each: int, rate: int) -> tuple[Sound, ...]:
    return tuple(Sound(unit, each, index * each * CLOCK_RATE // rate, AT) for index, unit in enumerate(units))


def muxed(line: Footage, sound: Tone, *, late_s: float = 0.0, without: tuple[float, float] = (0, 0)) -> bytes:
    """A segment; each piece of sound comes `late_s` behind the picture of its time, and none of those `without`."""
    muxer = FragmentMuxer(line.parameters, fragment_s=0.3, sound=sound.parameters)
    first_90k = line.packets[0].pts_90k
    pieces = [replace(one, time_90k=one.time_90k + first_90k) for one in sound.pieces]
    pieces = [one for one in pieces if not without[0] <= (one.time_90k - first_90k) / CLOCK_RATE < without[1]]
    data = b""
    for packet in line.packets:
        data += b"".join(fragment.data for fragment in muxer.write(packet))
        while pieces and pieces[0].time_90k + late_s * CLOCK_RATE <= packet.pts_90k:
            assert muxer.hear(pieces.pop(0))
    return data + b"".join(fragment.data for fragment in muxer.close())


@dataclass(frozen=True, slots=True)
class Heard:
    """What a player gets: the wave, and where each decoded piece of it begins in the file's time."""

    rate: int
    codec: str
    parts: tuple[tuple[float, Wave], ...]

    @property
    def begins_s(self) -> float:
        return self.parts[0][0]

    @property
    def ends_s(self) -> float:
        at, wave = self.parts[-1]
        return at + len(wave) / self.rate

    def between(self, from_s: float, to_s: float) -> Wave:
        """As it is heard: silence where nothing is."""
        wave = np.zeros(round((to_s - from_s) * self.rate))
        for at, part in self.parts:
            begin = round((at - from_s) * self.rate)
            skip = max(0, -begin)
            piece = part[skip : len(wave) - begin] if begin < len(wave) else part[:0]
            wave[begin + skip : begin + skip + len(piece)] = piece
        return wave


FLASH_S = 0.25
"""Length of a flash in a scene, and of its beep."""


def write_scene(path: Path, *, seconds: int, hz: float = 1000.0) -> None:
    """An MP4 that is black and silent but for each odd second, which begins with a flash and a beep."""
    rate = 16_000
    wave = sine(hz, rate, seconds)
    wave[(np.arange(len(wave)) / rate) % 2 < 1] = 0
    wave[(np.arange(len(wave)) / rate) % 1 >= FLASH_S] = 0
    with av.open(str(path), "w", format="mp4") as container:
        video = container.add_stream(
            "libx264", rate=RATE, options={"preset": "ultrafast", "tune": "zerolatency", "g": str(RATE)}
        )
        video.width, video.height, video.pix_fmt, video.thread_count = *SIZE, "yuv420p", 1
        audio = container.add_stream("aac", rate=rate, layout="mono")
        for number in range(seconds * RATE):
            at_s = number / RATE
            white = at_s % 2 >= 1 and at_s % 1 < FLASH_S
            grey = np.full((SIZE[1], SIZE[0]), 235 if white else 16, np.uint8)
            grey[-8:] = np.random.default_rng(number).integers(16, 235, (8, SIZE[0]), np.uint8)
            frame = av.VideoFrame.from_ndarray(grey, format="gray").reformat(format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            container.mux(video.encode(frame))
            part = wave[number * rate // RATE : (number + 1) * rate // RATE]
            sound = av.AudioFrame.from_ndarray(part[None].astype(np.float32), format="fltp", layout="mono")
            sound.sample_rate, sound.pts = rate, number * rate // RATE
            container.mux(audio.encode(sound))
        container.mux(video.encode(None))
        container.mux(audio.encode(None))


def write_with_tone(path: Path, line: Footage, encoder: str, *, rate: int = 8000) -> None:
    """The footage, and a tone of 1 kHz that lasts as long. `path` may end in any container that takes them."""
    with av.open(str(path), "w") as container:
        video = container.add_mux_stream(line.parameters.codec.value, width=SIZE[0], height=SIZE[1])
        audio = container.add_stream(encoder, rate=rate, layout="mono")
        assert isinstance(audio, AudioStream)
        kind = "fltp" if encoder == "aac" else "s16"
        for packet in line.packets:
            mux = av.Packet(packet.data)
            mux.dts, mux.pts, mux.time_base = packet.dts_90k, packet.pts_90k, Fraction(1, CLOCK_RATE)
            mux.is_keyframe, mux.stream = packet.key, video
            container.mux_one(mux)
            at = round(packet.dts_90k * rate / CLOCK_RATE)
            wave = sine(1000.0, rate, (at + rate // RATE) / rate)[at:]
            data = wave.astype(np.float32) if kind == "fltp" else (wave * 32767).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(data[None], format=kind, layout="mono")
            frame.sample_rate, frame.pts = rate, at
            container.mux(audio.encode(frame))
        container.mux(audio.encode(None))


def flashes_s(path: Path) -> list[float]:
    """When each flash begins, in the file's time."""
    with av.open(str(path)) as container:
        seen = [
            (frame.time or 0.0, frame.to_ndarray(format="gray").mean() > 128) for frame in container.decode(video=0)
        ]
    return [at for (_, was), (at, white) in pairwise(seen) if white and not was]


def beeps_s(sound: Heard, to_s: float) -> list[float]:
    """When each beep begins, to 5 ms."""
    step = sound.rate // 200
    wave = np.abs(sound.between(0, to_s))
    loud = [wave[at : at + step].max() > 0.2 for at in range(0, len(wave) - step, step)]
    quiet_before = round(200 * FLASH_S / 2)
    begins = [
        index
        for index, is_loud in enumerate(loud)
        if is_loud and index and not any(loud[max(0, index - quiet_before) : index])
    ]
    return [index / 200 for index in begins]


def heard(source: Path | bytes) -> Heard:
    """All sound of an MP4, decoded; the channels together. Times as the file says them."""
    with av.open(io.BytesIO(source) if isinstance(source, bytes) else str(source), "r") as container:
        stream = container.streams.audio[0]
        parts = []
        for frame in container.decode(stream):
            samples = np.asarray(frame.to_ndarray(), np.float64)
            wave = samples.mean(axis=0) if frame.format.is_planar else samples.reshape(-1, stream.channels).mean(axis=1)
            scale = 32768.0 if frame.format.name.startswith("s16") else 1.0
            parts.append((float((frame.pts or 0) * (stream.time_base or 1)), wave / scale))
        return Heard(stream.sample_rate, stream.codec_context.name, tuple(parts))


def loudest_hz(wave: Wave, rate: int) -> float:
    """The frequency that has most of it, as exactly as the length of the wave allows."""
    spectrum = np.abs(np.fft.rfft(wave * np.hanning(len(wave))))
    return float(np.argmax(spectrum) * rate / len(wave))


def loudness(wave: Wave) -> float:
    """Root of the mean square; a full sine has 0.7."""
    return float(np.sqrt(np.mean(wave**2)))
