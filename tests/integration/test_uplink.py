"""A real centre and a real uplink client with a bad line between them; the node around the client is played here."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import random
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter
from structlog.testing import capture_logs
from websockets.asyncio.client import ClientConnection, connect

from tests.conftest import BOTH
from tests.integration.conftest import S3Server
from tests.postgres import PostgresServer
from tests.proxy import BreakingProxy
from tests.system import DemoSystem, wait_for
from tests.unit.uplink.samples import fragment
from vigil.archive.objects import ObjectStore
from vigil.archive.s3 import Bucket, S3Store
from vigil.center.sections import open_database
from vigil.clock import SystemClock
from vigil.config import read_secret
from vigil.errors import ArchiveError
from vigil.gateway.auth import PLAIN_COOKIE
from vigil.ingest.segments import segment_id
from vigil.model.alerts import Alert, AlertKind
from vigil.model.ids import AlertId, CameraId, GroupId, HallId, NodeId, WindowId
from vigil.model.looks import Staffing, WindowStatus
from vigil.model.media import Codec, Gap, GapCause, Segment, StreamKind
from vigil.model.suspensions import Suspension
from vigil.store.footage import SegmentState
from vigil.store.stores import Stores
from vigil.uplink import client as client_module
from vigil.uplink import upload as upload_module
from vigil.uplink.client import CenterAddress, UplinkClient
from vigil.uplink.local import LocalDatabase
from vigil.uplink.outbox import Outbox
from vigil.uplink.protocol import LiveStarted, Report, Welcome
from vigil.uplink.spool import Spool

NODE, CAMERA, WINDOW = NodeId("demo-node"), CameraId("gongan-counter"), WindowId("gongan-1")
JPEG = b"\xff\xd8\xff\xe0" + bytes(40_000)
START = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=30)
_ALERT: TypeAdapter[Alert] = TypeAdapter(Alert)
_STATUS: TypeAdapter[WindowStatus] = TypeAdapter(WindowStatus)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


@dataclass
class FakeEnd:
    revision: str = ""
    configured: list[Welcome] = field(default_factory=list)
    watched: list[str] = field(default_factory=list)
    suspensions: tuple[Suspension, ...] | None = None

    def configure(self, welcome: Welcome) -> None:
        self.configured.append(welcome)
        self.revision = welcome.revision

    def suspend(self, suspensions: tuple[Suspension, ...]) -> None:
        self.suspensions = suspensions

    def watch(self, camera: CameraId, stream: StreamKind) -> None:
        self.watched.append(f"watch {camera} {stream}")

    def unwatch(self, camera: CameraId, stream: StreamKind) -> None:
        self.watched.append(f"unwatch {camera} {stream}")


class CountingOutbox(Outbox):
    """Remembers which records the centre has acknowledged."""

    acknowledged: set[str]

    def acknowledge(self, seqs: Iterable[int]) -> None:
        wanted = set(seqs)
        self.acknowledged |= {record.id for record in self.pending(0, 10_000) if record.seq in wanted}
        super().acknowledge(wanted)


class PlayedNode:
    """Outbox, spool and client of a node, with what a pipeline would put into them."""

    window = WINDOW

    def __init__(self, folder: Path, port: int, key: str, proxy: str | None = None) -> None:
        self.end = FakeEnd()
        self.database = LocalDatabase(folder / "played" / "node.db")
        self.outbox = CountingOutbox(self.database, max_bytes=10**8)
        self.outbox.acknowledged = set()
        self.spool = Spool(self.database, self.outbox, folder / "played" / "spool", max_bytes=10**9)
        address = CenterAddress(f"ws://127.0.0.1:{port}", NODE, key, proxy)
        self.client = UplinkClient(address, self.end, self.outbox, self.spool, SystemClock())

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.client.run())
        try:
            yield
        finally:
            while not task.done():  # see UplinkClient.run
                task.cancel()
                await asyncio.wait({task}, timeout=0.5)
            self.database.close()

    def is_empty(self) -> bool:
        return not self.outbox.pending(0, 1) and self.spool.next_to_bring() is None

    def observe(self, number: int) -> str:
        status = WindowStatus(WINDOW, True, Staffing.STAFFED if number % 2 else Staffing.UNSTAFFED, at(number))
        identity = f"window_{WINDOW}_{number}"
        self.outbox.put(identity, "observation", at(number), _STATUS.dump_python(status, mode="json"))
        self.client.wake()
        return identity

    def alert(self, number: int) -> AlertId:
        one = Alert(
            id=AlertId(f"window-unstaffed_{WINDOW}_{number:04}"),
            revision=1,
            kind=AlertKind.WINDOW_UNSTAFFED,
            hall=HallId("gongan"),
            camera=CAMERA,
            window=WINDOW,
            group=GroupId("gongan-huji"),
            began_at=at(number - 60),
            raised_at=at(number),
            clip_from_at=at(number),
            clip_to_at=at(number + 20),
        )
        body = {"alert": _ALERT.dump_python(one, mode="json"), "snapshot": base64.b64encode(JPEG).decode()}
        self.outbox.put(f"{one.id}/1", "alert", at(number), body)
        self.client.wake()
        return one.id

    def record_segment(self, number: int, size: int = 400_000) -> Segment:
        data = random.Random(number).randbytes(size)
        start = at(number * 10)
        one = Segment(
            segment_id(CAMERA, start),
            CAMERA,
            start,
            start + timedelta(seconds=10),
            size,
            hashlib.sha256(data).hexdigest(),
            "",
            250,
            Codec.H264,
            1920,
            1080,
        )
        path = self.spool.folder / CAMERA / f"{one.id}.mp4"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        self.spool.add_segment(one, path)
        return one


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "_BACKOFF_S", (0.05, 0.1))
    monkeypatch.setattr(upload_module, "_RETRY_S", 0.1)


@pytest.fixture
def system(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[DemoSystem]:
    change = None
    if getattr(request, "param", "sqlite") == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres")
        change = server.configure(server.create(), tmp_path)
    with DemoSystem(tmp_path, change=change, whole=False) as running:
        yield running


def key_of(system: DemoSystem) -> str:
    key = system.configuration.nodes[0].key
    assert key is not None
    return read_secret(key, system.configuration.folder)


@contextmanager
def stores_of(system: DemoSystem) -> Iterator[Stores]:
    """A second look at the centre's database."""
    database = open_database(system.configuration, upgrade=False)
    yield Stores.over(database)
    database.close()


