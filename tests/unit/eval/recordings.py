"""Small clips with their truth, on disk: a hall with fresh noise in each picture, as a camera would send it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from tests.unit.analytics.halls import COUNTER, LANE, NINE, ONE, SPOT_ONE, STAFF_ONE, STAFF_TWO, TWO
from vigil.eval.clips import LabelledClip, labelled
from vigil.ingest.encode import ClipWriter, PictureEncoder
from vigil.model.ids import GroupId
from vigil.model.media import CLOCK_RATE, Codec, Packet, StreamParameters
from vigil.model.truth import SecondTruth, TruthHeader, TruthSource, WindowTruth
from vigil.truth import lines

SIZE = (320, 180)
GROUP = GroupId("group")
_PICTURE = Path(__file__).parents[2] / "data" / "hall" / "counter.jpg"


def header(seconds: float = 30, **changes: Any) -> TruthHeader:
    """The small hall of tests/unit/analytics/halls.py by its counter camera, at nine in the morning."""
    plain = TruthHeader(
        scene="scene",
        camera=COUNTER,
        source=TruthSource.LABEL,
        start_at=NINE,
        seconds=seconds,
        width=SIZE[0],
        height=SIZE[1],
        fps=1,
        windows=(ONE, TWO),
        group=GROUP,
        zones=(STAFF_ONE, STAFF_TWO, SPOT_ONE, LANE),
    )
    return replace(plain, **changes)


def all_day(seconds: int, *, one: bool | None = True, two: bool | None = False) -> list[SecondTruth]:
    """Nothing changes at the two windows, and nobody waits."""
    windows = {ONE: WindowTruth(staffed=one, visitor=False), TWO: WindowTruth(staffed=two, visitor=False)}
    return [SecondTruth(t_s=second, windows=windows, queue=0, queue_in_view=0) for second in range(seconds)]


def record(
    folder: Path,
    name: str = "clip",
    *,
    of: TruthHeader | None = None,
    rows: Sequence[SecondTruth] | None = None,
    gap: tuple[int, int] = (0, 0),
) -> LabelledClip:
    """NAME.mp4, a key picture each second except in the gap, and NAME.truth.jsonl."""
    told = of or header()
    path = folder / f"{name}.mp4"
    write_clip(path, [second for second in range(int(told.seconds)) if not gap[0] <= second < gap[1]])
    lines.write(lines.truth_path(path), [told, *(all_day(int(told.seconds)) if rows is None else rows)])
    return labelled(path)


def write_clip(path: Path, seconds: Iterable[int], size: tuple[int, int] = SIZE) -> None:
    packets, parameters = _packets(NINE, tuple(seconds), size)
    with ClipWriter(path, parameters) as writer:
        for packet in packets:
            writer.write(packet, CLOCK_RATE)


@cache
def _packets(
    start_at: datetime, seconds: tuple[int, ...], size: tuple[int, int]
) -> tuple[tuple[Packet, ...], StreamParameters]:
    picture = cv2.resize(np.asarray(cv2.imread(str(_PICTURE)), np.uint8), size)
    encoder = PictureEncoder(Codec.H264, size, fps=1, start_at=start_at, keyframe_s=1, crf=20, preset="ultrafast")
    packets = []
    for second in seconds:
        noise = np.random.default_rng(second).integers(0, 6, picture.shape, np.uint8)
        packets.append(encoder.encode(np.minimum(picture, 249) + noise, second * CLOCK_RATE))
    assert encoder.parameters is not None
    return tuple(packets), encoder.parameters
