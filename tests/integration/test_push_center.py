"""A centre that pushes what comes over the uplink to media servers that are not ours; line, node and servers break meanwhile."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.integration.media_servers import PASSWORD, USER, GstRecorder, RtmpListener
from tests.integration.test_push import probed, wait
from tests.integration.test_push_whip import TOKEN, WhipServer
from tests.media import RATE, play
from tests.proxy import BreakingProxy
from tests.system import CLIPS, DemoSystem, free_ports
from vigil.model.media import Codec

AGAIN_S = 40
"""The longest wait before a try is 30 s."""


@dataclass(frozen=True, slots=True)
class World:
    system: DemoSystem
    line: BreakingProxy
    rtsp: GstRecorder
    rtmp: RtmpListener
    whip: WhipServer

    def up(self, scheme: str) -> bool:
        shown = self.metrics()
        return (
            re.search(rf'^vigil_forward_up\{{.*target="{scheme}://127[^"]*"\}} 1\.0$', shown, re.MULTILINE) is not None
        )

    def metrics(self) -> str:
        return self.system.api("admin").get(f"{self.system.address}/metrics").text

    def told(self, event: str, scheme: str) -> int:
        log = self.system.log_of("center").splitlines()
        return sum(event in line and f"{scheme}://127" in line for line in log)

    def arrives_anew(self) -> bool:
        """Whether more pictures come than had come."""
        before = len(self.rtsp.pictures(Codec.H264))
        return wait(lambda: len(self.rtsp.pictures(Codec.H264)) > before + RATE, 30)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("push-center")
    (folder / "media.key").write_text(f"{PASSWORD}\n")
    (folder / "stream.key").write_text("hall\n")
    (folder / "whip.token").write_text(f"{TOKEN}\n")
    rtsp, rtmp, whip = GstRecorder(folder=folder), RtmpListener(path=folder / "came.mp4"), WhipServer()
    rtsp.start()
    rtmp.start(Codec.H264)
    whip.start()
    ports = free_ports(1)
    with BreakingProxy(ports[0]) as line:

        def change(values: dict[str, Any]) -> None:
            login = {"username": USER, "password": {"file": "media.key"}}
            values["center"]["listen"] = f"127.0.0.1:{ports[0]}"
            values["center"]["forwards"] = {
                "gongan-counter": [
                    {"url": rtsp.target(Codec.H264).url, **login},
                    {"url": rtmp.target().url, "stream": "sub", "stream_key": {"file": "stream.key"}},
                ],
                "gongan-hall": [{"url": whip.target().url, "stream": "sub", "bearer": {"file": "whip.token"}}],
            }
            values["nodes"][0]["center"] = f"ws://127.0.0.1:{line.port}"

        system = DemoSystem(folder, change=change)
        system.center_port, system.address = ports[0], f"http://127.0.0.1:{ports[0]}"
        try:
            with system:
                yield World(system, line, rtsp, rtmp, whip)
        finally:
            rtsp.kill()
            rtmp.kill()
            whip.kill()


def test_the_camera_s_own_pictures_arrive_over_rtsp_rtmp_and_whip(world: World) -> None:
    assert wait(lambda: len(world.rtsp.pictures(Codec.H264)) > RATE, 30), world.system.logs()
    assert wait(lambda: all(world.up(scheme) for scheme in ("rtsp", "rtmp", "http")), 30), world.system.logs()
    assert wait(lambda: len(world.whip.pictures) > RATE, 30), world.system.logs()
    filmed = {unit for picture in play(CLIPS / "gongan-counter.mp4") for unit in picture.slices}
    assert set(world.rtsp.pictures(Codec.H264)) <= filmed
    shown = httpx.get(f"http://127.0.0.1:{world.system.node_port}/metrics").text
    assert "vigil_forward_up{" not in shown
    assert world.told("forward_began", "rtsp") == world.told("forward_began", "rtmp") == 1


def test_a_line_that_breaks_for_a_moment_cuts_no_server_s_stream(world: World) -> None:
    world.line.cut()
    assert world.arrives_anew(), world.system.logs()
    assert world.told("forward_began", "rtsp") == 1
    assert world.told("forward_lost", "rtsp") == world.told("forward_ended", "rtsp") == 0


@pytest.mark.lesson(2)
def test_a_server_that_dies_and_comes_back_is_pushed_to_again(world: World) -> None:
    world.rtsp.kill()
    assert wait(lambda: not world.up("rtsp"), 10)
    assert world.up("rtmp")
    assert world.told("forward_lost", "rtsp") >= 1
    world.rtsp.file(Codec.H264).unlink()
    world.rtsp.start()
    assert wait(lambda: world.up("rtsp"), AGAIN_S), world.system.logs()
    assert world.arrives_anew()


def test_a_node_that_dies_ends_the_stream_and_brings_it_back(world: World) -> None:
    began = world.told("forward_began", "rtsp")
    world.system.kill_node()
    assert wait(lambda: not world.up("rtsp") and not world.up("rtmp"), 30)
    assert world.told("forward_ended", "rtsp") == 1
    assert probed(world.rtmp.path)[:2] == ("h264", 640)
    world.system.start_node()
    assert wait(lambda: world.up("rtsp"), AGAIN_S), world.system.logs()
    assert world.arrives_anew()
    assert world.told("forward_began", "rtsp") == began + 1


def test_the_centre_stops_in_time_and_no_secret_is_in_its_log(world: World) -> None:
    shown = world.metrics()
    assert world.system.stop("center") == 0
    assert all(secret not in world.system.log_of("center") + shown for secret in (PASSWORD, TOKEN))
    assert "forwards_stopped_late" not in world.system.log_of("center")
