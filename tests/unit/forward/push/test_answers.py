from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.forward.push.answers import MOST_BYTES, Answer, AnswerParser
from vigil.forward.rtsp.message import MalformedMessage, frame

YES = b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nSession: abc;timeout=60\r\n\r\n"
NO = b"RTSP/1.0 404 Not Found\r\nCSeq: 2\r\nContent-Length: 5\r\n\r\nabcde"


@given(st.integers(1, 60))
def test_answers_come_out_between_frames_however_they_are_cut(piece: int) -> None:
    data = YES + frame(1, b"report\r\n\r\n") + b"\r\n\r\n" + NO + frame(0, b"")
    parser = AnswerParser()
    heard = [answer for at in range(0, len(data), piece) for answer in parser.feed(data[at : at + piece])]
    assert [(answer.status, answer.reason) for answer in heard] == [(200, "OK"), (404, "Not Found")]
    assert heard[0].headers["session"] == "abc;timeout=60"


def test_what_the_server_asks_has_no_status() -> None:
    assert list(AnswerParser().feed(b"OPTIONS * RTSP/1.0\r\nCSeq: 9\r\n\r\n")) == [
        Answer(0, "OPTIONS * RTSP/1.0", {"cseq": "9"})
    ]


@pytest.mark.parametrize(
    "data", [b"RTSP/1.0 yes OK\r\n\r\n", b"RTSP/1.0 200 OK\r\nContent-Length: much\r\n\r\n", b"x" * (MOST_BYTES + 1)]
)
def test_what_is_no_answer_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedMessage):
        list(AnswerParser().feed(data))
