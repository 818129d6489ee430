"""Second factors, API tokens and people of identity providers, on both databases."""

from __future__ import annotations

import pytest

from tests.unit.store.samples import T0, at
from vigil.errors import StoreError
from vigil.model.ids import HallId
from vigil.model.people import ALL_HALLS, Halls, Permission, Role, everywhere
from vigil.store.api_tokens import ApiToken
from vigil.store.stores import Stores
from vigil.store.users import User

LI = User("li", "李明", "政务服务中心", everywhere(Role.OPERATOR))


@pytest.fixture
def stores(stores: Stores) -> Stores:
    stores.users.add(LI, "hash", initial=True)
    return stores


def test_a_step_is_used_once_and_none_before_it(stores: Stores) -> None:
    stores.second_factors.begin("li", "sealed-1")
    stores.second_factors.begin("li", "sealed-2")
    stores.second_factors.confirm("li", 100, ["a", "b"])
    found = stores.second_factors.find("li")
    assert found is not None
    assert (found.sealed, found.confirmed) == ("sealed-2", True)
    assert "sealed-2" not in repr(found)
    assert [stores.second_factors.use("li", step) for step in (100, 101, 101, 99, 103)] == [
        False,
        True,
        False,
        False,
        True,
    ]


def test_a_recovery_code_is_used_once_and_by_its_owner(stores: Stores) -> None:
    stores.second_factors.begin("li", "sealed")
    stores.second_factors.confirm("li", 1, ["a", "b"])
    used = [stores.second_factors.use_recovery(*one) for one in (("wang", "a"), ("li", "a"), ("li", "a"), ("li", "c"))]
    assert used == [False, True, False, False]
    assert stores.second_factors.recovery_left("li") == 1
    assert [stores.second_factors.remove("li") for _ in range(2)] == [True, False]
    assert stores.second_factors.recovery_left("li") == 0


def test_all_is_sealed_anew_or_nothing(stores: Stores) -> None:
    stores.users.add(User("wang", "王", "unit", frozenset()), "hash")
    for name in ("li", "wang"):
        stores.second_factors.begin(name, f"old of {name}")

    def fails(name: str, sealed: str) -> str:
        if name == "wang":
            raise RuntimeError("no key")
        return "new"

    with pytest.raises(RuntimeError):
        stores.second_factors.seal_anew(fails)
    assert [one.sealed for one in stores.second_factors.all()] == ["old of li", "old of wang"]
    assert stores.second_factors.seal_anew(lambda name, sealed: f"{sealed}, sealed anew") == 2
    assert stores.second_factors.all()[0].sealed == "old of li, sealed anew"


@pytest.mark.parametrize("halls", [ALL_HALLS, Halls(frozenset({HallId("ga"), HallId("rs")}))])
def test_a_token_is_found_as_it_was_made_with_its_owner_as_of_now(stores: Stores, halls: Halls) -> None:
    token = ApiToken("t1", LI, "wall", frozenset({Permission.READ_ALERTS}), halls, T0, at(60))
    stores.api_tokens.add(token, "hash-of-token")
    assert stores.api_tokens.find("hash-of-token") == token
    stores.api_tokens.touch("t1", at(5))
    stores.users.set_disabled("li", True)
    found = stores.api_tokens.find("hash-of-token")
    assert found is not None
    assert (found.owner.disabled, found.used_at) == (True, at(5))
    assert stores.api_tokens.find("other") is None
    assert [stores.api_tokens.revoke(*one) for one in (("wang", "t1"), ("li", "t1"), ("li", "t1"))] == [
        False,
        True,
        False,
    ]


def test_somebody_is_known_as_one_and_one_as_somebody(stores: Stores) -> None:
    stores.identities.add("https://id.test", "s-1", "li")
    assert stores.identities.find("https://id.test", "s-1") == "li"
    assert stores.identities.find("https://other.test", "s-1") is None
    for issuer, subject, username in (("https://id.test", "s-2", "li"), ("https://id.test", "s-3", "nobody")):
        with pytest.raises(StoreError):
            stores.identities.add(issuer, subject, username)


def test_a_session_knows_what_its_user_lacks(stores: Stores) -> None:
    stores.sessions.start("a" * 64, "li", T0, at(3600), client="192.0.2.1")
    stores.sessions.start("b" * 64, "li", at(1), at(3600))
    first, second = stores.sessions.of("li")
    assert (first.token_sha256[0], second.client, second.id) == ("b", "192.0.2.1", "a" * 16)
    assert (second.initial_password, second.second_factor, second.external) == (True, False, False)
    stores.second_factors.begin("li", "sealed")
    assert not stores.sessions.of("li")[0].second_factor
    stores.second_factors.confirm("li", 1, [])
    stores.identities.add("https://id.test", "s-1", "li")
    stores.users.set_password("li", "hash")
    found = stores.sessions.find("a" * 64)
    assert found is not None
    assert (found.initial_password, found.second_factor, found.external) == (False, True, True)
    assert [stores.sessions.end_one(*one) for one in (("wang", "a" * 16), ("li", "a" * 16), ("li", "a" * 16))] == [
        False,
        True,
        False,
    ]
    stores.sessions.start("c" * 64, "li", T0, at(3600))
    stores.sessions.end_all("li", but="c" * 64)
    assert [one.token_sha256[0] for one in stores.sessions.of("li")] == ["c"]
