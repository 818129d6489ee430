"""The sound track in a camera's session description: AAC by RFC 3640, G.711 by RFC 3551. Others are not recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from vigil.ingest import aac, g711
from vigil.ingest.rtsp.sdp import attribute, format_parameters, resolve, sections
from vigil.ingest.source import NoSound
from vigil.model.media import SoundParameters

_STATIC: Final = {"0": "PCMU/8000", "8": "PCMA/8000"}
"""Payload types that need no name (RFC 3551, section 6)."""
_UNREADABLE: Final = (
    "ctsdeltalength",
    "dtsdeltalength",
    "randomaccessindication",
    "streamstateindication",
    "auxiliarydatasizelength",
)
_MOST_BITS: Final = 16
_DIGITS: Final = 7  # of a rate; more is no number of samples a second


@dataclass(frozen=True, slots=True)
class AuHeaders:
    """Bits of what stands before each packet's access units (RFC 3640, 3.2.1): 13, 3 and 3 in AAC-hbr."""

    size: int
    index: int
    delta: int


@dataclass(frozen=True, slots=True)
class SoundTrack:
    """`uri` is what to SETUP. `clock` is in RTP ticks a second. One of `law` (G.711) and `headers` (AAC) is there."""

    uri: str
    payload_type: int
    clock: int
    parameters: SoundParameters
    law: g711.Law | None = None
    headers: AuHeaders | None = None


def sound_track(text: str, base: str) -> SoundTrack:
    """The first one that can be recorded. Raises NoSound, which says what there was instead."""
    _, *media = sections(text)
    why = NoSound("the camera describes no sound")
    for section in media:
        kind, _, _, *types = section[0].removeprefix("m=").split()
        if kind != "audio":
            continue
        for payload_type in types:
            named = attribute(section, f"rtpmap:{payload_type} ") or _STATIC.get(payload_type, "")
            given = dict(format_parameters(attribute(section, f"fmtp:{payload_type} ")))
            uri = resolve(base, attribute(section, "control:"))
            try:
                return _track(uri, payload_type, named, given)
            except NoSound as error:
                why = error
    raise why


def _track(uri: str, payload_type: str, named: str, given: Mapping[str, str]) -> SoundTrack:
    name, _, rest = named.partition("/")
    rate, _, channels = rest.partition("/")
    if not (payload_type.isdecimal() and rate.isdecimal() and len(rate) < _DIGITS and int(rate)):
        raise NoSound(f"sound without a name (payload type {payload_type})")
    match name.upper():
        case "MPEG4-GENERIC":
            parameters = aac.parameters_of(_config(given))
            return SoundTrack(uri, int(payload_type), int(rate), parameters, headers=_headers(given))
        case g711.Law.A | g711.Law.MU as law:
            parameters = g711.parameters_of(int(rate), int(channels) if channels.isdecimal() else 1)
            return SoundTrack(uri, int(payload_type), int(rate), parameters, law=g711.Law(law))
        case _:
            raise NoSound(f"sound is {name}, which is not recorded; AAC, PCMA and PCMU are")


def _config(given: Mapping[str, str]) -> bytes:
    try:
        return bytes.fromhex(given.get("config", ""))
    except ValueError as error:
        raise NoSound("AAC with a configuration that is none") from error


def _headers(given: Mapping[str, str]) -> AuHeaders:
    if any(given.get(name, "0") not in {"0", ""} for name in _UNREADABLE):
        raise NoSound("AAC with more beside it than its size")
    lengths = [given.get(name, "0") for name in ("sizelength", "indexlength", "indexdeltalength")]
    if not all(length.isascii() and length.isdecimal() and int(length) <= _MOST_BITS for length in lengths):
        raise NoSound("AAC whose sizes cannot be read")
    headers = AuHeaders(*map(int, lengths))
    if not headers.size:
        raise NoSound("AAC without its sizes")
    return headers
