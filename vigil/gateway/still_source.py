"""What the gateway asks of whoever has recorded pictures (vigil/center/stills.py)."""

from __future__ import annotations

from typing import Protocol

from vigil.model.ids import CameraId
from vigil.model.media import Still


class StillSource(Protocol):
    def newest(self, camera: CameraId, width: int, /) -> Still | None:
        """At most `width` pixels wide; None: there is none. Blocks. Raises StoreError, ArchiveError."""
        ...


class NoStills:
    """Of a centre that records nothing."""

    def newest(self, _camera: CameraId, _width: int, /) -> Still | None:
        return None
