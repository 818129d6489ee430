"""A recording in the place of a camera (`file:`): in its own pace, again and again, so that a hall can be tried out with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from types import TracebackType

from vigil.errors import SourceError
from vigil.ingest.file_source import loop_clip, loop_sound, open_clip, sound_parameters
from vigil.ingest.pace import Pace
from vigil.ingest.source import SETTLE_S, NoSound, RawPacket, RawSound, StreamAddress, no_rest
from vigil.model.source_url import file_of

_KEPT_BYTES = 8 * 1024 * 1024
"""A larger file is read anew each time round: a node may have ten of them, twice over."""
_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)  # the session dates what comes by the node's clock, as with any camera


class LoopedFile:
    """An open recording. Use as a context manager, on one thread. To open it reads the file once through.

    Raises SourceError when it is missing, damaged, or neither H.264 nor H.265.
    """

    left_out = 0
    sound_lost = 0
    settle_s = SETTLE_S

    def __init__(self, address: StreamAddress, *, number: int, pace: Pace | None = None) -> None:
        self._address = address
        self._pace = pace or Pace()
        self.no_sound: NoSound | None = None
        """Why there is none, where the address asks for it."""
        sound = None
        try:
            self._clip = open_clip(file_of(address.url), memory_bytes=_KEPT_BYTES)
            if address.sound:
                sound = sound_parameters(self._clip.path)
        except SourceError as error:
            raise self._error(error) from error
        except NoSound as error:
            self.no_sound = error
        self.parameters = replace(self._clip.parameters, connection=number, sound=sound)

    def __enter__(self) -> LoopedFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        pass

    def packets(self, rest: Callable[[], None] = no_rest) -> Iterator[RawPacket | RawSound]:  # noqa: ARG002, nothing gathers anywhere
        """Without an end, with rising times. Raises SourceError when the file cannot be read any more."""
        try:
            heard = loop_sound(self._clip.path, self._clip.duration_90k) if self.parameters.sound else iter(())
            sound = next(heard, None)
            for packet in loop_clip(self._clip, _ANY_TIME):
                self._pace.wait(packet.dts_90k)
                yield RawPacket(packet.data, packet.dts_90k, packet.pts_90k, packet.key)
                while sound is not None and sound.time_90k <= packet.pts_90k:
                    yield sound
                    sound = next(heard, None)
        except SourceError as error:
            raise self._error(error) from error

    def _error(self, error: SourceError) -> SourceError:
        return SourceError(self._address.camera, self._address.url, f"no recording: {error.reason}")
