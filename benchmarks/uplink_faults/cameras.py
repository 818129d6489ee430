"""The simulated cameras in a process of their own, which nothing kills, and the journal of what they sent.

    python -m benchmarks.uplink_faults.cameras JOURNAL PORT NAME=CLIP ...

The journal has one line a picture: camera, number, and the time of sending in seconds since 1970. When the process is told to
end, a last line says how many GOPs readers were too slow for.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vigil.process import configure_logs, die_with_supervisor
from vigil.simcam import SimcamConfig, Simcams

_DROPPED: Final = "dropped_gops"


@dataclass(frozen=True, slots=True)
class Journal:
    """When each camera sent each number, in seconds since 1970, and how many GOPs it could not send to its reader."""

    sent: dict[str, dict[int, float]]
    dropped_gops: int


def read(path: Path) -> Journal:
    sent: dict[str, dict[int, float]] = defaultdict(dict)
    dropped = 0
    for line in path.read_text().splitlines():
        name, number, *at = line.split()
        if name == _DROPPED:
            dropped = int(number)
        else:
            sent[name][int(number)] = float(at[0])
    return Journal(dict(sent), dropped)


def main() -> None:
    journal, port, *cameras = sys.argv[1:]
    configure_logs()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    die_with_supervisor()
    clips = {name: Path(clip) for name, clip in (camera.split("=", 1) for camera in cameras)}
    with Path(journal).open("w") as lines:

        def sent(name: str, number: int) -> None:
            lines.write(f"{name} {number} {time.time():.3f}\n")

        simcams = Simcams(SimcamConfig(clips, port=int(port), numbered=True), sent=sent)
        with simcams:
            stop.wait()
        lines.write(f"{_DROPPED} {simcams.dropped_gops}\n")


if __name__ == "__main__":
    main()
