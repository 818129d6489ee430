"""Video files read as if a camera sent them: demuxed to Annex B, looped without an end, each packet with its time.

Nothing here waits: a packet says by its `dts_90k` when it is due, and whoever paces it (vigil/simcam.py) waits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import count
from pathlib import Path
from typing import Final, cast

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from vigil.clock import Clock
from vigil.errors import SourceError
from vigil.ingest.annex_b import AnnexB
from vigil.ingest.demuxed_sound import SoundPacket, sound_of
from vigil.ingest.source import RawSound
from vigil.model import nal
from vigil.model.media import CLOCK_RATE, Codec, Packet, SoundParameters, StreamParameters

MEMORY_BYTES: Final = 64 * 1024 * 1024
"""A larger file is read anew in each loop instead of being kept."""
IN_STEP_90K: Final = CLOCK_RATE
"""Clips whose lengths differ by at most this much are meant to be one scene."""
_CLOSED: Final = {"protocol_whitelist": "file", "format_whitelist": "mov,mpegts,flv,matroska,avi,h264,hevc"}
"""A list that names other files, or addresses, is no video."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One coded picture of a file, Annex B, its media times counted from the file's first dts."""

    data: bytes
    dts_90k: int
    pts_90k: int
    key: bool


class Clip:
    """The video track of a file that begins with a key frame.

    `duration_90k` is from the first picture to where the next loop may begin. Kept in memory when `kept`.
    """

    def __init__(
        self, path: Path, parameters: StreamParameters, duration_90k: int, kept: tuple[Picture, ...] | None
    ) -> None:
        self.path = path
        self.parameters = parameters
        self.duration_90k = duration_90k
        self._kept = kept

    @property
    def in_memory(self) -> bool:
        return self._kept is not None

    def pictures(self) -> Iterator[Picture]:
        """All pictures once, in decoding order. Raises SourceError when the file cannot be read any more."""
        return iter(self._kept) if self._kept is not None else read_pictures(self.path)


def open_clip(path: Path, *, memory_bytes: int = MEMORY_BYTES) -> Clip:
    """Read a file once to learn its parameters and length, and keep it when it has at most `memory_bytes`.

    Raises SourceError for a file that is missing, damaged, without H.264 or H.265 video, or without a key frame at its
    beginning.
    """
    kept: list[Picture] | None = [] if _size(path) <= memory_bytes else None
    first: Picture | None = None
    last: Picture | None = None
    count = 0
    for picture in read_pictures(path):
        first, last, count = first or picture, picture, count + 1
        if kept is not None:
            kept.append(picture)
    if first is None or last is None or not first.key:
        raise SourceError(path.stem, str(path), "the file does not begin with a key frame")
    # What follows the last picture is not in every file: it is shown as long as the others were on average.
    duration_90k = round(last.dts_90k * count / (count - 1)) if count > 1 else CLOCK_RATE
    return Clip(path, _parameters(path, first), duration_90k, tuple(kept) if kept is not None else None)


def open_clips(paths: Iterable[Path], *, memory_bytes: int) -> dict[Path, Clip]:
    """Each distinct file opened once, kept in memory while `memory_bytes` last for all. Raises SourceError."""
    clips: dict[Path, Clip] = {}
    for path in paths:
        if path in clips:
            continue
        clips[path] = open_clip(path, memory_bytes=min(MEMORY_BYTES, memory_bytes))
        if clips[path].in_memory:
            memory_bytes -= _size(path)
    return clips


def common_periods(durations_90k: Sequence[int]) -> list[int]:
    """For each clip the period with which it loops: the longest among those that are as long, give or take a second.

    Clips of one scene often differ by a frame, and would drift apart by as much in each loop.
    """
    periods: dict[int, int] = {}
    longest = max(durations_90k, default=0)
    for duration_90k in sorted(set(durations_90k), reverse=True):
        if longest - duration_90k > IN_STEP_90K:
            longest = duration_90k
        periods[duration_90k] = longest
    return [periods[duration_90k] for duration_90k in durations_90k]


def read_pictures(path: Path) -> Iterator[Picture]:
    """Demux a file's video track once, without keeping it. Raises SourceError."""
    with _opened(path) as (container, stream):
        codec = Codec(stream.codec_context.name)
        annex_b = AnnexB(stream)
        origin: int | None = None
        sets = annex_b.sets
        for demuxed in container.demux(stream):
            for packet in annex_b.turn(demuxed) if demuxed.size else ():
                if packet.dts is None or packet.pts is None:
                    raise SourceError(path.stem, str(path), "a picture without a time")
                origin = packet.dts if origin is None else origin
                units = nal.split(bytes(packet))
                sets = nal.parameter_sets(codec, units) or sets
                dts_90k = _ticks(packet.dts - origin, packet.time_base)
                pts_90k = _ticks(packet.pts - origin, packet.time_base)
                yield _picture(codec, units, sets, dts_90k, pts_90k)


