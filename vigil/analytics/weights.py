"""Model files on disk: where they lie, and that they are the ones that were measured.

A model is a folder with one OpenVINO model (`*.xml` and the `*.bin` beside it). A `provenance.toml` in it says where
the model comes from and the SHA-256 of each file (docs/design/detector.md); with it, an altered file is refused.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vigil.analytics.detector import Precision
from vigil.errors import DetectorError

PROVENANCE: Final = "provenance.toml"
_MODELS: Final = Path(__file__).parent / "models"
_SHIPPED: Final = {Precision.FP16: _MODELS / "yolov8n", Precision.INT8: _MODELS / "yolov8n-int8"}


@dataclass(frozen=True, slots=True)
class Weights:
    """An OpenVINO model as read: what was checked is what is loaded, whatever happens to the files afterwards."""

    name: str
    xml: bytes
    bin: bytes
    precision: str
    """As its provenance says; '' without one."""

    @property
    def fingerprint(self) -> str:
        """8 hex digits of the SHA-256 over xml and bin: `cat x.xml x.bin | sha256sum`."""
        return hashlib.sha256(self.xml + self.bin).hexdigest()[:8]


def shipped(precision: Precision) -> Path:
    """The folder of the weights that come with vigil."""
    return _SHIPPED[precision]


def read_weights(folder: Path) -> Weights:
    """Read and check a model's folder. Raises DetectorError when a file is missing, unreadable or altered."""
    models = sorted(folder.glob("*.xml"))
    if len(models) != 1:
        raise DetectorError(
            f"{folder}: expected one OpenVINO model (*.xml with its *.bin), found {len(models)}. "
            "Name the folder that an export to OpenVINO wrote"
        )
    paths = [models[0], models[0].with_suffix(".bin")]
    try:
        contents = {path.name: path.read_bytes() for path in paths}
    except OSError as error:
        raise DetectorError(
            f"{folder}: the weights cannot be read: {error}. Install vigil, or export, again"
        ) from error
    precision = _verify(folder, contents)
    xml, weights = contents.values()
    return Weights(paths[0].stem, xml, weights, precision)


def write_provenance(folder: Path, tables: Mapping[str, Mapping[str, object]]) -> None:
    """Write `tables`, of str, bool, int and lists of them, and the SHA-256 of the model's files: provenance.toml."""
    files = {path.name: sha256_of(path) for path in sorted(folder.iterdir()) if path.suffix in {".xml", ".bin"}}
    lines: list[str] = []
    for title, table in {**tables, "files": files}.items():
        # A TOML value of these types is written as in JSON; a key with a dot (a file's name) needs quotes.
        lines.append(f"[{title}]")
        lines += [f"{json.dumps(key) if '.' in key else key} = {json.dumps(value)}" for key, value in table.items()]
        lines.append("")
    (folder / PROVENANCE).write_text("\n".join(lines), encoding="utf-8")


def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _verify(folder: Path, contents: dict[str, bytes]) -> str:
    """Compare the files with their provenance and return the precision it states. A user's own export may have none."""
    path = folder / PROVENANCE
    if not path.is_file():
        if folder in _SHIPPED.values():
            raise DetectorError(f"{path} is missing: the installation is incomplete. Install vigil again")
        return ""
    try:
        provenance = tomllib.loads(path.read_text(encoding="utf-8"))
        expected: dict[str, str] = provenance["files"]
        precision: str = provenance["export"]["precision"]
    except (OSError, ValueError, KeyError) as error:
        raise DetectorError(
            f"{path}: not a record of provenance: {error!r}. Install vigil, or export, again"
        ) from error
    for name, content in contents.items():
        digest = hashlib.sha256(content).hexdigest()
        if digest != expected.get(name):
            raise DetectorError(
                f"{folder / name} is not the file that its provenance names (SHA-256 {digest}, expected "
                f"{expected.get(name)}). Install vigil again; for a model of your own, export it again"
            )
    return precision