async def until(done: Callable[[], object], timeout_s: float = 30, what: str = "it") -> None:
    await asyncio.to_thread(wait_for, done, timeout_s, what)


@pytest.mark.lesson(11)
@pytest.mark.parametrize("system", BOTH, indirect=True)
async def test_over_a_line_that_breaks_and_a_centre_that_dies_everything_arrives_once(system: DemoSystem) -> None:
    with BreakingProxy(system.center_port) as proxy:
        node = PlayedNode(system.folder, proxy.port, key_of(system))
        stop = threading.Event()
        breaking = threading.Thread(target=_break, args=(proxy, stop))
        async with node.running():
            breaking.start()
            try:
                observed = {node.observe(number) for number in range(150)}
                alerts = [node.alert(number * 30) for number in range(5)]
                segments = [node.record_segment(number) for number in range(12)]
                node.spool.add_gap(Gap(CAMERA, at(-100), at(-90), GapCause.CAMERA))
                await until(lambda: len(node.outbox.acknowledged) > 20, what="the first acknowledgements")
                await asyncio.to_thread(system.kill_center)
                held = set(node.outbox.acknowledged)
                _are_entered(system, held)  # what was acknowledged outlives kill -9
                await asyncio.to_thread(system.start_center)
                await until(node.is_empty, 60, "everything to arrive")
            finally:
                stop.set()
                await asyncio.to_thread(breaking.join)
        assert proxy.connections > 5  # it did break
    _are_entered(system, observed)
    with stores_of(system) as stores:
        assert len(stores.observations.between(WINDOW, at(-1), at(10_000))) == 150
        assert stores.footage.gaps_overlapping(CAMERA, at(-100), at(-90)) == [
            Gap(CAMERA, at(-100), at(-90), GapCause.CAMERA)
        ]
        assert all((entered := stores.alerts.find(alert)) and entered.snapshot_key for alert in alerts)
        assert set(stores.clips.of_alerts(alerts)) == set(alerts)
        found = stores.footage.segments_overlapping(CAMERA, at(0), at(120))
        assert [record.segment for record in found] == segments
        assert {record.state for record in found} == {SegmentState.STORED}
        for record in found:
            kept = system.folder / "objects" / record.object_key
            assert kept.stat().st_size == record.segment.size
    assert list(node.spool.folder.glob("*/*")) == []


