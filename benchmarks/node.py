"""What a camera costs a node, and where it goes: reading, recording, decoding, detecting.

The node's own pipeline runs in a process of its own against simulated cameras over RTSP/TCP (1080p25 main stream recorded,
360p15 substream with a key picture each 2 s looked at), without a centre: once in service, once at rest, out of hours. CPU is
user + system time by thread.

Baselines in the same run: the key-frame decode floor, which is reading the same substreams over the same RTSP with PyAV and
decoding their key pictures, with nothing around it; the same from files, with the main streams demultiplexed, too
(benchmarks/baselines/key_pictures.py); and Ultralytics' region counter on every frame of one main stream, one thread, as
its guides have it (benchmarks/baselines/ultralytics_queue.py).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from benchmarks import streams
from benchmarks.baselines import counts, key_pictures
from benchmarks.result import report, spread
from vigil import metrics
from vigil.analytics.analyst import Analyst, Memory, Standing
from vigil.analytics.detector import DetectorSettings, open_detector
from vigil.clock import SystemClock
from vigil.config import load
from vigil.model.alerts import Alert
from vigil.model.ids import CameraId
from vigil.model.media import Fragment, StreamKind
from vigil.model.site import Calendar, Site, Thresholds, Transport, Workdays
from vigil.model.truth import TruthHeader, TruthSource
from vigil.node.pipeline import Pipeline, Surroundings
from vigil.simcam import SimcamConfig, Simcams
from vigil.truth.lines import write as write_truth
from vigil.uplink.local import LocalDatabase
from vigil.uplink.outbox import Outbox
from vigil.uplink.protocol import LiveStarted
from vigil.uplink.spool import Spool

ROOT: Final = Path(__file__).resolve().parent.parent
_TICK: Final = os.sysconf("SC_CLK_TCK")
_PARTS: Final = {"read": "reading", "recorder": "recording", "analytics": "analytics", "detector": "analytics"}
_STAGES: Final = ("decode", "quality", "plan", "detect")
Clips = Mapping[str, tuple[Path, Path]]


class _Nowhere:
    """Reports that go nowhere: the uplink is not what is measured."""

    def standing(self, standing: Standing) -> None: ...

    def second(self, standing: Standing, now: datetime) -> None: ...

    def alert(self, alert: Alert, jpeg: bytes | None) -> None: ...

    def progress(self, analyst: Analyst) -> None: ...

    def together(self) -> AbstractContextManager[object]:
        return nullcontext()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a smoke run that writes nothing")
    parser.add_argument("--cameras", type=int, default=24)
    parser.add_argument("--node", type=int, metavar="PORT", help=argparse.SUPPRESS)
    parser.add_argument("--at-rest", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--warm-up", type=float, default=40)
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    if given.node is not None:
        print(json.dumps(measure_node(given.node, given.cameras, given.warm_up, given.seconds, at_rest=given.at_rest)))
        return
    if given.quick:
        given.cameras, given.seconds, given.warm_up, given.repeats = 2, 5.0, 8.0, 1
    run(given.cameras, given.warm_up, given.seconds, given.repeats, save=not given.quick)


def run(cameras: int, warm_up_s: float, seconds: float, repeats: int, *, save: bool) -> None:
    clips = streams.prepared() if save else streams.small()
    with Simcams(simulated_cameras(clips, cameras)) as simulated:
        once = (simulated.port, cameras, warm_up_s, seconds)
        nodes = [_node_process(*once, at_rest=False) for _ in range(repeats)]
        resting = [_node_process(*once, at_rest=True) for _ in range(repeats)]
        substreams = [str(camera.substream) for _, camera in _site(simulated.port, cameras).cameras()]
        floors = [key_pictures.over_rtsp(substreams, warm_up_s=warm_up_s / 2, seconds=seconds) for _ in range(repeats)]
    file_floors = [key_pictures.from_files(clips.values()) for _ in range(repeats)]
    cpu = [node["cpu_s"] / seconds / cameras for node in nodes]
    rest = [node["cpu_s"] / seconds / cameras for node in resting]
    floor, file_floor = statistics.median(floors), statistics.median(file_floors)
    found = {
        **spread("cameras_per_core", [1 / value for value in cpu], 1),
        **spread("percent_of_core_per_camera", [100 * value for value in cpu]),
        **_parts(nodes, seconds, cameras),
        **_stages(nodes),
        **spread(
            "cells_looked_at_percent", [100 * node["cells_looked"] / max(1.0, node["cells"]) for node in nodes], 1
        ),
        **spread("ratio_to_decode_floor", [value / floor for value in rest], 1),
        **spread("ratio_to_decode_floor_from_files", [value / file_floor for value in rest], 1),
        **spread("percent_of_core_per_camera_at_rest", [100 * value for value in rest]),
        **spread("mb_per_camera", [node["mb"] / cameras for node in nodes], 1),
        **spread("looks_per_camera_per_s", [node["looks"] / seconds / cameras for node in nodes]),
        "staleness_p99_s": max(node["staleness_p99_s"] for node in nodes),
        "packets_dropped": sum(node["dropped"] for node in nodes),
    }
    baselines = {
        **spread("decode_floor_percent_of_core_per_camera", [100 * value for value in floors], 4),
        "decode_floor_from_files_percent_of_core_per_camera": round(100 * file_floor, 4),
    }
    ultralytics_ms = _ultralytics_ms(next(iter(clips.values()))[0]) if save else None
    if ultralytics_ms is not None:
        per_core = 1000 / (streams.MAIN.fps * ultralytics_ms)
        found["ratio_to_ultralytics"] = round(found["cameras_per_core"] / per_core, 1)
        baselines |= {"ultralytics_ms_per_frame": ultralytics_ms, "ultralytics_cameras_per_core": round(per_core, 3)}
    settings = {
        "cameras": cameras,
        "seconds": seconds,
        "warm_up_s": warm_up_s,
        "repeats": repeats,
        "streams": "1080p25 + 360p15" if save else "as in sample_streams",
        "detector": nodes[0]["detector"],
    }
    report("node", settings, found, baselines, save=save)


def _parts(nodes: Sequence[dict[str, Any]], seconds: float, cameras: int) -> dict[str, float]:
    """Where the CPU time of a camera goes, in percent of a core."""
    return {
        f"{part}_percent_of_core_per_camera": round(
            statistics.median(100 * node["parts_s"].get(part, 0.0) / seconds / cameras for node in nodes), 3
        )
        for part in (*dict.fromkeys(_PARTS.values()), "other")
    }


def _stages(nodes: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Wall time of a look by stage; `detect` is shared by the cameras of a batch."""
    return {
        f"{stage}_ms_per_look": round(statistics.median(node["stages_ms"][stage] for node in nodes), 2)
        for stage in _STAGES
    }


