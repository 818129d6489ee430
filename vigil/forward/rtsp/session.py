"""One reader's session: from SETUP to TEARDOWN, one mount sent over one link."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

from vigil.clock import Clock
from vigil.forward.rtsp import rtcp
from vigil.forward.rtsp.link import Link
from vigil.forward.rtsp.mount import Mount, Reader
from vigil.forward.rtsp.rtp import Packetiser
from vigil.model.media import Packet

REPORT_EVERY_S: Final = 5.0
"""Between sender reports (RFC 3550, section 6.2)."""
_CNAME: Final = "vigil"

_log: structlog.stdlib.BoundLogger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class PlayStart:
    """Where the stream begins, for RTP-Info (RFC 2326, section 12.33). No timestamp when no packet waits yet."""

    sequence: int
    timestamp: int | None


class Session:
    """Ready after SETUP, playing after `play`. Belongs to the server's loop.

    `on_end` is called when the stream ends by itself: the mount was withdrawn, or sending failed.
    """

    def __init__(self, mount: Mount, link: Link, *, clock: Clock, on_end: Callable[[], None]) -> None:
        self.id = secrets.token_hex(16)
        self.mount = mount
        self._link = link
        self._clock = clock
        self._on_end = on_end
        self._rtp = Packetiser(
            mount.parameters.codec,
            ssrc=secrets.randbits(32),
            sequence=secrets.randbits(16),
            timestamp=secrets.randbits(32),
        )
        self._report_due_mono = float("-inf")
        self._reader: Reader | None = None
        self._sending: asyncio.Task[None] | None = None

    @property
    def playing(self) -> bool:
        return self._reader is not None

    def play(self) -> PlayStart:
        """Begin to send. To be called once; packets leave only after the caller gives way to the loop."""
        self._reader = self.mount.subscribe()
        self._sending = asyncio.create_task(self._send(self._reader), name=f"rtsp {self.mount.path}")
        self._sending.add_done_callback(self._ended)
        first = self._reader.first()
        return PlayStart(self._rtp.next_sequence, self._rtp.timestamp(first.pts_90k) if first else None)

    async def close(self) -> None:
        """Stop sending and give everything back. May be called again."""
        if self._reader is not None:
            self.mount.unsubscribe(self._reader)
        if self._sending is not None:
            self._sending.cancel()
            await asyncio.wait([self._sending])
        self._link.close()

    async def _send(self, reader: Reader) -> None:
        try:
            while (packet := await reader.next()) is not None:
                await self._link.send_media(self._rtp.packetise(packet), packet.dts_90k)
                await self._report(packet)
            await self._link.send_control(rtcp.goodbye(self._rtp.ssrc, cname=_CNAME))
        except ConnectionError as error:
            _log.debug("rtsp_peer_gone", path=self.mount.path, reason=str(error))

    def _ended(self, sending: asyncio.Task[None]) -> None:
        """Whatever ended the sending but our own `close`: a connection without a stream must not look alive."""
        if sending.cancelled():
            return
        if (error := sending.exception()) is not None:
            _log.error("rtsp_session_failed", path=self.mount.path, reason=repr(error))
        self._on_end()

    async def _report(self, packet: Packet) -> None:
        now = self._clock.mono()
        if now < self._report_due_mono:
            return
        self._report_due_mono = now + REPORT_EVERY_S
        report = rtcp.sender_report(
            self._rtp.ssrc,
            at=packet.at,
            timestamp=self._rtp.timestamp(packet.pts_90k),
            packets=self._rtp.packets,
            octets=self._rtp.octets,
            cname=_CNAME,
        )
        await self._link.send_control(report)
