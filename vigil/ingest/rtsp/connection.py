"""One connection to a camera by our own client, giving what vigil/ingest/ffmpeg.py's Connection gives."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from types import TracebackType

import av
from av.error import FFmpegError

from vigil.errors import SourceError
from vigil.ingest.rtsp.client import Client, Ended, Refused
from vigil.ingest.rtsp.message import NotUnderstood
from vigil.ingest.rtsp.rtcp import says_goodbye
from vigil.ingest.rtsp.rtp import Depacketiser, near
from vigil.ingest.rtsp.sdp import Track
from vigil.ingest.rtsp.sound import SoundStream
from vigil.ingest.source import (
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
from vigil.model.media import StreamParameters


class BrokeAtSound(SourceError):
    """The connection ended, or nothing more came, when it was asked for sound: without that it may be well."""


class RtspConnection:
    """An open stream. Use as a context manager, on one thread. Opening ends with the first key picture.

    Raises SourceError when the camera does not answer in time, or refuses, and NotUnderstood when FFmpeg should try.
    BrokeAtSound is such a SourceError.
    """

    settle_s = SETTLE_S

    def __init__(
        self,
        address: StreamAddress,
        *,
        number: int,
        open_timeout_s: float = OPEN_TIMEOUT_S,
        read_timeout_s: float = READ_TIMEOUT_S,
    ) -> None:
        self.understood = True
        """False once the stream has shown that FFmpeg should read this camera."""
        self._address = address
        self._timeout_s = read_timeout_s
        self._until_mono = time.monotonic() + open_timeout_s
        """By when the next picture must have come."""
        self._ended = False
        """The camera has said goodbye."""
        self._first_sound: list[RawSound] = []
        """What came up to the first key picture, and with it."""
        with ExitStack() as opening:
            try:
                self._client = Client(address, self._until_mono)
                opening.callback(self._client.close)
                track = self._play()
                self._depacketiser = Depacketiser(track.codec, track.payload_type)
                sound = self._client.sound
                self._sound = SoundStream(sound) if sound is not None else None
                self._first = self._until_key()
            except (OSError, Refused, Ended) as error:
                raise self._error(f"no connection: {_reason(error)}") from error
            self.parameters = _parameters(track, self._first[0].data, number)
            if sound is not None:
                self.parameters = replace(self.parameters, sound=sound.parameters)
            self._close = opening.pop_all()

    def __enter__(self) -> RtspConnection:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._close.close()

    @property
    def left_out(self) -> int:
        """Pictures so far of which the camera sent only a part."""
        return self._depacketiser.left_out

    @property
    def no_sound(self) -> NoSound | None:
        """Why there is none, where the address asks for it."""
        return self._client.no_sound

    @property
    def sound_lost(self) -> int:
        """Packets of sound so far that did not come, or made no sense."""
        return self._sound.lost if self._sound is not None else 0

    def packets(self, rest: Callable[[], None] = no_rest) -> Iterator[RawPacket | RawSound]:
        """Until the stream ends. Raises SourceError when no picture comes within the time-out.

        `rest` is called where nothing is there to read.
        """
        pictures: list[RawPacket] = self._first
        sound, self._first_sound = self._first_sound, []
        self._until_mono = time.monotonic() + self._timeout_s
        try:
            while True:
                yield from pictures
                yield from sound
                if not self._client.has_more():
                    rest()
                self._fetch()
                sound = self._take_sound()
                pictures = self._take()
        except Ended as error:
            reason = str(error)
        except OSError as error:
            reason = f"the stream broke: {_reason(error)}"
        except NotUnderstood as error:
            self.understood, reason = False, f"{error}. FFmpeg will read this camera"
        yield from self._depacketiser.flush()
        raise self._error(reason)

    def _play(self) -> Track:
        """Raises BrokeAtSound and what the client raises."""
        try:
            return self._client.play()
        except (OSError, Ended) as error:
            if not self._client.asking_for_sound:
                raise
            raise BrokeAtSound(self._address.camera, self._address.url, f"no sound: {_reason(error)}") from error

    def _until_key(self) -> list[RawPacket]:
        """The first key picture and what came with it. Nothing can be decoded before."""
        seen = 0
        while True:
            self._first_sound += self._take_sound()
            pictures = self._take()
            for index, picture in enumerate(pictures):
                if picture.key:
                    return pictures[index:]
            seen += len(pictures)
            try:
                self._fetch()
            except TimeoutError as error:
                if seen:
                    raise NotUnderstood(f"no key picture among {seen}") from error
                raise

    def _fetch(self) -> None:
        """Receives what the camera sends. Raises Ended and OSError."""
        if self._ended:
            raise Ended("the stream ended")
        self._client.wait(self._until_mono)
        self._client.receive()

    def _take(self) -> list[RawPacket]:
        """The pictures that are whole now, of what was received."""
        inbox = self._client.inbox
        packets, inbox.rtp = inbox.rtp, []
        reports, inbox.rtcp = inbox.rtcp, []
        pictures = self._depacketiser.take(packets)
        self._ended = self._ended or any(says_goodbye(report) for report in reports)
        if pictures:
            self._until_mono = time.monotonic() + self._timeout_s
        self._client.stay_alive()
        return pictures

    def _take_sound(self) -> list[RawSound]:
        """The sound whose place is known, of what was received. Before `_take`, which forgets what the sound came behind."""
        stream, inbox = self._sound, self._client.inbox
        if stream is None:
            return []
        packets, inbox.sound = inbox.sound, []
        newest_90k = self._depacketiser.time_90k
        for pictures_before, packet in packets:
            stream.take(packet, self._time_of(inbox.rtp[pictures_before - 1]) if pictures_before else newest_90k)
        if inbox.rtp:
            newest_90k = self._time_of(inbox.rtp[-1])
        reports, inbox.sound_rtcp = inbox.sound_rtcp, []
        stream.reported(inbox.rtcp, reports, newest_90k)
        return stream.placed()

    def _time_of(self, packet: bytes) -> int:
        """Of the picture that an RTP packet belongs to."""
        return near(int.from_bytes(packet[4:8], "big"), self._depacketiser.time_90k)

    def _error(self, reason: str) -> SourceError:
        return SourceError(self._address.camera, self._address.url, reason)


def _parameters(track: Track, key_picture: bytes, number: int) -> StreamParameters:
    """Those that the first key picture was sent with, and its size. Raises NotUnderstood."""
    own = nal.parameter_sets(track.codec, nal.split(key_picture))
    kinds = {nal.nal_type(track.codec, unit) for unit in own}
    lacking = (unit for unit in track.parameter_sets if nal.nal_type(track.codec, unit) not in kinds)
    sets = nal.parameter_sets(track.codec, (*own, *lacking))
    try:
        with av.open(io.BytesIO(nal.join(sets) + key_picture), format=track.codec.value) as container:
            context = container.streams.video[0].codec_context
            size, reordered = (context.width, context.height), context.has_b_frames
    except (FFmpegError, IndexError) as error:
        raise NotUnderstood("a first key picture that cannot be read") from error
    if not all(size):
        raise NotUnderstood("no parameter sets with the first key picture")
    if reordered:
        raise NotUnderstood("B-frames")
    return StreamParameters(track.codec, *size, sets, number)


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return TIMED_OUT
    return getattr(error, "strerror", None) or str(error)
