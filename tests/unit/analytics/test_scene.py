from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path

import numpy as np
import pytest
from pydantic import TypeAdapter

from tests.unit.analytics import halls
from tests.unit.analytics.drawn import (
    blurred,
    coded,
    crowded_below,
    dimmed,
    gamma,
    half_lit,
    hall,
    noisy,
    tinted,
    turned,
    warm,
    with_people,
)
from vigil.analytics import scene
from vigil.analytics.detector import Bgr
from vigil.analytics.edges import GRID, SIZE, Floats, Gray, edge_map
from vigil.analytics.scene import LEARN_LOOKS, Scene, SceneSignature, View, drawn_as
from vigil.analytics.scene import _own_sharpness as own_sharpness
from vigil.analytics.sight import Sight
from vigil.ingest.file_source import open_clip
from vigil.ingest.frames import KeyFrameDecoder
from vigil.model.ids import CameraId
from vigil.model.looks import Unknown
from vigil.model.media import Packet
from vigil.model.site import ZoneKind
from vigil.testing import frame_of

CLIPS = Path(__file__).parents[3] / "sample_streams"
DRAWN = "zones"
START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
SIGNATURE: TypeAdapter[SceneSignature] = TypeAdapter(SceneSignature)

Seen = list[Unknown | None]


def sight_of(picture: Bgr) -> Sight:
    return Sight.of(frame_of(CameraId("a"), START, picture).planes)


class Watch:
    """A scene and a clock: a look each `every_s`."""

    def __init__(self, scene: Scene, every_s: float = 1) -> None:
        self.scene = scene
        self.at = START
        self._every = timedelta(seconds=every_s)

    def see(self, *pictures: Bgr, learn: bool = True) -> Seen:
        said = []
        for picture in pictures:
            self.at += self._every
            said.append(self.scene.judge(sight_of(picture), self.at, learn=learn))
        return said


@cache
def lively(looks: int = LEARN_LOOKS) -> tuple[Bgr, ...]:
    """The hall with people who are elsewhere in each picture."""
    return tuple(noisy(with_people(hall(), seed), seed) for seed in range(looks))


@cache
def learned() -> SceneSignature:
    scene = Scene(DRAWN)
    Watch(scene).see(*lively())
    assert scene.signature is not None
    return scene.signature


def knowing(every_s: float = 1) -> Watch:
    return Watch(Scene(DRAWN, learned()), every_s)


def each(change: Callable[[Bgr], Bgr], looks: int = 8) -> Iterable[Bgr]:
    return (change(picture) for picture in lively()[:looks])


# The right view


def test_it_is_learned_from_the_first_looks_and_nobody_is_doubted_meanwhile() -> None:
    watch = Watch(Scene(DRAWN))
    assert watch.see(*lively()[:-1]) == [None] * (LEARN_LOOKS - 1)
    assert watch.scene.signature is None
    watch.see(lively()[-1])
    assert watch.scene.signature is not None


@pytest.mark.parametrize(
    "change",
    [
        partial(dimmed, light=0.2),
        partial(dimmed, light=1.2),
        partial(gamma, power=0.5),
        partial(gamma, power=2.0),
        half_lit,
        warm,
        coded,
        partial(noisy, seed=99, strength=12),
        lambda picture: noisy(half_lit(dimmed(picture, 0.5)), 5, 6),
    ],
    ids=["dim", "bright", "flat", "steep", "half-lit", "warm", "coded", "noisy", "dusk"],
)
def test_other_light_is_no_other_view(change: Callable[[Bgr], Bgr]) -> None:
    assert set(knowing().see(*each(change, 4))) == {None}


def test_a_crowd_that_hides_half_of_it_is_no_other_view() -> None:
    assert set(knowing().see(*(crowded_below(hall(), seed) for seed in range(6)))) == {None}


@pytest.mark.parametrize(("across", "down"), [(0.012, 0), (-0.012, 0.012), (0.006, -0.02)])
def test_a_camera_that_trembles_has_not_moved(across: float, down: float) -> None:
    assert set(knowing().see(*each(partial(turned, across=across, down=down), 4))) == {None}


# Another view


@pytest.mark.parametrize(
    "change",
    [
        partial(turned, across=0.05),
        partial(turned, down=0.08),
        partial(turned, across=-0.12, down=0.05),
        partial(turned, across=0.3),
        partial(turned, roll=6),
        partial(turned, roll=-10),
        partial(turned, zoom=0.8),
        partial(turned, zoom=1.25),
        lambda picture: half_lit(turned(picture, 0.12)),
        lambda picture: coded(dimmed(turned(picture, 0.12), 0.4)),
    ],
)
def test_a_camera_that_was_turned_has_moved(change: Callable[[Bgr], Bgr]) -> None:
    said = knowing().see(*each(change))
    assert said == [Unknown.OCCLUDED] * 5 + [Unknown.MOVED] * 3


