from __future__ import annotations

from dataclasses import replace

from tests.unit.uplink.samples import (
    CAMERA,
    GROUP,
    NODE,
    OTHER_CAMERA,
    OTHER_NODE,
    OWNERS,
    SITE,
    WINDOW,
)
from vigil.center.plans import owners, part_of, revision, watched_by
from vigil.model.ids import NodeId
from vigil.model.site import Site


def test_each_camera_has_its_node() -> None:
    assert owners(SITE, (NODE, OTHER_NODE)) == OWNERS


def test_a_camera_that_names_no_node_belongs_to_the_only_one() -> None:
    halls = tuple(replace(hall, cameras=(replace(hall.cameras[0], node=None),)) for hall in SITE.halls)
    found = owners(replace(SITE, halls=halls), (NodeId("the-one"),))
    assert found == {CAMERA: "the-one", OTHER_CAMERA: "the-one"}


def test_a_node_is_told_of_no_camera_but_its_own() -> None:
    part = part_of(SITE, frozenset({CAMERA}))
    assert [camera.id for _, camera in part.cameras()] == [CAMERA]
    assert [hall.id for hall in part.halls] == ["hall-a"]
    assert part.calendars == SITE.calendars
    assert part_of(SITE, frozenset()).halls == ()


def test_of_a_hall_of_two_nodes_each_gets_the_windows_and_its_own_cameras() -> None:
    first, second = SITE.halls
    shared = replace(first, cameras=first.cameras + second.cameras)
    part = part_of(replace(SITE, halls=(shared,)), frozenset({OTHER_CAMERA}))
    assert [camera.id for _, camera in part.cameras()] == [OTHER_CAMERA]
    assert part.halls[0].groups == first.groups


def test_the_revision_changes_with_the_content_and_with_nothing_else() -> None:
    part = part_of(SITE, frozenset({CAMERA}))
    assert revision(part) == revision(part_of(SITE, frozenset({CAMERA})))
    changed = [
        replace(part, notice="演示"),
        replace(part, thresholds=replace(part.thresholds, absence_alert_s=301)),
        part_of(SITE, frozenset({OTHER_CAMERA})),
        part_of(_without_the_second_hall(SITE), frozenset({CAMERA})),
    ]
    assert [revision(one) == revision(part) for one in changed] == [False, False, False, True]


def test_what_a_node_sees() -> None:
    assert watched_by(SITE, {CAMERA}) == (frozenset({WINDOW}), frozenset({GROUP}))
    assert watched_by(SITE, frozenset()) == (frozenset(), frozenset())


def _without_the_second_hall(site: Site) -> Site:
    return replace(site, halls=site.halls[:1])
