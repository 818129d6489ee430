"""A hall's network of its own: a network namespace with the node, and one for each machine with cameras, joined by cables.

Cameras answer to multicast and on fixed ports, and some listen on every address: on the machine that runs the tests that
would reach whoever else is in its network. Needs root and `ip` (Debian: iproute2); where either lacks, tests fail and say so.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TypeVar

import pytest

from tests.kernel import refuses_namespaces

T = TypeVar("T")

_CLONE_NEWNET = 0x40000000  # linux/sched.h
ROOT = Path(__file__).resolve().parents[2]


class HallNetwork:
    """Use as a context: what is left of processes and namespaces goes with it."""

    def __init__(self) -> None:
        self._prefix = f"vigil-hall-{os.getpid()}"
        self._names: list[str] = []
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> HallNetwork:
        if shutil.which("ip") is None:
            pytest.fail("the program `ip` is missing. As root: apt-get install --yes iproute2")
        if (reason := refuses_namespaces()) is not None:
            pytest.skip(reason)
        self._add("node")
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.kill()
            process.wait()
        for name in self._names:
            _ip("netns", "delete", name)

    def machine(self, name: str, number: int, *hosts: int) -> None:
        """A namespace with 10.77.NUMBER.HOST, joined to the node's, which has 10.77.NUMBER.1."""
        self._add(name)
        ours, theirs = f"node{number}", f"cam{number}"
        node, machine = self._name("node"), self._name(name)
        _ip("-n", node, "link", "add", ours, "type", "veth", "peer", "name", theirs, "netns", machine)
        _ip("-n", node, "address", "add", f"10.77.{number}.1/24", "dev", ours)
        for host in hosts:
            _ip("-n", machine, "address", "add", f"10.77.{number}.{host}/24", "dev", theirs)
        _ip("-n", node, "link", "set", ours, "up")
        _ip("-n", machine, "link", "set", theirs, "up")
        _ip("-n", machine, "route", "add", "default", "via", f"10.77.{number}.1")  # multicast goes this way, too

    def start(self, name: str, module: str) -> None:
        """Runs a module of the tests on a machine, until it says a line."""
        process = subprocess.Popen(self.command(name, "-m", module), cwd=ROOT, stdout=subprocess.PIPE)
        self._processes.append(process)
        assert process.stdout is not None
        if not process.stdout.readline():
            pytest.fail(f"{module} did not start; its words are above. `make test` installs what it needs")

    def command(self, name: str, *arguments: str) -> list[str]:
        return ["ip", "netns", "exec", self._name(name), sys.executable, *arguments]

    def on_node(self, work: Callable[[], T]) -> T:
        """Does `work` in the node's namespace: a thread of its own enters it, and those that it starts with it."""
        result: Future[T] = Future()

        def run() -> None:
            try:
                _enter(Path("/run/netns") / self._name("node"))
                result.set_result(work())
            except BaseException as error:  # noqa: BLE001, it is raised again where it is waited for
                result.set_exception(error)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return result.result(timeout=60)

    def _add(self, name: str) -> None:
        _ip("netns", "add", self._name(name))
        self._names.append(self._name(name))
        _ip("-n", self._name(name), "link", "set", "lo", "up")

    def _name(self, name: str) -> str:
        return f"{self._prefix}-{name}"


def _ip(*arguments: str) -> None:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.fail(f"network namespaces do not work here: ip {' '.join(arguments)}: {done.stderr.strip()}")


def _enter(namespace: Path) -> None:
    """setns(2), for this thread alone. Python knows it from 3.12 on."""
    with namespace.open("rb") as opened:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.setns(opened.fileno(), _CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"cannot enter {namespace}")
