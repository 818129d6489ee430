"""Between a camera's reader and the recorder, where not all of the camera is to be recorded: by the clock, or around events.

What is not recorded is a gap with a cause of its own, like any other time without footage: a rule that leaves something out must
be seen in the archive.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from vigil.ingest.sinks import SoundSink
from vigil.model.media import GapCause, Packet, Sound, StreamParameters

PRE_ROLL_BYTES: Final = 96 * 1024 * 1024
"""Of one camera: a minute at 12 Mbit/s. When full the oldest GOP goes, and the pre-roll is that much shorter."""


class RecordingGate:
    """A sink that passes on what `wanted` says of a picture's time, and what came at most `pre_roll` before it.

    `wanted` is asked at each packet while nothing is wanted and at each key packet while something is; it must return at
    once. Recording ends at a key picture, so that a GOP is recorded whole.
    """

    def __init__(
        self,
        recorder: SoundSink,
        wanted: Callable[[datetime], bool],
        pre_roll: timedelta = timedelta(0),
        *,
        max_bytes: int = PRE_ROLL_BYTES,
    ) -> None:
        self._recorder = recorder
        self._wanted = wanted
        self._pre_roll = pre_roll
        self._max_bytes = max_bytes
        self._parameters: StreamParameters | None = None
        self._passing = False
        self._kept: deque[Packet | Sound] = deque()
        """Whole GOPs, the newest perhaps unfinished, and the sound that came among them: what recording would begin with."""
        self._bytes = 0

    def begin(self, parameters: StreamParameters) -> None:
        self._parameters = parameters
        self._forget()
        self._passing = False

    def packet(self, packet: Packet) -> None:
        if self._passing and not (packet.key and not self._wanted(packet.at)):
            self._recorder.packet(packet)
            return
        if self._passing:
            self._passing = False
            self._recorder.lost(packet.at, GapCause.UNWANTED)
        self._keep(packet)
        if self._kept and self._wanted(packet.at):
            self._open()

    def sound(self, sound: Sound) -> None:
        if self._passing:
            self._recorder.sound(sound)
        elif self._kept:
            self._kept.append(sound)
            self._bytes += len(sound.data)

    def lost(self, at: datetime, cause: GapCause) -> None:
        if self._passing:
            self._recorder.lost(at, cause)
        self._passing = False
        self._forget()

    def _open(self) -> None:
        assert self._parameters is not None  # noqa: S101, begin() comes before packets
        self._passing = True
        self._recorder.begin(self._parameters)
        for one in self._kept:
            if isinstance(one, Packet):
                self._recorder.packet(one)
            else:
                self._recorder.sound(one)
        self._forget()

    def _keep(self, packet: Packet) -> None:
        if not self._kept and not packet.key:
            return  # nothing begins in the middle of a GOP
        self._kept.append(packet)
        self._bytes += len(packet.data)
        while self._is_too_much(packet.at):
            self._drop_gop()

    def _is_too_much(self, now: datetime) -> bool:
        """Whether the oldest GOP is not needed, or finds no room."""
        second = next((one for index, one in enumerate(self._kept) if index and _begins_gop(one)), None)
        if second is None:
            return self._bytes > self._max_bytes
        return self._bytes > self._max_bytes or now - second.at >= self._pre_roll

    def _drop_gop(self) -> None:
        while self._kept:
            self._bytes -= len(self._kept.popleft().data)
            if self._kept and _begins_gop(self._kept[0]):
                return

    def _forget(self) -> None:
        self._kept.clear()
        self._bytes = 0


def _begins_gop(one: Packet | Sound) -> bool:
    return isinstance(one, Packet) and one.key
