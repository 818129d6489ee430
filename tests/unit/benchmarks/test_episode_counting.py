from __future__ import annotations

from datetime import UTC, datetime, timedelta

from benchmarks.uplink_faults.episodes import KnownAlert, doubled, lost, orphaned, part_of

START = datetime(2026, 3, 3, 1, tzinfo=UTC)


def alert(name: str, began_s: float, ended_s: float | None, *, revision: int = 1, part: str = "") -> KnownAlert:
    ended_at = None if ended_s is None else START + timedelta(seconds=ended_s)
    return KnownAlert(
        name, revision, "window-unstaffed", "gongan-1", part, START + timedelta(seconds=began_s), ended_at
    )


class TestLost:
    def test_what_the_centre_has_in_its_newest_revision_is_not(self) -> None:
        assert lost({"a": 2}, [alert("a", 0, 9, revision=2)], frozenset()) == []

    def test_what_it_never_got_or_has_in_an_older_revision_is(self) -> None:
        assert lost({"a": 2, "b": 1}, [alert("a", 0, 9)], frozenset()) == ["a", "b"]

    def test_what_waits_at_the_node_is_not(self) -> None:
        assert lost({"a": 2}, [alert("a", 0, 9)], frozenset({"a"})) == []


def test_what_the_node_has_forgotten_before_it_ended_is_orphaned() -> None:
    known = [alert("ended", 0, 9), alert("open", 0, None), alert("waiting", 0, None), alert("forgotten", 0, None)]
    assert orphaned(known, {"open"}, {"waiting"}) == ["forgotten"]


class TestDoubled:
    def test_one_after_the_other_is_not(self) -> None:
        assert doubled([alert("b", 9, None), alert("a", 0, 9)]) == []

    def test_one_that_began_before_another_was_over_is(self) -> None:
        assert doubled([alert("a", 0, 9), alert("b", 8, 12)]) == ["b"]

    def test_one_that_never_ended_doubles_all_behind_it(self) -> None:
        assert doubled([alert("a", 0, None), alert("b", 8, 12), alert("c", 20, 30)]) == ["b", "c"]

    def test_parts_of_a_subject_are_apart(self) -> None:
        assert doubled([alert("a", 0, None), alert("b", 8, 12, part="clock")]) == []


def test_the_part_is_what_stands_behind_the_time() -> None:
    assert part_of("camera-fault_gongan-hall_20260303T010000Z_clock", START) == "clock"
    assert part_of("window-unstaffed_gongan-1_20260303T010000Z", START) == ""
