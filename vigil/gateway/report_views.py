"""What the API tells of reports: figures as JSON, and packs. None: nothing is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Self

from pydantic import BaseModel, ConfigDict

from vigil.gateway.comparison_views import BeforeView
from vigil.gateway.examples import shown
from vigil.gateway.times import Time
from vigil.model.ids import CameraId, GroupId, HallId, ReportId, WindowId
from vigil.report.figures import Figures, percentile, weighted_percentile
from vigil.report.report import Report
from vigil.store.reports import ReportRecord, ReportState


class Spread(BaseModel):
    """The middle, and what nine in ten do not exceed."""

    model_config = ConfigDict(json_schema_extra=shown(median=180.0, p90=420.0))

    median: float | None
    p90: float | None


class StaffingView(BaseModel):
    model_config = ConfigDict(
        json_schema_extra=shown(
            service_s=633600.0,
            staffed_s=601920.0,
            unstaffed_s=19008.0,
            unknown_s=12672.0,
            unknown_by_s={"hidden": 9504.0, "no-signal": 3168.0},
            rate=0.96939,
            unknown_share=0.02,
        )
    )

    service_s: float
    staffed_s: float
    unstaffed_s: float
    unknown_s: float
    unknown_by_s: dict[str, float]
    rate: float | None
    unknown_share: float | None


class QueueingView(BaseModel):
    model_config = ConfigDict(json_schema_extra=shown(service_s=158400.0, known_s=155232.0, most_waiting=14))

    service_s: float
    known_s: float
    most_waiting: int | None
    waiting: Spread
    wait_s: Spread


class JudgedView(BaseModel):
    model_config = ConfigDict(json_schema_extra=shown(confirmed=3, undecided=0, dismissed=1, absent_s=4260.0))

    confirmed: int
    undecided: int
    dismissed: int
    absent_s: float


class HandlingView(BaseModel):
    model_config = ConfigDict(json_schema_extra=shown(unanswered=0, late=1))

    answered_s: Spread
    decided_s: Spread
    unanswered: int
    late: int


class FootageView(BaseModel):
    model_config = ConfigDict(
        json_schema_extra=shown(
            wanted_s=5184000.0, stored_s=5182963.2, share=0.9998, gaps_s={"camera": 1036.8}, faults=2, fault_s=1036.8
        )
    )

    wanted_s: float
    stored_s: float
    share: float | None
    gaps_s: dict[str, float]
    faults: int
    fault_s: float


class FiguresView(BaseModel):
    model_config = ConfigDict(
        json_schema_extra=shown(
            alerts={"window-unstaffed": {"confirmed": 3, "undecided": 0, "dismissed": 1, "absent_s": 4260.0}}
        )
    )

    staffing: StaffingView
    queueing: QueueingView
    alerts: dict[str, JudgedView]
    handling: HandlingView
    footage: FootageView

    @classmethod
    def of(cls, figures: Figures) -> Self:
        staffing, queueing, footage = figures.staffing, figures.queueing, figures.footage
        return cls(
            staffing=StaffingView(
                service_s=round(staffing.service_s, 1),
                staffed_s=round(staffing.staffed_s, 1),
                unstaffed_s=round(staffing.unstaffed_s, 1),
                unknown_s=round(staffing.unknown_s, 1),
                unknown_by_s={cause: round(seconds, 1) for cause, seconds in staffing.unknown_by_s.items()},
                rate=staffing.rate,
                unknown_share=staffing.unknown_share,
            ),
            queueing=QueueingView(
                service_s=round(queueing.service_s, 1),
                known_s=round(queueing.known_s, 1),
                most_waiting=queueing.most_waiting,
                waiting=_weighted(queueing.waiting),
                wait_s=_weighted(queueing.wait_s),
            ),
            alerts={
                str(kind): JudgedView(
                    confirmed=one.confirmed, undecided=one.undecided, dismissed=one.dismissed, absent_s=one.absent_s
                )
                for kind, one in figures.judged.items()
            },
            handling=HandlingView(
                answered_s=_plain(figures.handling.answered_s),
                decided_s=_plain(figures.handling.decided_s),
                unanswered=figures.handling.unanswered,
                late=figures.handling.late,
            ),
            footage=FootageView(
                wanted_s=round(footage.wanted_s, 1),
                stored_s=round(footage.stored_s, 1),
                share=footage.share,
                gaps_s={str(cause): round(seconds, 1) for cause, seconds in footage.gaps_s.items()},
                faults=footage.faults,
                fault_s=round(footage.fault_s, 1),
            ),
        )


class DepartmentView(BaseModel):
    model_config = ConfigDict(json_schema_extra=shown(department="市公安局", halls=1))

    department: str
    halls: int
    figures: FiguresView


class HallView(BaseModel):
    model_config = ConfigDict(json_schema_extra=shown(hall="gongan"))

    hall: HallId
    figures: FiguresView


class WindowView(BaseModel):
    model_config = ConfigDict(json_schema_extra=shown(hall="gongan", window="gongan-2"))

    hall: HallId
    window: WindowId
    figures: FiguresView


class GroupView(BaseModel):
    model_config = ConfigDict(json_schema_extra=shown(hall="gongan", group="gongan-huji"))

    hall: HallId
    group: GroupId
    figures: FiguresView


class CameraView(BaseModel):
    model_config = ConfigDict(json_schema_extra=shown(hall="gongan", camera="gongan-counter"))

    hall: HallId
    camera: CameraId
    figures: FiguresView


class DayView(BaseModel):
    model_config = ConfigDict(json_schema_extra=shown(day="2026-10-09"))

    day: date
    figures: FiguresView


class FiguresReport(BaseModel):
    """`finished`: the period was over; `foreign_alerts` are of halls that the site no longer has, and counted nowhere else.

    `before` where it was asked for and the period is over.
    """

    model_config = ConfigDict(
        json_schema_extra=shown(
            first_day="2026-10-01",
            last_day="2026-10-31",
            made_at="2026-11-01T01:00:00.000Z",
            version="0.1.0",
            finished=True,
            foreign_alerts=0,
        )
    )

    first_day: date
    last_day: date
    made_at: Time
    version: str
    finished: bool
    foreign_alerts: int
    total: FiguresView
    departments: list[DepartmentView]
    halls: list[HallView]
    windows: list[WindowView]
    groups: list[GroupView]
    cameras: list[CameraView]
    days: list[DayView]
    before: BeforeView | None

    @classmethod
    def of(cls, report: Report) -> Self:
        view = FiguresView.of
        return cls(
            first_day=report.period.first,
            last_day=report.period.last,
            made_at=report.made_at,
            version=report.version,
            finished=report.finished,
            foreign_alerts=report.foreign_alerts,
            total=view(report.total),
            departments=[
                DepartmentView(department=one.department, halls=one.halls, figures=view(one.figures))
                for one in report.departments
            ],
            halls=[HallView(hall=one.hall.id, figures=view(one.figures)) for one in report.halls],
            windows=[
                WindowView(hall=one.hall.id, window=one.window.id, figures=view(one.figures)) for one in report.windows
            ],
            groups=[
                GroupView(hall=one.hall.id, group=one.group.id, figures=view(one.figures)) for one in report.groups
            ],
            cameras=[
                CameraView(hall=one.hall.id, camera=one.camera.id, figures=view(one.figures)) for one in report.cameras
            ],
            days=[DayView(day=one.day, figures=view(one.figures)) for one in report.days],
            before=None if report.before is None else BeforeView.of(report, report.before),
        )


class ReportFileView(BaseModel):
    model_config = ConfigDict(
        json_schema_extra=shown(
            format="xlsx", size=48213, sha256="6b27eba5652b46d31ef75f17784c2709ac019809c47ca538e91c0ab54a80892f"
        )
    )

    format: str
    size: int
    sha256: str


class ReportView(BaseModel):
    """`asked_by` is None where the centre made it because it was due; `fault` says why it could not be made."""

    model_config = ConfigDict(
        json_schema_extra=shown(
            id="month-2026-10",
            kind="month",
            first_day="2026-10-01",
            last_day="2026-10-31",
            state="ready",
            asked_at="2026-11-01T00:59:12.000Z",
            made_at="2026-11-01T01:00:00.000Z",
        )
    )

    id: ReportId
    kind: str
    first_day: date
    last_day: date
    state: ReportState
    asked_at: Time
    asked_by: str | None
    made_at: Time | None
    files: list[ReportFileView]
    fault: str | None

    @classmethod
    def of(cls, record: ReportRecord) -> Self:
        return cls(
            id=record.id,
            kind=record.kind,
            first_day=record.first_day,
            last_day=record.last_day,
            state=record.state,
            asked_at=record.asked_at,
            asked_by=record.asked_by,
            made_at=record.made_at,
            files=[ReportFileView(format=one.format, size=one.size, sha256=one.sha256) for one in record.files],
            fault=record.fault,
        )


class ReportList(BaseModel):
    items: list[ReportView]
    next: str | None


def _weighted(counted: Mapping[int, float]) -> Spread:
    return Spread(median=weighted_percentile(counted, 0.5), p90=weighted_percentile(counted, 0.9))


def _plain(seconds: Sequence[float]) -> Spread:
    return Spread(median=percentile(seconds, 0.5), p90=percentile(seconds, 0.9))
