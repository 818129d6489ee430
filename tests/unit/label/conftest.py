from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.truth.samples import HEADER
from vigil.label.desk import Desk
from vigil.model.truth import TruthHeader


@pytest.fixture
def header() -> TruthHeader:
    return replace(HEADER, zones=())


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "morning.mp4"
    path.write_bytes(bytes(range(256)) * 8)
    return path


@pytest.fixture
def desk(clip: Path, header: TruthHeader) -> Desk:
    return Desk(clip, header)
