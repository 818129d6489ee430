"""The screen says while a zone is drawn what is wrong with it: polygon.test.ts of the screen is held to the same table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.config.files import faults, read, variant

CASES: list[dict[str, Any]] = json.loads((Path(__file__).resolve().parents[2] / "data" / "polygons.json").read_text())
SAID = {"points": "points has no area", "area": "the polygon has no area", "crossing": "edges cross"}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_polygon(case: dict[str, Any]) -> None:
    text = variant("[[0.1, 0.1], [0.4, 0.1], [0.4, 0.4]]", json.dumps(case["polygon"]))
    if case["fault"] is None:
        read(text)
        return
    (fault,) = faults(text)
    assert fault.where.endswith("zones[0].polygon")
    assert SAID[case["fault"]] in fault.what
