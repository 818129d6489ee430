"""People by OpenVINO on the CPU: the default backend, with the weights that ship with vigil.

The compiled model takes the letterboxed picture as bytes: swapping colours, scaling to 0..1 and changing the layout are
part of it, where they cost next to nothing (docs/design/detector.md has the measurements).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from vigil.analytics import decode
from vigil.analytics.detector import Bgr, DetectorSettings, require_picture
from vigil.analytics.telemetry import import_openvino
from vigil.analytics.weights import Weights, read_weights, shipped
from vigil.errors import DetectorError
from vigil.model.looks import Detection

_PERSON: Final = "person"

ov = import_openvino()


class OpenvinoDetector:
    """One compiled model, one inference request and one canvas, all reused for every frame. One thread owns it."""

    def __init__(self, settings: DetectorSettings) -> None:
        """Read, check and compile the weights. Raises DetectorError."""
        weights = read_weights(Path(settings.model) if settings.model else shipped(settings.precision))
        size = (settings.input_height, settings.input_width)
        model = _prepare(weights, size)
        self._person = _person_of(weights, model)
        self._request: Any = _compile(weights, model, settings.threads)  # an openvino type; None once closed
        self._settings = settings
        self._canvas = np.full((*size, 3), decode.PAD, np.uint8)
        self._request.set_input_tensor(ov.Tensor(self._canvas[np.newaxis], shared_memory=True))
        self._place: decode.Letterbox | None = None
        self.name = "-".join(
            part for part in (weights.name, "openvino", weights.precision, f"{size[0]}x{size[1]}") if part
        )
        self.name += f"@{weights.fingerprint}"

    def detect(self, frames: Sequence[Bgr]) -> list[tuple[Detection, ...]]:
        """See Detector. One frame at a time: on few cores a batch would only delay the first answer."""
        return [self._look(frame, index) for index, frame in enumerate(frames)]

    def close(self) -> None:
        self._request = None

    def _look(self, frame: Bgr, index: int) -> tuple[Detection, ...]:
        require_picture(frame, index)
        if self._request is None:
            raise DetectorError(f"{self.name}: closed; open a new detector")
        place = decode.letterbox(frame.shape[:2], self._canvas.shape[:2])
        if place != self._place:  # the padding of the picture before does not fit this one
            self._canvas[:] = decode.PAD
            self._place = place
        decode.paint(frame, place, self._canvas)
        try:
            # Shared: the raw output (1.7 MB) is read in place, and only until the next look.
            output = self._request.infer(share_outputs=True)[0][0]
        except RuntimeError as error:
            raise DetectorError(f"{self.name}: inference failed on frame {index}: {error}. Restart the node") from error
        return decode.decode(
            output, self._person, place, self._settings.confidence, self._settings.iou, self._settings.doubt
        )


def _prepare(weights: Weights, size: tuple[int, int]) -> Any:
    """The model at a fixed input size, taking u8 NHWC BGR (1, height, width, 3)."""
    colours = ov.preprocess.ColorFormat
    try:
        model = ov.Core().read_model(weights.xml, weights.bin)
        model.reshape([1, 3, *size])
        steps = ov.preprocess.PrePostProcessor(model)
        steps.input().tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC")).set_color_format(colours.BGR)
        steps.input().model().set_layout(ov.Layout("NCHW"))
        steps.input().preprocess().convert_element_type(ov.Type.f32).convert_color(colours.RGB).scale(255.0)
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


def _person_of(weights: Weights, model: Any) -> int:
    """Index of the class `person`, by the labels that Ultralytics' export writes into the model."""
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
