"""What the centre has when all is over: its database, and every stored object read from its folder."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Final

from sqlalchemy import select

from benchmarks.uplink_faults.episodes import KnownAlert, part_of
from vigil.errors import SourceError
from vigil.ingest.file_source import read_pictures
from vigil.model.ids import CameraId
from vigil.model.media import Codec
from vigil.model.picture_numbers import number_of
from vigil.store.database import Database
from vigil.store.footage import SegmentState, Span
from vigil.store.stores import Stores
from vigil.store.tables import AlertRow, SegmentRow

DECODED_EACH: Final = 10
"""One segment in so many is decoded; of the others the packets are read."""


@dataclass(frozen=True, slots=True)
class StoredSegment:
    id: str
    camera: str
    start_at: datetime
    end_at: datetime
    path: Path
    sha256: str
    codec: Codec


class Archive:
    """Of a centre that is not running. Use as it is, and `close` it."""

    def __init__(self, database: Path, objects: Path) -> None:
        self._database = Database.in_file(database)
        self._stores = Stores.over(self._database)
        self._objects = objects

    def close(self) -> None:
        self._database.close()

    def segments(self) -> list[StoredSegment]:
        """Those whose object has been verified, by camera and start."""
        query = (
            select(SegmentRow)
            .where(SegmentRow.state == SegmentState.STORED)
            .order_by(SegmentRow.camera, SegmentRow.start_at)
        )
        with self._database.read() as session:
            return [
                StoredSegment(
                    row.id,
                    row.camera,
                    row.start_at,
                    row.end_at,
                    self._objects / row.object_key,
                    row.sha256,
                    Codec(row.codec),
                )
                for row in session.scalars(query)
            ]

    def alerts(self) -> list[KnownAlert]:
        with self._database.read() as session:
            return [
                KnownAlert(
                    row.id,
                    row.revision,
                    row.kind,
                    row.window or row.group or row.camera or "",
                    part_of(row.id, row.began_at),
                    row.began_at,
                    row.ended_at,
                )
                for row in session.scalars(select(AlertRow))
            ]

    def unexplained_s(self, camera: str, from_at: datetime, to_at: datetime) -> float:
        """Seconds of the span that are neither stored nor in a gap that was told."""
        footage = self._stores.footage
        seconds = 0.0
        for span in footage.uncovered(CameraId(camera), from_at, to_at):
            gaps = footage.gaps_overlapping(CameraId(camera), span.start_at, span.end_at)
            told = [Span(max(gap.start_at, span.start_at), min(gap.end_at, span.end_at)) for gap in gaps]
            seconds += (span.end_at - span.start_at).total_seconds() - _covered_s(told)
        return seconds

    def gaps(self, camera: str, from_at: datetime, to_at: datetime) -> list[tuple[datetime, datetime, str]]:
        found = self._stores.footage.gaps_overlapping(CameraId(camera), from_at, to_at)
        return [(gap.start_at, gap.end_at, gap.cause.value) for gap in found]


def numbers(segment: StoredSegment) -> list[int]:
    """Of its pictures, in order; none of a segment that cannot be read, which `fault` tells."""
    found = []
    try:
        for picture in read_pictures(segment.path):
            number = number_of(segment.codec, picture.data)
            if number is not None:
                found.append(number)
    except SourceError:
        return found
    return found


def overlaps_s(segments: Sequence[StoredSegment]) -> float:
    """Seconds that two segments of one camera both claim. The segments come by camera and start."""
    seconds = 0.0
    for before, after in pairwise(segments):
        if before.camera == after.camera:
            seconds += max(0.0, (min(before.end_at, after.end_at) - after.start_at).total_seconds())
    return seconds


def fault(segment: StoredSegment, *, decode: bool) -> str | None:
    """Why the segment is broken: other bytes than were recorded, or anything that FFmpeg says against it."""
    try:
        with segment.path.open("rb") as stream:
            if hashlib.file_digest(stream, "sha256").hexdigest() != segment.sha256:
                return "its hash is not that of its record"
    except OSError as error:
        return str(error)
    command = ["ffmpeg", "-v", "error", "-i", str(segment.path), *([] if decode else ["-c", "copy"]), "-f", "null", "-"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    said = done.stderr.strip()
    return said or (f"FFmpeg ended with {done.returncode}" if done.returncode else None)


def _covered_s(spans: Iterable[Span]) -> float:
    """Of spans that may overlap, by start."""
    seconds, until = 0.0, None
    for span in spans:
        begin = span.start_at if until is None else max(span.start_at, until)
        seconds += max(0.0, (span.end_at - begin).total_seconds())
        until = span.end_at if until is None else max(until, span.end_at)
    return seconds
