from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from struct import pack
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.media import FRAME_90K, RATE, Footage, footage, pictures_of
from vigil.forward.rtsp.rtcp import goodbye
from vigil.forward.rtsp.rtp import PAYLOAD_TYPE, Packetiser
from vigil.ingest.rtsp.message import NotUnderstood
from vigil.ingest.rtsp.rtcp import says_goodbye
from vigil.ingest.rtsp.rtp import Depacketiser
from vigil.ingest.source import RawPacket
from vigil.model import nal
from vigil.model.media import Codec, Packet

CODECS = pytest.mark.parametrize("codec", list(Codec))
START = 2**32 - 5 * FRAME_90K
"""Timestamps of which the sixth picture's begin anew."""


def sent(
    line: Footage, *, max_payload: int = 200, sequence: int = 65_500, pictures: Sequence[Packet] | None = None
) -> list[list[bytes]]:
    """RTP packets of each picture. Small ones, for the test's pictures are small, too."""
    to_rtp = Packetiser(line.parameters.codec, ssrc=1, sequence=sequence, timestamp=START, max_payload=max_payload)
    return [to_rtp.packetise(packet) for packet in (line.packets if pictures is None else pictures)]


def flat(packets: Iterable[Iterable[bytes]]) -> list[bytes]:
    return [packet for group in packets for packet in group]


def pictures_from(line: Footage, packets: Iterable[bytes]) -> list[RawPacket]:
    return Depacketiser(line.parameters.codec, PAYLOAD_TYPE).take(packets)


def units(pictures: Iterable[RawPacket | Packet]) -> list[list[bytes]]:
    """RTP does not tell how long a start code was."""
    return [nal.split(picture.data) for picture in pictures]


def changed(packet: bytes, **fields: Any) -> bytes:
    """The packet with other bits in its header: `marker`, `kind`, `timestamp`, `sequence`."""
    marker = fields.get("marker", bool(packet[1] & 0x80))
    kind = fields.get("kind", packet[1] & 0x7F)
    sequence = fields.get("sequence", int.from_bytes(packet[2:4], "big"))
    timestamp = fields.get("timestamp", int.from_bytes(packet[4:8], "big"))
    return packet[:1] + pack(">BHI", marker << 7 | kind, sequence, timestamp) + packet[8:]


def packet_of(payload: bytes, *, sequence: int, timestamp: int) -> bytes:
    return pack(">BBHII", 0x80, PAYLOAD_TYPE, sequence, timestamp, 1) + payload


