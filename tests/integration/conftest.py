from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

READY_WITHIN_S = 60


@dataclass(frozen=True, slots=True)
class S3Server:
    endpoint: str
    access_key: str
    secret_key: str


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    """A SeaweedFS with its S3 gateway, on free ports of the loopback, for the whole run."""
    folder = Path(tempfile.mkdtemp(prefix="vigil-s3-"))
    port, *others = _free_ports(10)
    server = S3Server(f"http://127.0.0.1:{port}", "vigil-test", "vigil-test-secret")
    with (folder / "weed.log").open("wb") as log:
        process = subprocess.Popen(
            _command(folder, port, others),
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
            start_new_session=True,
            env=os.environ | {"AWS_ACCESS_KEY_ID": server.access_key, "AWS_SECRET_ACCESS_KEY": server.secret_key},
        )
    try:
        _wait_until_ready(process, server, folder / "weed.log")
        yield server
    finally:
        _stop(process)
        shutil.rmtree(folder, ignore_errors=True)


def _command(folder: Path, port: int, others: list[int]) -> list[str]:
    names = ("master", "volume", "filer", "admin")
    ports = [f"-{name}.port={http}" for name, http in zip(names, others[:4], strict=True)]
    ports += [f"-{name}.port.grpc={grpc}" for name, grpc in zip((*names, "s3"), others[4:], strict=True)]
    weed = Path(sys.executable).with_name("weed")
    return [
        *(str(weed), "mini", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"),
        *(f"-s3.port={port}", "-s3.port.iceberg=0", *ports),
        *("-master.telemetry=false", "-webdav=false", "-admin.ui=false", "-s3.iam=false"),
    ]


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [listening.getsockname()[1] for listening in sockets]
    finally:
        for listening in sockets:
            listening.close()


def _wait_until_ready(process: subprocess.Popen[bytes], server: S3Server, log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            if httpx.get(f"{server.endpoint}/healthz", timeout=1).status_code < 500:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    pytest.fail(f"SeaweedFS did not start:\n{log.read_text(errors='replace')[-2000:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
