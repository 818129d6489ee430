from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.report.samples import G1, G2, SITE, W1, W2, local
from vigil.report.hours import Timetable, timetable

FRIDAY = date(2026, 10, 9)
LATER = local("2026-11-01 00:00")


def table(suspended: dict[str, list[tuple[str, str]]] | None = None, until: str = "2026-11-01 00:00") -> Timetable:
    stretches = {w: [(local(a), local(b)) for a, b in some] for w, some in (suspended or {}).items()}
    return timetable(SITE, FRIDAY, FRIDAY + timedelta(days=3), stretches, local(until))  # type: ignore[arg-type]


def test_a_window_is_served_in_its_hours_on_working_days() -> None:
    """10 October 2026 is a Saturday that is worked for the holiday; the 11th is a Sunday."""
    hours = {day.day: seconds / 3600 for day, seconds in table().windows[W1].seconds().items()}
    assert hours == {9: 7.0, 10: 7.0, 12: 7.0}


def test_a_queue_is_served_while_one_of_its_windows_is() -> None:
    assert table().groups[G1].seconds()[FRIDAY] == 9.5 * 3600  # 8:30–18:00 with the window that works through noon
    assert table().groups[G2].seconds()[FRIDAY] == 7 * 3600


def test_a_pause_is_no_service_to_the_second() -> None:
    paused = table({W1: [("2026-10-09 09:00:30", "2026-10-09 10:00:30"), ("2026-10-09 17:00", "2026-10-09 19:00")]})
    service = paused.windows[W1]
    assert service.seconds()[FRIDAY] == 5 * 3600
    first, second, *_ = service.minutes
    assert (first.to_at, second.from_at) == (local("2026-10-09 09:01"), local("2026-10-09 10:00"))
    assert paused.windows[W2].seconds()[FRIDAY] == 9 * 3600


def test_a_day_off_leaves_nothing() -> None:
    assert FRIDAY not in table({W1: [("2026-10-09 00:00", "2026-10-10 00:00")]}).windows[W1].seconds()


def test_what_has_not_passed_yet_is_no_service() -> None:
    assert table(until="2026-10-09 09:30").windows[W1].seconds() == {FRIDAY: 3600.0}


@given(st.lists(st.tuples(st.integers(0, 1440), st.integers(0, 1440)), max_size=5))
def test_service_and_pauses_share_out_the_day(pairs: list[tuple[int, int]]) -> None:
    """By minutes: a minute is in service exactly when it is in the hours and in no pause."""
    midnight = local("2026-10-09 00:00")
    stretches = [
        (midnight + timedelta(minutes=min(a, b)), midnight + timedelta(minutes=max(a, b))) for a, b in pairs if a != b
    ]
    service = timetable(SITE, FRIDAY, FRIDAY, {W1: stretches}, LATER).windows[W1]
    whole = timetable(SITE, FRIDAY, FRIDAY, {}, LATER).windows[W1]
    for minute in range(1440):
        at = midnight + timedelta(minutes=minute)
        in_hours = any(span.from_at <= at < span.to_at for span in whole.spans)
        paused = any(from_at <= at < to_at for from_at, to_at in stretches)
        assert any(span.from_at <= at < span.to_at for span in service.spans) == (in_hours and not paused)
