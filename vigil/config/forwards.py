"""Rules for the media servers that a camera is pushed to. No fault repeats an address: it may hold a password or a key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from vigil.config.document import Path
from vigil.config.faults import FaultSink, check_secret, is_address, is_plain
from vigil.model.ids import CameraId
from vigil.model.media import StreamKind
from vigil.model.site import Camera, Forward, Site, Transport

_RTSP = ("rtsp", "rtsps")
_RTMP = ("rtmp", "rtmps")
_WHIP = ("http", "https")
_LOGINS = ("Give username: and password:", "Give bearer:")
_SPOKEN = "One of rtsp://, rtsps://, rtmp://, rtmps://, and http(s):// for WHIP"


_Server = tuple[str, str | None, int | None, StreamKind]


def check_forwards(camera: Camera, path: Path, fault: FaultSink) -> None:
    """Of those that the camera's node pushes to."""
    _forwards(camera, camera.forward, (*path, "forward"), set(), fault)


def check_center_forwards(forwards: Mapping[CameraId, Sequence[Forward]], site: Site | None, fault: FaultSink) -> None:
    """Of those that the centre pushes to."""
    if site is None:  # it is in the centre's database, and what is named here is held against it there
        return
    cameras = {camera.id: camera for _, camera in site.cameras()}
    for camera, entries in forwards.items():
        path: Path = ("center", "forwards", camera)
        if camera not in cameras:
            fault(path, f"there is no camera {camera!r}", f"One of {', '.join(sorted(cameras)) or '(none yet)'}")
            continue
        by_its_node = {_server(forward) for forward in cameras[camera].forward}
        _forwards(cameras[camera], entries, path, by_its_node, fault)


def _forwards(
    camera: Camera, entries: Sequence[Forward], path: Path, seen: set[_Server | None], fault: FaultSink
) -> None:
    for index, forward in enumerate(entries):
        at: Path = (*path, index)
        if forward.stream is StreamKind.SUB and camera.substream is None:
            fault((*at, "stream"), "the camera has no substream", "Add substream: to the camera, or take stream: main")
        for key in ("password", "stream_key", "bearer"):
            secret = getattr(forward, key)
            if secret is not None:
                check_secret(secret, (*at, key), fault)
        if not _url(forward.url, (*at, "url"), fault):
            continue
        _of_its_own_kind(forward, at, fault)
        server = _server(forward)
        if server in seen:
            what = f"the {forward.stream} stream goes to that server already"
            fault((*at, "url"), what, "Let the server pass it on")
        seen.add(server)


def _server(forward: Forward) -> _Server | None:
    """None: an address that is none; it is told where it stands."""
    try:
        parts = urlsplit(forward.url)
        return parts.scheme, parts.hostname, parts.port, forward.stream
    except ValueError:
        return None


def _scheme(forward: Forward) -> str:
    return urlsplit(forward.url).scheme


def _url(url: str, path: Path, fault: FaultSink) -> bool:
    """True when the rest can be judged. A password with / # or ? in it ends the host too early: mind every @."""
    scheme = url.partition("://")[0].lower()
    if "@" in url:
        fault(
            path,
            "the URL holds credentials",
            "Move them to username: and password:, or a key to stream_key: or bearer:",
        )
    elif scheme == "srt":
        what = "SRT is not spoken: vigil has no client for it, nor has the FFmpeg that PyAV comes with"
        fault(path, what, f"{_SPOKEN}, to a media server that passes it on by SRT")
    elif not is_address(url, (*_RTSP, *_RTMP, *_WHIP)):
        fault(
            path, "this is no address that pictures can be pushed to", f"{_SPOKEN}, for example rtsp://192.0.2.9/live"
        )
    elif not is_plain(url):
        fault(path, "an address has no spaces and no such letters", "Percent-encode it")
    else:
        return True
    return False


def _of_its_own_kind(forward: Forward, path: Path, fault: FaultSink) -> None:
    scheme = _scheme(forward)
    if scheme not in _RTMP and forward.stream_key is not None:
        fault((*path, "stream_key"), "only RTMP has stream keys", _LOGINS[scheme in _WHIP])
    if scheme not in _WHIP and forward.bearer is not None:
        fault((*path, "bearer"), "only WHIP has bearer tokens", "Remove the key")
    if scheme in _RTSP:
        _rtsp(forward, path, fault)
    else:
        if forward.username is not None or forward.password is not None:
            remedy = _LOGINS[True] if scheme in _WHIP else "Give stream_key:, for many servers NAME?user=…&pass=…"
            fault(path, "only RTSP has a username and a password", remedy)
        if forward.transport is Transport.UDP:
            fault((*path, "transport"), "only RTSP has a choice of transports", "Remove the key")
        if scheme in _RTMP:
            _rtmp(forward, path, fault)


def _rtsp(forward: Forward, path: Path, fault: FaultSink) -> None:
    if (forward.username is None) != (forward.password is None):
        fault(path, "username and password go together", "Give both, or neither for a server that all may publish to")
    if _scheme(forward) == "rtsps" and forward.transport is Transport.UDP:
        fault((*path, "transport"), "TLS protects TCP alone", "transport: tcp, or rtsp:// for pictures in the clear")


def _rtmp(forward: Forward, path: Path, fault: FaultSink) -> None:
    parts = urlsplit(forward.url)
    names = [name for name in parts.path.split("/") if name]
    if parts.query:
        fault((*path, "url"), "what comes behind ? is a secret as a rule", "Move it to stream_key: as NAME?…")
    elif len(names) < (2 if forward.stream_key is None else 1):
        remedy = "For example rtmp://192.0.2.9/live/hall-1, or rtmp://192.0.2.9/live and stream_key:"
        fault((*path, "url"), "an RTMP address names an application and a stream", remedy)
