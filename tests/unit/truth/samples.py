"""A clip of ten seconds with two windows, for which truth is written in the tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from vigil.model.ids import CameraId, GroupId, WindowId
from vigil.model.site import Zone, ZoneKind
from vigil.model.truth import TruthHeader, TruthSource
from vigil.truth.footage import Footage

ONE, TWO = WindowId("one"), WindowId("two")
START_AT = datetime.fromisoformat("2026-03-02T09:00:00+08:00")
LANE = Zone(ZoneKind.QUEUE, ((0.5, 0.5), (1.0, 0.5), (1.0, 1.0), (0.5, 1.0)), group=GroupId("group"))
HEADER = TruthHeader(
    scene="morning",
    camera=CameraId("counter"),
    source=TruthSource.LABEL,
    start_at=START_AT,
    seconds=10.0,
    width=640,
    height=360,
    fps=10.0,
    windows=(ONE, TWO),
    group=GroupId("group"),
    zones=(LANE,),
)
FOOTAGE = Footage("morning", CameraId("counter"), START_AT, (ONE, TWO), GroupId("group"))
WITH_LANE = replace(FOOTAGE, zones=(LANE,))
