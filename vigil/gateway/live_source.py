"""What the gateway asks of whoever has live video; the messages themselves are in vigil/model/live.py.

A subscription drops whole GOPs of its own when its reader is slow, and says so: it never waits for a reader.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from vigil.model.ids import CameraId
from vigil.model.live import LiveMessage
from vigil.model.media import StreamKind


class LiveSubscription(Protocol):
    """Messages for one viewer; the iteration ends when the source shuts down."""

    def __aiter__(self) -> AsyncIterator[LiveMessage]: ...

    async def aclose(self) -> None: ...


class LiveSource(Protocol):
    def subscribe(self, camera: CameraId, stream: StreamKind) -> LiveSubscription:
        """Called on the event loop. The first message comes as soon as the camera's node answers."""
        ...
