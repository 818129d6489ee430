"""A recorded range as packets: the stored segments of a camera one after the other, read from the object store as they are sent.

Nothing is kept on disk and at most a fragment and a GOP in memory. What is not there is passed over: how a reader gets
across a gap is the playback's business (vigil/forward/rtsp/playback.py).
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog

from vigil.archive.objects import ObjectStore
from vigil.errors import FragmentError, ObjectMissing
from vigil.ingest.segment_reader import SegmentReader
from vigil.model.ids import CameraId
from vigil.model.media import CLOCK_RATE, Packet, StreamParameters
from vigil.store.footage import SegmentRecord, SegmentState

HELD_BYTES: Final = 32 * 1024 * 1024
"""Of the GOP in which the range begins; of a longer one the beginning is left out."""
_ASK_FOR: Final = timedelta(hours=1)
"""Segments that are looked up at a time."""

log = structlog.get_logger()


class Index(Protocol):
    """vigil.store.footage.Footage, as far as it is needed here."""

    def segments_overlapping(self, camera: CameraId, from_at: datetime, to_at: datetime) -> list[SegmentRecord]: ...


class Reel:
    """One way through a camera's recording. Blocks, so it belongs to a worker thread.

    `dts_90k` of its packets counts from `origin_at`, and a gap is as long there as it was.
    """

    def __init__(
        self, index: Index, objects: ObjectStore, camera: CameraId, span: tuple[datetime, datetime], origin_at: datetime
    ) -> None:
        self._index = index
        self._objects = objects
        self._camera = camera
        self._from_at, self._to_at = span
        self._origin_at = origin_at
        self.parameters: StreamParameters | None = None
        """Of the first segment; known with the first packets."""

    def packets(self) -> Generator[list[Packet], None, None]:
        """From the key picture at or before the span to its end, some at a time. Raises StoreError, ArchiveError."""
        held: list[Packet] = []
        begun = goes_on = False
        for batch in self._dated():
            due = [packet for packet in batch if packet.at <= self._to_at]
            goes_on = len(due) < len(batch)
            if not begun:
                held = _from_last_key(held + due, self._from_at)
                begun = bool(held) and held[-1].at > self._from_at
                due, held = (held, []) if begun else ([], held)
            if due:
                yield due
            if goes_on:
                break
        if held and (goes_on or held[-1].at >= self._from_at):
            yield held  # what is asked for is one picture, or lies between two

    def _dated(self) -> Iterator[list[Packet]]:
        """All packets of the segments that overlap the span."""
        for record in self._records():
            try:
                yield from self._of(record)
            except ObjectMissing as error:
                log.error("segment_object_missing", segment=record.segment.id, error=str(error))
            except FragmentError as error:
                log.error("segment_unreadable", segment=record.segment.id, error=str(error))

    def _of(self, record: SegmentRecord) -> Iterator[list[Packet]]:
        start_at = record.segment.start_at
        start_90k = round((start_at - self._origin_at).total_seconds() * CLOCK_RATE)
        first_90k: int | None = None
        with self._objects.open(record.object_key) as reader:
            segment = SegmentReader(reader.read)
            self.parameters = self.parameters or segment.parameters
            for pictures in segment.fragments():
                packets = []
                for picture in pictures:
                    first_90k = picture.dts_90k if first_90k is None else first_90k
                    dts_90k = start_90k + picture.dts_90k - first_90k
                    pts_90k = start_90k + picture.pts_90k - first_90k
                    at = start_at + timedelta(seconds=(picture.dts_90k - first_90k) / CLOCK_RATE)
                    packets.append(Packet(picture.data, dts_90k, pts_90k, picture.key, at))
                yield packets

    def _records(self) -> Iterator[SegmentRecord]:
        """Stored segments by their start, each once, as long as the codec stays: a stream has one description."""
        at, last_at = self._from_at, None
        codec = None
        while at < self._to_at:
            until_at = min(at + _ASK_FOR, self._to_at)
            for record in self._index.segments_overlapping(self._camera, at, until_at):
                start_at = record.segment.start_at
                if record.state is not SegmentState.STORED or (last_at is not None and start_at <= last_at):
                    continue
                codec = codec or record.segment.codec
                if record.segment.codec is not codec:
                    log.info("rtsp_codec_changed", camera=self._camera, at=start_at.isoformat())
                    return
                last_at = start_at
                yield record
            at = until_at


class ReelWalk:
    """vigil.forward.rtsp.playback.Walk: a reel turned by worker threads, one step at a time."""

    def __init__(self, reel: Reel, executor: Executor) -> None:
        self._packets = reel.packets()
        self._executor = executor
        self._turning = threading.Lock()

    async def next(self) -> Sequence[Packet] | None:
        return await asyncio.get_running_loop().run_in_executor(self._executor, self._turn)

    def close(self) -> None:
        with suppress(RuntimeError):  # the executor is gone, and with it all that it read
            self._executor.submit(self._stop)

    def _turn(self) -> Sequence[Packet] | None:
        with self._turning:
            return next(self._packets, None)

    def _stop(self) -> None:
        with self._turning:
            self._packets.close()


def _from_last_key(packets: list[Packet], from_at: datetime) -> list[Packet]:
    """From the last key packet at or before the time, or where there is none from the first one after it."""
    keys = [index for index, packet in enumerate(packets) if packet.key]
    begin = max((index for index in keys if packets[index].at <= from_at), default=keys[0] if keys else None)
    kept = [] if begin is None else packets[begin:]
    while sum(len(packet.data) for packet in kept) > HELD_BYTES:
        kept = _from_last_key(kept[1:], from_at)
    return kept
