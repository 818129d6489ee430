"""What figures are called in a pack. The same words as on the screen (vigil/gateway/ui/src/i18n/zh.ts), where it has them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from vigil.model.alerts import AlertKind
from vigil.model.looks import Unknown
from vigil.model.media import GapCause
from vigil.model.site import WindowKind
from vigil.report.figures import UNTOLD
from vigil.report.period import PeriodKind

TITLES: Final[dict[PeriodKind, str]] = {
    PeriodKind.MONTH: "分厅视频监管月报",
    PeriodKind.TWO_MONTHS: "分厅视频监管双月考评报告",
    PeriodKind.QUARTER: "分厅视频监管季报",
    PeriodKind.SPAN: "分厅视频监管专报",
}
KINDS: Final[dict[AlertKind, str]] = {
    AlertKind.UNSERVED_VISITOR: "有人等候、窗口无人",
    AlertKind.WINDOW_UNSTAFFED: "窗口离岗",
    AlertKind.QUEUE_BUILDUP: "排队积压",
    AlertKind.CAMERA_FAULT: "摄像机故障",
}
UNKNOWN: Final[dict[str, str]] = {
    UNTOLD: "无记录",
    Unknown.STARTING: "启动中",
    Unknown.NO_SIGNAL: "画面丢失",
    Unknown.FROZEN: "画面冻结",
    Unknown.DARK: "画面过暗",
    Unknown.OCCLUDED: "镜头被遮挡",
    Unknown.MOVED: "画面移位",
    Unknown.DEFOCUSED: "画面失焦",
    Unknown.OVEREXPOSED: "画面过曝",
    Unknown.CAST: "画面偏色",
    Unknown.HIDDEN: "被人遮挡",
    Unknown.DOUBTFUL: "疑似有人",
    Unknown.DETECTOR: "分析程序故障",
    Unknown.CLOSED: "非服务时间",
    Unknown.CALENDAR: "工作日历缺失",
    Unknown.UNSETTLED: "判定中",
    Unknown.UNDECIDED: "此画面无法判定",
}
GAPS: Final[dict[GapCause, str]] = {
    GapCause.CAMERA: "摄像机无画面",
    GapCause.NODE: "采集节点未运行",
    GapCause.DISK: "磁盘异常",
    GapCause.SPOOL_FULL: "暂存已满",
    GapCause.DAMAGE: "码流损坏",
    GapCause.UNEXPLAINED: "原因不明",
    GapCause.UNWANTED: "按规则不录像",
    GapCause.EXPIRED: "保存期限已满，已删除",
}
WINDOW_KINDS: Final[dict[WindowKind, str]] = {
    WindowKind.GENERAL: "无差别综合",
    WindowKind.SECTOR: "分领域综合",
    WindowKind.ISSUING: "综合出件",
    WindowKind.OTHER: "其他",
}
NOTHING: Final = "—"
"""Where nothing is known. Never 0."""
_WEEKDAYS: Final = "一二三四五六日"


def weekday(day: date) -> str:
    return f"周{_WEEKDAYS[day.weekday()]}"


def day_in_words(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def moment_in_words(at: datetime, time_zone: str) -> str:
    local = at.astimezone(ZoneInfo(time_zone))
    return f"{day_in_words(local.date())}{local:%H:%M}"


def percent(share: float | None, digits: int = 1) -> str:
    """Rounded down where it would come to 100 % and is not."""
    if share is None:
        return NOTHING
    text = f"{share * 100:.{digits}f}"
    return f"{min(float(text), 100 - 10**-digits):.{digits}f}%" if share < 1 else f"{text}%"
