"""The pusher with a server that the test plays: no sockets, no sleeping."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count, pairwise

import pytest
from structlog.testing import capture_logs

from tests.media import AT, Footage, footage
from vigil import metrics
from vigil.clock import FakeClock
from vigil.forward.push.outlet import Outlet
from vigil.forward.push.pusher import Pusher
from vigil.forward.push.target import Deadlines, Target
from vigil.forward.push.wire import Stopped
from vigil.model.ids import CameraId
from vigil.model.media import Codec, GapCause, Packet, StreamKind, StreamParameters

names = count()
H264 = footage(Codec.H264, seconds=4)
GOP_BYTES = sum(len(packet.data) for packet in H264.packets[:25])
SOON_S = 10


class Server:
    """Takes packets, one connection after the other. `fail` makes it refuse or break; `hold` makes it take nothing."""

    def __init__(self) -> None:
        self.connections: list[tuple[StreamParameters, list[Packet]]] = []
        self.closed = 0
        self.tries = 0
        self.fail: Exception | None = None
        self.room = threading.Event()
        self.room.set()
        self.changed = threading.Condition()

    def __call__(
        self, target: Target, parameters: StreamParameters, deadlines: Deadlines, stopped: threading.Event
    ) -> Outlet:
        with self.changed:
            self.tries += 1
            self.changed.notify_all()
            if self.fail is not None:
                raise self.fail
            taken: list[Packet] = []
            self.connections.append((parameters, taken))
        return Connection(self, taken, stopped)

    def wait(self, until: Callable[[], bool]) -> bool:
        with self.changed:
            return self.changed.wait_for(until, SOON_S)

    @property
    def taken(self) -> list[Packet]:
        return [packet for _, packets in self.connections for packet in packets]


class Connection:
    def __init__(self, server: Server, taken: list[Packet], stopped: threading.Event) -> None:
        self._server, self._taken, self._stopped = server, taken, stopped

    def send(self, packet: Packet) -> None:
        while not self._server.room.wait(0.01):
            if self._stopped.is_set():
                raise Stopped
        with self._server.changed:
            if self._server.fail is not None:
                raise self._server.fail
            self._taken.append(packet)
            self._server.changed.notify_all()

    def idle(self) -> None:
        pass

    def close(self) -> None:
        with self._server.changed:
            self._server.closed += 1
            self._server.changed.notify_all()


class Waits:
    """Asks the test before each further try."""

    def __init__(self) -> None:
        self.healthy: list[float] = []
        self.asked = threading.Semaphore(0)

    def failed(self, healthy_s: float) -> float:
        self.healthy.append(healthy_s)
        self.asked.release()
        return 0.01


class World:
    def __init__(self, queue_bytes: int = 2**23) -> None:
        self.server, self.clock, self.waits = Server(), FakeClock(), Waits()
        self.camera = CameraId(f"camera-{next(names)}")
        target = Target(self.camera, StreamKind.MAIN, "rtsp://media.example/x", password="geheim")
        self.pusher = Pusher(target, self.clock, self.waits, open_outlet=self.server, queue_bytes=queue_bytes)
        self.labels = {"camera": self.camera, "stream": "main", "target": "rtsp://media.example:554"}

    def metric(self, name: str) -> float | None:
        return metrics.REGISTRY.get_sample_value(name, self.labels)

    def give(self, packets: Footage | tuple[Packet, ...]) -> None:
        for packet in packets.packets if isinstance(packets, Footage) else packets:
            self.pusher.packet(packet)


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    made.pusher.start()
    yield made
    made.pusher.stop()
    assert made.pusher.join(SOON_S)
    assert made.metric("vigil_forward_up") == 0


def test_all_packets_go_out_as_they_are(world: World) -> None:
    world.pusher.begin(H264.parameters)
    with capture_logs() as logs:
        world.give(H264)
        assert world.server.wait(lambda: len(world.server.taken) == len(H264.packets))
    assert world.server.connections == [(H264.parameters, list(H264.packets))]
    assert world.metric("vigil_forward_up") == 1
    assert [line["event"] for line in logs] == ["forward_began"]


def test_a_connection_begins_with_a_key_packet(world: World) -> None:
    world.pusher.begin(H264.parameters)
    world.give(H264.packets[10:])
    assert world.server.wait(lambda: len(world.server.taken) == 75)
    assert world.server.taken[0] == H264.packets[25]


def test_a_slow_server_costs_whole_gops_and_never_the_reader() -> None:
    world = World(queue_bytes=2 * GOP_BYTES)
    world.server.room.clear()
    world.pusher.start()
    world.pusher.begin(H264.parameters)
    long = [H264.later(4 * times) for times in range(5)]
    for part in long:
        world.give(part)
    world.server.room.set()
    newest = long[-1].packets[-1]
    assert world.server.wait(lambda: world.server.taken[-1:] == [newest])
    world.pusher.stop()
    assert world.pusher.join(SOON_S)
    given = [packet for part in long for packet in part.packets]
    dropped = world.metric("vigil_forward_dropped_gops_total")
    assert dropped
    assert dropped >= 10
    taken = world.server.taken
    places = [given.index(packet) for packet in taken]
    assert places == sorted(places)
    for before, after in pairwise(places):
        assert after == before + 1 or given[after].key, "goes on within a GOP of which something is missing"
    assert len(world.server.connections) == 1


def test_a_server_that_breaks_is_told_once_and_tried_again(world: World) -> None:
    world.pusher.begin(H264.parameters)
    with capture_logs() as logs:
        world.give(H264.packets[:25])
        assert world.server.wait(lambda: len(world.server.taken) == 25)
        world.server.fail = ConnectionResetError(104, "Connection reset by peer")
        world.clock.advance(70)
        while len(world.waits.healthy) < 3:  # what comes while the next try is waited for is not kept
            world.give(H264.packets[25:])
            world.waits.asked.acquire(timeout=0.05)
        world.server.fail = None
        while len(world.server.connections) < 2 or not world.server.connections[1][1]:
            world.give(H264.later(8))
            world.server.changed.acquire(timeout=0.05)
            world.server.changed.release()
    assert [line["event"] for line in logs] == ["forward_began", "forward_lost", "forward_began"]
    assert logs[1]["reason"] == "Connection reset by peer"
    assert logs[1]["target"] == "rtsp://media.example:554"
    assert world.waits.healthy[0] == 70
    assert set(world.waits.healthy[1:]) <= {0.0}
    assert world.server.connections[1][1][0].key


def test_other_parameters_are_another_connection(world: World) -> None:
    other = footage(Codec.H264, seconds=1, size=(192, 96))
    world.pusher.begin(H264.parameters)
    world.give(H264)
    world.pusher.lost(AT, GapCause.DAMAGE)
    world.pusher.begin(other.parameters)
    world.give(other.later(4))
    assert world.server.wait(lambda: len(world.server.taken) == len(H264.packets) + len(other.packets))
    assert world.server.connections == [
        (H264.parameters, list(H264.packets)),
        (other.parameters, list(other.later(4).packets)),
    ]


def test_a_camera_that_was_away_for_a_moment_goes_on_in_the_same_connection(world: World) -> None:
    world.pusher.begin(H264.parameters)
    world.give(H264)
    world.pusher.lost(AT, GapCause.CAMERA)
    world.pusher.begin(replace(H264.parameters, connection=2))
    # A new connection of the camera counts from where it likes; the wall clock says that 2 s have passed.
    again = tuple(
        replace(packet, dts_90k=packet.dts_90k - 5000, pts_90k=packet.pts_90k - 5000) for packet in H264.packets
    )
    later = tuple(replace(packet, at=moved.at) for packet, moved in zip(again, H264.later(6).packets, strict=True))
    world.give(later)
    assert world.server.wait(lambda: len(world.server.taken) == 2 * len(H264.packets))
    ((_, taken),) = world.server.connections
    assert [packet.dts_90k for packet in taken] == [
        *(packet.dts_90k for packet in H264.packets),
        *(packet.dts_90k for packet in H264.later(6).packets),
    ]


def test_a_camera_that_stays_away_ends_the_connection(world: World) -> None:
    world.pusher.begin(H264.parameters)
    world.give(H264.packets[:30])
    assert world.server.wait(lambda: len(world.server.taken) == 30)
    world.clock.advance(11)
    assert world.server.wait(lambda: world.server.closed == 1)
    world.give(H264.packets[30:])
    assert world.server.wait(lambda: len(world.server.connections) == 2)
    assert world.server.wait(lambda: world.server.connections[1][1][:1] == [H264.packets[50]])


def test_a_defect_is_counted_and_begins_anew(world: World) -> None:
    before = metrics.REGISTRY.get_sample_value("vigil_restarts_total", {"part": "forward"}) or 0
    world.server.fail = ValueError("a defect")
    world.pusher.begin(H264.parameters)
    world.give(H264.packets[:1])
    assert world.waits.asked.acquire(timeout=SOON_S)
    assert metrics.REGISTRY.get_sample_value("vigil_restarts_total", {"part": "forward"}) == before + 1


def test_stopping_does_not_wait_for_a_server_that_takes_nothing(world: World) -> None:
    world.server.room.clear()
    world.pusher.begin(H264.parameters)
    world.give(H264)
    assert world.server.wait(lambda: world.server.tries == 1)
    world.pusher.stop()
    assert world.pusher.join(SOON_S)
