"""Who reads a camera: our own client where it understands the camera, else FFmpeg; a recording is read from its file."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import structlog

from vigil.ingest.ffmpeg import Connection
from vigil.ingest.looped import LoopedFile
from vigil.ingest.rtsp.connection import BrokeAtSound, RtspConnection
from vigil.ingest.rtsp.message import NotUnderstood
from vigil.ingest.source import OPEN_TIMEOUT_S, READ_TIMEOUT_S, StreamAddress
from vigil.model.site import Transport
from vigil.model.source_url import SourceKind

HLS_TIMEOUT_S = 20.0
"""A playlist gives nothing for as long as a piece lasts: usually 2 to 6 s, often 10, and then the next may be a little late."""

log = structlog.get_logger()


class Connector:
    """Opens the connections of one stream, and remembers who could read it. Belongs to the reader's thread.

    Our own client knows RTSP over TCP. UDP, TLS, HTTP and what it does not understand are FFmpeg's.
    """

    def __init__(
        self,
        *,
        open_timeout_s: float = OPEN_TIMEOUT_S,
        read_timeout_s: float = READ_TIMEOUT_S,
        hls_timeout_s: float = HLS_TIMEOUT_S,
    ) -> None:
        self._ours = partial(RtspConnection, open_timeout_s=open_timeout_s, read_timeout_s=read_timeout_s)
        self._ffmpegs = partial(Connection, open_timeout_s=open_timeout_s, read_timeout_s=read_timeout_s)
        # To open it takes a piece, too.
        self._pieces = partial(Connection, open_timeout_s=hls_timeout_s, read_timeout_s=hls_timeout_s)
        self._last: RtspConnection | None = None
        self._understood = True
        self._no_sound: str | None = None
        self._broke_at_sound = False

    def __call__(self, address: StreamAddress, *, number: int) -> Connection | RtspConnection | LoopedFile:
        """Raises SourceError."""
        opened = self._open(replace(address, sound=False) if self._broke_at_sound else address, number)
        if opened.no_sound is not None:
            self._tell_no_sound(address, str(opened.no_sound))
        elif address.sound and not self._broke_at_sound:
            self._no_sound = None
        return opened

    def _tell_no_sound(self, address: StreamAddress, reason: str) -> None:
        if reason != self._no_sound:  # the same at each connection is not told again
            log.warning("camera_without_sound", camera=address.camera, reason=reason)
        self._no_sound = reason

    def _open(self, address: StreamAddress, number: int) -> Connection | RtspConnection | LoopedFile:
        match address.kind:
            case SourceKind.FILE:
                return LoopedFile(address, number=number)
            case SourceKind.HLS:
                return self._pieces(address, number=number)
            case SourceKind.RTSP if address.transport is Transport.TCP:
                return self._over_tcp(address, number)
            case _:
                return self._ffmpegs(address, number=number)

    def _over_tcp(self, address: StreamAddress, number: int) -> Connection | RtspConnection:
        if self._last is not None and not self._last.understood:
            self._understood = False
        if self._understood:
            try:
                self._last = self._ours_with_sound_or_without(address, number)
            except NotUnderstood as error:
                self._understood = False
                log.info("camera_read_by_ffmpeg", camera=address.camera, reason=str(error))
            else:
                return self._last
        return self._ffmpegs(address, number=number)

    def _ours_with_sound_or_without(self, address: StreamAddress, number: int) -> RtspConnection:
        """A camera that breaks when it is asked for sound is not asked again by this reader."""
        try:
            return self._ours(address, number=number)
        except BrokeAtSound as error:
            self._broke_at_sound = True
            self._tell_no_sound(address, error.reason)
            return self._ours(replace(address, sound=False), number=number)
