from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.errors import ScenarioError
from vigil.model.truth import PersonRole
from vigil.sim.chance import Chance, Concern
from vigil.sim.door import APART_S, Door
from vigil.sim.looks import LookBag


@given(st.integers(1, 12), st.integers(0, 100))
def test_the_same_look_does_not_come_again_soon(looks: int, seed: int) -> None:
    bag = LookBag(PersonRole.VISITOR, [f"v{n}" for n in range(looks)], np.random.default_rng(seed))
    given_out = [bag.pick() for _ in range(5 * looks)]
    last: dict[str, int] = {}
    for index, look in enumerate(given_out):
        assert index - last.get(look, -99) >= max(1, looks // 2)
        last[look] = index
    assert all(given_out.count(look) == 5 for look in set(given_out))


def test_no_looks_are_an_error() -> None:
    with pytest.raises(ScenarioError, match="no sprites for a visitor"):
        LookBag(PersonRole.VISITOR, [], np.random.default_rng(1))


def test_each_concern_and_person_draws_alone() -> None:
    first = {
        Chance(seed).of(concern, *key).random()
        for seed in (1, 2)
        for concern in (Concern.ARRIVALS, Concern.CLERKS)
        for key in ((), (1,), (1, 2))
    }
    assert len(first) == 12
    assert Chance(1).of(Concern.CLERKS, 3).random() == Chance(1).of(Concern.CLERKS, 3).random()


def test_a_seed_below_zero_is_refused() -> None:
    with pytest.raises(ScenarioError, match="0 or more, not -1"):
        Chance(-1)


def arrivals(door: Door, rates: list[float]) -> list[int]:
    """Steps at which somebody came to the door."""
    times = []
    for n, rate in enumerate(rates):
        door.per_min = rate
        before = door.outside
        door.step()
        times += [n] * (door.outside - before)
    return times


def test_people_come_at_the_rate_by_chance() -> None:
    times = arrivals(Door(np.random.default_rng(3)), [6.0] * 60_000)
    assert len(times) == pytest.approx(600, rel=0.1)
    gaps = [b - a for a, b in pairwise(times)]
    assert np.std(gaps) == pytest.approx(np.mean(gaps), rel=0.15), "as those of a Poisson process"


def test_a_rate_that_changes_later_changes_nothing_before() -> None:
    steady = arrivals(Door(np.random.default_rng(3)), [6.0] * 6_000)
    changed = arrivals(Door(np.random.default_rng(3)), [6.0] * 3_000 + [1.0] * 3_000)
    assert [n for n in steady if n < 3_000] == [n for n in changed if n < 3_000]
    assert len(changed) < len(steady)


def test_people_come_in_one_behind_the_other() -> None:
    door = Door(np.random.default_rng(1))
    door.outside = 3
    entered = [n / 10 for n in range(50) if door.admits(n / 10)]
    assert len(entered) == 3
    assert all(b - a >= APART_S - 1e-9 for a, b in pairwise(entered))


def test_a_closed_door_sends_people_home() -> None:
    door = Door(np.random.default_rng(1))
    door.outside = 3
    door.close()
    arrivals(door, [60.0] * 600)
    assert not door.admits(100.0)
