"""Values that PostgreSQL cannot hold: an error of their own, for trying again would never help."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.conftest import Opened
from tests.postgres import PostgresServer
from tests.unit.store.samples import alert, segment
from vigil.errors import UnstorableError
from vigil.model.alerts import Alert
from vigil.model.ids import WindowId
from vigil.store.stores import Stores


@pytest.fixture
def stores(postgres: PostgresServer, postgres_database: str, opened: Opened) -> Stores:
    postgres.empty(postgres_database)
    return Stores.over(opened(postgres.url(postgres_database)))


@pytest.mark.parametrize(
    "wrong",
    [
        alert(window=WindowId("geheim\0")),
        alert(facts={"detector": "geheim\0"}),
        alert(facts={"geheim": float("nan")}),
        alert(revision=2**63),
    ],
)
def test_is_told_without_the_value_and_leaves_nothing(stores: Stores, wrong: Alert) -> None:
    with pytest.raises(UnstorableError, match="the database cannot hold") as caught:
        stores.alerts.upsert(wrong)
    assert "geheim" not in str(caught.value)
    assert stores.alerts.find(wrong.id) is None
    assert stores.alerts.upsert(alert())


def test_what_is_larger_than_32_bits_is_held(stores: Stores) -> None:
    changes: dict[str, Any] = {"size": 5 * 2**31, "packets": 2**40}
    large = replace(segment(0), **changes)
    stores.footage.announce(large, "segments/0.mp4")
    found = stores.footage.find(large.id)
    assert found is not None
    assert found.segment == large
