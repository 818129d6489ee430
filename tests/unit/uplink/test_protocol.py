from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.uplink import samples
from vigil.errors import UplinkError
from vigil.model.ids import SegmentId
from vigil.model.looks import CameraHealth, CameraStatus, QueueStatus, Unknown, WaitEstimate
from vigil.model.media import Fragment, StreamKind
from vigil.uplink import protocol
from vigil.uplink.protocol import (
    Ack,
    Credit,
    Declined,
    Down,
    Hello,
    LiveStarted,
    Offer,
    Put,
    Record,
    Rejected,
    Report,
    Stored,
    Suspensions,
    TheTime,
    Unwatch,
    Up,
    Uploaded,
    Watch,
    Welcome,
    WhatTime,
)

SEGMENT = SegmentId("a-cam_20260302T010000.000000Z")
REPORT = Report(
    (samples.status(),),
    (
        QueueStatus(samples.GROUP, None, 1, 0, 1, samples.T0),
        QueueStatus(samples.GROUP, 7, 2, 0, 3, samples.T0, WaitEstimate(720.0, 480.0, 1140.0)),
    ),
    (CameraStatus(samples.CAMERA, CameraHealth.IMPAIRED, samples.T0, None, Unknown.DARK),),
)
UP: list[Up] = [
    Hello(samples.NODE, "0.1.0", 1, "", samples.T0, ("suspensions",)),
    Record(7, "gap_a", "gap", samples.T0, {"camera": "a-cam", "text": "窗口"}, backfilled=True),
    REPORT,
    Offer(samples.segment(), backfilled=True),
    Uploaded(SEGMENT),
    LiveStarted(3, samples.CAMERA, StreamKind.SUB, 'video/mp4; codecs="avc1.64001F"', 640, 360),
    TheTime(samples.T0, samples.at(0.5)),
]
DOWN: list[Down] = [
    Welcome(samples.SITE, (samples.CAMERA,), "abc", samples.T0, protocol.RECORD_KINDS),
    Suspensions((samples.suspension(),)),
    Ack(7),
    Declined(7, "makes no sense"),
    Credit(3, 1024),
    WhatTime(samples.T0),
    Put(SEGMENT, "/uplink/v1/objects/x"),
    Stored(SEGMENT),
    Rejected(SEGMENT, "altered"),
    Watch(3, samples.CAMERA, StreamKind.MAIN),
    Unwatch(3),
]


def test_every_message_has_a_sample() -> None:
    assert {type(message) for message in UP} == set(get_args(Up))
    assert {type(message) for message in DOWN} == set(get_args(Down))


@pytest.mark.parametrize("message", UP, ids=lambda message: message.type)
def test_up_comes_out_as_it_went_in(message: Up) -> None:
    assert protocol.decode_up(protocol.encode_up(message)) == message


@pytest.mark.parametrize("message", DOWN, ids=lambda message: message.type)
def test_down_comes_out_as_it_went_in(message: Down) -> None:
    assert protocol.decode_down(protocol.encode_down(message)) == message


def test_a_node_from_before_there_were_capabilities_has_none() -> None:
    said = json.loads(protocol.encode_up(UP[0]))
    del said["can"]
    hello = protocol.decode_up(json.dumps(said))
    assert isinstance(hello, Hello)
    assert hello.can == ()


def test_a_centre_from_before_there_were_capabilities_passes_them_over() -> None:
    said = json.loads(protocol.encode_up(UP[0])) | {"from_the_future": ["x"]}
    assert protocol.decode_up(json.dumps(said)) == UP[0]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(
    seq=st.integers(0, 2**62),
    identity=st.text(min_size=1, max_size=50),
    made_at=st.datetimes(min_value=datetime(2000, 1, 1), timezones=st.just(UTC)),
    body=st.dictionaries(st.text(max_size=10), JSON, max_size=4),
)
def test_any_record_comes_out_as_it_went_in(seq: int, identity: str, made_at: datetime, body: dict[str, Any]) -> None:
    record = Record(seq, identity, "observation", made_at, body)
    assert protocol.decode_up(protocol.encode_up(record)) == record


@given(channel=st.integers(0, 0xFFFF), data=st.binary(min_size=1, max_size=200), key=st.booleans(), init=st.booleans())
def test_any_fragment_comes_out_as_it_went_in(channel: int, data: bytes, key: bool, init: bool) -> None:
    fragment = Fragment(data, key, init)
    received = protocol.decode_fragment(protocol.encode_fragment(channel, fragment))
    assert (received.channel, received.fragment) == (channel, fragment)


@given(st.binary(max_size=300))
def test_junk_is_an_error_and_nothing_else(data: bytes) -> None:
    for decode in (protocol.decode_up, protocol.decode_down):
        with pytest.raises(UplinkError):
            decode(data)
    try:
        protocol.decode_fragment(data)
    except UplinkError:
        assert len(data) <= 4 or data[0] != protocol.VERSION


@pytest.mark.parametrize(
    "message",
    [
        {"type": "record"},
        {"type": "ack", "seq": 1},
        {"type": "offer", "segment": {"id": "x"}},
        {"seq": 1},
        [],
        {"type": "record", "seq": 1, "id": "x", "kind": "order", "made_at": "2026-03-02T01:00:00Z", "body": {}},
    ],
)
def test_what_a_node_does_not_say_is_an_error(message: object) -> None:
    with pytest.raises(UplinkError, match="does not know"):
        protocol.decode_up(json.dumps(message))


def test_an_error_does_not_repeat_what_was_sent() -> None:
    with pytest.raises(UplinkError) as caught:
        protocol.decode_up('{"type": "record", "seq": "secret-text"}')
    assert "secret-text" not in str(caught.value)


def test_a_centre_that_does_not_say_what_it_takes_is_one_from_before_there_were_minutes() -> None:
    text = protocol.encode_down(Welcome(samples.SITE, (), "abc", samples.T0))
    message = json.loads(text)
    del message["takes"]
    welcome = protocol.decode_down(json.dumps(message))
    assert isinstance(welcome, Welcome)
    assert welcome.takes == ("alert", "observation", "gap")


@pytest.mark.parametrize("data", [b"", b"\x01\x00\x00\x01", b"\x02\x00\x00\x01video"])
def test_a_live_frame_without_a_right_header_is_an_error(data: bytes) -> None:
    with pytest.raises(UplinkError, match="live frame"):
        protocol.decode_fragment(data)
