from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.gateway.world import SITE
from tests.unit.store.samples import alert, at
from vigil.model.alerts import Alert, AlertKind
from vigil.model.ids import CameraId, GroupId, HallId, WindowId
from vigil.model.relations import Relation, relation
from vigil.model.site import Window, WindowGroup

ONE, TWO, FAR = WindowId("ga-w-1"), WindowId("ga-w-2"), WindowId("ga-w-9")
HALL = replace(
    SITE.halls[0],
    groups=(
        WindowGroup(GroupId("ga-1"), "综合", (Window(ONE, "1号窗口"), Window(TWO, "2号窗口"))),
        WindowGroup(GroupId("ga-9"), "出件", (Window(FAR, "9号窗口"),)),
    ),
)
"""Camera ga-cam-1 looks at the staff area of window ga-w-1."""


def one(name: str, **changes: object) -> Alert:
    return alert(name, **({"hall": HALL.id, "window": ONE, "began_at": at(0), "ended_at": at(600)} | changes))


ABSENCE = one("absence")
FAULT = {"kind": AlertKind.CAMERA_FAULT, "window": None}


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (one("o", kind=AlertKind.UNSERVED_VISITOR), Relation.WINDOW),
        (one("o", window=TWO), Relation.GROUP),
        (one("o", window=None, group=GroupId("ga-1"), kind=AlertKind.QUEUE_BUILDUP), Relation.GROUP),
        (one("o", window=FAR), Relation.HALL),
        (one("o", camera=CameraId("ga-cam-1"), began_at=at(-300), ended_at=at(-30), **FAULT), Relation.CAMERA),
        (one("o", camera=CameraId("ga-cam-2"), **FAULT), Relation.HALL),
        (one("o", hall=HallId("other")), None),
        (one("o", began_at=at(1199), ended_at=None), Relation.WINDOW),
        (one("o", began_at=at(1200), ended_at=None), None),
        (one("o", began_at=at(-900), ended_at=at(-600)), None),
        (one("o", began_at=at(-900), ended_at=None), Relation.WINDOW),
        (ABSENCE, None),
    ],
)
def test_relations(other: Alert, expected: Relation | None) -> None:
    assert relation(ABSENCE, other, HALL) is expected
    assert relation(other, ABSENCE, HALL) is expected


def test_a_hall_that_is_no_longer_configured() -> None:
    assert relation(ABSENCE, one("o", kind=AlertKind.UNSERVED_VISITOR), None) is Relation.WINDOW
    assert relation(ABSENCE, one("o", window=TWO), None) is Relation.HALL
