"""The simulator as live cameras, over real sockets and in real time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice, pairwise
from pathlib import Path

import pytest

from tests.media import without_sound
from tests.unit.sim.miniature import make_assets
from tests.unit.sim.moments import scenario
from vigil.errors import ScenarioError
from vigil.ingest.ffmpeg import Connection
from vigil.ingest.frames import KeyFrameDecoder
from vigil.ingest.source import StreamAddress
from vigil.model.ids import CameraId
from vigil.model.media import Codec, Packet
from vigil.sim.events import Rush
from vigil.simulator.job import StreamSettings
from vigil.simulator.live import LiveConfig, LiveHalls, run_live

FPS = 10
STREAM = StreamSettings(size=(320, 180), fps=FPS, keyframe_s=0.5, sub=(160, 90), preset="ultrafast")


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> LiveConfig:
    story = replace(scenario(seconds=2), warm_up_s=20, events=(Rush(at_s=-19, size=3),))
    folder = make_assets(tmp_path_factory.mktemp("live"))
    return LiveConfig((story,), stream=STREAM, port=0, assets=folder)


@pytest.fixture
def halls(config: LiveConfig) -> Iterator[LiveHalls]:
    with LiveHalls(config) as live:
        yield live


def read(live: LiveHalls, name: str, count: int) -> tuple[Connection, list[Packet]]:
    with Connection(StreamAddress(name, live.url(name)), number=1) as connection:
        raw = list(islice(without_sound(connection.packets()), count))
        at = scenario().start_at
        return connection, [Packet(one.data, one.dts_90k or 0, one.pts_90k or 0, one.key, at) for one in raw]


def ours() -> list[str]:
    """Threads of the simulator that live."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("simulator")]


def test_our_own_source_reads_main_stream_and_substream_over_the_scenes_end(halls: LiveHalls) -> None:
    """Three seconds of a scene that has two: the media time goes on."""
    assert halls.names == ("mini-front", "mini-front-sub", "mini-side", "mini-side-sub")
    connection, packets = read(halls, "mini-front", 3 * FPS)
    times = [packet.pts_90k for packet in packets if packet.pts_90k]
    assert all(after > before for before, after in pairwise(times))
    assert connection.parameters.codec is Codec.H264
    assert (connection.parameters.width, connection.parameters.height) == (320, 180)
    key = next(packet for packet in packets if packet.key)
    frame = KeyFrameDecoder(CameraId("mini-front")).decode(connection.parameters, key)
    assert frame is not None
    assert frame.bgr.std() > 10
    sub, _ = read(halls, "mini-side-sub", 2)
    assert (sub.parameters.width, sub.parameters.height) == (160, 90)


def test_ends_when_told_to_and_leaves_no_thread(config: LiveConfig) -> None:
    stop = threading.Event()
    running = threading.Thread(target=run_live, args=(config, stop))
    running.start()
    stop.set()
    running.join(15)
    assert ours() == []


def test_says_why_it_cannot_start(config: LiveConfig, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"halls\.json"):
        LiveHalls(replace(config, assets=tmp_path))
    with LiveHalls(config) as first:
        second = LiveHalls(replace(config, port=first.port))
        with pytest.raises(OSError, match="in use"):
            second.start()
        second.stop()
        assert sorted(ours()) == ["simulator-mini", "simulator-rtsp"]
    assert ours() == []


def test_a_missing_look_ends_it_with_a_reason(config: LiveConfig, tmp_path: Path) -> None:
    folder = make_assets(tmp_path / "assets")
    (folder / "v1.png").unlink()
    (folder / "v2.png").unlink()
    with pytest.raises(ScenarioError, match=r"v\d\.png: no such picture"):
        LiveHalls(replace(config, assets=folder)).start()
    assert ours() == []
