"""Rosters as the API says them (docs/reference/api.md)."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from vigil.gateway.examples import shown
from vigil.gateway.refusals import Problem
from vigil.gateway.times import Time
from vigil.model.suspensions import SuspensionKind
from vigil.roster.faults import Column, Fault, FileFault, RowFault
from vigil.roster.plan import Outcome, Plan, Planned


class RowFaultView(BaseModel):
    """`value` is what stands there, `right` what could; of an overlap, with what."""

    model_config = ConfigDict(
        json_schema_extra=shown(what="no-window", column="window", value="7号窗口", right=["1号窗口", "2号窗口"])
    )

    what: RowFault
    column: Column | None
    value: str
    right: list[str]

    @classmethod
    def of(cls, fault: Fault) -> Self:
        return cls(what=fault.what, column=fault.column, value=fault.value, right=list(fault.right))


class RosterRowView(BaseModel):
    """`row` is the number in the file. What cannot be understood has no window and no times."""

    model_config = ConfigDict(
        json_schema_extra=shown(
            row=2,
            hall="gongan",
            window="gongan-3",
            kind="leave",
            from_at="2026-11-24T01:00:00.000Z",
            to_at="2026-11-24T09:00:00.000Z",
            note="年休假",
        )
    )

    row: int
    outcome: Outcome
    hall: str | None
    window: str | None
    kind: SuspensionKind | None
    from_at: Time | None
    to_at: Time | None
    note: str | None
    fault: RowFaultView | None

    @classmethod
    def of(cls, line: Planned) -> Self:
        entry = line.entry
        return cls(
            row=line.number,
            outcome=line.outcome,
            hall=None if entry is None else entry.hall,
            window=None if entry is None else entry.window,
            kind=None if entry is None else entry.kind,
            from_at=None if entry is None else entry.from_at,
            to_at=None if entry is None else entry.to_at,
            note=None if entry is None else entry.note,
            fault=None if line.fault is None else RowFaultView.of(line.fault),
        )


class RosterView(BaseModel):
    """`entered`: those with the outcome `enter` are entered now. `counts` by outcome."""

    model_config = ConfigDict(json_schema_extra=shown(counts={"enter": 1, "there": 0, "conflict": 0, "faulty": 0}))

    entered: bool
    counts: dict[Outcome, int]
    rows: list[RosterRowView]

    @classmethod
    def of(cls, plan: Plan, *, entered: bool) -> Self:
        counts = {outcome: plan.count(outcome) for outcome in Outcome}
        return cls(entered=entered, counts=counts, rows=[RosterRowView.of(line) for line in plan.lines])


class RosterProblem(Problem):
    """`fault` is of the whole file, with what is missing or the bound; `roster` says which rows are in the way."""

    fault: FileFault | None = None
    right: list[str] = Field(default_factory=list)
    roster: RosterView | None = None