def test_who_walks_past_the_lens_hides_the_view_and_the_camera_has_not_moved() -> None:
    near = np.full_like(hall(), 60)
    near[:, ::40] = 140
    assert knowing().see(hall(), near, near, hall()) == [None, Unknown.OCCLUDED, Unknown.OCCLUDED, None]


def test_noise_where_a_cloth_hangs_is_no_view() -> None:
    cloth = [noisy(np.full_like(hall(), 70), seed, 10) for seed in range(8)]
    assert set(knowing().see(*cloth)) == {Unknown.OCCLUDED}


@pytest.mark.parametrize("sigma", [4, 6, 9])
def test_a_camera_out_of_focus_has_not_moved(sigma: float) -> None:
    assert set(knowing().see(*each(partial(blurred, sigma=sigma), 4))) == {Unknown.DEFOCUSED}


def test_a_camera_so_far_out_of_focus_that_nothing_is_known_again_has_not_moved_either() -> None:
    said = knowing().see(*each(partial(blurred, sigma=16)))
    assert said == [Unknown.OCCLUDED] * 5 + [Unknown.DEFOCUSED] * 3


def test_out_of_focus_is_told_from_dim_and_noisy() -> None:
    soft = [noisy(dimmed(blurred(picture, 6), 0.3), 3, 5) for picture in lively()[:4]]
    assert set(knowing().see(*soft)) == {Unknown.DEFOCUSED}


def test_a_view_that_comes_back_is_right_at_once() -> None:
    watch = knowing()
    watch.see(*each(partial(turned, across=0.2)))
    assert watch.see(hall()) == [None]
    assert watch.see(turned(hall(), 0.2)) == [Unknown.OCCLUDED]


def test_a_clock_set_back_does_not_keep_it_from_having_moved() -> None:
    watch = knowing()
    watch.see(turned(hall(), 0.2))
    watch.at -= timedelta(hours=1)
    assert watch.see(*[turned(hall(), 0.2)] * 7)[-1] is Unknown.MOVED


# When it is compared


@pytest.mark.parametrize("every_s", [1, 2])
def test_a_camera_that_was_turned_a_little_is_found_within_four_seconds(every_s: float) -> None:
    """Where the light of no block tells that anything has changed."""
    watch = knowing(every_s)
    watch.see(*lively()[:2])
    said = watch.see(*each(partial(turned, across=0.05), 6))
    assert None not in said[round(4 / every_s) :]


@pytest.mark.parametrize(
    "change",
    [partial(turned, across=0.25, down=0.1), partial(blurred, sigma=6), partial(blurred, sigma=16)],
    ids=["turned", "out-of-focus", "far-out-of-focus"],
)
def test_what_changes_all_of_the_picture_is_found_at_once(change: Callable[[Bgr], Bgr]) -> None:
    watch = knowing()
    assert watch.see(*lively()[:2]) == [None, None]
    assert None not in watch.see(*each(change, 3))


