"""One connection's packets made fit for the sinks: in order, with wall time, beginning with a key, parameter sets in band."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from vigil.clock import Clock
from vigil.ingest.sinks import PacketSink, SoundSink
from vigil.ingest.source import SETTLE_S, RawPacket, RawSound
from vigil.ingest.timeline import Broken, Timeline, WallTime
from vigil.model import nal
from vigil.model.media import CLOCK_RATE, GapCause, Packet, Sound, StreamParameters

_USUAL_INTERVAL_90K = CLOCK_RATE // 25
_LONGEST_PREFIX = 64  # bytes in which the first NAL unit begins
_SETTLE_BYTES = 16 * 1024 * 1024
_SETTLE_PIECES = 2048
"""Of sound: twenty seconds of the shortest that are usual."""
_ASTRAY_90K = 5 * CLOCK_RATE
"""Sound that is so far from its pictures belongs to another time line."""


class ParametersChanged(Exception):
    """The stream's parameter sets changed, so that a new connection must read its size anew."""


class Session:
    """Belongs to the reader's thread.

    Packets of the first second (`settle_s`) are held back until the offset to wall time is known: cameras and servers send
    a burst of older pictures first, and dating those by their arrival would put the same moment twice into the archive.
    Sound is dated as the pictures are, and has no say in it. It goes to `hears`, which is one of the sinks.
    """

    def __init__(
        self,
        parameters: StreamParameters,
        sinks: Sequence[PacketSink],
        clock: Clock,
        *,
        settle_s: float = SETTLE_S,
        hears: SoundSink | None = None,
    ) -> None:
        self._parameters = parameters
        self._sinks: Sequence[PacketSink] = sinks
        self._hears = hears
        self.sound_lost = 0
        """Pieces of sound that had no place on the pictures' time line."""
        self._clock = clock
        self._settle_s = settle_s
        self._open = False
        self._end_at: datetime | None = None
        self._begin_time_line()

    @property
    def open(self) -> bool:
        """True once the sinks have been given a packet."""
        return self._open

    @property
    def drift_s(self) -> float:
        return self._wall.correction_s

    @property
    def late_s(self) -> float | None:
        """How long after its wall time the newest packet came. None while that is not known."""
        return self._wall.late_s if self._held is None else None

    def take(self, raw: RawPacket) -> Broken | None:
        """Passes a packet on. Returns Broken where time jumped, the stream's or the node's; a new time line then begins with it.

        Raises ParametersChanged.
        """
        if not nal.begins(raw.data, _LONGEST_PREFIX):
            return None  # no picture in it; as an empty sample it would make the whole MP4 unreadable
        if self._timeline.empty and raw.dts_90k is None and raw.pts_90k is None:
            # FFmpeg knows no time for the first picture of some RTSP servers. Connection bounds how many there can be.
            self._untimed.append(raw)
            return None
        if self._untimed:
            self._time_the_untimed(raw)
        return self._place(raw)

    def hear(self, raw: RawSound) -> None:
        """Passes a piece of sound on. It is left out where no picture is near it, and before the first one."""
        if self._held is None:
            self._publish_sound(raw)
        elif len(self._heard) < _SETTLE_PIECES:
            self._heard.append(raw)
        else:
            self.sound_lost += 1

    def _time_the_untimed(self, first_timed: RawPacket) -> None:
        """The key picture at the very beginning must not be lost for want of a time: it came just before the next one."""
        waiting = self._untimed.copy()
        self._untimed.clear()
        known = first_timed.dts_90k if first_timed.dts_90k is not None else first_timed.pts_90k
        for before, early in zip(range(len(waiting), 0, -1), waiting, strict=True):
            time_90k = (known or 0) - before * _USUAL_INTERVAL_90K
            self._place(replace(early, dts_90k=time_90k, pts_90k=time_90k))

    def _place(self, raw: RawPacket) -> Broken | None:
        placed = self._timeline.place(raw.dts_90k, raw.pts_90k)
        if isinstance(placed, Broken):
            return self._break(raw, placed)
        now = self._clock.now()
        if self._held is not None:
            self._hold(now, raw, *placed)
            return None
        self._wall.arrived(now, placed[0])
        if self._wall.astray:
            drift_s = self._wall.correction_s
            return self._break(raw, Broken(f"stream and wall clock are {drift_s:.0f} s apart", drift_s))
        self._publish(raw, *placed)
        return None

    def _break(self, raw: RawPacket, why: Broken) -> Broken:
        self.close(GapCause.DAMAGE)
        self._begin_time_line()
        self._place(raw)
        return why

    def close(self, cause: GapCause) -> None:
        """Ends the time line. What is still held is passed on first."""
        if self._held:
            self._settle()
        if self._open and self._end_at is not None:
            for sink in self._sinks:
                sink.lost(self._end_at, cause)
        self._open = False

    def let_go(self) -> None:
        """The sinks are told nothing more. From any thread: they belong to another reader by now."""
        self._sinks = ()
        self._hears = None

    def _begin_time_line(self) -> None:
        self._timeline = Timeline()
        self._wall = WallTime()
        self._held: list[tuple[datetime, RawPacket, int, int]] | None = []
        self._held_bytes = 0
        self._held_from_mono = self._clock.mono()
        self._untimed: list[RawPacket] = []
        self._heard: list[RawSound] = []
        self._from_90k = self._shown_90k = 0
        """When the time line's first picture is shown, and its newest."""
        self._lead_90k = 0
        """By how much the first one is shown later than it is decoded."""

    def _hold(self, now: datetime, raw: RawPacket, dts_90k: int, pts_90k: int) -> None:
        assert self._held is not None  # noqa: S101, take() asked
        if not self._held:
            self._held_from_mono = self._clock.mono()
        self._held.append((now, raw, dts_90k, pts_90k))
        self._held_bytes += len(raw.data)
        if self._clock.mono() - self._held_from_mono >= self._settle_s or self._held_bytes > _SETTLE_BYTES:
            self._settle()

    def _settle(self) -> None:
        held, self._held = self._held or [], None
        self._wall.settle([(arrived_at, dts_90k) for arrived_at, _, dts_90k, _ in held])
        heard, self._heard = iter(self._heard), []
        sound = next(heard, None)
        for _, raw, dts_90k, pts_90k in held:
            while sound is not None and sound.time_90k < pts_90k:
                self._publish_sound(sound)
                sound = next(heard, None)
            self._publish(raw, dts_90k, pts_90k)
        for late in (sound, *heard):
            if late is not None:
                self._publish_sound(late)

    def _publish(self, raw: RawPacket, dts_90k: int, pts_90k: int) -> None:
        data = self._with_parameter_sets(raw.data) if raw.key else raw.data
        if not self._open:
            if not raw.key:
                return  # nothing can be decoded before the first key picture
            self._open = True
            self._lead_90k = pts_90k - dts_90k
            self._from_90k = pts_90k
            for sink in self._sinks:
                sink.begin(self._parameters)
        packet = Packet(data, dts_90k, pts_90k, raw.key, self._wall.at(dts_90k))
        self._end_at = packet.at
        self._shown_90k = pts_90k
        for sink in self._sinks:
            sink.packet(packet)

    def _publish_sound(self, raw: RawSound) -> None:
        hears = self._hears
        if hears is None or not self._open or raw.time_90k < self._from_90k:
            return  # the sound before the first picture is nobody's loss
        if abs(raw.time_90k - self._shown_90k) > _ASTRAY_90K:
            self.sound_lost += 1
            return
        at = self._wall.at(raw.time_90k - self._lead_90k)
        hears.sound(Sound(raw.data, raw.samples, raw.time_90k, at))

    def _with_parameter_sets(self, data: bytes) -> bytes:
        codec, known = self._parameters.codec, self._parameters.parameter_sets
        found = nal.parameter_sets(codec, nal.split(data))
        kinds = {nal.nal_type(codec, unit) for unit in found}
        lacking = tuple(unit for unit in known if nal.nal_type(codec, unit) not in kinds)
        sets = nal.parameter_sets(codec, (*found, *lacking))
        if sets != known:
            if self._open and nal.find_sps(codec, sets) != nal.find_sps(codec, known):
                raise ParametersChanged
            # What is in the stream is right; an SDP may be older than the camera's settings.
            self._parameters = replace(self._parameters, parameter_sets=sets)
        return nal.join(sets) + data if lacking else data
