from __future__ import annotations

import pytest
from sqlalchemy import text

from tests.conftest import Opened
from tests.postgres import PostgresServer
from tests.unit.store.samples import at
from vigil.errors import StoreError
from vigil.model.people import Role
from vigil.model.register import Action
from vigil.store.database import Database
from vigil.store.stores import Stores
from vigil.store.users import User

LI = User("li", "李明", "政务服务中心", frozenset({Role.INVESTIGATOR}))


def test_tells_who_did_what_and_why_newest_first(stores: Stores) -> None:
    stores.register.append(LI, Action.PULL, "clip c1", at=at(0), reason="投诉")
    stores.register.append(LI, Action.PLAY, "clip c1", at=at(1))
    page = stores.register.page()
    assert [(e.at, e.username, e.name, e.unit, e.action, e.subject, e.reason) for e in page.items] == [
        (at(1), "li", "李明", "政务服务中心", Action.PLAY, "clip c1", None),
        (at(0), "li", "李明", "政务服务中心", Action.PULL, "clip c1", "投诉"),
    ]
    assert page.next is None


def test_pages(stores: Stores) -> None:
    for number in range(5):
        stores.register.append(LI, Action.PLAY, f"clip {number}", at=at(number))
    first = stores.register.page(limit=2)
    second = stores.register.page(limit=2, before=first.next)
    third = stores.register.page(limit=2, before=second.next)
    assert [e.subject for page in (first, second, third) for e in page.items] == [
        f"clip {number}" for number in reversed(range(5))
    ]
    assert third.next is None


def test_numbers_have_no_hole_where_an_entry_failed(database: Database, stores: Stores) -> None:
    def fail() -> None:
        with database.write():
            stores.register.append(LI, Action.PLAY, "never", at=at(0))
            raise RuntimeError

    for number in range(3):
        with pytest.raises(RuntimeError):
            fail()
        stores.register.append(LI, Action.PLAY, f"clip {number}", at=at(number))
    assert [entry.number for entry in stores.register.page().items] == [3, 2, 1]


@pytest.mark.parametrize("statement", ["UPDATE register SET reason = 'other'", "DELETE FROM register"])
def test_nothing_can_be_changed(database: Database, stores: Stores, statement: str) -> None:
    stores.register.append(LI, Action.PULL, "clip c1", at=at(0), reason="投诉")
    with pytest.raises(StoreError, match="append-only"), database.write() as session:
        session.execute(text(statement))
    assert stores.register.page().items[0].reason == "投诉"


@pytest.mark.parametrize(("table", "why"), [("register", "append-only"), ("suspensions", "are kept")])
def test_no_table_is_emptied_at_a_stroke(
    postgres: PostgresServer, postgres_database: str, opened: Opened, table: str, why: str
) -> None:
    database = opened(postgres.url(postgres_database))
    with pytest.raises(StoreError, match=why), database.write() as session:
        session.execute(text(f"TRUNCATE {table}"))
