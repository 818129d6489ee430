from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from tests.unit.truth.samples import HEADER, ONE, TWO
from vigil.errors import TruthError
from vigil.model.truth import (
    Condition,
    PersonRole,
    PersonTruth,
    PictureFault,
    SecondTruth,
    Truth,
    VisitTruth,
    WindowTruth,
)
from vigil.truth import lines

PERSON = PersonTruth(3, PersonRole.CLERK, (0.1, 0.2, 0.3, 0.4), (0.1, 0.2, 0.3, 0.35), 0.8, ONE)
FULL = Truth(
    replace(HEADER, conditions=(Condition("occluder", 3, 5, ONE),), tags=("day",), seed=7, scenario="quiet"),
    (
        SecondTruth(0, {ONE: WindowTruth(True, False), TWO: WindowTruth(None, visible=False)}, 3, 2, people=(PERSON,)),
        SecondTruth(1, {}, fault=PictureFault.DARK),
    ),
    (VisitTruth(1, 0.5, 2.25, served_s=8.0, window=TWO),),
)
FIRST = lines.encode(HEADER)


def written(truth: Truth, path: Path) -> Path:
    lines.write(path, [truth.header, *truth.seconds, *truth.visits])
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "clip.truth.jsonl"


def test_a_truth_is_read_as_it_was_written(file: Path) -> None:
    assert lines.read(written(FULL, file)) == FULL


def test_it_lies_beside_its_clip() -> None:
    assert lines.truth_path(Path("/hall/morning.counter.mp4")) == Path("/hall/morning.counter.truth.jsonl")


def test_defaults_are_left_out_and_none_is_no_false() -> None:
    assert lines.encode(SecondTruth(4, {ONE: WindowTruth(None)})) == (
        '{"type":"second","t_s":4,"windows":{"one":{"staffed":null}}}'
    )


def test_empty_lines_are_passed_over(file: Path) -> None:
    file.write_text(f"\n{FIRST}\n\n", encoding="utf-8")
    assert lines.read(file).header == HEADER


@pytest.mark.parametrize(
    ("second_line", "said"),
    [
        ("{", "a JSON object with a type of header, second, visit is expected here"),
        ("5", "a JSON object with a type"),
        ('{"type":"hour"}', "a JSON object with a type"),
        ('{"t_s":0,"windows":{}}', "a JSON object with a type"),
        ('{"type":"visit","id":1,"entered_s":NaN}', "a JSON object"),
        ('{"type":"second","t_s":0}', "windows: Field required"),
        ('{"type":"second","t_s":0,"windows":{"one":{"staffed":true,"visble":false}}}', "windows.one.visble: "),
        ('{"type":"second","t_s":0,"windows":{},"fault":"rain"}', "fault: "),
        (FIRST, "there is a second header"),
    ],
)
def test_what_cannot_be_understood_is_named_with_its_line(file: Path, second_line: str, said: str) -> None:
    file.write_text(f"{FIRST}\n{second_line}\n", encoding="utf-8")
    with pytest.raises(TruthError) as error:
        lines.read(file)
    assert str(error.value).startswith(f"{file}:2: {said}")


def test_a_second_that_is_missing_is_an_error(file: Path) -> None:
    with pytest.raises(TruthError, match=r":3: second 6 comes after second 4"):
        lines.read(written(Truth(HEADER, (SecondTruth(4, {}), SecondTruth(6, {}))), file))


def test_a_truth_begins_with_its_header(file: Path) -> None:
    file.write_text(lines.encode(SecondTruth(0, {})) + "\n", encoding="utf-8")
    with pytest.raises(TruthError, match=r":1: a truth file begins with a line of type header"):
        lines.read(file)
    file.write_text("", encoding="utf-8")
    with pytest.raises(TruthError, match=r":1: a truth file begins with a line of type header"):
        lines.read(file)


def test_another_version_is_refused(file: Path) -> None:
    with pytest.raises(TruthError, match="this is version 2 of the form, and vigil reads version 1"):
        lines.read(written(Truth(replace(HEADER, version=2), ()), file))


def test_a_start_without_a_time_zone_is_refused(file: Path) -> None:
    with pytest.raises(TruthError, match="start_at has no time zone"):
        lines.read(written(Truth(replace(HEADER, start_at=datetime(2026, 3, 2, 9)), ()), file))


def test_a_file_that_cannot_be_read_is_an_error(file: Path) -> None:
    with pytest.raises(TruthError, match="cannot be read"):
        lines.read(file)
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(TruthError, match="cannot be read"):
        lines.read(file)
