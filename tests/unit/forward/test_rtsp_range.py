from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.forward.rtsp.play_range import PlayRange, describe, parse
from vigil.forward.rtsp.source import Recorded

AT = datetime(2026, 11, 23, 9, 0, tzinfo=timezone(timedelta(hours=8)))
HOUR = Recorded(AT, AT + timedelta(hours=1))


@pytest.mark.parametrize(
    ("header", "chosen"),
    [
        (None, PlayRange()),
        ("npt=now-", PlayRange()),
        ("npt=0.000-", PlayRange(0.0)),
        ("npt=12.5-20", PlayRange(12.5, 20.0)),
        ("npt=0:10:02.5-", PlayRange(602.5)),
        ("npt=-20", PlayRange(None, 20.0)),
        ("clock=20261123T010000Z-", PlayRange(0.0, None, clock=True)),
        ("clock=20261123T010010.25Z-20261123T010020Z", PlayRange(10.25, 20.0, clock=True)),
        ("clock=20261123T005959Z-", PlayRange(0.0, None, clock=True)),
        ("npt=5-;time=19970123T143720Z", PlayRange(5.0)),
    ],
)
def test_reads(header: str | None, chosen: PlayRange) -> None:
    assert parse(header, HOUR) == chosen


@pytest.mark.parametrize(
    "header",
    [
        "",
        "npt",
        "npt=5",
        "npt=x-",
        "npt=²-",
        "npt=20-10",
        "npt=3600-",
        "npt=99999999999999-",
        "smpte=10:07:00-",
        "clock=20261123T020000Z-",
        "clock=20261399T010000Z-",
        "clock=2026-11-23T01:00:00Z-",
    ],
)
def test_refuses_what_lies_outside_or_is_not_understood(header: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  the text is for the log
        parse(header, HOUR)


@given(st.text(max_size=60))
def test_never_fails_otherwise(text: str) -> None:
    with contextlib.suppress(ValueError):
        parse(text, HOUR)


def test_answers_in_the_players_own_terms() -> None:
    assert describe(PlayRange(12.5), 12.1, HOUR) == "npt=12.100-3600.000"
    assert describe(PlayRange(12.5, 20.0), 12.5, HOUR) == "npt=12.500-20.000"
    clock = PlayRange(10.25, 20.0, clock=True)
    assert describe(clock, 10.25, HOUR) == "clock=20261123T010010.250Z-20261123T010020.000Z"
    assert HOUR.from_at.astimezone(UTC).hour == 1
