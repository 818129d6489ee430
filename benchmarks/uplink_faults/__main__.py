"""What is lost or doubled while the line between hall and centre fails and both programs are killed: nothing may be.

Simulated cameras number each picture that they send over RTSP (vigil/model/picture_numbers.py); a node in one network namespace
records them and looks at them, a centre in another takes in what comes over the only line between the two. Every packet of
that line passes a relay that loses 5 % of them each way and makes a round trip 300 ms longer. The full run takes an hour: 200
cuts of 1 to 60 s (resets, half-open silence, refused connections), and 50 times `kill -9` of node or centre with a new start at
once. Then the line becomes good and the cameras stop; when the node holds nothing back any more, everything in the centre's
archive is counted.

Pictures: one that was sent and is not in the archive is lost, but for those of a kill of the node: what was sent within
1 s before it, and what was sent until the first picture that it kept again, within 15 s of its start (counting.py).
`seconds_lost_before_kill_max` and `node_outage_s_max` say how long these really were.
Alerts: what the node ever put into its outbox, written down by a trigger in the same transaction (ledger.py), must be at
the centre in its newest revision; two of one kind and subject that overlap in time are one episode told twice, and one that is
open at the centre while the node has forgotten it is orphaned.
Segments: hash, and FFmpeg's reading of every packet; one in ten is decoded.
Memory: `memory_growth_mb` is the larger one of node and centre, of the median of the last tenth of the longest life less that of
the first, its first minute left out; `*_memory_drift_mb` compares late lives with early ones at the same age (memory.py).

Needs Linux, root, `ip`, /dev/net/tun and `ffmpeg`. It makes two network namespaces named after its process and removes them.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

from benchmarks.result import report
from benchmarks.uplink_faults import cameras, ledger, verdict
from benchmarks.uplink_faults.archive import Archive
from benchmarks.uplink_faults.run import Line, run
from benchmarks.uplink_faults.schedule import draw
from benchmarks.uplink_faults.site import write
from benchmarks.uplink_faults.wire import TUN
from vigil.center.sections import database_file


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a smoke run of half a minute that writes nothing")
    parser.add_argument("--seconds", type=float, default=3600)
    parser.add_argument("--cuts", type=int, default=200)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--cameras", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--loss", type=float, default=0.05, help="chance of a packet to be lost, each way")
    parser.add_argument("--delay-ms", type=float, default=300, help="added to a round trip")
    parser.add_argument("--drain-s", type=float, default=1800, help="how long the node may take to bring what waited")
    parser.add_argument("--no-save", action="store_true", help="write no result")
    parser.add_argument(
        "--keep", type=Path, metavar="FOLDER", help="a new folder for all data of the run, which is kept"
    )
    given = parser.parse_args()
    if given.quick:
        given.seconds, given.cuts, given.kills, given.cameras, given.drain_s = 20.0, 2, 2, 2, 30.0
    if missing := lacking():
        sys.exit(f"This benchmark needs {', '.join(missing)}.")
    signal.signal(signal.SIGTERM, _interrupted)
    if given.keep is not None:
        given.keep.mkdir(parents=True)
        measure(given.keep.resolve(), given)
        return
    with tempfile.TemporaryDirectory(prefix="vigil-faults-") as folder:
        measure(Path(folder), given)


def lacking() -> list[str]:
    """What this machine has not and a run needs."""
    found = [] if sys.platform == "linux" else ["Linux"]
    if os.geteuid() != 0:
        found.append("root, for network namespaces")
    found += [f"the program {program}" for program in ("ip", "ffmpeg") if shutil.which(program) is None]
    if not Path(TUN).exists():
        found.append(f"{TUN} (modprobe tun)")
    return found


def measure(folder: Path, given: argparse.Namespace) -> None:
    files = write(folder, given.cameras, segment_s=4.0 if given.quick else 10.0)
    schedule = draw(given.seconds, given.cuts, given.kills, given.seed)
    line = Line(given.loss, given.delay_ms / 2000)
    events = run(folder, files, schedule, given.seconds, line, seed=given.seed, drain_s=given.drain_s)
    journal = cameras.read(folder / "journal.txt")
    promised = ledger.read(folder / "node" / "node.db")
    with closing(Archive(database_file(files.configuration), folder / "objects")) as archive:
        found = verdict.reach(events, journal, ledger.reads(folder / "node.log"), promised, archive)
    settings: dict[str, Any] = {
        "seconds": given.seconds,
        "cameras": given.cameras,
        "streams": "640x360, 10 pictures a second, about 0.09 Mbit/s",
        "seed": given.seed,
        "loss": given.loss,
        "delay_ms": given.delay_ms,
        "cut_s": round(sum(cut.length_s for cut in schedule.cuts), 1),
        "began_at": datetime.fromtimestamp(events.from_at, UTC).isoformat(timespec="seconds"),
    }
    for finding in found.findings:
        print(finding)
    report("uplink_faults", settings, found.metrics, {}, save=not (given.quick or given.no_save))


def _interrupted(_number: int, _frame: FrameType | None) -> None:
    """SIGTERM ends a run as Ctrl-C does: programs and namespaces go."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
