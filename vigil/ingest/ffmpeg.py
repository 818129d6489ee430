"""One connection to a camera by FFmpeg: PyAV's demuxer with a deadline on every call, giving packets as the model knows them."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from types import TracebackType
from typing import cast

import av
from av.container import InputContainer
from av.error import ExitError, FFmpegError
from av.packet import Packet as AvPacket
from av.stream import Discard
from av.video.stream import VideoStream

from vigil.errors import SourceError
from vigil.ingest.annex_b import AnnexB
from vigil.ingest.demuxed_sound import DemuxedSound, SoundPacket, sound_of
from vigil.ingest.distrust import reason_for_distrust
from vigil.ingest.opening import Opening, opening_of
from vigil.ingest.pace import Pace
from vigil.ingest.source import (
    MAX_PACKET_BYTES,
    OPEN_TIMEOUT_S,
    READ_TIMEOUT_S,
    SETTLE_S,
    TIMED_OUT,
    NoSound,
    RawPacket,
    RawSound,
    StreamAddress,
    no_rest,
)
from vigil.model import nal
from vigil.model.media import CLOCK_RATE, Codec, StreamParameters
from vigil.model.source_url import SourceKind, is_encrypted

_CODECS = {"h264": Codec.H264, "hevc": Codec.H265}
_MOST_UNTIMED = 50  # two seconds of pictures; a stream that never tells the time cannot be dated
_WAITED_S = 0.002  # a picture that is there already is read in a tenth of that
_ASKED = frozenset({SourceKind.RTSP, SourceKind.RTSPS})
"""Who is asked for sound. Others send what they send."""
_AWAY = frozenset({errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ECONNRESET, errno.ETIMEDOUT})
"""Errors of a camera that would not answer to anything else either."""


class Connection:
    """An open stream. Use as a context manager, on one thread.

    Raises SourceError when the camera does not answer in time, refuses, or sends what is neither H.264 nor H.265.
    """

    left_out = 0  # FFmpeg passes on what it has of a picture
    sound_lost = 0  # and does not tell which packets of sound it missed

    def __init__(
        self,
        address: StreamAddress,
        *,
        number: int,
        opening: Opening | None = None,
        pace: Pace | None = None,
        open_timeout_s: float = OPEN_TIMEOUT_S,
        read_timeout_s: float = READ_TIMEOUT_S,
    ) -> None:
        """Without an `opening`, that of the address's scheme."""
        self._address = address
        self._number = number
        self._opening = opening or opening_of(address)
        self._timeout_s = (open_timeout_s, read_timeout_s)
        self.no_sound: NoSound | None = None
        """Why there is none, where the address asks for it."""
        self._away = False
        """Why it could not be opened has nothing to do with what it was asked for."""
        self._container = self._with_sound_or_without() if address.sound and opening is None else self._open()
        try:
            self._sound = self._find_sound()
            self._stream = self._video()
            self._annex_b = AnnexB(self._stream)
            self.parameters = self._read_parameters()
            self._ticks = (self._stream.time_base or Fraction(1, CLOCK_RATE)) * CLOCK_RATE
            finished = self._opening.finished and self._has_an_end()
            self._pace = (pace or Pace()) if finished else None
            self.settle_s = SETTLE_S if finished else self._opening.settle_s
        except BaseException:
            self._container.close()
            raise

    def __enter__(self) -> Connection:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._container.close()

    def packets(self, rest: Callable[[], None] = no_rest) -> Iterator[RawPacket | RawSound]:
        """Until the stream ends. Raises SourceError when a read takes longer than its time-out.

        `rest` is called where nothing is there to read: between a picture that had to be waited for and the next. Not
        over UDP, where what nobody fetches is lost, nor over HTTP, where a server may take a slow reader for a lost one.
        """
        reads = self._reads()
        may_rest = self._opening.may_rest
        untimed, late = 0, False
        picture_mono = time.monotonic()
        """When the newest picture came: sound alone is no stream."""
        while not late:
            began_mono = time.monotonic()
            try:
                packet = next(reads)
            except StopIteration:
                raise self._error("the stream ended") from None
            except FFmpegError as error:
                reason = f"the stream broke: {_reason(error)}"
                break
            # At the deadline FFmpeg first gives the picture that it had not been sure to have whole. To read on for the
            # error itself would take the same time again.
            took_s = time.monotonic() - began_mono
            late = took_s >= self._timeout_s[1]
            if self._sound is not None and packet.stream_index == self._sound.stream.index:
                yield from self._sound.turn(cast("SoundPacket", packet))
                late = late or time.monotonic() - picture_mono >= self._timeout_s[1]
                continue
            picture_mono = time.monotonic()
            for raw in self._raw(packet) if packet.size else ():
                untimed = untimed + 1 if raw.dts_90k is None and raw.pts_90k is None else 0
                if untimed > _MOST_UNTIMED:
                    raise self._error(f"{untimed} pictures in a row without a time")
                if self._pace is not None:
                    self._pace.wait(raw.dts_90k)
                yield raw
                if may_rest and took_s >= _WAITED_S and not late:
                    rest()
        else:
            reason = f"the stream broke: {TIMED_OUT}"
        # Not from FFmpeg's error: that names the URL with its password, and a traceback would show it.
        raise self._error(reason)

    def _reads(self) -> Iterator[AvPacket[VideoStream]]:
        if self._sound is None:
            return self._container.demux(self._stream)
        return cast("Iterator[AvPacket[VideoStream]]", self._container.demux(self._stream, self._sound.stream))

    def _with_sound_or_without(self) -> InputContainer:
        """FFmpeg gives up a camera that refuses one of its streams. Without that one it may be well."""
        try:
            return self._open()
        except SourceError as error:
            if self._away or self._address.kind not in _ASKED:
                raise
            refused = error.reason
        self._opening = opening_of(replace(self._address, sound=False))
        opened = self._open()
        self.no_sound = NoSound(f"the camera refuses it: {refused}")
        return opened

    def _find_sound(self) -> DemuxedSound | None:
        if not self._address.sound or self.no_sound is not None:
            return None
        try:
            return sound_of(self._container)
        except NoSound as error:
            self.no_sound = error
            return None

    def _open(self) -> InputContainer:
        opening = self._opening
        try:
            return av.open(opening.url, format=opening.format, options=dict(opening.options), timeout=self._timeout_s)
        except (FFmpegError, OSError, ValueError) as error:
            self._away = isinstance(error, ExitError) or getattr(error, "errno", None) in _AWAY
            reason = f"no connection: {self._why_not(error)}"
        raise self._error(reason)  # not from FFmpeg's error, as in packets()

    def _why_not(self, error: Exception) -> str:
        address = self._address
        if is_encrypted(address.url) and address.tls_verify and not isinstance(error, ExitError):
            return reason_for_distrust(address.url, address.tls_ca) or _reason(error)
        return _reason(error)

    def _video(self) -> VideoStream:
        for stream in self._container.streams.video:
            if stream.codec_context.name in _CODECS:
                self._leave_out_all_but(stream)
                return stream
        found = ", ".join(stream.codec_context.name for stream in self._container.streams.video) or "no video"
        raise self._error(f"neither H.264 nor H.265 ({found}). Set the camera's stream to one of them")

    def _leave_out_all_but(self, ours: VideoStream) -> None:
        """Of a playlist with several sizes only one is loaded. RTSP's others are not told of."""
        sound = self._sound.stream.index if self._sound is not None else None
        for stream in self._container.streams:
            if stream.index not in (ours.index, sound):
                stream.discard = Discard.all

    def _has_an_end(self) -> bool:
        """It is a recording, not a camera: its length is known, in time or in bytes."""
        return self._container.duration is not None or (self._opening.format is None and self._container.size > 0)

    def _read_parameters(self) -> StreamParameters:
        context = self._stream.codec_context
        codec = _CODECS[context.name]
        sets = self._annex_b.sets
        try:
            nal.find_sps(codec, sets)
        except ValueError as error:
            raise self._error("no parameter sets within the time for a first picture") from error
        if not context.width:
            raise self._error("no picture size in the parameter sets")
        sound = self._sound.parameters if self._sound is not None else None
        return StreamParameters(codec, context.width, context.height, sets, self._number, sound)

    def _raw(self, packet: AvPacket[VideoStream]) -> list[RawPacket]:
        if packet.size > MAX_PACKET_BYTES:
            raise self._error(f"a picture of {packet.size} bytes, more than {MAX_PACKET_BYTES}")
        try:
            turned = self._annex_b.turn(packet)
        except FFmpegError as error:
            reason = f"a picture that makes no sense: {_reason(error)}"
        else:
            return [
                RawPacket(bytes(one), self._media_time(one.dts), self._media_time(one.pts), one.is_keyframe)
                for one in turned
            ]
        raise self._error(reason)

    def _media_time(self, time: int | None) -> int | None:
        if time is None or self._ticks == 1:
            return time
        return round(time * self._ticks)

    def _error(self, reason: str) -> SourceError:
        return SourceError(self._address.camera, self._address.url, reason)


def _reason(error: Exception) -> str:
    """FFmpeg's words without the file name, which may hold credentials."""
    if isinstance(error, ExitError):  # "Immediate exit requested", by the deadline
        return TIMED_OUT
    return getattr(error, "strerror", None) or type(error).__name__