def read_sound(path: Path) -> Iterator[RawSound]:
    """A file's sound once, its times counted as those of `read_pictures` are. Raises SourceError, and NoSound."""
    with _opened(path) as (container, video):
        sound = sound_of(container)
        origin_90k: int | None = None
        early: list[RawSound] = []
        for packet in container.demux(video, sound.stream):
            if packet.stream_index != video.index:
                early += sound.turn(cast("SoundPacket", packet))
            elif origin_90k is None and packet.dts is not None:
                origin_90k = _ticks(packet.dts, packet.time_base)
            if origin_90k is not None:
                yield from (replace(one, time_90k=one.time_90k - origin_90k) for one in early)
                early.clear()


def sound_parameters(path: Path) -> SoundParameters:
    """Raises SourceError, and NoSound."""
    with _opened(path) as (container, _):
        return sound_of(container).parameters


def loop_sound(path: Path, period_90k: int) -> Iterator[RawSound]:
    """A file's sound again and again, in step with `loop_clip` of the same period. Raises SourceError."""
    for loop in count():
        for one in read_sound(path):
            if 0 <= one.time_90k < period_90k:  # an encoder's own beginning lies before
                yield replace(one, time_90k=one.time_90k + loop * period_90k)


def loop_clip(clip: Clip, start_at: datetime, *, period_90k: int | None = None) -> Iterator[Packet]:
    """The clip's pictures again and again as packets that are never out of step with the clock.

    A packet is due `dts_90k` after `start_at`. The first picture of loop n comes exactly n periods after the start, and
    `dts_90k` rises strictly over the loops. A period shorter than the clip cuts its end, a longer one leaves a pause.
    The period is the clip's own length unless given: clips with one period stay in step for ever. Raises SourceError.
    """
    period_90k = period_90k or clip.duration_90k
    loop_90k, newest_90k, lead_90k = 0, -1, 0
    while True:
        for index, picture in enumerate(clip.pictures()):
            if picture.dts_90k >= period_90k:
                break
            if index == 0:
                # Where there are B-frames the first picture is shown a little after it is decoded.
                lead_90k = picture.pts_90k - picture.dts_90k
            dts_90k = max(loop_90k + picture.dts_90k, newest_90k + 1)
            pts_90k = loop_90k + picture.pts_90k
            at = start_at + timedelta(seconds=(pts_90k - lead_90k) / CLOCK_RATE)
            yield Packet(picture.data, dts_90k, max(pts_90k, dts_90k), picture.key, at)
            newest_90k = dts_90k
        loop_90k += period_90k


def loop_file(path: Path, clock: Clock) -> tuple[StreamParameters, Iterator[Packet]]:
    """A file as an endless camera that starts now. Raises SourceError."""
    clip = open_clip(path)
    return clip.parameters, loop_clip(clip, clock.now())


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise SourceError(path.stem, str(path), str(error)) from error


@contextmanager
def _opened(path: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    """The file and its first H.264 or H.265 track; libav's errors become ours."""
    try:
        with av.open(str(path), options=_CLOSED) as container:
            for stream in container.streams.video:
                if stream.codec_context.name in set(Codec):
                    yield container, stream
                    return
    except (av.FFmpegError, OSError) as error:
        raise SourceError(path.stem, str(path), str(error)) from error
    raise SourceError(path.stem, str(path), "the file holds no H.264 or H.265 video")


def _picture(codec: Codec, units: list[bytes], sets: tuple[bytes, ...], dts_90k: int, pts_90k: int) -> Picture:
    """One picture; a key picture gets the parameter sets that it lacks, for the filter adds them only to some."""
    key = any(nal.is_key(codec, unit) for unit in units)
    if key and not nal.parameter_sets(codec, units):
        units = [*sets, *units]
    return Picture(nal.join(units), dts_90k, pts_90k, key)


def _parameters(path: Path, first: Picture) -> StreamParameters:
    with _opened(path) as (_, stream):
        codec = Codec(stream.codec_context.name)
        sets = nal.parameter_sets(codec, nal.split(first.data))
        return StreamParameters(codec, stream.width, stream.height, sets)


def _ticks(time: int, time_base: Fraction) -> int:
    return round(time * time_base * CLOCK_RATE)
