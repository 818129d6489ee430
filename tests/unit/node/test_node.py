"""The node's life around its pipeline, which is a stand-in here: sites come, go, cannot run, and are remembered."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.unit.uplink.samples import CAMERA, SITE, T0, suspension
from vigil import metrics
from vigil.clock import FakeClock
from vigil.config import NodeSettings
from vigil.errors import StoreError
from vigil.model.ids import NodeId
from vigil.model.media import StreamKind
from vigil.model.site import Secret, Site
from vigil.model.suspensions import Suspension
from vigil.node import node as node_module
from vigil.node.node import Node
from vigil.uplink.protocol import Welcome

WITHIN_S = 5.0
SETTINGS = NodeSettings(NodeId("node-a"), "ws://centre.test", "data", Secret(env="KEY"), listen="127.0.0.1:0")


def welcome(revision: str, version: int = 0) -> Welcome:
    return Welcome(SITE, (CAMERA,), revision, T0, version=version)


class FakePipeline:
    """Writes what happens to it into `life`, which all pipelines of a test share."""

    life: list[str]
    fail: Exception | None = None
    may_start: threading.Event
    suspensions: Callable[[], tuple[Suspension, ...]]

    def __init__(self, site: Site, cameras: Any, memory: Any, around: Any) -> None:
        if FakePipeline.fail is not None:
            raise FakePipeline.fail
        FakePipeline.suspensions = around.suspensions
        self.watched: list[str] = []

    def start(self) -> None:
        FakePipeline.life.append("starting")
        assert FakePipeline.may_start.wait(WITHIN_S)
        FakePipeline.life.append("started")

    def stop(self) -> None:
        FakePipeline.life.append("stopped")

    def change(self, site: Site, cameras: Any) -> None:
        if FakePipeline.fail is not None:
            raise FakePipeline.fail
        FakePipeline.life.append("changed")

    def watch(self, camera: Any, stream: Any) -> None:
        FakePipeline.life.append(f"watch {camera}")

    def unwatch(self, camera: Any, stream: Any) -> None:
        FakePipeline.life.append(f"unwatch {camera}")


class FakeUplink:
    """Never connects; `lose_cancel` loses the first cancellation, as a task group may."""

    def __init__(self, *_: Any) -> None:
        self.lose_cancel = False
        self.renewed = 0

    async def run(self) -> None:
        if self.lose_cancel:
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
        await asyncio.Event().wait()

    def renew_watches(self) -> None:
        self.renewed += 1

    def report(self, *_: Any) -> None: ...
    def wake(self) -> None: ...
    def live(self, *_: Any) -> None: ...


@pytest.fixture(autouse=True)
def _stand_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    FakePipeline.life, FakePipeline.fail, FakePipeline.may_start = [], None, threading.Event()
    FakePipeline.may_start.set()
    monkeypatch.setattr(node_module, "Pipeline", FakePipeline)
    monkeypatch.setattr(node_module, "UplinkClient", FakeUplink)
    monkeypatch.setattr(node_module, "_ASK_AGAIN_S", 0.01)
    monkeypatch.setattr(Node, "_try_detector", lambda _: "fake-detector")


class Running:
    """A node between its start and its end, without the page of its own that it serves."""

    def __init__(self, folder: Path, **changes: Any) -> None:
        self.node = Node(replace(SETTINGS, **changes), "key", folder, FakeClock(T0))
        self.stop = asyncio.Event()

    async def __aenter__(self) -> Running:
        self.node._take_cached_site()
        self.running = asyncio.create_task(self.node._run_until(self.stop))
        return self

    async def __aexit__(self, *_: object) -> None:
        self.stop.set()
        await asyncio.wait_for(self.running, WITHIN_S)
        self.node._database.close()

    async def until(self, done: Callable[[], bool]) -> None:
        async with asyncio.timeout(WITHIN_S):
            while not done():
                assert not self.running.done()
                await asyncio.sleep(0)


async def test_a_site_starts_a_pipeline_and_the_end_stops_it(tmp_path: Path) -> None:
    async with Running(tmp_path) as one:
        assert one.node.revision == ""
        one.node.configure(welcome("r1"))
        await one.until(lambda: FakePipeline.life == ["starting", "started"])
        assert one.node._healthy() == {"status": "ok", "node": "node-a", "site": "r1"}
    assert FakePipeline.life == ["starting", "started", "stopped"]


async def test_the_same_revision_changes_nothing_and_another_the_pipeline_that_runs(tmp_path: Path) -> None:
    async with Running(tmp_path) as one:
        one.node.configure(welcome("r1"))
        await one.until(lambda: "started" in FakePipeline.life)
        one.node.configure(welcome("r1"))
        one.node.configure(welcome("r2"))
        await one.until(lambda: FakePipeline.life == ["starting", "started", "changed"])
        assert one.node._uplink.renewed == 1  # type: ignore[attr-defined]


@pytest.mark.parametrize("error", [OSError("disk full"), StoreError("disk full")])
async def test_a_change_that_cannot_be_leaves_what_runs_and_is_tried_again(
    tmp_path: Path, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(node_module, "_RETRY_SITE_S", 0.01)
    async with Running(tmp_path) as one:
        one.node.configure(welcome("r1"))
        await one.until(lambda: "started" in FakePipeline.life)
        FakePipeline.fail = error
        with capture_logs() as logs:
            one.node.configure(welcome("r2"))
            await one.until(lambda: any(line["event"] == "site_cannot_run" for line in logs))
        FakePipeline.fail = None
        await one.until(lambda: FakePipeline.life == ["starting", "started", "changed"])


async def test_the_version_that_is_told_is_of_the_site_that_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(node_module, "_RETRY_SITE_S", 0.01)

    def version() -> float | None:
        return metrics.REGISTRY.get_sample_value("vigil_site_version")

    async with Running(tmp_path) as one:
        one.node.configure(welcome("r1", 3))
        await one.until(lambda: version() == 3)
        one.node.configure(welcome("r1", 4))
        assert version() == 4, "the node's part is as it was"
        FakePipeline.fail = OSError("disk full")
        with capture_logs() as logs:
            one.node.configure(welcome("r2", 5))
            await one.until(lambda: any(line["event"] == "site_cannot_run" for line in logs))
        assert version() == 4, "what cannot run is not told"
        FakePipeline.fail = None
        await one.until(lambda: version() == 5)


async def test_a_node_remembers_its_site(tmp_path: Path) -> None:
    async with Running(tmp_path) as one:
        one.node.configure(welcome("r1"))
    FakePipeline.life.clear()
    async with Running(tmp_path) as again:
        await again.until(lambda: "started" in FakePipeline.life)
        assert again.node.revision == "r1"


async def test_suspensions_reach_the_analytics_at_once_and_no_pipeline_begins_anew(tmp_path: Path) -> None:
    async with Running(tmp_path) as one:
        one.node.configure(welcome("r1"))
        await one.until(lambda: "started" in FakePipeline.life)
        assert FakePipeline.suspensions() == ()
        one.node.suspend((suspension(),))
        assert FakePipeline.suspensions() == (suspension(),)
        one.node.suspend(())
        assert FakePipeline.suspensions() == ()
    assert FakePipeline.life == ["starting", "started", "stopped"]


async def test_suspensions_count_after_a_restart_without_a_centre(tmp_path: Path) -> None:
    async with Running(tmp_path) as one:
        one.node.configure(welcome("r1"))
        one.node.suspend((suspension(),))
    FakePipeline.life.clear()
    async with Running(tmp_path) as again:
        await again.until(lambda: "started" in FakePipeline.life)
        assert FakePipeline.suspensions() == (suspension(),)


async def test_suspensions_that_cannot_be_kept_count_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Running(tmp_path) as one:
        one.node.configure(welcome("r1"))
        await one.until(lambda: "started" in FakePipeline.life)
        with monkeypatch.context() as patch, capture_logs() as logs:
            patch.setattr(one.node._database, "set_note", lambda *_: (_ for _ in ()).throw(StoreError("disk full")))
            one.node.suspend((suspension(),))
        assert FakePipeline.suspensions() == (suspension(),)
        assert "suspensions_not_kept" in {line["event"] for line in logs}


async def test_suspensions_of_another_version_are_not_taken_from_memory(tmp_path: Path) -> None:
    first = Node(SETTINGS, "key", tmp_path, FakeClock(T0))
    first._database.set_note("suspensions", '[{"of": "another version"}]')
    first._database.close()
    async with Running(tmp_path) as one:
        one.node.configure(welcome("r1"))
        await one.until(lambda: "started" in FakePipeline.life)
        assert FakePipeline.suspensions() == ()


async def test_a_site_of_another_version_is_not_taken_from_memory(tmp_path: Path) -> None:
    first = Node(SETTINGS, "key", tmp_path, FakeClock(T0))
    first._database.set_note("welcome", '{"site": "of another version"}')
    first._database.close()
    async with Running(tmp_path) as one:
        assert one.node.revision == ""
        one.node.configure(welcome("r1"))
        await one.until(lambda: "started" in FakePipeline.life)


@pytest.mark.parametrize("error", [OSError("disk full"), StoreError("disk full")])
async def test_a_site_that_cannot_run_leaves_the_node_up_for_one_that_can(
    tmp_path: Path, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    FakePipeline.fail = error
    async with Running(tmp_path) as one:
        with capture_logs() as logs:
            one.node.configure(welcome("r1"))
            await one.until(lambda: any(line["event"] == "site_cannot_run" for line in logs))
        FakePipeline.fail = None
        one.node.configure(welcome("r2"))
        await one.until(lambda: "started" in FakePipeline.life)


async def test_a_site_that_could_not_run_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_module, "_RETRY_SITE_S", 0.01)
    FakePipeline.fail = OSError("disk full")
    async with Running(tmp_path) as one:
        with capture_logs() as logs:
            one.node.configure(welcome("r1"))
            await one.until(lambda: len(logs) >= 2)
        FakePipeline.fail = None
        await one.until(lambda: "started" in FakePipeline.life)


async def test_a_site_that_cannot_be_kept_runs_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with Running(tmp_path) as one:
        with monkeypatch.context() as patch:
            patch.setattr(one.node._database, "set_note", lambda *_: (_ for _ in ()).throw(StoreError("disk full")))
            one.node.configure(welcome("r1"))
        await one.until(lambda: "started" in FakePipeline.life)


async def test_the_end_in_the_middle_of_a_change_leaves_no_pipeline_running(tmp_path: Path) -> None:
    FakePipeline.may_start.clear()
    one = Running(tmp_path)
    await one.__aenter__()
    one.node.configure(welcome("r1"))
    await one.until(lambda: "starting" in FakePipeline.life)
    one.stop.set()
    threading.Timer(0.05, FakePipeline.may_start.set).start()
    await one.__aexit__()
    assert FakePipeline.life == ["starting", "started", "stopped"]


async def test_a_cancellation_that_is_lost_does_not_hold_up_the_end(tmp_path: Path) -> None:
    async with Running(tmp_path) as one:
        one.node._uplink.lose_cancel = True  # type: ignore[attr-defined]


async def test_watching_before_there_is_a_pipeline_waits_for_it(tmp_path: Path) -> None:
    async with Running(tmp_path) as one:
        one.node.watch(CAMERA, StreamKind.MAIN)
        one.node.unwatch(CAMERA, StreamKind.MAIN)
        one.node._cut_after(CAMERA, T0)
        one.node.configure(welcome("r1"))
        await one.until(lambda: one.node._uplink.renewed == 1)  # type: ignore[attr-defined]
        one.node.watch(CAMERA, StreamKind.MAIN)
        assert FakePipeline.life[-1] == f"watch {CAMERA}"


async def test_a_data_folder_that_cannot_be_used_is_an_error_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be used"):
        Node(replace(SETTINGS, data="file/data"), "key", tmp_path, FakeClock(T0))
