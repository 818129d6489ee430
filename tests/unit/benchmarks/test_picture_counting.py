"""A camera that sends ten pictures a second from time 0 on; number n is sent at n / 10."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from benchmarks.uplink_faults.counting import READS_AGAIN_S, Count, Outage, count

SENT = {number: number / 10 for number in range(600)}


def counted(archived: Iterable[int], outages: Sequence[Outage] = ()) -> Count:
    return count(SENT, archived, outages, 5.0, 55.0)


def test_all_is_there() -> None:
    found = counted(range(600))
    assert (found.sent, found.archived, found.lost, found.doubled) == (501, 501, (), ())


def test_only_what_was_sent_within_the_run_counts() -> None:
    assert counted(range(50, 551)).lost == ()


def test_a_missing_picture_is_lost() -> None:
    assert counted(set(range(600)) - {100, 101}).lost == (100, 101)


def test_a_picture_that_is_there_twice_is_told_once() -> None:
    assert counted([*range(600), 100, 100]).doubled == (100,)


class TestKilled:
    """The node is killed at 20 s and runs again at 20.1 s."""

    KILLED = Outage(20.0, 20.1)

    def test_the_last_second_and_the_time_until_it_reads_again_are_not_lost(self) -> None:
        found = counted([*range(194), *range(230, 600)], [self.KILLED])
        assert found.lost == ()
        assert found.lost_to_kills == 36
        (cost,) = found.kills
        assert round(cost.seconds_before, 3) == 0.6
        assert cost.outage_s is not None
        assert round(cost.outage_s, 3) == 2.9

    def test_what_was_sent_more_than_a_second_before_is_lost(self) -> None:
        found = counted([*range(188), *range(230, 600)], [self.KILLED])
        assert found.lost == (188, 189)
        assert round(found.kills[0].seconds_before, 3) == 1.2

    def test_a_hole_behind_the_first_picture_is_lost(self) -> None:
        assert counted([*range(195), *range(230, 240), *range(245, 600)], [self.KILLED]).lost == tuple(range(240, 245))

    def test_a_node_that_does_not_read_again_in_time_loses(self) -> None:
        late = round(10 * (self.KILLED.restarted_at + READS_AGAIN_S))
        assert counted([*range(200), *range(400, 600)], [self.KILLED]).lost == tuple(range(late, 400))

    def test_a_node_that_never_reads_again_loses(self) -> None:
        found = counted(range(200), [self.KILLED])
        assert found.lost[0] == 351
        assert found.kills[0].outage_s is None

    def test_what_is_sent_once_the_node_says_that_it_reads_is_lost(self) -> None:
        assert counted([*range(200), *range(230, 600)], [replace(self.KILLED, reads_at=22.75)]).lost == (228, 229)

    def test_one_that_is_killed_again_before_it_reads_lost_nothing_of_its_own(self) -> None:
        found = counted([*range(200), *range(250, 600)], [self.KILLED, Outage(22.0, 22.1)])
        assert found.lost == ()
        assert [cost.outage_s is None for cost in found.kills] == [True, False]
        assert found.kills[1].seconds_before == 0.0

    def test_old_pictures_that_a_camera_sends_again_are_doubled_and_no_first_ones(self) -> None:
        found = counted([*range(200), *range(195, 200), *range(230, 600)], [self.KILLED])
        assert found.doubled == tuple(range(195, 200))
        assert found.lost == ()
