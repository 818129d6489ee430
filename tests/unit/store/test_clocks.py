from __future__ import annotations

from datetime import UTC, datetime, timedelta

from vigil.model.ids import NodeId
from vigil.store.clocks import NodeClock
from vigil.store.stores import Stores

T0 = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
NODE, OTHER = NodeId("node-a"), NodeId("node-b")


def test_the_reading_nearest_in_time_is_found(stores: Stores) -> None:
    assert stores.clocks.near(NODE, T0) is None
    early, late = NodeClock(T0, 0.5, 0.1), NodeClock(T0 + timedelta(minutes=10), 0.7, 0.1)
    for clock in (early, late):
        stores.clocks.add(NODE, clock)
    stores.clocks.add(OTHER, NodeClock(T0 + timedelta(minutes=4), 9.0, 0.1))
    for minutes, nearest in ((-60, early), (0, early), (4, early), (6, late), (600, late)):
        assert stores.clocks.near(NODE, T0 + timedelta(minutes=minutes)) == nearest
