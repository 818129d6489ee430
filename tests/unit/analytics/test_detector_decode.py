"""Decoding and suppression: the arithmetic, without a model."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.analytics.decode import Floats, decode, suppress
from vigil.model.looks import Detection

CANVAS = (384, 640)


def output(*anchors: tuple[float, float, float, float, float, float]) -> Floats:
    """A raw output of two classes (0 a chair, 1 a person): cx, cy, w, h, chair, person for each anchor."""
    return np.array(anchors, np.float32).T.reshape(6, len(anchors))


def test_a_box_is_in_shares_of_the_canvas() -> None:
    (person,) = decode(output((320, 192, 64, 96, 0, 0.9)), 1, CANVAS, 0.35, 0.6)
    assert person == Detection(*map(pytest.approx, (0.45, 0.375, 0.55, 0.625, 0.9)))  # type: ignore[arg-type]


def test_decode_clips_to_the_canvas_and_drops_what_lies_beyond() -> None:
    at_the_edge, beyond = (0, 100, 40, 60, 0, 0.9), (-60, 200, 40, 60, 0, 0.8)
    people = decode(output(at_the_edge, beyond), 1, CANVAS, 0.35, 0.6)
    assert len(people) == 1
    assert people[0].x0 == 0


def test_decode_sorts_by_score_and_takes_the_threshold_itself() -> None:
    scores = [0.5, 0.9, 0.34, 0.7, 0.35]
    people = decode(output(*((100 * n, 200, 50, 90, 0, s) for n, s in enumerate(scores, 1))), 1, CANVAS, 0.35, 0.6)
    assert [person.score for person in people] == pytest.approx([0.9, 0.7, 0.5, 0.35])


def test_a_score_between_doubt_and_confidence_is_a_person_who_is_not_sure() -> None:
    scores = [0.24, 0.25, 0.1, 0.09]
    looked = output(*((100 * n, 200, 50, 90, 0, s) for n, s in enumerate(scores, 1)))
    people = decode(looked, 1, CANVAS, confidence=0.25, iou=0.6, doubt=0.1)
    assert [(round(person.score, 2), person.sure) for person in people] == [(0.25, True), (0.24, False), (0.1, False)]


def test_an_anchor_counts_for_its_best_class_only() -> None:
    assert decode(output((100, 100, 40, 40, 0.6, 0.5)), 1, CANVAS, 0.35, 0.6) == ()
    assert len(decode(output((100, 100, 40, 40, 0.5, 0.6)), 1, CANVAS, 0.35, 0.6)) == 1


def test_nobody_is_an_empty_answer() -> None:
    assert decode(np.zeros((84, 5040), np.float32), 0, CANVAS, 0.35, 0.6) == ()


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
