from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.unit.sim.moments import fault, scenario
from vigil.errors import ScenarioError
from vigil.ingest.file_source import open_clip, read_pictures
from vigil.model.media import CLOCK_RATE, Codec
from vigil.model.truth import PictureFault
from vigil.sim.assets import Assets
from vigil.sim.events import Rush
from vigil.sim.scenario import Scenario
from vigil.simulator.job import RenderJob, StreamSettings
from vigil.simulator.render import render
from vigil.truth.lines import read, truth_path

SMALL = StreamSettings(size=(160, 96), fps=2)


def story(**changes: Any) -> Scenario:
    busy = replace(scenario(seconds=12), warm_up_s=30, service_s=(2, 3), events=(Rush(at_s=-25, size=3),))
    return replace(busy, **changes)


def job(assets: Assets, out: Path, *, stream: StreamSettings = SMALL, **changes: Any) -> RenderJob:
    basic = RenderJob(story(), out, seed=2, cameras=("front",), stream=stream, assets=assets.folder)
    return replace(basic, **changes)


def test_writes_clip_and_truth_of_each_camera(assets: Assets, tmp_path: Path) -> None:
    paths = render(job(assets, tmp_path / "deep" / "out", cameras=()))
    assert [path.name for path in paths] == ["mini-front.mp4", "mini-side.mp4"]
    for path in paths:
        truth = read(truth_path(path))
        clip = open_clip(path)
        assert (truth.header.width, truth.header.height) == (clip.parameters.width, clip.parameters.height) == (160, 96)
        assert len(list(read_pictures(path))) == 24
        assert [second.t_s for second in truth.seconds] == list(range(12))


def test_one_job_gives_the_same_bytes_and_another_seed_others(assets: Assets, tmp_path: Path) -> None:
    def bytes_of(folder: str, seed: int) -> list[bytes]:
        (path,) = render(job(assets, tmp_path / folder, seed=seed, seconds=4))
        return [path.read_bytes(), truth_path(path).read_bytes()]

    first = bytes_of("a", 5)
    assert bytes_of("b", 5) == first
    assert bytes_of("c", 6)[0] != first[0]


def test_cameras_of_one_hall_tell_the_same_story(assets: Assets, tmp_path: Path) -> None:
    front, side = (read(truth_path(path)) for path in render(job(assets, tmp_path, cameras=())))
    assert front.visits == side.visits
    assert [second.queue for second in front.seconds] == [second.queue for second in side.seconds]
    assert front.header.scene == side.header.scene
    assert front.header.camera != side.header.camera


def test_a_camera_sees_the_same_whether_others_are_rendered_or_not(assets: Assets, tmp_path: Path) -> None:
    alone = render(job(assets, tmp_path / "alone", seconds=3))[0]
    together = render(job(assets, tmp_path / "together", cameras=(), seconds=3))[0]
    assert alone.read_bytes() == together.read_bytes()


def test_every_visit_is_told_once_finished_or_not(assets: Assets, tmp_path: Path) -> None:
    (path,) = render(job(assets, tmp_path))
    visits = read(truth_path(path)).visits
    assert len({visit.id for visit in visits}) == len(visits) == 3
    assert [visit.entered_s for visit in visits] == sorted(visit.entered_s for visit in visits)


def test_below_one_picture_a_second_truth_still_comes_each_second(assets: Assets, tmp_path: Path) -> None:
    slow = StreamSettings(size=(160, 96), fps=0.5, keyframe_s=2)
    (path,) = render(job(assets, tmp_path, stream=slow))
    truth = read(truth_path(path))
    pictures = list(read_pictures(path))
    assert [picture.dts_90k / CLOCK_RATE for picture in pictures] == [0, 2, 4, 6, 8, 10]
    assert all(picture.key for picture in pictures)
    assert len(truth.seconds) == 12
    assert all((second.queue_in_view is None) == (second.t_s % 2 == 1) for second in truth.seconds)
    assert not any(second.people for second in truth.seconds if second.t_s % 2)
    assert truth.seconds[0].people


def test_an_outage_is_a_gap_in_the_clip_and_not_in_the_truth(assets: Assets, tmp_path: Path) -> None:
    broken = story(faults=(fault(PictureFault.OFFLINE, 3, 9),))
    (path,) = render(job(assets, tmp_path, scenario=broken))
    pictures = list(read_pictures(path))
    times = [picture.dts_90k / CLOCK_RATE for picture in pictures]
    assert max(after - before for before, after in pairwise(times)) == 6.5
    assert (times[-1], pictures[times.index(9)].key) == (11.5, True)
    truth = read(truth_path(path))
    assert [second.fault for second in truth.seconds] == [None] * 3 + [PictureFault.OFFLINE] * 6 + [None] * 3


def test_a_substream_has_a_truth_of_its_own(assets: Assets, tmp_path: Path) -> None:
    both = StreamSettings(size=(320, 180), fps=2, sub=(160, 90))
    main, sub = render(job(assets, tmp_path, stream=both, seconds=3))
    assert (main.name, sub.name) == ("mini-front.mp4", "mini-front-sub.mp4")
    truths = [read(truth_path(path)) for path in (main, sub)]
    assert [(truth.header.width, truth.header.height) for truth in truths] == [(320, 180), (160, 90)]
    assert truths[0].seconds == truths[1].seconds
    assert open_clip(sub).parameters.width == 160


def test_h265_is_written_too(assets: Assets, tmp_path: Path) -> None:
    (path,) = render(job(assets, tmp_path, stream=replace(SMALL, codec=Codec.H265), seconds=2))
    assert open_clip(path).parameters.codec is Codec.H265


def test_tells_how_far_it_is(assets: Assets, tmp_path: Path) -> None:
    told: list[float] = []
    render(job(assets, tmp_path, seconds=3), told.append)
    assert told == [0, 1, 2]


def test_leaves_nothing_when_it_does_not_come_to_its_end(assets: Assets, tmp_path: Path) -> None:
    def stop(t_s: float) -> None:
        if t_s >= 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        render(job(assets, tmp_path), stop)
    assert list(tmp_path.iterdir()) == []


def test_leaves_nothing_when_a_file_cannot_be_written(assets: Assets, tmp_path: Path) -> None:
    (tmp_path / "mini-side.truth.jsonl").mkdir()
    with pytest.raises(OSError, match=r"mini-side\.truth\.jsonl"):
        render(job(assets, tmp_path, cameras=()))
    assert [path.name for path in tmp_path.iterdir()] == ["mini-side.truth.jsonl"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"size": (161, 96)}, "161x96 cannot be coded"),
        ({"sub": (32, 18)}, "32x18 cannot be coded"),
        ({"fps": 0.0}, "0 pictures a second"),
        ({"fps": 90.0}, "at most 60"),
        ({"keyframe_s": 0.0}, "between key pictures"),
        ({"crf": 60}, "crf of 60"),
    ],
)
def test_streams_that_cannot_be_are_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ScenarioError, match=says):
        replace(SMALL, **changes)


@pytest.mark.parametrize(("changes", "says"), [({"seconds": 0.0}, "0 seconds"), ({"seed": -1}, "seed of -1")])
def test_jobs_that_cannot_be_are_refused(assets: Assets, tmp_path: Path, changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ScenarioError, match=says):
        job(assets, tmp_path, **changes)
