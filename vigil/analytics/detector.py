"""The person detector as the rest of vigil sees it: frames in, boxes of people out.

What belongs here: the protocol, its settings, and the choice of a backend. What does not: any library's name.
A backend is imported when it is opened, so the default install never loads torch.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from vigil.errors import DetectorError
from vigil.model.looks import Detection
from vigil.model.media import Planes

Bgr = npt.NDArray[np.uint8]
"""A picture: uint8 (height, width, 3), blue first."""

STRIDE: Final = 32
"""Pixels of the input that one cell of a YOLO's coarsest grid covers; an input's sides are multiples of it."""


class Backend(StrEnum):
    OPENVINO = "openvino"
    ULTRALYTICS = "ultralytics"


class Precision(StrEnum):
    FP16 = "fp16"
    INT8 = "int8"


@dataclass(frozen=True, slots=True)
class DetectorSettings:
    """What to load and how to run it.

    `model` is None for the weights that ship with vigil; else a folder with an exported OpenVINO model, or for the
    Ultralytics backend any of its models by path or name. `device` is the Ultralytics backend's ("cpu", "0", "cuda:1").
    `precision` chooses among the shipped weights; a model of one's own has its own. A checkpoint is computed in half
    precision on a GPU.
    """

    backend: Backend = Backend.OPENVINO
    model: str | None = None
    threads: int | None = None
    """Canvases that are looked at at the same time, each on a core of its own; None: `spare_cores`."""
    confidence: float = 0.25
    """The lowest score (0..1) that counts as a person."""
    doubt: float = 0.1
    """The lowest score that leaves a doubt: where there is one nobody is called absent. At most `confidence`."""
    iou: float = 0.6
    """Two boxes that overlap more than this (intersection over union, 0..1) are one person."""
    input_height: int = 384
    input_width: int = 640
    precision: Precision = Precision.INT8
    device: str = "cpu"


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """A rectangle of a picture, in pixels with even corners, and at what scale to look at it.

    `scale` is pixels of the network's input a pixel of the picture; what is larger than the input is scaled down to fit.
    """

    picture: Planes
    left: int
    top: int
    right: int
    bottom: int
    scale: float = 1.0

    @classmethod
    def whole(cls, picture: Planes) -> Region:
        height, width = picture.size
        return cls(picture, 0, 0, width, height)


class Detector(Protocol):
    """Finds people. It belongs to one thread: neither `look` nor `close` may run beside another call.

    `name` says which weights looked, for the record of an alert: model, backend, precision, input size, and after `@`
    the first 8 hex digits of the SHA-256 of the model's files.
    """

    name: str

    def look(self, regions: Sequence[Region]) -> list[tuple[Detection, ...]]:
        """The people in each region, best score first, those who are not sure among them; corners are shares of its picture.

        Regions may be of different pictures, sizes and scales. Raises DetectorError when inference fails.
        """
        ...

    def close(self) -> None:
        """Give back memory and threads. Closing twice is allowed; looking afterwards is a DetectorError."""
        ...


def open_detector(settings: DetectorSettings) -> Detector:
    """Load the weights and get ready to look; takes about a second. Raises DetectorError with a remedy."""
    _check(settings)
    if settings.backend is Backend.ULTRALYTICS:
        from vigil.analytics.ultralytics_backend import UltralyticsDetector  # noqa: PLC0415 - brings torch

        return UltralyticsDetector(settings)
    from vigil.analytics.openvino_backend import OpenvinoDetector  # noqa: PLC0415 - 0.3 s that only a node spends

    return OpenvinoDetector(settings)


_MOST_CORES: Final = 8
"""A batch of pictures seldom fills more canvases, and each further stream takes memory."""


def spare_cores() -> int:
    """The cores that a detector takes where nobody said: those of this process but one, which reads the cameras."""
    return min(max(1, len(os.sched_getaffinity(0)) - 1), _MOST_CORES)


def require_regions(regions: Sequence[Region]) -> None:
    """Raise DetectorError unless each is a rectangle of its picture, with even corners but where the picture ends."""
    for index, region in enumerate(regions):
        height, width = region.picture.size
        inside = 0 <= region.left < region.right <= width and 0 <= region.top < region.bottom <= height
        even = not (region.left % 2 or region.top % 2)
        even = even and (region.right % 2 == 0 or region.right == width)
        even = even and (region.bottom % 2 == 0 or region.bottom == height)
        if not (inside and even and region.scale > 0):
            corners = (region.left, region.top, region.right, region.bottom)
            raise DetectorError(
                f"region {index}: {corners} at a scale of {region.scale:g} is no rectangle with even corners within a "
                f"picture of {width}x{height}"
            )


def _check(settings: DetectorSettings) -> None:
    for side, size in (("input_height", settings.input_height), ("input_width", settings.input_width)):
        if size < STRIDE or size % STRIDE:
            raise DetectorError(f"detector: {side} is {size}; use a multiple of {STRIDE}, for example 384 by 640")
    for share, value in (("confidence", settings.confidence), ("doubt", settings.doubt), ("iou", settings.iou)):
        if not 0 < value < 1:
            raise DetectorError(f"detector: {share} is {value}; use a share between 0 and 1")
    if settings.doubt > settings.confidence:
        raise DetectorError(f"detector: doubt is {settings.doubt}; use at most confidence, {settings.confidence}")
    if settings.threads is not None and settings.threads < 1:
        raise DetectorError(f"detector: threads is {settings.threads}; use 1 or more")
