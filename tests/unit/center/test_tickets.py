"""A queue that is known from its tickets belongs to the node that sees the group's windows, though nobody sees a lane."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.uplink.samples import CAMERA, GROUP, NODE, OTHER_NODE, OWNERS, SITE, T0, alert
from vigil.center.claims import Claims
from vigil.center.plans import watched_by
from vigil.errors import UplinkError
from vigil.model.alerts import AlertKind
from vigil.model.ids import AlertId
from vigil.model.looks import QueueSource, QueueStatus
from vigil.model.site import Site, TicketFeed, ZoneKind
from vigil.uplink.protocol import Report

FEED = TicketFeed("http://192.0.2.9/")


def without_lane(feed: TicketFeed | None) -> Site:
    first, second = SITE.halls
    (camera,) = first.cameras
    staff_areas = tuple(zone for zone in camera.zones if zone.kind is ZoneKind.STAFF_AREA)
    group = replace(first.groups[0], tickets=feed)
    return replace(SITE, halls=(replace(first, groups=(group,), cameras=(replace(camera, zones=staff_areas),)), second))


def test_a_group_with_tickets_is_watched_by_whom_its_windows_are_seen() -> None:
    assert watched_by(without_lane(FEED), {CAMERA})[1] == {GROUP}
    assert watched_by(without_lane(None), {CAMERA})[1] == frozenset()
    assert watched_by(without_lane(FEED), frozenset())[1] == frozenset()


def test_its_node_may_say_how_many_wait_and_raise_a_build_up_and_no_other_node_may() -> None:
    claims = Claims(without_lane(FEED), OWNERS)
    status = QueueStatus(GROUP, 12, 1, 0, 1, T0, source=QueueSource.TICKETS, longest_wait_s=900)
    buildup = alert(
        id=AlertId(f"queue-buildup_{GROUP}_20260302T005500Z"), kind=AlertKind.QUEUE_BUILDUP, window=None, group=GROUP
    )
    assert claims.own(NODE, Report(queues=(status,))).queues == (status,)
    assert claims.check_alert(NODE, buildup) == CAMERA
    assert claims.own(OTHER_NODE, Report(queues=(status,))).queues == ()
    with pytest.raises(UplinkError):
        claims.check_alert(OTHER_NODE, buildup)


@pytest.mark.parametrize("longest_s", [-1.0, float("nan"), float("inf")])
def test_a_wait_that_is_none_reaches_no_screen(longest_s: float) -> None:
    status = QueueStatus(GROUP, 12, 1, 0, 1, T0, source=QueueSource.TICKETS, longest_wait_s=longest_s)
    assert Claims(without_lane(FEED), OWNERS).own(NODE, Report(queues=(status,))).queues == ()
