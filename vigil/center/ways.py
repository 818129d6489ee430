"""Which way a node's segments take to an object store of S3: straight, or through us.

Straight is a PUT to a presigned address, and begins at the beginning each time: where a line breaks sooner than it ends, a
segment would never arrive. Through us what came is kept (vigil/center/landing.py), and we put the whole into the store.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from vigil.model.ids import NodeId, SegmentId

_TRIES: Final = 2
"""Straight, of one segment, before it takes the other way."""
_WHOLE: Final = 10
"""Segments that must come without a break before a node's go straight again: a line that breaks does so again, and each try
that it cuts costs what had come."""


@dataclass(slots=True)
class _Line:
    segment: SegmentId
    offers: int = 1
    """Of that segment, in a row."""
    whole: int = 0
    """Segments in a row that were offered once."""
    breaks: bool = False


class Ways:
    """A node's offers come one at a time. What is known is lost at a restart, and costs a segment two tries again."""

    def __init__(self) -> None:
        self._lines: dict[NodeId, _Line] = {}

    def offered(self, node: NodeId, segment: SegmentId) -> bool:
        """To be told of each offer. True when it goes straight."""
        line = self._lines.get(node)
        if line is None:
            self._lines[node] = _Line(segment)
            return True
        if line.segment == segment:
            line.offers += 1
            line.whole = 0
            line.breaks = line.breaks or line.offers > _TRIES
        else:
            line.whole = line.whole + 1 if line.offers == 1 else 0
            line.breaks = line.breaks and line.whole < _WHOLE
            line.segment, line.offers = segment, 1
        return not line.breaks

    def again(self, node: NodeId) -> bool:
        """Whether the last offer was of the segment before."""
        line = self._lines.get(node)
        return line is not None and line.offers > 1
