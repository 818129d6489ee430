"""Which outlet takes a camera to a media server: those of vigil/forward/push, or WHIP, which needs the extra `whip`."""

from __future__ import annotations

import threading

from vigil.forward.push.outlet import Outlet
from vigil.forward.push.outlet import open_outlet as open_plain
from vigil.forward.push.target import Deadlines, Target
from vigil.model.media import StreamParameters


def open_outlet(target: Target, parameters: StreamParameters, deadlines: Deadlines, stopped: threading.Event) -> Outlet:
    """Raises as Outlet does."""
    if target.scheme not in ("http", "https"):
        return open_plain(target, parameters, deadlines, stopped)
    try:
        from vigil.ingest.whip import WhipOutlet  # noqa: PLC0415, aiortc is loaded where somebody wants it
    except ImportError as error:
        raise target.error("WHIP needs a package more: pip install 'vigil[whip]'") from error
    return WhipOutlet(target, parameters, deadlines, stopped)
