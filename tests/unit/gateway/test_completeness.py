from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.unit.gateway.world import World
from vigil.model.ids import CameraId, SegmentId
from vigil.model.media import Codec, Gap, GapCause, Segment


def ask(world: World, **query: str) -> Any:
    return world.client("operator").get("/api/v1/completeness", params=query)


def record(world: World, camera: CameraId, minutes: int) -> None:
    start_at = world.clock.now() - timedelta(minutes=30)
    one = Segment(
        SegmentId(f"{camera}_1"),
        camera,
        start_at,
        start_at + timedelta(minutes=minutes),
        1,
        "a",
        "",
        1,
        Codec.H264,
        2,
        2,
    )
    world.stores.footage.announce(one, "segments/1.mp4")
    world.stores.footage.mark_stored(one.id)
    gap = Gap(camera, one.end_at, one.end_at + timedelta(minutes=5), GapCause.CAMERA)
    world.stores.footage.add_gap(gap)


def test_a_days_completeness_as_the_contract_draws_it(world: World) -> None:
    camera = next(one.id for _, one in world.deps.site.cameras())
    hall = next(hall.id for hall, one in world.deps.site.cameras() if one.id == camera)
    record(world, camera, 20)
    answer = ask(world, day="2026-03-02").json()
    assert answer == {
        "from_at": "2026-03-01T16:00:00.000Z",
        "to_at": "2026-03-02T01:00:00.000Z",
        "items": [
            {
                "camera": camera,
                "hall": hall,
                "expected_s": 1800.0,
                "stored_s": 1200.0,
                "share": 0.66667,
                "gaps_s": {"camera": 300.0},
                "unexplained_s": 300.0,
            }
        ],
    }
    assert ask(world, day="2026-03-02", hall=hall).json() == answer
    assert ask(world, day="2026-03-02", hall="none").json()["items"] == []


def test_a_day_that_has_not_begun_is_refused(world: World) -> None:
    answer = ask(world, day="2026-03-03")
    assert answer.status_code == 422
    assert "not begun" in answer.json()["detail"]
    assert ask(world, day="yesterday").status_code == 422
