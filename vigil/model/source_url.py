"""What a camera's URL says of how it is read. Pure: neither whether anybody answers there nor how that is done belongs here."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

_FILE: Final = "file:"
_PLAYLISTS: Final = (".m3u8", ".m3u")


class SourceKind(StrEnum):
    RTSP = "rtsp"
    RTSPS = "rtsps"
    HTTP = "http"
    """A file or a stream as one answer: MP4, MPEG-TS, FLV; also over TLS."""
    HLS = "hls"
    """A playlist of pieces, over HTTP; also over TLS."""
    FILE = "file"


def kind_of(url: str) -> SourceKind | None:
    """None where the scheme is none that is read. A playlist is known by its name, since nothing has been asked yet."""
    if url.startswith(_FILE):
        return SourceKind.FILE
    try:
        parts = urlsplit(url)
    except ValueError:  # half an IPv6 address
        return None
    match parts.scheme:
        case "rtsp":
            return SourceKind.RTSP
        case "rtsps":
            return SourceKind.RTSPS
        case "http" | "https":
            return SourceKind.HLS if parts.path.lower().endswith(_PLAYLISTS) else SourceKind.HTTP
        case _:
            return None


def is_encrypted(url: str) -> bool:
    """True where there is a certificate to be verified."""
    return url.lower().startswith(("rtsps://", "https://"))


def file_of(url: str) -> Path:
    """The path that a `file:` URL names: all behind the colon, so that a name may hold ? and #. Raises ValueError for another."""
    if not url.startswith(_FILE):
        raise ValueError(f"{url!r} is no file")
    path = url.removeprefix(_FILE)
    return Path(path[2:] if path.startswith("///") else path)


def in_folder(url: str, folder: Path) -> str:
    """The same with the path of a `file:` made absolute: a relative one begins at `folder`. Other URLs are left as they are."""
    if kind_of(url) is not SourceKind.FILE:
        return url
    return f"{_FILE}{(folder / file_of(url).expanduser()).resolve()}"
