"""Versions of the site, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from vigil.errors import StoreError
from vigil.model import site_versions
from vigil.model.site_versions import Origin, SiteVersion
from vigil.store.database import Database
from vigil.store.stores import Stores

T0 = datetime(2026, 3, 2, tzinfo=UTC)


def add(
    stores: Stores, hours: int = 0, *, after: int | None = None, origin: Origin = Origin.APPLIED
) -> SiteVersion | None:
    return stores.site_versions.add(
        f'{{"name":"{hours}"}}',
        origin=origin,
        by="li",
        why="新窗口",
        at=T0,
        effective_from=T0 + timedelta(hours=hours),
        after=after,
    )


def test_versions_are_numbered_and_kept_as_they_were_entered(stores: Stores) -> None:
    one, two = add(stores, origin=Origin.FILE), add(stores, 1)
    assert one is not None
    assert two is not None
    assert (one.number, two.number) == (1, 2)
    assert stores.site_versions.all() == (one, two)
    assert stores.site_versions.find(2) == two
    assert stores.site_versions.find(3) is None
    assert len(one.sha256) == 64
    assert one.sha256 != two.sha256


def test_nothing_is_entered_beside_a_version_that_its_author_had_not_seen(stores: Stores) -> None:
    assert add(stores, after=0) is not None
    assert add(stores, after=0) is None
    assert add(stores, after=1) is not None
    assert [version.number for version in stores.site_versions.all()] == [1, 2]


def test_of_all_who_enter_at_once_after_the_same_version_one_does(stores: Stores) -> None:
    with ThreadPoolExecutor(4) as pool:
        entered = list(pool.map(lambda _: add(stores, after=0), range(4)))
    assert sum(version is not None for version in entered) == 1


def test_whether_somebody_applied_one(stores: Stores) -> None:
    assert not stores.site_versions.applied()
    add(stores, origin=Origin.FILE)
    assert not stores.site_versions.applied()
    add(stores)
    assert stores.site_versions.applied()


@pytest.mark.parametrize("change", ["DELETE FROM site_versions", "UPDATE site_versions SET why = 'x'"])
def test_nobody_alters_what_was_in_force(stores: Stores, database: Database, change: str) -> None:
    add(stores)
    with pytest.raises(StoreError, match="append-only"), database.write() as session:
        session.execute(text(change))


@pytest.mark.parametrize(
    ("begins", "at", "number"),
    [
        ([], 5, 0),
        ([9], 5, 0),
        ([0, 9], 5, 1),
        ([0, 9], 9, 2),
        ([0, 9, 3], 5, 3),
        ([0, 9, 3], 9, 2),
        ([0, 9, 9], 9, 3),
    ],
)
def test_which_is_in_force(stores: Stores, begins: list[int], at: int, number: int) -> None:
    for hours in begins:
        add(stores, hours)
    then = T0 + timedelta(hours=at)
    assert stores.site_versions.number_in_force(then) == number
    found = stores.site_versions.in_force(then)
    assert (0 if found is None else found.number) == number
    assert found == site_versions.in_force(stores.site_versions.all(), then)


@given(st.lists(st.integers(0, 5), max_size=6), st.integers(0, 5))
def test_those_to_come_are_those_that_will_be_in_force(begins: list[int], at: int) -> None:
    versions = [
        SiteVersion(number, "", "", Origin.APPLIED, "", "", T0, T0 + timedelta(hours=hours))
        for number, hours in enumerate(begins, start=1)
    ]
    later = [site_versions.in_force(versions, T0 + timedelta(hours=hours)) for hours in range(at + 1, 7)]
    expected = sorted({one.number: one for one in later if one and one.effective_from > T0 + timedelta(hours=at)})
    assert sorted(one.number for one in site_versions.to_come(versions, T0 + timedelta(hours=at))) == expected
