from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from vigil.model.ids import NodeId
from vigil.store.node_keys import EnrolledNode, NodeKeys
from vigil.store.stores import Stores

T0 = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
DAY = timedelta(days=1)
NODE, OTHER = NodeId("node-a"), NodeId("node-b")


@pytest.fixture
def keys(stores: Stores) -> NodeKeys:
    stores.node_keys.allow(NODE, "token", T0 + DAY)
    return stores.node_keys


def test_a_token_makes_a_key_good_and_no_other(keys: NodeKeys) -> None:
    assert not keys.holds(NODE, "key")
    assert keys.enrol(NODE, "token", "key", T0)
    assert keys.holds(NODE, "key")
    assert not keys.holds(NODE, "another")
    assert not keys.holds(OTHER, "key")
    assert keys.all() == [EnrolledNode(NODE, T0)]


@pytest.mark.parametrize(
    ("node", "token", "at"), [(NODE, "guess", T0), (OTHER, "token", T0), (NODE, "token", T0 + DAY), (NODE, "", T0)]
)
def test_a_token_that_is_none_makes_nothing(keys: NodeKeys, node: NodeId, token: str, at: datetime) -> None:
    assert not keys.enrol(node, token, "key", at)
    assert keys.all() == []


def test_a_token_is_good_once_but_for_the_same_key(keys: NodeKeys) -> None:
    assert keys.enrol(NODE, "token", "key", T0)
    assert keys.enrol(NODE, "token", "key", T0)
    assert not keys.enrol(NODE, "token", "thief", T0)
    assert keys.holds(NODE, "key")


def test_a_newer_token_takes_the_place_of_the_one_before(keys: NodeKeys) -> None:
    keys.allow(NODE, "newer", T0 + DAY)
    assert not keys.enrol(NODE, "token", "key", T0)
    assert keys.enrol(NODE, "newer", "key", T0)


def test_a_node_enrolled_anew_has_one_key(keys: NodeKeys) -> None:
    keys.enrol(NODE, "token", "key", T0)
    keys.allow(NODE, "newer", T0 + DAY)
    assert keys.holds(NODE, "key")  # until the other comes
    keys.enrol(NODE, "newer", "new key", T0)
    assert not keys.holds(NODE, "key")
    assert keys.holds(NODE, "new key")


def test_a_node_that_is_shut_out_has_neither_key_nor_token(keys: NodeKeys) -> None:
    assert not keys.revoke(OTHER)
    keys.enrol(NODE, "token", "key", T0)
    assert keys.revoke(NODE)
    assert not keys.holds(NODE, "key")
    assert not keys.enrol(NODE, "token", "key", T0)
