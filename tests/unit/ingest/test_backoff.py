from __future__ import annotations

import random

import pytest

from vigil.ingest.backoff import Backoff

STEPS_S = [1, 2, 5, 10, 30]


class Middle(random.Random):
    """No jitter at all."""

    def uniform(self, a: float, b: float) -> float:
        return (a + b) / 2


@pytest.mark.lesson(3)
def test_waits_longer_each_time() -> None:
    backoff = Backoff(Middle())
    assert [backoff.failed(0) for _ in range(7)] == [*STEPS_S, 30, 30]


def test_jitter_spreads_by_a_fifth() -> None:
    waits = [Backoff(random.Random(seed)).failed(0) for seed in range(200)]
    assert all(0.8 <= wait <= 1.2 for wait in waits)
    assert max(waits) - min(waits) > 0.3


@pytest.mark.parametrize(("healthy_s", "next_s"), [(0, 5), (59.9, 5), (60, 1), (3600, 1)])
@pytest.mark.lesson(3)
def test_begins_anew_after_a_healthy_minute(healthy_s: float, next_s: float) -> None:
    backoff = Backoff(Middle())
    backoff.failed(0)
    backoff.failed(0)
    assert backoff.failed(healthy_s) == next_s


def test_a_camera_that_hangs_up_after_each_picture_is_not_hammered() -> None:
    backoff = Backoff(Middle())
    assert [backoff.failed(2.0) for _ in range(5)] == STEPS_S
