"""The tables of a pack, as values: what both the workbook and the document show."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from vigil.model.alerts import AlertKind
from vigil.model.media import GapCause
from vigil.report import words
from vigil.report.compared import compared
from vigil.report.figures import Figures, Judged, percentile, weighted_percentile
from vigil.report.report import Report
from vigil.report.table import Cell, Column, Form, Table


@dataclass(frozen=True, slots=True)
class _Measure:
    column: Column
    of: Callable[[Figures], Cell]


def _hours(of: Callable[[Figures], float]) -> Callable[[Figures], Cell]:
    return lambda figures: of(figures) / 3600


def _minutes(of: Callable[[Figures], float | None]) -> Callable[[Figures], Cell]:
    def found(figures: Figures) -> Cell:
        seconds = of(figures)
        return None if seconds is None else seconds / 60

    return found


def _wait(share: float) -> Callable[[Figures], Cell]:
    return _minutes(lambda figures: weighted_percentile(figures.queueing.wait_s, share))


def _waiting(share: float) -> Callable[[Figures], Cell]:
    return lambda figures: weighted_percentile(figures.queueing.waiting, share)


def _judged(kind: AlertKind, of: Callable[[Judged], float]) -> Callable[[Figures], Cell]:
    return lambda figures: of(figures.of(kind))


def _all_alerts(of: Callable[[Judged], int]) -> Callable[[Figures], Cell]:
    return lambda figures: sum(of(judged) for judged in figures.judged.values())


def _measure(title: str, form: Form, width: float, of: Callable[[Figures], Cell]) -> _Measure:
    return _Measure(Column(title, form, width), of)


_ABSENT, _UNSERVED, _QUEUE = AlertKind.WINDOW_UNSTAFFED, AlertKind.UNSERVED_VISITOR, AlertKind.QUEUE_BUILDUP
_SERVICE: Final = _measure("应服务（小时）", Form.HOURS, 5, _hours(lambda f: f.staffing.service_s))
_RATE: Final = _measure("在岗率", Form.SHARE, 4.5, lambda f: f.staffing.rate)
_UNKNOWN: Final = _measure("未知占比", Form.SHARE, 4.5, lambda f: f.staffing.unknown_share)
_ABSENCES: Final = _measure("确认离岗（次）", Form.COUNT, 4.5, _judged(_ABSENT, lambda j: j.confirmed))
_ABSENT_MINUTES: Final = _measure("确认离岗（分）", Form.MINUTES, 4.5, _minutes(lambda f: f.of(_ABSENT).absent_s))
_PENDING: Final = _measure("离岗待核实（次）", Form.COUNT, 4.5, _judged(_ABSENT, lambda j: j.undecided))
_DISMISSED: Final = _measure("离岗已排除（次）", Form.COUNT, 4.5, _judged(_ABSENT, lambda j: j.dismissed))
_LEFT: Final = _measure("有人等候窗口无人（次）", Form.COUNT, 5.5, _judged(_UNSERVED, lambda j: j.confirmed))
_WAIT_HALF: Final = _measure("等候中位（分）", Form.MINUTES, 4.5, _wait(0.5))
_WAIT_NINE: Final = _measure("等候九成（分）", Form.MINUTES, 4.5, _wait(0.9))
_COMPLETE: Final = _measure("录像完整率", Form.SHARE, 4.5, lambda f: f.footage.share)

_OVERVIEW: Final = (
    _SERVICE, _RATE, _UNKNOWN, _ABSENCES, _ABSENT_MINUTES, _PENDING, _LEFT, _WAIT_HALF, _WAIT_NINE, _COMPLETE,
)  # fmt: skip
_WINDOW: Final = (
    _SERVICE,
    _measure("在岗（小时）", Form.HOURS, 4.5, _hours(lambda f: f.staffing.staffed_s)),
    _measure("离岗（小时）", Form.HOURS, 4.5, _hours(lambda f: f.staffing.unstaffed_s)),
    _measure("未知（小时）", Form.HOURS, 4.5, _hours(lambda f: f.staffing.unknown_s)),
    _RATE, _UNKNOWN, _ABSENCES, _ABSENT_MINUTES, _PENDING, _DISMISSED, _LEFT,
)  # fmt: skip
_QUEUES: Final = (
    _measure("应服务（小时）", Form.HOURS, 5, _hours(lambda f: f.queueing.service_s)),
    _measure("无法计数占比", Form.SHARE, 5, lambda f: f.queueing.unknown_share),
    _measure("等候人数中位", Form.COUNT, 5, _waiting(0.5)),
    _measure("等候人数九成", Form.COUNT, 5, _waiting(0.9)),
    _measure("等候人数最多", Form.COUNT, 5, lambda f: f.queueing.most_waiting),
    _WAIT_HALF,
    _WAIT_NINE,
    _measure("排队积压确认（次）", Form.COUNT, 5, _judged(_QUEUE, lambda j: j.confirmed)),
    _measure("排队积压待核实（次）", Form.COUNT, 5, _judged(_QUEUE, lambda j: j.undecided)),
)
_HANDLING: Final = (
    _measure("告警（条）", Form.COUNT, 4.5, _all_alerts(lambda j: j.raised)),
    _measure("已确认（条）", Form.COUNT, 4.5, _all_alerts(lambda j: j.confirmed)),
    _measure("已排除（条）", Form.COUNT, 4.5, _all_alerts(lambda j: j.dismissed)),
    _measure("待核实（条）", Form.COUNT, 4.5, _all_alerts(lambda j: j.undecided)),
    _measure("无人响应（条）", Form.COUNT, 4.5, lambda f: f.handling.unanswered),
    _measure("首次响应中位（分）", Form.MINUTES, 5, _minutes(lambda f: percentile(f.handling.answered_s, 0.5))),
    _measure("首次响应九成（分）", Form.MINUTES, 5, _minutes(lambda f: percentile(f.handling.answered_s, 0.9))),
    _measure("认定中位（分）", Form.MINUTES, 4.5, _minutes(lambda f: percentile(f.handling.decided_s, 0.5))),
    _measure("认定九成（分）", Form.MINUTES, 4.5, _minutes(lambda f: percentile(f.handling.decided_s, 0.9))),
    _measure("补传（条）", Form.COUNT, 4.5, lambda f: f.handling.late),
)


def _gap(cause: GapCause) -> _Measure:
    return _measure(f"{words.GAPS[cause]}（小时）", Form.HOURS, 5, _hours(lambda f: f.footage.gaps_s.get(cause, 0.0)))


_NO_LOSS: Final = (GapCause.UNWANTED, GapCause.EXPIRED)
_GAPS: Final = tuple(_gap(cause) for cause in GapCause if cause not in _NO_LOSS)
_CAMERA: Final = (
    _measure("应录（小时）", Form.HOURS, 4.5, _hours(lambda f: f.footage.wanted_s)),
    _measure("已存（小时）", Form.HOURS, 4.5, _hours(lambda f: f.footage.stored_s)),
    _COMPLETE,
    *_GAPS,
    _measure("故障（次）", Form.COUNT, 4, lambda f: f.footage.faults),
    _measure("故障（小时）", Form.HOURS, 4.5, _hours(lambda f: f.footage.fault_s)),
)
_HALL, _DEPARTMENT = Column("分厅", Form.TEXT, 9), Column("部门", Form.TEXT, 8)


def tables(report: Report) -> tuple[Table, ...]:
    """In the order in which they are read."""
    return (*_general(report), *_details(report))


def _general(report: Report) -> Iterator[Table]:
    yield _table(
        "部门", "各部门情况", (_DEPARTMENT, Column("分厅数", Form.COUNT, 3.5)), _OVERVIEW,
        [((one.department, one.halls), one.figures) for one in report.departments], ("合计", len(report.halls)), report,
    )  # fmt: skip
    yield _table(
        "分厅", "各分厅情况", (_HALL, _DEPARTMENT), _OVERVIEW,
        [((one.hall.name, one.hall.department), one.figures) for one in report.halls], ("合计", ""), report,
    )  # fmt: skip
    if report.before is not None:
        yield compared(report, report.before)
    yield _table(
        "按日", "逐日情况", (Column("日期", Form.DAY, 6), Column("星期", Form.TEXT, 3)), _OVERVIEW,
        [((one.day, words.weekday(one.day)), one.figures) for one in report.days], ("合计", ""), report,
        note="休息日没有应服务时长，在岗率记“—”。",
    )  # fmt: skip


def _details(report: Report) -> Iterator[Table]:
    yield _table(
        "窗口", "各窗口在岗情况", (_HALL, Column("窗口", Form.TEXT, 7), Column("类别", Form.TEXT, 5.5)), _WINDOW,
        [((one.hall.name, one.window.name, words.WINDOW_KINDS[one.window.kind]), one.figures) for one in report.windows],
        ("合计", "", ""), report, note="到人的统计不在本系统范围之内：只看窗口有没有人，不看是谁。",
    )  # fmt: skip
    yield _table(
        "排队", "各队列等候情况", (_HALL, Column("队列", Form.TEXT, 7)), _QUEUES,
        [((one.hall.name, one.group.name), one.figures) for one in report.groups], ("合计", ""), report,
    )  # fmt: skip
    yield _kinds(report)
    yield _table(
        "处置", "告警处置情况", (_HALL,), _HANDLING,
        [((one.hall.name,), one.figures) for one in report.halls], ("合计",), report,
        note="补传的告警到达时事情已过，不计入响应和认定时长。",
    )  # fmt: skip
    yield _table(
        "摄像机", "摄像机与录像情况", (_HALL, Column("摄像机", Form.TEXT, 7)), _CAMERA,
        [((one.hall.name, one.camera.name), one.figures) for one in report.cameras], ("合计", ""), report,
    )  # fmt: skip
    yield _causes(report)


def _table(
    name: str,
    title: str,
    heads: tuple[Column, ...],
    measures: tuple[_Measure, ...],
    rows: Iterable[tuple[tuple[Cell, ...], Figures]],
    total: tuple[Cell, ...],
    report: Report,
    *,
    note: str = "",
) -> Table:
    columns = (*heads, *(measure.column for measure in measures))
    told = [(*head, *(measure.of(figures) for measure in measures)) for head, figures in rows]
    told.append((*total, *(measure.of(report.total) for measure in measures)))
    return Table(name, title, columns, tuple(told), note, total=True)


def _kinds(report: Report) -> Table:
    columns = (
        Column("告警类型", Form.TEXT, 11),
        *(Column(title, Form.COUNT, 5) for title in ("发出（条）", "已确认（条）", "已排除（条）", "待核实（条）")),
    )
    judged = [(words.KINDS[kind], report.total.of(kind)) for kind in words.KINDS]
    judged.append(("合计", Judged.total(one for _, one in judged)))
    rows = ((name, one.raised, one.confirmed, one.dismissed, one.undecided) for name, one in judged)
    note = f"另有{report.foreign_alerts}条告警属于已撤并的分厅，未计入。" if report.foreign_alerts else ""
    return Table("告警", "各类告警", columns, tuple(rows), note, total=True)


def _causes(report: Report) -> Table:
    """Why windows were unknown, the most frequent first."""
    staffing = report.total.staffing
    found = sorted(staffing.unknown_by_s.items(), key=lambda pair: -pair[1])
    rows = [
        (words.UNKNOWN[cause], seconds / 3600, seconds / staffing.service_s) for cause, seconds in found if seconds > 0
    ]
    columns = (
        Column("未知原因", Form.TEXT, 9),
        Column("时长（小时）", Form.HOURS, 6),
        Column("占应服务时长", Form.SHARE, 6),
    )
    total = ("合计", staffing.unknown_s / 3600, staffing.unknown_share)
    return Table("未知", "未知时长及原因", columns, (*rows, total), total=True)
