from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.unit.sim.miniature import HALL, SIZE
from tests.unit.sim.moments import camera, clerk, fault, moment, scenario, visitor
from vigil.model.ids import GroupId, WindowId
from vigil.model.site import ZoneKind
from vigil.model.truth import Condition, PersonRole, PictureFault
from vigil.sim.assets import Assets, Picture
from vigil.sim.camera import HallCamera, substream
from vigil.sim.scenario import MonitorEvent

ONE, TWO = WindowId("mini-1"), WindowId("mini-2")
FAULTS = list(PictureFault)
PEOPLE = (clerk(1), visitor((0.5, -2.0), in_queue=True), visitor((1.0, -2.0), number=11, in_queue=True))


def picture_at(one: HallCamera, t_s: float) -> Picture:
    picture = one.picture(moment(t_s, *PEOPLE))
    assert picture is not None
    return picture


class TestPictures:
    def test_one_seed_gives_the_same_pictures_and_each_camera_its_own(self, assets: Assets) -> None:
        def film(seed: int, name: str = "front") -> Picture:
            one = camera(assets, scenario(), seed=seed, name=name)
            return np.stack([picture_at(one, t_s / 2) for t_s in range(4)])

        assert (film(1) == film(1)).all()
        assert (film(1) != film(2)).any()
        assert (film(1) != film(1, "side")).any()

    def test_a_frozen_camera_gives_its_last_picture_bit_by_bit(self, assets: Assets) -> None:
        one = camera(assets, scenario(faults=(fault(PictureFault.FROZEN, 2, 4),)))
        before, last = picture_at(one, 1.0), picture_at(one, 1.5).copy()
        frozen = [picture_at(one, t_s) for t_s in (2.0, 3.0, 3.9)]
        after = picture_at(one, 4.0)
        assert all((picture == last).all() for picture in frozen)
        assert (before != last).any()
        assert (after != last).any()

    def test_an_offline_camera_gives_none(self, assets: Assets) -> None:
        one = camera(assets, scenario(faults=(fault(PictureFault.OFFLINE, 2, 4),)))
        given = [one.picture(moment(t_s)) is not None for t_s in (0.0, 1.0, 2.0, 3.9, 4.0)]
        assert given == [True, True, False, False, True]

    @pytest.mark.parametrize("kind", [PictureFault.OFFLINE, PictureFault.FROZEN])
    def test_there_is_a_first_picture_in_any_case(self, assets: Assets, kind: PictureFault) -> None:
        one = camera(assets, scenario(faults=(fault(kind, 0, 4),)))
        assert one.picture(moment(0.0)) is not None

    def test_what_is_overexposed_is_white_to_its_corners(self, assets: Assets) -> None:
        one = camera(assets, scenario(faults=(fault(PictureFault.OVEREXPOSED, 2, 4),)))
        before, white = picture_at(one, 1.0), picture_at(one, 3.0)
        assert (white[before > 60] > 250).mean() > 0.95

    def test_a_cast_shows_the_same_hall_in_other_colours(self, assets: Assets) -> None:
        one = camera(assets, scenario(faults=(fault(PictureFault.CAST, 2, 4),)))
        grey, tinted = (picture_at(one, t_s).reshape(-1, 3).mean(axis=0) for t_s in (1.0, 3.0))
        share = tinted / grey
        assert share.max() > 1.5 * share.min()

    def test_a_fault_befalls_the_camera_it_names(self, assets: Assets) -> None:
        story = scenario(faults=(fault(PictureFault.DARK, 0, 9, camera="side"),))
        assert picture_at(camera(assets, story, name="side"), 1.0).mean() < 20
        assert picture_at(camera(assets, story, name="front"), 1.0).mean() > 80

    def test_a_substream_is_the_same_picture_smaller(self, assets: Assets) -> None:
        picture = picture_at(camera(assets, scenario()), 0.0)
        small = substream(picture, (160, 90))
        assert small.shape == (90, 160, 3)
        assert small.mean() == pytest.approx(picture.mean(), abs=1)


