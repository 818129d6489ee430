"""What the API tells of the period before: each figure as it was then, and by how much it differs. None: nothing is known."""

from __future__ import annotations

from datetime import date
from typing import Self

from pydantic import BaseModel

from vigil.model.ids import HallId
from vigil.report.comparison import Change, Changes, changes
from vigil.report.figures import Figures
from vigil.report.report import Before, Report


class ChangeView(BaseModel):
    """`difference` is what it is now, less what it was `before`."""

    before: float | None
    difference: float | None

    @classmethod
    def of(cls, change: Change) -> Self:
        return cls(before=_rounded(change.before), difference=_rounded(change.difference))


class ChangesView(BaseModel):
    """Shares 0..1, seconds, or how many. Counts are null where no window was watched."""

    service_s: ChangeView
    unknown_share: ChangeView
    staffing_rate: ChangeView
    absent_s: ChangeView
    unserved: ChangeView
    confirmed: ChangeView
    wait_median_s: ChangeView
    wait_p90_s: ChangeView
    completeness: ChangeView

    @classmethod
    def of(cls, found: Changes) -> Self:
        return cls(**{measure.value: ChangeView.of(change) for measure, change in found.items()})


class DepartmentChangesView(BaseModel):
    department: str
    changes: ChangesView


class HallChangesView(BaseModel):
    hall: HallId
    changes: ChangesView


class BeforeView(BaseModel):
    """The period before, of the site as it is now."""

    first_day: date
    last_day: date
    total: ChangesView
    departments: list[DepartmentChangesView]
    halls: list[HallChangesView]

    @classmethod
    def of(cls, report: Report, before: Before) -> Self:
        return cls(
            first_day=before.period.first,
            last_day=before.period.last,
            total=_changes(report.total, before.total),
            departments=[
                DepartmentChangesView(
                    department=one.department, changes=_changes(one.figures, before.departments[one.department])
                )
                for one in report.departments
            ],
            halls=[
                HallChangesView(hall=one.hall.id, changes=_changes(one.figures, before.halls[one.hall.id]))
                for one in report.halls
            ],
        )


def _changes(now: Figures, before: Figures) -> ChangesView:
    return ChangesView.of(changes(now, before))


def _rounded(value: float | None) -> float | None:
    """Differences of shares and of seconds have no more digits than what they are made of."""
    return None if value is None else round(value, 6)
