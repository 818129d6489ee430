"""A hall that reaches the centre through an HTTP proxy only: tinyproxy, with a password."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.integration.test_uplink import PlayedNode, at, key_of, stores_of, until
from tests.system import DemoSystem, free_ports, wait_for
from vigil.store.footage import SegmentState


@dataclass(frozen=True)
class Tinyproxy:
    port: int
    log: Path

    def url(self, credentials: str) -> str:
        return f"http://{credentials}@127.0.0.1:{self.port}"

    def requests(self) -> list[str]:
        return [line for line in self.log.read_text().splitlines() if "Request" in line]


@contextmanager
def tinyproxy(folder: Path) -> Iterator[Tinyproxy]:
    (port,) = free_ports(1)
    log, settings = folder / "tinyproxy.log", folder / "tinyproxy.conf"
    settings.write_text(
        f'Port {port}\nListen 127.0.0.1\nAllow 127.0.0.1\nBasicAuth hall pa55word\nLogFile "{log}"\nLogLevel Connect\n'
        "Timeout 60\nMaxClients 20\n"
    )
    log.touch()
    process = subprocess.Popen(["tinyproxy", "-d", "-c", str(settings)], stdout=subprocess.DEVNULL)
    try:
        wait_for(lambda: _listens(port), 10, "the proxy")
        yield Tinyproxy(port, log)
    finally:
        process.terminate()
        process.wait(10)


def _listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def system(tmp_path: Path) -> Iterator[DemoSystem]:
    with DemoSystem(tmp_path, whole=False) as running:
        yield running


async def test_records_and_footage_go_through_it(system: DemoSystem, tmp_path: Path) -> None:
    with tinyproxy(tmp_path) as proxy:
        node = PlayedNode(system.folder, system.center_port, key_of(system), proxy.url("hall:pa55word"))
        async with node.running():
            node.observe(1)
            segment = node.record_segment(0)
            await until(node.is_empty, 30, "everything to arrive")
        assert any("CONNECT" in line for line in proxy.requests())
        assert any("PUT" in line for line in proxy.requests())
    with stores_of(system) as stores:
        assert len(stores.observations.between(node.window, at(-1), at(10))) == 1
        found = stores.footage.find(segment.id)
        assert found is not None
        assert found.state is SegmentState.STORED


async def test_one_that_does_not_let_us_through_is_told_without_its_password(
    system: DemoSystem, tmp_path: Path
) -> None:
    with tinyproxy(tmp_path) as proxy, capture_logs() as logs:
        node = PlayedNode(system.folder, system.center_port, key_of(system), proxy.url("hall:wrong-one"))
        async with node.running():
            await until(lambda: len(proxy.requests()) >= 2, 20, "a second try")
            await until(lambda: logs, 10, "a line in the log")
    assert [line["event"] for line in logs] == ["uplink_lost"]
    assert "the proxy does not let us through" in logs[0]["error"]
    assert "wrong-one" not in str(logs)
