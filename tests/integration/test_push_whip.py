"""Pushing by WHIP to a WebRTC end that decodes what it is sent, refuses, hangs and dies."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.integration.media_servers import CAMERA, Process, free_port
from tests.integration.test_push import QUICK, SLACK_S, Quick, events, fed, give, up, wait
from tests.media import RATE, footage
from vigil.clock import SystemClock
from vigil.errors import ForwardError
from vigil.forward.push import Pusher, Target
from vigil.model.media import Codec, StreamKind
from vigil.outlets import open_outlet

pytest.importorskip("aiortc", reason="`make test` installs it")

TOKEN = "s3cret-token"
PATIENT = replace(QUICK, open_s=8.0, answer_s=3.0)
"""An end reports what it received about once a second, and aiortc's handshakes take a second on a busy machine."""
ROOT = Path(__file__).parents[2]


@dataclass(slots=True)
class WhipServer(Process):
    said: list[str] = field(default_factory=list)

    def start(self) -> None:
        self.port = self.port or free_port()
        command = [sys.executable, "-m", "tests.integration.whip_server", str(self.port), TOKEN]
        self.running = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT)
        self.said.clear()
        threading.Thread(target=self._hear, args=(self.running,), daemon=True).start()
        assert wait(lambda: "ready" in self.said, 30), "the WHIP server did not start; its words are above"

    def _hear(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self.said.append(line.decode().strip())

    def kill(self) -> None:
        if self.running is not None:
            self.running.kill()
            self.running.wait()

    @property
    def pictures(self) -> list[int]:
        return [int(line) for line in self.said if line.isdigit()]

    def target(self, token: str = TOKEN) -> Target:
        return Target(CAMERA, StreamKind.MAIN, f"http://127.0.0.1:{self.port}/hall/whip", bearer=token)


@pytest.fixture
def server() -> Iterator[WhipServer]:
    server = WhipServer()
    server.start()
    yield server
    server.kill()


def pusher_to(target: Target) -> Pusher:
    return Pusher(target, SystemClock(), Quick(), open_outlet=open_outlet, deadlines=PATIENT)


def ended(pusher: Pusher) -> bool:
    pusher.stop()
    return pusher.join(3.0)


def test_every_picture_arrives_and_the_session_is_given_back(server: WhipServer) -> None:
    sent = footage(Codec.H264, seconds=4)
    pusher = pusher_to(server.target())
    with capture_logs() as logs:
        pusher.start()
        pusher.begin(sent.parameters)
        give(pusher, sent.packets)
        # aiortc lets a picture go when the next one comes.
        assert wait(lambda: len(server.pictures) >= len(sent.packets) - 1, 10)
        assert up(server.target()) == 1
        assert ended(pusher)
    assert server.pictures == list(range(len(server.pictures)))
    assert wait(lambda: "left" in server.said, 2)
    assert events(logs) == ["forward_began"]
    assert TOKEN not in str(logs)


def test_a_wrong_token_is_told_without_it(server: WhipServer) -> None:
    pusher = pusher_to(server.target("wr0ng"))
    with capture_logs() as logs:
        pusher.start()
        with fed(pusher, footage(Codec.H264)):
            assert wait(lambda: bool(logs), 5)
        assert ended(pusher)
    assert events(logs) == ["forward_lost"]
    assert logs[0]["reason"].startswith("status 401")
    assert "bearer:" in logs[0]["reason"]
    assert "wr0ng" not in str(logs)


def test_tries_leave_nothing_behind(server: WhipServer) -> None:
    sent = footage(Codec.H264)

    def one_try() -> int:
        with pytest.raises(ForwardError, match="401"):
            open_outlet(server.target("wr0ng"), sent.parameters, PATIENT, threading.Event())
        gc.collect()
        return len(os.listdir("/proc/self/fd")) + threading.active_count()

    assert one_try() >= max(one_try() for _ in range(5))


def test_h265_is_refused_with_what_would_be_right(server: WhipServer) -> None:
    pusher = pusher_to(server.target())
    with capture_logs() as logs:
        pusher.start()
        with fed(pusher, footage(Codec.H265)):
            assert wait(lambda: bool(logs), 5)
        assert ended(pusher)
    assert "H.264 alone" in logs[0]["reason"]


def test_an_end_that_hangs_or_dies_is_noticed_and_tried_again(server: WhipServer) -> None:
    target = server.target()
    pusher = pusher_to(target)
    pusher.start()
    with capture_logs() as logs, fed(pusher, footage(Codec.H264), speed=1.0):
        assert wait(lambda: len(server.pictures) > RATE, 10)
        server.signal(signal.SIGSTOP)
        assert wait(lambda: up(target) == 0, PATIENT.answer_s + SLACK_S)
        server.kill()
        server.start()
        assert wait(lambda: len(server.pictures) > RATE, 15)
    assert ended(pusher)
    assert events(logs)[:2] == ["forward_lost", "forward_began"] or "forward_lost" in events(logs)
