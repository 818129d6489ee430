"""From what the configuration says of a media server to the connection that takes pictures there; node and centre alike.

Which outlet that is: those of vigil/forward/push, or WHIP, which needs the extra `whip`.
"""

from __future__ import annotations

import threading
from pathlib import Path

from vigil.config import read_secret
from vigil.forward.push import Target
from vigil.forward.push.outlet import Outlet
from vigil.forward.push.outlet import open_outlet as open_plain
from vigil.forward.push.target import Deadlines
from vigil.model.ids import CameraId
from vigil.model.media import StreamParameters
from vigil.model.site import Forward, Secret


def target_of(camera: CameraId, forward: Forward, folder: Path) -> Target:
    """`folder` is where the secrets' paths begin. Raises SecretError."""

    def read(secret: Secret | None) -> str | None:
        return read_secret(secret, folder) if secret else None

    return Target(
        camera,
        forward.stream,
        forward.url,
        transport=forward.transport,
        username=forward.username,
        password=read(forward.password),
        stream_key=read(forward.stream_key),
        bearer=read(forward.bearer),
    )


def open_outlet(target: Target, parameters: StreamParameters, deadlines: Deadlines, stopped: threading.Event) -> Outlet:
    """Raises as Outlet does."""
    if target.scheme not in ("http", "https"):
        return open_plain(target, parameters, deadlines, stopped)
    try:
        from vigil.ingest.whip import WhipOutlet  # noqa: PLC0415, aiortc is loaded where somebody wants it
    except ImportError as error:
        raise target.error("WHIP needs a package more: pip install 'vigil[whip]'") from error
    return WhipOutlet(target, parameters, deadlines, stopped)
