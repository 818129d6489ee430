from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.unit.analytics.halls import COUNTER, HALL, NINE
from tests.unit.eval.recordings import all_day, header, record, write_clip
from vigil.errors import TruthError
from vigil.eval.clips import LabelledClip, find, first_picture_s, labelled, require_match, scenes, truth_of
from vigil.ingest.file_source import open_clip
from vigil.model.truth import PersonRole, PersonTruth, PictureFault, Truth, TruthHeader
from vigil.truth import lines


def named(name: str, of: TruthHeader) -> LabelledClip:
    return LabelledClip(Path(f"{name}.mp4"), Path(f"{name}.truth.jsonl"), of)


# Finding


def test_a_clip_has_its_truth_beside_it_or_where_one_says(tmp_path: Path) -> None:
    clip = record(tmp_path)
    elsewhere = clip.truth.rename(tmp_path / "elsewhere.jsonl")
    assert labelled(clip.path, elsewhere).truth == elsewhere
    with pytest.raises(TruthError, match=r"clip.mp4: there is no truth beside it \(clip.truth.jsonl\)"):
        labelled(clip.path)


def test_a_truth_without_a_header_is_refused(tmp_path: Path) -> None:
    clip = record(tmp_path)
    clip.truth.write_text(lines.encode(all_day(1)[0]), encoding="utf-8")
    with pytest.raises(TruthError, match=r"clip.truth.jsonl:1: a truth file begins with a line of type header"):
        labelled(clip.path)


def test_a_folder_gives_the_clips_that_have_a_truth_each_once(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    first, second = record(tmp_path, "b"), record(tmp_path / "deep", "a")
    write_clip(tmp_path / "without.mp4", [0])
    assert [one.path for one in find([tmp_path, first.path])] == [first.path, second.path]


def test_a_folder_without_any_is_an_error(tmp_path: Path) -> None:
    write_clip(tmp_path / "without.mp4", [0])
    with pytest.raises(TruthError, match="no clip in it has a truth beside it"):
        find([tmp_path])


# Scenes


def test_cameras_of_a_scene_belong_together() -> None:
    clips = [
        named("a", header(camera=COUNTER)),
        named("b", header(camera=HALL)),
        named("c", header(camera=COUNTER, scene="another")),
    ]
    assert [[one.path.stem for one in scene] for scene in scenes(clips)] == [["a", "b"], ["c"]]


def test_of_two_sizes_the_smaller_is_analysed() -> None:
    main, sub = named("main", header(width=1280, height=720)), named("sub", header(width=640, height=360))
    assert scenes([main, sub]) == scenes([sub, main]) == [(sub,)]


def test_two_clips_of_one_camera_at_one_time_are_an_error() -> None:
    with pytest.raises(TruthError, match=r"b.mp4: a.mp4 is camera counter of scene scene, too"):
        scenes([named("a", header()), named("b", header())])


def test_cameras_of_a_scene_begin_together() -> None:
    late = header(camera=HALL, start_at=NINE + timedelta(seconds=1))
    with pytest.raises(TruthError, match=r"b.truth.jsonl: scene scene begins at 2026-03-02T01:00:01"):
        scenes([named("a", header()), named("b", late)])


# Clip and truth


def test_a_truth_of_another_size_is_refused(tmp_path: Path) -> None:
    clip = record(tmp_path, of=header(3, width=640, height=360))
    with pytest.raises(TruthError, match=r"the truth of a clip of 640 x 360, and clip.mp4 is 320 x 180"):
        require_match(clip, open_clip(clip.path))


def test_a_truth_of_a_shorter_clip_is_refused(tmp_path: Path) -> None:
    clip = record(tmp_path, of=header(6))
    require_match(clip, open_clip(clip.path))
    require_match(replace(clip, header=header(4)), open_clip(clip.path))
    shorter = replace(clip, header=header(3))
    with pytest.raises(TruthError, match=r"it tells of 3 s, and clip.mp4 has a picture at 5 s"):
        require_match(shorter, open_clip(clip.path))


@pytest.mark.parametrize("gap", [(3, 8), (2, 7)])
def test_a_camera_that_is_off_line_for_a_time_leaves_a_clip_that_fits(tmp_path: Path, gap: tuple[int, int]) -> None:
    clip = record(tmp_path, of=header(8), gap=gap)
    require_match(clip, open_clip(clip.path))


def test_people_are_left_out(tmp_path: Path) -> None:
    person = PersonTruth(1, PersonRole.VISITOR, (0, 0, 1, 1))
    clip = record(tmp_path, of=header(2), rows=[replace(row, people=(person,)) for row in all_day(2)])
    assert truth_of(clip).seconds == tuple(all_day(2))


@pytest.mark.parametrize(("fps", "first_s"), [(10, 7), (0.5, 8), (0, 7)])
def test_the_first_picture_is_the_first_that_the_camera_could_take(fps: float, first_s: float) -> None:
    away = [replace(row, fault=PictureFault.OFFLINE) for row in all_day(7)]
    truth = Truth(header(12, fps=fps), (*away, *all_day(12)[7:]))
    assert first_picture_s(truth) == first_s
    assert first_picture_s(Truth(header(12, fps=fps), tuple(all_day(12)))) == 0