class TestPictures:
    @CODECS
    @pytest.mark.parametrize("max_payload", [40, 200, 1388, 60_000])
    def test_are_as_they_were_sent(self, codec: Codec, max_payload: int) -> None:
        line = footage(codec)
        pictures = pictures_from(line, flat(sent(line, max_payload=max_payload)))
        assert units(pictures) == units(line.packets[:-1]), "the last waits for the next one's beginning"
        assert [picture.key for picture in pictures] == [packet.key for packet in line.packets[:-1]]
        times = [picture.dts_90k for picture in pictures]
        assert times == [START + packet.dts_90k for packet in line.packets[:-1]], "also where timestamps begin anew"
        assert times == [picture.pts_90k for picture in pictures]

    @settings(max_examples=30)
    @given(st.lists(st.integers(0, 400), max_size=20))
    def test_however_the_packets_come_together(self, cuts: list[int]) -> None:
        line = footage(Codec.H264)
        packets = flat(sent(line))
        depacketiser = Depacketiser(Codec.H264, PAYLOAD_TYPE)
        marks = [0, *sorted(cuts), len(packets)]
        pictures = [picture for begin, end in pairwise(marks) for picture in depacketiser.take(packets[begin:end])]
        assert units(pictures) == units(line.packets[:-1])

    @CODECS
    @pytest.mark.parametrize("marker", [False, True])
    def test_markers_are_not_asked(self, codec: Codec, marker: bool) -> None:
        line = footage(codec)
        packets = [changed(packet, marker=marker) for packet in flat(sent(line))]
        assert units(pictures_from(line, packets)) == units(line.packets[:-1])

    @CODECS
    def test_parameter_sets_sent_before_belong_to_the_key_picture(self, codec: Codec) -> None:
        """Some cameras give them a timestamp of their own."""
        line = footage(codec)
        packets = flat(sent(line, max_payload=60_000))
        early = [
            changed(packet, timestamp=int.from_bytes(packet[4:8], "big") - FRAME_90K // 2 & 0xFFFFFFFF)
            if nal.is_parameter_set(codec, packet[12:])
            else packet
            for packet in packets
        ]
        assert early != packets
        assert units(pictures_from(line, early)) == units(line.packets[:-1])

    @CODECS
    def test_units_may_come_several_in_one_packet(self, codec: Codec) -> None:
        line = footage(codec)
        header = {Codec.H264: b"\x78", Codec.H265: b"\x60\x01"}[codec]  # STAP-A; AP
        packets = [
            packet_of(
                header + b"".join(len(unit).to_bytes(2, "big") + unit for unit in nal.split(packet.data)),
                sequence=number,
                timestamp=packet.pts_90k,
            )
            for number, packet in enumerate(line.packets[: 2 * RATE])
        ]
        assert units(pictures_from(line, packets)) == units(line.packets[: 2 * RATE - 1])

    def test_headers_may_have_sources_an_extension_and_padding(self, h264: Footage) -> None:
        extra = b"\0\0\0\7" + b"\xbe\xde\0\1\0\0\0\0"  # one source; an extension of one word
        packets = [
            bytes((packet[0] | 0x31,)) + packet[1:12] + extra + packet[12:] + b"\0\0\3" for packet in flat(sent(h264))
        ]
        assert units(pictures_from(h264, packets)) == units(h264.packets[:-1])

    def test_other_payload_types_are_left_out(self, h264: Footage) -> None:
        groups = sent(h264, max_payload=60_000, sequence=0)
        with_others: list[bytes] = []
        for packet in flat(groups):
            with_others += (packet, changed(packet, kind=107))
        numbered = [changed(packet, sequence=number & 0xFFFF) for number, packet in enumerate(with_others)]
        assert units(pictures_from(h264, numbered)) == units(h264.packets[:-1])

    def test_the_last_one_is_given_at_the_end_where_the_camera_had_marked_it(self, h264: Footage) -> None:
        packets = flat(sent(h264))
        whole, cut = Depacketiser(Codec.H264, PAYLOAD_TYPE), Depacketiser(Codec.H264, PAYLOAD_TYPE)
        whole.take(packets)
        assert units(whole.flush()) == units(h264.packets[-1:])
        cut.take(packets[:-1])
        assert cut.flush() == []


class TestLoss:
    """A camera whose own buffer runs over leaves packets out. Half a picture is worse than none."""

    @CODECS
    @pytest.mark.parametrize("marked", [True, False])
    def test_what_is_given_is_whole(self, codec: Codec, marked: bool) -> None:
        line = footage(codec, seconds=2)
        packets = flat(sent(line, max_payload=100))
        if not marked:
            packets = [changed(packet, marker=False) for packet in packets]
        originals = pictures_of(codec, line.packets)
        for lost in range(1, len(packets), 7):
            given = pictures_of(codec, pictures_from(line, packets[:lost] + packets[lost + 1 :]))
            assert all(picture in originals for picture in given)
            assert len(given) >= len(originals) - 1 - (1 if marked else 2), (
                "without a mark, the one before may have lost its end"
            )

    @CODECS
    def test_a_picture_into_which_we_came_is_none(self, codec: Codec) -> None:
        line = footage(codec)
        begun, *groups = sent(line, max_payload=100)
        for missing in range(len(begun) - 2, len(begun)):
            given = pictures_from(line, flat([begun[missing:], *groups]))
            assert units(given) == units(line.packets[1:-1])

    @CODECS
    def test_parameter_sets_before_which_we_came_are_not_missed(self, codec: Codec) -> None:
        """Session has them from the description."""
        line = footage(codec)
        begun, *groups = sent(line, max_payload=60_000)
        given = pictures_from(line, flat([begun[-1:], *groups]))
        assert pictures_of(codec, given) == pictures_of(codec, line.packets[:-1])

    def test_it_is_counted(self, h264: Footage) -> None:
        packets = flat(sent(h264))
        del packets[len(sent(h264)[0]) - 2]
        depacketiser = Depacketiser(Codec.H264, PAYLOAD_TYPE)
        assert units(depacketiser.take(packets)) == units(h264.packets[1:-1])
        assert depacketiser.left_out == 1


class TestNotUnderstood:
    def test_pictures_that_are_not_sent_as_they_are_shown(self) -> None:
        line = footage(Codec.H264, b_frames=2)
        with pytest.raises(NotUnderstood, match="another order"):
            pictures_from(line, flat(sent(line)))

    def test_a_clock_that_jumps_back_is_a_jump_and_no_order(self, h264: Footage) -> None:
        """Timeline knows what to do about it."""
        packets = flat(sent(h264, max_payload=60_000, pictures=[*h264.packets[100:], *h264.packets[:50]]))
        pictures = pictures_from(h264, packets)
        assert len(pictures) == 149
        assert (pictures[100].dts_90k or 0) - (pictures[99].dts_90k or 0) == -199 * FRAME_90K

    @pytest.mark.parametrize(("codec", "payload"), [(Codec.H264, b"\x19ab"), (Codec.H265, b"\x64\x01ab")])
    def test_units_out_of_their_order(self, codec: Codec, payload: bytes) -> None:
        with pytest.raises(NotUnderstood, match="payloads of type"):
            Depacketiser(codec, PAYLOAD_TYPE).take([packet_of(payload, sequence=1, timestamp=0)])

    def test_a_picture_without_an_end(self) -> None:
        begin, more = b"\x7c\x85" + b"\x88" * 60_000, b"\x7c\x05" + b"\x88" * 60_000
        packets = [packet_of(more if number else begin, sequence=number, timestamp=0) for number in range(1200)]
        with pytest.raises(NotUnderstood, match="more than"):
            Depacketiser(Codec.H264, PAYLOAD_TYPE).take(packets)


@given(st.lists(st.binary(max_size=40)), st.sampled_from(list(Codec)))
def test_whatever_comes_it_is_a_picture_or_not_understood(packets: list[bytes], codec: Codec) -> None:
    depacketiser = Depacketiser(codec, PAYLOAD_TYPE)
    rtp = [packet_of(packet, sequence=number, timestamp=number // 3) for number, packet in enumerate(packets)]
    for given_packets in (packets, rtp):
        try:
            pictures = depacketiser.take(given_packets)
        except NotUnderstood:
            continue
        assert all(nal.split(picture.data) for picture in pictures)


def test_a_goodbye_is_found_among_other_reports() -> None:
    report = b"\x80\xc8\x00\x06" + bytes(24)
    assert not says_goodbye(report)
    assert says_goodbye(goodbye(1, cname="vigil"))
    assert says_goodbye(report + goodbye(1, cname="vigil"))
    assert not says_goodbye(b"\x80\xcb")
