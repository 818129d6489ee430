"""Who reads a camera: our own client where it understands the camera, else FFmpeg; a recording is read from its file."""

from __future__ import annotations

from functools import partial

import structlog

from vigil.ingest.ffmpeg import Connection
from vigil.ingest.looped import LoopedFile
from vigil.ingest.rtsp.connection import RtspConnection
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

    def __call__(self, address: StreamAddress, *, number: int) -> Connection | RtspConnection | LoopedFile:
        """Raises SourceError."""
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
                self._last = self._ours(address, number=number)
            except NotUnderstood as error:
                self._understood = False
                log.info("camera_read_by_ffmpeg", camera=address.camera, reason=str(error))
            else:
                return self._last
        return self._ffmpegs(address, number=number)
