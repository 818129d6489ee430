"""The table of a pack in which a period stands beside the one before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from vigil.report.comparison import Changes, Measure, changes
from vigil.report.report import Before, Report
from vigil.report.table import Cell, Column, Form, Table


@dataclass(frozen=True, slots=True)
class _Shown:
    """`size`: what a cell counts in one of the measure's units; of shares a difference is in points."""

    measure: Measure
    title: str
    form: Form
    size: float = 1.0
    width: float = 4.2

    @property
    def columns(self) -> tuple[Column, Column]:
        points = "（百分点）" if self.form is Form.SHARE else ""
        more = Form.MORE_COUNT if self.form is Form.COUNT else Form.MORE
        return (
            Column(f"上期{self.title}", self.form, self.width),
            Column(f"{self.title}增减{points}", more, self.width),
        )

    def cells(self, found: Changes) -> tuple[Cell, Cell]:
        change = found[self.measure]
        points = 100.0 if self.form is Form.SHARE else self.size
        return _times(change.before, self.size), _times(change.difference, points)


_SHOWN: Final = (
    _Shown(Measure.SERVICE_S, "应服务（小时）", Form.HOURS, 1 / 3600, 5),
    _Shown(Measure.UNKNOWN_SHARE, "未知占比", Form.SHARE),
    _Shown(Measure.STAFFING_RATE, "在岗率", Form.SHARE),
    _Shown(Measure.ABSENT_S, "确认离岗（分）", Form.MINUTES, 1 / 60, 5),
    _Shown(Measure.UNSERVED, "有人等候窗口无人（次）", Form.COUNT),
    _Shown(Measure.CONFIRMED, "确认告警（条）", Form.COUNT),
    _Shown(Measure.WAIT_MEDIAN_S, "等候中位（分）", Form.MINUTES, 1 / 60),
    _Shown(Measure.WAIT_P90_S, "等候九成（分）", Form.MINUTES, 1 / 60),
    _Shown(Measure.COMPLETENESS, "录像完整率", Form.SHARE),
)


def compared(report: Report, before: Before) -> Table:
    """Departments, halls, and all together."""
    departments = (
        ((one.department, "全部"), changes(one.figures, before.departments[one.department]))
        for one in report.departments
    )
    halls = (
        ((one.hall.department, one.hall.name), changes(one.figures, before.halls[one.hall.id])) for one in report.halls
    )
    total = (("合计", ""), changes(report.total, before.total))
    rows = tuple(
        (*head, *(cell for shown in _SHOWN for cell in shown.cells(found)))
        for head, found in (*departments, *halls, total)
    )
    heads = (Column("部门", Form.TEXT, 6), Column("分厅", Form.TEXT, 7))
    columns = (*heads, *(column for shown in _SHOWN for column in shown.columns))
    note = f"上期为{before.period.title}，按现在的分厅和窗口计算。各期工作日不同，次数和时长宜结合应服务时长看。"
    return Table("对比", "与上期对比", columns, rows, note, total=True)


def _times(value: float | None, size: float) -> float | None:
    return None if value is None else value * size
