"""The detector as a configuration has it."""

from __future__ import annotations

from pathlib import Path

from vigil.analytics.detector import Backend, DetectorSettings, Precision
from vigil.config.schema import DetectorBackend, DetectorEntry


def settings_of(entry: DetectorEntry, folder: Path) -> DetectorSettings:
    """`folder` is the configuration's, where a relative path begins."""
    return DetectorSettings(
        backend=Backend(entry.backend),
        model=_model(entry, folder),
        threads=entry.threads,
        confidence=entry.confidence,
        doubt=entry.doubt,
        precision=Precision(entry.precision),
        device=entry.device,
    )


def _model(entry: DetectorEntry, folder: Path) -> str | None:
    """For Ultralytics it may be a name that is no file."""
    if entry.model is None:
        return None
    path = (folder / Path(entry.model).expanduser()).resolve()
    return str(path) if entry.backend is DetectorBackend.OPENVINO or path.exists() else entry.model
