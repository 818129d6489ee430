"""The media services: profiles and the addresses of their streams, by Media (ver10) and Media2 (ver20).

Media2 came with H.265, which the older service cannot name; where a camera has both, Media2 is asked first.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import Final
from urllib.parse import urlsplit, urlunsplit
from xml.sax.saxutils import escape

from vigil.discover.camera import Profile, StreamAddress
from vigil.discover.document import Element, plain
from vigil.discover.place import bracketed
from vigil.discover.soap import MEDIA2, Service, Session
from vigil.errors import DiscoveryError

_MOST_PROFILES: Final = 256
_LARGEST: Final = 65_535
_SECRETS = re.compile(r"(?i)(?:^|(?<=[&/_]))(?:user|username|usr|password|passwd|pwd|pass)=[^&/_]*[&_]?")
"""Logins within a path or query, as some cameras tell them."""

_GET_PROFILES2: Final = "".join(f"<r:Type>{kind}</r:Type>" for kind in ("VideoSource", "VideoEncoder", "AudioEncoder"))


async def profiles(session: Session, service: Service) -> tuple[Profile, ...]:
    """Those with a picture, without their streams' addresses."""
    newer = service.namespace == MEDIA2
    answer = await session.call(service, "GetProfiles", _GET_PROFILES2 if newer else "")
    told = (one for one in answer.children if one.name == "Profiles")
    found = (
        _profile(one, one.first("Configurations"), "") if newer else _profile(one, one, "Configuration") for one in told
    )
    return tuple(islice((profile for profile in found if profile.token and profile.codec), _MOST_PROFILES))


async def stream_address(session: Session, service: Service, profile: Profile) -> StreamAddress:
    """RTP within RTSP over TCP. Raises DiscoveryError where the camera tells no such address."""
    token = f"<r:ProfileToken>{escape(profile.token)}</r:ProfileToken>"
    if service.namespace == MEDIA2:
        answer = await session.call(service, "GetStreamUri", f"<r:Protocol>RTSP</r:Protocol>{token}")
        told = answer.value("Uri")
    else:
        setup = "<t:Stream>RTP-Unicast</t:Stream><t:Transport><t:Protocol>RTSP</t:Protocol></t:Transport>"
        answer = await session.call(service, "GetStreamUri", f"<r:StreamSetup>{setup}</r:StreamSetup>{token}")
        told = answer.value("MediaUri", "Uri")
    found = reached(told or "", session.host)
    if found is None:
        raise DiscoveryError(session.address, f"profile {profile.name}: it tells no RTSP address of the stream")
    return found


def reached(told: str, host: str) -> StreamAddress | None:
    """The address that a camera told, by the host that it was reached by and without a login. None: it is not RTSP."""
    try:
        parts = urlsplit(told)
        told_host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if (
        parts.scheme not in ("rtsp", "rtsps")
        or not told_host
        or not told.isprintable()
        or "@" in parts.path + parts.query
    ):
        return None
    path, query = _SECRETS.sub("", parts.path), _SECRETS.sub("", parts.query)
    held_login = "@" in parts.netloc or (path, query) != (parts.path, parts.query)
    place = f"{bracketed(host)}:{port}" if port else bracketed(host)
    url = urlunsplit((parts.scheme, place, path, query.rstrip("&"), ""))
    return StreamAddress(url, plain(told_host) if told_host != host.lower() else None, held_login)


def _profile(profile: Element, parts: Element | None, ending: str) -> Profile:
    """The two services name the same things a little differently: VideoEncoderConfiguration and VideoEncoder."""
    parts = parts or Element("Configurations")
    encoder = parts.first(f"VideoEncoder{ending}") or Element("VideoEncoder")
    fps = _number(encoder.value("RateControl", "FrameRateLimit"))
    interval = _whole(encoder.value("RateControl", "EncodingInterval"))
    return Profile(
        token=profile.attributes.get("token", ""),
        name=plain(profile.value("Name")) or "unnamed",
        source=parts.value(f"VideoSource{ending}", "SourceToken") or "",
        codec=_codec(encoder.value("Encoding")),
        width=_whole(encoder.value("Resolution", "Width")),
        height=_whole(encoder.value("Resolution", "Height")),
        fps=fps / interval if fps and interval else fps,
        bitrate_kbps=_whole(encoder.value("RateControl", "BitrateLimit"), most=10**7),
        gop=_gop(encoder),
        audio=plain(parts.value(f"AudioEncoder{ending}", "Encoding")),
    )


def _gop(encoder: Element) -> int | None:
    """An attribute in Media2; in Media within H264 or MPEG4, whichever the codec is."""
    within = (child.value("GovLength") for child in encoder.children)
    told = encoder.attributes.get("GovLength") or next((value for value in within if value), None)
    return _whole(told)


def _codec(told: str | None) -> str | None:
    name = plain(told)
    if name is None:
        return None
    bare = name.upper().replace(".", "").replace("-", "")
    return {"H264": "H264", "AVC": "H264", "H265": "H265", "HEVC": "H265"}.get(bare, name)


def _number(told: str | None, most: float = _LARGEST) -> float | None:
    """None for what is no number, or none that makes sense."""
    try:
        number = float(told or "")
    except ValueError:
        return None
    return number if 0 < number <= most else None  # false for a NaN, too


def _whole(told: str | None, most: float = _LARGEST) -> int | None:
    number = _number(told, most)
    return int(number) if number is not None and number >= 1 else None
