"""vigil's own RTSP 1.0 server (RFC 2326): one video track a mount, over UDP or interleaved in TCP, play only.

`server` is the way in (`background` puts it on a thread of its own), `mount` what is published; below them a `connection`
reads requests and a `session` sends one stream through a `link`. `message`, `transport`, `digest`, `sdp`, `rtp`, `rtcp` and
`gop_queue` are pure.

Not offered, on purpose: recording (ANNOUNCE), multicast, tunnelling through HTTP, seeking and pausing, audio.
"""

from vigil.forward.rtsp.background import BackgroundServer
from vigil.forward.rtsp.limits import Limits
from vigil.forward.rtsp.mount import Mount
from vigil.forward.rtsp.server import RtspServer, ServerStats

__all__ = ["BackgroundServer", "Limits", "Mount", "RtspServer", "ServerStats"]
