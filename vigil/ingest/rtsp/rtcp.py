"""What a camera reports beside its packets (RTCP, RFC 3550, section 6). Several reports may be in one packet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from vigil.model.media import CLOCK_RATE

_SENDER_REPORT: Final = 200
_BYE: Final = 203
_SENDER_INFO: Final = 20
"""Bytes of a sender report up to its RTP timestamp."""


def sender_report(packet: bytes) -> tuple[int, int] | None:
    """(the camera's clock in 90 kHz, the RTP timestamp of that moment), where the packet has one (6.4.1).

    A clock of zero is that of a camera that has none.
    """
    for kind, begin, end in _reports(packet):
        if kind == _SENDER_REPORT and end - begin >= _SENDER_INFO and end <= len(packet):
            clock = int.from_bytes(packet[begin + 8 : begin + 16], "big")
            if clock:
                return clock * CLOCK_RATE >> 32, int.from_bytes(packet[begin + 16 : begin + 20], "big")
    return None


def says_goodbye(packet: bytes) -> bool:
    """True when one of them ends the stream (6.6)."""
    return any(kind == _BYE for kind, _, _ in _reports(packet))


def _reports(packet: bytes) -> Iterator[tuple[int, int, int]]:
    """Type, begin and end of each; the last may say of itself that it is longer than what came."""
    at = 0
    while at + 4 <= len(packet):
        end = at + 4 * (1 + (packet[at + 2] << 8 | packet[at + 3]))
        yield packet[at + 1], at, end
        at = end
