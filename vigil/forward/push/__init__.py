"""Pushes a camera's stream to media servers that take it: RTSP (ANNOUNCE, RECORD) and RTMP, each over TLS too.

`pusher` is the way in: a sink of a reader with a thread for one target. It opens an `Outlet` by `outlet`: `rtsp` or `rtmp`,
each of which talks over a `wire` on which nothing waits longer than a deadline. `answers`, `chunks`, `amf` and `flv` are
pure. WHIP stands in vigil/ingest/whip.py.

Not FFmpeg's muxers: PyAV holds the interpreter's lock while they connect, and gives them no deadline
(docs/design/forward.md).
"""

from vigil.forward.push.pusher import Pusher
from vigil.forward.push.target import Target

__all__ = ["Pusher", "Target"]
