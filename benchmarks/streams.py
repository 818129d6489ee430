"""Streams as cameras of a hall send them on an ordinary morning, 1080p25 at 4 Mbit/s on average and 360p15, made once.

The simulator draws two halls with two cameras each (scenarios/morning.yaml) at 720p and 10 pictures a second. What costs a node
time is the number of pictures and bytes and what moves in them; sharper pictures would cost it nothing more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import cv2
import numpy as np
import numpy.typing as npt

from vigil.ingest.encode import ClipWriter, PictureEncoder
from vigil.model.media import CLOCK_RATE, Codec
from vigil.sim.scenario import load_scenario
from vigil.sim.world import Light
from vigil.simcam import find_clips
from vigil.simulator.job import RenderJob, StreamSettings
from vigil.simulator.render import render

Picture = npt.NDArray[np.uint8]

ROOT: Final = Path(__file__).resolve().parent.parent
KEPT: Final = ROOT / "var" / "streams"
SCENARIO: Final = Path(__file__).parent / "scenarios" / "morning.yaml"
KEYFRAME_S: Final = 2.0
_START: Final = datetime(2026, 3, 3, 1, 0, tzinfo=UTC)
_GRAIN: Final = 3.0
"""Grey levels of the sensor's noise in the main stream: it is what a camera spends its 4 Mbit/s on."""


@dataclass(frozen=True, slots=True)
class Form:
    size: tuple[int, int]
    fps: int
    crf: int
    grain: float = 0.0


MAIN: Final = Form((1920, 1080), 25, 24, _GRAIN)
SUB: Final = Form((640, 360), 15, 26)
DRAWN: Final = StreamSettings((1280, 720), 10, crf=18, preset="ultrafast")
HALLS: Final = (("gongan", Light.DAY, 121), ("renshe", Light.DUSK, 122))
"""Hall, light and seed, which is one of those for tuning."""


def prepared() -> dict[str, tuple[Path, Path]]:
    """Main stream and substream of each camera of the halls, by name."""
    clips = {name: path for one in HALLS for name, path in _drawn(*one).items()}
    return {name: (_made(path, MAIN, f"{name}-main"), _made(path, SUB, f"{name}-sub")) for name, path in clips.items()}


def small() -> dict[str, tuple[Path, Path]]:
    """The demonstration's clips as they are, for a smoke run."""
    clips = find_clips([ROOT / "sample_streams"])
    return {name: (path, clips[f"{name}-sub"]) for name, path in clips.items() if not name.endswith("-sub")}


def _drawn(hall: str, light: Light, seed: int) -> dict[str, Path]:
    """The clips of a hall's cameras by name, all windows in service."""
    scenario = replace(load_scenario(SCENARIO), hall=hall, light=light)
    folder = KEPT / f"{SCENARIO.stem}-{hall}-{light}-{seed}"
    if not folder.exists():
        print(f"{folder.name}: being drawn", flush=True)
        half = folder.with_suffix(".part")
        render(RenderJob(scenario, half, seed, stream=DRAWN))
        half.rename(folder)
    return find_clips([folder])


def _made(source: Path, form: Form, name: str) -> Path:
    target = KEPT / f"{name}.mp4"
    if not target.exists():
        print(f"{target.name}: being made", flush=True)
        half = target.with_suffix(".part")
        _code(source, form, half)
        half.rename(target)
    return target


def _code(source: Path, form: Form, target: Path) -> None:
    encoder = PictureEncoder(
        Codec.H264, form.size, fps=form.fps, start_at=_START, crf=form.crf, keyframe_s=KEYFRAME_S, preset="ultrafast"
    )
    step_90k = CLOCK_RATE // form.fps
    grains = _grains(form)
    clip: ClipWriter | None = None
    for number, picture in enumerate(_pictures(source, form)):
        brighter, darker = grains[number % len(grains)]
        packet = encoder.encode(np.asarray(cv2.subtract(cv2.add(picture, brighter), darker)), number * step_90k)
        if clip is None:
            assert encoder.parameters is not None
            clip = ClipWriter(target, encoder.parameters)
        clip.write(packet, step_90k)
    assert clip is not None
    clip.close()


def _grains(form: Form) -> list[tuple[Picture, Picture]]:
    """What noise adds to a picture, and what it takes away."""
    size = (form.size[1], form.size[0], 1)
    noises = [np.random.default_rng(seed).normal(0, form.grain, size).repeat(3, 2) for seed in range(4)]
    return [(np.clip(noise, 0, 255).astype(np.uint8), np.clip(-noise, 0, 255).astype(np.uint8)) for noise in noises]


def _pictures(source: Path, form: Form) -> Iterator[Picture]:
    """At the form's rate and size; a picture is shown until the next one comes."""
    with av.open(str(source)) as container:
        number = 0
        for frame in container.decode(video=0):
            assert frame.pts is not None
            assert frame.time_base is not None
            until = Fraction(frame.pts + 1) * frame.time_base
            rate = container.streams.video[0].average_rate or Fraction(10)
            picture = cv2.resize(frame.to_ndarray(format="bgr24"), form.size, interpolation=cv2.INTER_LINEAR)
            while Fraction(number, form.fps) < until + 1 / rate - Fraction(1, 1000):
                yield np.asarray(picture, np.uint8)
                number += 1
