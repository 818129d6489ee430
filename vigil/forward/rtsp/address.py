"""URLs of streams and of their only track: how a request names a stream, and how the server names the track. Pure.

A stream's URL may have a query, and players disagree on how a track's relative name is joined to it: some append it, some
replace the last part of the path. So where there is a query the track is named whole, within the path.
"""

from __future__ import annotations

from urllib.parse import unquote, urlsplit, urlunsplit

from vigil.forward.rtsp import sdp

_TRACK = f"/{sdp.CONTROL}"


def stream_of(uri: str) -> tuple[str, str]:
    """(path, query) of the stream that a request is about: without host, trailing slash and track.

    The path is decoded, the query is as it came. ('', '') for a URI that is none.
    """
    try:
        parts = urlsplit(uri)
    except ValueError:
        return "", ""
    path = unquote(parts.path).rstrip("/").removesuffix(_TRACK).rstrip("/")
    return path, parts.query.rstrip("/").removesuffix(_TRACK).rstrip("/")


def base_of(uri: str) -> str:
    """Content-Base of a description that was asked for at `uri`."""
    return uri if "?" in uri or uri.endswith("/") else f"{uri}/"


def control_of(uri: str) -> str:
    """The track in a description that was asked for at `uri`: relative, or whole where there is a query."""
    return track_of(uri) if "?" in uri else sdp.CONTROL


def track_of(uri: str) -> str:
    """The track's whole URL, with the host by which the player knows this server."""
    if "?" not in uri:
        return f"{uri.rstrip('/').removesuffix(_TRACK)}{_TRACK}"
    parts = urlsplit(uri)
    path = f"{parts.path.rstrip('/').removesuffix(_TRACK)}{_TRACK}"
    return urlunsplit((parts.scheme, parts.netloc, path, stream_of(uri)[1], ""))
