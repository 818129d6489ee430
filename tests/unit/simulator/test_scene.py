from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.sim.miniature import HALL
from tests.unit.sim.moments import fault, scenario
from vigil.errors import ScenarioError
from vigil.model.ids import CameraId
from vigil.model.media import CLOCK_RATE
from vigil.model.truth import Condition, PictureFault, TruthHeader
from vigil.sim.assets import Assets
from vigil.sim.scenario import MonitorEvent, Scenario
from vigil.simulator.scene import Scene, Tick, picture_time_90k, timeline


def ticks(seconds: float, fps: float) -> list[Tick]:
    return list(timeline(seconds, fps))


class TestTimeline:
    def test_pictures_and_seconds_share_their_instants(self) -> None:
        assert [(tick.t_s, tick.picture, tick.second) for tick in ticks(2, 2)] == [
            (0, True, True),
            (0.5, True, False),
            (1, True, True),
            (1.5, True, False),
        ]

    def test_below_one_picture_a_second_some_seconds_have_none(self) -> None:
        assert [(tick.t_s, tick.picture, tick.looked) for tick in ticks(5, 0.5)] == [
            (0, True, True),
            (1, False, False),
            (2, True, True),
            (3, False, False),
            (4, True, True),
        ]

    def test_a_second_may_begin_between_two_pictures(self) -> None:
        found = ticks(2, 1.25)
        assert [(tick.t_s, tick.picture, tick.second) for tick in found] == [
            (0, True, True),
            (0.8, True, False),
            (1, False, True),
            (1.6, True, False),
        ]
        assert found[2].looked

    @given(seconds=st.integers(1, 30), fps=st.sampled_from([0.2, 0.4, 0.5, 1, 3, 7, 10, 12.5, 25, 29.97]))
    def test_holds_each_picture_and_each_second_once_and_in_order(self, seconds: int, fps: float) -> None:
        found = ticks(seconds, fps)
        times = [tick.t_90k for tick in found]
        assert times == sorted(set(times))
        assert [tick.t_90k for tick in found if tick.second] == [s * CLOCK_RATE for s in range(seconds)]
        pictures = [tick.t_90k for tick in found if tick.picture]
        assert pictures == [picture_time_90k(number, fps) for number in range(len(pictures))]
        assert len(pictures) == math.ceil(round(seconds * fps, 6))
        assert all(tick.second or tick.picture for tick in found)
        with_pictures = {t_90k // CLOCK_RATE for t_90k in pictures}
        assert {tick.t_90k // CLOCK_RATE for tick in found if tick.looked} == with_pictures


def scene(assets: Assets, story: Scenario, cameras: tuple[str, ...] = (), seed: int = 4) -> Scene:
    return Scene(assets, story, seed, cameras, (320, 180))


def header(one: Scene, seconds: float = 20, suffix: str = "") -> TruthHeader:
    return one.header(one.cameras[0], suffix=suffix, size=(320, 180), fps=2, seconds=seconds)


class TestHeader:
    def test_says_whose_truth_it_is(self, assets: Assets) -> None:
        told = header(scene(assets, scenario()))
        assert (told.scene, told.camera, told.seed) == ("mini-mini-4", CameraId("mini-front"), 4)
        assert (told.windows, told.group) == (("mini-1", "mini-2"), "mini-queue")
        assert told.tags == ("hall:mini", "light:day", "camera:front", "stream:main", "rate:2")
        assert len(told.zones) == 3

    def test_of_a_substream_is_of_another_scene(self, assets: Assets) -> None:
        one = scene(assets, scenario())
        assert header(one, suffix="-sub").scene != header(one).scene
        assert "stream:sub" in header(one, suffix="-sub").tags

    def test_cuts_conditions_to_the_scene(self, assets: Assets) -> None:
        story = scenario(faults=(fault(PictureFault.DARK, 2, 8), fault(PictureFault.MOVED, 15, 18)))
        assert header(scene(assets, story), seconds=5).conditions == (Condition("dark", 2, 5),)


def cases() -> Iterator[tuple[Scenario, tuple[str, ...], str]]:
    yield scenario(), ("roof",), "no camera 'roof'; it has front, side"
    yield scenario(faults=(fault(PictureFault.DARK, camera="roof"),)), (), "camera 'roof'.*front, side"
    yield scenario(monitors=(MonitorEvent(7, 0, 1, 0.5),)), (), "window 7"


@pytest.mark.parametrize(("story", "cameras", "says"), list(cases()))
def test_what_is_not_there_is_told_of(assets: Assets, story: Scenario, cameras: tuple[str, ...], says: str) -> None:
    with pytest.raises(ScenarioError, match=says):
        scene(assets, story, cameras)


def test_all_cameras_are_in_the_scene_unless_some_are_named(assets: Assets) -> None:
    assert [camera.name for camera in scene(assets, scenario()).cameras] == ["front", "side"]
    assert [camera.name for camera in scene(assets, scenario(), ("side", "side")).cameras] == ["side"]
    assert scene(assets, scenario()).scenario.hall == HALL
