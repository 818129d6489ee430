"""This machine's IPv4 addresses, by interface. Linux tells them without a library."""

from __future__ import annotations

import array
import fcntl
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Final

_SIOCGIFCONF: Final = 0x8912  # linux/sockios.h
_IFREQ: Final = 40 if struct.calcsize("P") == 8 else 32
"""Size of a struct ifreq: a name of 16 bytes, then the address."""
_ROOM: Final = 1024 * _IFREQ

_PRIVATE: Final = tuple(
    IPv4Network(network) for network in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16")
)
"""RFC 1918, and the link-local addresses that cameras take where nobody gives them one."""


@dataclass(frozen=True, slots=True)
class Interface:
    name: str
    address: IPv4Address

    @property
    def is_private(self) -> bool:
        return any(self.address in network for network in _PRIVATE)


def interfaces() -> tuple[Interface, ...]:
    """All that have an IPv4 address, the loopback among them; one with two addresses is there twice."""
    room = array.array("B", bytes(_ROOM))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        told = fcntl.ioctl(opened, _SIOCGIFCONF, struct.pack("iP", _ROOM, room.buffer_info()[0]))
    (length,) = struct.unpack_from("i", told)
    return tuple(_entries(room.tobytes()[:length]))


def _entries(data: bytes) -> Iterator[Interface]:
    for start in range(0, len(data) - _IFREQ + 1, _IFREQ):
        label = data[start : start + 16].partition(b"\0")[0].decode(errors="replace")
        # sockaddr_in: family and port of two bytes each, then the address
        yield Interface(label.partition(":")[0], IPv4Address(data[start + 20 : start + 24]))