async def test_a_segment_longer_than_any_connection_lasts_arrives(system: DemoSystem) -> None:
    with BreakingProxy(system.center_port, most_bytes=1_000_000) as proxy:
        node = PlayedNode(system.folder, proxy.port, key_of(system))
        async with node.running():
            segments = [node.record_segment(number, size=5_000_000) for number in range(2)]
            await until(node.is_empty, 60, "the segments to arrive")
    with stores_of(system) as stores:
        for segment in segments:
            found = stores.footage.find(segment.id)
            assert found is not None
            assert found.state is SegmentState.STORED


def _break(proxy: BreakingProxy, stop: threading.Event) -> None:
    """Cuts at moments that nobody chose, and stalls now and then."""
    moments = random.Random(7)
    while not stop.wait(moments.uniform(0.05, 0.6)):
        if moments.random() < 0.3:
            proxy.stall()
            stop.wait(0.3)
            proxy.flow()
        proxy.cut()
        if proxy.connections > 40:
            return  # that is enough: now it may finish


def _are_entered(system: DemoSystem, records: set[str]) -> None:
    numbers = {int(name.rpartition("_")[2]) for name in records if name.startswith("window_")}
    with stores_of(system) as stores:
        entered = stores.observations.between(WINDOW, at(-1), at(10_000))
        assert numbers <= {round((one.since_at - START).total_seconds()) for one in entered}
        for name in records:
            if name.startswith("window-unstaffed"):
                assert stores.alerts.find(AlertId(name.removesuffix("/1"))) is not None


async def test_a_wrong_key_is_refused_told_once_and_lets_nothing_in(system: DemoSystem) -> None:
    node = PlayedNode(system.folder, system.center_port, "a wrong key")
    with capture_logs() as logs:
        async with node.running():
            node.observe(1)
            await until(lambda: system.log_of("center").count("node_refused") >= 3, what="three refusals")
    assert [line["event"] for line in logs] == ["uplink_lost"]
    assert "Compare the node's id and key" in logs[0]["error"]
    with stores_of(system) as stores:
        assert stores.observations.latest() == []
    assert "a wrong key" not in system.log_of("center") + str(logs)


@pytest.mark.lesson(21)
async def test_a_link_that_is_half_open_is_found_in_ten_seconds(system: DemoSystem) -> None:
    def staffing() -> list[str]:
        return [window["staffing"] for window in system.get("status")["windows"]]

    with BreakingProxy(system.center_port) as proxy:
        node = PlayedNode(system.folder, proxy.port, key_of(system))
        async with node.running():
            node.client.report(Report((WindowStatus(WINDOW, True, Staffing.STAFFED, at(0)),)))
            await until(lambda: staffing() == ["staffed"], what="the report")
            proxy.stall()
            began = time.monotonic()
            await until(lambda: staffing() == ["unknown"], 12, "the window to be unknown")
            assert time.monotonic() - began < 10.5
            proxy.flow()
            await until(lambda: staffing() == ["staffed"], 20, "the link to be back")


