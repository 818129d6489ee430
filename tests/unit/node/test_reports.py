from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import cast

import pytest
from structlog.testing import capture_logs

from tests.unit.uplink.samples import CAMERA, OTHER_WINDOW, T0, WINDOW, alert, at, status
from vigil.analytics.analyst import Analyst, Memory, Standing
from vigil.analytics.scene import SceneSignature
from vigil.clock import FakeClock
from vigil.errors import StoreError
from vigil.model.ids import CameraId
from vigil.model.looks import Presence, Staffing, Unknown, WindowStatus
from vigil.model.trace import TracePoint
from vigil.node.reports import NodeReports, remembered
from vigil.uplink.local import LocalDatabase
from vigil.uplink.outbox import Outbox
from vigil.uplink.protocol import Record, Report


class World:
    def __init__(self, database: LocalDatabase) -> None:
        self.database, self.outbox = database, Outbox(database, max_bytes=10**6)
        self.clock = FakeClock(T0)
        self.reported: list[Report] = []
        self.woken = 0
        self.cuts: list[tuple[CameraId, datetime]] = []
        self.reports = NodeReports(
            database,
            self.outbox,
            self.clock,
            report=self.reported.append,
            wake=self._wake,
            cut_after=lambda camera, until: self.cuts.append((camera, until)),
        )

    def _wake(self) -> None:
        self.woken += 1

    def records(self) -> list[Record]:
        return self.outbox.pending(0, 100)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[LocalDatabase]:
    database = LocalDatabase(tmp_path / "node.db")
    yield database
    database.close()


@pytest.fixture
def world(database: LocalDatabase) -> World:
    return World(database)


def test_an_alert_goes_out_with_its_picture_and_asks_for_its_footage(world: World) -> None:
    world.reports.alert(alert(), b"jpeg")
    (record,) = world.records()
    assert (record.id, record.kind, record.made_at) == (f"{alert().id}/1", "alert", T0)
    assert base64.b64decode(record.body["snapshot"]) == b"jpeg"
    assert record.body["alert"]["window"] == WINDOW
    assert world.cuts == [(CAMERA, at(15))]
    assert world.woken == 1


def test_later_revisions_are_records_of_their_own_and_cut_nothing(world: World) -> None:
    world.reports.alert(alert(), None)
    world.reports.alert(alert(2), None)
    assert [record.id for record in world.records()] == [f"{alert().id}/1", f"{alert().id}/2"]
    assert "snapshot" not in world.records()[0].body
    assert len(world.cuts) == 1


def test_every_change_of_a_window_is_an_observation_and_a_visitor_is_none(world: World) -> None:
    steps = [
        status(Staffing.STAFFED),
        status(Staffing.STAFFED),
        replace(status(Staffing.STAFFED), visitor=Presence.SEEN),
        status(Staffing.UNSTAFFED, since=3),
        replace(status(Staffing.UNSTAFFED, since=3), in_service=False),
        replace(status(Staffing.UNKNOWN, since=5), why=Unknown.DARK),
        replace(status(Staffing.UNKNOWN, since=5), why=Unknown.NO_SIGNAL),
    ]
    for one in steps:
        world.clock.advance(1)
        world.reports.standing(Standing((one,)))
    told = [(record.body["staffing"], record.body["in_service"], record.body["why"]) for record in world.records()]
    assert told == [
        ("staffed", True, None),
        ("unstaffed", True, None),
        ("unstaffed", False, None),
        ("unknown", True, "dark"),
        ("unknown", True, "no-signal"),
    ]
    assert [report.windows for report in world.reported] == [(one,) for one in steps]


def test_with_a_failing_disk_screens_are_told_and_the_observation_comes_later(world: World) -> None:
    _break(world.database)
    world.reports.standing(Standing((status(),)))
    assert len(world.reported) == 1
    _mend(world.database)
    assert world.records() == []
    world.clock.advance(30)
    world.reports.standing(Standing((status(),)))
    (record,) = world.records()
    assert record.body["since_at"] == status().since_at.isoformat().replace("+00:00", "Z")


def play(world: World, seconds: int, *windows: WindowStatus) -> None:
    for _ in range(seconds):
        world.reports.second(Standing(windows), world.clock.now())
        world.clock.advance(1)


