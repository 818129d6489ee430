from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from vigil.analytics.evidence import Board
from vigil.analytics.zones import Look
from vigil.model.ids import CameraId, GroupId, WindowId
from vigil.model.looks import Presence, Unknown

SEEN, CLEAR, UNKNOWN = Presence.SEEN, Presence.CLEAR, Presence.UNKNOWN
START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
A, B = CameraId("a"), CameraId("b")
WINDOW, GROUP = WindowId("window"), GroupId("group")


def second(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def saw(
    camera: CameraId,
    at_s: float,
    staff: Presence = CLEAR,
    visitor: Presence = CLEAR,
    waiting: int = 0,
    doubt: Unknown = Unknown.HIDDEN,
) -> Look:
    doubts = {WINDOW: doubt} if staff is UNKNOWN else {}
    return Look(camera, second(at_s), {WINDOW: staff}, {WINDOW: visitor}, {GROUP: waiting}, doubts=doubts)


def board(*looks: Look) -> Board:
    made = Board(8, START)
    for look in looks:
        made.add(look)
    return made


def test_one_camera_says_what_it_saw_and_when() -> None:
    evidence = board(saw(A, 5, SEEN)).staff(WINDOW, [A], second(6))
    assert (evidence.presence, evidence.at, evidence.camera, evidence.why) == (SEEN, second(5), A, None)


@pytest.mark.parametrize("order", [(A, B), (B, A)])
def test_somebody_seen_by_one_of_two_cameras_is_there(order: tuple[CameraId, CameraId]) -> None:
    evidence = board(saw(A, 4, SEEN), saw(B, 5, CLEAR)).staff(WINDOW, order, second(6))
    assert (evidence.presence, evidence.at, evidence.camera) == (SEEN, second(4), A)


def test_nobody_is_there_when_all_that_look_see_nobody() -> None:
    evidence = board(saw(A, 4), saw(B, 5)).staff(WINDOW, [A, B], second(6))
    assert (evidence.presence, evidence.at, evidence.camera) == (CLEAR, second(5), B)


@pytest.mark.parametrize("blind", [None, Look.blind(A, second(5), Unknown.DARK), saw(A, -9, SEEN)])
def test_a_camera_that_sees_nothing_does_not_hinder_the_other(blind: Look | None) -> None:
    looks = [blind] if blind else []
    evidence = board(*looks, saw(B, 5, CLEAR)).staff(WINDOW, [A, B], second(6))
    assert (evidence.presence, evidence.camera) == (CLEAR, B)


def test_a_camera_that_people_stand_before_leaves_the_word_to_the_other() -> None:
    evidence = board(saw(A, 5, UNKNOWN), saw(B, 4, CLEAR)).staff(WINDOW, [A, B], second(6))
    assert (evidence.presence, evidence.camera) == (CLEAR, B)


def test_where_people_stand_before_every_camera_the_window_is_hidden() -> None:
    evidence = board(saw(A, 5, UNKNOWN)).staff(WINDOW, [A], second(6))
    assert (evidence.presence, evidence.why) == (UNKNOWN, Unknown.HIDDEN)


def test_where_one_camera_is_in_doubt_the_other_cannot_call_the_window_empty() -> None:
    in_doubt = saw(A, 5, UNKNOWN, doubt=Unknown.DOUBTFUL)
    evidence = board(in_doubt, saw(B, 5, CLEAR)).staff(WINDOW, [A, B], second(6))
    assert (evidence.presence, evidence.why) == (UNKNOWN, Unknown.DOUBTFUL)
    assert board(in_doubt, saw(B, 5, SEEN)).staff(WINDOW, [A, B], second(6)).presence is SEEN


def test_what_no_camera_can_see_is_unknown_with_a_reason() -> None:
    both = board(Look.blind(A, second(5), Unknown.DARK), Look.blind(B, second(5), Unknown.FROZEN))
    evidence = both.staff(WINDOW, [A, B], second(6))
    assert (evidence.presence, evidence.at, evidence.camera) == (UNKNOWN, second(6), None)
    assert evidence.why in (Unknown.DARK, Unknown.FROZEN)


@pytest.mark.parametrize(("age_s", "presence", "why"), [(8, CLEAR, None), (8.1, UNKNOWN, Unknown.NO_SIGNAL)])
def test_an_old_look_says_nothing(age_s: float, presence: Presence, why: Unknown | None) -> None:
    evidence = board(saw(A, 10)).staff(WINDOW, [A], second(10 + age_s))
    assert (evidence.presence, evidence.why) == (presence, why)


def test_a_look_from_far_ahead_says_nothing_either() -> None:
    assert board(saw(A, 3600)).trouble(A, second(5)) is Unknown.NO_SIGNAL
    assert board(saw(A, 7)).trouble(A, second(5)) is None  # cameras' clocks differ by a little


def test_before_the_first_look_a_camera_is_starting_and_then_lost() -> None:
    assert board().trouble(A, second(8)) is Unknown.STARTING
    assert board().trouble(A, second(8.1)) is Unknown.NO_SIGNAL


def test_a_visitor_seen_by_any_camera_is_there() -> None:
    both = board(saw(A, 5, visitor=CLEAR), saw(B, 5, visitor=SEEN))
    assert both.visitor(WINDOW, [A, B], second(6)).presence is SEEN
    assert both.visitor(WINDOW, [A], second(6)).presence is CLEAR
    assert both.visitor(WINDOW, [A, B], second(20)).presence is UNKNOWN


def test_visitor_and_staff_are_known_together_as_of_the_older_look() -> None:
    both = board(saw(A, 4, staff=CLEAR), saw(B, 6, visitor=SEEN))
    met = both.encounter(WINDOW, [A], [B], second(7))
    assert (met.visitor, met.staff, met.at, met.camera, met.known) == (SEEN, CLEAR, second(4), A, True)


def test_the_camera_that_shows_visitor_and_staff_is_named() -> None:
    both = board(saw(A, 6, staff=CLEAR), saw(B, 5, staff=CLEAR, visitor=SEEN))
    assert both.encounter(WINDOW, [A, B], [B], second(7)).camera == B


@pytest.mark.parametrize("blind", [A, B])
def test_one_side_unknown_is_not_known(blind: CameraId) -> None:
    other = B if blind is A else A
    both = board(saw(other, 5, visitor=SEEN), Look.blind(blind, second(5), Unknown.DARK))
    met = both.encounter(WINDOW, [A], [B], second(7))
    assert not met.known


def test_the_lane_s_count_is_the_largest_that_a_camera_has() -> None:
    both = board(saw(A, 5, waiting=4), saw(B, 6, waiting=7))
    lane = both.lane(GROUP, [A, B], second(6))
    assert (lane.waiting, lane.at, lane.camera) == (7, second(6), B)


def test_a_lane_that_nobody_sees_has_no_count() -> None:
    lane = board(Look.blind(A, second(5), Unknown.OCCLUDED)).lane(GROUP, [A], second(6))
    assert (lane.waiting, lane.at, lane.camera) == (None, second(6), None)


def test_an_empty_lane_is_a_count_of_zero() -> None:
    assert board(saw(A, 5, waiting=0)).lane(GROUP, [A], second(6)).waiting == 0
