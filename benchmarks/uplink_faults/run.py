"""One run: cameras, a node and a centre, the line between them, and everything that happens to it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.uplink_faults import ledger
from benchmarks.uplink_faults.programs import Life, Programs
from benchmarks.uplink_faults.schedule import Cut, CutKind, Kill, Program, Schedule
from benchmarks.uplink_faults.site import CAMERA_PORT, RunFiles
from benchmarks.uplink_faults.wire import Wire

CAMERAS: Final = "cameras"
_NODE, _CENTER = Program.NODE.value, Program.CENTER.value
_BEGINS_S: Final = 90.0
_LOOK_S: Final = 1.0
_POLL_S: Final = 0.2
_AFTER_S: Final = 3.0
"""Cameras go on for so long behind the last picture that counts: what is between camera and disk then does not."""
_STOP_S: Final = 15.0


@dataclass(frozen=True, slots=True)
class Line:
    """The chance of a packet to be lost, and seconds that it takes one way, all the time."""

    loss: float
    delay_s: float


@dataclass(slots=True)
class Events:
    """What happened. Times in seconds since 1970."""

    from_at: float = 0.0
    to_at: float = 0.0
    cuts: list[tuple[float, float, CutKind]] = field(default_factory=list)
    """From, to, kind."""
    outages: list[tuple[float, float]] = field(default_factory=list)
    """Of the node: when it was killed, and when it was started again."""
    kills: dict[str, int] = field(default_factory=dict)
    backlog: ledger.Backlog | None = None
    """When the line became good again at the end."""
    drained_s: float | None = None
    """From then until nothing waited at the node; None: it was not empty when the time was over."""
    left: ledger.Backlog | None = None
    """At the end."""
    line_mb: float = 0.0
    lives: dict[str, list[Life]] = field(default_factory=dict)
    deaths: list[str] = field(default_factory=list)


def run(
    folder: Path, files: RunFiles, schedule: Schedule, seconds: float, line: Line, *, seed: int, drain_s: float
) -> Events:
    """Raises RuntimeError when the system does not begin or its cameras end, OSError and CalledProcessError for no network."""
    data = folder / "node"
    ledger.install(data / "node.db")
    with Wire(loss=line.loss, delay_s=line.delay_s, seed=seed) as wire, Programs(folder) as programs:
        cameras = [f"{camera}={clip}" for camera, clip in files.clips.items()]
        journal = str(folder / "journal.txt")
        programs.start(
            CAMERAS, wire.hall, "benchmarks.uplink_faults.cameras", journal, str(CAMERA_PORT), *cameras, vital=True
        )
        programs.start(_CENTER, wire.center, "vigil", "center", "-c", str(files.file))
        programs.start(_NODE, wire.hall, "vigil", "node", "-c", str(files.file))
        _wait(lambda: _recording(data) >= len(cameras), _BEGINS_S, programs)
        events = Events(from_at=time.time() + 1.0)
        _go_through(schedule, seconds, wire, programs, events)
        events.to_at = time.time()
        _pass(_AFTER_S, programs)
        wire.cut, wire.loss, wire.delay_s = None, 0.0, 0.0
        events.line_mb = wire.bytes / 1e6
        programs.stop(CAMERAS, _STOP_S)
        _drain(data, programs, drain_s, events)
        for name in (_NODE, _CENTER):
            programs.stop(name, _STOP_S)
        events.lives, events.deaths = programs.lives, programs.deaths
    return events


def _go_through(schedule: Schedule, seconds: float, wire: Wire, programs: Programs, events: Events) -> None:
    began_mono = time.monotonic()

    def until(at_s: float) -> None:
        _pass(began_mono + at_s - time.monotonic(), programs)

    def begin(cut: Cut) -> None:
        wire.cut = cut.kind
        events.cuts.append((time.time(), time.time() + cut.length_s, cut.kind))

    def kill(one: Kill) -> None:
        name = one.program.value
        killed_at = programs.kill(name)
        events.kills[name] = events.kills.get(name, 0) + 1
        if one.program is Program.NODE:
            events.outages.append((killed_at, programs.lives[name][-1].began_at))
        print(f"{one.at_s:7.1f} s  {name} killed, {len(events.cuts)} cuts so far", flush=True)

    def end() -> None:
        wire.cut = None

    steps: list[tuple[float, Callable[[], None]]] = [(one.at_s, partial(kill, one)) for one in schedule.kills]
    for cut in schedule.cuts:
        steps += [(cut.at_s, partial(begin, cut)), (cut.at_s + cut.length_s, end)]
    for at_s, step in sorted(steps, key=lambda entry: entry[0]):
        until(at_s)
        step()
    until(seconds)


def _drain(data: Path, programs: Programs, drain_s: float, events: Events) -> None:
    began_mono = time.monotonic()
    events.backlog = events.left = ledger.backlog(data)
    while not events.left.empty and time.monotonic() - began_mono < drain_s:
        _pass(_LOOK_S, programs)
        events.left = ledger.backlog(data)
    if events.left.empty:
        events.drained_s = time.monotonic() - began_mono


def _recording(data: Path) -> int:
    """Cameras whose first segment has something in it."""
    return len({part.parent for part in data.glob("spool/*/*.part") if part.stat().st_size})


def _wait(probe: Callable[[], bool], timeout_s: float, programs: Programs) -> None:
    deadline = time.monotonic() + timeout_s
    while not probe():
        if time.monotonic() > deadline or programs.deaths:
            logs = "".join(f"\n--- {name}\n{programs.log(name).read_text()[-2000:]}" for name in programs.lives)
            raise RuntimeError(f"not everything is recorded within {timeout_s:g} s{logs}")
        _pass(_POLL_S, programs)


def _pass(seconds: float, programs: Programs) -> None:
    """Lets time pass and looks at the programs meanwhile."""
    end_mono = time.monotonic() + seconds
    while (left_s := end_mono - time.monotonic()) > 0:
        time.sleep(min(_LOOK_S, left_s))
        programs.look()
