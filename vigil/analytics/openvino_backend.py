"""People by OpenVINO on the CPU: the default backend, with the weights that ship with vigil.

The compiled model takes planes as the decoder gave them: colour conversion, scaling to 0..1 and the layout are part of it,
where they cost next to nothing (docs/design/detector.md has the measurements).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import cycle
from math import prod
from pathlib import Path
from typing import Any, Final

import numpy as np

from vigil.analytics import decode, packing
from vigil.analytics.detector import STRIDE, DetectorSettings, Region, require_regions, spare_cores
from vigil.analytics.telemetry import import_openvino
from vigil.analytics.weights import Weights, read_weights, shipped
from vigil.errors import DetectorError
from vigil.model.looks import Detection

_PERSON: Final = "person"
_INPUT: Final = "picture"
_SMALL: Final[tuple[packing.Size, ...]] = ((192, 224), (224, 448), (224, 672), (416, 448))
"""Canvases of one, two, three and four regions: a part of a picture that is scaled for its staff area just fits on the first
(vigil/analytics/cells.py)."""

ov = import_openvino()


class _Canvas:
    """An inference request and the planes that are its input."""

    def __init__(self, compiled: Any, size: packing.Size) -> None:
        self.planes = packing.canvas(size)
        self._request: Any = compiled.create_infer_request()  # an openvino type
        for name, plane in (("y", self.planes.y), ("u", self.planes.u), ("v", self.planes.v)):
            shaped = plane[np.newaxis, :, :, np.newaxis]
            self._request.set_tensor(f"{_INPUT}/{name}", ov.Tensor(shaped, shared_memory=True))

    def start(self) -> None:
        """Infer what is painted, on a thread of OpenVINO's."""
        self._request.start_async()

    def output(self) -> decode.Floats:
        """The raw output (4 + classes, anchors), read in place and only until the next start. Raises RuntimeError."""
        self._request.wait()
        output: decode.Floats = self._request.get_output_tensor(0).data[0]
        return output


class OpenvinoDetector:
    """A compiled model for each size of canvas, made when it is first needed. One thread owns it."""

    def __init__(self, settings: DetectorSettings) -> None:
        """Read, check and compile the weights. Raises DetectorError."""
        self._weights = read_weights(Path(settings.model) if settings.model else shipped(settings.precision))
        self._settings = settings
        self._threads = settings.threads or spare_cores()
        self._most = (settings.input_height, settings.input_width)
        self._sizes = canvas_sizes(self._most)
        self._canvases: dict[packing.Size, Iterator[_Canvas]] = {}
        self._next_canvas(self._most)
        self._person = _person_of(self._weights)
        self._closed = False
        parts = (self._weights.name, "openvino", self._weights.precision, f"{self._most[0]}x{self._most[1]}")
        self.name = "-".join(part for part in parts if part) + f"@{self._weights.fingerprint}"

    def look(self, regions: Sequence[Region]) -> list[tuple[Detection, ...]]:
        """See Detector. Regions of all pictures share canvases; as many canvases are inferred at a time as there are threads.

        The next canvas is painted while the last ones are inferred.
        """
        if self._closed:
            raise DetectorError(f"{self.name}: closed; open a new detector")
        require_regions(regions)
        found: dict[int, tuple[Detection, ...]] = {}
        running: deque[tuple[packing.Sheet, _Canvas]] = deque()
        for sheet in packing.pack(regions, self._sizes, self._most):
            canvas = self._next_canvas(sheet.size)
            packing.paint(regions, sheet, canvas.planes)
            if len(running) == self._threads:
                found |= self._finish(*running.popleft(), regions)
            canvas.start()
            running.append((sheet, canvas))
        for sheet, canvas in running:
            found |= self._finish(sheet, canvas, regions)
        return [found[index] for index in range(len(regions))]

    def close(self) -> None:
        self._canvases.clear()
        self._closed = True

    def _next_canvas(self, size: packing.Size) -> _Canvas:
        """Of that size, and at rest: there is one more of each size than is inferred at a time, and they take turns."""
        if size not in self._canvases:
            compiled = _compile(self._weights, _prepare(self._weights, size), self._threads)
            self._canvases[size] = cycle([_Canvas(compiled, size) for _ in range(self._threads + 1)])
        return next(self._canvases[size])

    def _finish(
        self, sheet: packing.Sheet, canvas: _Canvas, regions: Sequence[Region]
    ) -> dict[int, tuple[Detection, ...]]:
        try:
            output = canvas.output()
        except RuntimeError as error:
            raise DetectorError(f"{self.name}: inference failed: {error}. Restart the node") from error
        settings = self._settings
        boxes = decode.decode(output, self._person, sheet.size, settings.confidence, settings.iou, settings.doubt)
        return packing.belonging(boxes, sheet, regions)


