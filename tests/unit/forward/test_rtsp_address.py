from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.forward.rtsp.address import base_of, control_of, stream_of, track_of

HOST = "rtsp://192.0.2.1:8554"
RANGE = "from=2026-11-23T09:00:00+08:00&to=2026-11-23T10:00:00+08:00"


@pytest.mark.parametrize(
    ("uri", "path", "query"),
    [
        (f"{HOST}/live/counter", "/live/counter", ""),
        (f"{HOST}/live/counter/", "/live/counter", ""),
        (f"{HOST}/live/counter/trackID=0", "/live/counter", ""),
        (f"{HOST}/hall%20a/counter", "/hall a/counter", ""),
        (f"{HOST}/archive/counter?{RANGE}", "/archive/counter", RANGE),
        (f"{HOST}/archive/counter/trackID=0?{RANGE}", "/archive/counter", RANGE),
        (f"{HOST}/archive/counter?{RANGE}/trackID=0", "/archive/counter", RANGE),  # a player that appends
        (f"{HOST}/archive/counter?{RANGE}/", "/archive/counter", RANGE),
        ("rtsp://[::1", "", ""),
        ("*", "*", ""),
    ],
)
def test_which_stream_is_meant(uri: str, path: str, query: str) -> None:
    assert stream_of(uri) == (path, query)


def test_a_track_without_a_query_is_named_relative_to_its_stream() -> None:
    assert control_of(f"{HOST}/live/counter") == "trackID=0"
    assert base_of(f"{HOST}/live/counter") == f"{HOST}/live/counter/"
    assert track_of(f"{HOST}/live/counter/") == f"{HOST}/live/counter/trackID=0"


def test_a_track_with_a_query_is_named_whole() -> None:
    uri = f"{HOST}/archive/counter?{RANGE}"
    assert control_of(uri) == f"{HOST}/archive/counter/trackID=0?{RANGE}"
    assert base_of(uri) == uri
    assert track_of(control_of(uri)) == control_of(uri)


@given(st.text(max_size=100))
def test_never_fails(text: str) -> None:
    stream_of(text)
