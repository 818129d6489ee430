"""What a camera's reader feeds. Every method is called on the reader's thread and must return at once."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from vigil.model.media import GapCause, Packet, Sound, StreamParameters


class PacketSink(Protocol):
    def begin(self, parameters: StreamParameters) -> None:
        """A new time line begins; the next packet is a key packet."""
        ...

    def packet(self, packet: Packet) -> None: ...

    def lost(self, at: datetime, cause: GapCause) -> None:
        """The time line ended at `at`. `begin` follows when the stream is there again."""
        ...


class SoundSink(PacketSink, Protocol):
    """One that also takes the sound, where there is some: by `begin` it knows in which form."""

    def sound(self, sound: Sound) -> None: ...
