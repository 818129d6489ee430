"""What a node looks at before it records: is the disk one that can take footage, and is the clock one to date it by.

Nothing here stops the node: a hall with a bad disk is better recorded badly than not. It is said in words, once, at the start.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import structlog

from vigil.ingest.flusher import sync_file_system

PROBE_BYTES: Final = 4 * 1024 * 1024
SLOW_S: Final = 2.0
"""A disk that takes longer for the probe writes 2 MB/s: four cameras of 4 Mbit/s and nothing beside."""
_SPARE: Final = 1.1
"""A file system that is full to the last block fails in odd ways."""
_BACK: Final = timedelta(seconds=30)
_REMOTE: Final = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "ceph", "glusterfs", "fuse.sshfs"})
_IN_MEMORY: Final = frozenset({"tmpfs", "ramfs"})
_TIME_ERROR: Final = 5  # linux/timex.h: the clock is not synchronised

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Disk:
    """What was found out about the file system of a folder. `took_s` is how long PROBE_BYTES took to be on it."""

    kind: str
    free_bytes: int
    took_s: float


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong: the event of the log, and what it says."""

    event: str
    facts: dict[str, object]


def look_at(folder: Path) -> Disk:
    """Raises OSError where nothing can be written."""
    probe = folder / ".probe"
    began_mono = time.monotonic()
    try:
        with probe.open("wb") as file:
            file.write(os.urandom(PROBE_BYTES))
        sync_file_system(folder)
    finally:
        probe.unlink(missing_ok=True)
    took_s = time.monotonic() - began_mono
    return Disk(_kind_of(folder.resolve(), Path("/proc/self/mounts")), shutil.disk_usage(folder).free, took_s)


def of_disk(disk: Disk, folder: Path, *, wanted_bytes: int) -> Iterator[Finding]:
    """`wanted_bytes` is what may still be written there."""
    where = str(folder)
    if disk.kind in _REMOTE:
        yield Finding("data_not_on_a_local_disk", {"folder": where, "kind": disk.kind})
    if disk.kind in _IN_MEMORY:
        yield Finding("data_in_memory", {"folder": where, "kind": disk.kind})
    if disk.free_bytes < wanted_bytes * _SPARE:
        gib = 1024**3
        facts = {"free_gib": round(disk.free_bytes / gib, 1), "wanted_gib": round(wanted_bytes * _SPARE / gib, 1)}
        yield Finding("disk_smaller_than_its_bounds", {"folder": where, **facts})
    if disk.took_s > SLOW_S:
        yield Finding("disk_is_slow", {"folder": where, "seconds": round(disk.took_s, 1)})


def of_clock(now: datetime, newest_at: datetime | None, *, synchronised: bool) -> Iterator[Finding]:
    """`newest_at` is the end of the newest segment that was ever recorded here."""
    if newest_at is not None and now < newest_at - _BACK:
        back_s = (newest_at - now).total_seconds()
        yield Finding("clock_went_back", {"newest_footage": newest_at.isoformat(), "seconds": round(back_s)})
    if not synchronised:
        yield Finding("clock_not_synchronised", {})


def is_synchronised() -> bool:
    """Whether the kernel knows its clock to be held by NTP or the like (adjtimex(2), which reads it without privileges)."""
    timex = (ctypes.c_long * 64)()  # struct timex, with room to spare; modes = 0: nothing is set
    return bool(ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(timex)) not in (_TIME_ERROR, -1))


def tell(findings: Iterator[Finding]) -> None:
    for finding in findings:
        log.warning(finding.event, **finding.facts)


def _kind_of(folder: Path, mounts: Path) -> str:
    """The file system's type: of the longest mount point above the folder, and of those the last."""
    kind, longest = "", -1
    for line in mounts.read_text().splitlines():
        _, point, found, *_ = line.split(" ")
        point = point.encode().decode("unicode_escape")  # a space is written \040
        if folder.is_relative_to(point) and len(point) >= longest:
            kind, longest = found, len(point)
    return kind
