"""Live fragments on demand: while nobody watches, a stream costs its newest GOP in memory and nothing else."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

import structlog
from av.error import FFmpegError

from vigil import metrics
from vigil.ingest.mux import FragmentMuxer
from vigil.model import nal
from vigil.model.media import Fragment, GapCause, Packet, StreamParameters

_GOP_BYTES = 16 * 1024 * 1024

log = structlog.get_logger()

Emit = Callable[[StreamParameters, str, Fragment], None]
"""Gets (parameters, codec string of RFC 6381, fragment). Called on the reader's or the watcher's thread; must not block."""


class LiveTap:
    """A sink that keeps the current GOP, and muxes from its beginning as soon as somebody watches."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._lock = threading.Lock()
        self._watched = False
        self._parameters: StreamParameters | None = None
        self._gop: list[Packet] = []
        self._gop_bytes = 0
        self._muxer: FragmentMuxer | None = None
        self._codecs = ""

    @property
    def watched(self) -> bool:
        return self._watched

    def watch(self) -> None:
        """Begins with the current GOP, at once. Watching twice begins anew, for a viewer who came later."""
        with self._lock:
            self._watched = True
            self._close_muxer()
            for packet in self._gop:
                self._mux(packet)

    def unwatch(self) -> None:
        with self._lock:
            self._watched = False
            self._close_muxer()

    def begin(self, parameters: StreamParameters) -> None:
        with self._lock:
            self._parameters = parameters
            self._forget()

    def packet(self, packet: Packet) -> None:
        with self._lock:
            if packet.key:
                self._gop, self._gop_bytes = [], 0
            if packet.key or self._gop:
                self._keep(packet)
            if self._watched:
                self._mux(packet)

    def lost(self, at: datetime, cause: GapCause) -> None:  # noqa: ARG002, the recorder wants them
        with self._lock:
            self._forget()

    def _keep(self, packet: Packet) -> None:
        if self._gop_bytes + len(packet.data) > _GOP_BYTES:
            self._gop, self._gop_bytes = [], 0  # too long to keep: who comes now waits for the next key picture
            return
        self._gop.append(packet)
        self._gop_bytes += len(packet.data)

    def _mux(self, packet: Packet) -> None:
        if self._parameters is None or (self._muxer is None and not packet.key):
            return
        try:
            if self._muxer is None:
                self._codecs = nal.codec_string(self._parameters.codec, self._parameters.parameter_sets)
                self._muxer = FragmentMuxer(self._parameters, fragment_s=None)
            fragments = self._muxer.write(packet)
        except (FFmpegError, ValueError) as error:
            # Costs the viewers this GOP. Not raised: the recorder hangs on the same reader.
            metrics.restarts.labels("live").inc()
            log.warning("live_failed", thread=threading.current_thread().name, error=str(error))
            self._close_muxer()
            return
        for fragment in fragments:
            self._emit(self._parameters, self._codecs, fragment)

    def _forget(self) -> None:
        self._gop, self._gop_bytes = [], 0
        self._close_muxer()

    def _close_muxer(self) -> None:
        muxer, self._muxer = self._muxer, None
        if muxer is not None:
            with suppress(FFmpegError):  # after a failure there may be nothing to close properly
                muxer.close()
