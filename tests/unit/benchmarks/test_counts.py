from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.baselines.counts import CameraCounts, Counts, changes, read, write
from vigil.errors import TruthError
from vigil.model.ids import CameraId, WindowId

ONE = WindowId("one")
COUNTED = CameraCounts(
    "ultralytics",
    "morning",
    CameraId("counter"),
    (Counts(0.0, {ONE: 1}, 4), Counts(3.04, {ONE: 0}, None)),
    frames=250,
    ms_per_frame=81.5,
    threads=2,
    device="cpu",
)


def test_counts_are_read_as_they_were_written(tmp_path: Path) -> None:
    write(tmp_path / "counts.jsonl", COUNTED)
    assert len((tmp_path / "counts.jsonl").read_text(encoding="utf-8").splitlines()) == 3
    assert read(tmp_path / "counts.jsonl") == COUNTED


def test_only_changes_are_kept() -> None:
    counts = [
        Counts(0.1 * n, {ONE: staff}, waiting) for n, (staff, waiting) in enumerate([(1, 0), (1, 0), (0, 0), (0, 2)])
    ]
    assert [one.at_s for one in changes(counts)] == pytest.approx([0.0, 0.2, 0.3])


@pytest.mark.parametrize(
    ("text", "said"), [("", "it is empty"), ("{}\n", ":1: these are no counts"), (None, "cannot be read")]
)
def test_what_are_no_counts_is_refused(tmp_path: Path, text: str | None, said: str) -> None:
    if text is not None:
        (tmp_path / "counts.jsonl").write_text(text, encoding="utf-8")
    with pytest.raises(TruthError, match=said):
        read(tmp_path / "counts.jsonl")


def test_a_line_that_is_wrong_is_named(tmp_path: Path) -> None:
    write(tmp_path / "counts.jsonl", COUNTED)
    with (tmp_path / "counts.jsonl").open("a", encoding="utf-8") as stream:
        stream.write('{"at_s": "soon", "staff": {}}\n')
    with pytest.raises(TruthError, match=r"counts\.jsonl:4: these are no counts"):
        read(tmp_path / "counts.jsonl")
