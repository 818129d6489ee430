"""The video track in a camera's session description (RFC 8866; for RTSP, RFC 2326, appendix C)."""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from vigil.ingest.rtsp.message import NotUnderstood
from vigil.model import nal
from vigil.model.media import CLOCK_RATE, Codec

_CODECS: Final = {"h264": Codec.H264, "h265": Codec.H265}
_SETS: Final = ("sprop-vps", "sprop-sps", "sprop-pps", "sprop-parameter-sets")


@dataclass(frozen=True, slots=True)
class Track:
    """`uri` is what to SETUP and `session_uri` what to PLAY. `parameter_sets` may lack some, or all."""

    uri: str
    session_uri: str
    codec: Codec
    payload_type: int
    parameter_sets: tuple[bytes, ...]


def video_track(text: str, base: str) -> Track:
    """The first track of H.264 or H.265; `base` is the URI to which those in `text` are relative. Raises NotUnderstood."""
    session, *media = sections(text)
    for section in media:
        kind, _, _, *types = section[0].removeprefix("m=").split()
        if kind != "video":
            continue
        for payload_type in types:
            codec = _codec(attribute(section, f"rtpmap:{payload_type} "))
            if codec is not None:
                return Track(
                    uri=resolve(base, attribute(section, "control:")),
                    session_uri=resolve(base, attribute(session, "control:")),
                    codec=codec,
                    payload_type=int(payload_type),
                    parameter_sets=_parameter_sets(codec, attribute(section, f"fmtp:{payload_type} ")),
                )
    raise NotUnderstood("no track of H.264 or H.265 in the session description")


def sections(text: str) -> list[list[str]]:
    """The lines of the session, then those of each medium."""
    sections: list[list[str]] = [[]]
    for line in text.splitlines():
        if line.startswith("m="):
            sections.append([])
        sections[-1].append(line.strip())
    return sections


def attribute(lines: Iterable[str], name: str) -> str:
    """The value of the first one of that name, '' without one."""
    start = f"a={name}"
    return next((line.removeprefix(start).strip() for line in lines if line.startswith(start)), "")


def _codec(rtpmap: str) -> Codec | None:
    name, _, rate = rtpmap.partition("/")
    return _CODECS.get(name.lower()) if rate == str(CLOCK_RATE) else None


def resolve(base: str, control: str) -> str:
    """The URI of a track whose control attribute this is."""
    if control in {"", "*"}:
        return base
    if control.lower().startswith("rtsp://"):
        return control
    return f"{base.rstrip('/')}/{control.lstrip('/')}"  # as players do, not as RFC 3986 would: a base may hold a query


def _parameter_sets(codec: Codec, fmtp: str) -> tuple[bytes, ...]:
    """From the `sprop` parameters of RFC 6184, 8.1, and RFC 7798, 7.1. Raises NotUnderstood for interleaved units."""
    given = dict(format_parameters(fmtp))
    if given.get("packetization-mode") == "2" or given.get("sprop-max-don-diff", "0") != "0":
        raise NotUnderstood("NAL units out of their order")
    units = [_unit(text) for name in _SETS for text in given.get(name, "").split(",")]
    return nal.parameter_sets(codec, filter(None, units))


def format_parameters(fmtp: str) -> Iterable[tuple[str, str]]:
    """Names, in lower case, and values."""
    for parameter in fmtp.split(";"):
        name, _, value = parameter.strip().partition("=")
        yield name.lower(), value


def _unit(text: str) -> bytes:
    try:
        return b64decode(text).rstrip(b"\x00")
    except binascii.Error:  # the pictures bring their own
        return b""
