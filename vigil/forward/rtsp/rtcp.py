"""RTCP that goes with one RTP stream (RFC 3550, section 6): sender reports out, signs of life in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from struct import Struct
from typing import Final

_SENDER_REPORT: Final = 200
_RECEIVER_REPORT: Final = 201
_SOURCE_DESCRIPTION: Final = 202
_GOODBYE: Final = 203
_CNAME: Final = 1

_VERSION: Final = 2 << 6
_HEADER: Final = Struct(">BBHI")
_SENDER_INFO: Final = Struct(">IIIII")
_NTP_EPOCH: Final = datetime(1900, 1, 1, tzinfo=UTC)


def ntp(at: datetime) -> tuple[int, int]:
    """Seconds since 1900 (modulo 2**32, which wraps in 2036) and the fraction of a second in 1/2**32."""
    since = at - _NTP_EPOCH
    seconds, rest = divmod(since, timedelta(seconds=1))
    return seconds & 0xFFFFFFFF, (rest.microseconds << 32) // 1_000_000


def sender_report(ssrc: int, *, at: datetime, timestamp: int, packets: int, octets: int, cname: str) -> bytes:
    """A compound packet, SR and SDES, that ties the RTP `timestamp` of a picture to its wall time (6.4.1, 6.5).

    `at` is the picture's own time, not the moment of sending: both must mean the same instant.
    """
    info = _SENDER_INFO.pack(*ntp(at), timestamp, packets & 0xFFFFFFFF, octets & 0xFFFFFFFF)
    return _packet(_SENDER_REPORT, 0, ssrc, info) + _source_description(ssrc, cname)


def goodbye(ssrc: int, *, cname: str) -> bytes:
    """A compound packet that ends the stream: an empty receiver report, SDES and BYE (6.1, 6.6)."""
    return _packet(_RECEIVER_REPORT, 0, ssrc, b"") + _source_description(ssrc, cname) + _packet(_GOODBYE, 1, ssrc, b"")


def is_receiver_report(data: bytes) -> bool:
    """True when `data` begins as RTCP of a peer that still listens: a receiver or sender report of version 2 (A.2)."""
    return len(data) >= 8 and data[0] >> 6 == 2 and data[1] in (_RECEIVER_REPORT, _SENDER_REPORT)


def _source_description(ssrc: int, cname: str) -> bytes:
    name = cname.encode()[:255]
    item = bytes((_CNAME, len(name))) + name
    # A chunk ends with at least one zero and on a word's boundary (6.5).
    return _packet(_SOURCE_DESCRIPTION, 1, ssrc, item + bytes(4 - len(item) % 4))


def _packet(kind: int, count: int, ssrc: int, body: bytes) -> bytes:
    """One RTCP packet; its length counts words of four bytes after the first (6.4.1)."""
    return _HEADER.pack(_VERSION | count, kind, 1 + len(body) // 4, ssrc) + body
