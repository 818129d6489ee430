"""People by Ultralytics (the extra vigil[ultralytics]): GPUs, other models, fine-tuned ones, and export to OpenVINO.

Nothing here phones home: usage statistics, update checks and installing packages at run time are off, and a model that
is a file is loaded without the network. Only a model given by a name that is no file is fetched, by Ultralytics.
Checkpoints are pickles: they are loaded against Ultralytics' list of known classes (ULTRALYTICS_SAFE_LOAD).
"""

from __future__ import annotations

import hashlib
import os
import pickle
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from vigil.analytics import packing
from vigil.analytics.detector import Bgr, DetectorSettings, Region, require_regions, spare_cores
from vigil.analytics.telemetry import silence_openvino
from vigil.analytics.weights import sha256_of, write_provenance
from vigil.errors import DetectorError
from vigil.model.looks import Detection

DEFAULT_MODEL: Final = "yolov8n.pt"
_PERSON: Final = "person"
_MOST_PEOPLE: Final = 300

# What Ultralytics, torch and the exporters raise for a bad file, a missing package or device, no network.
_FAILURES: Final = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    ImportError,
    LookupError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    pickle.UnpicklingError,
)


class UltralyticsDetector:
    """One Ultralytics model on one device. One thread owns it."""

    def __init__(self, settings: DetectorSettings) -> None:
        """Load the model (a path or a name; None: yolov8n.pt) and look once at nothing. Raises DetectorError."""
        self._settings = settings
        self._size = (settings.input_height, settings.input_width)
        self._half = settings.device != "cpu"
        wanted = settings.model or DEFAULT_MODEL
        self._model: Any = _load(wanted)  # an ultralytics type; None once closed
        self._native = str(self._model.ckpt_path).endswith(".pt")
        precision = ("fp16" if self._half else "fp32") if self._native else ""
        parts = (Path(wanted).stem, "ultralytics", precision, f"{self._size[0]}x{self._size[1]}")
        self.name = "-".join(part for part in parts if part) + f"@{_fingerprint(Path(self._model.ckpt_path))}"
        self._person = self._warm_up(wanted)

    def look(self, regions: Sequence[Region]) -> list[tuple[Detection, ...]]:
        """See Detector. A checkpoint takes all canvases as one batch; an exported model may be made for one at a time."""
        if self._model is None:
            raise DetectorError(f"{self.name}: closed; open a new detector")
        require_regions(regions)
        sheets = packing.pack(regions, [self._size])
        pictures = [_painted(regions, sheet) for sheet in sheets]
        if self._native:
            boxes = self._look(pictures) if pictures else []
        else:
            boxes = [people for picture in pictures for people in self._look([picture])]
        found: dict[int, tuple[Detection, ...]] = {}
        for sheet, people in zip(sheets, boxes, strict=True):
            found |= packing.belonging(people, sheet, regions)
        return [found[index] for index in range(len(regions))]

    def close(self) -> None:
        self._model = None

    def _warm_up(self, wanted: str) -> int:
        """Build the predictor, bound its threads, and return the index of the class `person`."""
        import numpy as np  # noqa: PLC0415 - beside torch, which only this backend loads
        import torch  # noqa: PLC0415

        self._person = 0
        self._look([np.zeros((*self._size, 3), np.uint8)])
        torch.set_num_threads(self._settings.threads or spare_cores())  # after the predictor, which sets its own
        names: dict[int, str] = self._model.names
        for index, name in names.items():
            if name == _PERSON:
                return index
        raise DetectorError(f"{wanted}: none of its classes is '{_PERSON}': {', '.join(list(names.values())[:10])}")

    def _look(self, frames: list[Bgr]) -> list[tuple[Detection, ...]]:
        try:
            results = self._model.predict(
                frames,
                imgsz=list(self._size),
                conf=self._settings.doubt,
                iou=self._settings.iou,
                classes=[self._person],
                device=self._settings.device,
                quantize=16 if self._half else None,
                max_det=_MOST_PEOPLE,
                rect=False,  # the whole canvas, as the OpenVINO backend has it
                verbose=False,
            )
        except _FAILURES as error:
            raise DetectorError(f"{self.name}: inference failed on device {self._settings.device}: {error}") from error
        return [_detections(result.boxes, self._settings.confidence) for result in results]


