"""The index of footage made again from the objects: for a database that was lost, or restored from before some of them came.

What is in the index is left as it is. Objects say when footage began, how long it is and which bytes it has; gaps and who it
was backfilled by are not in them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import structlog

from vigil.archive.objects import ObjectStat, ObjectStore
from vigil.errors import VigilError
from vigil.model.ids import SegmentId
from vigil.model.media import Segment
from vigil.store.footage import Footage, SegmentState

PREFIX: Final = "segments/"

log = structlog.get_logger()

Measure = Callable[[Path, SegmentId, str], Segment]
"""A segment's file, its id, and the hash of the one before. Raises VigilError and ValueError for what is none."""


@dataclass(slots=True)
class Reindexed:
    entered: int = 0
    known: int = 0
    unreadable: list[str] = field(default_factory=list)
    """Keys of objects that are no segments, or are damaged."""


def reindex(footage: Footage, objects: ObjectStore, measure: Measure, scratch: Path) -> Reindexed:
    """Raises ArchiveError and StoreError where the store or the database fails. May be run again at any time."""
    found = Reindexed()
    last_sha256: dict[str, str] = {}
    for stat, camera, identity in _segments(objects):
        known = footage.find(identity)
        if known is not None and known.state is not SegmentState.PENDING:
            found.known += 1
            last_sha256[camera] = known.segment.sha256
            continue
        segment = _measured(objects, stat, identity, last_sha256.get(camera, ""), measure, scratch)
        if segment is None or segment.camera != camera:
            found.unreadable.append(stat.key)
            continue
        if known is not None and known.segment.sha256 != segment.sha256:
            found.unreadable.append(stat.key)  # announced with other bytes: the node brings it again
            continue
        footage.announce(segment, stat.key, backfilled=True)
        footage.mark_stored(identity)
        last_sha256[camera] = segment.sha256
        found.entered += 1
    return found


def _segments(objects: ObjectStore) -> Iterator[tuple[ObjectStat, str, SegmentId]]:
    """By key, which is by camera and time (see CenterIntake)."""
    for stat in objects.list(PREFIX):
        _, camera, *_, name = stat.key.split("/")
        yield stat, camera, SegmentId(name.removesuffix(".mp4"))


def _measured(
    objects: ObjectStore, stat: ObjectStat, identity: SegmentId, previous: str, measure: Measure, scratch: Path
) -> Segment | None:
    try:
        with objects.local_path(stat.key, scratch) as path:
            return replace(measure(path, identity, previous), recovered=False)
    except (VigilError, ValueError) as error:
        log.error("object_not_indexed", key=stat.key, error=str(error))
        return None
