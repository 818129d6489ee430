from __future__ import annotations

from itertools import pairwise
from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.ingest.g711 import Law, expanded
from vigil.ingest.rtsp.sound_rtp import Piece, SoundDepacketiser
from vigil.ingest.rtsp.sound_sdp import AuHeaders, SoundTrack
from vigil.model.media import SoundCodec, SoundParameters

TURN = 2**32
AAC = SoundTrack(
    "rtsp://192.0.2.7/2",
    97,
    16_000,
    SoundParameters(SoundCodec.AAC, 16_000, 1, b"\x14\x08"),
    headers=AuHeaders(13, 3, 3),
)
PCMA = SoundTrack("rtsp://192.0.2.7/2", 8, 8000, SoundParameters(SoundCodec.LPCM, 8000, 1), law=Law.A)


def rtp(sequence: int, timestamp: int, payload: bytes, *, payload_type: int = 97) -> bytes:
    return pack(">BBHII", 0x80, payload_type, sequence & 0xFFFF, timestamp % TURN, 7) + payload


def au(*units: bytes, sizes: tuple[int, ...] | None = None, delta: int = 0) -> bytes:
    """A payload of AAC-hbr (RFC 3640, 3.3.6)."""
    sizes = sizes or tuple(map(len, units))
    headers = b"".join(pack(">H", size << 3 | (delta if index else 0)) for index, size in enumerate(sizes))
    return pack(">H", 8 * len(headers)) + headers + b"".join(units)


def take(track: SoundTrack, packets: list[bytes]) -> tuple[list[Piece], int]:
    stream = SoundDepacketiser(track)
    return [piece for packet in packets for piece in stream.take(packet)], stream.lost


class TestAac:
    def test_several_units_in_one_packet_follow_each_other(self) -> None:
        pieces, lost = take(AAC, [rtp(1, 5000, au(b"one", b"second", b"3")), rtp(2, 5000 + 3 * 1024, au(b"four"))])
        assert [piece.data for piece in pieces] == [b"one", b"second", b"3", b"four"]
        assert [piece.timestamp for piece in pieces] == [5000 + index * 1024 for index in range(4)]
        assert {piece.samples for piece in pieces} == {1024}
        assert lost == 0

    @given(
        units=st.lists(st.binary(min_size=1, max_size=3000), min_size=1, max_size=12),
        most=st.integers(1, 1400),
        lost=st.sets(st.integers(0, 40)),
        start=st.sampled_from([0, 70_000, TURN - 3000]),
    )
    def test_however_units_are_cut_only_those_are_left_out_of_which_a_packet_is_missing(
        self, units: list[bytes], most: int, lost: set[int], start: int
    ) -> None:
        packets: list[tuple[int, bytes]] = []
        for index, unit in enumerate(units):
            for at in range(0, len(unit), most):
                payload = au(unit[at : at + most], sizes=(len(unit),))
                packets.append((index, rtp(65_530 + len(packets), start + index * 1024, payload)))
        missing = {packets[number][0] for number in lost if number < len(packets)}
        came = [packet for number, (_, packet) in enumerate(packets) if number not in lost]
        pieces, counted = take(AAC, came)
        assert [piece.data for piece in pieces] == [unit for index, unit in enumerate(units) if index not in missing]
        # Turns are counted from what comes first, which may be of the second turn itself.
        heard = next((start + index * 1024 for number, (index, _) in enumerate(packets) if number not in lost), 0)
        turn = heard - heard % TURN
        assert [piece.timestamp for piece in pieces] == [
            start + i * 1024 - turn for i in range(len(units)) if i not in missing
        ]
        first = next((number for number in range(len(packets)) if number not in lost), len(packets))
        last = max((number for number in range(len(packets)) if number not in lost), default=0)
        assert counted >= len([number for number in lost if first < number < last])

    @pytest.mark.parametrize(
        "payload",
        [
            b"",
            b"\x00",
            b"\x00\x00",
            b"\x00\x10",
            b"\xff\xff\x00\x08x",
            au(b"one", sizes=(0,)),
            au(b"one", b"two", sizes=(3, 9)),
            au(b"one", b"two", delta=1),
        ],
    )
    def test_nonsense_is_counted_and_what_follows_is_heard(self, payload: bytes) -> None:
        pieces, lost = take(AAC, [rtp(1, 0, payload), rtp(2, 1024, au(b"good"))])
        assert ([piece.data for piece in pieces], lost) == ([b"good"], 1)

    def test_a_unit_whose_rest_never_comes_is_not_joined_to_the_next(self) -> None:
        begun = au(b"half", sizes=(8,))
        pieces, lost = take(AAC, [rtp(1, 0, begun), rtp(2, 1024, begun), rtp(3, 1024, au(b"rest", sizes=(8,)))])
        assert ([piece.data for piece in pieces], lost) == ([b"halfrest"], 1)

    @pytest.mark.parametrize("sizes", [(9,), (4,)])
    def test_fragments_that_contradict_each_other(self, sizes: tuple[int, ...]) -> None:
        packets = [rtp(1, 0, au(b"half", sizes=(6,))), rtp(2, 0, au(b"rest", sizes=sizes))]
        assert take(AAC, packets) == ([], 1)

    def test_other_sizes_of_headers(self) -> None:
        """AAC-lbr: 6 bits of size and 2 of index (3.3.5)."""
        track = SoundTrack(AAC.uri, 97, 8000, AAC.parameters, headers=AuHeaders(6, 2, 2))
        payload = b"\x00\x10" + bytes((3 << 2, 2 << 2)) + b"onetw"
        pieces, _ = take(track, [rtp(1, 0, payload)])
        assert [(piece.data, piece.timestamp) for piece in pieces] == [(b"one", 0), (b"tw", 512)]


class TestG711:
    def test_its_samples_are_expanded(self) -> None:
        data = bytes(range(160))
        pieces, lost = take(PCMA, [rtp(1, TURN - 160, data, payload_type=8), rtp(2, 0, data, payload_type=8)])
        assert [piece.data for piece in pieces] == [expanded(Law.A, data)] * 2
        assert [(piece.samples, piece.timestamp) for piece in pieces] == [(160, TURN - 160), (160, TURN)]
        assert lost == 0

    def test_two_channels(self) -> None:
        track = SoundTrack(PCMA.uri, 8, 8000, SoundParameters(SoundCodec.LPCM, 8000, 2), law=Law.A)
        pieces, lost = take(track, [rtp(1, 0, bytes(320), payload_type=8), rtp(2, 160, bytes(3), payload_type=8)])
        assert ([piece.samples for piece in pieces], lost) == ([160], 1)

    def test_lost_packets_are_counted_and_leave_their_time_empty(self) -> None:
        packets = [rtp(index, index * 160, bytes(160), payload_type=8) for index in range(10)]
        del packets[3:6]
        pieces, lost = take(PCMA, packets)
        assert lost == 3
        assert [after.timestamp - before.timestamp for before, after in pairwise(pieces)] == [
            160,
            160,
            640,
            160,
            160,
            160,
        ]

    def test_a_sequence_that_begins_anew_is_not_a_thousand_losses(self) -> None:
        packets = [rtp(40_000, 0, bytes(160), payload_type=8), rtp(7, 160, bytes(160), payload_type=8)]
        _, lost = take(PCMA, packets)
        assert lost < 40_000

    @pytest.mark.parametrize("packet", [b"", b"\x80", b"\x40" + bytes(30), rtp(1, 0, b"x", payload_type=101)])
    def test_what_is_no_sound_of_ours(self, packet: bytes) -> None:
        assert take(PCMA, [packet]) == ([], 0)
