"""Figures against what a person counts on small sites."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.report.samples import C1, C2, G1, OTHER, SITE, W1, W2, W3, Book, local
from vigil.errors import CalendarError
from vigil.model.alerts import AlertKind
from vigil.model.ids import HallId
from vigil.model.looks import Unknown
from vigil.model.media import GapCause
from vigil.model.steps import Step
from vigil.report.figures import UNTOLD, Figures, percentile, weighted_percentile
from vigil.report.period import Period, PeriodKind, period_of
from vigil.report.report import Report, make_report
from vigil.store.database import Database
from vigil.store.stores import Stores

FRIDAY, SATURDAY, SUNDAY = date(2026, 10, 9), date(2026, 10, 10), date(2026, 10, 11)
NOW = local("2026-11-01 04:00")


def of_days(book: Book, first: date = FRIDAY, last: date | None = None) -> Report:
    return make_report(SITE, book.stores, Period(PeriodKind.SPAN, first, last or first), NOW)


def window(report: Report, name: str) -> Figures:
    return next(one.figures for one in report.windows if one.window.id == name)


def test_a_window_that_is_staffed_unstaffed_and_unknown(book: Book) -> None:
    book.minutes(W1, FRIDAY, "08:30", 180)
    book.minutes(W1, FRIDAY, "11:30", 30, 0, 60)
    book.minutes(W1, FRIDAY, "14:30", 60, 30, 0, Unknown.HIDDEN)
    staffing = window(of_days(book), W1).staffing
    assert (staffing.staffed_s, staffing.unstaffed_s) == (210 * 60, 30 * 60)
    assert staffing.unknown_by_s == {Unknown.HIDDEN: 30 * 60, UNTOLD: 150 * 60}  # of 15:30–18:00 nobody told anything
    assert staffing.service_s == 7 * 3600
    assert staffing.rate == 210 / 240
    assert staffing.unknown_share == 180 / 420


def test_lunch_and_holidays_never_count(book: Book) -> None:
    book.minutes(W1, FRIDAY, "08:30", 10)
    book.minutes(W1, FRIDAY, "12:00", 150, 0, 60)  # the node had other hours
    book.minutes(W1, SUNDAY, "08:30", 60, 0, 60)
    report = of_days(book, FRIDAY, SUNDAY)
    assert window(report, W1).staffing.unstaffed_s == 0
    assert [day.figures.staffing.service_s > 0 for day in report.days] == [True, True, False]  # Saturday is worked


def test_a_pause_never_counts_though_the_node_learnt_of_it_late(book: Book) -> None:
    book.minutes(W1, FRIDAY, "08:30", 60)
    book.minutes(W1, FRIDAY, "09:30", 60, 0, 60)
    book.suspend(W1, "2026-10-09 09:30", "2026-10-09 18:00", ended_at="2026-10-09 10:30")
    staffing = window(of_days(book), W1).staffing
    assert (staffing.staffed_s, staffing.unstaffed_s, staffing.service_s) == (3600, 0, 6 * 3600)


def test_a_pause_that_was_taken_back_before_it_began_never_ran(book: Book) -> None:
    book.minutes(W1, FRIDAY, "08:30", 60)
    book.suspend(W1, "2026-10-09 08:30", "2026-10-09 18:00", ended_at="2026-10-08 10:00")
    assert window(of_days(book), W1).staffing.staffed_s == 3600


def test_parts_of_minutes_and_two_nodes_count_once(book: Book) -> None:
    book.minutes(W1, FRIDAY, "08:30", 60, 60)
    book.minutes(W1, FRIDAY, "08:30", 60, 0, 30, Unknown.DARK, node=OTHER)
    book.minutes(W1, FRIDAY, "09:30", 1, 20)
    book.minutes(W1, FRIDAY, "09:30", 1, 0, 40)
    staffing = window(of_days(book), W1).staffing
    assert (staffing.staffed_s, staffing.unstaffed_s) == (3620, 40)
    assert staffing.unknown_by_s == {UNTOLD: 7 * 3600 - 3660}


def test_where_nothing_is_known_there_is_no_rate(book: Book) -> None:
    figures = window(of_days(book), W3)
    assert (figures.staffing.rate, figures.staffing.unknown_share) == (None, 1.0)
    assert figures.footage.share is None
    assert weighted_percentile(figures.queueing.wait_s, 0.5) is None
    closed = of_days(book, SUNDAY).total
    assert (closed.staffing.rate, closed.staffing.unknown_share) == (None, None)


def test_halls_and_departments_are_the_sums_of_their_windows(book: Book) -> None:
    book.minutes(W1, FRIDAY, "08:30", 60)
    book.minutes(W2, FRIDAY, "08:30", 60, 0, 60)
    book.minutes(W3, FRIDAY, "08:30", 60)
    report = of_days(book)
    assert [one.figures.staffing.rate for one in report.halls] == [0.5, 1.0]
    assert [(one.department, one.halls, one.figures.staffing.rate) for one in report.departments] == [
        ("公安局", 1, 0.5),
        ("人社局", 1, 1.0),
    ]
    assert report.total.staffing.rate == 2 / 3


def test_only_confirmed_absences_count_and_the_others_stand_apart(book: Book) -> None:
    book.alert("2026-10-09 09:00", step=Step.CONFIRM)
    book.alert("2026-10-09 10:00", step=Step.CONFIRM, facts={"absent_s": 300.0})
    book.alert("2026-10-09 11:00", step=Step.DISMISS)
    book.alert("2026-10-09 15:00", step=Step.ACKNOWLEDGE)
    book.alert("2026-10-09 16:00")
    book.alert("2026-10-09 16:00", AlertKind.UNSERVED_VISITOR, Step.CONFIRM)
    figures = window(of_days(book), W1)
    absences = figures.of(AlertKind.WINDOW_UNSTAFFED)
    assert (absences.confirmed, absences.absent_s) == (2, 900.0)
    assert (absences.undecided, absences.dismissed, absences.raised) == (2, 1, 5)
    assert figures.of(AlertKind.UNSERVED_VISITOR).confirmed == 1
    assert figures.of(AlertKind.UNSERVED_VISITOR).absent_s == 0.0


def test_an_alert_belongs_to_the_local_day_on_which_it_was_raised(book: Book) -> None:
    book.alert("2026-10-09 00:00")
    book.alert("2026-10-09 23:59")
    book.alert("2026-10-10 00:00")
    assert of_days(book).total.of(AlertKind.WINDOW_UNSTAFFED).raised == 2


def test_an_alert_of_a_hall_that_is_gone_is_told_of(book: Book) -> None:
    book.alert("2026-10-09 09:00", hall=HallId("gone"))
    report = of_days(book)
    assert (report.foreign_alerts, report.total.of(AlertKind.WINDOW_UNSTAFFED).raised) == (1, 0)


def test_handling_times_leave_out_what_came_late(book: Book) -> None:
    for seconds in (30, 60, 90):
        book.alert("2026-10-09 09:00", step=Step.ACKNOWLEDGE, after_s=seconds)
    book.alert("2026-10-09 09:00", step=Step.CONFIRM, after_s=600)
    book.alert("2026-10-09 09:00")
    book.alert("2026-10-09 09:00", step=Step.CONFIRM, after_s=90000, backfilled=True)
    handling = of_days(book).total.handling
    assert sorted(handling.answered_s) == [30, 60, 90, 600]
    assert (handling.decided_s, handling.unanswered, handling.late) == ((600,), 1, 1)
    assert percentile(handling.answered_s, 0.5) == 75


def test_waiting_is_told_by_the_minute(book: Book) -> None:
    """Nine minutes with two people and a wait of 2 min, one with twelve and 20 min."""
    book.queue(G1, FRIDAY, "09:00", [2.0] * 9 + [12.0], [120.0] * 9 + [1200.0])
    book.queue(G1, FRIDAY, "12:30", [30.0], [None])  # a window of this queue works through noon
    queueing = next(one.figures.queueing for one in of_days(book).groups if one.group.id == G1)
    assert weighted_percentile(queueing.wait_s, 0.5) == 120
    assert weighted_percentile(queueing.wait_s, 0.9) == 120
    assert weighted_percentile(queueing.wait_s, 0.91) == 1200
    assert weighted_percentile(queueing.waiting, 1.0) == 30
    assert (queueing.most_waiting, queueing.known_s, queueing.service_s) == (32, 660, 9.5 * 3600)


def test_recording_is_complete_but_for_its_gaps(book: Book) -> None:
    book.footage(C1, "2026-10-08 12:00", 12)
    book.footage(C1, "2026-10-09 00:00", 18)
    book.gap(C1, "2026-10-09 18:00", "2026-10-09 20:00", GapCause.NODE)
    book.gap(C1, "2026-10-09 20:00", "2026-10-10 00:00", GapCause.UNWANTED)
    cameras = {one.camera.id: one.figures.footage for one in of_days(book).cameras}
    assert (cameras[C1].share, cameras[C1].wanted_s) == (18 / 20, 20 * 3600)
    assert cameras[C1].gaps_s == {GapCause.NODE: 7200.0}
    assert cameras[C2].share is None


def test_faults_of_a_camera_take_their_time_on_each_day(book: Book) -> None:
    fault: dict[str, Any] = {
        "window": None,
        "began_at": local("2026-10-09 20:00"),
        "ended_at": local("2026-10-10 02:00"),
    }
    book.alert("2026-10-09 20:01", AlertKind.CAMERA_FAULT, **fault)
    book.alert("2026-10-09 09:00", AlertKind.CAMERA_FAULT, Step.DISMISS, window=None)
    report = of_days(book, FRIDAY, SATURDAY)
    footage = [day.figures.footage for day in report.days]
    assert [(one.faults, one.fault_s) for one in footage] == [(1, 4 * 3600), (0, 2 * 3600)]
    assert next(one.figures.footage.faults for one in report.cameras if one.camera.id == C1) == 1


def test_a_period_that_is_not_over_is_counted_as_far_as_it_has_passed(book: Book) -> None:
    report = make_report(SITE, book.stores, period_of(PeriodKind.MONTH, FRIDAY), local("2026-10-09 09:30"))
    staffing = next(one.figures.staffing for one in report.days if one.day == FRIDAY)
    assert staffing.service_s == 3 * 3600
    assert not report.finished


def test_a_year_that_is_not_known_is_an_error(book: Book) -> None:
    with pytest.raises(CalendarError, match="2099"):
        make_report(SITE, book.stores, Period(PeriodKind.SPAN, date(2099, 1, 5), date(2099, 1, 5)), local("2099-02-01"))


stretches = st.tuples(
    st.sampled_from([W1, W2, W3]),
    st.integers(0, 2),
    st.sampled_from(["08:30", "11:50", "14:30", "17:25"]),
    st.integers(1, 12),
    st.integers(0, 30),
    st.integers(0, 30),
    st.sampled_from(["node-a", "node-b"]),
)


@settings(max_examples=25, deadline=None)
@given(st.lists(stretches, max_size=6), st.booleans())
def test_parts_come_to_the_whole(told: list[tuple[str, int, str, int, int, int, str]], paused: bool) -> None:
    """Whatever is told: staffed, unstaffed and unknown are the service; windows, halls and days come to the same total."""
    with TemporaryDirectory() as folder:
        database = Database.in_file(Path(folder) / "vigil.db")
        book = Book(Stores.over(database))
        for name, day, start, count, staffed, unstaffed, node in told:
            unknown = Unknown.DARK if staffed + unstaffed < 60 else None
            book.minutes(name, FRIDAY + timedelta(days=day), start, count, staffed, unstaffed, unknown, node=node)  # type: ignore[arg-type]
        if paused:
            book.suspend(W1, "2026-10-09 08:35", "2026-10-09 14:40")
        report = of_days(book, FRIDAY, SUNDAY)
        database.close()
    scheduled_s = 2 * (7 + 9 + 7) * 3600 - (3600 * 3.5 - 300 + 600 if paused else 0)
    whole = report.total.staffing
    assert whole.service_s >= scheduled_s - 1e-6  # more only where one minute was told in several overlapping parts
    assert whole.staffed_s + whole.unstaffed_s + whole.unknown_s == pytest.approx(whole.service_s)
    for parts in (report.windows, report.halls, report.departments, report.days):
        for name in ("staffed_s", "unstaffed_s", "unknown_s"):
            summed = sum(getattr(part.figures.staffing, name) for part in parts)
            assert summed == pytest.approx(getattr(whole, name))
