"""`vigil demo` as a newcomer starts, stops and starts it."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.system import DemoSystem, wait_for


class Demo:
    """One run of the command, in a session of its own as a terminal would give it."""

    def __init__(self, file: Path, output: Path, command: Sequence[str] = ("demo", "--config")) -> None:
        self._output = output
        with output.open("wb") as stream:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "vigil", *command, str(file)],
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def said(self) -> str:
        return self._output.read_text(errors="replace")

    def wait_until_started(self, announcement: str = "operations screen") -> None:
        def ready() -> bool:
            assert self.process.poll() is None, self.said
            return announcement in self.said

        wait_for(ready, 60, "the screen's address")

    def stopped_in_s(self) -> float:
        began = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        self.process.wait(20)
        return time.monotonic() - began


@pytest.fixture
def system(tmp_path: Path) -> DemoSystem:
    """Only its configuration: the command starts everything itself."""
    return DemoSystem(tmp_path)


@contextmanager
def logged_in(system: DemoSystem) -> Iterator[httpx.Client]:
    passwords = json.loads((system.folder / "accounts.json").read_text())
    credentials = {"username": "operator", "password": passwords["operator"]}
    with httpx.Client(base_url=f"{system.address}/api/v1/", headers={"Origin": system.address}) as client:
        client.post("session", json=credentials).raise_for_status()
        yield client


def test_it_starts_stops_with_ctrl_c_and_starts_again_with_yesterdays_alerts(
    system: DemoSystem, tmp_path: Path
) -> None:
    first = Demo(system.file, tmp_path / "first.txt")
    try:
        first.wait_until_started()
        with logged_in(system) as client:
            found = wait_for(lambda: client.get("alerts").json()["items"], 90, "an alert")
        assert first.stopped_in_s() <= 10
        assert first.process.returncode == 0, first.said
        assert "had to be killed" not in first.said
    finally:
        first.process.kill()

    second = Demo(system.file, tmp_path / "second.txt")
    try:
        second.wait_until_started()
        with logged_in(system) as client:
            kept = {alert["id"] for alert in client.get("alerts").json()["items"]}
        assert {alert["id"] for alert in found} <= kept
        second.stopped_in_s()
    finally:
        second.process.kill()


def test_it_says_so_when_its_address_is_taken(system: DemoSystem, tmp_path: Path) -> None:

    with socket.create_server(("127.0.0.1", system.center_port)):
        demo = Demo(system.file, tmp_path / "said.txt")
        assert demo.process.wait(30) != 0

    assert f"127.0.0.1:{system.center_port}" in demo.said
    assert "Traceback" not in demo.said


def test_run_does_for_a_configuration_what_the_demo_does_for_its_own(system: DemoSystem, tmp_path: Path) -> None:
    run = Demo(system.file, tmp_path / "said.txt", ("run", "-c"))
    try:
        run.wait_until_started(f"The screen is at {system.address}")
        httpx.get(f"{system.address}/healthz", timeout=2).raise_for_status()
        health = wait_for(lambda: httpx.get(f"http://127.0.0.1:{system.node_port}/healthz", timeout=2), 60, "the node")
        assert health.json()["status"] == "ok"
        run.stopped_in_s()
        assert run.process.returncode == 0, run.said
    finally:
        run.process.kill()
