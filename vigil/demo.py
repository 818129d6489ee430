"""`vigil demo` and `vigil run`: everything on this machine, supervised, with words that say how far it is."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import click

from vigil.config import Configuration, load
from vigil.config.secrets import make_secret_file
from vigil.errors import VigilError
from vigil.model.people import Role, everywhere
from vigil.supervisor import Program, Supervisor

_ROOT: Final = Path(__file__).resolve().parent.parent
_READY_S: Final = 60.0

ACCOUNTS: Final = (
    ("operator", "值班员", "市政务服务中心", Role.OPERATOR),
    ("supervisor", "主管", "市政务服务中心", Role.SUPERVISOR),
    ("investigator", "督查员", "市政务服务中心督查组", Role.INVESTIGATOR),
    ("admin", "管理员", "市政务服务中心信息科", Role.ADMIN),
)


@dataclass(frozen=True, slots=True)
class _Cameras:
    clips: Path
    port: int
    password: Path


def make_keys(configuration: Configuration) -> None:
    """The nodes' key files that do not exist yet."""
    for node in configuration.nodes:
        if node.key is not None and node.key.file is not None:
            make_secret_file(node.key, configuration.folder)


def run_demo(file: Path | None) -> None:
    """Until Ctrl-C. Raises VigilError and OSError."""
    file = file or _ROOT / "configs" / "demo.yaml"
    clips = _ROOT / "sample_streams"
    if not file.exists() or not clips.is_dir():
        raise VigilError("the demonstration needs a checkout of vigil, with configs/ and sample_streams/")
    configuration = load(file)
    cameras = _cameras(configuration, clips)
    make_keys(configuration)
    passwords = _accounts(configuration)
    logs = configuration.path(_data(configuration)).parent / "logs"
    simulated = Program(
        "cameras",
        (
            *("camera-sim", str(cameras.clips), "--port", str(cameras.port)),
            *("--user", "vigil", "--password-file", str(cameras.password)),
        ),
        logs / "cameras.log",
        cameras.port,
    )
    click.echo(f"Starting simulated cameras, the centre and {len(configuration.nodes)} node (logs: {logs})")
    _supervise([simulated, *_programs(configuration, logs)], configuration, lambda: _welcome(configuration, passwords))


def run_all(configuration: Configuration) -> None:
    """The centre and all nodes of a file, until Ctrl-C. Raises VigilError and OSError."""
    _supervise(
        _programs(configuration, None), configuration, lambda: click.echo(f"The screen is at {_address(configuration)}")
    )


def _supervise(programs: Sequence[Program], configuration: Configuration, ready: Callable[[], None]) -> None:
    _require_free(configuration, programs)
    stopped: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda got, _frame: stopped.append(got))
    supervisor = Supervisor(programs)
    try:
        if _until_ready(configuration, supervisor, stopped):
            ready()
        supervisor.watch(lambda: bool(stopped))
    finally:
        click.echo("Stopping …")
        in_time = supervisor.stop()
        click.echo("Stopped." if in_time else "Stopped; something had to be killed (see its log).")


def _require_free(configuration: Configuration, programs: Sequence[Program]) -> None:
    """Raises VigilError when something answers already where we want to listen."""
    wanted: list[tuple[str, str]] = [(node.id, node.listen) for node in configuration.nodes]
    if configuration.center is not None:
        wanted.append(("the centre", configuration.center.listen))
    wanted += [("the simulated cameras", f"127.0.0.1:{program.port}") for program in programs if program.port]
    for who, address in wanted:
        host, _, port = address.rpartition(":")
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.settimeout(1)
            if probe.connect_ex((host.strip("[]"), int(port))) == 0:
                raise VigilError(f"{who} cannot listen on {address}: something answers there already. Stop it first")


def _until_ready(configuration: Configuration, supervisor: Supervisor, stopped: list[int]) -> bool:
    deadline = time.monotonic() + _READY_S
    while time.monotonic() < deadline and not stopped:
        if _healthy(_address(configuration)):
            return True
        supervisor.tend()
        time.sleep(0.2)
    if not stopped:
        click.echo(f"The centre has not answered for {_READY_S:.0f} s; its log says why. Still trying.", err=True)
    return False


def _healthy(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/healthz", timeout=1) as answer:  # noqa: S310, our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False


def _programs(configuration: Configuration, logs: Path | None) -> list[Program]:
    file = str(configuration.file)
    nodes = [
        Program(node.id, ("node", "-c", file, "--node", node.id), logs / f"{node.id}.log" if logs else None)
        for node in configuration.nodes
    ]
    return [Program("center", ("center", "-c", file), logs / "center.log" if logs else None), *nodes]


def _cameras(configuration: Configuration, clips: Path) -> _Cameras:
    """Where the configuration expects the simulated cameras: port and password of its first one."""
    camera = next(camera for _, camera in configuration.site.cameras()) if configuration.site else None
    port = urlsplit(camera.url).port if camera else None
    if camera is None or camera.password is None or camera.password.file is None or port is None:
        raise VigilError(f"{configuration.file} is no configuration for a demonstration: see configs/demo.yaml")
    make_secret_file(camera.password, configuration.folder)
    return _Cameras(clips, port, configuration.folder / camera.password.file)


def _accounts(configuration: Configuration) -> dict[str, str]:
    """The demonstration's people, entered at the first start. Passwords are made here and kept beside the data."""
    from vigil.center import people  # noqa: PLC0415, only the demonstration and the centre load the web framework

    kept = configuration.path(_data(configuration)).parent / "accounts.json"
    if kept.exists():
        return dict(json.loads(kept.read_text(encoding="utf-8")))
    passwords = {username: secrets.token_urlsafe(9) for username, *_ in ACCOUNTS}
    known = {person.username for person in people.listed(configuration)}
    for username, name, unit, role in ACCOUNTS:
        if username in known:
            people.set_password(configuration, username, passwords[username])
        else:
            people.add(configuration, username, name, unit, everywhere(role), passwords[username])
    kept.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        json.dump(passwords, stream, indent=2)
    return passwords


def _welcome(configuration: Configuration, passwords: dict[str, str]) -> None:
    click.echo(f"\n  操作大屏 / operations screen:  {_address(configuration)}\n")
    for username, name, _, _ in ACCOUNTS:
        click.echo(f"    {username:<13} {passwords[username]}   {name}")
    click.echo("\n  Thresholds are seconds here; the first alerts come within a minute. Ctrl-C stops everything.\n")


def _address(configuration: Configuration) -> str:
    if configuration.center is None:
        raise VigilError(f"{configuration.file} has no center: section")
    scheme = "https" if configuration.center.tls_certificate else "http"
    return f"{scheme}://{configuration.center.listen}"


def _data(configuration: Configuration) -> str:
    if configuration.center is None:
        raise VigilError(f"{configuration.file} has no center: section")
    return configuration.center.data
