from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from tests.unit.store.samples import ONE, at, suspension
from vigil.errors import StoreError
from vigil.model.ids import HallId, SuspensionId, WindowId
from vigil.store.database import Database
from vigil.store.stores import Stores
from vigil.store.suspensions import SuspensionFilter

TWO = WindowId("two")


def listed(stores: Stores, **chosen: Any) -> list[str]:
    return [item.suspension.id for item in stores.suspensions.page(SuspensionFilter(**chosen)).items]


def test_is_kept_as_it_was_entered(stores: Stores) -> None:
    stores.suspensions.add(suspension())
    assert stores.suspensions.find(SuspensionId("s-1")) == suspension()
    assert stores.suspensions.find(SuspensionId("none")) is None


def test_an_early_end_keeps_who_and_when_and_the_end_that_was_meant(stores: Stores) -> None:
    stores.suspensions.add(suspension())
    result = stores.suspensions.end(SuspensionId("s-1"), by="operator", at=at(600))
    assert result is not None
    assert result.applied
    found = stores.suspensions.find(SuspensionId("s-1"))
    assert found is not None
    assert (found.ended_at, found.ended_by, found.suspension) == (at(600), "operator", suspension().suspension)


def test_what_is_over_does_not_end_again(stores: Stores) -> None:
    stores.suspensions.add(suspension())
    stores.suspensions.add(suspension("s-2"))
    stores.suspensions.end(SuspensionId("s-1"), by="operator", at=at(600))
    again = stores.suspensions.end(SuspensionId("s-1"), by="supervisor", at=at(700))
    late = stores.suspensions.end(SuspensionId("s-2"), by="supervisor", at=at(3600))
    assert again is not None
    assert late is not None
    assert (again.applied, again.record.ended_by, late.applied, late.record.ended_at) == (
        False,
        "operator",
        False,
        None,
    )
    assert stores.suspensions.end(SuspensionId("none"), by="operator", at=at(0)) is None


def test_nodes_are_told_those_that_run_or_will_of_their_own_windows(stores: Stores) -> None:
    for one in (
        suspension("over", -7200, 0),
        suspension("runs", -10, 10),
        suspension("comes", 3600, 7200),
        suspension("elsewhere", window=TWO),
        suspension("ended"),
        suspension("cancelled", 3600, 7200),
    ):
        stores.suspensions.add(one)
    for name in ("ended", "cancelled"):
        stores.suspensions.end(SuspensionId(name), by="operator", at=at(0))
    assert [one.id for one in stores.suspensions.ahead([ONE], at(0))] == ["runs", "comes"]


def test_is_listed_by_hall_window_and_time_the_latest_first(stores: Stores) -> None:
    stores.suspensions.add(suspension("morning", 0, 3600))
    stores.suspensions.add(suspension("noon", 3600, 7200, TWO))
    stores.suspensions.add(suspension("other", 0, 7200, hall="hall-2"))
    stores.suspensions.end(SuspensionId("morning"), by="operator", at=at(600))
    assert listed(stores) == ["noon", "other", "morning"]
    assert listed(stores, hall=HallId("hall-1")) == ["noon", "morning"]
    assert listed(stores, window=TWO) == ["noon"]
    assert listed(stores, from_at=at(600)) == ["noon", "other"], "what was ended counts until then"
    assert listed(stores, to_at=at(3600)) == ["other", "morning"]


def test_pages(stores: Stores) -> None:
    for number in range(5):
        stores.suspensions.add(suspension(f"s-{number}", from_s=number // 2))
    seen, after = [], None
    while True:
        page = stores.suspensions.page(SuspensionFilter(), after=after, limit=2)
        seen += [item.suspension.id for item in page.items]
        if (after := page.next) is None:
            break
    assert seen == ["s-4", "s-3", "s-2", "s-1", "s-0"]


@pytest.mark.parametrize(
    ("ended", "statement", "why"),
    [
        (False, "DELETE FROM suspensions", "are kept"),
        (False, "UPDATE suspensions SET to_at = from_at", "as they were entered"),
        (False, "UPDATE suspensions SET by = 'nobody'", "as they were entered"),
        (True, "UPDATE suspensions SET ended_by = 'nobody'", "ends once"),
    ],
)
def test_nothing_can_be_changed(database: Database, stores: Stores, ended: bool, statement: str, why: str) -> None:
    stores.suspensions.add(suspension())
    if ended:
        stores.suspensions.end(SuspensionId("s-1"), by="operator", at=at(0))
    with pytest.raises(StoreError, match=why), database.write() as session:
        session.execute(text(statement))
