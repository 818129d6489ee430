"""One connection to a camera: PyAV's demuxer with a deadline on every call, giving packets as the model knows them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from types import TracebackType
from urllib.parse import quote, urlsplit, urlunsplit

import av
from av.container import InputContainer
from av.error import ExitError, FFmpegError
from av.packet import Packet as AvPacket
from av.video.stream import VideoStream

from vigil.errors import SourceError
from vigil.model import nal
from vigil.model.media import CLOCK_RATE, Codec, StreamParameters
from vigil.model.site import Transport

OPEN_TIMEOUT_S = 10.0
READ_TIMEOUT_S = 5.0

_CODECS = {"h264": Codec.H264, "hevc": Codec.H265}
TIMED_OUT = "nothing came within the time-out"
_MOST_UNTIMED = 50  # two seconds of pictures; a stream that never tells the time cannot be dated
_WAITED_S = 0.002  # a picture that is there already is read in a tenth of that
MAX_PACKET_BYTES = 16 * 1024 * 1024  # a 4K intra picture is about 2 MB; more is a broken stream or an attack


@dataclass(frozen=True, slots=True)
class StreamAddress:
    """Where a stream is. `password` stays out of repr, logs and errors."""

    camera: str
    url: str
    transport: Transport = Transport.TCP
    username: str | None = None
    password: str | None = None

    def __repr__(self) -> str:
        return f"StreamAddress({self.camera!r}, {self.url!r})"

    def with_credentials(self) -> str:
        if self.username is None:
            return self.url
        parts = urlsplit(self.url)
        user = f"{quote(self.username, safe='')}:{quote(self.password or '', safe='')}"
        return urlunsplit(parts._replace(netloc=f"{user}@{parts.netloc}"))


@dataclass(frozen=True, slots=True)
class RawPacket:
    """As it came: Annex B, media times not yet checked."""

    data: bytes
    dts_90k: int | None
    pts_90k: int | None
    key: bool


def no_rest() -> None:
    pass


class Connection:
    """An open stream. Use as a context manager, on one thread.

    Raises SourceError when the camera does not answer in time, refuses, or sends what is neither H.264 nor H.265.
    """

    left_out = 0  # FFmpeg passes on what it has of a picture

    def __init__(
        self,
        address: StreamAddress,
        *,
        number: int,
        open_timeout_s: float = OPEN_TIMEOUT_S,
        read_timeout_s: float = READ_TIMEOUT_S,
    ) -> None:
        self._address = address
        self._number = number
        self._timeout_s = (open_timeout_s, read_timeout_s)
        self._container = self._open()
        try:
            self._stream = self._video()
            self.parameters = self._read_parameters()
            self._ticks = (self._stream.time_base or Fraction(1, CLOCK_RATE)) * CLOCK_RATE
        except BaseException:
            self._container.close()
            raise

    def __enter__(self) -> Connection:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._container.close()

    def packets(self, rest: Callable[[], None] = no_rest) -> Iterator[RawPacket]:
        """Until the stream ends. Raises SourceError when a read takes longer than its time-out.

        `rest` is called where nothing is there to read: between a picture that had to be waited for and the next. Not
        over UDP, where what nobody fetches is lost.
        """
        reads = self._container.demux(self._stream)
        may_rest = self._address.transport is Transport.TCP
        untimed, late = 0, False
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
            if packet.size:
                raw = self._raw(packet)
                untimed = untimed + 1 if raw.dts_90k is None and raw.pts_90k is None else 0
                if untimed > _MOST_UNTIMED:
                    raise self._error(f"{untimed} pictures in a row without a time")
                yield raw
                if may_rest and took_s >= _WAITED_S and not late:
                    rest()
        else:
            reason = f"the stream broke: {TIMED_OUT}"
        # Not from FFmpeg's error: that names the URL with its password, and a traceback would show it.
        raise self._error(reason)

    def _open(self) -> InputContainer:
        # analyzeduration bounds the wait for a stream whose SDP says too little.
        options = {
            "rtsp_transport": self._address.transport.value,
            "allowed_media_types": "video",  # sound is not even asked for
            "analyzeduration": "2000000",
            # UDP sockets take packets from the camera alone; without this they are open on every address of the machine.
            "rtsp_flags": "filter_src",
            "max_delay": "500000",  # µs that UDP packets may come out of order
            "buffer_size": "4194304",  # bytes of the socket: a key frame over UDP comes as one burst
        }
        try:
            return av.open(self._address.with_credentials(), options=options, timeout=self._timeout_s)
        except (FFmpegError, OSError) as error:
            reason = f"no connection: {_reason(error)}"
        raise self._error(reason)  # not from FFmpeg's error, as in packets()

    def _video(self) -> VideoStream:
        for stream in self._container.streams.video:
            if stream.codec_context.name in _CODECS:
                return stream
        found = ", ".join(stream.codec_context.name for stream in self._container.streams.video) or "no video"
        raise self._error(f"neither H.264 nor H.265 ({found}). Set the camera's stream to one of them")

    def _read_parameters(self) -> StreamParameters:
        context = self._stream.codec_context
        codec = _CODECS[context.name]
        sets = nal.parameter_sets(codec, nal.split(bytes(context.extradata or b"")))
        try:
            nal.find_sps(codec, sets)
        except ValueError as error:
            raise self._error("no parameter sets within the time for a first picture") from error
        if not context.width:
            raise self._error("no picture size in the parameter sets")
        return StreamParameters(codec, context.width, context.height, sets, self._number)

    def _raw(self, packet: AvPacket[VideoStream]) -> RawPacket:
        if packet.size > MAX_PACKET_BYTES:
            raise self._error(f"a picture of {packet.size} bytes, more than {MAX_PACKET_BYTES}")
        return RawPacket(
            data=bytes(packet),
            dts_90k=self._media_time(packet.dts),
            pts_90k=self._media_time(packet.pts),
            key=packet.is_keyframe,
        )

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
