"""The whole system on free ports of the loopback: simulated cameras in this process, a real centre and a real node.

    with DemoSystem(tmp_path) as system:
        alerts = system.api("operator").get("/alerts")
        system.wait_for(lambda: system.api("operator").get("/status").json()["windows"], timeout_s=30)

The configuration is configs/demo.yaml with its ports and paths replaced, so what is shown to people is what is tested.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import httpx
import yaml

from vigil.center import people
from vigil.config import Configuration, load
from vigil.demo import ACCOUNTS, make_keys
from vigil.model.people import everywhere
from vigil.process import PARENT
from vigil.simcam import SimcamConfig, Simcams, find_clips

T = TypeVar("T")

ROOT: Final = Path(__file__).resolve().parent.parent
CLIPS: Final = ROOT / "sample_streams"
PASSWORD: Final = "a password for tests"
_CAMERA_PASSWORD: Final = "camera-password"
_READY_S: Final = 60.0
_STOP_S: Final = 10.0
_POLL_S: Final = 0.2


class DemoSystem:
    """`passwords` maps user names (operator, supervisor, investigator, admin) to passwords. Ends everything on exit.

    `change` may alter the configuration before it is written: it gets the YAML's mapping. Without `whole` only the centre
    is started, for a test that plays the node itself.
    """

    def __init__(
        self, folder: Path, *, change: Callable[[dict[str, Any]], None] | None = None, whole: bool = True
    ) -> None:
        self.folder = folder
        self._whole = whole
        self.center_port, self.node_port, self.camera_port = free_ports(3)
        self.address = f"http://127.0.0.1:{self.center_port}"
        """Where the screen is."""
        self.passwords = {username: PASSWORD for username, *_ in ACCOUNTS}
        self.file = folder / "vigil.yaml"
        self.write(change)
        self.configuration: Configuration = load(self.file)
        self._clients: dict[str, httpx.Client] = {}
        self._cameras: Simcams | None = None
        self._programs: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        try:
            self._enter_people()
            if self._whole:
                self.start_cameras()
            self.start_center()
            if self._whole:
                self.start_node()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            sys.stderr.write(self.logs())
        self.close()

    def close(self) -> None:
        for client in self._clients.values():
            client.close()
        self._clients.clear()
        for name in list(self._programs):
            self.kill(name)
        self.stop_cameras()

    # People

    def api(self, username: str = "operator") -> httpx.Client:
        """A client below /api/v1, logged in; the same one each time."""
        client = self._clients.get(username)
        if client is None:
            client = httpx.Client(base_url=f"{self.address}/api/v1/", headers={"Origin": self.address}, timeout=20)
            credentials = {"username": username, "password": self.passwords[username]}
            client.post("session", json=credentials).raise_for_status()
            self._clients[username] = client
        return client

    def get(self, path: str, username: str = "operator", **query: str) -> Any:
        """JSON of a GET that succeeded, e.g. `get("alerts", active="true")`."""
        answer = self.api(username).get(path, params=query)
        answer.raise_for_status()
        return answer.json()

    def wait_for(self, probe: Callable[[], T | None], timeout_s: float, what: str = "it") -> T:
        """The first true value of `probe`, asked a few times a second; a centre that does not answer counts as not yet."""
        return wait_for(probe, timeout_s, what)

    # Cameras

    @property
    def cameras(self) -> Simcams:
        """For faults of single cameras: `system.cameras.stall("gongan-counter")`."""
        assert self._cameras is not None, "the cameras are stopped"
        return self._cameras

    def start_cameras(self) -> None:
        """All of them, from the beginning of their clips."""
        config = SimcamConfig(find_clips([CLIPS]), port=self.camera_port, users={"vigil": _CAMERA_PASSWORD})
        self._cameras = Simcams(config)
        self._cameras.start()

    def stop_cameras(self) -> None:
        """Unplugs the RTSP server: every connection breaks and nothing listens."""
        if self._cameras is not None:
            self._cameras.stop()
            self._cameras = None

    # Programs

    def start_center(self) -> None:
        self._start("center", "center", "-c", str(self.file))
        wait_for(lambda: self._answers(f"{self.address}/healthz", "center"), _READY_S, "the centre's /healthz")

    def start_node(self) -> None:
        self._start("node", "node", "-c", str(self.file))
        url = f"http://127.0.0.1:{self.node_port}/healthz"
        wait_for(lambda: self._answers(url, "node"), _READY_S, "the node's /healthz")

    def kill_node(self) -> None:
        """kill -9."""
        self.kill("node")

    def kill_center(self) -> None:
        """kill -9."""
        self.kill("center")

    def kill(self, name: str) -> None:
        program = self._programs.pop(name, None)
        if program is not None:
            program.kill()
            program.wait()

    def stop(self, name: str, timeout_s: float = _STOP_S) -> int:
        """SIGTERM; the exit status. Raises TimeoutExpired, with the program killed, when that takes too long."""
        program = self._programs.pop(name)
        program.send_signal(signal.SIGTERM)
        try:
            return program.wait(timeout_s)
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait()
            raise

    def pid(self, name: str) -> int:
        return self._programs[name].pid

    def running(self, name: str) -> bool:
        return name in self._programs and self._programs[name].poll() is None

    def log_of(self, name: str) -> str:
        file = self.folder / "logs" / f"{name}.log"
        return file.read_text(errors="replace") if file.exists() else ""

    def logs(self) -> str:
        """The ends of all logs, for a test that failed."""
        return "".join(f"\n--- {name}.log\n{self.log_of(name)[-6000:]}" for name in ("center", "node"))

    def _start(self, name: str, *arguments: str) -> None:
        logs = self.folder / "logs"
        logs.mkdir(exist_ok=True)
        environment = {key: value for key, value in os.environ.items() if key != PARENT}
        with (logs / f"{name}.log").open("ab") as log:
            self._programs[name] = subprocess.Popen(
                [sys.executable, "-m", "vigil", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,
            )

    def _answers(self, url: str, name: str) -> bool:
        program = self._programs[name]
        assert program.poll() is None, f"{name} ended with {program.returncode}:\n{self.log_of(name)[-4000:]}"
        return httpx.get(url, timeout=2).status_code == 200

    # The configuration

    def write(self, change: Callable[[dict[str, Any]], None] | None = None) -> None:
        """Writes the file anew; programs see it when they are started again."""
        values: dict[str, Any] = yaml.safe_load((ROOT / "configs" / "demo.yaml").read_text(encoding="utf-8"))
        for hall in values["site"]["halls"]:
            for camera in hall["cameras"]:
                for key in ("url", "substream"):
                    camera[key] = camera[key].replace(":8554/", f":{self.camera_port}/")
                camera["password"] = {"file": "camera.password"}
        values["center"] |= {
            "listen": f"127.0.0.1:{self.center_port}",
            "data": "center",
            "objects": {"folder": "objects"},
        }
        values["nodes"][0] |= {
            "center": f"ws://127.0.0.1:{self.center_port}",
            "listen": f"127.0.0.1:{self.node_port}",
            "key": {"file": "node.key"},
            "data": "node",
        }
        if change is not None:
            change(values)
        (self.folder / "camera.password").write_text(_CAMERA_PASSWORD)
        self.file.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")

    def _enter_people(self) -> None:
        make_keys(self.configuration)
        for username, name, unit, role in ACCOUNTS:
            people.add(self.configuration, username, name, unit, everywhere(role), self.passwords[username])


def free_ports(count: int) -> list[int]:
    """Ports that nothing listens on now."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [int(listening.getsockname()[1]) for listening in sockets]
    finally:
        for listening in sockets:
            listening.close()


def wait_for(probe: Callable[[], T | None], timeout_s: float, what: str = "it") -> T:
    """The first true value of `probe`. Raises AssertionError when the time is over."""
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            value = probe()
        except httpx.TransportError:
            value = None
        if value:
            return value
        assert time.monotonic() < deadline, f"waited {timeout_s:g} s for {what}"
        time.sleep(_POLL_S)
