"""One reader's session: from SETUP to TEARDOWN, one stream sent over one link."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog

from vigil.clock import Clock
from vigil.forward.rtsp import rtcp
from vigil.forward.rtsp.link import Link
from vigil.forward.rtsp.rtp import Packetiser
from vigil.forward.rtsp.source import Feed, Source
from vigil.model.media import CLOCK_RATE, Packet

REPORT_EVERY_S: Final = 5.0
"""Between sender reports (RFC 3550, section 6.2)."""
JUMP_S: Final = 0.5
"""A picture whose wall time is further from the one before than its media time says is told of by a report at once."""
_CNAME: Final = "vigil"

_log: structlog.stdlib.BoundLogger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class PlayStart:
    """Where the stream begins, for RTP-Info (RFC 2326, section 12.33). No times when no packet waits yet."""

    sequence: int
    timestamp: int | None
    at: datetime | None


class Session:
    """Ready after SETUP, playing after `play`. Belongs to the server's loop.

    `on_end` is called when the stream ends by itself: it was withdrawn, or is over, or sending failed.
    """

    def __init__(self, source: Source, link: Link, *, clock: Clock, on_end: Callable[[], None]) -> None:
        self.id = secrets.token_hex(16)
        self.source = source
        self._link = link
        self._clock = clock
        self._on_end = on_end
        self._rtp = Packetiser(
            source.parameters.codec,
            ssrc=secrets.randbits(32),
            sequence=secrets.randbits(16),
            timestamp=secrets.randbits(32),
        )
        self._report_due_mono = float("-inf")
        self._last: Packet | None = None
        self._feed: Feed | None = None
        self._sending: asyncio.Task[None] | None = None

    @property
    def playing(self) -> bool:
        return self._sending is not None

    async def play(self, from_s: float | None = None, until_s: float | None = None) -> PlayStart | None:
        """Begin to send, or go on after a pause, or from somewhere else; packets leave only after the caller gives way
        to the loop. None when there is nothing to send. Raises Refusal.
        """
        await self.pause()
        if self._feed is None:
            self._feed = self.source.subscribe()
        if not await self._feed.begin(from_s, until_s):
            return None
        self._sending = asyncio.create_task(self._send(self._feed), name=f"rtsp {self.source.path}")
        self._sending.add_done_callback(self._ended)
        first = self._feed.first()
        if first is None:
            return PlayStart(self._rtp.next_sequence, None, None)
        return PlayStart(self._rtp.next_sequence, self._rtp.timestamp(first.pts_90k), first.at)

    async def pause(self) -> None:
        """Send nothing more until `play`."""
        sending, self._sending = self._sending, None
        if sending is not None:
            sending.cancel()
            await asyncio.wait([sending])

    async def close(self) -> None:
        """Stop sending and give everything back. May be called again."""
        await self.pause()
        feed, self._feed = self._feed, None
        if feed is not None:
            self.source.unsubscribe(feed)
        self._link.close()

    async def _send(self, feed: Feed) -> None:
        try:
            while (packet := await feed.next()) is not None:
                await self._link.send_media(self._rtp.packetise(packet), packet.dts_90k)
                await self._report(packet)
            await self._link.send_last(rtcp.goodbye(self._rtp.ssrc, cname=_CNAME))
        except OSError as error:  # of the connection, or of TLS on it
            _log.debug("rtsp_peer_gone", path=self.source.path, reason=str(error))

    def _ended(self, sending: asyncio.Task[None]) -> None:
        """Whatever ended the sending but our own `pause`: a connection without a stream must not look alive."""
        if sending.cancelled():
            return
        if (error := sending.exception()) is not None:
            _log.error("rtsp_session_failed", path=self.source.path, reason=repr(error))
        self._on_end()

    async def _report(self, packet: Packet) -> None:
        now = self._clock.mono()
        last, self._last = self._last, packet
        if now < self._report_due_mono and (last is None or not _jumps(last, packet)):
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


def _jumps(last: Packet, packet: Packet) -> bool:
    media_s = (packet.dts_90k - last.dts_90k) / CLOCK_RATE
    return abs((packet.at - last.at).total_seconds() - media_s) > JUMP_S
