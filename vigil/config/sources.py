"""Rules about where a camera's pictures come from: its two URLs, and what stands beside them that must fit their schemes."""

from __future__ import annotations

from vigil.config.document import Path
from vigil.config.faults import FaultSink, is_address, is_plain
from vigil.model.site import Camera, Transport
from vigil.model.source_url import SourceKind, file_of, is_encrypted, kind_of

_SCHEMES = ("rtsp", "rtsps", "http", "https")
_REMEDY = "For example rtsp://192.0.2.7:554/stream1, https://192.0.2.7/live/stream.m3u8 or file:clips/counter.mp4"


def check_source(camera: Camera, path: Path, fault: FaultSink) -> None:
    """Adds every fault."""
    urls = {key: url for key in ("url", "substream") if (url := getattr(camera, key)) is not None}
    faulty = [key for key, url in urls.items() if _is_faulty(url, (*path, key), fault)]
    if faulty:
        return  # what does not fit a scheme cannot be said of a URL that has none
    kinds = {key: kind_of(url) for key, url in urls.items()}
    if camera.transport is Transport.UDP and SourceKind.RTSP not in kinds.values():
        fault((*path, "transport"), "only rtsp:// can come over UDP", "Take it out")
    if camera.username is not None and set(kinds.values()) == {SourceKind.FILE}:
        fault((*path, "username"), "a file asks for no account", "Take out username: and password:")
    _tls(camera, urls, path, fault)


def _tls(camera: Camera, urls: dict[str, str], path: Path, fault: FaultSink) -> None:
    if not any(is_encrypted(url) for url in urls.values()):
        for key in ("tls_ca", "tls_verify"):
            if getattr(camera, key) not in (None, True):
                fault((*path, key), "neither stream is encrypted", "Take it out, or give rtsps:// or https://")
        return
    if camera.tls_ca is not None and not camera.tls_verify:
        fault((*path, "tls_ca"), "nothing is verified with tls_verify: false", "Take out one of the two")
    if camera.tls_ca == "":
        fault((*path, "tls_ca"), "this is no file", "For example tls/cameras.pem")
    for key, url in urls.items():
        if camera.tls_verify and is_encrypted(url) and kind_of(url) is SourceKind.HLS:
            what = "the pieces of a playlist are loaded without a look at the server's certificate"
            fault((*path, key), what, "Say tls_verify: false if the network between is trusted, or use rtsps://")


def _is_faulty(url: str, path: Path, fault: FaultSink) -> bool:
    """True, and told, where the URL cannot be read. It may hold a password, so it is not repeated here."""
    kind = kind_of(url)
    if kind is SourceKind.FILE:
        return _is_faulty_file(url, path, fault)
    # A password with / # or ? in it ends the host too early: mind every @.
    if "@" in url:
        fault(path, "the URL holds credentials", "Move them to username: and password: {env: NAME}")
    elif kind is None or not is_address(url, _SCHEMES):
        fault(path, "this is no source of pictures", _REMEDY)
    elif kind in (SourceKind.HTTP, SourceKind.HLS) and not is_plain(url):
        fault(path, "this is no HTTP address", "Percent-encode what is not ASCII")
    else:
        return False
    return True


def _is_faulty_file(url: str, path: Path, fault: FaultSink) -> bool:
    name = str(file_of(url))
    if name in ("", ".") or name.startswith("//") or not name.isprintable():
        fault(path, "this names no file", "For example file:clips/counter.mp4, which begins at this file's folder")
        return True
    return False
