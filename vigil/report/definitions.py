"""How each figure is made, in the words of a pack. A figure that is not defined here is not in a pack."""

from __future__ import annotations

from dataclasses import dataclass

from vigil.report import words
from vigil.report.report import Report


@dataclass(frozen=True, slots=True)
class Definition:
    term: str
    meaning: str


_DEFINITIONS = (
    Definition(
        "应服务时长",
        "按制作本报告时的工作日历（含调休）和窗口服务时间计算，扣除已登记的暂停、请假和顶岗；午间和节假日不计。",
    ),
    Definition(
        "在岗、离岗",
        "由视频分析逐分钟汇总，只判断窗口有没有人，不识别是谁；"
        "同一分钟由多个节点上报的，取已知时间最长的一份，不重复计算。",
    ),
    Definition(
        "未知",
        "画面丢失、冻结、过暗、被遮挡、移位，或尚不能判定的时间；应服务而无任何上报的时间记为“无记录”，也属未知。",
    ),
    Definition(
        "在岗率",
        "在岗时长÷（在岗时长＋离岗时长）。未知时间不进入分母，另列“未知占比”（未知时长÷应服务时长）。"
        "未知占比高的，在岗率仅供参考。",
    ),
    Definition(
        "确认离岗",
        "只计经人员核实确认的离岗告警；待核实的另列，已排除的不计。离岗时长为该次离岗中确知无人的时间。",
    ),
    Definition("有人等候、窗口无人", "经确认的次数：有群众在窗口前等候而窗口无人。"),
    Definition(
        "等候人数、等候时间",
        "按分钟加权：每分钟的平均等候人数（取整）和预计等候时间（精确到10秒）以当分钟可计数的秒数为权重。"
        "中位指一半时间不超过该值，九成指九成时间不超过该值。"
        "等候时间是当时排队者预计要等的时间，不是对个人的计时。",
    ),
    Definition(
        "响应、认定时长",
        "自告警发出至首次签收（或直接认定）为首次响应，至确认或排除为认定；中位与九成按条计算。补传告警不计。",
    ),
    Definition(
        "录像完整率",
        "已入库录像时长÷应录时长。应录时长自该摄像机首次有录像起算，扣除按规则不录像的时间。"
        "缺失按原因分列，未见原因的不作推测。",
    ),
    Definition("摄像机故障", "无画面或画面无法使用的告警，已排除的不计；次数计在发出之日，时长按实际经过的日期分摊。"),
    Definition("日期归属", "告警计入发出之日（含其后续处置）；分钟计入其开始之日。时间均为{zone}时间。"),
    Definition(
        "与上期对比",
        "上期指同类的前一时段（任意时段为其前相同天数），按制作时的分厅和窗口设置计算；增减＝本期－上期，比率以百分点计。"
        "上期没有窗口被看到的，次数和时长不作比较。各期工作日不同，次数和时长宜结合应服务时长看。",
    ),
    Definition("“—”", "没有可供计算的数据，不等于零。"),
)


def definitions(report: Report) -> tuple[Definition, ...]:
    zone = "北京" if report.time_zone == "Asia/Shanghai" else report.time_zone
    return tuple(Definition(one.term, one.meaning.replace("{zone}", zone)) for one in _DEFINITIONS)


def provenance(report: Report) -> tuple[Definition, ...]:
    """What somebody needs who wants to make the same pack again."""
    period = report.period
    days = f"{words.day_in_words(period.first)}至{words.day_in_words(period.last)}（共{period.days}天）"
    made = words.moment_in_words(report.made_at, report.time_zone)
    found = [
        Definition("统计时段", days if report.finished else f"{days}，制作时尚未结束，统计至制作之时"),
        Definition("制作时间", made),
        Definition("制作软件", f"vigil {report.version}"),
        Definition("时区", report.time_zone),
        Definition("未知占比", words.percent(report.total.staffing.unknown_share)),
    ]
    return tuple(found)
