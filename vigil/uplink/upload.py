"""Brings the spool's segments to the centre, oldest first, one at a time: live pictures and records have the line's remainder."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import httpx
import structlog

from vigil.clock import Clock
from vigil.model.ids import SegmentId
from vigil.uplink.pace import CHUNK_BYTES, Pace
from vigil.uplink.protocol import Offer, Put, Rejected, Stored, Up, Uploaded
from vigil.uplink.spool import Spool, SpooledSegment

_ANSWER_S = 60.0
_IDLE_S = 1.0
_RETRY_S = 5.0
_INTERRUPTED_AT_MOST = 100
"""Half an hour at a few seconds each: what has not got further by then may be the segment's own fault."""
_LATE = timedelta(minutes=2)
"""A segment closed longer ago than this reaches the centre late: it is marked as backfilled."""

log = structlog.get_logger()

Answer = Put | Stored | Rejected


class Uploader:
    """One connection's. Belongs to the event loop."""

    def __init__(
        self, spool: Spool, http: httpx.AsyncClient, send: Callable[[Up], Awaitable[None]], clock: Clock, pace: Pace
    ) -> None:
        self._spool = spool
        self._http = http
        self._send = send
        self._clock = clock
        self._pace = pace
        self._waiting: tuple[SegmentId, asyncio.Future[Answer]] | None = None
        self._failing: tuple[str, str] | None = None
        self._interrupted: tuple[SegmentId | None, int, int] = (None, 0, 0)
        """What was cut short last, from which byte on, and how often in a row without getting further."""
        self._goes_on = False

    def take(self, answer: Answer) -> None:
        if self._waiting is not None and self._waiting[0] == answer.segment and not self._waiting[1].done():
            self._waiting[1].set_result(answer)

    async def run(self) -> None:
        while True:
            spooled = await asyncio.to_thread(self._spool.next_to_bring) if self._pace.may_begin() else None
            if spooled is None:
                await asyncio.sleep(_IDLE_S)
            elif not await self._bring(spooled):
                if not self._goes_on:
                    await asyncio.to_thread(self._spool.failed, spooled.segment)
                await asyncio.sleep(_RETRY_S)

    def _note_interruption(self, segment: SegmentId, from_byte: int) -> None:
        """The line broke while it was sent, which says nothing of the segment: the centre holds its beginning, so that it and
        no other is the next.
        """
        last, began, times = self._interrupted
        stuck = last == segment and from_byte <= began
        self._interrupted = (segment, from_byte, times + 1 if stuck else 1)
        self._goes_on = self._interrupted[2] <= _INTERRUPTED_AT_MOST

    async def _bring(self, spooled: SpooledSegment) -> bool:
        """True when the centre has the segment, and the spool has let it go."""
        segment = spooled.segment
        self._goes_on = False
        backfilled = self._clock.now() - segment.end_at > _LATE
        answer = await self._ask(segment.id, Offer(segment, backfilled))
        if isinstance(answer, Put):
            if not await self._put(spooled, answer.url, answer.from_byte):
                return False
            answer = await self._ask(segment.id, Uploaded(segment.id))
        if isinstance(answer, Stored):
            await asyncio.to_thread(self._spool.release, segment.id)
            return True
        self._tell("segment_not_stored", segment.id, answer.reason if isinstance(answer, Rejected) else "no answer")
        return False

    async def _ask(self, segment: SegmentId, question: Up) -> Answer | None:
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting = (segment, future)
        await self._send(question)
        try:
            # Not asyncio.wait_for: before Python 3.12 it swallows a cancellation that meets an answer.
            async with asyncio.timeout(_ANSWER_S):
                return await future
        except TimeoutError:
            return None
        finally:
            self._waiting = None

    async def _put(self, spooled: SpooledSegment, url: str, from_byte: int) -> bool:
        size = spooled.segment.size
        headers = {"Content-Length": str(size - from_byte), "Content-Type": "video/mp4"}
        if from_byte:
            headers["Content-Range"] = f"bytes {from_byte}-{size - 1}/{size}"
        try:
            response = await self._http.put(url, content=self._chunks(spooled.path, from_byte), headers=headers)
            response.raise_for_status()
        except httpx.HTTPStatusError as error:
            self._tell("upload_failed", spooled.segment.id, f"status {error.response.status_code}")
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            # The address may carry a signature: it is not repeated.
            self._tell("upload_failed", spooled.segment.id, type(error).__name__)
            if isinstance(error, httpx.TransportError):
                self._note_interruption(spooled.segment.id, from_byte)
        else:
            self._failing = None
            return True
        return False

    async def _chunks(self, path: Path, from_byte: int) -> AsyncIterator[bytes]:
        with await asyncio.to_thread(path.open, "rb") as stream:
            stream.seek(from_byte)
            while chunk := await asyncio.to_thread(stream.read, CHUNK_BYTES):
                await self._pace.leave(len(chunk))
                yield chunk

    def _tell(self, event: str, segment: SegmentId, reason: str) -> None:
        """The same failure of one segment after the other is told once."""
        if self._failing != (event, reason):
            log.warning(event, segment=segment, reason=reason)
        self._failing = (event, reason)
