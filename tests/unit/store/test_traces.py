from __future__ import annotations

import pytest

from tests.unit.store.samples import alert, at
from vigil.errors import StoreError
from vigil.model.ids import AlertId
from vigil.model.looks import Presence, Unknown
from vigil.model.trace import TracePoint
from vigil.store.stores import Stores
from vigil.store.traces import MOST_KEPT

ALERT = AlertId("alert-1")


def point(second: float, score: float = 0.0) -> TracePoint:
    return TracePoint(at(second), Presence.CLEAR, score, visitor=Presence.SEEN)


@pytest.fixture
def stores(stores: Stores) -> Stores:
    stores.alerts.upsert(alert())
    return stores


def test_points_come_back_as_they_were(stores: Stores) -> None:
    points = (
        point(0.5, 0.123),
        TracePoint(at(1), Presence.UNKNOWN, why=Unknown.DARK),
        TracePoint(at(2), Presence.SEEN, waiting=7, mark=6.0),
    )
    stores.traces.add(ALERT, points)
    assert stores.traces.of(ALERT) == points


def test_an_alert_without_a_trace_has_none(stores: Stores) -> None:
    stores.traces.add(ALERT, ())
    assert stores.traces.of(ALERT) == ()
    assert stores.traces.of(AlertId("none")) == ()


def test_a_later_revision_with_less_erases_nothing(stores: Stores) -> None:
    stores.traces.add(ALERT, [point(second) for second in range(100)])
    stores.traces.add(ALERT, [point(98), point(99), point(5000)])
    stores.traces.add(ALERT, [])
    assert [one.at for one in stores.traces.of(ALERT)] == [*map(at, range(100)), at(5000)]


def test_revisions_out_of_order_are_put_in_order_of_time_and_the_first_word_stands(stores: Stores) -> None:
    stores.traces.add(ALERT, [point(2, 0.2), point(3, 0.2)])
    stores.traces.add(ALERT, [point(1, 0.1), point(2, 0.9)])
    assert [(one.at, one.score) for one in stores.traces.of(ALERT)] == [(at(1), 0.1), (at(2), 0.2), (at(3), 0.2)]


def test_a_trace_does_not_grow_for_ever(stores: Stores) -> None:
    stores.traces.add(ALERT, [point(second) for second in range(MOST_KEPT - 1)])
    stores.traces.add(ALERT, [point(-1), point(-2)])
    assert len(stores.traces.of(ALERT)) == MOST_KEPT


def test_a_trace_of_nothing_is_refused(stores: Stores) -> None:
    with pytest.raises(StoreError):
        stores.traces.add(AlertId("none"), [point(0)])
