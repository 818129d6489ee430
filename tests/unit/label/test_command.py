from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.media import footage, fragmented
from tests.unit.config.files import GOOD
from vigil.label import command, server
from vigil.label.command import label
from vigil.model.media import Codec
from vigil.model.truth import TruthSource, WindowTruth
from vigil.truth import lines

GIVEN = ("clip.mp4", "-c", "vigil.yaml", "--camera", "counter", "--start-at", "2026-03-02T09:00:00+08:00")
TABLE = "window,what,from,to\none,staffed,0,4\none,unstaffed,4,8\n"
SEQINFO = "[Sequence]\nframeRate=25\nimWidth=320\nimHeight=192\nseqLength=200\n"
COCO = {
    "images": [{"id": n, "width": 160, "height": 96, "frame_id": n} for n in range(8)],
    "annotations": [{"id": 1, "image_id": 2, "category_id": 1, "bbox": [0, 0, 16, 48]}],
    "categories": [{"id": 1, "name": "person"}],
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a clip of 8 s at 25 pictures a second, and a configuration."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "clip.mp4").write_bytes(fragmented(footage(Codec.H264)))
    (tmp_path / "vigil.yaml").write_text(GOOD, encoding="utf-8")
    return tmp_path


def run(*more: str) -> Result:
    return CliRunner().invoke(label, [*GIVEN, *more])


def test_a_table_becomes_a_truth(folder: Path) -> None:
    (folder / "labels.csv").write_text(TABLE, encoding="utf-8")
    result = run("--csv", "labels.csv", "--scene", "monday", "--tag", "day", "--tag", "crowded")
    assert result.output == "clip.truth.jsonl: 8 seconds.\n"
    truth = lines.read(folder / "clip.truth.jsonl")
    assert [second.windows for second in truth.seconds] == 4 * [{"one": WindowTruth(True)}] + 4 * [
        {"one": WindowTruth(False)}
    ]
    header = truth.header
    assert (header.scene, header.tags, header.source) == ("monday", ("day", "crowded"), TruthSource.LABEL)
    assert (header.width, header.height, header.fps, header.group) == (160, 96, 25.0, "huji")


def test_mot_labels_become_a_truth(folder: Path) -> None:
    (folder / "gt").mkdir()
    (folder / "gt" / "gt.txt").write_text("26,3,1,1,32,96,1,1,1\n", encoding="utf-8")
    (folder / "seqinfo.ini").write_text(SEQINFO, encoding="utf-8")
    assert run("--mot", "gt/gt.txt").exit_code == 0
    truth = lines.read(folder / "clip.truth.jsonl")
    assert [len(second.people) for second in truth.seconds] == [0, 1, 0, 0, 0, 0, 0, 0]
    assert (truth.seconds[1].people[0].box, truth.header.width) == ((0.0, 0.0, 0.1, 0.5), 160)


def test_coco_labels_become_a_truth(folder: Path) -> None:
    (folder / "coco.json").write_text(json.dumps(COCO), encoding="utf-8")
    assert "labels of 0.3 s do not fit a clip of 8.0 s" in run("--coco", "coco.json").output
    assert run("--coco", "coco.json", "--fps", "1").exit_code == 0
    truth = lines.read(folder / "clip.truth.jsonl")
    assert [len(second.people) for second in truth.seconds] == [0, 0, 1, 0, 0, 0, 0, 0]


def test_what_is_wrong_is_said_in_words(folder: Path) -> None:
    (folder / "labels.csv").write_text("window,what,from,to\none,away,0,4\n", encoding="utf-8")
    result = run("--csv", "labels.csv")
    assert (result.exit_code, result.output) == (
        1,
        "Error: labels.csv:2: 'away' is none of staffed, unstaffed, unknown, visitor, no-visitor\n",
    )
    assert not (folder / "clip.truth.jsonl").exists()


def test_one_file_of_labels_at_a_time() -> None:
    result = run("--csv", "vigil.yaml", "--coco", "vigil.yaml")
    assert (result.exit_code, "One of --csv, --mot and --coco." in result.output) == (2, True)


def test_a_configuration_without_halls_will_not_do(folder: Path) -> None:
    nodes = "nodes:\n" + GOOD.partition("nodes:\n")[2]
    (folder / "vigil.yaml").write_text(nodes, encoding="utf-8")
    result = run()
    assert (result.exit_code, "vigil.yaml has no site:" in result.output) == (2, True)


def test_a_faulty_configuration_is_told_with_its_line(folder: Path) -> None:
    (folder / "vigil.yaml").write_text(GOOD.replace("calendar: usual", "calendar: unusual"), encoding="utf-8")
    assert "vigil.yaml:9: site.halls[0].calendar: " in run().output


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Nothing is served, and no port is opened; the addresses that would have been."""
    asked: list[str] = []

    class Listener:
        def __enter__(self) -> Listener:
            return self

        def __exit__(self, *_: object) -> None: ...

        def getsockname(self) -> tuple[str, int]:
            return server.HOST, 4711

    def listen(port: int) -> Listener:
        asked.append(f"listen {port}")
        return Listener()

    def until_signal(main: Callable[..., object]) -> None:
        asked.append("serve")

    monkeypatch.setattr(server, "listen", listen)
    monkeypatch.setattr(command, "run_until_signal", until_signal)
    return asked


def test_without_labels_a_page_is_served(served: list[str], folder: Path) -> None:
    result = run("--port", "4711")
    assert result.exit_code == 0, result.output
    assert "Open in a browser on this machine: http://127.0.0.1:4711/" in result.output
    assert f"Labels are kept in {folder / 'clip.labels.csv'} with each change." in result.output
    assert "H.265" not in result.output
    assert served == ["listen 4711", "serve"]


def test_each_page_has_a_token_of_its_own(served: list[str]) -> None:
    first, second = (run().output.partition("4711/")[2].partition("/")[0] for _ in range(2))
    assert first != second
    assert len(first) == 32


def test_of_a_clip_that_browsers_do_not_play_a_copy_is_labelled(served: list[str], folder: Path) -> None:
    (folder / "clip.mp4").write_bytes(fragmented(footage(Codec.H265)))
    result = run()
    assert "ffmpeg -i clip.mp4 -an -c:v libx264" in result.output
    assert "clip-h264.mp4" in result.output
