"""A recorded segment read from its beginning, fragment by fragment: at no time is more than one of them in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from vigil.errors import FragmentError
from vigil.ingest.file_source import Picture
from vigil.ingest.fragments import FragmentDemuxer
from vigil.model.media import StreamParameters

MOST_BYTES: Final = 32 * 1024 * 1024
"""Of one fragment, or of the initialisation segment. Half a second of 100 Mbit/s is 6 MB."""
_HEADER: Final = 8

Read = Callable[[int], bytes]
"""At most so many bytes of the segment, b'' at its end."""


class SegmentReader:
    """Reads the initialisation segment at once. Raises FragmentError, and whatever `read` raises."""

    def __init__(self, read: Read) -> None:
        self._read = read
        init = self._until(b"moov")
        if init is None:
            raise FragmentError("an empty segment")
        self._demuxer = FragmentDemuxer(init)

    @property
    def parameters(self) -> StreamParameters:
        return self._demuxer.parameters

    def fragments(self) -> Iterator[list[Picture]]:
        """The pictures of one fragment after the other. Once only. Raises as the constructor does."""
        while (fragment := self._until(b"mdat")) is not None:
            yield self._demuxer.demux(fragment)

    def _until(self, last: bytes) -> bytes | None:
        """Boxes up to and with the first of this type; None at the segment's end."""
        piece = bytearray()
        while True:
            header = self._exactly(_HEADER, may_end=not piece)
            if not header:
                return None
            size, kind = int.from_bytes(header[:4], "big"), header[4:]
            if size < _HEADER or len(piece) + size > MOST_BYTES:
                raise FragmentError(f"a box of {size} bytes")
            piece += header + self._exactly(size - _HEADER)
            if kind == last:
                return bytes(piece)

    def _exactly(self, size: int, *, may_end: bool = False) -> bytes:
        data = bytearray()
        while len(data) < size:
            more = self._read(size - len(data))
            if not more:
                if may_end and not data:
                    return b""
                raise FragmentError("a segment that ends within a box")
            data += more
        return bytes(data)
