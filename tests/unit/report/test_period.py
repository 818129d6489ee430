from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.report.period import Period, PeriodKind, due_since, period_of

MONTH, TWO, QUARTER, SPAN = PeriodKind


@pytest.mark.parametrize(
    ("kind", "day", "first", "last", "due", "title"),
    [
        (MONTH, "2026-02-10", "2026-02-01", "2026-02-28", "2026-03-01", "2026年2月"),
        (MONTH, "2028-02-29", "2028-02-01", "2028-02-29", "2028-03-01", "2028年2月"),
        (TWO, "2026-01-31", "2026-01-01", "2026-02-28", "2026-03-01", "2026年1—2月"),
        (TWO, "2026-12-01", "2026-11-01", "2026-12-31", "2027-01-01", "2026年11—12月"),
        (QUARTER, "2026-08-15", "2026-07-01", "2026-09-30", "2026-10-01", "2026年第三季度"),
        (QUARTER, "2026-12-31", "2026-10-01", "2026-12-31", "2027-01-01", "2026年第四季度"),
    ],
)
def test_the_period_of_a_day(kind: PeriodKind, day: str, first: str, last: str, due: str, title: str) -> None:
    period = period_of(kind, date.fromisoformat(day))
    assert [str(one) for one in (period.first, period.last, period.due)] == [first, last, due]
    assert period.title == title


@pytest.mark.parametrize(
    ("first", "last", "title"),
    [
        ("2026-10-08", "2026-10-15", "2026年10月8日—15日"),
        ("2026-10-08", "2026-11-02", "2026年10月8日—11月2日"),
        ("2026-12-30", "2027-01-02", "2026年12月30日—2027年1月2日"),
        ("2026-10-08", "2026-10-08", "2026年10月8日"),
    ],
)
def test_any_days_have_a_title_without_what_they_share(first: str, last: str, title: str) -> None:
    assert Period(SPAN, date.fromisoformat(first), date.fromisoformat(last)).title == title


def test_two_months_are_due_in_odd_months() -> None:
    dues = {period_of(TWO, date(2026, month, 1)).due.month for month in range(1, 13)}
    assert dues == {1, 3, 5, 7, 9, 11}


def test_what_is_due_on_the_first_of_july() -> None:
    due = [period.name for period in due_since(date(2026, 5, 20), date(2026, 7, 1))]
    assert due == ["month-2026-05", "month-2026-06", "two-months-2026-05", "quarter-2026-04"]


def test_nothing_is_due_before_its_last_day_is_over() -> None:
    assert list(due_since(date(2026, 5, 20), date(2026, 5, 31))) == []


def test_days_end_where_time_has_come_to() -> None:
    zone = ZoneInfo("Asia/Shanghai")
    days = period_of(MONTH, date(2026, 10, 1)).whole_days(zone, datetime(2026, 10, 2, 4, 0, tzinfo=UTC))
    assert [(day.day.day, day.seconds / 3600) for day in days] == [(1, 24.0), (2, 12.0)]


@given(st.sampled_from([MONTH, TWO, QUARTER]), st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_periods_of_a_kind_follow_each_other_without_a_hole(kind: PeriodKind, day: date) -> None:
    period = period_of(kind, day)
    assert day in period
    assert period_of(kind, period.due).first == period.due
    assert period_of(kind, period.last) == period
