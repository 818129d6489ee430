"""docs/reference/truth.md names every field of the truth, with its default, and what it shows is right."""

from __future__ import annotations

import dataclasses
import json
import re
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

from tests.docs.test_docs import _read, _rows, _sections
from vigil.model import truth
from vigil.truth import intervals, lines

DOCUMENT = "docs/reference/truth.md"
PLACES: dict[str, type] = {
    "header": truth.TruthHeader,
    "conditions[]": truth.Condition,
    "second": truth.SecondTruth,
    "windows.ID": truth.WindowTruth,
    "people[]": truth.PersonTruth,
    "visit": truth.VisitTruth,
}


def default_of(field: dataclasses.Field[Any]) -> str:
    return "required" if field.default is dataclasses.MISSING else json.dumps(field.default)


@pytest.mark.parametrize("place", PLACES)
def test_every_field_is_documented_with_its_default(place: str) -> None:
    documented = {cells[0].strip("`"): cells[1].strip("`") for cells in _rows(_sections(DOCUMENT)[place])}
    shape = PLACES[place]
    assert dataclasses.is_dataclass(shape)
    assert documented == {field.name: default_of(field) for field in dataclasses.fields(shape)}


@pytest.mark.parametrize("choices", [truth.TruthSource, truth.PictureFault, truth.PersonRole, intervals.What])
def test_every_word_is_documented(choices: type[Enum]) -> None:
    text = _read(DOCUMENT)
    assert [choice for choice in choices if f"`{choice.value}`" not in text] == []


def test_the_examples_are_right(tmp_path: Path) -> None:
    blocks = dict(re.findall(r"^```(json|csv)\n(.*?)^```$", _read(DOCUMENT), re.MULTILINE | re.DOTALL))
    file = tmp_path / "clip.truth.jsonl"
    file.write_text(blocks["json"], encoding="utf-8")
    found = lines.read(file)
    assert len(found.seconds) == 2
    assert len(intervals.parse(blocks["csv"], found.header, "example")) == 6
