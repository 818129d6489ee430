"""The words of messages, in both languages. Each title holds 告警 or "alert": a robot may be told to take nothing without it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from vigil.model.alerts import AlertKind, AlertState, EndReason
from vigil.model.notices import Stage
from vigil.model.people import Role


@dataclass(frozen=True, slots=True)
class Dictionary:
    title: str
    test: str
    more: str
    between: str
    comma: str
    stage: Mapping[Stage, str]
    role: Mapping[Role, str]
    kind: Mapping[AlertKind, str]
    kind_confirmed: Mapping[AlertKind, str]
    short: str
    short_confirmed: str
    state: Mapping[AlertState, str]
    end_reason: Mapping[EndReason, str]
    why: Mapping[str, str]
    """By the text of vigil.model.looks.Unknown."""
    unknown_meanwhile: str
    backfilled: str
    since: str
    span: str
    waited: str
    nobody_for: str
    present: str
    waiting: str
    empty: str
    unknown: str
    wait: str
    seconds: str
    minutes: str


ZH: Final = Dictionary(
    title="【分厅告警】{where}：{alerts} 条",
    test="【分厅告警】{site}：测试消息，此通道可用。",
    more="还有 {alerts} 条",
    between="｜",
    comma="，",
    stage={
        Stage.RAISED: "",
        Stage.ESCALATED: "升级：",
        Stage.ENDED: "结束：",
        Stage.OVERDUE: "逾期未处理，已转{role}：",
    },
    role={
        Role.OPERATOR: "值班员",
        Role.SUPERVISOR: "主管",
        Role.INVESTIGATOR: "督查员",
        Role.ADMIN: "管理员",
        Role.AUDITOR: "审计员",
        Role.HALL: "分厅人员",
    },
    kind={
        AlertKind.UNSERVED_VISITOR: "有人等候、窗口疑似无人",
        AlertKind.WINDOW_UNSTAFFED: "窗口疑似离岗",
        AlertKind.QUEUE_BUILDUP: "排队积压",
        AlertKind.CAMERA_FAULT: "摄像机故障",
    },
    kind_confirmed={
        AlertKind.UNSERVED_VISITOR: "有人等候、窗口无人",
        AlertKind.WINDOW_UNSTAFFED: "窗口离岗",
        AlertKind.QUEUE_BUILDUP: "排队积压",
        AlertKind.CAMERA_FAULT: "摄像机故障",
    },
    short="窗口疑似人员不足",
    short_confirmed="窗口人员不足",
    state={
        AlertState.OPEN: "线索，待人工核实",
        AlertState.ACKNOWLEDGED: "已签收，待人工核实",
        AlertState.CONFIRMED: "经人工确认",
        AlertState.DISMISSED: "经人工排除",
        AlertState.RECTIFIED: "经人工确认，已整改",
    },
    end_reason={
        EndReason.RESOLVED: "已恢复",
        EndReason.CLOSED: "服务时间结束",
        EndReason.SUSPENDED: "窗口已登记暂停、请假或顶岗",
        EndReason.LOST_SIGHT: "画面不可见，之后情况未知",
        EndReason.REMOVED: "已从配置中移除",
    },
    why={
        "starting": "启动中",
        "no-signal": "画面丢失",
        "frozen": "画面冻结",
        "dark": "画面过暗",
        "occluded": "镜头被遮挡",
        "moved": "画面移位",
        "defocused": "画面失焦",
        "overexposed": "画面过曝",
        "cast": "画面偏色",
        "clock-drift": "时钟漂移",
        "detector": "分析程序故障",
    },
    unknown_meanwhile="期间窗口情况未知，不作离岗判断",
    backfilled="补传",
    since="{at} 起",
    span="{begin} 至 {end}",
    waited="群众已等候 {span}",
    nobody_for="未见工作人员 {span}",
    present="应在岗 {required} 人，见到 {present} 人",
    waiting="{people} 人等候",
    empty="{in_service} 个窗口中 {empty} 个疑似无人",
    unknown="{windows} 个状态未知",
    wait="预计等候 {low}–{high} 分钟",
    seconds="{n} 秒",
    minutes="{n} 分钟",
)

EN: Final = Dictionary(
    title="[Hall alerts] {where}: {alerts}",
    test="[Hall alerts] {site}: a test message; this channel works.",
    more="and {alerts} more",
    between=" | ",
    comma=", ",
    stage={
        Stage.RAISED: "",
        Stage.ESCALATED: "Escalated: ",
        Stage.ENDED: "Over: ",
        Stage.OVERDUE: "Overdue, passed to {role}: ",
    },
    role={
        Role.OPERATOR: "operators",
        Role.SUPERVISOR: "supervisors",
        Role.INVESTIGATOR: "investigators",
        Role.ADMIN: "administrators",
        Role.AUDITOR: "auditors",
        Role.HALL: "the hall's people",
    },
    kind={
        AlertKind.UNSERVED_VISITOR: "visitor waiting, window possibly unstaffed",
        AlertKind.WINDOW_UNSTAFFED: "window possibly unstaffed",
        AlertKind.QUEUE_BUILDUP: "queue build-up",
        AlertKind.CAMERA_FAULT: "camera fault",
    },
    kind_confirmed={
        AlertKind.UNSERVED_VISITOR: "visitor waiting, window unstaffed",
        AlertKind.WINDOW_UNSTAFFED: "window unstaffed",
        AlertKind.QUEUE_BUILDUP: "queue build-up",
        AlertKind.CAMERA_FAULT: "camera fault",
    },
    short="window possibly short-staffed",
    short_confirmed="window short-staffed",
    state={
        AlertState.OPEN: "a candidate, for a person to confirm",
        AlertState.ACKNOWLEDGED: "acknowledged, for a person to confirm",
        AlertState.CONFIRMED: "confirmed by a person",
        AlertState.DISMISSED: "dismissed by a person",
        AlertState.RECTIFIED: "confirmed by a person, and put right",
    },
    end_reason={
        EndReason.RESOLVED: "resolved",
        EndReason.CLOSED: "service hours ended",
        EndReason.SUSPENDED: "a pause, leave or substitution was entered",
        EndReason.LOST_SIGHT: "lost sight, unknown from then on",
        EndReason.REMOVED: "removed from the configuration",
    },
    why={
        "starting": "starting",
        "no-signal": "no signal",
        "frozen": "frozen picture",
        "dark": "too dark",
        "occluded": "lens covered",
        "moved": "camera moved",
        "defocused": "out of focus",
        "overexposed": "overexposed",
        "cast": "colour cast",
        "clock-drift": "clock drift",
        "detector": "analytics failed",
    },
    unknown_meanwhile="its windows are unknown meanwhile, not absent",
    backfilled="sent late",
    since="since {at}",
    span="{begin} to {end}",
    waited="visitor waiting for {span}",
    nobody_for="no staff seen for {span}",
    present="{present} of {required} clerks seen",
    waiting="{people} waiting",
    empty="{empty} of {in_service} windows possibly unstaffed",
    unknown="{windows} unknown",
    wait="estimated wait {low}–{high} min",
    seconds="{n} s",
    minutes="{n} min",
)