def export_openvino(
    model: str, target_dir: Path, *, int8: bool = False, imgsz: tuple[int, int] = (384, 640), data: Path | None = None
) -> Path:
    """Convert a checkpoint (.pt, path or name) to OpenVINO; return the new folder in `target_dir`.

    Both backends take that folder as their model. It takes any input size; `imgsz` (height, width) is what it is traced,
    and for INT8 calibrated, with. INT8 needs `data`, an Ultralytics dataset file (yaml) whose `val` pictures, best some
    hundred of the halls' own, are run through it. Raises DetectorError and leaves nothing behind.
    """
    if int8 and (data is None or not data.is_file()):
        raise DetectorError(f"INT8 needs pictures to calibrate with: no dataset file (yaml) at {data}")
    loaded = _load(model)
    source = Path(loaded.ckpt_path)
    if source.suffix != ".pt":
        raise DetectorError(f"{model}: only a checkpoint (.pt) can be exported, not {source.name}")
    # The ending is Ultralytics' own: it tells the format of a model by its name.
    target = target_dir.resolve() / f"{source.stem}{'_int8' if int8 else ''}_openvino_model"
    if target.exists():
        raise DetectorError(f"{target} exists already: remove it, or export to another folder")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".export-") as work:
        # Ultralytics writes beside the checkpoint: give it a copy, so that a failure leaves nothing behind.
        loaded.model.pt_path = shutil.copy(source, work)
        folder = _export(loaded, {"quantize": 8, "data": str(data)} if int8 else {"quantize": 16}, imgsz)
        _record(folder, source, "int8" if int8 else "fp16", imgsz)
        folder.rename(target)
    return target


def _export(loaded: Any, options: dict[str, Any], imgsz: tuple[int, int]) -> Path:
    with _no_font():
        try:
            return Path(loaded.export(format="openvino", dynamic=True, imgsz=list(imgsz), device="cpu", **options))
        except _FAILURES as error:
            raise DetectorError(f"{loaded.ckpt_path}: the export to OpenVINO failed: {error}") from error


@contextmanager
def _no_font() -> Iterator[None]:
    """Keep Ultralytics from fetching a font for plots, which it does whenever it reads a dataset; nothing is plotted."""
    from ultralytics.data import utils  # noqa: PLC0415 - loaded by now

    fetch = utils.check_font
    utils.check_font = lambda _font: None
    try:
        yield
    finally:
        utils.check_font = fetch


def _record(folder: Path, source: Path, precision: str, imgsz: tuple[int, int]) -> None:
    """Write where the model comes from and what its files are, so that read_weights can tell an altered one."""
    write_provenance(
        folder,
        {
            "source": {"file": source.name, "sha256": sha256_of(source)},
            "export": {"precision": precision, "imgsz": list(imgsz), "dynamic": True},
        },
    )


def _load(wanted: str) -> Any:
    """The Ultralytics model of a path or a name. Raises DetectorError."""
    local = Path(wanted).exists()
    if not local and Path(wanted).name != wanted:
        raise DetectorError(f"{wanted}: no such file. Give the path of a model file or an exported model's folder")
    yolo = _ultralytics()
    try:
        model = yolo(wanted, task="detect")
    except _FAILURES as error:
        remedy = (
            "Is it a detection model that this version of Ultralytics reads?"
            if local
            else "There is no such file here, and a model given by name is fetched only where there is internet: "
            "fetch it elsewhere and give its path"
        )
        raise DetectorError(f"{wanted}: Ultralytics cannot load it: {error}. {remedy}") from error
    return model


def _ultralytics() -> Any:
    """The class YOLO, with everything off that would reach out. Raises DetectorError when the extra is missing."""
    silence_openvino()
    os.environ["YOLO_AUTOINSTALL"] = "false"
    os.environ["ULTRALYTICS_SAFE_LOAD"] = "true"
    os.environ.setdefault(
        "YOLO_OFFLINE", "true"
    )  # no update check, no statistics; a named model is fetched all the same
    # A settings file of our own: switching its statistics off shall not change what the user set for other work.
    os.environ.setdefault("YOLO_CONFIG_DIR", str(Path.home() / ".cache" / "vigil"))
    try:
        from ultralytics import YOLO, settings  # noqa: PLC0415 - after the environment is set, which it reads once
    except ImportError as error:
        raise DetectorError(
            f"the detector backend 'ultralytics' is not installed ({error}). Install it: "
            "pip install 'vigil[ultralytics]'"
        ) from error
    if settings["sync"]:
        settings.update({"sync": False})
    return YOLO


def _painted(regions: Sequence[Region], sheet: packing.Sheet) -> Bgr:
    on = packing.canvas(sheet.size)
    packing.paint(regions, sheet, on)
    return packing.as_bgr(on)


def _detections(boxes: Any, confidence: float) -> tuple[Detection, ...]:
    """Ultralytics' boxes (torch), best score first, as detections."""
    rows = zip(boxes.xyxyn.clamp(0, 1).tolist(), boxes.conf.tolist(), strict=True)
    people = (
        Detection(x0, y0, x1, y1, score, score >= confidence) for (x0, y0, x1, y1), score in rows if x0 < x1 and y0 < y1
    )
    return tuple(sorted(people, key=lambda person: -person.score))


def _fingerprint(model: Path) -> str:
    """8 hex digits of the SHA-256 over a model's file, or over a folder's *.xml and *.bin (Weights.fingerprint)."""
    files = [model] if model.is_file() else [*sorted(model.glob("*.xml")), *sorted(model.glob("*.bin"))]
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:8]
