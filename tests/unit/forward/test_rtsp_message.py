from __future__ import annotations

import contextlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.forward.rtsp.limits import Limits
from vigil.forward.rtsp.message import Interleaved, MalformedMessage, MessageParser, Request, Response, frame
from vigil.forward.rtsp.transport import ClientPorts, Interleaving, choose

LIMITS = Limits(header_bytes=200, body_bytes=50)
PEER = "192.0.2.20"
OPTIONS = b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n"


def parse(*chunks: bytes) -> list[Request | Interleaved]:
    parser = MessageParser(LIMITS)
    return [message for chunk in chunks for message in parser.feed(chunk)]


class TestParser:
    def test_reads_a_request_with_a_body(self) -> None:
        raw = b"SET_PARAMETER rtsp://h/a RTSP/1.0\r\nCSeq: 2\r\nContent-Length: 4\r\nX-A: 1\r\nx-a:2\r\n\r\nbody"
        assert parse(raw) == [
            Request("SET_PARAMETER", "rtsp://h/a", {"cseq": "2", "content-length": "4", "x-a": "1, 2"}, b"body")
        ]

    def test_reads_frames_between_requests(self) -> None:
        raw = OPTIONS + frame(1, b"report") + b"\r\n\r\n" + OPTIONS
        request = Request("OPTIONS", "*", {"cseq": "1"})
        assert parse(raw) == [request, Interleaved(1, b"report"), request]

    @given(st.lists(st.integers(1, 90), max_size=5))
    def test_does_not_care_how_the_bytes_arrive(self, cuts: list[int]) -> None:
        raw = OPTIONS + frame(1, b"report") + OPTIONS
        edges = [0, *sorted(cuts), len(raw)]
        chunks = [raw[begin:end] for begin, end in pairwise(edges)]
        assert parse(*chunks) == parse(raw)

    @pytest.mark.parametrize(
        ("raw", "status"),
        [
            (b"OPTIONS *\r\n\r\n", 400),
            (b"OPTIONS  * RTSP/1.0\r\n\r\n", 400),
            (b"OPTIONS * RTSP/2.0\r\n\r\n", 505),
            (b"GET / HTTP/1.1\r\n\r\n", 505),
            (b"OPTIONS * RTSP/1.0\r\nnothing\r\n\r\n", 400),
            (b"OPTIONS * RTSP/1.0\r\n folded: 1\r\n\r\n", 400),
            (b"OPTIONS * RTSP/1.0\r\nX: \xff\r\n\r\n", 400),
            (b"OPTIONS * RTSP/1.0\r\nContent-Length: -1\r\n\r\n", 400),
            (b"OPTIONS * RTSP/1.0\r\nContent-Length: 51\r\n\r\n", 413),
            (b"OPTIONS * RTSP/1.0\r\nContent-Length: 99999999999999\r\n\r\n", 413),
            (b"x" * 201, 431),
            (b"OPTIONS * RTSP/1.0\r\nX: " + b"x" * 200 + b"\r\n\r\n", 431),
        ],
    )
    def test_refuses_what_breaks_the_rules(self, raw: bytes, status: int) -> None:
        with pytest.raises(MalformedMessage) as caught:
            parse(raw)
        assert caught.value.status == status

    @given(st.binary(max_size=400))
    def test_fails_in_no_other_way(self, raw: bytes) -> None:
        with contextlib.suppress(MalformedMessage):
            parse(raw)


def test_response_golden() -> None:
    response = Response(200, (("Content-Type", "application/sdp"),), b"v=0")
    assert response.encode("7") == (
        b"RTSP/1.0 200 OK\r\nCSeq: 7\r\nContent-Type: application/sdp\r\nContent-Length: 3\r\n\r\nv=0"
    )


class TestTransport:
    @pytest.mark.parametrize(
        ("header", "chosen"),
        [
            ("RTP/AVP/TCP;unicast;interleaved=2-3", Interleaving(2, 3)),
            ("RTP/AVP/TCP;unicast", Interleaving(0, 1)),
            ("RTP/AVP;unicast;client_port=5000-5001", ClientPorts(5000, 5001)),
            ("rtp/avp/udp;unicast;client_port=5000;mode=play", ClientPorts(5000, 5001)),
            ("RTP/AVP;unicast;destination=192.0.2.20;client_port=5000-5001", ClientPorts(5000, 5001)),
            ('RTP/AVP;multicast,RTP/AVP/TCP;interleaved=0-1;mode="PLAY"', Interleaving(0, 1)),
        ],
    )
    def test_takes_the_first_it_offers(self, header: str, chosen: object) -> None:
        assert choose(header, PEER) == chosen

    @pytest.mark.parametrize(
        "header",
        [
            "",
            "RTP/AVP;multicast",
            "RTP/SAVP;unicast;client_port=5000-5001",
            "RTP/AVP;unicast",
            "RTP/AVP;unicast;client_port=53-54",
            "RTP/AVP;unicast;client_port=65535",
            "RTP/AVP;unicast;client_port=5000-5000",
            "RTP/AVP;unicast;client_port=²-³",
            "RTP/AVP;unicast;destination=192.0.2.21;client_port=5000-5001",
            "RTP/AVP;unicast;destination=;client_port=5000-5001",
            "RTP/AVP/TCP;interleaved=255",
            "RTP/AVP/TCP;interleaved=0-1;mode=RECORD",
        ],
    )
    def test_refuses_the_rest(self, header: str) -> None:
        assert choose(header, PEER) is None

    def test_offers_no_udp_where_it_would_leave_the_encryption(self) -> None:
        header = "RTP/AVP;unicast;client_port=5000-5001,RTP/AVP/TCP;interleaved=0-1"
        assert choose(header, PEER, udp=False) == Interleaving(0, 1)
