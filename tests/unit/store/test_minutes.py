from __future__ import annotations

from dataclasses import replace

from tests.unit.store.samples import at
from vigil.model.ids import GroupId, NodeId, WindowId
from vigil.model.looks import Unknown
from vigil.model.minutes import Minute, QueueMinute, WindowMinute
from vigil.store.minutes import Told
from vigil.store.stores import Stores

WINDOW, OTHER, GROUP = WindowId("window-1"), WindowId("window-2"), GroupId("group-1")
NODE, OTHER_NODE = NodeId("node-a"), NodeId("node-b")
OF_WINDOW = WindowMinute(WINDOW, 20.0, 30.5, {Unknown.DARK: 9.5}, visitor_s=12.0, looks=58)
OF_QUEUE = QueueMinute(GROUP, 60.0, 40.0, 4.25, 3, 7, staffed_mean=1.5, wait_s=None)


def minute(number: int, *windows: WindowMinute, seconds: float = 60.0) -> Minute:
    return Minute(at(60 * number), seconds, windows, (OF_QUEUE,))


def test_a_minute_is_kept_once_and_comes_back_as_it_was(stores: Stores) -> None:
    one = minute(0, OF_WINDOW, replace(OF_WINDOW, window=OTHER, unknown_s={}))
    assert [stores.minutes.add("r1", NODE, one) for _ in range(2)] == [True, False]
    assert stores.minutes.of_window(WINDOW, at(0), at(60)) == [(Told(NODE, at(0), 60.0), OF_WINDOW)]
    assert stores.minutes.of_group(GROUP, at(0), at(60)) == [(Told(NODE, at(0), 60.0), OF_QUEUE)]


def test_a_span_holds_the_minutes_that_begin_in_it_by_time(stores: Stores) -> None:
    for number in (3, 1, 0, 2):
        stores.minutes.add(f"r{number}", NODE, minute(number, OF_WINDOW))
    assert [told.at for told, _ in stores.minutes.of_window(WINDOW, at(1), at(180))] == [at(60), at(120)]
    assert stores.minutes.of_window(OTHER, at(0), at(600)) == []


def test_parts_of_a_minute_and_what_two_nodes_say_of_it_stand_apart(stores: Stores) -> None:
    stores.minutes.add("r1", NODE, minute(0, OF_WINDOW, seconds=20.0))
    stores.minutes.add("r2", NODE, minute(0, OF_WINDOW, seconds=35.0))
    stores.minutes.add("r3", OTHER_NODE, minute(0, OF_WINDOW))
    told = [told for told, _ in stores.minutes.of_window(WINDOW, at(0), at(60))]
    assert told == [Told(NODE, at(0), 20.0), Told(NODE, at(0), 35.0), Told(OTHER_NODE, at(0), 60.0)]
