"""The Transport header (RFC 2326, section 12.39): what a player asks for and what it gets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_LOWEST_CLIENT_PORT: Final = 1024


@dataclass(frozen=True, slots=True)
class Interleaving:
    """RTP/AVP/TCP: the channels of RTP and RTCP in the connection itself."""

    rtp: int
    rtcp: int


@dataclass(frozen=True, slots=True)
class ClientPorts:
    """RTP/AVP over UDP unicast: the client's ports for RTP and RTCP."""

    rtp: int
    rtcp: int


def choose(header: str, peer: str, *, udp: bool = True) -> Interleaving | ClientPorts | None:
    """The first transport of the header's list that we offer, None when there is none.

    An offer with a `destination` other than the peer's own address is refused: media goes to who asked for it, or the
    server could be made to flood a third.
    """
    for offer in header.split(","):
        profile, *parameters = (part.strip() for part in offer.split(";"))
        values = dict(part.partition("=")[::2] for part in parameters)
        if "multicast" in values or values.get("mode", "PLAY").strip('"').upper() != "PLAY":
            continue
        if values.get("destination", peer) != peer:
            continue
        chosen = _choose(profile.upper(), values, udp=udp)
        if chosen is not None:
            return chosen
    return None


def _choose(profile: str, values: dict[str, str], *, udp: bool) -> Interleaving | ClientPorts | None:
    if profile == "RTP/AVP/TCP":
        channels = _pair(values.get("interleaved", "0-1"), 0, 255)
        return Interleaving(*channels) if channels else None
    if udp and profile in ("RTP/AVP", "RTP/AVP/UDP"):
        ports = _pair(values.get("client_port", ""), _LOWEST_CLIENT_PORT, 65535)
        return ClientPorts(*ports) if ports else None
    return None


def _pair(text: str, low: int, high: int) -> tuple[int, int] | None:
    """Two numbers "a-b" within low..high, or "a" for a and a + 1."""
    first, dash, second = text.partition("-")
    numbers = (first, second) if dash else (first, first)
    if not all(number.isascii() and number.isdigit() and len(number) <= 5 for number in numbers):
        return None
    begin, end = int(first), int(second) if dash else int(first) + 1
    return (begin, end) if begin != end and low <= begin <= high and low <= end <= high else None
