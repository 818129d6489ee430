"""People by OpenVINO on the CPU: the default backend, with the weights that ship with vigil.

The compiled model takes planes as the decoder gave them: colour conversion, scaling to 0..1 and the layout are part of it,
where they cost next to nothing (docs/design/detector.md has the measurements).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from vigil.analytics import decode, packing
from vigil.analytics.detector import DetectorSettings, Region
from vigil.analytics.telemetry import import_openvino
from vigil.analytics.weights import Weights, read_weights, shipped
from vigil.errors import DetectorError
from vigil.model.looks import Detection

_PERSON: Final = "person"
_INPUT: Final = "picture"
_SMALLER: Final[tuple[packing.Size, ...]] = ((192, 256), (256, 448))
"""Canvases beside the one that the settings name, so that a lonely region does not cost a whole one."""

ov = import_openvino()


class _Canvas:
    """A compiled model of one input size, its inference request, and the planes that are its input."""

    def __init__(self, weights: Weights, size: packing.Size, threads: int) -> None:
        self.planes = packing.canvas(size)
        self._request: Any = _compile(weights, _prepare(weights, size), threads)  # an openvino type
        for name, plane in (("y", self.planes.y), ("u", self.planes.u), ("v", self.planes.v)):
            shaped = plane[np.newaxis, :, :, np.newaxis]
            self._request.set_tensor(f"{_INPUT}/{name}", ov.Tensor(shaped, shared_memory=True))

    def infer(self) -> decode.Floats:
        """The raw output (4 + classes, anchors), which is read in place and only until the next call. Raises RuntimeError."""
        output: decode.Floats = self._request.infer(share_outputs=True)[0][0]
        return output


class OpenvinoDetector:
    """Canvases of some sizes, reused for every batch; each is made when it is first needed. One thread owns it."""

    def __init__(self, settings: DetectorSettings) -> None:
        """Read, check and compile the weights. Raises DetectorError."""
        self._weights = read_weights(Path(settings.model) if settings.model else shipped(settings.precision))
        most = (settings.input_height, settings.input_width)
        self._settings = settings
        self._sizes = (*(size for size in _SMALLER if size[0] < most[0] and size[1] < most[1]), most)
        self._canvases: dict[packing.Size, _Canvas] = {most: _Canvas(self._weights, most, settings.threads)}
        self._person = _person_of(self._weights)
        self._closed = False
        parts = (self._weights.name, "openvino", self._weights.precision, f"{most[0]}x{most[1]}")
        self.name = "-".join(part for part in parts if part) + f"@{self._weights.fingerprint}"

    def look(self, regions: Sequence[Region]) -> list[tuple[Detection, ...]]:
        """See Detector. Regions of all pictures share canvases; each canvas is one inference."""
        if self._closed:
            raise DetectorError(f"{self.name}: closed; open a new detector")
        found: dict[int, tuple[Detection, ...]] = {}
        for sheet in packing.pack(regions, self._sizes):
            canvas = self._canvas(sheet.size)
            packing.paint(regions, sheet, canvas.planes)
            found |= packing.belonging(self._people(canvas, sheet.size), sheet, regions)
        return [found[index] for index in range(len(regions))]

    def close(self) -> None:
        self._canvases.clear()
        self._closed = True

    def _canvas(self, size: packing.Size) -> _Canvas:
        if size not in self._canvases:
            self._canvases[size] = _Canvas(self._weights, size, self._settings.threads)
        return self._canvases[size]

    def _people(self, canvas: _Canvas, size: packing.Size) -> tuple[Detection, ...]:
        try:
            output = canvas.infer()
        except RuntimeError as error:
            raise DetectorError(f"{self.name}: inference failed: {error}. Restart the node") from error
        settings, everywhere = self._settings, decode.Letterbox(0, 0, size[1], size[0])
        return decode.decode(output, self._person, everywhere, settings.confidence, settings.iou, settings.doubt)


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
    """An inference request: one stream, `threads` threads, in 32-bit floats on every machine.

    Left alone, OpenVINO computes in bfloat16 where the processor has it, and the same picture would score differently
    from one machine to the next.
    """
    try:
        compiled = ov.Core().compile_model(
            model,
            "CPU",
            {
                "PERFORMANCE_HINT": "LATENCY",
                "NUM_STREAMS": 1,
                "INFERENCE_NUM_THREADS": threads,
                "INFERENCE_PRECISION_HINT": "f32",
            },
        )
        return compiled.create_infer_request()
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