async def test_a_node_hears_of_its_site_once_and_again_when_it_changes(system: DemoSystem) -> None:
    node = PlayedNode(system.folder, system.center_port, key_of(system))

    def notice(values: dict[str, Any]) -> None:
        values["site"]["notice"] = "another notice"

    async with node.running():
        await until(lambda: len(node.end.configured) == 1)
        await asyncio.to_thread(lambda: system.stop("center"))
        await asyncio.to_thread(system.start_center)
        await until(lambda: len(node.end.configured) == 2)
        await asyncio.to_thread(lambda: system.stop("center"))
        system.write(notice)
        await asyncio.to_thread(system.start_center)
        await until(lambda: len(node.end.configured) == 3)
    first, same, changed = node.end.configured
    assert first.revision == same.revision != changed.revision
    assert changed.site.notice == "another notice"
    assert CAMERA in first.cameras
    assert "camera-password" not in repr(first)


async def test_what_a_person_enters_reaches_the_node_and_what_was_ended_meanwhile_too(system: DemoSystem) -> None:
    def pause() -> str:
        to_at = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        entry = {"window": WINDOW, "kind": "paused", "to_at": to_at, "note": "设备维修"}
        answer = system.api().post("suspensions", json=entry)
        assert answer.status_code == 201
        return str(answer.json()["id"])

    def end(name: str) -> None:
        assert system.api().post(f"suspensions/{name}/end").status_code == 200

    def known() -> list[str] | None:
        return None if node.end.suspensions is None else [str(one.id) for one in node.end.suspensions]

    with BreakingProxy(system.center_port) as proxy:
        node = PlayedNode(system.folder, proxy.port, key_of(system))
        async with node.running():
            await until(lambda: known() == [], what="that there are none")
            first = await asyncio.to_thread(pause)
            await until(lambda: known() == [first], what="the first")
            proxy.stall()
            second = await asyncio.to_thread(pause)
            await asyncio.to_thread(end, first)
            proxy.cut()
            proxy.flow()
            await until(lambda: known() == [second], what="the second alone")
    assert len(node.end.configured) >= 2
    assert len({welcome.revision for welcome in node.end.configured}) == 1


async def test_a_stream_flows_while_somebody_watches_and_no_longer(system: DemoSystem) -> None:
    node = PlayedNode(system.folder, system.center_port, key_of(system))
    started = LiveStarted(0, CAMERA, StreamKind.SUB, 'video/mp4; codecs="avc1.64001F"', 640, 360)
    async with node.running():
        await until(lambda: node.end.configured)
        assert node.end.watched == []
        async with _watching(system, CAMERA) as viewer:
            await until(lambda: node.end.watched == [f"watch {CAMERA} sub"])
            node.client.live(CAMERA, StreamKind.SUB, started, fragment("init", init=True))
            node.client.live(CAMERA, StreamKind.SUB, None, fragment("key", key=True))
            node.client.live(CAMERA, StreamKind.SUB, None, fragment("delta"))
            heard = [await asyncio.wait_for(viewer.recv(), 10) for _ in range(4)]
            assert '"init"' in str(heard[0])
            assert heard[1:] == [b"init", b"key", b"delta"]
            async with _watching(system, CAMERA) as late:
                more = [await asyncio.wait_for(late.recv(), 10) for _ in range(4)]
                assert more[1:] == [b"init", b"key", b"delta"]
            assert node.end.watched == [f"watch {CAMERA} sub"]
        await until(lambda: node.end.watched[1:] == [f"unwatch {CAMERA} sub"], 15, "the stream to end")


@asynccontextmanager
async def _watching(system: DemoSystem, camera: str) -> AsyncIterator[ClientConnection]:
    cookie = await asyncio.to_thread(lambda: system.api("operator").cookies[PLAIN_COOKIE])
    headers = {"Cookie": f"{PLAIN_COOKIE}={cookie}", "Origin": system.address}
    url = f"{system.address.replace('http', 'ws')}/api/v1/cameras/{camera}/live?stream=sub"
    async with connect(url, additional_headers=headers) as viewer:
        yield viewer


