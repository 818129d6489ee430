"""What a crash left behind: `.part` files are cut to their last whole fragment, measured, and closed as segments."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import av
import structlog
from av.error import FFmpegError

from vigil.errors import SourceError
from vigil.ingest.segments import PART, ClosedSegment, start_of, sync_folder
from vigil.model.ids import SegmentId
from vigil.model.media import Codec, Segment

log = structlog.get_logger()


def recover(part: Path, previous_sha256: str) -> ClosedSegment | None:
    """Closes one `.part` file. None, and the file renamed to `.lost` with all its bytes, when it holds no whole fragment.

    Raises OSError where the disk fails.
    """
    whole = _whole_bytes(part)
    if whole == 0:
        _lose(part, "no whole fragment in it")
        return None
    with part.open("r+b") as stream:
        stream.truncate(whole)
        os.fsync(stream.fileno())
    name = SegmentId(part.name.removesuffix(PART).removesuffix(".mp4"))
    try:
        segment = measure(part, name, previous_sha256)
    except (SourceError, ValueError) as error:
        _lose(part, str(error))
        return None
    path = part.with_name(part.name.removesuffix(PART))
    part.rename(path)
    sync_folder(path.parent)
    log.warning("segment_recovered", segment=segment.id, packets=segment.packets)
    return ClosedSegment(segment, path)


def _lose(part: Path, reason: str) -> None:
    log.error("segment_lost", file=part.name, bytes=part.stat().st_size, reason=reason)
    part.rename(part.with_suffix(".lost"))


def measure(path: Path, name: SegmentId, previous_sha256: str) -> Segment:
    """What a file of footage says of itself. Raises ValueError for a name that is none, SourceError where it cannot be read."""
    camera, start_at = start_of(name)
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            if stream.codec_context is None:  # libav has no decoder for it
                raise SourceError(camera, path.name, "an unknown codec")
            spans = [
                (packet.dts * packet.time_base, packet.duration * packet.time_base)
                for packet in container.demux(stream)
                if packet.dts is not None and packet.duration is not None and packet.size
            ]
            codec, width, height = Codec(stream.codec_context.name), stream.width, stream.height
    except (FFmpegError, IndexError, ValueError) as error:
        raise SourceError(camera, path.name, f"it cannot be read ({error})") from error
    if not spans:
        raise SourceError(camera, path.name, "no picture in it")
    seconds = float(spans[-1][0] + spans[-1][1] - spans[0][0])
    return Segment(
        id=name,
        camera=camera,
        start_at=start_at,
        end_at=start_at + timedelta(seconds=seconds),
        size=path.stat().st_size,
        sha256=_sha256(path),
        previous_sha256=previous_sha256,
        packets=len(spans),
        codec=codec,
        width=width,
        height=height,
        recovered=True,
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _whole_bytes(path: Path) -> int:
    """Length up to the end of the last whole fragment (a moof with its mdat), 0 without one."""
    end, begun = 0, False
    for kind, box_end in _boxes(path):
        begun = begun or kind == b"moov"
        if begun and kind == b"mdat":
            end = box_end
    return end


def _boxes(path: Path) -> Iterator[tuple[bytes, int]]:
    size = path.stat().st_size
    at = 0
    with path.open("rb") as stream:
        while at + 8 <= size:
            stream.seek(at)
            length = int.from_bytes(stream.read(4), "big")
            kind = stream.read(4)
            if length < 8 or at + length > size:
                return
            at += length
            yield kind, at
