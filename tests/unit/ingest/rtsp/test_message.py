from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.ingest.rtsp.message import MOST_BYTES, Inbox, NotUnderstood, request

ANSWER = b"RTSP/1.0 200 OK\r\nCSeq: 4\r\nSession: 12;timeout=60\r\n\r\n"


def frame(channel: int, payload: bytes) -> bytes:
    return b"$" + bytes((channel,)) + len(payload).to_bytes(2, "big") + payload


def received(*parts: bytes) -> Inbox:
    inbox = Inbox()
    for part in parts:
        inbox.add(part)
    return inbox


def test_a_request_is_written_as_the_standard_has_it() -> None:
    data = request("SETUP", "rtsp://hall/ch1", [("CSeq", "3"), ("Session", "12")])
    assert data == b"SETUP rtsp://hall/ch1 RTSP/1.0\r\nCSeq: 3\r\nSession: 12\r\n\r\n"


def test_an_answer_is_read() -> None:
    (answer,) = received(ANSWER).messages
    assert (answer.status, answer.reason) == (200, "OK")
    assert answer.headers == {"cseq": "4", "session": "12;timeout=60"}


def test_a_header_that_comes_twice_holds_both() -> None:
    head = b'RTSP/1.0 401 Unauthorized\r\nWWW-Authenticate: Digest a="1"\r\nwww-authenticate: Basic b\r\n\r\n'
    (answer,) = received(head).messages
    assert answer.headers["www-authenticate"] == 'Digest a="1", Basic b'


def test_what_the_camera_asks_has_no_status() -> None:
    (asked,) = received(b"OPTIONS rtsp://hall RTSP/1.0\r\nCSeq: 1\r\n\r\n").messages
    assert asked.status == 0


def test_a_status_without_a_reason_is_enough() -> None:
    assert received(b"RTSP/1.0 454\r\n\r\n").messages[0].status == 454


def test_frames_go_by_their_channel() -> None:
    inbox = Inbox()
    inbox.channels = (4, 5)
    inbox.add(frame(4, b"rtp") + frame(5, b"rtcp") + frame(0, b"of another track"))
    assert (inbox.rtp, inbox.rtcp) == ([b"rtp"], [b"rtcp"])


@given(st.lists(st.sampled_from([frame(0, b"one"), frame(0, b""), frame(1, b"$$"), ANSWER, b"\r\n"])), st.data())
def test_however_it_is_cut_the_same_comes_out(parts: list[bytes], data: st.DataObject) -> None:
    """TCP cuts where it likes; keep-alive answers come between frames."""
    stream = b"".join(parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    pieces = [stream[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    whole, cut = received(stream), received(*pieces)
    assert (cut.rtp, cut.rtcp, cut.messages) == (whole.rtp, whole.rtcp, whole.messages)
    assert len(whole.rtp) == parts.count(frame(0, b"one")) + parts.count(frame(0, b""))
    assert len(whole.messages) == parts.count(ANSWER)


def test_a_body_belongs_to_its_message() -> None:
    body = b"v=0\r\ns=$ is no frame here\r\n"
    head = b"RTSP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
    inbox = received(head + body[:7], body[7:] + frame(0, b"one"))
    assert inbox.messages[0].body == body
    assert inbox.rtp == [b"one"]


@pytest.mark.parametrize(
    "data",
    [
        b"\x00\x01\x02\x03\x04",
        b"RTSP/1.0 no status\r\n\r\n",
        b"RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"RTSP/1.0 200 OK\r\nContent-Length: 99999999\r\n\r\n",
        b"RTSP/1.0 200 OK\r\n" + b"A" * MOST_BYTES,
    ],
)
def test_what_is_no_rtsp_is_said_to_be_none(data: bytes) -> None:
    with pytest.raises(NotUnderstood):
        received(data)
