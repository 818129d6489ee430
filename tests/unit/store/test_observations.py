from __future__ import annotations

from dataclasses import replace

from tests.unit.store.samples import at
from vigil.model.ids import WindowId
from vigil.model.looks import Presence, Staffing, Unknown, WindowStatus
from vigil.store.stores import Stores

WINDOW = WindowId("window-1")


def status(staffing: Staffing, seconds: float, window: WindowId = WINDOW) -> WindowStatus:
    why = Unknown.DARK if staffing is Staffing.UNKNOWN else None
    return WindowStatus(window, True, staffing, at(seconds), why, Presence.SEEN)


def test_a_change_is_kept_once_and_comes_back_as_it_was(stores: Stores) -> None:
    change = status(Staffing.UNKNOWN, 0)
    assert [stores.observations.add("r1", change) for _ in range(2)] == [True, False]
    assert stores.observations.between(WINDOW, at(0), at(1)) == [change]


def test_its_confidence_is_kept(stores: Stores) -> None:
    stores.observations.add("r1", replace(status(Staffing.UNSTAFFED, 0), confidence=0.99))
    assert [one.confidence for one in stores.observations.latest()] == [0.99]


def test_a_span_is_led_by_what_was_in_force(stores: Stores) -> None:
    changes = [status(state, n * 10) for n, state in enumerate([*Staffing, *Staffing])]
    for number, change in enumerate(changes):
        stores.observations.add(f"r{number}", change)
    stores.observations.add("other", status(Staffing.STAFFED, 24, WindowId("window-2")))
    assert stores.observations.between(WINDOW, at(25), at(40)) == changes[2:4]
    assert stores.observations.between(WINDOW, at(-9), at(1)) == changes[:1]
    assert stores.observations.between(WINDOW, at(99), at(100)) == changes[-1:]
    assert stores.observations.between(WindowId("none"), at(0), at(100)) == []


def test_the_latest_of_every_window(stores: Stores) -> None:
    other = WindowId("window-2")
    for number, change in enumerate(
        [status(Staffing.STAFFED, 10), status(Staffing.UNSTAFFED, 5), status(Staffing.STAFFED, 1, other)]
    ):
        stores.observations.add(f"r{number}", change)
    assert sorted(stores.observations.latest(), key=lambda found: found.window) == [
        status(Staffing.STAFFED, 10),
        status(Staffing.STAFFED, 1, other),
    ]
