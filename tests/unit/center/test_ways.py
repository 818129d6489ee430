"""Straight to the object store where the line holds for as long as a segment takes; through the centre where it does not."""

from __future__ import annotations

from vigil.center.ways import Ways
from vigil.model.ids import NodeId, SegmentId

NODE, OTHER = NodeId("node"), NodeId("other")


def offers(ways: Ways, *segments: str, node: NodeId = NODE) -> list[bool]:
    return [ways.offered(node, SegmentId(segment)) for segment in segments]


def test_a_line_that_holds_has_all_go_straight() -> None:
    assert offers(Ways(), *"abcdefgh") == [True] * 8


def test_a_segment_that_is_offered_a_third_time_comes_through_us() -> None:
    assert offers(Ways(), *"aaaa") == [True, True, False, False]


def test_one_break_now_and_then_is_no_line_that_breaks() -> None:
    assert offers(Ways(), *"aabbccdd") == [True] * 8


def test_what_follows_on_a_line_that_breaks_comes_through_us_at_once() -> None:
    assert offers(Ways(), *"aaabbcdd")[3:] == [False] * 5


def test_ten_that_came_whole_bring_the_straight_way_back() -> None:
    came = offers(Ways(), *"aaa", *"0123456789", "z")
    assert came[3:] == [False] * 10 + [True]


def test_a_break_among_them_counts_from_the_beginning() -> None:
    assert offers(Ways(), *"aaa", *"01234556789", "z")[-1] is False


def test_each_node_has_its_own_line() -> None:
    ways = Ways()
    offers(ways, *"aaa")
    assert offers(ways, "b", node=OTHER) == [True]


def test_what_comes_again_is_known() -> None:
    ways = Ways()
    offers(ways, "a")
    assert not ways.again(NODE)
    offers(ways, "a")
    assert ways.again(NODE)
    offers(ways, "b")
    assert not ways.again(NODE)
