"""At start: what a crash left in the spool becomes segments again."""

from __future__ import annotations

from vigil.ingest.recovery import recover
from vigil.ingest.segments import PART
from vigil.model.ids import CameraId
from vigil.uplink.spool import Spool


def take_in(spool: Spool) -> None:
    """Closes open files, and enters closed ones that the index does not know: a crash may come between the two.

    A file that was released and not yet deleted comes in again too; the centre answers that it has it. Raises OSError.
    """
    for path in sorted(spool.folder.glob("*/*.mp4")):
        if not spool.knows(path):
            path.rename(path.with_name(path.name + PART))
    for part in sorted(spool.folder.glob(f"*/*.mp4{PART}")):
        last = spool.last(CameraId(part.parent.name))
        closed = recover(part, last[1] if last else "")
        if closed is not None:
            spool.add_segment(closed.segment, closed.path)