def simulated_cameras(clips: Clips, cameras: int) -> SimcamConfig:
    """Main and substream of each camera; clips repeat, mounts do not, and key pictures come at any time of 2 s."""
    names = sorted(clips)
    mounts: dict[str, Path] = {}
    late_s: dict[str, float] = {}
    for number in range(cameras):
        name = names[number % len(names)]
        mounts[f"{name}-{number}"], mounts[f"{name}-{number}-sub"] = clips[name]
        late_s |= dict.fromkeys((f"{name}-{number}", f"{name}-{number}-sub"), streams.KEYFRAME_S * number / cameras)
    return SimcamConfig(mounts, port=0, late_s=late_s)


def _ultralytics_ms(clip: Path) -> float | None:
    """CPU time of a frame in Ultralytics' region counter, in ms; None where vigil[ultralytics] is not installed beside us."""
    python = ROOT / ".venv-ultralytics" / "bin" / "python"
    if not python.exists():
        print("no .venv-ultralytics (make test-ultralytics): nothing to compare with")
        return None
    site = _site(0, 1)
    ((_, camera),) = site.cameras()
    size = streams.MAIN.size
    header = TruthHeader(
        "node", camera.id, TruthSource.LABEL, datetime.now(UTC), 90, *size, streams.MAIN.fps, (), zones=camera.zones
    )
    with tempfile.TemporaryDirectory() as folder:
        truth, out = Path(folder) / "truth.jsonl", Path(folder) / "counts.jsonl"
        write_truth(truth, [header])
        command = [str(python), "-m", "benchmarks.baselines.ultralytics_queue", str(clip), "--out", str(out)]
        command += ["--truth", str(truth), "--threads", "1", "--frames", "250"]
        subprocess.run(command, cwd=ROOT, check=True, stdout=sys.stderr)
        return counts.read(out).ms_per_frame


def _site(port: int, cameras: int, *, at_rest: bool = False) -> Site:
    """The demonstration's halls with their cameras repeated and the usual thresholds; at rest all of them are closed."""
    site = load(ROOT / "configs" / "demo.yaml").site
    assert site is not None
    originals = {camera.id: (hall, camera) for hall, camera in site.cameras()}
    names = sorted(originals)
    repeated: dict[str, list[Any]] = defaultdict(list)
    for number in range(cameras):
        hall, camera = originals[CameraId(names[number % len(names)])]
        url = f"rtsp://127.0.0.1:{port}/{camera.id}-{number}"
        repeated[hall.id].append(
            replace(
                camera,
                id=CameraId(f"{camera.id}-{number}"),
                url=url,
                substream=f"{url}-sub",
                transport=Transport.TCP,
                username=None,
                password=None,
            )
        )
    days = tuple((datetime.now(UTC) + timedelta(days=days)).date().isoformat() for days in (-1, 0, 1))
    closed = {name: Calendar(Workdays.EVERY_DAY, closed=days) for name in site.calendars}
    return replace(
        site,
        thresholds=Thresholds(),
        calendars=closed if at_rest else site.calendars,
        halls=tuple(replace(hall, cameras=tuple(repeated[hall.id])) for hall in site.halls),
    )


