from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from tests.unit.sim.miniature import CLERK, HALL, SIZE, VISITOR
from tests.unit.sim.moments import clerk, visitor
from vigil.model.truth import Box
from vigil.sim.assets import Assets
from vigil.sim.monitor import monitor_place, place_monitor
from vigil.sim.painter import Painter, Sight, Thing
from vigil.sim.view import View
from vigil.sim.world import Light

LEFT, MIDDLE = (-1.0, -2.0), (0.0, -2.0)


@pytest.fixture
def painter(assets: Assets) -> Painter:
    return Painter(View(assets.world.hall(HALL).cameras["front"], Light.DAY, SIZE, assets), assets.wardrobe)


def pixels_of(picture: npt.NDArray[np.uint8], colour: tuple[int, int, int]) -> npt.NDArray[np.bool_]:
    """Where that person is, and nothing of the edge."""
    apart: npt.NDArray[np.int32] = np.abs(picture.astype(np.int32) - np.array(colour)).max(axis=2)
    return apart <= 2


def box_of(mask: npt.NDArray[np.bool_]) -> Box:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return (
        float(columns[0] / SIZE[0]),
        float(rows[0] / SIZE[1]),
        float((columns[-1] + 1) / SIZE[0]),
        float((rows[-1] + 1) / SIZE[1]),
    )


def only(sights: list[Sight]) -> Sight:
    (sight,) = sights
    return sight


def two_pixels() -> float:
    return 2.01 / SIZE[1]


class TestBoxes:
    @pytest.mark.parametrize("place", [LEFT, MIDDLE, (2.0, -1.0), (-0.5, -0.5)])
    def test_the_painted_pixels_fill_the_truth_box(self, painter: Painter, place: tuple[float, float]) -> None:
        figure = visitor(place)
        painted = pixels_of(painter.paint([figure]), VISITOR)
        sight = only(painter.sights([figure]))
        assert sight.box == pytest.approx(box_of(painted), abs=two_pixels())
        assert sight.visible_box == sight.box
        assert sight.visibility > 0.99
        assert sight.foot_inside

    def test_nothing_is_painted_outside_of_body_and_shadow(self, painter: Painter) -> None:
        figure = visitor(MIDDLE)
        changed = (painter.paint([figure]) != painter.view.plate).any(axis=2)
        x0, y0, _, y1 = only(painter.sights([figure])).box
        rows = np.flatnonzero(changed.any(axis=1))
        assert rows[0] >= y0 * SIZE[1] - 2
        assert rows[-1] <= y1 * SIZE[1] + 25  # the shadow
        assert not changed[:, : round(x0 * SIZE[0]) - 25].any()

    def test_who_is_partly_outside_is_boxed_within_the_picture_and_partly_visible(self, painter: Painter) -> None:
        edge = next(x / 100 for x in range(600) if not painter.view.holds((x / 100, -2.0)))
        sight = only(painter.sights([visitor((edge, -2.0))]))
        assert sight.box[2] == 1.0
        assert 0.1 < sight.visibility < 0.6
        assert not sight.foot_inside

    def test_who_is_not_in_the_picture_is_not_told_of(self, painter: Painter) -> None:
        assert painter.sights([visitor((9.0, 0.0)), visitor((0.0, -8.0))]) == []
        assert (painter.paint([visitor((9.0, 0.0))]) == painter.view.plate).all()


class TestWhoHidesWhom:
    def test_the_counter_hides_the_lower_half_of_who_stands_behind_it(self, painter: Painter) -> None:
        figure = clerk(place=(0.5, 1.0))
        painted = pixels_of(painter.paint([figure]), CLERK)
        sight = only(painter.sights([figure]))
        assert sight.visible_box is not None
        assert sight.visible_box == pytest.approx(box_of(painted), abs=two_pixels())
        assert sight.visible_box[3] < sight.box[3] - 5 / SIZE[1]
        assert 0.2 < sight.visibility < 0.9

    def test_nobody_is_hidden_before_the_counter(self, painter: Painter) -> None:
        assert only(painter.sights([visitor((0.5, -0.4))])).visibility > 0.99

    def test_the_nearer_of_two_hides_the_other_in_whatever_order_they_come(self, painter: Painter) -> None:
        near, far = visitor((0.0, -2.0), number=1), clerk(number=2, place=(0.0, -1.4))
        first = painter.sights([near, far])
        assert [sight.figure.id for sight in first] == [1, 2]
        assert first[0].visibility > 0.99
        assert first[1].visibility < 0.6
        second = painter.sights([far, near])
        assert {sight.figure.id: sight.visibility for sight in second} == {
            1: first[0].visibility,
            2: first[1].visibility,
        }
        assert (painter.paint([near, far]) == painter.paint([far, near])).all()

    def test_who_is_wholly_hidden_has_a_box_and_no_visible_one(self, painter: Painter) -> None:
        behind = replace(clerk(1), lift=-0.7)
        below = only(painter.sights([behind]))
        assert below.visible_box is None
        assert below.visibility == 0


def test_dusk_darkens_people_too(assets: Assets) -> None:
    painter = Painter(View(assets.world.hall(HALL).cameras["front"], Light.DUSK, SIZE, assets), assets.wardrobe)
    tinted = (round(VISITOR[0] / 2), round(VISITOR[1] / 2), round(VISITOR[2] / 2))
    assert pixels_of(painter.paint([visitor(MIDDLE)]), tinted).sum() > 200


def test_who_stands_still_is_painted_alike_and_who_moves_is_not(painter: Painter) -> None:
    before = painter.paint([visitor(MIDDLE)])
    assert (painter.paint([visitor(MIDDLE)]) == before).all()
    assert (painter.paint([visitor((0.1, -2.0))]) != before).any()
    assert (painter.paint([visitor(MIDDLE)]) == before).all()


class TestMonitor:
    def before(self, assets: Assets, painter: Painter, share: float, window: int = 2) -> list[Thing]:
        plan = assets.world.hall(HALL)
        at = plan.windows[window - 1]
        body = place_monitor(at, plan.lift, share, painter.view, assets.wardrobe, "c1")
        return [Thing(monitor_place(at, painter.view), body)] if body is not None else []

    @pytest.mark.parametrize("share", [0.2, 0.5, 0.85, 1.0])
    @pytest.mark.parametrize("name", ["front", "side"])
    def test_hides_the_share_that_was_asked_for(self, assets: Assets, name: str, share: float) -> None:
        view = View(assets.world.hall(HALL).cameras[name], Light.DAY, (640, 360), assets)
        painter = Painter(view, assets.wardrobe)
        seated = clerk(2)
        free = only(painter.sights([seated])).visibility
        things = self.before(assets, painter, share)
        left = only(painter.sights([seated], things)).visibility
        assert free > 0.3
        assert left == pytest.approx(free * (1 - share), abs=0.06 * free)

    def test_hides_no_visitor_before_it(self, assets: Assets, painter: Painter) -> None:
        at_window = visitor((0.7, -0.42))
        things = self.before(assets, painter, 1.0)
        assert only(painter.sights([at_window], things)).visibility > 0.99

    def test_is_dark_where_the_clerk_was(self, assets: Assets, painter: Painter) -> None:
        seated = clerk(2)
        things = self.before(assets, painter, 1.0)
        assert pixels_of(painter.paint([seated]), CLERK).sum() > 50
        assert pixels_of(painter.paint([seated], things), CLERK).sum() == 0

    def test_of_no_share_is_none(self, assets: Assets, painter: Painter) -> None:
        assert self.before(assets, painter, 0.0) == []