async def test_objects_go_to_a_bucket_by_addresses_that_are_signed_for_them(
    tmp_path: Path, s3_server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIGIL_TEST_ACCESS", s3_server.access_key)
    monkeypatch.setenv("VIGIL_TEST_SECRET", s3_server.secret_key)
    bucket = Bucket(s3_server.endpoint, "uplink", s3_server.access_key, s3_server.secret_key)
    store: ObjectStore = await asyncio.to_thread(_ready, S3Store(bucket))

    def in_bucket(values: dict[str, Any]) -> None:
        values["center"]["objects"] = {
            "s3": {
                "endpoint": s3_server.endpoint,
                "bucket": "uplink",
                "access_key": {"env": "VIGIL_TEST_ACCESS"},
                "secret_key": {"env": "VIGIL_TEST_SECRET"},
            }
        }

    with DemoSystem(tmp_path, change=in_bucket, whole=False) as system:
        node = PlayedNode(system.folder, system.center_port, key_of(system))
        async with node.running():
            segments = [node.record_segment(number) for number in range(3)]
            alert = node.alert(0)
            await until(node.is_empty, 60, "everything to arrive")
        with stores_of(system) as stores:
            for one in segments:
                found = stores.footage.find(one.id)
                assert found is not None
                assert found.state is SegmentState.STORED
                assert await asyncio.to_thread(store.verify, found.object_key, one.sha256)
            entered = stores.alerts.find(alert)
        assert entered is not None
        assert entered.snapshot_key is not None
        assert (await asyncio.to_thread(store.stat, entered.snapshot_key)).size == len(JPEG)
        assert "/uplink/v1/objects" not in system.log_of("center")
        assert not (tmp_path / "objects").exists()


@pytest.mark.lesson(18)
async def test_a_segment_longer_than_any_connection_lasts_arrives_in_the_bucket(
    tmp_path: Path, s3_server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both ways break after a megabyte: straight to the store a PUT begins anew each time, through the centre it goes on."""
    monkeypatch.setenv("VIGIL_TEST_ACCESS", s3_server.access_key)
    monkeypatch.setenv("VIGIL_TEST_SECRET", s3_server.secret_key)
    monkeypatch.setattr(upload_module, "_RETRY_S", 0.2)
    bucket = Bucket(s3_server.endpoint, "breaking", s3_server.access_key, s3_server.secret_key)
    store: ObjectStore = await asyncio.to_thread(_ready, S3Store(bucket))
    s3_port = int(s3_server.endpoint.rpartition(":")[2])
    with BreakingProxy(s3_port, most_bytes=1_000_000) as straight:

        def in_bucket(values: dict[str, Any]) -> None:
            values["center"]["objects"] = {
                "s3": {
                    "endpoint": s3_server.endpoint,
                    "public_endpoint": f"http://127.0.0.1:{straight.port}",
                    "bucket": "breaking",
                    "access_key": {"env": "VIGIL_TEST_ACCESS"},
                    "secret_key": {"env": "VIGIL_TEST_SECRET"},
                }
            }

        with (
            DemoSystem(tmp_path, change=in_bucket, whole=False) as system,
            BreakingProxy(system.center_port, most_bytes=1_000_000) as through,
        ):
            node = PlayedNode(system.folder, through.port, key_of(system))
            async with node.running():
                segments = [node.record_segment(number, size=5_000_000) for number in range(4)]
                await until(node.is_empty, 60, "the segments to arrive")
            with stores_of(system) as stores:
                for one in segments:
                    found = stores.footage.find(one.id)
                    assert found is not None
                    assert found.state is SegmentState.STORED
                    assert await asyncio.to_thread(store.verify, found.object_key, one.sha256)
            # Two tries of the first one, and no more: those behind it do not learn anew that the line breaks.
            assert straight.connections <= 2
            # What came is not sent again, but for what lay in the kernels when a connection was reset.
            assert straight.bytes + through.bytes < 2 * sum(one.size for one in segments)


def _ready(store: S3Store) -> S3Store:
    """The S3 port listens before the first volume is there."""

    def ready() -> bool:
        try:
            store.ensure_bucket()
            store.put("ready", Path(__file__), size=Path(__file__).stat().st_size, sha256=_sha256(Path(__file__)))
        except ArchiveError:
            return False
        return True

    wait_for(ready, 30, "the bucket")
    return store


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
