from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.conftest import BOTH
from tests.unit.center.backup.place import KEY, LI, Place
from tests.unit.store.samples import alert, at, segment, suspension
from vigil import cli
from vigil.model.ids import NodeId
from vigil.model.register import Action
from vigil.sealing import Seal


def lived_in(made: Place) -> Place:
    made.write_key()
    with made.stores() as stores:
        stores.users.add(LI, "a hash")
        stores.alerts.upsert(alert(), snapshot_key="snapshots/alert-1.jpg")
        stores.suspensions.add(suspension())
        stores.footage.announce(segment(1), "segments/one.mp4")
        stores.footage.mark_stored(segment(1).id)
        stores.register.append(LI, Action.PLAY, "clip one", at=at(1))
        stores.register.append(LI, Action.PULL, "clip two", at=at(2))
        stores.sessions.start("token", "li", at(0), at(10))
        stores.node_keys.allow(NodeId("node"), "leave to enrol", datetime(2100, 1, 1, tzinfo=UTC))
        stores.second_factors.begin("li", Seal(KEY).seal(b"secret", "li"))
        stores.second_factors.confirm("li", 7, ["code"])
    return made


@pytest.fixture(params=BOTH)
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setattr(cli, "configure_logs", lambda **_: None)
    server = request.getfixturevalue("postgres") if request.param == "postgresql" else None
    return lived_in(Place(tmp_path / "here", server))


@pytest.fixture(params=BOTH)
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    server = request.getfixturevalue("postgres") if request.param == "postgresql" else None
    return Place(tmp_path / "there", server)


@pytest.fixture
def embedded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """As `place`, for what has nothing to do with the kind of database."""
    monkeypatch.setattr(cli, "configure_logs", lambda **_: None)
    return lived_in(Place(tmp_path / "here", None))


@pytest.fixture
def empty(tmp_path: Path) -> Place:
    """As `target`, likewise."""
    return Place(tmp_path / "there", None)