def test_what_is_as_it_was_need_not_be_compared_again(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []

    def counted(small: Gray) -> Floats:
        compared.append(small)
        return edge_map(small)

    monkeypatch.setattr("vigil.analytics.scene.edge_map", counted)
    assert set(knowing().see(*lively())) == {None}
    assert len(compared) == LEARN_LOOKS / 4


def test_a_view_in_doubt_is_compared_each_time() -> None:
    """Half a step further, and it would be another one."""
    watch = knowing()
    doubtful, turned_on = partial(turned, across=0.028), partial(turned, across=0.05)
    assert watch.see(*each(doubtful, 2)) == [None, None]
    assert None not in watch.see(*each(turned_on, 2))


# Colours


PINK = (1.05, 0.6, 1.2)


def test_colours_that_lean_to_one_side_are_told_from_the_first_look_to_the_last() -> None:
    watch = knowing()
    watch.see(*lively()[:2])
    assert set(watch.see(*each(partial(tinted, cast=PINK)))) == {Unknown.CAST}
    assert watch.see(*lively()[:2]) == [None, None]


def test_who_stands_before_the_lens_in_red_is_no_cast() -> None:
    red = np.full_like(hall(), (40, 40, 190))
    red[:, ::40] = 120
    assert knowing().see(red) == [Unknown.OCCLUDED]


def test_a_turned_camera_with_a_cast_has_moved() -> None:
    said = knowing().see(*each(lambda picture: turned(tinted(picture, PINK), 0.2)))
    assert said[-1] is Unknown.MOVED


def test_a_cast_is_never_followed() -> None:
    watch = knowing(every_s=61)
    assert set(watch.see(*[tinted(refurnished(), PINK)] * 70)) == {Unknown.CAST}
    assert watch.scene.signature == learned()


def test_a_view_from_before_colours_were_learned_learns_them() -> None:
    kept = SIGNATURE.dump_python(learned(), mode="json")
    del kept["tint"]
    watch = Watch(Scene(DRAWN, SIGNATURE.validate_python(kept)), every_s=4)
    assert watch.see(tinted(hall(), PINK)) == [None]
    assert set(watch.see(*lively())) == {None}
    assert watch.scene.signature is not None
    assert replace(watch.scene.signature, tint="") == replace(learned(), tint="")
    assert watch.see(tinted(hall(), PINK)) == [Unknown.CAST]


# Pictures as cameras send them


def footage(name: str) -> list[Bgr]:
    """The key pictures of a clip, one each two seconds."""
    clip, decoder = open_clip(CLIPS / f"{name}.mp4"), KeyFrameDecoder(CameraId(name))
    packets = (Packet(one.data, one.dts_90k, one.pts_90k, True, START) for one in clip.pictures() if one.key)
    frames = [decoder.decode(clip.parameters, packet) for packet in packets]
    return [frame.bgr for frame in frames if frame is not None]


@pytest.mark.parametrize("name", ["gongan-counter-sub", "renshe-hall-sub"])
def test_a_hall_at_work_is_known_all_the_time_and_a_turned_camera_within_four_seconds(name: str) -> None:
    pictures = footage(name)
    watch = Watch(Scene(DRAWN), every_s=2)
    assert set(watch.see(*pictures)) == {None}
    assert watch.scene.signature is not None
    assert None not in watch.see(*(turned(picture, 0.06) for picture in pictures[:10]))[2:]
    assert set(watch.see(*(blurred(picture, 5) for picture in pictures[:10]))) == {Unknown.DEFOCUSED}


# What is learned, and what is not


def test_out_of_hours_nothing_is_learned() -> None:
    watch = Watch(Scene(DRAWN))
    watch.see(*lively(), *lively(), learn=False)
    assert watch.scene.signature is None


def test_before_it_is_learned_a_sharp_camera_at_rest_is_measured_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    """Out of hours it is most of what a look costs."""
    measured = []

    def measure(fine: Gray, edges: Floats) -> float:
        measured.append(fine)
        return own_sharpness(fine, edges)

    monkeypatch.setattr(scene, "_own_sharpness", measure)
    assert set(Watch(Scene(DRAWN), every_s=6).see(*lively(), learn=False)) == {None}
    assert len(measured) == LEARN_LOOKS / 5


def test_before_it_is_learned_a_camera_at_rest_that_loses_its_focus_is_told_at_once() -> None:
    watch = Watch(Scene(DRAWN), every_s=6)
    assert watch.see(lively()[0], learn=False) == [None]
    assert set(watch.see(*each(partial(blurred, sigma=6)), learn=False)) == {Unknown.DEFOCUSED}


def test_a_picture_out_of_focus_is_none_to_learn_from() -> None:
    watch = Watch(Scene(DRAWN))
    assert set(watch.see(*each(partial(blurred, sigma=6), LEARN_LOOKS))) == {Unknown.DEFOCUSED}
    assert watch.scene.signature is None


def test_a_camera_turned_while_it_learns_begins_anew() -> None:
    watch = Watch(Scene(DRAWN))
    watch.see(*lively()[:14], *each(partial(turned, across=0.2), 6))
    assert watch.scene.signature is None
    watch.see(*each(partial(turned, across=0.2), LEARN_LOOKS))
    assert set(watch.see(*each(partial(turned, across=0.2)))) == {None}
    assert watch.see(*lively()[:8])[-1] is Unknown.MOVED


def test_a_blank_wall_is_not_learned_for_it_looks_the_same_everywhere() -> None:
    wall = np.full_like(hall(), 180)
    wall[100:140, 80:200] = 40
    watch = Watch(Scene(DRAWN))
    assert set(watch.see(*(noisy(wall, seed) for seed in range(2 * LEARN_LOOKS)))) == {None}
    assert watch.scene.signature is None


def test_another_view_is_never_learned() -> None:
    watch = knowing(every_s=61)
    watch.see(*[turned(hall(), 0.15)] * 130)
    assert watch.scene.signature == learned()
    assert watch.see(turned(hall(), 0.15), hall()) == [Unknown.MOVED, None]


def test_what_stays_as_it_is_is_never_learned_again() -> None:
    watch = knowing(every_s=61)
    watch.see(*[hall()] * 130)
    assert watch.scene.signature == learned()


def refurnished() -> Bgr:
    """A poster hangs elsewhere and a rack stands where the chairs were."""
    picture = hall(poster_x=240)
    picture[170:260, 440:600] = 60
    picture[170:260, 440:600:20] = 200
    return picture


def test_furniture_that_stands_elsewhere_for_an_hour_is_learned() -> None:
    watch = knowing(every_s=61)
    assert set(watch.see(*[refurnished()] * 59)) == {None}
    assert watch.scene.signature == learned()
    watch.see(refurnished(), refurnished())
    assert watch.scene.signature is not None
    assert watch.scene.signature.renewed != 0
    level = watch.scene.signature.view().compare(_edges(refurnished()))[1].mean()
    assert level > learned().view().compare(_edges(refurnished()))[1].mean() + 0.05
    assert set(watch.see(refurnished(), hall())) == {None}


def test_a_queue_that_moves_up_within_the_hour_is_not_learned() -> None:
    watch = knowing(every_s=61)
    standing = with_people(hall(), 3, 12)
    watch.see(*([standing] * 50 + [hall()]) * 3)
    assert watch.scene.signature == learned()


def test_a_camera_that_creeps_out_of_place_is_found_in_the_end() -> None:
    watch = knowing(every_s=61)
    said = [watch.see(turned(hall(), step * 0.001))[0] for step in range(80)]  # 8 % of the width in 80 minutes
    assert said[0] is None
    assert said[-1] is Unknown.MOVED


def test_at_least_half_of_what_was_learned_first_stays() -> None:
    view = learned().view()
    some, most = np.zeros(GRID, np.bool_), np.ones(GRID, np.bool_)
    some[0] = most[0] = False
    some[:2] = True
    renewed = view.with_blocks(some, _edges(refurnished()))
    assert renewed is not None
    assert (renewed.renewed == some).all()
    assert view.with_blocks(most, _edges(refurnished())) is None
    assert renewed.with_blocks(~some, _edges(refurnished())) is None


# Over a restart


def test_a_camera_turned_while_the_node_was_down_has_moved() -> None:
    kept = SIGNATURE.validate_json(SIGNATURE.dump_json(learned()))
    watch = Watch(Scene(DRAWN, kept))
    assert watch.see(*each(partial(turned, across=0.15)))[-1] is Unknown.MOVED
    assert watch.scene.signature == learned()


def test_a_restart_changes_no_answer() -> None:
    scene = Scene(DRAWN)
    Watch(scene).see(*lively())
    assert scene.signature is not None
    view, kept = scene.signature.view(), SceneSignature.of(DRAWN, scene.signature.view())
    assert kept == scene.signature
    assert (kept.view().edges == view.edges).all()
    assert view.tint is not None
    again = kept.view().tint
    assert again is not None
    assert np.array_equal(again, view.tint)


def test_a_signature_is_small() -> None:
    assert len(SIGNATURE.dump_json(learned())) < 10_000


def test_when_the_zones_are_redrawn_the_view_is_learned_anew() -> None:
    scene = Scene("other zones", learned())
    assert scene.signature is None
    assert set(Watch(scene).see(*each(partial(turned, across=0.15), LEARN_LOOKS))) == {None}
    assert scene.signature is not None
    assert scene.signature.drawn == "other zones"


@pytest.mark.parametrize("edges", ["", "not base64!", "AAAA", "eJwDAAAAAAE="])
def test_a_damaged_signature_is_not_taken(edges: str) -> None:
    assert Scene(DRAWN, replace(learned(), edges=edges)).signature is None


@pytest.mark.parametrize("tint", ["not base64!", "AAAA"])
def test_a_signature_with_damaged_colours_is_not_taken(tint: str) -> None:
    assert Scene(DRAWN, replace(learned(), tint=tint)).signature is None


def test_what_was_renewed_is_kept() -> None:
    renewed = np.zeros(GRID, np.bool_)
    renewed[1, 2] = renewed[4, 7] = True
    view = View(np.zeros((2, *SIZE[::-1]), np.float32), 4.0, renewed)
    assert (SceneSignature.of(DRAWN, view).view().renewed == renewed).all()


def test_every_change_of_a_zone_is_another_drawing() -> None:
    one = halls.STAFF_ONE
    drawings = [
        drawn_as(zones)
        for zones in (
            (one,),
            (halls.STAFF_TWO,),
            (one, halls.STAFF_TWO),
            (replace(one, polygon=(*one.polygon[:-1], (0.1, 0.51))),),
            (replace(one, kind=ZoneKind.VISITOR_SPOT),),
            (halls.LANE,),
        )
    ]
    assert len(set(drawings)) == len(drawings)
    assert drawn_as((halls.STAFF_ONE,)) == drawings[0]


def _edges(picture: Bgr) -> Floats:
    return edge_map(sight_of(picture).small)
