"""How FFmpeg opens each kind of source: its options, and what it must never follow. Pure: nothing is opened here."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field

from vigil.errors import SourceError
from vigil.ingest.source import SETTLE_S, StreamAddress
from vigil.model.site import Transport
from vigil.model.source_url import SourceKind, is_encrypted

HLS_SETTLE_S = 10.0
"""A piece is loaded at once, and the first one may have been ready for its whole length. Only one that was waited for tells
what time it is; by now one has come, where pieces are no longer than the usual 2 to 6 s."""

_ANALYSE_US = "2000000"  # bounds the wait for a stream that says too little of itself
_FORMATS = "mov,mpegts,flv"
"""No format that names other sources, such as a playlist or a list of files to put together."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What av.open is given. `url` holds the credentials, so that it stays out of repr, logs and errors."""

    url: str = field(repr=False)
    options: Mapping[str, str] = field(default_factory=dict)
    format: str | None = None
    """None: FFmpeg looks at what comes."""
    may_rest: bool = False
    """What nobody fetches stays in the kernel, and the camera goes on."""
    finished: bool = False
    """It may be a recording that comes as fast as the line can: its pictures are then held to their own pace."""
    settle_s: float = SETTLE_S


def opening_of(address: StreamAddress) -> Opening:
    """Raises SourceError for a scheme that FFmpeg is not to open. FFmpeg itself knows many more, also ones that read files."""
    url = address.with_credentials()
    match address.kind:
        case SourceKind.RTSP | SourceKind.RTSPS:
            options = {**_rtsp(address), **_tls(address)}
            return Opening(url, options, may_rest=address.transport is Transport.TCP)
        case SourceKind.HTTP:
            options = {**_http(address), "format_whitelist": _FORMATS}
            return Opening(url, options, finished=True)
        case SourceKind.HLS:
            options = {**_http(address), "format_whitelist": f"hls,{_FORMATS}", "live_start_index": "-1"}
            return Opening(url, options, format="hls", finished=True, settle_s=HLS_SETTLE_S)
        case _:
            raise SourceError(address.camera, address.url, "no connection: nothing is read by this scheme")


def _rtsp(address: StreamAddress) -> dict[str, str]:
    return {
        "rtsp_transport": address.transport.value,
        "allowed_media_types": "video+audio" if address.sound else "video",  # else sound is not even asked for
        "analyzeduration": _ANALYSE_US,
        # UDP sockets take packets from the camera alone; without this they are open on every address of the machine.
        "rtsp_flags": "filter_src",
        "max_delay": "500000",  # µs that UDP packets may come out of order
        "buffer_size": "4194304",  # bytes of the socket: a key frame over UDP comes as one burst
    }


def _http(address: StreamAddress) -> dict[str, str]:
    return {
        # Of the playlist's pieces and keys and of redirections, too: no file, no pipe, and from TLS no way back.
        "protocol_whitelist": "https,tls,tcp,crypto" if is_encrypted(address.url) else "http,https,tls,tcp,crypto",
        # Not what the environment says of proxies. An empty word would be forgotten with a playlist's pieces.
        "http_proxy": "none",
        "user_agent": "vigil",
        "analyzeduration": _ANALYSE_US,
        **_tls(address),
    }


def _tls(address: StreamAddress) -> dict[str, str]:
    if not is_encrypted(address.url):
        return {}
    if not address.tls_verify:
        return {"tls_verify": "0"}
    # By itself FFmpeg's TLS library looks for the system's certificates where it was built, which is another machine.
    believed = str(address.tls_ca) if address.tls_ca is not None else ssl.get_default_verify_paths().cafile
    return {"tls_verify": "1"} | ({"ca_file": believed} if believed is not None else {})
