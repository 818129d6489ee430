"""The sound of one connection: from packets to pieces that lie on the pictures' time line."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final

from vigil.ingest.rtsp.alignment import Alignment
from vigil.ingest.rtsp.rtcp import sender_report
from vigil.ingest.rtsp.rtp import near
from vigil.ingest.rtsp.sound_rtp import Piece, SoundDepacketiser
from vigil.ingest.rtsp.sound_sdp import SoundTrack
from vigil.ingest.source import RawSound

_MOST_HELD: Final = 512
"""Pieces that wait to be placed: a second has a hundred at most, so that no picture has come for five. The oldest go."""


class SoundStream:
    """Belongs to its connection's thread."""

    def __init__(self, track: SoundTrack) -> None:
        self._depacketiser = SoundDepacketiser(track)
        self._alignment = Alignment(track.clock)
        self._track = track
        self._held: deque[Piece] = deque(maxlen=_MOST_HELD)
        self._forgotten = 0
        """Of those, how many had to go."""
        self._newest: int | None = None
        """Timestamp of the newest piece."""

    @property
    def lost(self) -> int:
        """Packets so far that did not come, made no sense, or came so long without a picture that they had to go."""
        return self._depacketiser.lost + self._forgotten

    def reported(self, pictures: Iterable[bytes], sound: Iterable[bytes], picture_90k: int | None) -> None:
        """Takes both streams' RTCP; `picture_90k` is the time of any picture that has come."""
        for packet in pictures:
            report = sender_report(packet)
            if report is not None and picture_90k is not None:
                self._alignment.picture_reported(report[0], near(report[1], picture_90k))
        for packet in sound:
            report = sender_report(packet)
            if report is not None and self._newest is not None:
                self._alignment.sound_reported(report[0], near(report[1], self._newest))

    def take(self, packet: bytes, picture_90k: int | None) -> None:
        """An RTP packet, and the time of the picture that it came behind."""
        for piece in self._depacketiser.take(packet):
            self._newest = piece.timestamp
            self._forgotten += len(self._held) == _MOST_HELD
            self._held.append(piece)
            if picture_90k is not None:
                end = piece.timestamp + piece.samples * self._track.clock // self._track.parameters.rate
                self._alignment.arrived(end, picture_90k)

    def placed(self) -> list[RawSound]:
        """The pieces whose place is known by now."""
        if self._alignment.offset_90k is None:
            return []
        pieces = [
            RawSound(piece.data, piece.samples, self._alignment.time_90k(piece.timestamp)) for piece in self._held
        ]
        self._held.clear()
        return pieces
