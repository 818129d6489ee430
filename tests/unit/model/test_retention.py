from __future__ import annotations

from datetime import UTC, datetime, timedelta

from vigil.model.ids import CameraId
from vigil.model.retention import CameraPlan, RetentionPlan

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def camera(size: int, day: int, most: float = 90) -> CameraPlan:
    return CameraPlan(CameraId("c"), 30, most, size, day, NOW)


def test_footage_grows_until_the_oldest_must_go() -> None:
    one = camera(100, 10)
    assert [one.bytes_after(days) for days in (0, 1, 80, 81, 1000)] == [100, 110, 900, 900, 900]


def test_what_is_there_already_does_not_shrink_in_a_plan() -> None:
    assert camera(1000, 0).bytes_after(10) == 1000


def test_it_is_full_on_the_first_day_that_does_not_fit() -> None:
    plan = RetentionPlan(NOW, (camera(100, 10), camera(0, 10)), 250)
    assert plan.full_at == NOW + timedelta(days=8)  # 100 + 20 a day; 240 on the seventh still fit, 260 do not
    assert (plan.bytes, plan.least_bytes, plan.most_bytes) == (100, 600, 1800)


def test_it_is_never_full_where_all_that_may_be_fits() -> None:
    assert RetentionPlan(NOW, (camera(100, 10),), 900).full_at is None


def test_nobody_knows_where_the_store_does_not_say() -> None:
    assert RetentionPlan(NOW, (camera(100, 10),), None).full_at is None