class TestTruth:
    def test_tells_of_windows_queue_and_people(self, assets: Assets) -> None:
        second = camera(assets, scenario()).second(moment(3.0, *PEOPLE), looked=True)
        assert second.t_s == 3
        assert (second.windows[ONE].staffed, second.windows[TWO].staffed) == (True, False)
        assert second.windows[ONE].visible
        assert (second.queue, second.queue_in_view) == (2, 2)
        assert [(one.id, one.role, one.in_queue) for one in second.people] == [
            (1, PersonRole.CLERK, False),
            (10, PersonRole.VISITOR, True),
            (11, PersonRole.VISITOR, True),
        ]
        assert second.people[0].window == ONE

    def test_who_in_the_queue_is_outside_or_hidden_does_not_count_as_in_view(self, assets: Assets) -> None:
        one = camera(assets, scenario())
        outside = visitor((9.0, -2.0), number=12, in_queue=True)
        before = visitor((0.42, -2.45), number=13)
        seen = one.second(moment(0.0, *PEOPLE, outside), looked=True)
        assert (seen.queue, seen.queue_in_view) == (3, 2)
        hidden = one.second(moment(0.0, *PEOPLE, before), looked=True)
        assert (hidden.queue, hidden.queue_in_view) == (2, 1)

    def test_without_a_picture_nobody_is_told_of(self, assets: Assets) -> None:
        second = camera(assets, scenario()).second(moment(3.0, *PEOPLE), looked=False)
        assert (second.people, second.queue_in_view, second.queue) == ((), None, 2)
        assert second.windows[ONE].visible

    @pytest.mark.parametrize("kind", FAULTS)
    def test_no_fault_lets_a_window_be_seen(self, assets: Assets, kind: PictureFault) -> None:
        one = camera(assets, scenario(faults=(fault(kind, 2, 8),)))
        seconds = [one.second(moment(t_s, *PEOPLE), looked=True) for t_s in (1.0, 2.0, 7.0, 8.0)]
        assert [second.fault for second in seconds] == [None, kind, kind, None]
        assert [second.windows[ONE].visible for second in seconds] == [True, False, False, True]
        assert [second.windows[ONE].staffed for second in seconds] == [True] * 4
        assert [second.queue_in_view for second in seconds] == [2, None, None, 2]
        assert [len(second.people) for second in seconds] == [3, 0, 0, 3]

    @pytest.mark.parametrize(("share", "visible"), [(0.3, True), (0.6, True), (0.8, False), (1.0, False)])
    def test_a_monitor_blinds_one_window_when_it_hides_most_of_the_clerk(
        self, assets: Assets, share: float, visible: bool
    ) -> None:
        one = camera(assets, scenario(monitors=(MonitorEvent(1, 2, 8, share),)))
        before = one.second(moment(1.0, clerk(1)), looked=True)
        second = one.second(moment(2.0, clerk(1)), looked=True)
        assert (second.windows[ONE].visible, second.windows[TWO].visible) == (visible, True)
        assert second.people[0].visibility < before.people[0].visibility * (1.1 - share)

    def test_somebody_before_the_clerk_blinds_that_window_while_he_stands_there(self, assets: Assets) -> None:
        one = camera(assets, scenario())
        seat = one._seats[0][1]
        view = one._painter.view
        someone = replace(visitor(view.nearer(seat, 0.6)), lift=0.6)
        seconds = [
            one.second(moment(t_s, *people), looked=looked)
            for t_s, people, looked in (
                (1.0, (clerk(1),), True),
                (2.0, (clerk(1), someone), True),
                (3.0, (clerk(1),), False),
                (4.0, (clerk(1),), True),
            )
        ]
        assert [second.windows[ONE].visible for second in seconds] == [True, False, False, True]
        assert all(second.windows[TWO].visible for second in seconds)

    def test_conditions_are_the_faults_of_this_camera_and_all_monitors(self, assets: Assets) -> None:
        story = scenario(
            faults=(fault(PictureFault.DARK, 1, 2, "side"), fault(PictureFault.MOVED, 3, 4)),
            monitors=(MonitorEvent(2, 5, 6, 0.5),),
        )
        monitor = Condition("monitor", 5, 6, TWO)
        assert camera(assets, story).conditions == (Condition("moved", 3, 4), monitor)
        assert camera(assets, story, name="side").conditions == (
            Condition("dark", 1, 2),
            Condition("moved", 3, 4),
            monitor,
        )

    def test_zones_bear_the_ids_of_the_truth(self, assets: Assets) -> None:
        zones = camera(assets, scenario()).zones
        assert [(zone.kind, zone.window, zone.group) for zone in zones] == [
            (ZoneKind.STAFF_AREA, ONE, None),
            (ZoneKind.STAFF_AREA, TWO, None),
            (ZoneKind.QUEUE, None, GroupId(f"{HALL}-queue")),
        ]
        assert all(0 <= value <= 1 for zone in zones for point in zone.polygon for value in point)


def test_the_picture_has_the_size_of_the_camera(assets: Assets) -> None:
    assert picture_at(camera(assets, scenario()), 0.0).shape == (SIZE[1], SIZE[0], 3)
