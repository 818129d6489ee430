from __future__ import annotations

import pytest

from benchmarks.uplink_faults.memory import drift_mb, growth_mb, peak_mb


def life(seconds: int, first_mb: float, mb_per_s: float = 0.0) -> list[tuple[float, float]]:
    return [(float(age), first_mb + mb_per_s * age) for age in range(seconds)]


def test_growth_is_that_of_the_longest_life() -> None:
    assert growth_mb([life(200, 100, 1.0), life(600, 100, 0.1), life(300, 500, 2.0)]) == pytest.approx(48.6)


def test_the_start_of_a_life_is_no_growth() -> None:
    assert growth_mb([[(float(age), 50.0 if age < 30 else 300.0) for age in range(400)]]) == 0.0


def test_of_short_lives_nothing_is_said() -> None:
    assert growth_mb([life(90, 100, 1.0)]) is None
    assert growth_mb([]) is None
    assert drift_mb([life(90, 100)], 15, 45) is None


def test_lives_are_compared_at_the_same_age() -> None:
    lives = [*[life(200, 100, 1.0)] * 2, life(10, 900), *[life(50, 105, 1.0)] * 2, *[life(100, 110, 1.0)] * 2]
    assert drift_mb(lives, 15, 45) == 10.0


def test_peak() -> None:
    assert peak_mb([life(10, 1), life(5, 7), []]) == 7
