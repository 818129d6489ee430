from __future__ import annotations

import struct
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.forward.rtsp import rtcp
from vigil.forward.rtsp.rtp import Packetiser, fragment
from vigil.model import nal
from vigil.model.media import Codec, Packet

AT = datetime(2026, 3, 2, 1, 0, 0, 250_000, tzinfo=UTC)


def picture(*units: bytes, pts_90k: int = 0) -> Packet:
    return Packet(nal.join(units), pts_90k, pts_90k, key=True, at=AT)


def depacketise(codec: Codec, payloads: list[bytes]) -> list[bytes]:
    """The receiver's side of RFC 6184 and RFC 7798, for single units and fragments."""
    units: list[bytes] = []
    for payload in payloads:
        if nal.nal_type(codec, payload) != (28 if codec is Codec.H264 else 49):
            units.append(payload)
            continue
        size = 1 if codec is Codec.H264 else 2
        header, body = payload[size], payload[size + 1 :]
        if header & 0x80:
            kind = header & (0x1F if codec is Codec.H264 else 0x3F)
            first = payload[0] & 0xE0 | kind if codec is Codec.H264 else payload[0] & 0x81 | kind << 1
            units.append(bytes((first,)) + payload[1:size])
        units[-1] += body
    return units


class TestPacketiser:
    def test_wraps_a_small_unit_in_a_packet_of_its_own(self) -> None:
        packetiser = Packetiser(Codec.H264, ssrc=0xCAFEBABE, sequence=0xFFFF, timestamp=0xFFFFFFFF)
        packets = packetiser.packetise(picture(b"\x67ab", b"\x65cd", pts_90k=3601))
        assert [packet.hex() for packet in packets] == [
            "8060ffff00000e10cafebabe676162",
            "80e0000000000e10cafebabe656364",
        ]

    def test_counts_what_the_sender_report_tells(self) -> None:
        packetiser = Packetiser(Codec.H264, ssrc=1, sequence=7, timestamp=0)
        packetiser.packetise(picture(b"\x67ab", b"\x65cd"))
        assert (packetiser.packets, packetiser.octets, packetiser.next_sequence) == (2, 6, 9)

    def test_marks_only_the_last_packet_of_a_picture(self) -> None:
        packetiser = Packetiser(Codec.H265, ssrc=1, sequence=0, timestamp=0, max_payload=10)
        packets = packetiser.packetise(picture(b"\x40\x01a", b"\x26\x01" + b"s" * 30))
        assert [packet[1] >> 7 for packet in packets] == [0, 0, 0, 0, 0, 1]

    def test_a_packet_without_units_sends_nothing(self) -> None:
        packetiser = Packetiser(Codec.H264, ssrc=1, sequence=0, timestamp=0)
        assert packetiser.packetise(picture()) == []


class TestFragment:
    def test_h264_golden(self) -> None:
        payloads = list(fragment(Codec.H264, b"\x65" + b"abcdefg", max_payload=5))
        assert [payload.hex() for payload in payloads] == ["7c85616263", "7c05646566", "7c4567"]

    def test_h265_golden(self) -> None:
        payloads = list(fragment(Codec.H265, b"\x26\x01" + b"abcdef", max_payload=5))
        assert [payload.hex() for payload in payloads] == ["6201936162", "6201136364", "6201536566"]

    @pytest.mark.parametrize("codec", list(Codec))
    def test_a_unit_that_just_fits_is_not_cut(self, codec: Codec) -> None:
        unit = (b"\x65" if codec is Codec.H264 else b"\x26\x01") + b"x" * 10
        assert list(fragment(codec, unit, max_payload=len(unit))) == [unit]
        assert len(list(fragment(codec, unit, max_payload=len(unit) - 1))) == 2

    @given(
        codec=st.sampled_from(Codec),
        bodies=st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=4),
        max_payload=st.integers(8, 60),
    )
    def test_a_receiver_gets_the_same_units(self, codec: Codec, bodies: list[bytes], max_payload: int) -> None:
        head = b"\x65" if codec is Codec.H264 else b"\x26\x01"
        units = [head + body for body in bodies]
        payloads = [payload for unit in units for payload in fragment(codec, unit, max_payload)]
        assert all(len(payload) <= max_payload for payload in payloads)
        assert depacketise(codec, payloads) == units


class TestRtcp:
    def test_ntp_counts_from_1900(self) -> None:
        assert rtcp.ntp(datetime(1970, 1, 1, tzinfo=UTC)) == (2_208_988_800, 0)
        assert rtcp.ntp(AT)[1] == 1 << 30

    def test_ntp_wraps_in_2036(self) -> None:
        assert rtcp.ntp(datetime(2036, 2, 7, 6, 28, 16, tzinfo=UTC)) == (0, 0)

    def test_sender_report_golden(self) -> None:
        report = rtcp.sender_report(0x01020304, at=AT, timestamp=90_000, packets=3, octets=4000, cname="vigil")
        seconds = struct.pack(">I", 2_208_988_800 + int(AT.timestamp())).hex()
        assert report.hex() == (
            "80c80006"
            "01020304" + seconds + "40000000"
            "00015f90"
            "00000003"
            "00000fa0"
            "81ca0003"
            "01020304"
            "0105" + b"vigil".hex() + "00"
        )

    def test_goodbye_is_a_compound_packet(self) -> None:
        goodbye = rtcp.goodbye(5, cname="abc")
        assert goodbye.hex() == "80c900010000000581ca000300000005010361626300000081cb000100000005"

    @pytest.mark.parametrize(
        ("data", "expected"),
        [
            ("80c9000100000001", True),
            ("81c8000600000001", True),
            ("80cb000100000001", False),
            ("80c9", False),
            ("", False),
        ],
    )
    def test_knows_a_listener(self, data: str, expected: bool) -> None:
        assert rtcp.is_receiver_report(bytes.fromhex(data)) is expected
