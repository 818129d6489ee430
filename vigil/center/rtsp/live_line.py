"""The time line of one live stream over all that its source begins anew: a node that came back, a camera that reconnected.

Fragments bear the camera's media time and no wall time, and a source begins with a GOP that is older than now, in one burst.
So the pictures of the first moment are held, and the one that came with the least delay tells what the media time is now.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from vigil.ingest.file_source import Picture
from vigil.model.media import CLOCK_RATE, Packet

SETTLE_S: Final = 0.25
"""A picture that comes so long after its source began is no part of the burst."""
HELD_BYTES: Final = 16 * 1024 * 1024
_CREEP: Final = 1e-3
"""How fast the least delay may grow: two clocks drift apart by less, and one lucky picture must not count for ever."""


class LiveLine:
    """Media time in, packets out whose `dts_90k` rises strictly, whatever the source does. Begins with a key packet."""

    def __init__(self) -> None:
        self._held: list[tuple[Picture, float]] = []
        self._held_bytes = 0
        self._settling = True
        self._began_mono: float | None = None
        self._offset_90k = 0
        self._least_s = float("inf")
        """Monotonic time less media time on our line, of the picture that came with the least delay."""
        self._last_mono = 0.0
        self._out_90k: int | None = None
        self._skipping = True

    def anew(self) -> None:
        """What comes next has another media time."""
        self._held, self._held_bytes = [], 0
        self._settling, self._began_mono = True, None

    def take(self, picture: Picture, now_mono: float, now_at: datetime) -> list[Packet]:
        """The packets that can go out now: none while the beginning is held, then all of it."""
        if not self._settling:
            self._measure(picture, now_mono)
            return self._place([picture], now_mono, now_at)
        self._began_mono = now_mono if self._began_mono is None else self._began_mono
        self._held.append((picture, now_mono))
        self._held_bytes += len(picture.data)
        if now_mono - self._began_mono < SETTLE_S and self._held_bytes < HELD_BYTES:
            return []
        pictures = self._settle()
        return self._place(pictures, now_mono, now_at)

    def _settle(self) -> list[Picture]:
        """Fixes where the held pictures lie: as far from what was sent before as they are from it in life."""
        least_s = min(mono - picture.dts_90k / CLOCK_RATE for picture, mono in self._held)
        if self._out_90k is None:
            self._offset_90k = -self._held[0][0].dts_90k
        else:
            self._offset_90k = round((least_s - self._least_s) * CLOCK_RATE)
            self._skipping = True
        self._least_s, self._last_mono = least_s - self._offset_90k / CLOCK_RATE, self._held[-1][1]
        pictures = [picture for picture, _ in self._held]
        self.anew()
        self._settling = False
        return pictures

    def _measure(self, picture: Picture, now_mono: float) -> None:
        delay_s = now_mono - (picture.dts_90k + self._offset_90k) / CLOCK_RATE
        self._least_s = min(delay_s, self._least_s + (now_mono - self._last_mono) * _CREEP)
        self._last_mono = now_mono

    def _place(self, pictures: list[Picture], now_mono: float, now_at: datetime) -> list[Packet]:
        packets = []
        for picture in pictures:
            out_90k = picture.dts_90k + self._offset_90k
            old = self._out_90k is not None and out_90k <= self._out_90k
            if old or (self._skipping and not picture.key):
                self._skipping = True  # was sent before, or cannot be shown without what was left out
                continue
            self._skipping = False
            self._out_90k = out_90k
            pts_90k = out_90k + picture.pts_90k - picture.dts_90k
            at = now_at - timedelta(seconds=now_mono - self._least_s - pts_90k / CLOCK_RATE)
            packets.append(Packet(picture.data, out_90k, pts_90k, picture.key, at))
        return packets
