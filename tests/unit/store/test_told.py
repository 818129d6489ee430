"""Sums of minutes, against the same sums made by hand in Python."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigil.calendar import ServiceSpan
from vigil.model.ids import GroupId, NodeId, WindowId
from vigil.model.looks import Unknown
from vigil.model.minutes import Minute, QueueMinute, WindowMinute
from vigil.store.database import Database
from vigil.store.spans import Asked
from vigil.store.stores import Stores

A, B = WindowId("window-a"), WindowId("window-b")
GROUP = GroupId("group-1")
NODE, OTHER = NodeId("node-a"), NodeId("node-b")
DAY = date(2026, 3, 2)
NINE = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
"""09:00 in Shanghai."""


def at(minutes: float) -> datetime:
    return NINE + timedelta(minutes=minutes)


def span(from_minute: float, to_minute: float, day: date = DAY) -> ServiceSpan:
    return ServiceSpan(day, at(from_minute), at(to_minute))


class Book:
    """Enters minutes, each as a record of its own."""

    def __init__(self, stores: Stores) -> None:
        self._stores, self._records = stores, 0

    def window(
        self,
        number: float,
        staffed_s: float,
        unstaffed_s: float,
        unknown_s: dict[Unknown, float] | None = None,
        *,
        node: NodeId = NODE,
        window: WindowId = A,
    ) -> None:
        one = WindowMinute(window, staffed_s, unstaffed_s, unknown_s or {}, visitor_s=staffed_s / 2, looks=1)
        self._add(node, Minute(at(number), 60.0, (one,)))

    def queue(
        self, number: float, known_s: float, mean: float | None, wait_s: float | None, node: NodeId = NODE
    ) -> None:
        most = None if mean is None else int(mean) + 1
        one = QueueMinute(GROUP, 60.0, known_s, mean, most, most, 1.0, wait_s)
        self._add(node, Minute(at(number), 60.0, (), (one,)))

    def _add(self, node: NodeId, minute: Minute) -> None:
        self._records += 1
        assert self._stores.minutes.add(f"record-{self._records}", node, minute)


@pytest.fixture
def book(stores: Stores) -> Book:
    return Book(stores)


def test_only_minutes_that_begin_within_a_span_count(stores: Stores, book: Book) -> None:
    for number in (-1, 0, 9, 10, 20, 29, 30):
        book.window(number, 60, 0)
    (day,) = stores.window_sums.by_day([Asked([A], [span(0, 10), span(20, 30)])])
    assert (day.window, day.day, day.staffed_s, day.visitor_s) == (A, DAY, 240.0, 120.0)


def test_days_stand_apart_and_other_windows_out(stores: Stores, book: Book) -> None:
    book.window(0, 60, 0)
    book.window(1, 0, 60, window=B)
    book.window(24 * 60, 0, 60)
    tomorrow = DAY + timedelta(days=1)
    days = stores.window_sums.by_day([Asked([A], [span(0, 10), span(24 * 60, 24 * 60 + 10, tomorrow)])])
    assert [(day.day, day.staffed_s, day.unstaffed_s) for day in days] == [(DAY, 60, 0), (tomorrow, 0, 60)]


def test_parts_of_a_minute_are_added(stores: Stores, book: Book) -> None:
    book.window(0, 20, 0)
    book.window(0, 5, 10, {Unknown.STARTING: 25.0})
    (day,) = stores.window_sums.by_day([Asked([A], [span(0, 10)])])
    assert (day.staffed_s, day.unstaffed_s, day.unknown_s) == (25.0, 10.0, {Unknown.STARTING: 25.0})


def test_what_two_nodes_tell_of_a_minute_counts_once_as_told_by_who_knows_more(stores: Stores, book: Book) -> None:
    book.window(0, 10, 0, {Unknown.DARK: 50.0})
    book.window(0, 0, 40, {Unknown.HIDDEN: 20.0}, node=OTHER)
    book.window(1, 60, 0)  # nobody else tells of this one
    book.window(2, 0, 60)
    book.window(2, 60, 0, node=OTHER)  # both know all of it: the first by name
    (day,) = stores.window_sums.by_day([Asked([A], [span(0, 10)])])
    assert (day.staffed_s, day.unstaffed_s, day.unknown_s) == (60.0, 100.0, {Unknown.HIDDEN: 20.0})


def test_a_window_that_moves_to_another_node_keeps_both_days(stores: Stores, book: Book) -> None:
    tomorrow = DAY + timedelta(days=1)
    book.window(0, 60, 0)
    book.window(24 * 60, 0, 60, node=OTHER)
    days = stores.window_sums.by_day([Asked([A], [span(0, 10), span(24 * 60, 24 * 60 + 10, tomorrow)])])
    assert [(day.day, day.staffed_s, day.unstaffed_s) for day in days] == [(DAY, 60, 0), (tomorrow, 0, 60)]


def test_nothing_told_is_nothing_and_not_zero(stores: Stores, book: Book) -> None:
    book.window(100, 60, 0)
    assert stores.window_sums.by_day([Asked([A], [span(0, 10)])]) == []
    assert stores.window_sums.by_day([Asked([A], [])]) == []
    assert stores.queue_sums.by_day([Asked([GROUP], [span(0, 10)])]) == []


def test_waiting_is_counted_by_the_seconds_known(stores: Stores, book: Book) -> None:
    book.queue(0, 60, 3.4, 118.0)
    book.queue(1, 30, 3.5, 124.9)
    book.queue(2, 60, 4.49, None)
    book.queue(3, 0, None, None)
    (day,) = stores.queue_sums.by_day([Asked([GROUP], [span(0, 10)])])
    assert (day.in_service_s, day.known_s, day.most_waiting) == (240.0, 150.0, 5)
    assert day.waiting == {3: 60.0, 4: 90.0}
    assert day.wait_s == {120: 90.0}


def test_a_queue_told_twice_counts_once(stores: Stores, book: Book) -> None:
    book.queue(0, 30, 9.0, 600.0)
    book.queue(0, 60, 2.0, 60.0, node=OTHER)
    (day,) = stores.queue_sums.by_day([Asked([GROUP], [span(0, 10)])])
    assert (day.in_service_s, day.known_s, day.waiting, day.wait_s) == (60.0, 60.0, {2: 60.0}, {60: 60.0})


Told = tuple[int, str, str, int, int]
"""Minute, window, node, staffed and unstaffed seconds; the rest of the minute is unknown."""


def _by_hand(told: list[Told]) -> dict[tuple[str, date], tuple[float, float, float]]:
    parts: defaultdict[tuple[str, int], defaultdict[str, list[int]]] = defaultdict(
        lambda: defaultdict(lambda: [0, 0, 0])
    )
    for number, window, node, staffed, unstaffed in told:
        for place, seconds in enumerate((staffed, unstaffed, 60 - staffed - unstaffed)):
            parts[window, number][node][place] += seconds
    days: defaultdict[tuple[str, date], list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    for (window, number), nodes in parts.items():
        node = min(nodes, key=lambda one: (-nodes[one][0] - nodes[one][1], one))
        day = DAY + timedelta(days=number // 2)
        for place in range(3):
            days[window, day][place] += nodes[node][place]
    return {key: (one[0], one[1], one[2]) for key, one in days.items()}


minutes = st.tuples(
    st.integers(0, 5), st.sampled_from([A, B]), st.sampled_from([NODE, OTHER]), st.integers(0, 30), st.integers(0, 30)
)


@settings(max_examples=40, deadline=None)
@given(st.lists(minutes, max_size=30))
def test_the_database_adds_up_as_a_person_would(told: list[Told]) -> None:
    """Six minutes over three days, told by either node, in parts, for either window."""
    with TemporaryDirectory() as folder:
        database = Database.in_file(Path(folder) / "vigil.db")
        stores = Stores.over(database)
        book = Book(stores)
        for number, window, node, staffed, unstaffed in told:
            unknown = {Unknown.DARK: 60.0 - staffed - unstaffed} if staffed + unstaffed < 60 else {}
            book.window(
                number // 2 * 24 * 60 + number % 2,
                staffed,
                unstaffed,
                unknown,
                node=NodeId(node),
                window=WindowId(window),
            )
        spans = [span(day * 1440, day * 1440 + 2, DAY + timedelta(days=day)) for day in range(3)]
        found = {
            (day.window, day.day): (day.staffed_s, day.unstaffed_s, day.unknown_s.get(Unknown.DARK, 0.0))
            for day in stores.window_sums.by_day([Asked([A, B], spans)])
        }
        database.close()
    assert found == _by_hand(told)
