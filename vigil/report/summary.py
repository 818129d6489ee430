"""What stands on a pack's first page: a dozen figures with what belongs beside them, and a few sentences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from vigil.model.alerts import AlertKind
from vigil.report import words
from vigil.report.figures import Figures, Judged, percentile, weighted_percentile
from vigil.report.report import HallFigures, Report
from vigil.report.table import Cell, Form

UNSURE: Final = 0.2
"""From this share of unknown time on a staffing rate is said to be for orientation only."""


@dataclass(frozen=True, slots=True)
class Headline:
    term: str
    cell: Cell
    form: Form
    beside: str


def headline(report: Report) -> tuple[Headline, ...]:
    figures = report.total
    absences, left = figures.of(AlertKind.WINDOW_UNSTAFFED), figures.of(AlertKind.UNSERVED_VISITOR)
    queues, handling = figures.of(AlertKind.QUEUE_BUILDUP), figures.handling
    half, nine = (_minutes(weighted_percentile(figures.queueing.wait_s, share)) for share in (0.5, 0.9))
    answered = _minutes(percentile(handling.answered_s, 0.5))
    decided = _minutes(percentile(handling.decided_s, 0.5))
    unknown = words.percent(figures.staffing.unknown_share)
    return (
        Headline("窗口在岗率", figures.staffing.rate, Form.SHARE, f"未知时间占{unknown}，不计入在岗率"),
        Headline("应服务时长（小时）", figures.staffing.service_s / 3600, Form.HOURS, _of_what(report)),
        Headline("确认离岗（次）", absences.confirmed, Form.COUNT, _verdicts(absences)),
        Headline("确认离岗时长（分）", absences.absent_s / 60, Form.MINUTES, "只计经核实确认的离岗"),
        Headline("有人等候、窗口无人（次）", left.confirmed, Form.COUNT, _verdicts(left)),
        Headline("排队积压（次）", queues.confirmed, Form.COUNT, _verdicts(queues)),
        Headline("等候时间中位（分）", half, Form.MINUTES, "按分钟加权的预计等候时间"),
        Headline("等候时间九成（分）", nine, Form.MINUTES, "九成时间不超过此值"),
        Headline("首次响应中位（分）", answered, Form.MINUTES, f"{handling.unanswered}条无人响应"),
        Headline("认定中位（分）", decided, Form.MINUTES, "自告警发出至确认或排除"),
        Headline("录像完整率", figures.footage.share, Form.SHARE, f"{len(report.cameras)}路摄像机"),
        Headline("摄像机故障（次）", figures.footage.faults, Form.COUNT, f"共{figures.footage.fault_s / 3600:.1f}小时"),
    )


def sentences(report: Report) -> tuple[str, ...]:
    """What the figures say, in words, without judging anybody."""
    return tuple(_sentences(report))


def _sentences(report: Report) -> Iterator[str]:
    figures = report.total
    if not report.finished:
        yield "本时段在制作报告时尚未结束，以下数据统计至制作之时。"
    rate, share = figures.staffing.rate, figures.staffing.unknown_share
    if rate is None:
        yield "本期没有可供计算在岗率的数据。"
    else:
        yield (
            f"本期{_of_what(report)}，应服务{figures.staffing.service_s / 3600:,.1f}小时，"
            f"窗口在岗率{words.percent(rate)}；另有{words.percent(share)}的时间状态未知，未计入。"
        )
        yield from _extremes(report)
    unsure = [one.hall.name for one in report.halls if (one.figures.staffing.unknown_share or 0.0) >= UNSURE]
    if unsure and rate is not None:
        yield f"{_list(unsure)}的未知占比达到{UNSURE:.0%}或以上，其在岗率仅供参考，宜先检查设备和网络。"
    yield _answered(figures)
    footage = figures.footage.share
    if footage is not None:
        yield f"录像完整率{words.percent(footage)}，摄像机故障{figures.footage.faults}次。"


def _extremes(report: Report) -> Iterator[str]:
    sure = [one for one in report.halls if _is_sure(one)]
    if len(sure) < 2:
        return
    order = sorted(sure, key=lambda one: -(one.figures.staffing.rate or 0.0))
    best, worst = order[0], order[-1]
    if best.figures.staffing.rate != worst.figures.staffing.rate:
        yield (
            f"在岗率最高的是{best.hall.name}（{words.percent(best.figures.staffing.rate)}），"
            f"最低的是{worst.hall.name}（{words.percent(worst.figures.staffing.rate)}）。"
        )


def _is_sure(one: HallFigures) -> bool:
    staffing = one.figures.staffing
    return staffing.rate is not None and (staffing.unknown_share or 0.0) < UNSURE


def _answered(figures: Figures) -> str:
    absences, left = figures.of(AlertKind.WINDOW_UNSTAFFED), figures.of(AlertKind.UNSERVED_VISITOR)
    pending = sum(judged.undecided for judged in figures.judged.values())
    text = (
        f"经核实确认离岗{absences.confirmed}次、共{absences.absent_s / 60:,.0f}分钟，"
        f"有人等候而窗口无人{left.confirmed}次"
    )
    return f"{text}；尚有{pending}条告警待核实，未计入。" if pending else f"{text}。"


def _of_what(report: Report) -> str:
    return f"共{len(report.departments)}个部门、{len(report.halls)}个分厅、{len(report.windows)}个窗口"


def _verdicts(judged: Judged) -> str:
    return f"待核实{judged.undecided}次、已排除{judged.dismissed}次，均不计入"


def _list(names: list[str], most: int = 5) -> str:
    shown = "、".join(names[:most])
    return shown if len(names) <= most else f"{shown}等{len(names)}个分厅"


def _minutes(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / 60
