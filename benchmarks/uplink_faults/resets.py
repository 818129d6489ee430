"""TCP resets as a firewall on the way answers packets (RFC 9293, 3.10.7.1). Pure functions on IPv4 packets."""

from __future__ import annotations

import struct
from typing import Final

_IPV4: Final = struct.Struct("!BBHHHBBH4s4s")
_TCP: Final = struct.Struct("!HHIIBBHHH")
_TCP_PROTOCOL: Final = 6
_FIN, _SYN, _RST, _ACK = 0x01, 0x02, 0x04, 0x10


def opens(packet: bytes) -> bool:
    """True for the first packet of a TCP connection."""
    flags = _flags(packet)
    return flags is not None and flags & (_SYN | _ACK) == _SYN


def reset(packet: bytes) -> bytes | None:
    """The reset with which the packet's receiver would refuse it; None for what is not TCP, or a reset itself."""
    flags = _flags(packet)
    if flags is None or flags & _RST:
        return None
    header = (packet[0] & 0xF) * 4
    source, target = packet[12:16], packet[16:20]
    source_port, target_port, number, acknowledged, offset, *_ = _TCP.unpack_from(packet, header)
    length = len(packet) - header - (offset >> 4) * 4 + bool(flags & _SYN) + bool(flags & _FIN)
    answer = (acknowledged, 0, _RST) if flags & _ACK else (0, (number + length) % 2**32, _RST | _ACK)
    return _ip(target, source, _tcp(target, source, target_port, source_port, *answer))


def _flags(packet: bytes) -> int | None:
    if len(packet) < _IPV4.size + _TCP.size or packet[0] >> 4 != 4 or packet[9] != _TCP_PROTOCOL:
        return None
    return packet[(packet[0] & 0xF) * 4 + 13]


def _tcp(source: bytes, target: bytes, source_port: int, target_port: int, number: int, ack: int, flags: int) -> bytes:
    def header(checksum: int) -> bytes:
        return _TCP.pack(source_port, target_port, number, ack, 5 << 4, flags, 0, checksum, 0)

    pseudo = source + target + struct.pack("!BBH", 0, _TCP_PROTOCOL, _TCP.size)
    return header(checksum(pseudo + header(0)))


def _ip(source: bytes, target: bytes, payload: bytes) -> bytes:
    def header(checksum: int) -> bytes:
        length = _IPV4.size + len(payload)
        return _IPV4.pack(0x45, 0, length, 0, 0, 64, _TCP_PROTOCOL, checksum, source, target)

    return header(checksum(header(0))) + payload


def checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071) of an even number of bytes; 0 over what carries its own."""
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
