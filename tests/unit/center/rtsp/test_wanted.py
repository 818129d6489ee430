from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.center.rtsp.wanted import LiveWanted, RangeWanted, wanted
from vigil.forward.rtsp.source import Refusal
from vigil.model.ids import CameraId
from vigil.model.media import StreamKind

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
FROM, TO = "2026-11-23T09:00:00+08:00", "2026-11-23T09:10:00+08:00"
COUNTER = CameraId("counter")
TEN_MINUTES = RangeWanted(COUNTER, datetime(2026, 11, 23, 1, 0, tzinfo=UTC), datetime(2026, 11, 23, 1, 10, tzinfo=UTC))


def test_live() -> None:
    assert wanted("/live/counter", "", NOW) == LiveWanted(COUNTER, StreamKind.MAIN)
    assert wanted("/live/counter/sub", "", NOW) == LiveWanted(COUNTER, StreamKind.SUB)
    assert wanted("/live/counter", "transportmode=unicast", NOW) == LiveWanted(COUNTER, StreamKind.MAIN)


@pytest.mark.parametrize(
    "query",
    [
        f"from={FROM}&to={TO}",
        f"to={TO}&from={FROM}",
        f"from={FROM.replace('+', '%2B')}&to={TO.replace(':', '%3A').replace('+', '%2b')}",
        "from=2026-11-23T01:00:00Z&to=2026-11-23T01:10:00Z",
        "from=20261123T010000Z&to=20261123T011000Z",
    ],
)
def test_a_range(query: str) -> None:
    assert wanted("/archive/counter", query, NOW) == TEN_MINUTES


@pytest.mark.parametrize(
    "path",
    [
        *("", "/", "/live", "/live/", "/live/../counter", "/live/counter/main", "/live/Counter", "/archive/a/b"),
        *("/live/a\0", "/live/counter/sub/sub", "/LIVE/counter", f"/live/{'a' * 64}", "/etc/passwd"),
        "/archive/..%2f..%2fetc",
    ],
)
def test_another_path_is_none_of_ours(path: str) -> None:
    with pytest.raises(Refusal) as refusal:
        wanted(path, f"from={FROM}&to={TO}", NOW)
    assert refusal.value.status == 404


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("", "nothing else"),
        (f"from={FROM}", "nothing else"),
        (f"from={FROM}&to={TO}&to={TO}", "nothing else"),
        (f"from={FROM}&to={TO}&speed=4", "nothing else"),
        (f"from=yesterday&to={TO}", "from= is not a time"),
        (f"from={FROM}&to=2026-11-23T09:10:00", "to= has no offset"),
        (f"from={TO}&to={FROM}", "end after it begins"),
        (f"from={FROM}&to={FROM}", "end after it begins"),
        (f"from={FROM}&to=2026-11-24T09:00:01%2B08:00", "within a day"),
        ("from=0001-01-01T00:00:00+08:00&to=0001-01-01T00:00:01+08:00", "calendar"),
    ],
)
def test_a_wrong_query_has_a_reason(query: str, reason: str) -> None:
    with pytest.raises(Refusal, match=reason) as refusal:
        wanted("/archive/counter", query, NOW)
    assert refusal.value.status == 400


def test_the_future_is_not_stored() -> None:
    with pytest.raises(Refusal) as refusal:
        wanted("/archive/counter", "from=2026-11-23T12:00:00Z&to=2026-11-23T12:01:00Z", NOW)
    assert refusal.value.status == 404


@given(st.text(max_size=80), st.text(max_size=80))
def test_never_fails_otherwise(name: str, query: str) -> None:
    with pytest.raises(Refusal):
        wanted(f"/archive/{name}", query, NOW)
