"""The sound of a clip: that of its segments one behind the other without a hole, for browsers close up holes and are off then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias, cast

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.error import FFmpegError
from av.packet import Packet as AvPacket

from vigil.ingest import aac
from vigil.ingest.sound_track import LEAD_S

SoundPacket: TypeAlias = "AvPacket[AudioStream]"  # generic only in the type stubs

_SEAM_S = 0.04
"""So much off the end of the segment before, sound goes on there. Within a segment it lies together already; from one to the next
more may have become known of where it belongs."""
_LATE = timedelta(seconds=LEAD_S)
"""Sound of a segment comes at most so much behind its pictures: up to then, what has not come never will."""


def file_with_sound(paths: Sequence[Path]) -> Path | None:
    """The first one with sound. One that cannot be read is passed over: whoever reads its pictures will say so."""
    for path in paths:
        try:
            with av.open(str(path)) as container:
                if container.streams.audio:
                    return path
        except FFmpegError:
            continue
    return None


class ClipSound:
    """A second stream of a clip that begins at `first_at`, as the file's sound is. Raises FFmpegError.

    Sound of another kind, behind a change of the camera's settings, is silence: a track has one.
    """

    def __init__(self, container: OutputContainer, like: Path, first_at: datetime) -> None:
        with av.open(str(like)) as source:
            template = source.streams.audio[0]
            self._kind = _kind(template)
            self._stream = container.add_stream_from_template(template, opaque=True)
            self._rate, self._channels = template.sample_rate, template.channels
        self._container = container
        self._first_at = first_at
        self._end = 0
        """Samples up to now."""
        self._exact = True
        """The next piece lies where it belongs, to a sample or half a unit, and not just behind the one before."""

    def add(self, packet: SoundPacket, at: datetime) -> None:
        """A piece that is heard from `at` on. One that is there already, or of before the clip, is left out."""
        if _kind(packet.stream) != self._kind or packet.duration is None:
            return
        ahead = self._samples(at) - self._end
        tolerance = self._unit // 2 if self._exact else max(self._unit // 2, round(_SEAM_S * self._rate))
        if ahead < -tolerance:
            return
        if self._exact or ahead > tolerance:
            self._silence(ahead)
        self._exact = False
        samples = round(packet.duration * (packet.time_base or Fraction(1, self._rate)) * self._rate)
        self._write(packet, samples)

    def goes_on(self, at: datetime) -> None:
        """The clip's pictures have come to `at`: where nothing was heard for long, silence is."""
        ahead = self._samples(at - _LATE) - self._end
        if ahead > self._rate:
            self.silent_until(at - _LATE)

    def silent_until(self, at: datetime) -> None:
        self._silence(self._samples(at) - self._end)
        self._exact = True

    @property
    def _unit(self) -> int:
        """Samples of the least that silence can last."""
        return aac.UNIT if self._kind[0] == "aac" else 1

    def _samples(self, at: datetime) -> int:
        return round((at - self._first_at).total_seconds() * self._rate)

    def _silence(self, samples: int) -> None:
        for _ in range(max(0, round(samples / self._unit)) if self._unit > 1 else 0):
            self._write(cast("SoundPacket", AvPacket(aac.silent_unit(self._rate, self._channels))), aac.UNIT)
        while self._unit == 1 and samples > 0:
            part = min(samples, self._rate)
            self._write(cast("SoundPacket", AvPacket(bytes(2 * self._channels * part))), part)
            samples -= part

    def _write(self, packet: SoundPacket, samples: int) -> None:
        packet.pts = packet.dts = self._end
        packet.duration, packet.time_base = samples, Fraction(1, self._rate)
        packet.is_keyframe = True
        packet.stream = self._stream
        self._container.mux_one(packet)
        self._end += samples


def _kind(stream: AudioStream) -> tuple[str, int, int, bytes]:
    context = stream.codec_context
    return context.name, stream.sample_rate, stream.channels, bytes(context.extradata or b"")
