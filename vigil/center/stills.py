"""The newest recorded picture of a camera, out of the archive: nothing is asked of the camera or of its node."""

from __future__ import annotations

import structlog

from vigil.archive.objects import ObjectStore
from vigil.errors import FragmentError, ObjectMissing
from vigil.ingest.still import still_of
from vigil.model.ids import CameraId
from vigil.model.media import Still
from vigil.store.footage import Footage

log = structlog.get_logger()


class Stills:
    """Blocks; safe from any thread."""

    def __init__(self, footage: Footage, objects: ObjectStore) -> None:
        self._footage = footage
        self._objects = objects

    def newest(self, camera: CameraId, width: int) -> Still | None:
        """At most `width` pixels wide; None: nothing is recorded that can be shown. Raises StoreError, ArchiveError."""
        record = self._footage.newest(camera)
        if record is None:
            return None
        try:
            with self._objects.open(record.object_key) as reader:
                return still_of(reader.read, camera, record.segment.start_at, width)
        except ObjectMissing as error:
            log.error("segment_object_missing", segment=record.segment.id, error=str(error))
        except FragmentError as error:
            log.error("segment_unreadable", segment=record.segment.id, error=str(error))
        return None
