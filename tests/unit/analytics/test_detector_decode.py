"""Letterbox, decoding and suppression: the arithmetic, without a model."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.analytics.decode import PAD, Floats, Letterbox, decode, letterbox, paint, suppress
from vigil.model.looks import Detection

CANVAS = (384, 640)
WHOLE = Letterbox(0, 0, 640, 384)
sides = st.integers(1, 4000)


@pytest.mark.parametrize(
    ("picture", "place"),
    [
        ((360, 640), Letterbox(0, 12, 640, 360)),
        ((1080, 1920), Letterbox(0, 12, 640, 360)),
        ((384, 640), Letterbox(0, 0, 640, 384)),
        ((576, 704), Letterbox(85, 0, 469, 384)),
        ((1080, 810), Letterbox(176, 0, 288, 384)),
        ((1, 4000), Letterbox(0, 191, 640, 1)),
    ],
)
def test_letterbox_keeps_the_aspect_and_centres(picture: tuple[int, int], place: Letterbox) -> None:
    assert letterbox(picture, CANVAS) == place


@given(st.tuples(sides, sides))
def test_letterbox_stays_on_the_canvas_and_touches_two_sides(picture: tuple[int, int]) -> None:
    place = letterbox(picture, CANVAS)
    assert place.left >= 0
    assert place.top >= 0
    assert place.width == CANVAS[1] or place.height == CANVAS[0]
    assert abs(CANVAS[1] - place.width - 2 * place.left) <= 1
    assert abs(CANVAS[0] - place.height - 2 * place.top) <= 1


@pytest.mark.parametrize("shape", [(360, 640, 3), (720, 1280, 3), (901, 37, 3), (1, 1, 3)])
def test_paint_fills_its_place_and_nothing_else(shape: tuple[int, int, int]) -> None:
    canvas = np.full((*CANVAS, 3), PAD, np.uint8)
    place = letterbox(shape[:2], CANVAS)
    paint(np.full(shape, 200, np.uint8), place, canvas)
    inside = np.zeros(CANVAS, bool)
    inside[place.top : place.top + place.height, place.left : place.left + place.width] = True
    assert (canvas[inside] == 200).all()
    assert (canvas[~inside] == PAD).all()


def test_paint_takes_a_view_of_a_larger_picture() -> None:
    large = np.zeros((200, 300, 3), np.uint8)
    large[50:110, 100:200] = 90
    canvas = np.zeros((*CANVAS, 3), np.uint8)
    paint(large[50:110, 100:200], letterbox((60, 100), CANVAS), canvas)
    assert (canvas == 90).all()


def output(*anchors: tuple[float, float, float, float, float, float]) -> Floats:
    """A raw output of two classes (0 a chair, 1 a person): cx, cy, w, h, chair, person for each anchor."""
    return np.array(anchors, np.float32).T.reshape(6, len(anchors))


def test_decode_maps_back_to_the_picture() -> None:
    place = letterbox((360, 640), CANVAS)
    (person,) = decode(output((320, 192, 64, 72, 0, 0.9)), 1, place, 0.35, 0.6)
    assert person == Detection(*map(pytest.approx, (0.45, 0.4, 0.55, 0.6, 0.9)))  # type: ignore[arg-type]


@given(st.tuples(st.integers(8, 4000), st.integers(8, 4000)))
def test_what_is_drawn_is_found_where_it_was(picture: tuple[int, int]) -> None:
    place = letterbox(picture, CANVAS)
    x0, y0, x1, y1 = (
        place.left + 0.25 * place.width,
        place.top + 0.5 * place.height,
        place.left + 0.75 * place.width,
        place.top + 0.875 * place.height,
    )
    (person,) = decode(
        output(((x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0, 0, 0.8)), 1, place, confidence=0.35, iou=0.6
    )
    assert (person.x0, person.y0, person.x1, person.y1) == pytest.approx((0.25, 0.5, 0.75, 0.875), abs=1e-4)


def test_decode_clips_to_the_picture_and_drops_what_lies_in_the_padding() -> None:
    place = letterbox((360, 640), CANVAS)  # padding: 12 rows above and below
    at_the_edge, in_the_padding = (0, 100, 40, 60, 0, 0.9), (300, 5, 50, 8, 0, 0.8)
    people = decode(output(at_the_edge, in_the_padding), 1, place, 0.35, 0.6)
    assert len(people) == 1
    assert people[0].x0 == 0


def test_decode_sorts_by_score_and_takes_the_threshold_itself() -> None:
    scores = [0.5, 0.9, 0.34, 0.7, 0.35]
    people = decode(output(*((100 * n, 200, 50, 90, 0, s) for n, s in enumerate(scores, 1))), 1, WHOLE, 0.35, 0.6)
    assert [person.score for person in people] == pytest.approx([0.9, 0.7, 0.5, 0.35])


def test_a_score_between_doubt_and_confidence_is_a_person_who_is_not_sure() -> None:
    scores = [0.24, 0.25, 0.1, 0.09]
    looked = output(*((100 * n, 200, 50, 90, 0, s) for n, s in enumerate(scores, 1)))
    people = decode(looked, 1, WHOLE, confidence=0.25, iou=0.6, doubt=0.1)
    assert [(round(person.score, 2), person.sure) for person in people] == [(0.25, True), (0.24, False), (0.1, False)]


def test_an_anchor_counts_for_its_best_class_only() -> None:
    assert decode(output((100, 100, 40, 40, 0.6, 0.5)), 1, WHOLE, 0.35, 0.6) == ()
    assert len(decode(output((100, 100, 40, 40, 0.5, 0.6)), 1, WHOLE, 0.35, 0.6)) == 1


def test_nobody_is_an_empty_answer() -> None:
    assert decode(np.zeros((84, 5040), np.float32), 0, WHOLE, 0.35, 0.6) == ()


def boxes(*corners: tuple[float, float, float, float]) -> Floats:
    return np.array(corners, np.float32)


def test_suppress_keeps_the_best_of_those_that_overlap() -> None:
    corners = boxes((0, 0, 10, 10), (1, 0, 11, 10), (40, 0, 50, 10))
    assert suppress(corners, np.array([0.6, 0.9, 0.7], np.float32), 0.6) == [1, 2]


def test_suppress_compares_with_kept_boxes_only() -> None:
    # The second overlaps the first (0.67) and the third the second (0.67), but the third hardly the first (0.43).
    corners = boxes((0, 0, 10, 10), (2, 0, 12, 10), (4, 0, 14, 10))
    assert suppress(corners, np.array([0.9, 0.8, 0.7], np.float32), 0.6) == [0, 2]


def test_suppress_keeps_an_overlap_of_just_the_threshold() -> None:
    corners = boxes((0, 0, 3, 1), (1, 0, 4, 1))  # 2 shared of 4
    scores = np.array([0.9, 0.8], np.float32)
    assert suppress(corners, scores, 0.5) == [0, 1]
    assert suppress(corners, scores, 0.49) == [0]


corner = st.integers(0, 60)
side = st.integers(1, 40)


@given(st.lists(st.tuples(corner, corner, side, side, st.integers(0, 20)), max_size=25))
def test_suppress_leaves_no_overlap_and_forgets_nobody(rows: list[tuple[int, int, int, int, int]]) -> None:
    corners = np.array([(x, y, x + w, y + h) for x, y, w, h, _ in rows], np.float32).reshape(-1, 4)
    scores = np.array([score / 20 for *_, score in rows], np.float32)
    kept = suppress(corners, scores, 0.6)
    assert [float(scores[index]) for index in kept] == sorted((float(scores[index]) for index in kept), reverse=True)
    assert all(overlap(corners[a], corners[b]) <= 0.6 + 1e-6 for a in kept for b in kept if a != b)
    for index in set(range(len(rows))) - set(kept):
        assert any(overlap(corners[index], corners[k]) > 0.6 - 1e-6 and scores[k] >= scores[index] for k in kept)


def overlap(a: Floats, b: Floats) -> float:
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = float(width * height)
    return shared / (float((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1])) - shared)
