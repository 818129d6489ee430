from __future__ import annotations

import pytest

from tests.unit.store.samples import T0, at
from vigil.errors import StoreError
from vigil.model.ids import HallId
from vigil.model.people import Grant, Role, everywhere
from vigil.store.stores import Stores
from vigil.store.users import User

LI = User("li", "李明", "政务服务中心", frozenset({Grant(Role.OPERATOR), Grant(Role.SUPERVISOR, HallId("ga"))}))


@pytest.fixture
def stores(stores: Stores) -> Stores:
    stores.users.add(LI, "hash-1")
    return stores


def test_finds_a_user_with_the_hash(stores: Stores) -> None:
    found = stores.users.find("li")
    assert found is not None
    assert (found.user, found.password_hash) == (LI, "hash-1")
    assert "hash-1" not in repr(found)
    assert stores.users.find("nobody") is None


def test_a_name_is_taken_once(stores: Stores) -> None:
    with pytest.raises(StoreError):
        stores.users.add(LI, "hash-2")


def test_changes_a_user(stores: Stores) -> None:
    stores.users.set_grants("li", everywhere(Role.ADMIN))
    stores.users.set_password("li", "hash-2")
    stores.users.set_disabled("li", True)
    found = stores.users.find("li")
    assert found is not None
    assert (found.user.grants, found.user.disabled, found.password_hash) == (everywhere(Role.ADMIN), True, "hash-2")
    assert stores.users.all() == [found.user]


def test_says_who_is_missing(stores: Stores) -> None:
    with pytest.raises(StoreError, match="'nobody'"):
        stores.users.set_disabled("nobody", True)


def test_a_session_knows_its_user_as_of_now(stores: Stores) -> None:
    stores.sessions.start("token-1", "li", T0, at(3600))
    stores.users.set_grants("li", everywhere(Role.ADMIN))
    stores.sessions.touch("token-1", at(60))
    found = stores.sessions.find("token-1")
    assert found is not None
    assert found.user.roles == {Role.ADMIN}
    assert (found.created_at, found.seen_at, found.expires_at) == (T0, at(60), at(3600))


def test_a_session_needs_a_user(stores: Stores) -> None:
    with pytest.raises(StoreError):
        stores.sessions.start("token-1", "nobody", T0, at(3600))


def test_sessions_end(stores: Stores) -> None:
    for token in ("a", "b", "c"):
        stores.sessions.start(token, "li", T0, at(3600))
    stores.sessions.end("a")
    assert stores.sessions.find("a") is None
    assert stores.sessions.find("b") is not None
    stores.sessions.end_all("li")
    assert stores.sessions.find("b") is None


def test_forgets_what_is_over(stores: Stores) -> None:
    stores.sessions.start("expired", "li", T0, at(10))
    stores.sessions.start("idle", "li", T0, at(3600))
    stores.sessions.start("alive", "li", T0, at(3600))
    stores.sessions.touch("alive", at(50))
    stores.sessions.touch("expired", at(50))
    stores.sessions.forget(expired_at=at(60), idle_since=at(30))
    assert [stores.sessions.find(token) is not None for token in ("expired", "idle", "alive")] == [False, False, True]