def _node_process(port: int, cameras: int, warm_up_s: float, seconds: float, *, at_rest: bool) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.node", "--node", str(port), "--cameras", str(cameras)]
    command += ["--warm-up", str(warm_up_s), "--seconds", str(seconds), *(["--at-rest"] if at_rest else [])]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def measure_node(port: int, cameras: int, warm_up_s: float, seconds: float, *, at_rest: bool) -> dict[str, Any]:
    """Runs the pipeline in this process. Times in seconds, memory in MB (10^6 bytes) above the process with its detector."""
    site = _site(port, cameras, at_rest=at_rest)
    ids = tuple(camera.id for _, camera in site.cameras())
    with tempfile.TemporaryDirectory() as folder:
        database = LocalDatabase(Path(folder) / "node.db")
        outbox = Outbox(database, max_bytes=2**26)
        spool = Spool(database, outbox, Path(folder) / "spool", max_bytes=2**33)
        detector = open_detector(DetectorSettings())
        around = Surroundings(
            folder=ROOT,
            spool=spool.folder,
            index=spool,
            segment_s=30,
            open_detector=lambda: detector,
            detector=detector.name,
            reports=_Nowhere(),
            emit_live=_ignore_live,
            clock=SystemClock(),
        )
        before_mb = _resident_mb()
        pipeline = Pipeline(site, ids, Memory(), around)
        pipeline.start()
        time.sleep(warm_up_s)
        start = _Sample()
        time.sleep(seconds)
        end = _Sample()
        after_mb = _resident_mb()
        pipeline.stop()
    return end.since(start) | {"mb": after_mb - before_mb, "detector": detector.name}


def _ignore_live(camera: CameraId, stream: StreamKind, started: LiveStarted | None, fragment: Fragment) -> None: ...


class _Sample:
    """Counters of this process at one moment."""

    def __init__(self) -> None:
        usage = resource.getrusage(resource.RUSAGE_SELF)
        self.cpu_s = usage.ru_utime + usage.ru_stime
        self.threads = {thread.name.split()[0]: 0.0 for thread in threading.enumerate()}
        for thread in threading.enumerate():
            self.threads[thread.name.split()[0]] += _thread_s(thread.native_id)
        self.stages = {stage: _stage(stage) for stage in _STAGES}
        self.looks = _total(metrics.looks)
        self.cells_looked, self.cells = _total(metrics.cells_looked), _total(metrics.cells)
        self.dropped = _total(metrics.recorder_dropped)
        self.staleness = _buckets(metrics.look_staleness_s)

    def since(self, start: _Sample) -> dict[str, Any]:
        cpu_s = self.cpu_s - start.cpu_s
        parts: dict[str, float] = defaultdict(float)
        for name, total_s in self.threads.items():
            if name in _PARTS:
                parts[_PARTS[name]] += total_s - start.threads.get(name, 0.0)
        # Inference runs on threads of OpenVINO's own: what no thread of ours spent is analytics' but for a trace.
        parts["analytics"] += max(0.0, cpu_s - sum(parts.values()) - (self._main_s() - start._main_s()))
        parts["other"] = cpu_s - sum(parts.values())
        looks = self.looks - start.looks
        stages = {stage: 1000 * (self.stages[stage] - start.stages[stage]) / max(1.0, looks) for stage in _STAGES}
        return {
            "cpu_s": cpu_s,
            "parts_s": dict(parts),
            "stages_ms": stages,
            "looks": looks,
            "cells": self.cells - start.cells,
            "cells_looked": self.cells_looked - start.cells_looked,
            "dropped": self.dropped - start.dropped,
            "staleness_p99_s": _p99(start.staleness, self.staleness),
        }

    def _main_s(self) -> float:
        return self.threads.get("MainThread", 0.0)


def _thread_s(native_id: int | None) -> float:
    fields = Path(f"/proc/self/task/{native_id}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK  # utime and stime, proc(5)


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _total(counter: Any) -> float:
    samples = [sample for family in counter.collect() for sample in family.samples]
    return float(sum(sample.value for sample in samples if sample.name.endswith("_total")))


def _stage(stage: str) -> float:
    """Seconds of one stage so far."""
    return sum(
        sample.value
        for family in metrics.look_seconds.collect()
        for sample in family.samples
        if sample.labels.get("stage") == stage and sample.name.endswith("_sum")
    )


def _buckets(histogram: Any) -> dict[float, float]:
    return {
        float(sample.labels["le"]): sample.value
        for family in histogram.collect()
        for sample in family.samples
        if sample.name.endswith("_bucket")
    }


def _p99(start: dict[float, float], end: dict[float, float]) -> float:
    """Upper bound of the bucket that holds the 99th percentile, in seconds."""
    total = end[float("inf")] - start[float("inf")]
    return next((bound for bound in sorted(end) if end[bound] - start[bound] >= 0.99 * total), float("inf"))


if __name__ == "__main__":
    main()
