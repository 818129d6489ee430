"""The sound of a container that libav demuxes, on the time line of its pictures: as libav has put it there."""

from __future__ import annotations

from fractions import Fraction
from typing import TypeAlias

from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet as AvPacket

from vigil.ingest import aac, g711
from vigil.ingest.source import NoSound, RawSound
from vigil.model.media import CLOCK_RATE, SoundParameters

_LAWS = {"pcm_alaw": g711.Law.A, "pcm_mulaw": g711.Law.MU}
_LOW_COMPLEXITY = {"LC", None}
"""None: the container says so little that nobody knows, and cameras have no other."""

SoundPacket: TypeAlias = "AvPacket[AudioStream]"  # generic only in the type stubs


class DemuxedSound:
    """Of one container, on its thread."""

    def __init__(self, stream: AudioStream) -> None:
        """Raises NoSound."""
        self.stream = stream
        self.parameters = _parameters(stream)
        self._law = _LAWS.get(stream.codec_context.name)
        self._ticks = (stream.time_base or Fraction(1, CLOCK_RATE)) * CLOCK_RATE

    def turn(self, packet: SoundPacket) -> list[RawSound]:
        """Its pieces; none where libav knows no time for it."""
        if packet.pts is None or not packet.size:
            return []
        at_90k = round(packet.pts * self._ticks)
        data, sound = bytes(packet), self.parameters
        if self._law is not None:
            samples = len(data) // sound.channels
            return [RawSound(g711.expanded(self._law, data[: samples * sound.channels]), samples, at_90k)]
        return [
            RawSound(unit, aac.UNIT, at_90k + index * aac.UNIT * CLOCK_RATE // sound.rate)
            for index, unit in enumerate(aac.units(data))
        ]


def sound_of(container: InputContainer) -> DemuxedSound:
    """The first sound of a container that can be recorded. Raises NoSound, which says what there was instead."""
    why = NoSound("the source has no sound")
    for stream in container.streams.audio:
        try:
            return DemuxedSound(stream)
        except NoSound as error:
            why = error
    raise why


def _parameters(stream: AudioStream) -> SoundParameters:
    context = stream.codec_context
    if context is None:  # libav has no decoder for it
        raise NoSound("sound of an unknown kind")
    if context.name in _LAWS:
        return g711.parameters_of(context.sample_rate, context.channels)
    if context.name != "aac":
        raise NoSound(f"sound is {context.name}, which is not recorded; AAC, PCMA and PCMU are")
    if context.extradata:
        return aac.parameters_of(bytes(context.extradata))
    if context.profile not in _LOW_COMPLEXITY:
        raise NoSound(f"AAC of profile {context.profile}")
    return aac.parameters_of(aac.config_of(context.sample_rate, context.channels))
