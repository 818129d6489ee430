"""Which of two clients reads a camera: our own where it understands the camera, else FFmpeg's."""

from __future__ import annotations

from functools import partial

import structlog

from vigil.ingest.rtsp.connection import RtspConnection
from vigil.ingest.rtsp.message import NotUnderstood
from vigil.ingest.source import OPEN_TIMEOUT_S, READ_TIMEOUT_S, Connection, StreamAddress
from vigil.model.site import Transport

log = structlog.get_logger()


class Connector:
    """Opens the connections of one stream, and remembers who could read it. Belongs to the reader's thread.

    Our own client knows RTSP over TCP. UDP, TLS and what it does not understand are FFmpeg's.
    """

    def __init__(self, *, open_timeout_s: float = OPEN_TIMEOUT_S, read_timeout_s: float = READ_TIMEOUT_S) -> None:
        self._ours = partial(RtspConnection, open_timeout_s=open_timeout_s, read_timeout_s=read_timeout_s)
        self._ffmpegs = partial(Connection, open_timeout_s=open_timeout_s, read_timeout_s=read_timeout_s)
        self._last: RtspConnection | None = None
        self._understood = True

    def __call__(self, address: StreamAddress, *, number: int) -> Connection | RtspConnection:
        """Raises SourceError."""
        if self._last is not None and not self._last.understood:
            self._understood = False
        if self._understood and address.transport is Transport.TCP and address.url.lower().startswith("rtsp://"):
            try:
                self._last = self._ours(address, number=number)
            except NotUnderstood as error:
                self._understood = False
                log.info("camera_read_by_ffmpeg", camera=address.camera, reason=str(error))
            else:
                return self._last
        return self._ffmpegs(address, number=number)
