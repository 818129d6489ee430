"""Quantise the YOLOv8n that ships with vigil: from vigil/analytics/models/yolov8n to yolov8n-int8 beside it.

For developers, once a model version, from the root of the sources, in an environment apart from the default install:

    python -m venv /tmp/quantise
    /tmp/quantise/bin/pip install -e . nncf
    /tmp/quantise/bin/python -m scripts.quantise_yolov8n

The pictures that ranges are taken from are rendered by vigil's own simulator, on seeds that no published figure comes from:
nothing is fetched, and no picture of a real hall is in the weights. docs/design/detector.md says what was tried and measured.
"""

from __future__ import annotations

import datetime
import shutil
import sys
import tempfile
from collections.abc import Iterator
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.accuracy.plan import TUNING_FROM, Take
from vigil.analytics import packing
from vigil.analytics.cells import cells_of
from vigil.analytics.decode import Floats
from vigil.analytics.detector import Bgr, Precision, Region
from vigil.analytics.openvino_backend import canvas_sizes
from vigil.analytics.telemetry import import_openvino
from vigil.analytics.weights import Weights, read_weights, shipped, write_provenance
from vigil.model.ids import CameraId
from vigil.model.media import Planes
from vigil.model.site import Camera
from vigil.sim.assets import Assets, load_assets
from vigil.sim.camera import substream
from vigil.sim.world import Light
from vigil.simulator.job import default_assets
from vigil.simulator.scene import Scene
from vigil.testing import frame_of

SIZE: Final = (384, 640)
MAIN: Final = (1280, 720)
SUB: Final = (640, 360)
FIRST_SEED: Final = TUNING_FROM + 10
EVERY_S: Final = 150
PACKED: Final = 12
"""Parts that are packed together, at least."""
HALLS: Final = {"gongan": ("counter", "hall"), "renshe": ("counter", "hall"), "canlian": ("counter",)}

FLOATING: Final = (
    # The first convolution: its channels are few, so bytes save no time there, and every error goes through all that follows.
    "__module.model.0.conv/.*",
    # From the last convolutions on: boxes and scores. Rounded to bytes, boxes of one person differ so much that two are left.
    "__module.model.22.cv[23].[0-9].2/.*",
    "__module.model.22.dfl.*",
    "__module.model.22/.*",
)
"""Operations that stay in floating point, as patterns of their names."""

NOTICE: Final = """\
YOLOv8n, converted to OpenVINO and quantised to 8 bits. Copyright Ultralytics Inc., https://ultralytics.com

These weights are licensed under the GNU Affero General Public License, version 3 (AGPL-3.0). Its text is the
file LICENSE at the root of vigil's sources and in the metadata of its wheel; vigil as a whole is under
AGPL-3.0-or-later.

Source: the model in the folder yolov8n beside this one, whose notice says where that comes from.
provenance.toml has its SHA-256; scripts/quantise_yolov8n.py in vigil's sources makes the files beside this
notice from it, with rendered pictures of halls that do not exist. The weights were not trained further.
"""


def main() -> int:
    ov = import_openvino()  # before NNCF, which would tell its makers
    import nncf  # noqa: PLC0415

    source = read_weights(shipped(Precision.FP16))
    pictures = [tensor(canvas) for canvas in canvases(load_assets(default_assets()))]
    print(f"{len(pictures)} canvases", file=sys.stderr)
    quantised = nncf.quantize(
        ov.Core().read_model(source.xml, source.bin),
        nncf.Dataset(pictures),
        # Activations as bytes with a zero point of their own: those of SiLU lie between -0.28 and some ten.
        preset=nncf.QuantizationPreset.MIXED,
        target_device=nncf.TargetDevice.CPU,
        subset_size=len(pictures),
        fast_bias_correction=False,
        ignored_scope=nncf.IgnoredScope(patterns=list(FLOATING)),
    )
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work) / "yolov8n-int8"
        folder.mkdir()
        write(quantised, folder, len(pictures), source)
    return 0


def write(model: Any, folder: Path, pictures: int, source: Weights) -> None:
    """The model, its notice and its provenance into `folder`, which then takes the place of the old one."""
    import_openvino().save_model(model, folder / "yolov8n.xml", compress_to_fp16=True)
    (folder / "LICENSE").write_text(NOTICE, encoding="utf-8")
    write_provenance(
        folder,
        {
            "source": {
                "model": "yolov8n in the folder beside this one",
                "sha256": sha256(source.bin).hexdigest(),
                "licence": "AGPL-3.0",
            },
            "export": {
                "command": "python -m scripts.quantise_yolov8n",
                "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
                "precision": "int8",
                "dynamic": True,
                "calibration": f"{pictures} canvases of vigil's simulator, seeds from {FIRST_SEED} on",
                "nncf": version("nncf"),
                "openvino": version("openvino"),
            },
        },
    )
    target = shipped(Precision.INT8)
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(folder, target)
    print(target)


def canvases(assets: Assets) -> Iterator[Bgr]:
    """Of each camera in turn, a whole substream, and the parts of its picture that matter, packed with others as a node does."""
    for number, (hall, light) in enumerate((hall, light) for hall in HALLS for light in Light):
        parts: list[Region] = []
        for index, (camera, picture) in enumerate(pictures_of(assets, hall, light, FIRST_SEED + number)):
            turn = index // len(HALLS[hall])
            if turn % 2 == 0:
                yield from painted([Region.whole(planes_of(substream(picture, SUB)))])
                continue
            planes = planes_of(picture if turn % 4 == 1 else substream(picture, SUB))
            parts += [cell.region(planes) for cell in cells_of(camera)]
            if len(parts) >= PACKED:
                yield from painted(parts)
                parts = []


def pictures_of(assets: Assets, hall: str, light: Light, seed: int) -> Iterator[tuple[Camera, Bgr]]:
    """What the cameras of a hall show in the course of a scene with queues of all lengths."""
    scene = Scene(assets, Take("queue", hall, light, seed).job(Path()).scenario, seed, HALLS[hall], MAIN)
    for t_s in range(60, round(scene.scenario.seconds), EVERY_S):
        moment = scene.hall.at(t_s)
        for one in scene.cameras:
            picture = one.picture(moment)
            if picture is not None:
                yield Camera(CameraId(f"{hall}-{one.name}"), one.name, "", zones=one.zones), picture


def planes_of(picture: Bgr) -> Planes:
    return frame_of(CameraId(""), datetime.datetime.now(datetime.UTC), picture).planes


def painted(regions: list[Region]) -> Iterator[Bgr]:
    for sheet in packing.pack(regions, canvas_sizes(SIZE), SIZE):
        planes = packing.canvas(sheet.size)
        packing.paint(regions, sheet, planes)
        yield packing.as_bgr(planes)


def tensor(canvas: Bgr) -> Floats:
    """The network's own input: float32 (1, 3, height, width), red first, 0..1."""
    rgb = canvas[:, :, ::-1].transpose(2, 0, 1)[np.newaxis]
    return np.ascontiguousarray(rgb, np.float32) / np.float32(255)


if __name__ == "__main__":
    sys.exit(main())
