"""Rows understood, and what entering them would do."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from tests.unit.roster.samples import GOOD, NOW, READER, csv_of
from vigil.model.ids import HallId, SuspensionId, WindowId
from vigil.model.suspensions import MOST_AHEAD, Suspension, SuspensionKind
from vigil.roster.faults import Column, Fault, RowFault
from vigil.roster.plan import Outcome, Plan, plan
from vigil.roster.row import Entry
from vigil.roster.sheet import lines

BEGIN, END = datetime(2026, 3, 3, 0, 30, tzinfo=UTC), datetime(2026, 3, 3, 4, 0, tzinfo=UTC)
WINDOW = WindowId("ga-w-1")


def planned(*rows: Sequence[str], known: Sequence[Suspension] = ()) -> Plan:
    def look(windows: Collection[WindowId], since: datetime) -> Mapping[WindowId, Sequence[Suspension]]:
        return {one: [each for each in known if each.window == one and each.to_at > since] for one in windows}

    return plan(lines(csv_of(*rows)), READER, look, NOW)


def changed(**cells: str) -> tuple[str, ...]:
    return tuple(cells.get(str(column), cell) for column, cell in zip(Column, GOOD, strict=True))


def fault(**cells: str) -> Fault | None:
    (line,) = planned(changed(**cells)).lines
    assert line.outcome is Outcome.FAULTY
    return line.fault


def entry(**cells: str) -> Entry:
    (line,) = planned(changed(**cells)).lines
    assert (line.outcome, line.fault) == (Outcome.ENTER, None)
    assert line.entry is not None
    return line.entry


def entered(
    from_at: datetime = BEGIN, to_at: datetime = END, kind: SuspensionKind = SuspensionKind.LEAVE
) -> Suspension:
    return Suspension(SuspensionId("s"), WINDOW, kind, from_at, to_at)


def test_a_row_is_understood_by_names_and_by_the_clock_on_the_wall() -> None:
    assert entry() == Entry(HallId("ga"), WINDOW, SuspensionKind.LEAVE, BEGIN, END, "审批单 2026-153")
    assert entry(hall="ga", window="ga-w-1") == entry()


@pytest.mark.parametrize(
    "said",
    [
        "2026/3/3 8:30",
        "2026-03-03 08:30:00",
        "2026-03-03T08:30",
        "2026.3.3 8:30",
        "2026年3月3日 8时30分",
        "2026年3月3日8：30",
    ],
)
def test_times_as_people_write_them(said: str) -> None:
    assert entry(**{"from": said}).from_at == BEGIN


def test_a_day_alone_is_the_whole_of_it() -> None:
    one = entry(**{"from": "2026-03-03", "to": "2026-03-04"})
    assert (one.from_at, one.to_at) == (datetime(2026, 3, 2, 16, tzinfo=UTC), datetime(2026, 3, 4, 16, tzinfo=UTC))
    assert entry(**{"from": "2026-03-03", "to": "2026-03-03 24:00"}).to_at == datetime(2026, 3, 3, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "kind"),
    [("顶岗", "substitute"), ("暂停", "paused"), ("暂停服务", "paused"), ("Leave", "leave"), ("PAUSED", "paused")],
)
def test_kinds_in_both_languages(said: str, kind: str) -> None:
    assert entry(kind=said).kind == kind


@pytest.mark.parametrize(
    ("cells", "what", "column", "right"),
    [
        ({"hall": ""}, RowFault.MISSING, "hall", ()),
        ({"note": ""}, RowFault.MISSING, "note", ()),
        ({"hall": "公安"}, RowFault.NO_HALL, "hall", ("人社分厅", "公安分厅")),
        ({"window": "9号窗口"}, RowFault.NO_WINDOW, "window", ("1号窗口", "2号窗口", "2号窗口")),
        ({"window": "rs-w-1"}, RowFault.NO_WINDOW, "window", ("1号窗口", "2号窗口", "2号窗口")),
        ({"window": "2号窗口"}, RowFault.SEVERAL, "window", ("ga-w-2", "ga-w-3")),
        ({"kind": "出差"}, RowFault.NO_KIND, "kind", ("暂停", "请假", "顶岗")),
        ({"from": "上午"}, RowFault.NO_TIME, "from", ("2026-03-02 08:30", "2026-03-02")),
        ({"from": "2026-02-30"}, RowFault.NO_TIME, "from", ("2026-03-02 08:30", "2026-03-02")),
        ({"to": "2026-03-03 25:00"}, RowFault.NO_TIME, "to", ("2026-03-02 08:30", "2026-03-02")),
        ({"to": "9999-12-31"}, RowFault.NO_TIME, "to", ("2026-03-02 08:30", "2026-03-02")),
        ({"to": "2026-03-03 08:30"}, RowFault.NOT_AFTER, "to", ("> 2026-03-03 08:30",)),
        ({"to": "2026-04-03 08:31"}, RowFault.TOO_LONG, "to", ("≤ 2026-04-03 08:30",)),
        ({"from": "2026-03-02 08:58"}, RowFault.PAST, "from", ("≥ 2026-03-02 09:00",)),
        ({"from": "2027-03-04 08:30", "to": "2027-03-04 12:00"}, RowFault.TOO_FAR, "from", ("≤ 2027-03-03 09:00",)),
        ({"note": "长" * 501}, RowFault.LONG_NOTE, "note", ("500",)),
    ],
)
def test_what_is_wrong_is_said_with_what_would_be_right(
    cells: dict[str, str], what: RowFault, column: str, right: tuple[str, ...]
) -> None:
    found = fault(**cells)
    assert found is not None
    assert (found.what, found.column, found.right) == (what, column, right)


def test_what_is_entered_already_is_there_even_when_it_has_begun() -> None:
    begun = changed(**{"from": "2026-03-02 08:30", "to": "2026-03-02 12:00"})
    known = [entered(), entered(NOW - timedelta(minutes=30), NOW + timedelta(hours=3))]
    found = planned(GOOD, begun, known=known)
    assert [line.outcome for line in found.lines] == [Outcome.THERE, Outcome.THERE]
    assert found.may_be_entered
    assert list(found.to_enter()) == []


def test_what_somebody_ended_early_is_not_there() -> None:
    cut = entered(to_at=END - timedelta(hours=1))
    (line,) = planned(GOOD, known=[cut]).lines
    assert line.outcome is Outcome.CONFLICT
    assert line.fault == Fault(
        RowFault.OVERLAPS, None, "2026-03-03 08:30 – 2026-03-03 12:00", ("请假 2026-03-03 08:30 – 2026-03-03 11:00",)
    )


@pytest.mark.parametrize(("minutes", "outcome"), [(0, Outcome.ENTER), (-1, Outcome.CONFLICT)])
def test_what_touches_is_no_conflict(minutes: int, outcome: Outcome) -> None:
    later = entered(END + timedelta(minutes=minutes), END + timedelta(hours=1), SuspensionKind.PAUSED)
    assert [line.outcome for line in planned(GOOD, known=[later]).lines] == [outcome]


def test_rows_of_one_file_stand_in_each_others_way_and_other_windows_do_not() -> None:
    elsewhere = changed(hall="人社分厅")
    found = planned(GOOD, elsewhere, GOOD, changed(**{"from": "2026-03-03 11:59", "to": "2026-03-03 13:00"}))
    assert [line.outcome for line in found.lines] == ["enter", "enter", "conflict", "conflict"]
    assert [line.fault.right for line in found.lines if line.fault] == [("2",), ("2",)]
    assert not found.may_be_entered


def test_a_window_takes_a_bounded_number() -> None:
    step = timedelta(hours=1)
    known = [entered(END + number * step, END + (number + 1) * step) for number in range(MOST_AHEAD - 1)]
    (one, other) = planned(GOOD, changed(**{"from": "2026-03-03 07:00", "to": "2026-03-03 08:00"}), known=known).lines
    assert one.outcome is Outcome.ENTER
    assert (other.outcome, other.fault and other.fault.what) == (Outcome.CONFLICT, RowFault.FULL)


def test_one_faulty_row_keeps_the_others_back() -> None:
    found = planned(GOOD, changed(kind="出差"))
    assert not found.may_be_entered
    assert (found.count(Outcome.ENTER), found.count(Outcome.FAULTY)) == (1, 1)
