from __future__ import annotations

import struct

from benchmarks.uplink_faults.resets import checksum, opens, reset

HALL, CENTER = bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2])
FIN, SYN, RST, ACK = 0x01, 0x02, 0x04, 0x10


def tcp(flags: int, *, number: int = 1000, ack: int = 0, payload: bytes = b"") -> bytes:
    """From port 40000 in the hall to 8480 at the centre; its checksums are not looked at."""
    segment = struct.pack("!HHIIBBHHH", 40000, 8480, number, ack, 5 << 4, flags, 512, 0, 0) + payload
    return struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(segment), 0, 0, 64, 6, 0, HALL, CENTER) + segment


def parts(packet: bytes | None) -> tuple[int, int, int, int, int]:
    assert packet is not None
    source, target, number, ack, _, flags, *_ = struct.unpack("!HHIIBBHHH", packet[20:])
    return source, target, number, ack, flags


def test_a_new_connection_is_refused() -> None:
    assert parts(reset(tcp(SYN, number=7))) == (8480, 40000, 0, 8, RST | ACK)


def test_an_open_one_is_reset_where_its_sender_is() -> None:
    assert parts(reset(tcp(ACK, ack=5000, payload=b"abc"))) == (8480, 40000, 5000, 0, RST)


def test_numbers_go_around() -> None:
    assert parts(reset(tcp(FIN, number=2**32 - 1, payload=b"ab")))[3] == 2


def test_the_answer_comes_from_the_other_side_with_sums_that_are_right() -> None:
    packet = reset(tcp(SYN))
    assert packet is not None
    assert packet[12:20] == CENTER + HALL
    assert checksum(packet[:20]) == 0
    assert checksum(packet[12:20] + struct.pack("!BBH", 0, 6, 20) + packet[20:]) == 0


def test_nobody_answers_a_reset_or_what_is_not_tcp() -> None:
    assert reset(tcp(RST)) is None
    assert reset(b"\x60" + bytes(60)) is None
    assert reset(b"\x45") is None


def test_only_the_first_packet_opens() -> None:
    assert opens(tcp(SYN))
    assert not opens(tcp(SYN | ACK))
    assert not opens(tcp(ACK))
    assert not opens(b"")
