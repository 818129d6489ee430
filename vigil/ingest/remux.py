"""Segments into one playable MP4: stream copy, from the key picture at or before the first moment asked for, with their sound."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias, cast

import av
from av.container import InputContainer, OutputContainer
from av.error import FFmpegError
from av.packet import Packet as AvPacket
from av.video.stream import VideoStream

from vigil.errors import ArchiveError
from vigil.ingest.clip_sound import ClipSound, SoundPacket, file_with_sound
from vigil.ingest.mux import TIME_BASE
from vigil.model.media import CLOCK_RATE, Codec

_SEAM = timedelta(milliseconds=500)

VideoPacket: TypeAlias = "AvPacket[VideoStream]"  # generic only in the type stubs


@dataclass(frozen=True, slots=True)
class Piece:
    """A segment's file and the wall time of its first picture."""

    path: Path
    start_at: datetime


@dataclass(frozen=True, slots=True)
class Remuxed:
    start_at: datetime
    end_at: datetime
    packets: int


def remux(pieces: Sequence[Piece], from_at: datetime, to_at: datetime, target: Path) -> Remuxed:
    """Writes the pictures from `from_at` (or the key picture before it) to `to_at` into `target`, an MP4 whose index comes first.

    Pieces must be of one camera and in order. A gap between them stays a gap of the same length in the clip. Where some have
    sound the clip has, and it is silence where none was recorded. Raises ArchiveError when a piece cannot be read, `target`
    cannot be written, the codec changes on the way, or there is no picture in that time.
    """
    with closing(_Writer(target, file_with_sound([piece.path for piece in pieces]))) as writer:
        starts = [piece.start_at for piece in pieces]
        for piece, next_at in zip(pieces, [*starts[1:], None], strict=False):
            _copy(piece, from_at, to_at, writer, next_at)
        writer.finish()
    if writer.first_at is None or writer.last_at is None:
        raise ArchiveError(f"no picture between {from_at.isoformat()} and {to_at.isoformat()}")
    return Remuxed(writer.first_at, writer.last_at, writer.packets)


class _Writer:
    """`sound_like` is a file with sound as the clip is to have it; None: without."""

    def __init__(self, target: Path, sound_like: Path | None) -> None:
        self._sound_like = sound_like
        self.sound: ClipSound | None = None
        """Once there is a picture."""
        self._container: OutputContainer = av.open(str(target), "w", format="mp4", options={"movflags": "faststart"})
        self._stream: VideoStream | None = None
        self._codec = ""
        self.first_at: datetime | None = None
        self.last_at: datetime | None = None
        self.packets = 0
        self._lead_90k = 0
        self._last_dts: int | None = None

    def write(self, packet: VideoPacket, template: VideoStream, at: datetime) -> None:
        if self._stream is None:
            self._stream = self._begin(template)
            self.first_at = at
            if self._sound_like is not None:
                self.sound = ClipSound(self._container, self._sound_like, at)
        if template.codec_context.name != self._codec:
            raise ArchiveError(f"the camera's codec changed at {at.isoformat()}. A clip lies before or after that")
        assert self.first_at is not None  # noqa: S101, set with the stream
        ahead = 0 if packet.pts is None or packet.dts is None else packet.pts - packet.dts
        ahead_90k = round(ahead * packet.time_base * CLOCK_RATE)
        if self._last_dts is None:  # the first picture is shown at zero, also where B-frames have it decoded earlier
            self._lead_90k, self._last_dts = ahead_90k, -ahead_90k - 1
        due = round((at - self.first_at).total_seconds() * CLOCK_RATE) - self._lead_90k
        dts = max(self._last_dts + 1, due)
        packet.pts, packet.dts = dts + ahead_90k, dts
        packet.duration = round((packet.duration or 0) * packet.time_base * CLOCK_RATE)
        packet.time_base = TIME_BASE
        packet.stream = self._stream
        try:
            if self.sound is not None:
                self.sound.goes_on(at)
            self._container.mux_one(packet)
        except FFmpegError as error:
            raise ArchiveError(f"the clip cannot be written: {error}") from error
        self._last_dts, self.last_at = dts, at
        self.packets += 1

    def hear(self, packet: SoundPacket, at: datetime) -> None:
        if self.sound is None:
            return
        try:
            self.sound.add(packet, at)
        except FFmpegError as error:
            raise ArchiveError(f"the clip cannot be written: {error}") from error

    def finish(self) -> None:
        """Its sound lasts as long as its pictures."""
        if self.sound is not None and self.last_at is not None:
            try:
                self.sound.silent_until(self.last_at)
            except FFmpegError as error:
                raise ArchiveError(f"the clip cannot be written: {error}") from error

    def close(self) -> None:
        try:
            self._container.close()
        except FFmpegError as error:
            raise ArchiveError(f"the clip cannot be written: {error}") from error

    def _begin(self, template: VideoStream) -> VideoStream:
        self._codec = template.codec_context.name
        stream = self._container.add_stream_from_template(template, opaque=True)  # without looking for an encoder
        if self._codec == Codec.H265:
            stream.codec_context.codec_tag = "hvc1"  # Apple's players refuse hev1
        return stream


