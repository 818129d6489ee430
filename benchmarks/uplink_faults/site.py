"""The configuration of a run: the demonstration's halls as often as there are cameras for, and thresholds of seconds.

Everything that people do in the clips becomes an alert soon, for alerts are what is counted. Each camera's small stream is
recorded and looked at: a lossy line carries no more of them.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from benchmarks.uplink_faults.wire import CENTER_ADDRESS
from vigil.config import Configuration, load
from vigil.demo import make_keys

ROOT: Final = Path(__file__).resolve().parents[2]
CAMERA_PORT: Final = 8554
_CENTER_PORT: Final = 8480
_NODE_PORT: Final = 9480
_THRESHOLDS: Final = {
    "on_duty_after_s": 2,
    "absent_after_s": 3,
    "absence_alert_s": 5,
    "absence_escalate_s": 12,
    "queue_alert_s": 4,
    "queue_clear_s": 4,
    "unserved_alert_s": 4,
    "resume_within_s": 20,
    "stale_after_s": 8,
}
_CLIPS: Final = {"pre_roll_s": 4, "post_roll_s": 4, "longest_s": 30}


@dataclass(frozen=True, slots=True)
class RunFiles:
    """The folder of a run, and what its programs begin with."""

    configuration: Configuration
    file: Path
    clips: dict[str, Path]
    """By camera."""


def write(folder: Path, cameras: int, *, segment_s: float = 10.0) -> RunFiles:
    values: dict[str, Any] = yaml.safe_load((ROOT / "configs" / "demo.yaml").read_text(encoding="utf-8"))
    site = values["site"]
    site["thresholds"] |= _THRESHOLDS
    site["clips"] |= _CLIPS
    site["halls"], clips = _halls(site["halls"], cameras)
    values["center"] = {
        "listen": f"{CENTER_ADDRESS}:{_CENTER_PORT}",
        "data": "center",
        "objects": {"folder": "objects"},
    }
    values["nodes"][0] |= {
        "center": f"ws://{CENTER_ADDRESS}:{_CENTER_PORT}",
        "listen": f"127.0.0.1:{_NODE_PORT}",
        "key": {"file": "node.key"},
        "data": "node",
        "segment_s": segment_s,
    }
    file = folder / "vigil.yaml"
    file.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
    configuration = load(file)
    make_keys(configuration)
    return RunFiles(configuration, file, clips)


def _halls(originals: list[dict[str, Any]], cameras: int) -> tuple[list[dict[str, Any]], dict[str, Path]]:
    """So many halls that all cameras have a place. The copies' ids have a number, and each camera shows its original's clip."""
    halls: list[dict[str, Any]] = []
    clips: dict[str, Path] = {}
    while len(clips) < cameras:
        copy = len(halls) // len(originals)
        hall = _copy(originals[len(halls) % len(originals)], f"-{copy + 1}" if copy else "")
        hall["cameras"] = hall["cameras"][: cameras - len(clips)]
        for camera in hall["cameras"]:
            clips[camera["id"]] = ROOT / "sample_streams" / f"{camera.pop('clip')}-sub.mp4"
        halls.append(hall)
    return halls, clips


def _copy(original: dict[str, Any], suffix: str) -> dict[str, Any]:
    hall = deepcopy(original)
    for place in (hall, *hall["groups"], *(window for group in hall["groups"] for window in group["windows"])):
        place["id"] += suffix
    for camera in hall["cameras"]:
        camera["clip"] = camera["id"]
        camera["id"] += suffix
        camera["url"] = f"rtsp://127.0.0.1:{CAMERA_PORT}/{camera['id']}"
        camera["transport"] = "tcp"
        for key in ("substream", "username", "password"):
            camera.pop(key, None)
        for zone in camera["zones"]:
            for key in {"window", "group"} & zone.keys():
                zone[key] += suffix
    return hall
