"""vigil's own RTSP 1.0 server (RFC 2326): one video track a stream, over UDP or interleaved in TCP, play only; also over TLS.

`server` is the way in (`background` puts it on a thread of its own). `source` says what a stream is and who opens one:
`mount` is one that many share, `playback` one that is recorded and has one reader. Below them a `connection` reads requests,
`demand` keeps what was opened for it, and a `session` sends one stream through a `link`; `login` says who may,
`limits` how much. `message`, `address`, `transport`, `play_range`, `digest`, `sdp`, `rtp`, `rtcp` and `gop_queue` are pure.

Not offered, on purpose: recording (ANNOUNCE), multicast, tunnelling through HTTP, audio, speeds other than that of life.
"""

from vigil.forward.rtsp.background import BackgroundServer
from vigil.forward.rtsp.limits import Limits
from vigil.forward.rtsp.mount import Mount
from vigil.forward.rtsp.server import RtspServer, ServerStats
from vigil.forward.rtsp.tls import TlsSettings

__all__ = ["BackgroundServer", "Limits", "Mount", "RtspServer", "ServerStats", "TlsSettings"]
