"""Faults of what stands at window groups: ticket machines, and windows that need several clerks."""

from __future__ import annotations

import pytest

from tests.unit.config.files import GOOD, faults, line_of, read, variant
from vigil.model.site import Secret, TicketFeed

GROUP = "          name: 户籍业务\n"
FEED = "http://192.0.2.9/api/queues/1"


def with_feed(text: str) -> str:
    return variant(GROUP, f"{GROUP}          tickets: {{{text}}}\n")


def test_a_feed_needs_its_address_alone() -> None:
    site = read(with_feed(f"url: '{FEED}'")).site
    assert site is not None
    assert site.halls[0].groups[0].tickets == TicketFeed(FEED)


def test_a_feed_may_have_paths_of_its_own_and_a_bearer() -> None:
    text = f"url: '{FEED}', every_s: 2, bearer: {{env: TICKETS}}, waiting: /data/0/count, longest_wait_s: ''"
    site = read(with_feed(text)).site
    assert site is not None
    assert site.halls[0].groups[0].tickets == TicketFeed(FEED, 2, Secret(env="TICKETS"), "/data/0/count", "")


@pytest.mark.parametrize(
    ("text", "key", "what", "remedy"),
    [
        ("url: 'ftp://192.0.2.9'", ".url", "no HTTP address", "For example http://"),
        ("url: 'http://192.0.2.9/queue 1'", ".url", "no HTTP address", "percent-encoded"),
        ("url: 'http://192.0.2.9/队列'", ".url", "no HTTP address", "percent-encoded"),
        ("url: 'http://me:geheim@192.0.2.9'", ".url", "holds credentials", "bearer:"),
        (f"url: '{FEED}', every_s: 1", ".every_s", "1 s is no time", "From 2 to 300"),
        (f"url: '{FEED}', every_s: 301", ".every_s", "301 s is no time", "From 2 to 300"),
        (f"url: '{FEED}', bearer: {{}}", ".bearer", "kept in one place", "env: NAME or file: PATH"),
        (f"url: '{FEED}', bearer: geheim", ".bearer", "a secret does not stand in this file", "env: NAME"),
        (f"url: '{FEED}', waiting: data.count", ".waiting", "no JSON Pointer", "/data/0/waiting"),
        (f"url: '{FEED}', longest_wait_s: longest", ".longest_wait_s", "no JSON Pointer", "/data/0/waiting"),
        (f"url: '{FEED}', evry_s: 5", ".evry_s", "unknown key 'evry_s'", "Did you mean 'every_s'?"),
    ],
)
def test_a_feed_that_could_not_be_asked_is_a_fault(text: str, key: str, what: str, remedy: str) -> None:
    written = with_feed(text)
    (found,) = faults(written)
    assert (found.where, found.line) == (f"site.halls[0].groups[0].tickets{key}", line_of(written, "tickets:"))
    assert what in found.what
    assert remedy in found.remedy
    assert "geheim" not in str(found)


def test_a_feed_of_a_group_that_no_camera_sees_would_be_asked_by_nobody() -> None:
    camera = GOOD[GOOD.index("          zones:\n") : GOOD.index("center:\n")]
    (found,) = faults(with_feed(f"url: '{FEED}'").replace(camera, ""))
    assert found.what == "no camera sees a window of this group, so no node would ask"


def test_a_window_may_need_two_clerks() -> None:
    site = read(variant("{id: one, name: 1号窗口}", "{id: one, name: 1号窗口, staff: 2}")).site
    assert site is not None
    assert site.halls[0].groups[0].windows[0].staff == 2


@pytest.mark.parametrize("staff", [0, 5, -1])
def test_a_window_needs_from_one_to_four_clerks(staff: int) -> None:
    (found,) = faults(variant("{id: one, name: 1号窗口}", f"{{id: one, name: 1号窗口, staff: {staff}}}"))
    assert (found.where, found.remedy) == ("site.halls[0].groups[0].windows[0].staff", "From 1 to 4")


def test_two_cameras_cannot_add_up_the_clerks_of_one_window() -> None:
    cameras = GOOD[GOOD.index("        - id: counter") : GOOD.index("center:\n")]
    twice = GOOD.replace(cameras, cameras + cameras.replace("id: counter", "id: again"))
    assert faults(twice) == []
    (found,) = faults(twice.replace("{id: one, name: 1号窗口}", "{id: one, name: 1号窗口, staff: 2}"))
    assert found.what.startswith("cameras counter and again both show its staff area")
    assert "draw its staff area in one camera" in found.remedy