def test_a_minute_of_all_windows_is_one_record(world: World) -> None:
    play(world, 61, status(Staffing.STAFFED), status(Staffing.UNSTAFFED, window=OTHER_WINDOW))
    (record,) = world.records()
    assert (record.kind, record.made_at, record.body["at"]) == ("minutes", at(60), "2026-03-02T01:00:00Z")
    assert [(one["window"], one["staffed_s"]) for one in record.body["windows"]] == [
        (WINDOW, 60.0),
        (OTHER_WINDOW, 0.0),
    ]
    assert world.woken == 1


def test_when_the_node_stops_the_minute_that_is_not_over_goes_out_too(world: World) -> None:
    play(world, 80, status())
    world.reports.close()
    assert [record.body["seconds"] for record in world.records()] == [60.0, 19.0]


def test_a_minute_that_comes_again_is_another_record(world: World) -> None:
    play(world, 70, status())
    world.clock.advance(-60)
    play(world, 60, status())
    assert len({record.id for record in world.records()}) == len(world.records()) == 3


def test_with_a_failing_disk_minutes_wait_and_are_told_once_a_minute(world: World) -> None:
    _break(world.database)
    with capture_logs() as log:
        play(world, 150, status())
    _mend(world.database)
    assert [line["event"] for line in log] == ["minutes_not_kept"] * 2
    play(world, 31, status())
    assert [record.body["at"] for record in world.records()] == [f"2026-03-02T01:0{n}:00Z" for n in range(3)]


def test_an_alert_s_trace_goes_out_without_what_it_does_not_say(world: World) -> None:
    seen = TracePoint(T0, Presence.SEEN, 0.8)
    world.reports.alert(replace(alert(), trace=(seen,)), None)
    (record,) = world.records()
    assert record.body["alert"]["trace"] == [{"at": "2026-03-02T01:00:00Z", "presence": "seen", "score": 0.8}]


def test_an_alert_that_cannot_be_kept_says_so(world: World) -> None:
    _break(world.database)
    with pytest.raises(StoreError):
        world.reports.alert(alert(), b"jpeg")
    assert world.cuts == []
    _mend(world.database)
    world.reports.alert(alert(), b"jpeg")
    assert len(world.records()) == 1


def test_the_analysts_memory_outlives_a_restart(world: World, tmp_path: Path) -> None:
    assert remembered(world.database) == Memory()
    memory = Memory(open={f"window {WINDOW}": alert(4)}, scenes={CAMERA: SceneSignature("zones", 4.2, "AAAA", 1 << 39)})
    world.reports.progress(_analyst_with(memory))
    world.database.close()
    again = LocalDatabase(tmp_path / "node.db")
    assert remembered(again) == memory
    again.close()


def test_an_alert_is_not_kept_without_the_memory_of_it(world: World) -> None:
    """A node that dies between the two would tell the episode a second time."""
    with pytest.raises(KeyboardInterrupt), world.reports.together():
        world.reports.alert(alert(4), None)
        raise KeyboardInterrupt
    assert world.records() == []
    with world.reports.together():
        world.reports.alert(alert(4), None)
        world.reports.progress(_analyst_with(Memory(open={f"window {WINDOW}": alert(4)})))
    assert [record.kind for record in world.records()] == ["alert"]
    assert list(remembered(world.database).open) == [f"window {WINDOW}"]


@pytest.mark.parametrize("text", ["", "{", '{"windows": {"a-1": {"unheard-of": 1}}}', "[]"])
def test_a_memory_that_cannot_be_read_is_none(database: LocalDatabase, text: str) -> None:
    database.set_note("analyst-memory", text)
    assert remembered(database).open == {}


def test_a_memory_from_before_scenes_were_learned_is_still_good(database: LocalDatabase) -> None:
    database.set_note("analyst-memory", '{"windows": {}, "groups": {}, "cameras": {}, "open": {}}')
    with capture_logs() as log:
        assert remembered(database).scenes == {}
    assert log == []


def _analyst_with(memory: Memory) -> Analyst:
    class Remembering:
        def __init__(self) -> None:
            self.memory = memory

    return cast("Analyst", Remembering())


def _break(database: LocalDatabase) -> None:
    with database.read() as connection:
        connection.execute("PRAGMA query_only = ON")


def _mend(database: LocalDatabase) -> None:
    with database.read() as connection:
        connection.execute("PRAGMA query_only = OFF")
