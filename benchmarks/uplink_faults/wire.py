"""The line between hall and centre: two network namespaces with nothing between them but this thread.

Each namespace has a TUN device, and every packet passes through here: held up, lost by chance, and while the line is cut
swallowed or answered with a reset. Loss and delay stand here and not in the kernel because many kernels come without netem.
"""

from __future__ import annotations

import fcntl
import heapq
import os
import random
import select
import struct
import subprocess
import threading
import time
from types import TracebackType
from typing import Final, Self

from benchmarks.uplink_faults.resets import opens, reset
from benchmarks.uplink_faults.schedule import CutKind

HALL_ADDRESS: Final = "10.213.7.1"
CENTER_ADDRESS: Final = "10.213.7.2"
TUN: Final = "/dev/net/tun"
_TUNSETIFF: Final = 0x400454CA  # linux/if_tun.h
_IFF_TUN, _IFF_NO_PI = 0x0001, 0x1000
_MOST_BYTES: Final = 65_535
_IDLE_S: Final = 0.2


class Wire:
    """A context: makes both namespaces, and takes them away again. Raises OSError and CalledProcessError.

    `loss` is the chance of each packet, `delay_s` that of one direction. What is set meanwhile may be set from any thread.
    """

    def __init__(self, *, loss: float, delay_s: float, seed: int) -> None:
        self.loss = loss
        self.delay_s = delay_s
        self.cut: CutKind | None = None
        self.bytes = 0
        """Taken from either side."""
        self._chance = random.Random(seed)
        self._names = tuple(f"vigil-{os.getpid()}-{side}" for side in ("hall", "center"))
        self._made: list[str] = []
        self._files: list[int] = []
        self._waiting: list[tuple[float, int, int, bytes]] = []
        """When it is due, its number, to which file, the packet."""
        self._count = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="wire", daemon=True)

    @property
    def hall(self) -> list[str]:
        """What a command begins with to run in the hall."""
        return ["ip", "netns", "exec", self._names[0]]

    @property
    def center(self) -> list[str]:
        return ["ip", "netns", "exec", self._names[1]]

    def __enter__(self) -> Self:
        try:
            for name, address, peer in zip(
                self._names, (HALL_ADDRESS, CENTER_ADDRESS), (CENTER_ADDRESS, HALL_ADDRESS), strict=True
            ):
                self._make(name, address, peer)
        except BaseException:
            self._take_away()
            raise
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._take_away()

    def _make(self, name: str, address: str, peer: str) -> None:
        _ip("netns", "add", name)
        self._made.append(name)
        device = f"vigil{len(self._files)}-{os.getpid() % 10**7}"
        file = os.open(TUN, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        self._files.append(file)
        fcntl.ioctl(file, _TUNSETIFF, struct.pack("16sH22x", device.encode(), _IFF_TUN | _IFF_NO_PI))
        # The file stays at the device when that moves to another namespace.
        _ip("link", "set", device, "netns", name)
        _ip("-n", name, "link", "set", "lo", "up")
        _ip("-n", name, "address", "add", address, "peer", peer, "dev", device)
        _ip("-n", name, "link", "set", device, "up")

    def _take_away(self) -> None:
        for file in self._files:
            os.close(file)  # the device goes with it
        self._files.clear()
        for name in self._made:
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)
        self._made.clear()

    # The thread

    def _run(self) -> None:
        there = dict(zip(self._files, reversed(self._files), strict=True))
        while not self._stop.is_set():
            due_s = self._waiting[0][0] - time.monotonic() if self._waiting else _IDLE_S
            readable, _, _ = select.select(self._files, [], [], min(_IDLE_S, max(0.0, due_s)))
            for file in readable:
                self._take(file, there[file])
            self._send_due()

    def _take(self, file: int, other: int) -> None:
        try:
            packet = os.read(file, _MOST_BYTES)
        except BlockingIOError:
            return
        self.bytes += len(packet)
        cut = self.cut
        if cut is CutKind.RESET or (cut is CutKind.REFUSED and opens(packet)):
            answer = reset(packet)
            if answer is not None:
                self._put(file, answer)
        elif cut is None and self._chance.random() >= self.loss:
            self._put(other, packet)

    def _put(self, file: int, packet: bytes) -> None:
        self._count += 1
        heapq.heappush(self._waiting, (time.monotonic() + self.delay_s, self._count, file, packet))

    def _send_due(self) -> None:
        now = time.monotonic()
        while self._waiting and self._waiting[0][0] <= now:
            _, _, file, packet = heapq.heappop(self._waiting)
            try:
                os.write(file, packet)
            except OSError:  # what the kernel does not take is lost, as on any line
                continue


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)