def canvas_sizes(most: packing.Size) -> tuple[packing.Size, ...]:
    """The canvases there are, the smallest first: the network's usual input between small ones and one with room for gutters.

    On 448 by 672 lie six regions for which 384 by 640 is just too small, because there is grey between them.
    """
    roomy = (most[0] + 2 * STRIDE, most[1] + STRIDE)
    small = (size for size in _SMALL if size[0] <= roomy[0] and size[1] <= roomy[1] and prod(size) < prod(most))
    return (*small, most, roomy)


def _prepare(weights: Weights, size: packing.Size) -> Any:
    """The model at a fixed input size, taking I420 planes as u8 (1, height, width, 1), colour at half of each."""
    try:
        model = ov.Core().read_model(weights.xml, weights.bin)
        model.reshape([1, 3, *size])
        model.input().set_names({_INPUT})
        steps = ov.preprocess.PrePostProcessor(model)
        planes = steps.input().tensor().set_element_type(ov.Type.u8).set_spatial_static_shape(*size)
        planes.set_color_format(ov.preprocess.ColorFormat.I420_THREE_PLANES, ["y", "u", "v"])
        steps.input().model().set_layout(ov.Layout("NCHW"))
        rgb = steps.input().preprocess().convert_color(ov.preprocess.ColorFormat.RGB)
        rgb.convert_element_type(ov.Type.f32).scale(255.0)
        return steps.build()
    except RuntimeError as error:
        raise DetectorError(
            f"{weights.name}: OpenVINO cannot take this model at {size[0]}x{size[1]}: {error}. "
            "Set the input size that it was exported for, or export it with a dynamic shape"
        ) from error


def _compile(weights: Weights, model: Any, threads: int) -> Any:
    """The compiled model: `threads` streams of one thread each, in 32-bit floats on every machine.

    A canvas costs less on one thread than on two, and there are mostly several. Left alone, OpenVINO computes in bfloat16
    where the processor has it, and the same picture would score differently from one machine to the next.
    """
    try:
        return ov.Core().compile_model(
            model,
            "CPU",
            {
                "NUM_STREAMS": threads,
                "INFERENCE_NUM_THREADS": threads,
                "INFERENCE_PRECISION_HINT": "f32",
            },
        )
    except RuntimeError as error:
        raise DetectorError(f"{weights.name}: OpenVINO cannot compile this model for the CPU: {error}") from error


def _person_of(weights: Weights) -> int:
    """Index of the class `person`, by the labels that Ultralytics' export writes into the model."""
    model = ov.Core().read_model(weights.xml, weights.bin)
    if not model.has_rt_info(["model_info", "labels"]):
        raise DetectorError(f"{weights.name}: the model does not name its classes. Export it with Ultralytics")
    labels: list[str] = model.get_rt_info(["model_info", "labels"]).astype(str).split()
    shape = model.output(0).partial_shape
    if _PERSON not in labels:
        raise DetectorError(f"{weights.name}: none of its classes is '{_PERSON}': {', '.join(labels[:10])}")
    if len(model.outputs) != 1 or len(shape) != 3 or shape[1] != 4 + len(labels):
        raise DetectorError(
            f"{weights.name}: expected one output [1, {4 + len(labels)}, anchors], got {shape}. "
            "Export a detection model, without suppression inside (nms=None)"
        )
    return labels.index(_PERSON)