class _Apart:
    """Pictures and sound of one piece. The sound is what was read on the way to the pictures that were taken."""

    def __init__(self, container: InputContainer, stream: VideoStream, start_at: datetime) -> None:
        streams = (stream, *container.streams.audio[:1])
        self._packets = container.demux(*streams)
        self._stream = stream
        self._start_at = start_at
        self._shown: Fraction | None = None
        """When the first picture is shown, in the file's seconds."""
        self._heard: list[SoundPacket] = []

    def pictures(self) -> Iterator[VideoPacket]:
        for packet in self._packets:
            if packet.stream_index == self._stream.index:
                if self._shown is None and packet.pts is not None:
                    self._shown = packet.pts * packet.time_base
                yield cast("VideoPacket", packet)
            elif packet.pts is not None and packet.size:
                self._heard.append(cast("SoundPacket", packet))

    def sound(self) -> Iterator[tuple[SoundPacket, datetime]]:
        """What has not been taken yet."""
        heard, self._heard = self._heard, []
        for packet in heard:
            after = (packet.pts or 0) * packet.time_base - (self._shown or 0)
            yield packet, self._start_at + timedelta(seconds=float(after))


def _copy(piece: Piece, from_at: datetime, to_at: datetime, writer: _Writer, next_at: datetime | None) -> None:
    try:
        with av.open(str(piece.path)) as container:
            stream = container.streams.video[0]
            apart = _Apart(container, stream, piece.start_at)
            dated = _dated(apart.pictures(), piece.start_at)
            own = dated if next_at is None else _before(dated, next_at)
            for packet, at in _wanted(own, from_at, to_at):
                writer.write(packet, stream, at)
                _hear(apart, to_at, writer)
            _hear(apart, to_at, writer)  # it stands behind the pictures
    except (FFmpegError, IndexError) as error:
        raise ArchiveError(
            f"segment {piece.path.name} cannot be read: {error}. Its hash tells if it was altered"
        ) from error


def _hear(apart: _Apart, to_at: datetime, writer: _Writer) -> None:
    for sound, at in apart.sound():
        if at <= to_at:
            writer.hear(sound, at)


def _dated(packets: Iterator[VideoPacket], start_at: datetime) -> Iterator[tuple[VideoPacket, datetime]]:
    first: int | None = None
    for packet in packets:
        if packet.dts is None:
            continue
        first = packet.dts if first is None else first
        yield packet, start_at + timedelta(seconds=float((packet.dts - first) * packet.time_base))


def _before(
    packets: Iterator[tuple[VideoPacket, datetime]], next_at: datetime
) -> Iterator[tuple[VideoPacket, datetime]]:
    """Without what the next piece has too: a camera that begins a new connection with older pictures sends them twice.

    Less than half a second beyond the next one's start is no such thing: clocks are corrected from piece to piece.
    """
    beyond: list[tuple[VideoPacket, datetime]] = []
    for packet, at in packets:
        if at < next_at:
            yield packet, at
            continue
        if at - next_at > _SEAM:
            return
        beyond.append((packet, at))
    yield from beyond


def _wanted(
    packets: Iterator[tuple[VideoPacket, datetime]], from_at: datetime, to_at: datetime
) -> Iterator[tuple[VideoPacket, datetime]]:
    """From the last key picture at or before `from_at` (or the first one after it) up to `to_at`."""
    held: list[tuple[VideoPacket, datetime]] = []
    goes_on = False
    for packet, at in packets:
        if at > to_at:
            goes_on = True
            break
        if at > from_at:
            yield from held
            held = []
            yield packet, at
            continue
        if packet.is_keyframe:
            held = []
        held.append((packet, at))
    if held and (goes_on or held[-1][1] >= from_at):
        yield from held  # what is asked for is one picture, or lies between two
